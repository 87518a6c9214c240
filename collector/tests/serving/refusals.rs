//! A batch that is refused for good is on the map as missing, by who claims to have sent it, and in the log. What the socket for acts refuses is a
//! problem as any other.

use std::io::Write;
use std::os::unix::net::UnixStream;

use serde_json::Value;

use super::batches::{FLUSH, Filter};
use super::process::{Collector, folder, is_guarded, now, read};

fn map(collector: &Collector) -> Value {
    serde_json::from_slice(&collector.get("/api/v1/map?since=10m").body).unwrap()
}

#[test]
fn a_proxy_without_a_node_id_is_refused_and_everybody_can_see_it() {
    let data = folder();
    let collector = Collector::start(data.path());
    assert_eq!(collector.deliver(&Filter::new(2, now() - FLUSH).batch(5)).status, 200);
    assert_eq!(map(&collector)["completeness"]["batches"]["refused"], 0);
    let mut nameless = Filter::new(1, now() - FLUSH);
    nameless.resource.proxy.id.clear();
    nameless.resource.proxy.pod = "odd\u{1b}[2J\n".to_owned();
    for _ in 0..3 {
        assert_eq!(collector.deliver(&nameless.batch(7)).status, 400);
    }
    let map = map(&collector);
    assert_eq!(map["completeness"]["batches"]["refused"], 3);
    assert!(map["completeness"]["time_covered"]["ratio"].as_f64().unwrap() < 1.0, "{map}");
    let finding = map["findings"].as_array().unwrap().iter().find(|finding| finding["kind"] == "refused_batches");
    let text = finding.unwrap()["text"].as_str().unwrap();
    assert!(text.starts_with("shop/workload-1 (\"odd\u{1b}[2J\n\") at 127.0.0.1: 3 batches refused"), "{text}");
    assert!(text.contains("hogusu.proxy.id is missing"), "{text}");
    let (_, log) = collector.terminate();
    assert_eq!(log.matches("a batch was refused, and what it held is lost").count(), 1, "{log}");
    assert!(log.contains("127.0.0.1") && log.contains("shop/workload-1"), "{log}");
}

#[test]
fn what_the_socket_for_acts_refuses_is_a_problem_with_its_code() {
    let data = folder();
    let _collector = Collector::start(data.path());
    let long = vec![b' '; hogusu_collector::limits::ACT_BYTES + 1];
    for (method, target, body, status, code) in [
        ("POST", "/api/v1/baselines", &b"{\"name\":\"\xff\"}"[..], 400, "bad_body"),
        ("POST", "/api/v1/backups", &b"\xff"[..], 400, "bad_body"),
        ("POST", "/api/v1/backups", &b"{}"[..], 400, "bad_body"),
        ("POST", "/api/v1/backups", &long[..], 413, "too_large"),
        ("PUT", "/api/v1/baselines", &b""[..], 405, "method_not_allowed"),
        ("GET", "/api/v1/baselines/before", &b""[..], 405, "method_not_allowed"),
        ("GET", "/nothing-here", &b""[..], 404, "no_such_address"),
    ] {
        let mut stream = UnixStream::connect(data.path().join("acts/socket")).unwrap();
        let length = body.len();
        let head = format!(
            "{method} {target} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let answer = read(&mut stream).unwrap();
        assert_eq!(answer.status, status, "{method} {target}: {}", answer.text());
        assert!(answer.head.contains("content-type: application/problem+json"), "{}", answer.head);
        is_guarded(&answer);
        let problem: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(problem["error"]["code"], code, "{problem}");
        assert_eq!(answer.head.contains("allow: "), status == 405, "{}", answer.head);
    }
}
