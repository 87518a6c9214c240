//! Requests that cannot be taken get a clear answer, and the collector goes on serving.

use std::io::Write;
use std::net::Shutdown;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use super::batches::{FLUSH, Filter};
use super::process::{Answer, Collector, PROTOBUF, folder, now, read};

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const GZIP: &[(&str, &str)] = &[("content-type", "application/x-protobuf"), ("content-encoding", "gzip")];

/// A collector, and a batch that it takes.
fn collector_and_batch() -> (tempfile::TempDir, Collector, Vec<u8>) {
    let data = folder();
    let collector = Collector::start(data.path());
    let body = Filter::new(1, now() - FLUSH).batch(5);
    (data, collector, body)
}

/// After a refusal: nothing was taken, and the good batch still is.
fn still_serves(collector: &Collector, body: &[u8]) {
    assert_eq!(collector.metric("hogusu_collector_batches_total{result=\"accepted\"}"), 0.0);
    let answer = collector.deliver(body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(collector.counts(), [("workload-1".to_owned(), 5)]);
}

fn refused(answer: &Answer, status: u16, says: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert!(answer.text().contains(says), "{:?} does not say {says:?}", answer.text());
}

#[test]
fn a_batch_is_answered_with_an_empty_protobuf_message() {
    let (_data, collector, body) = collector_and_batch();
    let answer = collector.deliver(&body);
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert!(answer.head.contains("content-type: application/x-protobuf"), "{}", answer.head);
    assert_eq!(collector.counts(), [("workload-1".to_owned(), 5)]);
}

#[test]
fn a_compressed_batch_is_taken() {
    let (_data, collector, body) = collector_and_batch();
    assert_eq!(collector.post(GZIP, &gzip(&body)).status, 200);
    assert_eq!(collector.counts(), [("workload-1".to_owned(), 5)]);
}

#[test]
fn other_types_and_encodings_are_refused_with_a_remedy() {
    let (_data, collector, body) = collector_and_batch();
    let answer = collector.post(&[("content-type", "application/json")], b"{}");
    refused(&answer, 415, "unsupported_type");
    let error: Value = serde_json::from_slice(&answer.body).unwrap();
    assert!(error["error"]["remedy"].as_str().unwrap().contains("protobuf"), "{error}");
    refused(&collector.post(&[], &body), 415, "content-type");
    let zstd = [PROTOBUF[0], ("content-encoding", "zstd")];
    refused(&collector.post(&zstd, &body), 415, "content-encoding");
    still_serves(&collector, &body);
}

#[test]
fn a_body_that_is_not_what_its_encoding_says_is_refused() {
    let (_data, collector, body) = collector_and_batch();
    refused(&collector.post(GZIP, &body), 400, "bad_gzip");
    let whole = gzip(&body);
    refused(&collector.post(GZIP, &whole[..whole.len() - 6]), 400, "bad_gzip");
    refused(&collector.deliver(&whole), 400, "bad_batch");
    still_serves(&collector, &body);
}

#[test]
fn a_body_beyond_the_bound_is_refused_before_and_after_decompression() {
    let (_data, collector, body) = collector_and_batch();
    refused(&collector.deliver(&vec![0; 4 * 1024 * 1024 + 1]), 413, "too_large");
    let bomb = gzip(&vec![0; 17 * 1024 * 1024]);
    assert!(bomb.len() < 100_000);
    refused(&collector.post(GZIP, &bomb), 413, "too_large");
    let mut stream = collector.connect();
    let head = "POST /v1/metrics HTTP/1.1\r\nhost: c\r\nconnection: close\r\ncontent-type: application/x-protobuf\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = [b"100000\r\n".as_slice(), &vec![0; 0x0010_0000], b"\r\n"].concat();
    for _ in 0..5 {
        if stream.write_all(&chunk).is_err() {
            break;
        }
    }
    refused(&read(&mut stream).unwrap(), 413, "too_large");
    still_serves(&collector, &body);
}

#[test]
fn a_truncated_batch_is_refused_at_every_length() {
    let (_data, collector, body) = collector_and_batch();
    for length in (0..body.len()).step_by(13) {
        let answer = collector.deliver(&body[..length]);
        assert_eq!(answer.status, 400, "of {length} bytes: {}", answer.text());
    }
    still_serves(&collector, &body);
}

#[test]
fn a_request_that_breaks_off_is_not_taken() {
    let (_data, collector, body) = collector_and_batch();
    let mut stream = collector.connect();
    let head = format!(
        "POST /v1/metrics HTTP/1.1\r\nhost: c\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body[..body.len() / 2]).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert!(read(&mut stream).map_or(400, |answer| answer.status) >= 400);
    still_serves(&collector, &body);
}

#[test]
fn heads_that_are_too_long_or_no_http_are_refused() {
    let (_data, collector, body) = collector_and_batch();
    let long = "x".repeat(64 * 1024);
    let answer = super::process::post(
        collector.address,
        &[("content-type", "application/x-protobuf"), ("x-long", &long)],
        &body,
    );
    assert!(answer.map_or(431, |answer| answer.status) == 431);
    let mut stream = collector.connect();
    stream.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").unwrap();
    assert!(read(&mut stream).map_or(400, |answer| answer.status) == 400);
    still_serves(&collector, &body);
}

#[test]
fn other_methods_and_addresses_are_answered_in_order() {
    let (_data, collector, body) = collector_and_batch();
    assert_eq!(collector.get("/healthz").status, 200);
    assert_eq!(collector.get("/readyz").status, 200);
    still_serves(&collector, &body);
}

#[test]
fn a_method_that_an_address_does_not_take_is_refused_with_those_that_it_takes() {
    let data = folder();
    let collector = Collector::start(data.path());
    for (method, path, allowed) in [
        ("GET", "/v1/metrics", "POST"),
        ("POST", "/api/v1/map", "GET,HEAD"),
        ("DELETE", "/api/v1/edges/0000000000000000", "GET,HEAD"),
        ("PUT", "/metrics", "GET,HEAD"),
        ("POST", "/", "GET,HEAD"),
    ] {
        let answer = collector.ask(method, path);
        refused(&answer, 405, &format!("{path} does not take {method}"));
        assert!(answer.head.contains(&format!("allow: {}\r\n", allowed.to_lowercase())), "{}", answer.head);
        let error: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(error["error"]["code"], "method_not_allowed");
        assert_eq!(error["error"]["remedy"], format!("it takes {allowed}"));
        // The door of batches answers as it always did: filters read it.
        let (kind, status) = if path == "/v1/metrics" {
            ("application/json", Value::Null)
        } else {
            ("application/problem+json", Value::from(405))
        };
        assert!(answer.head.contains(&format!("content-type: {kind}\r\n")), "{}", answer.head);
        assert_eq!(error["status"], status, "{path}");
    }
}

#[test]
fn refusals_are_counted_by_reason() {
    let (_data, collector, body) = collector_and_batch();
    collector.post(&[("content-type", "text/plain")], &body);
    collector.deliver(b"no batch");
    collector.post(GZIP, b"no gzip");
    for reason in ["unsupported_type", "malformed", "body"] {
        assert_eq!(
            collector.metric(&format!("hogusu_collector_refused_total{{reason=\"{reason}\"}}")),
            1.0,
            "{reason}"
        );
    }
}
