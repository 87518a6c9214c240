//! docs/ends.md and the tables of the code say the same: each row of the page is fed to them.

use std::collections::BTreeSet;

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use hogusu_model::{AnsweredBy, Outcome, Reason};

use super::{super::details::DETAILS, super::flags::FLAGS, reasons::reasoned};
use crate::fake::Exchange;
use crate::property as path;

const PAGE: &str = include_str!("../../../../docs/ends.md");

struct Row<'a> {
    section: &'a str,
    says: &'a str,
    outcome: &'a str,
    reason: &'a str,
    answered_by: &'a str,
}

/// The rows of every table, with the title that stands over them.
fn rows() -> Vec<Row<'static>> {
    let mut section = "";
    let mut rows = Vec::new();
    for line in PAGE.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        }
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`')).collect();
        if let [says, _, _, outcome, reason, answered_by, _] = cells[..]
            && says != "Envoy says"
        {
            rows.push(Row { section, says, outcome, reason, answered_by });
        }
    }
    assert!(rows.len() > 200, "{}", rows.len());
    rows
}

/// A reply of the proxy before any upstream was asked.
fn local(code: u64, flags: &str, details: &str) -> (Outcome, Reason, AnsweredBy) {
    reasoned(&Exchange::outbound().no_upstream().code(code).flags(flags).details(details))
}

fn assert_said(row: &Row<'_>, (outcome, reason, answered_by): (Outcome, Reason, AnsweredBy)) {
    let Row { says, .. } = row;
    assert!(row.outcome.split(", ").any(|word| word == outcome.as_str()), "{says}: {outcome}");
    assert_eq!(row.reason, reason.as_str(), "{says}");
    assert!(row.answered_by.contains(answered_by.as_str()) || row.answered_by == "as above", "{says}: {answered_by}");
}

#[test]
fn every_flag_means_what_the_page_says() {
    let rows: Vec<_> = rows().into_iter().filter(|row| row.section == "Flags").collect();
    assert_eq!(rows.iter().map(|row| row.says).collect::<Vec<_>>(), FLAGS.map(|(name, _)| name));
    for row in rows.iter().filter(|row| !row.outcome.starts_with("as without it")) {
        let answered = Exchange::outbound().code(200).flags(row.says);
        let seen = match row.says {
            "DI" => reasoned(&answered),
            "DT" => reasoned(&answered.details("max_duration_timeout")),
            "DC" | "DR" => reasoned(&answered.details("downstream_remote_disconnect")),
            "UPE" => local(503, row.says, "upstream_reset_before_response_started{protocol_error}"),
            _ => local(503, row.says, "anything"),
        };
        let row = if row.says == "DI" { &Row { answered_by: "upstream", ..*row } } else { row };
        assert_said(row, seen);
    }
    for row in rows.iter().filter(|row| row.outcome == "as without it") {
        assert_eq!(local(503, row.says, "anything").0, Outcome::ServerError, "{}", row.says);
    }
}

#[test]
fn every_detail_means_what_the_page_says() {
    let said: BTreeSet<_> = rows().iter().map(|row| row.says.trim_end_matches(['{', '(', '[', ':'])).collect();
    let missing: Vec<_> = DETAILS.iter().filter(|(text, _)| !said.contains(text)).collect();
    assert!(missing.is_empty(), "the page has no {missing:?}");
    for row in rows() {
        match row.section {
            "Details that name an end" if row.outcome == "by status" => {}
            "Details that name an end" if row.answered_by.starts_with("nobody") => {
                let gone = Exchange::outbound().no_upstream().without(path::CODE).flags("DC").details(row.says);
                assert_said(&row, reasoned(&gone));
            }
            "Details that name an end" | "A broken protocol" => assert_said(&row, local(503, "", row.says)),
            "The proxy's own answers, by their status" => {
                for (code, outcome) in [(299, "ok"), (403, "client_error"), (503, "server_error")] {
                    assert_said(&Row { outcome, ..row }, local(code, "", row.says));
                }
            }
            "Why the proxy closed the downstream's connection" => {
                let details = format!("downstream_local_disconnect({})", row.says);
                let gone = |code: u64| reasoned(&Exchange::outbound().code(code).flags("DC").details(&details));
                assert_said(&row, gone(0));
                assert_said(&row, gone(200));
            }
            _ => {}
        }
    }
}
