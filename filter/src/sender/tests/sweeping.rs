//! Edges that went idle are forgotten, a slice at a time, and their numbers used again without mixing counts.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{count_each, deliver};
use crate::fake::{Collector, Exchange, Stage};

#[test]
fn idle_edges_make_room_for_new_ones() {
    let mut stage = Stage::new(r#"{"version":1,"direction":"outbound","max_edges":100}"#);
    let mut collector = Collector::default();
    for round in 0..5 {
        count_each(&mut stage, round * 100..(round + 1) * 100);
        deliver(&mut stage, &mut collector, 120_000);
    }
    assert_eq!((collector.exchanges(), collector.totals.len()), (500, 500));
    assert!(collector.totals.iter().all(|(key, data)| !key.overflow && data.duration.count() == 1), "nothing is mixed");
    assert_eq!(collector.headers.last().map(|header| header.counters.overflowed), Some(0));
}

#[test]
fn an_edge_in_use_stays_and_so_do_its_counts() {
    let mut stage = Stage::new(r#"{"version":1,"direction":"outbound","max_edges":3}"#);
    let mut collector = Collector::default();
    for round in 0..40 {
        stage.count(&Exchange::outbound().to(1));
        stage.count(&Exchange::outbound().to(100 + round / 20));
        deliver(&mut stage, &mut collector, 5_000);
    }
    let counts: Vec<_> = collector.totals.values().map(|data| data.duration.count()).collect();
    assert_eq!(counts, [40, 20, 20]);
}

#[test]
fn an_edge_with_more_series_than_a_slice_is_forgotten_in_slices() {
    let mut stage =
        Stage::new(r#"{"version":1,"direction":"outbound","max_edges":60,"measure":{"operation":"route"}}"#);
    let mut collector = Collector::default();
    for route in 0..150 {
        stage.count(&Exchange::outbound().text(crate::property::ROUTE, &format!("r{route}")));
    }
    deliver(&mut stage, &mut collector, 70_000);
    deliver(&mut stage, &mut collector, 5_000);
    stage.count(&Exchange::outbound().text(crate::property::ROUTE, "r3"));
    deliver(&mut stage, &mut collector, 120_000);
    stage.count(&Exchange::outbound().text(crate::property::ROUTE, "r4"));
    deliver(&mut stage, &mut collector, 5_000);
    assert_eq!((collector.exchanges(), collector.totals.len()), (152, 150));
    assert_eq!(stage.most_per_entry, crate::SLICE);
}

#[test]
fn while_batches_wait_that_name_a_series_it_is_not_forgotten() {
    let mut stage = Stage::new(r#"{"version":1,"direction":"outbound","max_edges":2}"#);
    let mut collector = Collector::default();
    count_each(&mut stage, 0..2);
    stage.until_post();
    stage.no_answer();
    stage.host.refuses = Some(crate::PostError::Failed);
    for _ in 0..60 {
        stage.pass(5_000);
        count_each(&mut stage, 10..12);
    }
    stage.host.refuses = None;
    deliver(&mut stage, &mut collector, 60_000);
    assert_eq!((collector.exchanges(), collector.lost), (122, (0, 0)));
}

#[test]
fn ten_thousand_flushes_of_changing_edges_grow_nothing() {
    let mut stage = Stage::new(r#"{"version":1,"direction":"outbound","max_edges":50,"flush_interval_ms":60000}"#);
    let mut collector = Collector::default();
    let (mut sizes, mut arrived) = (Vec::new(), 0);
    for flush in 0..10_000 {
        count_each(&mut stage, flush * 3..flush * 3 + 3);
        deliver(&mut stage, &mut collector, 60_000);
        arrived += collector.take_totals().len();
        stage.host.posts.clear();
        if flush % 5_000 == 100 {
            sizes.push(stage.sender.sizes());
        }
    }
    deliver(&mut stage, &mut collector, 60_000);
    assert_eq!(arrived + collector.take_totals().len(), 30_000, "each exchange once, none mixed with another");
    assert_eq!(sizes[0], sizes[1], "tables are as large after 5,100 flushes as after 100");
    assert_eq!(stage.host.stats.get("hogusu_batches_folded"), None);
}
