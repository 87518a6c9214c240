//! Names by which the collector is asked: those that are its own, and nobody else's.

use std::io::Write;

use serde_json::Value;

use super::batches::{FLUSH, Filter};
use super::process::{Answer, Collector, PROTOBUF, command, folder, is_guarded, now, read};

fn asked(collector: &Collector, host: &str, path: &str) -> Answer {
    let mut stream = collector.connect();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    read(&mut stream).unwrap()
}

#[test]
fn a_name_that_was_made_to_lead_here_is_answered_nothing_with_the_remedy() {
    let data = folder();
    let collector = Collector::start(data.path());
    let port = collector.address.port();
    for path in ["/api/v1/map", "/api/v1/status", "/", "/metrics", "/nothing-here"] {
        let answer = asked(&collector, &format!("evil.example:{port}"), path);
        assert_eq!(answer.status, 421, "{path}: {}", answer.text());
        is_guarded(&answer);
        let error: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(error["error"]["code"], "unknown_host", "{error}");
        assert!(error["error"]["message"].as_str().unwrap().contains("evil.example"), "{error}");
        assert!(error["error"]["remedy"].as_str().unwrap().contains("--public-host"), "{error}");
    }
    assert_eq!(collector.metric("hogusu_collector_refused_total{reason=\"host\"}"), 5.0);
    for host in [format!("localhost:{port}"), format!("127.0.0.1:{port}"), "[::1]".to_owned(), "127.1.2.3".to_owned()] {
        assert_eq!(asked(&collector, &host, "/api/v1/map").status, 200, "{host}");
    }
}

#[test]
fn probes_and_batches_come_by_whatever_name_and_what_a_browser_sends_does_not() {
    let data = folder();
    let collector = Collector::start(data.path());
    for path in ["/healthz", "/readyz"] {
        assert_eq!(asked(&collector, "10.1.2.3:4318", path).status, 200);
    }
    let body = Filter::new(1, now() - FLUSH).batch(5);
    for mark in [("origin", "http://evil.example"), ("sec-fetch-site", "same-origin")] {
        assert_eq!(collector.post(&[PROTOBUF[0], mark], &body).status, 421);
    }
    // By the name that no flag gave, as filters have it in their configuration.
    assert_eq!(collector.deliver(&body).status, 200);
    assert_eq!(collector.counts(), [("workload-1".to_owned(), 5)]);
}

#[test]
fn further_names_are_given_by_a_flag_and_no_url_is_one() {
    let data = folder();
    let mut started = command(data.path());
    started.args(["--public-host", "Hogusu.example.com", "--public-host", "hogusu"]);
    let collector = Collector::started(started.spawn().unwrap(), "http");
    for (host, status) in [("hogusu.example.com", 200), ("hogusu:443", 200), ("other.example.com", 421)] {
        assert_eq!(asked(&collector, host, "/api/v1/map").status, status, "{host}");
    }
    let output = command(folder().path()).args(["--public-host", "http://hogusu"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && said.contains("--public-host"), "{said}");
}
