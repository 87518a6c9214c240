//! `hogusu report compliance` as people run it: one document for who decides and who audits, and the same report in forms for programs.

use std::collections::BTreeSet;

use hogusu_collector::bundle::digest;
use hogusu_policy::Report;
use hogusu_policy::render::html::STYLE;
use serde_json::Value;

use crate::command_line::{hogusu, text};
use crate::compliance::{POLICIES, attributed, planted};

const PERIOD: [&str; 4] = ["--from", "2026-11-24T14:02:00Z", "--to", "2026-11-24T14:07:00Z"];

async fn drawn(command: &'static [&'static str], format: &'static str) -> String {
    let (world, ..) = planted();
    let arguments = [command, &["--policy", POLICIES, "--format", format], &PERIOD].concat();
    let (output, _) = hogusu(attributed(world), arguments.leak()).await;
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    text(&output.stdout)
}

const REPORT: &[&str] = &["report", "compliance"];

#[tokio::test]
async fn a_document_has_no_script_and_asks_for_nothing_from_elsewhere() {
    let page = drawn(REPORT, "html").await;
    for wrong in
        ["<script", "http:", "https:", " src=", " href=", "url(", "@import", " style=", "javascript:", "<iframe"]
    {
        assert!(!page.contains(wrong), "{wrong} is in it");
    }
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    let policy = format!("default-src 'none'; style-src '{}'", digest::of_policy(STYLE.as_bytes()));
    assert!(page.contains(&policy), "{policy}");
    assert!(STYLE.contains("break-inside: avoid") && STYLE.contains("table-header-group"));
}

#[tokio::test]
async fn headings_are_in_order_and_every_head_of_a_table_says_what_it_is_of() {
    let page = drawn(REPORT, "html").await;
    let levels: Vec<u32> = page.split("<h").skip(1).filter_map(|part| part.chars().next()?.to_digit(10)).collect();
    assert_eq!(levels.first(), Some(&1));
    assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
    assert_eq!(page.matches("<th ").count(), page.matches("<th scope=").count());
    assert_eq!(page.matches("<table").count(), page.matches("<caption>").count());
}

#[tokio::test]
async fn page_one_has_verdict_rates_floors_and_completeness_and_then_comes_every_row() {
    let page = drawn(REPORT, "html").await;
    let (first, rest) = page.split_once("<div class=\"auditor\">").unwrap();
    for part in [
        "<strong>violating</strong>",
        "140 of 161 (86.956 %)",
        "66.350 %",
        "batches lost",
        "connections that listeners refused are not observed",
        "What this does not say",
        "Reviewed",
    ] {
        assert!(first.contains(part), "{part}\nis not in\n{first}");
    }
    for part in [
        "5 one_way_tls: TLS without a certificate of the client; 7 plaintext: sent in plaintext",
        "unknown -&gt; shop/cart:8080",
        "10 client_authentication: ",
        "11 application_tls: ",
        "4 no_connection: ",
        "batches lost: 1, of 0 at most",
        "/api/v1/facts?from=2026-11-24T14:02:00Z&amp;to=2026-11-24T14:07:00Z",
        "rows, each one end&#39;s word of one class of exchanges on one edge",
    ] {
        assert!(rest.contains(part), "{part}\nis not in\n{rest}");
    }
}

#[tokio::test]
async fn every_form_is_the_same_report() {
    for (own, other) in [("json", "json"), ("csv", "csv"), ("md", "markdown"), ("junit", "junit")] {
        assert_eq!(drawn(REPORT, own).await, drawn(&["compliance"], other).await, "{own}");
    }
}

#[tokio::test]
async fn objects_of_openreports_have_unique_results_and_texts_alone() {
    let report: Report = serde_json::from_str(&drawn(REPORT, "json").await).unwrap();
    let list: Value = serde_json::from_str(&drawn(REPORT, "openreports").await).unwrap();
    let items = list["items"].as_array().unwrap();
    let mut results = Vec::new();
    for item in items {
        let is_namespaced = item["metadata"].get("namespace").is_some();
        assert_eq!(item["kind"], if is_namespaced { "Report" } else { "ClusterReport" });
        let own = item["results"].as_array().unwrap();
        let count = |word: &str| own.iter().filter(|result| result["result"] == word).count();
        for word in ["pass", "fail", "warn", "error", "skip"] {
            assert_eq!(item["summary"][word], count(word), "{word}");
        }
        results.extend(own);
    }
    let ids: BTreeSet<&str> = results.iter().map(|result| result["properties"]["resultID"].as_str().unwrap()).collect();
    let edges: usize = report.policies.iter().map(|policy| policy.results.len()).sum();
    assert_eq!((ids.len(), results.len()), (edges + report.policies.len(), edges + report.policies.len()));
    let texts = |result: &&Value| result["properties"].as_object().unwrap().values().all(Value::is_string);
    assert!(results.iter().all(texts));
    let failed = results.iter().filter(|result| result["result"] == "fail" && result.get("resources").is_some());
    let violating: u64 = report.policies.iter().map(|policy| policy.edges.violating).sum();
    assert_eq!(failed.count() as u64, violating);
}

#[tokio::test]
async fn who_audits_chooses_the_seed_of_the_sample_and_a_gate_ends_a_report_as_it_ends_compliance() {
    let (world, ..) = planted();
    let arguments: &[&str] = &["report", "compliance", "--policy", POLICIES, "--seed", "7", "--fail-on", "violating"];
    let (output, _) = hogusu(attributed(world), arguments.to_vec().leak()).await;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("drawn by the seed 7, "));
    let (world, ..) = planted();
    let (output, _) = hogusu(world, &["report", "compliance", "--policy", POLICIES, "--format", "bundle"]).await;
    assert_eq!(output.status.code(), Some(2), "a bundle is no text");
}
