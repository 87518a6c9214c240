//! A wall clock that is set while a sender counts: what was not written yet moves, what was written stays, and nothing is counted or
//! covered twice.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{SECOND, deliver};
use crate::fake::{Collector, Exchange, Stage, WALL};

const MONTH: u64 = 30 * 24 * 3_600 * SECOND;
/// The multiple of the flush interval before [`WALL`].
const EVEN: u64 = WALL - 1_250_000_000;

#[test]
fn a_clock_that_was_a_month_ahead_and_is_set_right_is_followed_at_once() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.count(&Exchange::outbound());
    deliver(&mut stage, &mut collector, 10_000);
    assert_eq!(collector.end(), EVEN + 10 * SECOND);
    stage.host.wall_at_zero -= MONTH;
    stage.count_times(3, &Exchange::outbound());
    deliver(&mut stage, &mut collector, 10_000);
    let last = collector.headers.last().expect("a batch");
    assert_eq!((last.start, last.end), (EVEN - MONTH + 15 * SECOND, EVEN - MONTH + 20 * SECOND));
    assert_eq!((collector.exchanges(), collector.lost, last.counters.clock_steps), (4, (0, 0), 1));
    assert!(stage.host.has_logged("the wall clock was set by -2592000.000 s"));
}

#[test]
fn what_was_counted_before_a_clock_jumped_ahead_moves_with_it() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.count(&Exchange::outbound());
    deliver(&mut stage, &mut collector, 5_000);
    stage.count(&Exchange::outbound());
    stage.host.wall_at_zero += MONTH;
    deliver(&mut stage, &mut collector, 6_000);
    let [.., before, moved] = &collector.headers[..] else { panic!("two batches") };
    assert_eq!((before.end, moved.start), (EVEN + 5 * SECOND, EVEN + 5 * SECOND + MONTH));
    assert_eq!((moved.cumulative, collector.exchanges()), (2, 2));
}

#[test]
fn a_clock_that_is_set_back_a_little_covers_no_time_twice() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    for _ in 0..6 {
        stage.count(&Exchange::outbound());
        deliver(&mut stage, &mut collector, 5_000);
        stage.host.wall_at_zero -= 3 * SECOND;
    }
    deliver(&mut stage, &mut collector, 30_000);
    assert_eq!((collector.exchanges(), collector.lost), (6, (0, 0)));
    assert!(
        collector.headers.last().is_some_and(|header| header.start < header.end && header.counters.clock_steps == 6)
    );
}

#[test]
fn bytes_that_were_sent_are_the_same_after_the_clock_was_set() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.count(&Exchange::outbound());
    let first = stage.until_post().body;
    stage.count(&Exchange::outbound());
    stage.pass(6_000);
    stage.host.wall_at_zero += MONTH;
    stage.no_answer();
    let again = stage.until_post().body;
    assert!(first == again);
    let header = collector.take(&again);
    assert_eq!((header.end, header.sent / SECOND), (EVEN + 5 * SECOND, WALL / SECOND + 4));
    stage.status(200);
    let moved = collector.take(&stage.until_post().body);
    assert_eq!((moved.start, moved.end), (EVEN + 5 * SECOND + MONTH, EVEN + 10 * SECOND + MONTH));
    assert!(moved.sent >= moved.end);
}

#[test]
fn a_clock_that_cannot_be_read_changes_nothing() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    deliver(&mut stage, &mut collector, 5_000);
    stage.host.has_no_wall = true;
    stage.count(&Exchange::outbound());
    deliver(&mut stage, &mut collector, 10_000);
    assert_eq!((collector.end(), collector.exchanges()), (EVEN + 15 * SECOND, 1));
}
