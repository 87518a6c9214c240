//! Behind its own sidecar: a batch is taken only from who it says it is from, and what is refused leaves no trace.

use std::io::Write;
use std::net::TcpStream;

use super::batches::{FLUSH, Filter};
use super::process::{Answer, Collector, PROTOBUF, command, folder, now, post};

const HEADER: &str = "x-forwarded-client-cert";
const MISMATCH: &str = "hogusu_collector_identity_refused_total{reason=\"mismatch\"}";
const UNVERIFIED: &str = "hogusu_collector_identity_refused_total{reason=\"unverified\"}";

fn started(data: &std::path::Path) -> Collector {
    let mut command = command(data);
    command.arg("--trust-forwarded-client-cert");
    Collector::started(command.spawn().unwrap(), "http")
}

/// A filter of `shop/number`, with the service account `account`.
pub(crate) fn filter(number: u8, account: &str) -> Filter {
    let mut filter = Filter::new(number, now() - 3 * FLUSH);
    filter.resource.proxy.service_account = account.to_owned();
    filter
}

/// What the collector's sidecar writes of a peer with this identity.
pub(super) fn element(namespace: &str, account: &str) -> String {
    format!(
        "By=spiffe://cluster.local/ns/hogusu-system/sa/hogusu-collector;Hash=0a;Subject=\"\";URI=spiffe://cluster.local/ns/{namespace}/sa/{account}"
    )
}

pub(super) fn deliver(collector: &Collector, forwarded: &[&str], body: &[u8]) -> Answer {
    let lines = forwarded.iter().map(|line| (HEADER, *line));
    collector.post(&PROTOBUF.iter().copied().chain(lines).collect::<Vec<_>>(), body)
}

fn refused(answer: &Answer, says: &str) {
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert!(answer.text().contains(says), "{:?} does not say {says:?}", answer.text());
}

#[test]
fn a_batch_is_taken_from_whom_it_says_it_is_from_and_from_nobody_else() {
    let data = folder();
    let collector = started(data.path());
    let mut orders = filter(1, "orders");
    let body = orders.batch(5);
    for (namespace, account) in [("shop", "checkout"), ("bank", "orders")] {
        refused(&deliver(&collector, &[&element(namespace, account)], &body), "identity_mismatch");
    }
    assert_eq!(collector.metric(MISMATCH), 2.0);
    assert_eq!(collector.metric("hogusu_collector_senders"), 0.0);
    assert_eq!(collector.counts(), []);
    assert_eq!(deliver(&collector, &[&element("shop", "orders")], &body).status, 200);
    assert_eq!(collector.counts(), [("workload-1".to_owned(), 5)]);
    assert_eq!(collector.metric(MISMATCH), 2.0);
}

#[test]
fn without_a_verified_identity_nothing_is_taken() {
    let data = folder();
    let collector = started(data.path());
    let body = filter(1, "orders").batch(5);
    let good = element("shop", "orders");
    refused(&collector.deliver(&body), "identity_unverified");
    refused(&deliver(&collector, &[&good, &good], &body), "identity_unverified");
    refused(&deliver(&collector, &["URI=spiffe://cluster.local/ns/shop/sa/orders;X=\""], &body), "identity_unverified");
    refused(&deliver(&collector, &["By=x;Hash=1;URI=https://example.com"], &body), "identity_unverified");
    assert_eq!((collector.metric(UNVERIFIED), collector.metric(MISMATCH)), (4.0, 0.0));
    assert_eq!(collector.counts(), []);
}

#[test]
fn a_header_that_a_sender_writes_itself_comes_before_our_sidecars_and_counts_for_nothing() {
    let data = folder();
    let collector = started(data.path());
    let body = filter(1, "orders").batch(5);
    let forged = format!("{},{}", element("shop", "orders"), element("shop", "thief"));
    refused(&deliver(&collector, &[&forged], &body), "spiffe://cluster.local/ns/shop/sa/thief");
    let honest = format!("{},{}", element("shop", "thief"), element("shop", "orders"));
    assert_eq!(deliver(&collector, &[&honest], &body).status, 200);
}

#[test]
fn another_ones_sender_cannot_be_gone_on_with() {
    let data = folder();
    let collector = started(data.path());
    let mut orders = filter(1, "orders");
    assert_eq!(deliver(&collector, &[&element("shop", "orders")], &orders.batch(5)).status, 200);
    // The same sender and the next sequence, under the thief's own name and certificate.
    let mut thief = filter(1, "thief");
    (thief.begun, thief.sequence, thief.cumulative) = (orders.begun, orders.sequence, orders.cumulative);
    refused(&deliver(&collector, &[&element("shop", "thief")], &thief.batch(9)), "identity_mismatch");
    assert_eq!(deliver(&collector, &[&element("shop", "orders")], &orders.batch(6)).status, 200);
    assert_eq!(collector.counts(), [("workload-1".to_owned(), 11)]);
    assert_eq!(collector.metric("hogusu_collector_lost_batches_total"), 0.0);
}

#[test]
fn a_batch_that_overtook_another_is_refused_at_once_too() {
    let data = folder();
    let collector = started(data.path());
    let mut orders = filter(1, "orders");
    let (first, second) = (orders.batch(5), orders.batch(6));
    refused(&deliver(&collector, &[&element("shop", "thief")], &second), "identity_mismatch");
    for body in [first, second] {
        assert_eq!(deliver(&collector, &[&element("shop", "orders")], &body).status, 200);
    }
    assert_eq!(collector.counts(), [("workload-1".to_owned(), 11)]);
}

#[test]
fn refusals_are_logged_with_both_names_and_rarely() {
    let data = folder();
    let collector = started(data.path());
    let body = filter(1, "orders").batch(5);
    for _ in 0..50 {
        refused(&deliver(&collector, &[&element("shop", "thief")], &body), "identity_mismatch");
    }
    let (status, log) = collector.terminate();
    assert!(status.success(), "{log}");
    let lines: Vec<_> = log.lines().filter(|line| line.contains("identity_mismatch")).collect();
    // More than one only where fifty requests took longer than ten seconds.
    assert!(!lines.is_empty() && lines.len() < 5, "{log}");
    assert!(lines[0].contains("ns/shop/sa/thief") && lines[0].contains("\"orders\""), "{log}");
}

#[test]
fn without_the_flag_the_header_is_not_looked_at() {
    let data = folder();
    let collector = Collector::start(data.path());
    assert_eq!(deliver(&collector, &[&element("shop", "thief")], &filter(1, "orders").batch(5)).status, 200);
}

#[test]
fn the_header_is_believed_on_loopback_alone() {
    let data = folder();
    let output =
        command(data.path()).args(["--trust-forwarded-client-cert", "--listen", "0.0.0.0:0"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("0.0.0.0:0") && said.contains("--tls-client-ca"), "{said}");
}

#[test]
fn a_refused_sender_keeps_its_connection() {
    let data = folder();
    let collector = started(data.path());
    let mut orders = filter(1, "orders");
    let mut stream: TcpStream = collector.connect();
    for (account, status) in [("thief", 403), ("orders", 200)] {
        let body = orders.batch(5);
        let head = format!(
            "POST /v1/metrics HTTP/1.1\r\nhost: c\r\ncontent-type: application/x-protobuf\r\n{HEADER}: {}\r\ncontent-length: {}\r\n\r\n",
            element("shop", account),
            body.len()
        );
        stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
        assert_eq!(super::process::read(&mut stream).unwrap().status, status);
        orders.sequence = 0;
        orders.cumulative = 0;
    }
    assert_eq!(post(collector.address, PROTOBUF, b"").unwrap().status, 403);
}
