//! Words inside text: what the rules look for, taken out of its surroundings.

/// Maximal runs of the characters that `belongs` accepts.
pub fn runs(text: &str, belongs: fn(char) -> bool) -> impl Iterator<Item = &str> {
    text.split(move |c| !belongs(c)).filter(|run| !run.is_empty())
}

/// `a/{b,c}.md` as `a/b.md` and `a/c.md`; a path without braces as itself.
pub fn expand_braces(path: &str) -> Vec<String> {
    match path.split_once('{').and_then(|(head, rest)| rest.split_once('}').map(|(list, tail)| (head, list, tail))) {
        Some((head, list, tail)) => {
            list.split(',').flat_map(|part| expand_braces(&format!("{head}{}{tail}", part.trim()))).collect()
        }
        None => vec![path.to_owned()],
    }
}

/// The `--flags` of a text, without their values.
pub fn flags(text: &str) -> Vec<&str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '(' | ')' | '|' | ',' | '='))
        .filter(|part| part.strip_prefix("--").is_some_and(|name| name.starts_with(|c: char| c.is_ascii_lowercase())))
        .map(|part| part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()))
        .collect()
}

/// The targets that a command line gives to make, where make is the command.
pub fn make_targets(line: &str) -> Vec<&str> {
    line.split([';', '&', '|'])
        .filter_map(|command| command.trim().trim_start_matches("$ ").strip_prefix("make "))
        .flat_map(str::split_whitespace)
        .take_while(|word| *word != "#")
        .filter(|word| is_target(word))
        .collect()
}

fn is_target(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_become_single_paths() {
        assert_eq!(expand_braces("docs/{wire,api}.md"), ["docs/wire.md", "docs/api.md"]);
    }

    #[test]
    fn flags_come_without_values() {
        assert_eq!(
            flags("hogusu serve --listen A [--log-format text|json] --x=1 -- --"),
            ["--listen", "--log-format", "--x"]
        );
    }

    #[test]
    fn make_targets_are_lower_case_words() {
        assert_eq!(make_targets("$ make demo SECONDS=20 && make test; make X=1 # make it"), ["demo", "test"]);
        assert_eq!(make_targets("to make it so"), [""; 0]);
    }
}
