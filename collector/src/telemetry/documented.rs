//! The list of metrics, its text for Prometheus and its documentation say the same.

use std::collections::HashSet;

use super::{PREFIX, ROWS, Telemetry};

#[test]
fn every_metric_is_documented_and_nothing_else_is() {
    let document = include_str!("../../../docs/metrics.md");
    let section = document.split("\n## ").find(|section| section.contains("The collector's own")).unwrap();
    let documented: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
    let listed: Vec<String> = ROWS
        .iter()
        .map(|row| {
            let labels = row.labels.trim_matches(['{', '}']);
            let labels = if labels.is_empty() { String::new() } else { format!("`{labels}`") };
            format!("| `{}` | {labels} | {} | {} |", row.name, row.kind, row.help)
        })
        .collect();
    assert_eq!(documented, listed);
}

#[test]
fn the_text_says_what_each_metric_is_once_and_before_its_values() {
    let text = Telemetry::default().text();
    let mut said = HashSet::new();
    for line in text.lines() {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            assert!(said.insert(declared.split(' ').next().unwrap().to_owned()), "{declared} is declared twice");
        } else if !line.starts_with('#') {
            let name = line.split(['{', ' ']).next().unwrap();
            assert!(name.starts_with(PREFIX) && said.contains(name), "{line} has no declaration before it");
            assert!(line.rsplit(' ').next().unwrap().parse::<f64>().is_ok(), "{line} has no value");
        }
    }
    assert_eq!(text.lines().filter(|line| !line.starts_with('#')).count(), ROWS.len());
}

#[test]
fn counters_end_in_total_and_gauges_do_not() {
    for row in ROWS {
        assert_eq!(row.kind == "counter", row.name.ends_with("_total"), "{}", row.name);
    }
}
