//! Doors for senders and for people: each serves its own, says what the other is for, and both are one collector.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::batches::{FLUSH, Filter};
use super::client_certificates::{self as certificates, Authority, started_by};
use super::identity::{element, filter};
use super::process::{Answer, Collector, PROTOBUF, ask, command, folder, is_guarded, now, post, without_listen};

const ANY: &str = "127.0.0.1:0";

/// The address that a member of what was said on stdout names first.
fn first(collector: &Collector, member: &str) -> SocketAddr {
    collector.said[member][0].as_str().unwrap().parse().unwrap()
}

fn both(data: &Path) -> Collector {
    let mut command = without_listen(data);
    command.args(["--listen-ingest", ANY, "--listen-api", ANY]);
    Collector::started(command.spawn().unwrap(), "http")
}

fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"), &[]).unwrap()
}

/// The answer is the problem of a wrong door, which names what the other one is for and not where it is.
fn is_told_of(answer: &Answer, other: &str, address: SocketAddr) {
    assert_eq!(answer.status, 404, "{}", answer.text());
    assert!(answer.head.contains("content-type: application/problem+json"), "{}", answer.head);
    assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
    is_guarded(answer);
    let problem: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(problem["type"], "urn:hogusu:problem:other_door", "{problem}");
    assert!(problem["error"]["remedy"].as_str().unwrap().contains(other), "{problem}");
    assert!(!answer.text().contains(&address.port().to_string()), "{problem}");
}

fn refused(mut command: Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    said
}

#[test]
fn the_door_of_senders_has_no_api() {
    let data = folder();
    let collector = both(data.path());
    let (ingest, api) = (first(&collector, "ingest"), first(&collector, "api"));
    for path in ["/", "/api/v1/map", "/api/v1/openapi.json", "/metrics", "/assets/page.js", "/nothing-here"] {
        is_told_of(&get(ingest, path), "door for people", api);
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!((get(ingest, path).status, get(api, path).status), (200, 200), "{path}");
    }
    for path in ["/api/v1/map", "/api/v1/openapi.json", "/metrics"] {
        assert_eq!(get(api, path).status, 200, "{path}");
    }
    // Who asks by a name that is nobody's is told the same: there is nothing to be kept from them.
    let foreign = "GET / HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n";
    is_told_of(&ask(ingest, foreign, &[]).unwrap(), "door for people", api);
    assert_eq!(ask(api, foreign, &[]).unwrap().status, 421);
}

#[test]
fn the_door_of_senders_takes_what_a_sender_sends_and_nothing_of_a_browser() {
    let data = folder();
    let collector = both(data.path());
    let ingest = first(&collector, "ingest");
    let body = Filter::new(1, now() - FLUSH).batch(5);
    let browser = [PROTOBUF[0], ("origin", "http://evil.example")];
    assert_eq!(post(ingest, &browser, &body).unwrap().status, 421);
    let answer = get(ingest, "/v1/metrics");
    assert!(answer.status == 405 && answer.head.contains("allow: post"), "{}", answer.head);
    assert_eq!(post(ingest, PROTOBUF, &body).unwrap().status, 200);
}

#[test]
fn the_door_of_people_takes_no_batch() {
    let data = folder();
    let collector = both(data.path());
    let (ingest, api) = (first(&collector, "ingest"), first(&collector, "api"));
    let body = Filter::new(1, now() - FLUSH).batch(5);
    is_told_of(&post(api, PROTOBUF, &body).unwrap(), "door for senders", ingest);
    is_told_of(&get(api, "/v1/metrics"), "door for senders", ingest);
    assert_eq!(
        collector.metric("hogusu_collector_refused_total{reason=\"door\"}"),
        1.0,
        "batches count, questions do not"
    );
    assert_eq!(collector.metric("hogusu_collector_batches_total{result=\"accepted\"}"), 0.0);
    assert_eq!(collector.counts(), []);
}

#[test]
fn a_batch_sent_to_one_door_is_in_the_map_of_the_other() {
    let data = folder();
    let collector = both(data.path());
    let body = Filter::new(1, now() - FLUSH).batch(5);
    assert_eq!(post(first(&collector, "ingest"), PROTOBUF, &body).unwrap().status, 200);
    assert_eq!(collector.counts(), [("workload-1".to_owned(), 5)]);
    let (status, log) = collector.terminate();
    assert!(status.success(), "{log}");
}

#[test]
fn both_doors_are_told_on_stdout() {
    let data = folder();
    let collector = both(data.path());
    let (ingest, api) = (first(&collector, "ingest"), first(&collector, "api"));
    assert!(ingest.port() != 0 && api.port() != 0 && ingest != api);
    let told = json!({"listen": [ingest, api], "ingest": [ingest], "api": [api], "url": format!("http://{api}")});
    assert_eq!(collector.said, told);
    let second = without_listen(data.path()).args(["--listen-ingest", ANY, "--listen-api", ANY]).output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains(&ingest.to_string()) && said.contains(&api.to_string()), "{said}");
}

#[test]
fn one_address_for_all_is_told_as_each() {
    let data = folder();
    let collector = Collector::start(data.path());
    let all = collector.address;
    assert_eq!(collector.said, json!({"listen": [all], "ingest": [all], "api": [all], "url": format!("http://{all}")}));
}

#[test]
fn listen_keeps_what_has_no_door_of_its_own() {
    let body = Filter::new(1, now() - FLUSH).batch(5);
    for (flag, moved, kept) in [("--listen-ingest", "ingest", "api"), ("--listen-api", "api", "ingest")] {
        let data = folder();
        let mut command = command(data.path());
        let collector = Collector::started(command.args([flag, ANY]).spawn().unwrap(), "http");
        let (ingest, api) = (first(&collector, "ingest"), first(&collector, "api"));
        // --listen is named first.
        let told = json!([first(&collector, kept), first(&collector, moved)]);
        assert_eq!(collector.said["listen"], told, "{flag}");
        is_told_of(&get(ingest, "/api/v1/map"), "door for people", api);
        is_told_of(&post(api, PROTOBUF, &body).unwrap(), "door for senders", ingest);
        assert_eq!(post(ingest, PROTOBUF, &body).unwrap().status, 200, "{flag}");
        assert_eq!(collector.counts(), [("workload-1".to_owned(), 5)], "{flag}");
    }
}

#[test]
fn a_third_door_is_refused_as_nothing_is_left_for_it() {
    let parent = folder();
    let data = parent.path().join("new");
    let mut three = command(&data);
    three.args(["--listen-ingest", ANY, "--listen-api", ANY]);
    let said = refused(three);
    assert!(said.contains("leave --listen away"), "{said}");
    assert!(!data.exists(), "nothing is made for it");
}

#[test]
fn each_door_beyond_loopback_needs_tls_and_senders_need_their_sidecar_on_loopback() {
    let data = folder();
    for flag in ["--listen-ingest", "--listen-api"] {
        let mut open = command(data.path());
        open.args([flag, "0.0.0.0:0"]);
        let said = refused(open);
        assert!(said.contains("0.0.0.0:0") && said.contains("--tls-cert"), "{said}");
    }
    let mut forged = command(data.path());
    forged.args(["--listen-ingest", "0.0.0.0:0", "--trust-forwarded-client-cert"]);
    let said = refused(forged);
    assert!(said.contains("0.0.0.0:0 takes batches"), "{said}");
}

#[test]
fn an_address_that_is_taken_is_named_with_the_flag_of_its_door() {
    let data = folder();
    let taken = std::net::TcpListener::bind(ANY).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for flag in ["--listen-ingest", "--listen-api"] {
        let output = command(&data.path().join("new")).args([flag, &address]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("cannot listen on {address}")) && said.contains(flag), "{said}");
    }
}

#[test]
fn a_command_that_asks_at_the_door_of_senders_says_so() {
    let data = folder();
    let collector = both(data.path());
    let url = format!("http://{}", first(&collector, "ingest"));
    let hogusu = |command: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_hogusu")).args([command, "--url", &url]).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = hogusu("map");
    assert!(
        code == Some(4) && said.contains("404") && said.contains("this is the door of senders"),
        "{code:?}: {said}"
    );
    assert_eq!(hogusu("ready").0, Some(0), "a probe is answered at each door");
}

#[test]
fn who_sends_is_verified_at_the_door_of_senders_as_anywhere() {
    let data = folder();
    let mut command = without_listen(data.path());
    command.args(["--listen-ingest", ANY, "--listen-api", ANY, "--trust-forwarded-client-cert"]);
    let collector = Collector::started(command.spawn().unwrap(), "http");
    let (ingest, body) = (first(&collector, "ingest"), filter(1, "orders").batch(5));
    let sent = |more: &[(&str, &str)]| post(ingest, &[PROTOBUF, more].concat(), &body).unwrap();
    assert_eq!(sent(&[]).status, 403);
    assert_eq!(sent(&[("x-forwarded-client-cert", &element("bank", "orders"))]).status, 403);
    assert_eq!(sent(&[("x-forwarded-client-cert", &element("shop", "orders"))]).status, 200);
    assert_eq!(collector.counts(), [("workload-1".to_owned(), 5)]);
}

#[tokio::test]
async fn both_doors_have_the_same_tls_and_a_certificate_does_not_open_the_other_one() {
    let (files, data, mesh) = (folder(), folder(), Authority::new());
    let mut command = without_listen(data.path());
    command.args(["--listen-ingest", ANY, "--listen-api", ANY]);
    let mut collector = started_by(command, &mesh, files.path());
    let (ingest, api) = (first(&collector, "ingest"), first(&collector, "api"));
    let orders = mesh.workload(&["spiffe://cluster.local/ns/shop/sa/orders"]);
    let batch = certificates::batch(&filter(1, "orders").batch(5));
    let map = certificates::get("/api/v1/map?since=10m");
    for (address, client, request, begins) in [
        (ingest, None, &batch, "HTTP/1.1 403 "),
        (api, Some(&orders), &batch, "HTTP/1.1 404 "),
        (ingest, Some(&orders), &map, "HTTP/1.1 404 "),
        (ingest, Some(&orders), &batch, "HTTP/1.1 200 "),
        (api, None, &map, "HTTP/1.1 200 "),
    ] {
        collector.address = address;
        let answer = certificates::ask(&collector, &mesh, client, request).await.unwrap();
        assert!(answer.starts_with(begins), "{begins}: {answer}");
    }
}
