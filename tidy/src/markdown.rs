//! Markdown as far as the rules need it: code spans, fenced lines, links and heading anchors.

/// What a document says in code type, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct Code<'a> {
    pub line: usize,
    pub text: &'a str,
    /// From a fenced block rather than from a span in the prose.
    pub fenced: bool,
}

/// Every code span and every line of a fenced block.
pub fn code(text: &str) -> Vec<Code<'_>> {
    let mut found = Vec::new();
    for (line, content, fenced) in lines(text) {
        if fenced {
            found.push(Code { line, text: content, fenced });
        } else {
            found.extend(spans(content).into_iter().map(|text| Code { line, text, fenced }));
        }
    }
    found
}

/// Every line outside fences' own markers, with its number and whether it is inside a fence.
fn lines(text: &str) -> Vec<(usize, &str, bool)> {
    let mut fenced = false;
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else {
            found.push((index + 1, line, fenced));
        }
    }
    found
}

fn spans(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).map(str::trim).filter(|span| !span.is_empty()).collect()
}

/// Targets of `[text](target)` and `![text](target)`, with their line.
pub fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (line, content, fenced) in lines(text) {
        if fenced {
            continue;
        }
        // Code spans hold no links.
        for prose in content.split('`').step_by(2) {
            let targets = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            found.extend(targets.map(|(target, _)| (line, target.split(' ').next().unwrap_or(target))));
        }
    }
    found
}

/// The anchors of a document's headings, as GitHub makes them.
pub fn anchors(text: &str) -> Vec<String> {
    lines(text)
        .into_iter()
        .filter(|(_, line, fenced)| !fenced && line.starts_with('#'))
        .map(|(_, line, _)| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_fences_are_code() {
        let found: Vec<_> = code("a `b c` d\n```sh\nmake x\n```\n`e`").into_iter().map(|c| (c.line, c.text)).collect();
        assert_eq!(found, [(1, "b c"), (3, "make x"), (5, "e")]);
    }

    #[test]
    fn links_outside_code_are_found() {
        assert_eq!(links("[a](docs/b.md#c) `[x](y)` ![p](q.png)"), [(1, "docs/b.md#c"), (1, "q.png")]);
    }

    #[test]
    fn anchors_follow_the_heading() {
        assert_eq!(anchors("# Wire\n## What a batch is: `hook`"), ["wire", "what-a-batch-is-hook"]);
    }
}
