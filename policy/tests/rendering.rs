//! Texts say what the report says: no violating edge, exception or missing thing is left out of any of them.

use hogusu_policy::Report;
use hogusu_policy::rate::PerCent;
use hogusu_policy::render::{csv, junit, markdown, prometheus, table};

use super::world::{Telling, class, edge, facts, policy, report};

fn planted() -> Report {
    let excepted = "exceptions: [{scope: {destination: {workload: [old]}}, reason: it goes, owner: shop, expires: \"2026-12-31\"}]\n";
    let mut period = facts(vec![
        edge("shop/web", "shop/cart").destination(class("mutual_tls", 6)).destination(class("plaintext", 4)),
        edge("shop/web", "shop/old").destination(class("plaintext", 10)),
        edge("shop/web", "shop/ext").source(class("tls", 3)),
    ]);
    period.completeness.lost_batches = 1;
    period.completeness.lost_exchanges = 2;
    report(&[policy("mutual_tls", excepted)], &period)
}

#[test]
fn a_table_shows_every_violation_every_exception_and_what_is_missing() {
    let drawn = table::draw(&planted());
    for line in [
        "2026-11-24T14:02:00Z to 2026-11-24T14:07:00Z   3 edges, 4 workloads",
        "proxies 4/4; time covered 1.0000, 1.0000 of the period; 1 batches lost with 2 exchanges, 0 refused, 0 senders without a last word, 0 damaged files",
        "connections that listeners refused are not observed",
        "each exchange is in the scope of a policy that says how it must be secured",
        "VIOLATING  tested  (high) Is it so?",
        "  requests    6 of 10 (60.000 %), floor 24.000 %; 10 excepted; 3 undecidable",
        "  not proven  batches lost: 1, of 0 at most",
        "  violating   shop/web -> shop/cart:8080: 4 sent in plaintext",
        "  exception   1 edges, 10 exchanges until 2026-12-31, shop: it goes",
        "  excepted    shop/web -> shop/old:8080: 10 sent in plaintext",
        "0 compliant, 0 not proven, 1 violating",
    ] {
        assert!(drawn.lines().any(|found| found == line), "{line}\nis not in\n{drawn}");
    }
}

#[test]
fn csv_has_a_row_for_each_edge_state_and_cause() {
    let drawn = csv::draw(&planted());
    let rows: Vec<&str> = drawn.split("\r\n").filter(|row| row.contains("shop/web>")).collect();
    assert_eq!(rows.len(), 4, "{drawn}");
    assert!(rows[0].contains(",violating,violating,plaintext,4,"), "{drawn}");
    assert!(
        rows.iter().any(|row| row.contains(",excepted,excepted,plaintext,10,shop,2026-12-31,0,destination")),
        "{drawn}"
    );
    assert!(rows.iter().all(|row| row.split(',').count() == csv::COLUMNS.len()), "{drawn}");
}

/// A policy that selects nothing, of a period in which a sidecar is silent.
fn selects_nothing() -> Report {
    let mut period = facts(vec![edge("shop/web", "shop/cart").destination(class("plaintext", 6))]);
    period.completeness.silent = vec!["cart-1".to_owned()];
    (period.completeness.unclosed_senders, period.completeness.damaged_files) = (3, 2);
    (period.completeness.overflow, period.completeness.lost_exchanges) = (9, 8);
    report(&[policy("mutual_tls", "scope: {destination: {namespace: [nope]}}\n")], &period)
}

#[test]
fn every_format_tells_of_a_policy_that_selects_nothing_why_and_what_it_leaves_out() {
    let report = selects_nothing();
    let unjudged = "6 requests and 0 connections on 1 edges are not known to be in the scope of a policy";
    for drawn in [table::draw(&report), csv::draw(&report), markdown::draw(&report), junit::draw(&report)] {
        for part in [
            "not proven",
            "silent proxies: cart-1",
            "nothing that it speaks of was seen",
            unjudged,
            "nope",
            "3 senders",
        ] {
            let part = if drawn.starts_with("<?xml") {
                part.replace("3 senders", "unclosed_senders\" value=\"3")
            } else {
                part.to_owned()
            };
            assert!(drawn.contains(&part), "{part}\nis not in\n{drawn}");
        }
    }
    let metrics = prometheus::draw(&report);
    for line in [
        "hogusu_compliance_missing{what=\"unclosed_senders\"} 3",
        "hogusu_compliance_missing{what=\"damaged_files\"} 2",
        "hogusu_compliance_missing{what=\"lost_exchanges\"} 8",
        "hogusu_compliance_missing{what=\"overflow\"} 9",
        "hogusu_compliance_unjudged{unit=\"in_plaintext\"} 6",
        "hogusu_compliance_problems 2",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\nis not in\n{metrics}");
    }
    assert!(!metrics.contains("\nhogusu_compliance_refused_connections"), "what nobody sees is not 0");
}

#[test]
fn where_all_that_is_known_is_lost_the_floor_is_shown() {
    let mut period = facts(Vec::new());
    (period.completeness.lost_batches, period.completeness.lost_exchanges) = (2, 5_100);
    let drawn = table::draw(&report(&[policy("mutual_tls", "")], &period));
    assert!(drawn.contains("  requests    0 of 0 (-), floor 0 %"), "{drawn}");
}

#[test]
fn junit_counts_failures_errors_and_skipped() {
    let drawn = junit::draw(&planted());
    assert!(
        drawn.contains("<testsuite name=\"tested\" tests=\"3\" failures=\"1\" errors=\"1\" skipped=\"0\""),
        "{drawn}"
    );
    assert!(drawn.contains("<failure message=\"4 sent in plaintext\"/>"), "{drawn}");
    assert!(drawn.contains("<property name=\"lost_exchanges\" value=\"2\"/>"), "{drawn}");
    assert_eq!(drawn.matches("<testcase ").count(), 3);
}

#[test]
fn markdown_has_the_numbers_and_the_lists() {
    let drawn = markdown::draw(&planted());
    for part in [
        "| tested | violating | 6 of 10 (60.000 %) |",
        "Violating:\n\n- shop/web -",
        "Exceptions:\n\n- 1 edges, 10 exchanges",
    ] {
        assert!(drawn.contains(part), "{part}\nis not in\n{drawn}");
    }
}

#[test]
fn a_report_is_read_back_as_it_was_written() {
    let report = planted();
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
}

#[test]
fn a_bound_in_per_cent_is_held_exactly() {
    let bound = |text: &str| PerCent::parse(text).unwrap();
    assert!(bound("99.9").is_above(9_989, 10_000));
    assert!(!bound("99.9").is_above(9_990, 10_000));
    assert!(!bound("99.9").is_above(40_959, 41_000), "as a binary fraction it would be");
    assert!(bound("100").is_above(u64::MAX - 1, u64::MAX) && !bound("100").is_above(u64::MAX, u64::MAX));
    assert!(!bound("99.9").is_above(0, 0), "of nothing there is no rate");
    for text in ["", ".", "9.", ".9", "100.1", "-1", "1e1", "NaN", "99,9", "0.0000000001", "+1", " 1"] {
        assert_eq!(PerCent::parse(text), None, "{text}");
    }
    assert!(bound("0.999").is_like_a_share() && !bound("0").is_like_a_share() && !bound("1.0").is_like_a_share());
}

#[test]
fn metrics_have_numerator_denominator_and_completeness() {
    let drawn = prometheus::draw(&planted());
    for line in [
        "hogusu_compliance_units{policy=\"tested\",unit=\"requests\",state=\"compliant\"} 6",
        "hogusu_compliance_decided{policy=\"tested\",unit=\"requests\"} 10",
        "hogusu_compliance_verdict{policy=\"tested\",verdict=\"violating\"} 1",
        "hogusu_compliance_proxies{state=\"expected\"} 4",
        "hogusu_compliance_batches{state=\"lost\"} 1",
    ] {
        assert!(drawn.lines().any(|found| found == line), "{line}\nis not in\n{drawn}");
    }
}
