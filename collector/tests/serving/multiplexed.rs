//! Batches over HTTP/2, whose streams a proxy may reset at any moment. Frames are written by hand: no client resets a stream right
//! behind its own request.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::batches::{FLUSH, Filter};
use super::process::{Collector, folder, now};
use super::requests::gzip;

const PATIENCE_NANOS: u64 = 20_000_000_000;
pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;
/// How Envoy ends the streams that it no longer wants.
const NO_ERROR: [u8; 4] = 0_u32.to_be_bytes();
pub(super) const CANCEL: [u8; 4] = 8_u32.to_be_bytes();

pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header block of literals that no table keeps.
pub(super) fn headers(fields: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    fields.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect()
}

/// The head of a request for a body of this encoding and length, where one is announced.
fn head(encoding: &str, length: Option<usize>) -> Vec<u8> {
    let length = length.map(|length| length.to_string());
    let mut fields = vec![
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "collector"),
        (":path", "/v1/metrics"),
        ("content-type", "application/x-protobuf"),
        ("content-encoding", encoding),
    ];
    fields.extend(length.as_deref().map(|length| ("content-length", length)));
    frame(HEADERS, END_HEADERS, 1, &headers(&fields))
}

/// Sends the frames in one piece and waits until the collector has worked through them: it answers a ping behind them. The
/// connection closes when it is dropped.
pub(super) fn send(collector: &Collector, frames: &[Vec<u8>]) -> TcpStream {
    let mut stream = collector.connect();
    let mut bytes = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frame(SETTINGS, 0, 0, &[])].concat();
    bytes.extend(frames.concat());
    bytes.extend(frame(PING, 0, 0, b"all read"));
    stream.write_all(&bytes).unwrap();
    let mut said = Vec::new();
    while !said.windows(8).any(|window| window == b"all read") {
        let mut buffer = [0; 4096];
        let length = stream.read(&mut buffer).unwrap();
        assert!(length > 0, "closed after {said:?}");
        said.extend_from_slice(&buffer[..length]);
    }
    stream
}

/// Asks until so many batches were taken and so many refused for their body.
fn until(collector: &Collector, taken: f64, refused: f64) {
    let begun = now();
    loop {
        let counted = [
            collector.metric("hogusu_collector_batches_total{result=\"accepted\"}"),
            collector.metric("hogusu_collector_refused_total{reason=\"body\"}"),
        ];
        if counted == [taken, refused] {
            return;
        }
        assert!(now() - begun < PATIENCE_NANOS, "taken and refused: {counted:?}, not {taken} and {refused}");
        std::thread::yield_now();
    }
}

#[test]
fn a_batch_is_taken_whole_though_its_stream_is_reset_right_behind_it() {
    let data = folder();
    let collector = Collector::start(data.path());
    let mut number = 0;
    for reason in [NO_ERROR, CANCEL] {
        for encoding in ["identity", "gzip"] {
            number += 1;
            let batch = Filter::new(number, now() - FLUSH).batch(5);
            let body = if encoding == "gzip" { gzip(&batch) } else { batch };
            let whole = frame(DATA, END_STREAM, 1, &body);
            drop(send(&collector, &[head(encoding, Some(body.len())), whole, frame(RESET, 0, 1, &reason)]));
            until(&collector, f64::from(number), 0.0);
        }
    }
}

#[test]
fn a_part_of_a_batch_is_never_taken_for_the_whole() {
    let data = folder();
    let collector = Collector::start(data.path());
    let body = Filter::new(1, now() - FLUSH).batch(5);
    let part = frame(DATA, 0, 1, &body[..body.len() / 2]);
    let mut refused = 0.0;
    for length in [Some(body.len()), None] {
        for reason in [NO_ERROR, CANCEL] {
            drop(send(&collector, &[head("identity", length), part.clone(), frame(RESET, 0, 1, &reason)]));
            refused += 1.0;
            until(&collector, 0.0, refused);
        }
    }
    // Without a length, an orderly end is one.
    let _open = send(&collector, &[head("identity", None), frame(DATA, END_STREAM, 1, &body)]);
    until(&collector, 1.0, refused);
}
