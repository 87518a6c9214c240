//! Time: where it is cut, and that every nanosecond is covered exactly once.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{SECOND, count_each, deliver};
use crate::SLICE;
use crate::fake::{Collector, Exchange, Stage, WALL};

#[test]
fn an_idle_sender_reports_its_presence_without_a_sequence() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    deliver(&mut stage, &mut collector, 95_000);
    assert_eq!(collector.headers.len(), 4, "at once, and then every six flush intervals");
    assert!(collector.headers.iter().all(|header| header.sequence == 0 && header.cumulative == 0 && !header.last));
    assert!(collector.end() >= WALL - 1_250_000_000 + 90 * SECOND);
}

#[test]
fn presence_that_is_held_back_goes_before_the_first_exchange() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    deliver(&mut stage, &mut collector, 17_000);
    assert_eq!(collector.headers.len(), 1);
    stage.count(&Exchange::outbound());
    deliver(&mut stage, &mut collector, 8_000);
    let sequences: Vec<_> = collector.headers.iter().map(|header| header.sequence).collect();
    assert_eq!(sequences[..3], [0, 0, 1]);
    assert!(collector.headers.windows(2).all(|pair| pair[0].end == pair[1].start));
}

#[test]
fn a_sequence_begins_with_the_first_exchange_and_never_pauses_again() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    deliver(&mut stage, &mut collector, 10_000);
    stage.count(&Exchange::outbound());
    deliver(&mut stage, &mut collector, 20_000);
    let sequences: Vec<_> = collector.headers.iter().map(|header| header.sequence).collect();
    assert_eq!(sequences, [0, 0, 1, 2, 3, 4]);
    assert!(collector.headers.iter().skip(2).all(|header| header.cumulative == 1));
}

#[test]
fn batches_are_cut_at_wall_clock_multiples_of_the_interval_and_sent_with_jitter() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    let mut delays = Vec::new();
    for _ in 0..20 {
        stage.count(&Exchange::outbound());
        let post = stage.until_post();
        let header = collector.take(&post.body);
        assert_eq!(header.end % (5 * SECOND), 0, "cut at a multiple of 5 s");
        let delay = WALL + post.at - header.end;
        assert!(delay <= SECOND + 1_000_000, "sent within a fifth of the interval: {delay}");
        delays.push(delay);
        stage.status(200);
    }
    assert_eq!(collector.headers[0].start, WALL);
    assert!(delays.iter().any(|delay| *delay > 500_000_000) && delays.iter().any(|delay| *delay < 500_000_000));
}

#[test]
fn a_late_tick_cuts_late_and_the_next_cut_is_aligned_again() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.count(&Exchange::outbound());
    stage.host.now = 13 * SECOND;
    let late = collector.take(&stage.until_post().body);
    assert_eq!((late.start, late.end), (WALL, WALL + 13 * SECOND));
    stage.status(200);
    let next = collector.take(&stage.until_post().body);
    assert_eq!((next.start, next.end), (late.end, WALL - 1_250_000_000 + 15 * SECOND));
}

#[test]
fn five_thousand_edges_leave_in_slices_and_in_batches_that_cover_their_time_once() {
    let mut stage = Stage::new(r#"{"version":1,"direction":"outbound","max_edges":10000}"#);
    let mut collector = Collector::default();
    count_each(&mut stage, 0..5_000);
    deliver(&mut stage, &mut collector, 10_000);
    assert_eq!(stage.most_per_entry, SLICE);
    assert_eq!((collector.exchanges(), collector.totals.len(), collector.lost), (5_000, 5_000, (0, 0)));
    let full: Vec<_> = collector.headers.iter().filter(|header| header.cumulative > 0).take(27).collect();
    let end = WALL - 1_250_000_000 + 5 * SECOND;
    for (at, header) in full.iter().enumerate() {
        let is_last_part = at == 26;
        assert_eq!((header.start, header.end), (WALL, if is_last_part { end } else { WALL }));
        assert_eq!(header.sequence, at as u64 + 1);
        assert_eq!(header.cumulative, if is_last_part { 5_000 } else { 192 * (at as u64 + 1) });
    }
}

#[test]
fn exactly_one_full_batch_is_not_followed_by_an_empty_one() {
    let mut stage = Stage::new(r#"{"version":1,"direction":"outbound"}"#);
    let mut collector = Collector::default();
    count_each(&mut stage, 0..192);
    deliver(&mut stage, &mut collector, 5_000);
    assert_eq!(collector.headers.len(), 1);
    assert_eq!(collector.headers[0].end, WALL - 1_250_000_000 + 5 * SECOND);
}

#[test]
fn an_exchange_during_sealing_belongs_to_the_next_batch() {
    let mut stage = Stage::new(r#"{"version":1,"direction":"outbound","max_edges":10000}"#);
    let mut collector = Collector::default();
    count_each(&mut stage, 0..1_000);
    stage.tick();
    assert!(stage.sender.unpacked() > 0, "half sealed");
    stage.count_times(3, &Exchange::outbound().to(999));
    deliver(&mut stage, &mut collector, 4_000);
    assert_eq!(collector.exchanges(), 1_000, "what came after the cut is not in what was cut");
    deliver(&mut stage, &mut collector, 5_000);
    assert_eq!((collector.exchanges(), collector.lost), (1_003, (0, 0)));
}

#[test]
fn a_sender_with_more_series_than_ticks_still_sends() {
    let config = r#"{"version":1,"direction":"outbound","max_edges":10000,"flush_interval_ms":100}"#;
    let mut stage = Stage::new(config);
    let mut collector = Collector::default();
    for _ in 0..20 {
        count_each(&mut stage, 0..6_000);
        deliver(&mut stage, &mut collector, 100);
    }
    assert!(collector.exchanges() > 6_000, "{} arrived while more came", collector.exchanges());
    deliver(&mut stage, &mut collector, 10_000);
    assert_eq!((collector.exchanges(), collector.lost, stage.most_per_entry), (120_000, (0, 0), SLICE));
}
