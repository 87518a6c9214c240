//! Bounds: edges, series, waiting batches. What exceeds one is counted where it is said to be, and nothing is doubled.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use hogusu_model::Reporter;

use super::{count_each, deliver};
use crate::fake::{Collector, Exchange, Stage};
use crate::host::Stat;
use crate::property as path;

#[test]
fn past_the_bound_on_edges_the_overflow_edge_counts_and_totals_add_up() {
    let mut stage = Stage::new(r#"{"version":1,"max_edges":100}"#);
    let mut collector = Collector::default();
    count_each(&mut stage, 0..5_000);
    count_each(&mut stage, 0..5_000);
    (0..50_u64).for_each(|id| stage.count(&Exchange::inbound().number(path::CONNECTION_ID, 100 + id)));
    deliver(&mut stage, &mut collector, 10_000);
    assert_eq!((collector.exchanges(), collector.totals.len()), (10_050, 102));
    let overflow: Vec<_> = collector.totals.iter().filter(|(key, _)| key.overflow).collect();
    let count = |reporter| {
        overflow.iter().filter(|(key, _)| key.reporter == reporter).map(|(_, data)| data.duration.count()).sum::<u64>()
    };
    assert_eq!((count(Reporter::Source), count(Reporter::Destination)), (9_800, 50));
    let header = collector.headers.last().expect("a batch");
    assert_eq!(header.counters.overflowed, 9_850);
    for (key, _) in overflow {
        assert!(key.service.host.is_empty() && key.peer == hogusu_model::Peer::default() && key.port == 0);
    }
}

#[test]
fn past_the_bound_on_series_the_overflow_edge_counts_and_names_no_operation() {
    let mut stage = Stage::new(r#"{"version":1,"max_edges":1,"measure":{"operation":"route"}}"#);
    let mut collector = Collector::default();
    for route in 0..20 {
        stage.count(&Exchange::outbound().text(path::ROUTE, &format!("route-{route}")));
    }
    // Past the bound on edges too: this edge never had a series.
    stage.count(&Exchange::outbound().to(1).text(path::ROUTE, "route-0"));
    deliver(&mut stage, &mut collector, 5_000);
    assert_eq!((collector.exchanges(), collector.totals.len()), (21, 9));
    let (key, data) = collector.totals.iter().find(|(key, _)| key.overflow).expect("the overflow edge");
    assert_eq!((key.operation.as_str(), data.duration.count()), ("", 13));
    assert_eq!(collector.headers[0].counters.overflowed, 13);
}

#[test]
fn while_too_many_batches_wait_cuts_are_skipped_and_counts_kept() {
    let mut stage = Stage::new(r#"{"version":1,"max_waiting_batches":3}"#);
    let mut collector = Collector::default();
    for _ in 0..10 {
        stage.count(&Exchange::outbound());
        stage.pass(5_000);
        if stage.host.posts.len() == 1 {
            stage.no_answer();
        }
    }
    assert_eq!(stage.host.stat(Stat::BatchFolded), 7);
    deliver(&mut stage, &mut collector, 120_000);
    assert_eq!((collector.exchanges(), collector.lost), (10, (0, 0)));
    let widths: Vec<_> = collector.headers.iter().map(|header| (header.end - header.start) / 1_000_000_000).collect();
    assert!(widths.iter().any(|width| *width >= 35), "the folded time is one batch: {widths:?}");
    assert_eq!(collector.headers.last().map(|header| header.counters.folded), Some(7));
}

#[test]
fn idle_time_during_an_outage_is_one_batch_and_widens_none_that_counts() {
    let mut stage = Stage::new(r#"{"version":1,"max_waiting_batches":3}"#);
    let mut collector = Collector::default();
    stage.count(&Exchange::outbound());
    stage.until_post();
    stage.no_answer();
    stage.host.refuses = Some(crate::PostError::Failed);
    stage.count(&Exchange::outbound());
    stage.pass(600_000);
    stage.host.refuses = None;
    deliver(&mut stage, &mut collector, 60_000);
    assert_eq!((stage.host.stat(Stat::BatchFolded), collector.lost), (0, (0, 0)));
    let widths: Vec<_> = collector.headers.iter().map(|header| (header.end - header.start) / 1_000_000_000).collect();
    assert!(widths[1] == 5 && widths[2] > 500, "{widths:?}");
}

#[test]
fn an_acknowledgement_lost_after_acceptance_doubles_nothing_even_when_the_waiting_bound_overflows() {
    let mut stage = Stage::new(r#"{"version":1,"max_waiting_batches":2}"#);
    let mut collector = Collector::default();
    stage.count_times(5, &Exchange::outbound());
    // Accepted each time, and each time the acknowledgement is lost; meanwhile more comes than may wait.
    collector.take(&stage.until_post().body);
    for _ in 0..10 {
        stage.no_answer();
        stage.count_times(7, &Exchange::outbound());
        collector.take(&stage.until_post().body);
    }
    stage.status(200);
    deliver(&mut stage, &mut collector, 120_000);
    assert!(stage.host.stat(Stat::BatchFolded) > 0, "the bound was reached");
    assert_eq!(collector.repeated, 10);
    assert_eq!((collector.exchanges(), collector.lost), (75, (0, 0)));
}

#[test]
fn one_large_cut_may_pass_the_waiting_bound_and_the_next_is_skipped() {
    let mut stage = Stage::new(r#"{"version":1,"direction":"outbound","max_edges":10000,"max_waiting_batches":1}"#);
    let mut collector = Collector::default();
    count_each(&mut stage, 0..3_000);
    stage.until_post();
    count_each(&mut stage, 0..3_000);
    stage.pass(5_000);
    assert_eq!(stage.host.stat(Stat::BatchFolded), 1);
    collector.take(&stage.last_post().body);
    stage.status(200);
    deliver(&mut stage, &mut collector, 60_000);
    assert_eq!((collector.exchanges(), collector.lost), (6_000, (0, 0)));
}
