//! docs/ends.md, as tests read it.

use std::collections::BTreeSet;

pub const PAGE: &str = include_str!("../../../docs/ends.md");

pub struct Row {
    pub section: &'static str,
    pub says: &'static str,
    pub is_real: bool,
}

pub fn rows() -> Vec<Row> {
    let mut section = "";
    let mut rows = Vec::new();
    for line in PAGE.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        }
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        if let [says, _, _, _, _, _, shown] = cells[..]
            && let Some(says) = says.strip_prefix('`').and_then(|says| says.strip_suffix('`'))
        {
            rows.push(Row { section, says, is_real: shown.starts_with("real") });
        }
    }
    rows
}

/// Without what is filled in behind it.
pub fn stem(says: &str) -> &str {
    says.trim_end_matches(['{', '(', '[', ':'])
}

/// Everything that the page calls real was said by the real Envoy, and nothing was said that the page has not.
pub fn assert_real(heard: &BTreeSet<String>) {
    let rows = rows();
    let unheard: Vec<_> =
        rows.iter().filter(|row| row.is_real && !heard.contains(stem(row.says))).map(|row| row.says).collect();
    assert!(unheard.is_empty(), "real on the page, and never said: {unheard:?}");
    let written: BTreeSet<_> = rows.iter().map(|row| stem(row.says)).collect();
    // In brackets stand also names and texts of the configuration.
    let free = |word: &str| word.is_empty() || word == "none" || word.starts_with(|first: char| first.is_uppercase());
    let unwritten: Vec<_> = heard.iter().filter(|word| !written.contains(word.as_str()) && !free(word)).collect();
    assert!(unwritten.is_empty(), "said, and not on the page: {unwritten:?}");
}
