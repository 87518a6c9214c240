//! The command itself: what it prints and how it ends.

use std::process::Command;

use hogusu_collector::check::report::{Report, State};
use hogusu_collector::check::{judge, table};

use crate::world::{healthy, plugin};

fn check(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_hogusu")).arg("check").args(arguments).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn an_unreachable_collector_ends_it_with_3_and_the_rest_is_shown() {
    let (code, said, error) = check(&["--url", "http://127.0.0.1:1", "--format", "json"]);
    let report: Report = serde_json::from_str(&said).expect("a report");
    assert_eq!((code, report.result, report.at), (Some(3), State::Fail, None));
    assert_eq!(report.counts.skipped, report.lines().count() - 1);
    assert!(error.contains("cannot reach http://127.0.0.1:1"), "{error}");
}

#[test]
fn a_kubeconfig_that_is_not_there_fails_its_line_with_the_reason() {
    let (code, said, _) = check(&["--url", "http://127.0.0.1:1", "--kubernetes", "nowhere.yaml", "--format", "json"]);
    let report: Report = serde_json::from_str(&said).expect("a report");
    let line = report.lines().next().expect("a line");
    assert_eq!((code, line.id.as_str(), line.state), (Some(3), "k8s-api", State::Fail));
    assert!(line.said[0].contains("nowhere.yaml"), "{line:?}");
}

#[test]
fn the_table_shows_remedy_and_link_where_something_is_wrong_and_a_reason_where_nothing_is_known() {
    let mut facts = healthy();
    facts.mesh.plugins = Ok(vec![plugin("alpha", &serde_json::json!({"failStrategy": "FAIL_CLOSE"}))]);
    facts.collector.metrics = crate::world::unread("the collector's metrics");
    let drawn = table::draw(&judge(&facts));
    let wanted = "\
FAIL  every plugin object fails open
      WasmPlugin alpha/hogusu: failStrategy is FAIL_CLOSE
      -> set failStrategy: FAIL_OPEN; with anything else a module that cannot be had or that traps answers requests with errors
      see docs/troubleshooting.md#plugin-fail-open
";
    assert!(drawn.contains(wanted), "{drawn}");
    assert!(drawn.contains("skip  it refused no batch, and forgot nothing before its time: cannot read the collector's metrics: forbidden\n"), "{drawn}");
    assert!(drawn.ends_with("32 passed, 0 to look at, 1 failed, 3 skipped\n"), "{drawn}");
}
