//! docs/troubleshooting.md and the code name the same lines.

use std::collections::BTreeSet;

use hogusu_collector::check::catalogue::Check;
use hogusu_collector::check::judge;
use hogusu_collector::check::report::Report;

use crate::world::healthy;

const PAGE: &str = include_str!("../../../docs/troubleshooting.md");

fn headings() -> BTreeSet<&'static str> {
    PAGE.lines().filter_map(|line| line.strip_prefix("### ")).collect()
}

#[test]
fn every_link_of_a_line_is_an_anchor_of_the_page() {
    let headings = headings();
    for check in Check::ALL {
        let anchor = check.link();
        let anchor = anchor.strip_prefix("docs/troubleshooting.md#").expect("a link into the page");
        assert!(headings.contains(anchor), "docs/troubleshooting.md has no heading {anchor}");
    }
}

#[test]
fn every_section_of_the_page_about_a_line_is_about_one_that_exists() {
    let ids: BTreeSet<_> = Check::ALL.iter().map(|check| check.id()).collect();
    let unknown: Vec<_> =
        headings().into_iter().filter(|heading| heading.contains('-') && !ids.contains(heading)).collect();
    assert_eq!(unknown, [] as [&str; 0]);
}

#[test]
fn a_report_has_every_line_once_in_the_order_of_the_page() {
    let report = judge(&healthy());
    let lines: Vec<_> = report.lines().map(|line| line.id.clone()).collect();
    assert_eq!(lines, Check::ALL.iter().map(|check| check.id().to_owned()).collect::<Vec<_>>());
    let places: Vec<_> = lines.iter().map(|id| PAGE.find(&format!("### {id}\n"))).collect();
    assert!(places.is_sorted(), "the sections stand in another order than the lines");
}

#[test]
fn the_page_shows_the_report_as_it_is_written() {
    let example = PAGE.split("```json\n").nth(1).and_then(|rest| rest.split("\n```").next()).expect("an example");
    let report: Report = serde_json::from_str(example).expect("a report");
    let written = serde_json::to_value(&report).expect("JSON");
    assert_eq!(written, serde_json::from_str::<serde_json::Value>(example).expect("JSON"));
    let line = report.lines().next().expect("a line");
    let check = Check::ALL.iter().find(|check| check.id() == line.id).expect("a check");
    assert_eq!((line.claim.as_str(), line.remedy.as_deref()), (check.claim(), Some(check.remedy())));
}
