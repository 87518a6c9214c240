//! `hogusu ready`: the probe says by its exit code whether batches can be taken.

use std::net::TcpListener;
use std::process::{Command, Output};

use serde_json::Value;

use super::process::{Collector, folder};

fn ready(url: &str, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hogusu")).args(["ready", "--url", url]).args(more).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_running_collector_is_ready_and_one_that_is_gone_is_not() {
    let data = folder();
    let collector = Collector::start(data.path());
    let url = format!("http://{}", collector.address);
    let output = ready(&url, &[]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), format!("{url} is ready\n")));
    let output = ready(&url, &["--format", "json"]);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &said["ready"], &said["error"]), (Some(0), &Value::Bool(true), &Value::Null));
    collector.kill();
    let output = ready(&url, &[]);
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), said.lines().count()), (Some(3), 1), "{said}");
    let output = ready(&url, &["--format", "json"]);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &said["ready"]), (Some(3), &Value::Bool(false)));
    assert!(said["error"].as_str().unwrap().contains(&url), "{said}");
}

/// What the probe says of somebody who answers so; `URL` in it is the one that was asked.
fn said_of(answer: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = answer.replace("URL", &url);
    let server = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        let mut seen = [0; 4096];
        let count = stream.read(&mut seen).unwrap();
        stream.write_all(format!("HTTP/1.1 {answer}").as_bytes()).unwrap();
        String::from_utf8_lossy(&seen[..count]).into_owned()
    });
    let output = ready(&url, &[]);
    assert!(server.join().unwrap().starts_with("GET /readyz HTTP/1.1\r\n"));
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), said.lines().count()), (Some(4), 1), "{said}");
    said.replace(&url, "URL")
}

#[test]
fn whoever_answers_otherwise_is_not_ready() {
    let said = said_of("503 Service Unavailable\r\ncontent-length: 10\r\n\r\nnot ready\n");
    assert!(said.contains("503") && said.ends_with("not ready\n"), "{said}");
}

#[test]
fn whoever_lets_nobody_in_or_points_elsewhere_is_told_with_what_to_give() {
    for (answer, wanted) in [
        ("401 Unauthorized\r\ncontent-length: 0\r\n\r\n", "--token-file or HOGUSU_TOKEN gives a token"),
        ("403 Forbidden\r\ncontent-length: 2\r\n\r\nno", "the chart's value viewers says who may"),
        (
            "302 Found\r\nlocation: URL/hogusu/readyz\r\ncontent-length: 0\r\n\r\n",
            "it points to URL/hogusu/readyz; give that one: --url URL/hogusu\n",
        ),
        (
            "302 Found\r\nlocation: /login?next=%2Freadyz\r\ncontent-length: 0\r\n\r\n",
            "it points to /login?next=%2Freadyz: --url names where the collector is; where that asks who you are, --token-file",
        ),
        ("404 Not Found\r\ncontent-length: 0\r\n\r\n", "it does not look like a collector; --url takes the path"),
        (
            "200 OK\r\ncontent-length: 18\r\n\r\n<html>hello</html>",
            "it does not look like a collector; --url takes the path",
        ),
    ] {
        let said = said_of(answer);
        assert!(said.contains(wanted), "{answer}: {said}");
    }
}

#[test]
fn its_help_has_an_example_and_its_exit_codes() {
    let output = Command::new(env!("CARGO_BIN_EXE_hogusu")).args(["ready", "--help"]).output().unwrap();
    let help = text(&output.stdout);
    assert!(help.contains("Example: hogusu ready") && help.contains("Exit codes:"), "{help}");
}
