//! `hogusu lint` as people run it: exit codes, standard input, JSON, help.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn hogusu(arguments: &[&str], folder: &Path, input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hogusu"));
    command.arg("lint").args(arguments).current_dir(folder);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // One that reads no input may have closed it already.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_exit_code_says_whether_something_failed_or_could_not_be_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("good.json"), r#"{"version": 1}"#).unwrap();
    std::fs::write(folder.path().join("bad.yaml"), "version: 1\nmax_edges: 0\n").unwrap();
    let run = |files: &[&str]| hogusu(files, folder.path(), "");
    let output = run(&["good.json"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    let output = run(&["good.json", "bad.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("bad.yaml:2 FAIL max_edges: it is 0"), "{}", text(&output.stdout));
    for files in [&["none.yaml"][..], &[], &["good.json", "--as", "chart"]] {
        let output = run(files);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()), "{files:?}");
    }
    assert!(text(&run(&["none.yaml"]).stderr).contains("none.yaml"));
    assert_eq!(run(&["good.json", "--as", "values"]).status.code(), Some(1));
}

#[test]
fn standard_input_is_a_file_too_and_json_has_everything() {
    let folder = tempfile::tempdir().unwrap();
    let output = hogusu(&["-", "--format", "json"], folder.path(), "version: 1\n---\nversion: 2\n");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["schema"]), (Some(1), &"hogusu.lint/v1".into()));
    assert_eq!((&report["counts"]["pass"], &report["counts"]["fail"]), (&1.into(), &1.into()));
    let finding = &report["documents"][1]["findings"][0];
    assert_eq!((&finding["state"], &finding["line"], &finding["path"]), (&"fail".into(), &3.into(), &"version".into()));
    assert!(finding["remedy"].is_string() && report["documents"][1]["file"] == "-", "{report}");
}

#[test]
fn its_help_has_an_example_and_its_exit_codes() {
    let output = hogusu(&["--help"], Path::new("."), "");
    let help = text(&output.stdout);
    assert!(help.contains("Example: hogusu lint") && help.contains("Exit codes:"), "{help}");
}
