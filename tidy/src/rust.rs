//! Rust sources as lines: which of them are tests, which string literals they hold.

/// The lines outside `#[cfg(test)]` items, with their numbers from 1. Relies on rustfmt: an item at column 0 ends with a
/// brace at column 0, or on its own line.
pub fn product_lines(text: &str) -> Vec<(usize, &str)> {
    let mut lines = Vec::new();
    let mut inside = Inside::Product;
    for (index, line) in text.lines().enumerate() {
        inside = match inside {
            Inside::Product if line.starts_with("#[cfg(test)]") => Inside::TestItem,
            Inside::Product => {
                lines.push((index + 1, line));
                Inside::Product
            }
            Inside::TestItem if line.starts_with('}') || line.ends_with(';') && !line.starts_with(' ') => {
                Inside::Product
            }
            Inside::TestItem => Inside::TestItem,
        };
    }
    lines
}

enum Inside {
    Product,
    TestItem,
}

/// A line without its comment. A `//` inside a string is taken for a comment too when a space follows it.
pub fn code(line: &str) -> &str {
    let trimmed = line.trim_start();
    if trimmed.starts_with("//") {
        return "";
    }
    line.split_once("// ").map_or(line, |(code, _)| code)
}

/// The string literals of a line, without escapes resolved.
pub fn literals(line: &str) -> Vec<&str> {
    line.split('"').skip(1).step_by(2).collect()
}

/// The module documentation: the `//!` lines a file opens with.
pub fn header(text: &str) -> String {
    text.lines().take_while(|line| line.starts_with("//!")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_items_are_left_out() {
        let text = "//! a\nfn x() {}\n#[cfg(test)]\nmod fake;\nfn y() {}\n#[cfg(test)]\nmod tests {\n    fn z() {}\n}\nfn w() {}\n";
        let kept: Vec<_> = product_lines(text).into_iter().map(|(number, _)| number).collect();
        assert_eq!(kept, [1, 2, 5, 10]);
    }

    #[test]
    fn literals_are_found_between_quotes() {
        assert_eq!(literals(r#"const A: &str = "one"; f("two")"#), ["one", "two"]);
    }
}
