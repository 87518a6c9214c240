//! An access logger and an HTTP filter in one proxy: what both count is told, and alone neither does anything more.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use hogusu_model::Hook;

use crate::fake::{Collector, Exchange, Stage};
use crate::host::Host;
use crate::property::COUNTED;

const FILTER: &str = r#"{"version":1,"hook":"http_filter"}"#;

/// Requests taken, those that another hook counts too apart.
fn taken(stage: &mut Stage) -> (u64, u64) {
    let mut collector = Collector::default();
    super::deliver(stage, &mut collector, 10_000);
    let of = |twice| {
        collector.totals.iter().filter(|(key, _)| key.twice == twice).map(|(_, data)| data.duration.count()).sum()
    };
    (of(false), of(true))
}

#[test]
fn a_logger_tells_what_a_filter_counted_before_it() {
    let mut stage = Stage::plain();
    stage.host.enlist(Hook::HttpFilter, 1);
    stage.count_times(3, &Exchange::outbound());
    let marked = Exchange::outbound().text(COUNTED, "1");
    stage.count_times(4, &marked);
    assert_eq!(taken(&mut stage), (3, 4));
    assert!(stage.host.left.borrow().is_empty(), "a logger leaves no mark");
}

#[test]
fn a_filter_marks_what_it_counts_while_there_is_a_logger() {
    let mut stage = Stage::new(FILTER);
    stage.count(&Exchange::outbound());
    assert!(stage.host.left.borrow().is_empty());
    stage.host.enlist(Hook::AccessLog, 1);
    stage.count_times(2, &Exchange::outbound().to(7));
    assert_eq!(stage.host.left.borrow().len(), 2, "from the first exchange of a connection on");
    stage.host.enlist(Hook::AccessLog, -1);
    assert_eq!(taken(&mut stage), (3, 0));
    stage.count(&Exchange::outbound());
    assert_eq!(stage.host.left.borrow().len(), 2);
}

#[test]
fn alone_a_hook_looks_for_no_mark_and_leaves_none() {
    for mut stage in [Stage::plain(), Stage::new(FILTER)] {
        stage.count(&Exchange::outbound());
        stage.host.note_reads();
        stage.count(&Exchange::outbound().text(COUNTED, "1"));
        assert!(!stage.host.take_reads().iter().any(|read| read == COUNTED) && stage.host.left.borrow().is_empty());
        assert_eq!(taken(&mut stage), (2, 0));
    }
}

#[test]
fn a_sender_that_ends_is_no_longer_there_for_the_other_hook() {
    let mut stage = Stage::plain();
    assert_eq!(stage.host.enlisted(Hook::AccessLog), 1);
    stage.end();
    assert_eq!(stage.host.enlisted(Hook::AccessLog), 0);
}
