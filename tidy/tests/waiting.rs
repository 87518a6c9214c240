//! Tests wait for conditions, not for time, and none is skipped.

use hogusu_tidy::rust::code;
use hogusu_tidy::tree::{File, assert_none, files};

/// The files that may sleep, each with its reason. A file that no longer sleeps leaves this list.
const MAY_SLEEP: [(&str, &str); 12] = [
    ("tests/src/eventually.rs", "the one bounded wait that everything else uses"),
    ("tests/src/backend.rs", "a scripted delay is what the backend is asked for"),
    ("tests/src/backend/answer.rs", "a scripted stream lasts as long as the backend is asked for"),
    ("tests/src/load.rs", "a steady rate is a point in time for each request"),
    ("tests/src/gate.rs", "a scripted delay is what the gate is asked for"),
    ("tests/scenarios/shop.rs", "a steady rate of connections: the load's pace, nothing waits for it"),
    ("tests/src/bin/demo/traffic.rs", "the demo lasts as long as its user asked for"),
    ("tests/src/bin/demo-istio/traffic.rs", "the demo lasts as long as its user asked for"),
    (
        "collector/src/serve/connections.rs",
        "without file descriptors the kernel refuses at once: a pause, or a core burns",
    ),
    (
        "collector/src/api.rs",
        "an answer is kept for a minute: when it is over, nothing happens by which one could notice",
    ),
    ("collector/src/serve/socket.rs", "the bound of time on an answer that nobody reads"),
    ("collector/src/peer.rs", "behind bytes that are not read the end of a connection is not told: it is looked for"),
];

const SLEEPS: [&str; 5] = ["sleep(", "sleep_until(", "sleep_ms(", "park_timeout(", "waitForTimeout("];

const SKIPS: [&str; 8] =
    ["#[ignore", "test.skip", "it.skip", "describe.skip", "test.only", "it.only", "describe.only", "test.todo"];

/// Sources and tests in any language; this crate names what it forbids.
fn sources() -> Vec<File> {
    let mut files = files();
    files.retain(|file| matches!(file.extension(), "rs" | "ts" | "mjs" | "js") && !file.is_under("tidy"));
    files
}

/// Lines of code that hold one of the patterns, as offences.
fn lines_with(file: &File, patterns: &[&str]) -> Vec<String> {
    let numbered = file.text.lines().enumerate();
    let hits = numbered.filter(|(_, line)| patterns.iter().any(|pattern| code(line).contains(pattern)));
    hits.map(|(index, line)| format!("{}:{}: {}", file.path, index + 1, line.trim())).collect()
}

#[test]
fn nobody_sleeps_instead_of_waiting_for_a_condition() {
    let sources = sources();
    let others = sources.iter().filter(|file| !MAY_SLEEP.iter().any(|(path, _)| *path == file.path));
    let offences: Vec<_> = others.flat_map(|file| lines_with(file, &SLEEPS)).collect();
    assert_none("wait with `eventually`, or give the reason in MAY_SLEEP", &offences);
}

#[test]
fn reasons_to_sleep_are_still_needed() {
    let sources = sources();
    let sleeps = |path: &str| sources.iter().any(|file| file.path == path && !lines_with(file, &SLEEPS).is_empty());
    let stale = MAY_SLEEP.iter().filter(|(path, _)| !sleeps(path)).map(|(path, _)| (*path).to_owned());
    assert_none("a file that no longer sleeps leaves MAY_SLEEP", &stale.collect::<Vec<_>>());
}

#[test]
fn no_test_is_skipped() {
    let offences: Vec<_> = sources().iter().flat_map(|file| lines_with(file, &SKIPS)).collect();
    assert_none("a test runs or is not there", &offences);
}
