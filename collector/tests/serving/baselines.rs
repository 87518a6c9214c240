//! Baselines and diffs through a running collector: exact numbers, what outlives the store, and what is refused with which exit code.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::hours::{four_hours, time};
use super::process::{Collector, command, folder};

pub(crate) fn hogusu(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hogusu")).args(arguments).output().unwrap()
}

/// A command of which stdout is wanted.
pub(crate) fn said(arguments: &[&str]) -> String {
    let output = hogusu(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A command that is to fail so, saying this.
pub(crate) fn fails(arguments: &[&str], code: i32, part: &str) {
    let output = hogusu(arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
    assert!(error.contains(part), "{arguments:?}: {error:?} does not say {part:?}");
}

pub(crate) fn save(data: &Path, name: &str, from: &str, to: &str) -> Output {
    hogusu(&["baseline", "save", name, "--data", data.to_str().unwrap(), "--from", from, "--to", to])
}

#[test]
fn a_baseline_is_saved_listed_shown_exported_and_removed() {
    let data = folder();
    let (collector, first) = four_hours(data.path());
    let url = format!("http://{}", collector.address);
    let folder = data.path().to_str().unwrap();
    let saved = save(data.path(), "before", &time(first), &time(first + 2));
    assert!(saved.status.success(), "{}", String::from_utf8_lossy(&saved.stderr));
    let listed: Value = serde_json::from_str(&said(&["baseline", "list", "--url", &url, "--format", "json"])).unwrap();
    assert_eq!(listed["baselines"][0]["name"], "before");
    assert_eq!(listed["baselines"][0]["from"], time(first));
    assert_eq!(listed["baselines"][0]["to"], time(first + 2));
    let shown: Value =
        serde_json::from_str(&said(&["baseline", "show", "before", "--url", &url, "--format", "json"])).unwrap();
    assert_eq!(shown["edges"][0]["counted"]["count"], 200);
    assert_eq!(shown["period"]["completeness"]["covered_seconds"], 7200.0);
    assert_eq!(shown["period"]["completeness"]["expected_seconds"], 7200.0);
    let exported = said(&["baseline", "export", "before", "--url", &url]);
    let lines: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 5, "a head, two hours, an edge and an end: {exported}");
    assert_eq!(lines[1]["hour"]["edges"][0]["source"]["answers"]["first"], 100);
    assert_eq!(lines[1]["hour"]["edges"][0]["source"]["answers"]["counts"], serde_json::json!([100]));
    assert_eq!(lines[4]["end"]["covered"], serde_json::json!([["c1", "shop", "workload-1"]]));
    assert_eq!(lines[4]["end"]["lacking"], serde_json::json!([]));

    assert_eq!(said(&["baseline", "rm", "before", "--data", folder]), "removed before\n");
    fails(&["baseline", "rm", "before", "--data", folder], 4, "there is no baseline before");
}

/// Every time in a text for people.
fn times(text: &str) -> Vec<&str> {
    let words = text.split([' ', ',', ')', '\n']).filter(|word| word.starts_with("20") && word.contains('T'));
    words.collect()
}

#[test]
fn people_read_whole_seconds_where_json_has_nanoseconds() {
    let (data, elsewhere) = (folder(), folder());
    let (collector, first) = four_hours(data.path());
    let url = format!("http://{}", collector.address);
    let folder = data.path().to_str().unwrap();
    let saved = save(data.path(), "before", &time(first), &time(first + 2)).stdout;
    let copy = elsewhere.path().join("copy");
    let after = format!("{}/{}", time(first + 2), time(first + 4));
    for (said, number) in [
        (String::from_utf8(saved).unwrap(), 3),
        (said(&["baseline", "list", "--url", &url]), 3),
        (said(&["baseline", "show", "before", "--url", &url]), 3),
        (said(&["diff", "before", &after, "--url", &url]), 4),
        (said(&["backup", copy.to_str().unwrap(), "--data", folder]), 1),
        (said(&["check", "--url", &url]), 1),
    ] {
        let times = times(&said);
        let is_whole = |time: &&str| time.len() == "2026-11-24T14:02:00Z".len() && time.ends_with('Z');
        assert!(times.len() >= number && times.iter().all(is_whole), "{times:?} in {said}");
    }
    let exact: Value = serde_json::from_str(&said(&["baseline", "list", "--url", &url, "--format", "json"])).unwrap();
    assert!(exact["baselines"][0]["saved"].as_str().unwrap().contains('.'), "{exact}");
}

#[test]
fn a_baseline_is_compared_with_the_period_after_it() {
    let data = folder();
    let (collector, first) = four_hours(data.path());
    let url = format!("http://{}", collector.address);
    assert!(save(data.path(), "before", &time(first), &time(first + 2)).status.success());
    let after = format!("{}/{}", time(first + 2), time(first + 4));
    let diff: Value =
        serde_json::from_str(&said(&["diff", "before", &after, "--url", &url, "--format", "json"])).unwrap();
    let edge = &diff["edges"][0];
    assert_eq!(
        (&diff["a"]["completeness"]["is_known"], &diff["b"]["completeness"]["is_known"]),
        (&true.into(), &true.into())
    );
    assert_eq!(
        (&diff["has_words"], &diff["total"], &edge["words"]),
        (&false.into(), &1.into(), &serde_json::json!([]))
    );
    assert_eq!((&edge["presence"], &edge["report"]), (&"both".into(), &"source".into()));
    assert_eq!(
        (&edge["a"]["count"], &edge["b"]["count"], &edge["b"]["failed"]),
        (&200.into(), &400.into(), &40.into())
    );
    assert!((edge["latency"]["ratio"]["value"].as_f64().unwrap() - 2.0).abs() < 1e-9, "{edge}");
    assert_eq!((&edge["latency"]["unit"], &edge["latency"]["values_a"]), (&"hour".into(), &2.into()));
    let table = said(&["diff", "before", &after, "--url", &url]);
    assert!(table.contains("x2.00") && table.contains("40/400"), "{table}");
    let markdown = said(&["diff", "before", &after, "--url", &url, "--format", "markdown"]);
    assert!(markdown.contains("| edge | words |"), "{markdown}");
    fails(&["diff", "before", &after, "--url", &url, "--fail-on", "slower"], 5, "shorter than seven days");
    let overlapping = format!("{}/{}", time(first + 1), time(first + 3));
    fails(&["diff", "before", "before", "--url", &url], 4, "the periods share 2 hours");
    fails(&["diff", "before", &overlapping, "--url", &url], 4, "the periods share 1 hour:");
}

#[test]
fn a_baseline_needs_nothing_of_what_it_was_read_from() {
    let data = folder();
    let (collector, first) = four_hours(data.path());
    for (name, from) in [("one", first), ("two", first + 2)] {
        assert!(save(data.path(), name, &time(from), &time(from + 2)).status.success());
    }
    collector.kill();
    for part in ["journal", "slots"] {
        std::fs::remove_dir_all(data.path().join(part)).unwrap();
    }
    std::fs::write(data.path().join("baselines/unfinished.new"), "torn").unwrap();
    let collector = Collector::start(data.path());
    assert!(!data.path().join("baselines/unfinished.new").exists());
    let answer = collector.get("/api/v1/diff?a=one&b=two");
    let diff: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(
        (&diff["edges"][0]["a"]["count"], &diff["edges"][0]["b"]["count"]),
        (&200.into(), &400.into()),
        "{diff}"
    );
    let period = format!("/api/v1/diff?a=one&b={}/{}", time(first + 2), time(first + 4));
    assert!(collector.get(&period).text().contains("nothing is kept yet"));
}

#[test]
fn one_flipped_bit_is_named_and_nothing_is_read_of_that_baseline() {
    let data = folder();
    let (collector, first) = four_hours(data.path());
    let url = format!("http://{}", collector.address);
    assert!(save(data.path(), "hurt", &time(first), &time(first + 2)).status.success());
    let path = data.path().join("baselines/hurt.baseline");
    let sound = std::fs::read(&path).unwrap();
    for place in [3, 20, 40, 70, sound.len() - 1] {
        let mut hurt = sound.clone();
        hurt[place] ^= 1;
        std::fs::write(&path, &hurt).unwrap();
        let part = if place == 20 || place > 30 { "the baseline hurt is damaged" } else { "hurt" };
        fails(&["baseline", "show", "hurt", "--url", &url], 4, part);
        fails(&["diff", "hurt", "--url", &url], 4, "restore its file from a copy");
    }
    std::fs::write(&path, &sound[..50]).unwrap();
    let listed = said(&["baseline", "list", "--url", &url]);
    assert!(listed.contains("hurt is damaged: it is shorter than its header"), "{listed}");
    assert_eq!(said(&["baseline", "rm", "hurt", "--data", data.path().to_str().unwrap()]), "removed hurt\n");
}

#[test]
fn what_cannot_be_saved_or_compared_is_refused_with_a_remedy() {
    let data = folder();
    let (collector, first) = four_hours(data.path());
    let url = format!("http://{}", collector.address);
    let refused = |name: &str, from: String, to: String, part: &str| {
        let output = save(data.path(), name, &from, &to);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(4), "{error}");
        assert!(error.contains(part), "{error:?} does not say {part:?}");
    };
    refused("../up", time(first), time(first + 1), "a name is up to 64 of a-z");
    refused("a", time(first).replace(":00:00Z", ":30:00Z"), time(first + 1), "periods are of whole hours of UTC: give");
    refused("a", time(first + 1), time(first), "exchange them");
    refused("a", time(first), time(first + 93 * 24), "longer than 92 days");
    refused("a", time(first), time(first + 40), "the last hour that is over ends at");
    refused("a", time(first - 2), time(first + 1), "what is kept begins in the hour of");
    assert!(save(data.path(), "a", &time(first), &time(first + 1)).status.success());
    refused("a", time(first), time(first + 1), "remove that one first");
    fails(&["diff", "none", "--url", &url], 4, "there is no baseline none");
    fails(&["diff", "x/y", "--url", &url], 4, "x is no time");
    fails(&["diff", "a", "--url", &url, "--fail-on", "slow"], 2, "slower");
    fails(&["baseline", "save", "b", "--from", "yesterday", "--to", "today"], 2, "RFC 3339");
}

#[test]
fn acts_come_in_by_the_socket_of_the_data_folder_alone() {
    let data = folder();
    let collector = Collector::start(data.path());
    let mode = |part: &str| data.path().join(part).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("acts"), mode("acts/socket")), (0o700, 0o600));
    for (method, path) in [("POST", "/api/v1/baselines"), ("DELETE", "/api/v1/baselines/a")] {
        assert_eq!(collector.ask(method, path).status, 405, "{method} {path}");
    }
    collector.kill();
    let folder = data.path().to_str().unwrap();
    fails(&["baseline", "rm", "a", "--data", folder], 3, "is `hogusu serve` running with that folder?");
    // The socket that a killed process left is nobody's.
    drop(command(data.path()));
    let _collector = Collector::start(data.path());
    fails(&["baseline", "rm", "a", "--data", folder], 4, "there is no baseline a");
}

#[test]
fn a_second_period_that_lies_before_the_first_is_compared_and_said_to_lie_there() {
    let data = folder();
    let (collector, first) = four_hours(data.path());
    let url = format!("http://{}", collector.address);
    assert!(save(data.path(), "before", &time(first), &time(first + 2)).status.success());
    let after = format!("{}/{}", time(first + 2), time(first + 4));
    let told = "the second period lies before the first: words tell what changed going back";
    for (a, b, is_reversed) in [("before", &*after, false), (&*after, "before", true)] {
        let diff: Value = serde_json::from_str(&said(&["diff", a, b, "--url", &url, "--format", "json"])).unwrap();
        assert_eq!(diff["is_reversed"], is_reversed, "{diff}");
        for format in ["table", "markdown"] {
            let text = said(&["diff", a, b, "--url", &url, "--format", format]);
            assert_eq!((text.contains(told), text.contains("before: ")), (is_reversed, !is_reversed), "{text}");
        }
    }
}
