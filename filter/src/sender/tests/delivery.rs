//! Delivery: what is handed to the proxy, when it is tried again, and what a refusal costs.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{SECOND, deliver};
use crate::fake::{Collector, Exchange, Stage};
use crate::host::{PostError, Stat};
use crate::sender::Answer;

#[test]
fn a_request_goes_where_the_configuration_says() {
    let mut stage = Stage::new(
        r#"{"version":1,"collector":{"envoy_cluster":"c","authority":"a","path":"/p","timeout_ms":700},"flush_interval_ms":1000}"#,
    );
    let post = stage.until_post();
    assert_eq!(
        (post.envoy_cluster.as_str(), post.authority.as_str(), post.path.as_str(), post.timeout_ms),
        ("c", "a", "/p", 700)
    );
}

#[test]
fn a_batch_is_the_same_bytes_on_every_retry_whatever_was_counted_since() {
    let mut stage = Stage::plain();
    stage.count(&Exchange::outbound());
    let first = stage.until_post();
    for status in [500, 502, 503, 504, 429, 408] {
        stage.status(status);
        stage.count(&Exchange::outbound().code(503));
        let again = stage.until_post();
        assert!(again.body == first.body && again.token != first.token, "after {status}");
    }
    stage.no_answer();
    assert!(stage.until_post().body == first.body, "after no answer");
    assert_eq!(stage.host.stat(Stat::BatchRetried), 7);
}

#[test]
fn retries_back_off_from_a_second_to_half_a_minute() {
    let mut stage = Stage::plain();
    stage.count(&Exchange::outbound());
    let mut last = stage.until_post().at;
    for expected in [1, 2, 4, 8, 16, 30, 30, 30] {
        stage.status(503);
        let next = stage.until_post().at;
        let waited = next - last;
        // Up to a quarter more by jitter, and up to a fifth of the interval where a cut came between.
        let most = expected * SECOND * 5 / 4 + SECOND + 2_000_000;
        assert!((expected * SECOND..=most).contains(&waited), "{waited} after {expected} s");
        last = next;
    }
}

#[test]
fn retry_after_is_honoured_within_a_second_and_five_minutes() {
    for (asked, least, most) in [(7, 7, 11), (0, 1, 4), (100_000, 300, 380)] {
        let mut stage = Stage::plain();
        stage.count(&Exchange::outbound());
        let first = stage.until_post().at;
        stage.answer(Answer { status: Some(503), retry_after: Some(asked) });
        let waited = (stage.until_post().at - first) / SECOND;
        assert!((least..=most).contains(&waited), "{waited} s after Retry-After: {asked}");
    }
}

#[test]
fn one_request_is_in_flight_and_batches_go_in_order() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.count(&Exchange::outbound());
    let first = stage.until_post();
    // The proxy answers for a request that times out after 5 s; the sender waits longer than that.
    stage.count(&Exchange::outbound());
    stage.pass(14_000);
    assert_eq!(stage.host.posts.len(), 1, "nothing leaves while a request is out");
    collector.take(&first.body);
    stage.status(200);
    deliver(&mut stage, &mut collector, 10_000);
    let sequences: Vec<_> = collector.headers.iter().map(|header| header.sequence).collect();
    assert!(sequences.len() > 2 && sequences.windows(2).all(|pair| pair[1] == pair[0] + 1), "{sequences:?}");
    assert_eq!((collector.exchanges(), collector.repeated), (2, 0));
}

#[test]
fn a_request_whose_answer_never_comes_is_sent_again() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.count(&Exchange::outbound());
    let first = stage.until_post();
    let again = stage.until_post();
    assert_eq!((again.at - first.at) / SECOND, 15, "its timeout and a grace");
    assert!(again.body == first.body);
    // An answer to the first request is too late to mean anything.
    stage.host.now += 1;
    let (late, host) = (Answer { status: Some(200), retry_after: None }, &mut stage.host);
    stage.sender.answered(host, first.token, &late);
    assert!(stage.sender.unpacked() == 0 && stage.host.stat(Stat::BatchAcknowledged) == 0);
    collector.take(&again.body);
    stage.status(200);
    assert_eq!((collector.exchanges(), stage.host.stat(Stat::BatchAcknowledged)), (1, 1));
}

#[test]
fn an_answer_to_a_request_of_somebody_else_is_ignored() {
    let mut stage = Stage::plain();
    stage.count(&Exchange::outbound());
    let post = stage.until_post();
    let refusal = Answer { status: Some(400), retry_after: None };
    stage.sender.answered(&mut stage.host, post.token + 1, &refusal);
    assert_eq!(stage.host.stat(Stat::BatchRefused), 0);
    stage.status(503);
    assert!(stage.until_post().body == post.body);
}

#[test]
fn a_refused_batch_is_dropped_counted_and_visible_as_a_gap() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.count_times(3, &Exchange::outbound());
    stage.until_post();
    stage.status(400);
    assert_eq!(stage.host.stat(Stat::BatchRefused), 1);
    assert!(stage.host.has_logged("refused a batch of 3 exchanges with status 400"));
    stage.count_times(2, &Exchange::outbound());
    deliver(&mut stage, &mut collector, 7_000);
    let header = &collector.headers[0];
    assert_eq!((header.sequence, header.cumulative), (2, 5));
    assert_eq!((header.counters.refused, header.counters.refused_exchanges), (1, 3));
    assert_eq!((collector.exchanges(), collector.lost), (2, (1, 3)));
}

#[test]
fn every_other_4xx_refuses_and_no_5xx_of_an_overloaded_collector_does() {
    for status in [400, 401, 403, 404, 413, 415, 422] {
        let mut stage = Stage::plain();
        stage.count(&Exchange::outbound());
        stage.until_post();
        stage.status(status);
        assert_eq!(stage.host.stat(Stat::BatchRefused), 1, "{status}");
    }
}

#[test]
fn without_the_collectors_envoy_cluster_counting_goes_on_and_recovers() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.host.refuses = Some(PostError::NoSuchCluster);
    for _ in 0..12 {
        stage.count(&Exchange::outbound());
        stage.pass(5_000);
    }
    assert!(stage.host.posts.is_empty());
    let complaints = stage.host.logs.borrow().iter().filter(|line| line.contains("no Envoy cluster")).count();
    assert_eq!(complaints, 1, "said once, not at each try");
    stage.host.refuses = None;
    deliver(&mut stage, &mut collector, 60_000);
    assert_eq!((collector.exchanges(), collector.lost), (12, (0, 0)));
    assert!(collector.headers[0].counters.retried == 0 && collector.headers[1].counters.retried >= 3);
}

#[test]
fn a_host_that_fails_to_send_is_tried_again() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.host.refuses = Some(PostError::Failed);
    stage.count(&Exchange::outbound());
    stage.pass(10_000);
    stage.host.refuses = None;
    deliver(&mut stage, &mut collector, 20_000);
    assert_eq!(collector.exchanges(), 1);
}

#[test]
fn failed_host_calls_are_counted_from_this_senders_beginning() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.count(&Exchange::outbound());
    stage.host.errors.set(4);
    deliver(&mut stage, &mut collector, 5_000);
    stage.host.errors.set(6);
    deliver(&mut stage, &mut collector, 5_000);
    let errors: Vec<_> = collector.headers.iter().map(|header| header.counters.host_errors).collect();
    assert_eq!(errors, [4, 6]);
    assert_eq!(stage.host.stat(Stat::HostError), 6);
}

#[test]
fn the_longest_entry_is_reported() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.sender.note_entry(40_000);
    stage.sender.note_entry(2_000);
    deliver(&mut stage, &mut collector, 5_000);
    assert_eq!(
        (collector.headers[0].counters.longest_entry, collector.headers[0].counters.memory_bytes),
        (40_000, 131_072)
    );
}
