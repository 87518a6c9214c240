//! Answers that are not sent again, over a connection: what stands behind one is read as it was written, and baselines are among them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use super::baselines::save;
use super::batches::Filter;
use super::hours::{four_hours, time};
use super::process::{Collector, folder, now};

const SECOND: u64 = 1_000_000_000;

/// Asks over a connection that is kept, and returns the head of the answer, whose body is read by its length.
fn asked(stream: &mut BufReader<TcpStream>, path: &str, has: Option<&str>) -> String {
    let has = has.map(|has| format!("if-none-match: {has}\r\n")).unwrap_or_default();
    write!(stream.get_mut(), "GET {path} HTTP/1.1\r\nhost: localhost\r\n{has}\r\n").unwrap();
    let mut head = String::new();
    while stream.read_line(&mut head).unwrap() > 2 {}
    let length = field(&head, "content-length").map_or(0, |length| length.parse().unwrap());
    stream.read_exact(&mut vec![0; length]).unwrap();
    head
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.split_once(": ").filter(|(field, _)| *field == name)).map(|(_, value)| value)
}

#[test]
fn a_connection_goes_on_behind_an_answer_that_was_not_sent() {
    let data = folder();
    let (collector, first): (Collector, u64) = four_hours(data.path());
    assert!(save(data.path(), "before", &time(first), &time(first + 2)).status.success());
    let mut stream = BufReader::new(collector.connect());
    for path in [
        "/api/v1/baselines",
        "/api/v1/baselines/before",
        "/api/v1/baselines/before/export",
        &format!("/api/v1/diff?a=before&b={}/{}", time(first + 2), time(first + 4)),
    ] {
        let whole = asked(&mut stream, path, None);
        assert!(whole.starts_with("HTTP/1.1 200"), "{path}: {whole}");
        let tag = field(&whole, "etag").unwrap();
        let unchanged = asked(&mut stream, path, Some(tag));
        assert!(unchanged.starts_with("HTTP/1.1 304"), "{path}: {unchanged}");
        assert_eq!(field(&unchanged, "etag"), Some(tag), "{path}");
        for of_a_body in ["content-length", "transfer-encoding", "content-type", "content-encoding"] {
            assert_eq!(field(&unchanged, of_a_body), None, "{path}: {unchanged}");
        }
    }
}

#[test]
fn who_asks_for_the_last_five_minutes_again_before_anything_came_is_not_sent_them_again() {
    let data = folder();
    let collector = Collector::start(data.path());
    let begun = now();
    assert_eq!(collector.deliver(&Filter::new(1, begun - 10 * SECOND).batch(5)).status, 200);
    let mut stream = BufReader::new(collector.connect());
    loop {
        let whole = asked(&mut stream, "/api/v1/map", None);
        let again = asked(&mut stream, "/api/v1/map", field(&whole, "etag"));
        if again.starts_with("HTTP/1.1 304") {
            return;
        }
        // Between the two a slot may have begun, or was sealed.
        assert!(now() - begun < 20 * SECOND, "{again}");
    }
}
