//! Server-sent events of a running collector: they tell of what was taken after they began, cost nobody a turn, are bounded, and end when the
//! collector stops or their listener goes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use hogusu_collector::limits::EVENT_STREAMS_OF_PEER;
use hogusu_collector::report::Moment;
use serde_json::Value;

use super::batches::Filter;
use super::multiplexed::{CANCEL, END_HEADERS, END_STREAM, HEADERS, RESET, frame, headers, send};
use super::process::{Collector, folder, now};

const SLOT: u64 = 10_000_000_000;
const PATIENCE_NANOS: u64 = 20_000_000_000;

/// A stream that is listened to.
struct Stream {
    head: String,
    reader: BufReader<TcpStream>,
}

impl Stream {
    fn open(collector: &Collector) -> Self {
        let mut reader = BufReader::new(collector.connect());
        reader.get_mut().write_all(b"GET /api/v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        let mut head = String::new();
        while reader.read_line(&mut head).unwrap() > 2 {}
        Self { head, reader }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.reader.read_line(&mut line).unwrap() > 0, "the stream ended");
        line.trim_end().to_owned()
    }

    /// The data of the next event, and its id.
    fn next(&mut self) -> (Value, Option<String>) {
        while self.line() != "event: slot" {}
        let data = self.line();
        let data = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        (data, self.line().strip_prefix("id: ").map(str::to_owned))
    }
}

fn open_streams(collector: &Collector) -> f64 {
    collector.metric("hogusu_collector_event_streams")
}

/// Asks until so many streams are open.
fn until_open(collector: &Collector, streams: f64) {
    let begun = now();
    while open_streams(collector) > streams {
        assert!(now() - begun < PATIENCE_NANOS, "{} are open", open_streams(collector));
        std::thread::yield_now();
    }
}

#[test]
fn a_stream_says_the_slot_of_a_batch_that_was_taken_after_it_began_and_a_later_one_says_it_first() {
    let data = folder();
    let collector = Collector::start(data.path());
    let mut stream = Stream::open(&collector);
    assert!(stream.head.starts_with("HTTP/1.1 200"), "{}", stream.head);
    let (first, id) = stream.next();
    assert_eq!((&first["slot"], id), (&Value::Null, None), "nothing was taken yet");
    let begun = now() / SLOT * SLOT - SLOT;
    assert_eq!(collector.deliver(&Filter::new(1, begun).batch(5)).status, 200);
    let slot = Moment(begun).to_string();
    let told = loop {
        // Before it comes, slots may be sealed.
        let (told, id) = stream.next();
        if told["slot"] == *slot {
            assert_eq!(id.as_deref(), Some(&*slot));
            break told;
        }
        assert!(told["slot"].is_null(), "{told}");
    };
    assert!(told["sealed_to"].as_str() >= first["sealed_to"].as_str(), "{told} after {first}");
    assert_eq!(Stream::open(&collector).next().1, Some(slot.clone()), "what is the newest is said at once");
    collector.kill();
    let again = Collector::start(data.path());
    assert_eq!(Stream::open(&again).next().1, Some(slot.clone()), "the journal has it");
    assert!(again.terminate().0.success());
    assert_eq!(Stream::open(&Collector::start(data.path())).next().1, Some(slot), "the store has it");
}

#[test]
fn one_more_than_a_party_may_have_is_told_to_come_again_and_none_takes_a_question_its_turn() {
    let data = folder();
    let collector = Collector::start(data.path());
    let mut streams: Vec<Stream> = (0..EVENT_STREAMS_OF_PEER).map(|_| Stream::open(&collector)).collect();
    for stream in &mut streams {
        assert!(stream.head.starts_with("HTTP/1.1 200"), "{}", stream.head);
        assert!(stream.next().0["slot"].is_null());
    }
    let refused = collector.get("/api/v1/events");
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.head.contains("retry-after: ") && refused.text().contains("\"busy\""), "{}", refused.text());
    assert_eq!(open_streams(&collector), f64::from(u32::try_from(EVENT_STREAMS_OF_PEER).unwrap()));
    assert_eq!(collector.get("/api/v1/map").status, 200);
    assert_eq!(collector.metric("hogusu_collector_questions"), 0.0);
    streams.clear();
    until_open(&collector, 0.0);
    assert!(Stream::open(&collector).head.starts_with("HTTP/1.1 200"));
}

#[test]
fn a_stream_over_http_2_that_is_reset_gives_its_place_back() {
    let data = folder();
    let collector = Collector::start(data.path());
    let fields = [(":method", "GET"), (":scheme", "http"), (":authority", "localhost"), (":path", "/api/v1/events")];
    let asked = frame(HEADERS, END_HEADERS | END_STREAM, 1, &headers(&fields));
    let mut connection = send(&collector, &[asked]);
    let begun = now();
    while open_streams(&collector) < 1.0 {
        assert!(now() - begun < PATIENCE_NANOS, "it never opens");
        std::thread::yield_now();
    }
    connection.write_all(&frame(RESET, 0, 1, &CANCEL)).unwrap();
    until_open(&collector, 0.0);
}

#[test]
fn a_stream_ends_in_order_when_the_collector_stops() {
    let data = folder();
    let collector = Collector::start(data.path());
    let mut stream = Stream::open(&collector);
    stream.next();
    let begun = now();
    let (status, log) = collector.terminate();
    assert!(status.success() && !log.contains("did not end in time"), "{log}");
    assert!(now() - begun < SLOT / 2, "{log}");
    let mut rest = String::new();
    stream.reader.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("\r\n0\r\n\r\n"), "its last chunk says that it is whole: {rest:?}");
}
