//! Who takes much keeps nobody else waiting: slow bodies, streams of one connection, senders without an identity, questions
//! that nobody waits for.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::batches::{FLUSH, Filter};
use super::identity::{deliver, element, filter};
use super::multiplexed::{CANCEL, DATA, END_HEADERS, END_STREAM, HEADERS, RESET, frame, headers, send};
use super::process::{Collector, command, folder, now, read};

const PATIENCE_NANOS: u64 = 20_000_000_000;
const SLOW: u32 = 300;
const BATCHES: u64 = 50;
/// Beside the runtime's workers and those for what blocks: the main thread, the writer, and what a library may start.
const OTHER_THREADS: usize = 4;

/// Begins a request whose body never goes on.
fn slow(collector: &Collector) -> TcpStream {
    let head =
        "POST /v1/metrics HTTP/1.1\r\nhost: c\r\ncontent-type: application/x-protobuf\r\ncontent-length: 1000\r\n\r\n";
    let mut stream = collector.connect();
    stream.write_all(format!("{head}a part").as_bytes()).unwrap();
    stream
}

/// Delivers one batch after the other: each must be taken at once.
fn is_served(collector: &Collector) {
    let mut good = Filter::new(1, now() - BATCHES * FLUSH);
    for _ in 0..BATCHES {
        let answer = collector.deliver(&good.batch(1));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!(collector.metric("hogusu_collector_refused_total{reason=\"busy\"}"), 0.0);
}

#[test]
fn three_hundred_slow_bodies_keep_nobody_waiting() {
    let data = folder();
    let collector = Collector::start(data.path());
    let held: Vec<_> = (0..SLOW).map(|_| slow(&collector)).collect();
    is_served(&collector);
    drop(held);
}

#[test]
fn one_connection_full_of_slow_streams_keeps_nobody_waiting() {
    let data = folder();
    let collector = Collector::start(data.path());
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "collector"),
        (":path", "/v1/metrics"),
        ("content-type", "application/x-protobuf"),
    ];
    let begun =
        |stream| [frame(HEADERS, END_HEADERS, stream, &headers(&fields)), frame(DATA, 0, stream, b"a part")].concat();
    let held = send(&collector, &(0..SLOW).map(|one| begun(2 * one + 1)).collect::<Vec<_>>());
    let mut good = Filter::new(1, now() - BATCHES * FLUSH);
    for _ in 0..BATCHES {
        let answer = collector.deliver(&good.batch(1));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    drop(held);
}

#[test]
fn who_has_no_identity_is_answered_before_the_body_and_takes_no_place() {
    let data = folder();
    let mut command = command(data.path());
    command.arg("--trust-forwarded-client-cert");
    let collector = Collector::started(command.spawn().unwrap(), "http");
    let mut held: Vec<_> = (0..SLOW).map(|_| slow(&collector)).collect();
    for stream in &mut held {
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 403");
    }
    let mut orders = filter(1, "orders");
    for _ in 0..BATCHES {
        let answer = deliver(&collector, &[&element("shop", "orders")], &orders.batch(1));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!(collector.metric("hogusu_collector_identity_refused_total{reason=\"unverified\"}"), f64::from(SLOW));
}

#[test]
fn who_is_refused_before_the_body_keeps_its_connection() {
    let data = folder();
    let mut command = command(data.path());
    command.arg("--trust-forwarded-client-cert");
    let collector = Collector::started(command.spawn().unwrap(), "http");
    let mut stream = collector.connect();
    for _ in 0..3 {
        let body = filter(1, "orders").batch(5);
        let head = format!(
            "POST /v1/metrics HTTP/1.1\r\nhost: c\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body).unwrap();
        assert_eq!(read(&mut stream).unwrap().status, 403);
    }
}

fn threads(collector: &Collector) -> usize {
    std::fs::read_dir(format!("/proc/{}/task", collector.id())).unwrap().count()
}

#[test]
fn three_hundred_questions_dropped_over_one_connection_leave_a_bounded_number_of_threads() {
    let data = folder();
    let collector = Collector::start(data.path());
    assert_eq!(collector.deliver(&Filter::new(1, now() - FLUSH).batch(5)).status, 200);
    let fields =
        [(":method", "GET"), (":scheme", "http"), (":authority", "localhost"), (":path", "/api/v1/map?since=400d")];
    let asked = |one: u32| {
        let stream = 2 * one + 1;
        let asked = frame(HEADERS, END_HEADERS | END_STREAM, stream, &headers(&fields));
        [asked, frame(RESET, 0, stream, &CANCEL)].concat()
    };
    // A few at a time: a connection that resets a hundred at once is closed.
    for _ in 0..30 {
        drop(send(&collector, &(0..10).map(asked).collect::<Vec<_>>()));
    }
    let workers = std::thread::available_parallelism().unwrap().get();
    let bound = workers + hogusu_collector::limits::BLOCKING_THREADS + OTHER_THREADS;
    assert!(threads(&collector) <= bound, "{} threads, not {bound}", threads(&collector));
    assert_eq!(collector.counts(), [("workload-1".to_owned(), 5)]);
    // The last of them notices at its next look that nobody waits.
    let begun = now();
    while collector.metric("hogusu_collector_questions") > 0.0 {
        assert!(now() - begun < PATIENCE_NANOS, "somebody still works for an asker who left");
        std::thread::yield_now();
    }
}
