//! The file of one's own rules under a running collector: in force at the start, read again when it changes, and never half.

use std::path::Path;

use serde_json::Value;

use super::process::{Collector, command, folder, now};

const PATIENCE_NANOS: u64 = 20_000_000_000;
const FIRST: &str = "schema: hogusu.declare/v1\nleave_out:\n  - {operation: a, reason: first}\n";
const SECOND: &str = "schema: hogusu.declare/v1\nleave_out:\n  - {operation: b, reason: second}\n";

fn started(data: &Path, file: &Path) -> Collector {
    Collector::started(command(data).arg("--declare").arg(file).spawn().unwrap(), "http")
}

fn declared(collector: &Collector, target: &str) -> Value {
    let answer = collector.get(target);
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice::<Value>(&answer.body).unwrap()["declared"].clone()
}

/// Asks until the map says so.
fn until(collector: &Collector, is_so: impl Fn(&Value) -> bool) -> Value {
    let begun = now();
    loop {
        let declared = declared(collector, "/api/v1/map?since=1m");
        if is_so(&declared) {
            return declared;
        }
        assert!(now() - begun < PATIENCE_NANOS, "{declared}");
        std::thread::yield_now();
    }
}

fn reason(declared: &Value) -> &str {
    declared["left_out"][0]["reason"].as_str().unwrap()
}

#[test]
fn a_declaration_is_read_again_and_one_that_cannot_be_used_leaves_the_former_in_force() {
    let (data, files) = (folder(), folder());
    let file = files.path().join("hogusu.yaml");
    std::fs::write(&file, FIRST).unwrap();
    let collector = started(data.path(), &file);
    let first = declared(&collector, "/api/v1/map?since=1m");
    assert_eq!((reason(&first), &first["refused"]), ("first", &Value::Null));

    std::fs::write(&file, FIRST.replace("operation", "operations")).unwrap();
    let refused = until(&collector, |declared| declared["refused"].is_string());
    assert_eq!((reason(&refused), &refused["loaded"]), ("first", &first["loaded"]), "the former is in force");
    let said = refused["refused"].as_str().unwrap();
    assert!(said.starts_with("line 3: leave_out[0].operations: unknown key; known here are "), "{said}");
    assert_eq!(declared(&collector, "/api/v1/status")["refused"], refused["refused"]);
    assert!((collector.metric("hogusu_collector_declare_file_refused") - 1.0).abs() < f64::EPSILON);
    let failed = collector.metric("hogusu_collector_declare_loads_total{result=\"failed\"}");
    assert!((failed - 1.0).abs() < f64::EPSILON, "it is complained about once: {failed}");

    std::fs::write(&file, SECOND).unwrap();
    let second = until(&collector, |declared| reason(declared) == "second");
    assert_eq!(second["refused"], Value::Null);
    assert!(collector.metric("hogusu_collector_declare_file_refused").abs() < f64::EPSILON);
    let (status, log) = collector.terminate();
    assert!(status.success() && log.matches("the declaration cannot be used").count() == 1, "{log}");
    assert_eq!(log.matches("the declaration was read again and is in force").count(), 1, "{log}");
}

#[test]
fn a_file_that_goes_away_or_grows_without_end_leaves_the_former_in_force() {
    let (data, files) = (folder(), folder());
    let file = files.path().join("hogusu.yaml");
    std::fs::write(&file, FIRST).unwrap();
    let collector = started(data.path(), &file);
    std::fs::remove_file(&file).unwrap();
    let refused = until(&collector, |declared| declared["refused"].is_string());
    assert_eq!(reason(&refused), "first");
    std::fs::write(&file, format!("{FIRST}#{}", "x".repeat(4 * 1024 * 1024))).unwrap();
    until(&collector, |declared| declared["refused"].as_str().is_some_and(|said| said.contains("longer than")));
    // The one in force again, as it was: nothing is loaded, and nothing is refused any more.
    std::fs::write(&file, FIRST).unwrap();
    let again = until(&collector, |declared| declared["refused"].is_null());
    assert_eq!(reason(&again), "first");
}

#[test]
fn a_collector_does_not_start_with_a_declaration_that_cannot_be_used() {
    let (data, files) = (folder(), folder());
    let file = files.path().join("hogusu.yaml");
    std::fs::write(&file, "schema: hogusu.declare/v1\nleave_out:\n  - {user_agent: curl, reason: r}\n").unwrap();
    let ended = command(data.path()).arg("--declare").arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("hogusu.yaml: line 3: leave_out[0].user_agent: a user agent is not known here"), "{said}");
}

#[test]
fn a_pipe_is_no_declaration_and_nobody_waits_for_it() {
    let (data, files) = (folder(), folder());
    let pipe = files.path().join("hogusu.yaml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let output = command(data.path()).arg("--declare").arg(&pipe).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("it is no regular file"), "{said}");
}
