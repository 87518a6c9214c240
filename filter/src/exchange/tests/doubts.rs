//! Whose a request is does not hang on what the one before it on its connection carried, nor on a flush.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::collections::BTreeMap;

use super::{INBOUND, batch_of};
use crate::fake::{Collector, Exchange, Stage};
use crate::property as path;

/// A request over plaintext on this connection; `named`: a header names somebody else's address.
fn request(connection: u64, named: bool) -> Exchange {
    let address = if named { "203.0.113.9:0".to_owned() } else { format!("127.1.0.1:{}", 40_000 + connection) };
    Exchange::inbound().plaintext().number(path::CONNECTION_ID, connection).text(path::SOURCE_ADDRESS, &address)
}

fn by_address(collector: &Collector) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for (key, data) in &collector.totals {
        *counts.entry(key.peer.address.clone()).or_default() += data.duration.count();
    }
    counts
}

fn addresses(exchanges: &[Exchange]) -> Vec<(String, u64)> {
    by_address(&batch_of(INBOUND, exchanges)).into_iter().collect()
}

fn all_of(address: &str, count: u64) -> Vec<(String, u64)> {
    vec![(address.to_owned(), count)]
}

#[test]
fn all_requests_of_a_connection_are_its_sources_whichever_of_them_came_first() {
    for order in [[true, false, false], [false, true, true], [true, true, false], [false, false, true]] {
        assert_eq!(addresses(&order.map(|named| request(1, named))), all_of("127.1.0.1", 3), "{order:?}");
    }
    let without_doubt = [request(1, false), request(1, false)];
    assert_eq!(addresses(&without_doubt), all_of("127.1.0.1", 2));
}

#[test]
fn where_no_request_shows_whose_the_connection_is_they_stay_in_doubt_and_others_do_not() {
    assert_eq!(addresses(&[request(1, true), request(1, true)]), all_of("", 2));
    let two = [request(1, true), request(2, false), request(1, true)];
    assert_eq!(addresses(&two), [(String::new(), 2), ("127.1.0.1".to_owned(), 1)]);
}

#[test]
fn what_one_interval_learnt_of_a_connection_holds_in_the_next() {
    let mut stage = Stage::new(INBOUND);
    let mut collector = Collector::default();
    let mut cut = |stage: &mut Stage| {
        collector.take(&stage.until_post().body);
        stage.status(200);
    };
    stage.count(&request(1, false));
    cut(&mut stage);
    stage.count(&request(1, true));
    cut(&mut stage);
    stage.count(&request(1, true));
    cut(&mut stage);
    assert_eq!(by_address(&collector), BTreeMap::from([("127.1.0.1".to_owned(), 3)]));
}

#[test]
fn many_doubts_are_bounded_and_every_request_is_counted_once() {
    let many: Vec<Exchange> = (0..1_000).map(|at| request(1 + at % 7, true)).collect();
    let collector = batch_of(INBOUND, &many);
    assert_eq!((collector.exchanges(), by_address(&collector)), (1_000, BTreeMap::from([(String::new(), 1_000)])));
}

#[test]
fn hundreds_that_waited_for_one_word_are_its_sources() {
    let hidden = (0..500).map(|_| request(1, true));
    let many: Vec<Exchange> = hidden.chain([request(1, false)]).collect();
    assert_eq!(addresses(&many), all_of("127.1.0.1", 501));
}

#[test]
fn a_sender_that_ends_counts_what_is_in_doubt() {
    let mut stage = Stage::new(INBOUND);
    stage.count(&request(1, true));
    stage.end();
    let mut collector = Collector::default();
    let header = collector.take(&stage.last_post().body);
    assert_eq!((collector.exchanges(), header.last), (1, true));
}

#[test]
fn doubt_costs_one_more_read_and_only_where_there_is_doubt() {
    let reads = |exchanges: [Exchange; 2]| {
        let mut stage = Stage::new(INBOUND);
        let [first, second] = exchanges;
        stage.count(&first);
        stage.host.note_reads();
        stage.count(&second);
        stage.host.take_reads()
    };
    let plain = reads([request(1, false), request(1, false)]);
    assert!(!plain.iter().any(|read| read == "source.address"), "{plain:?}");
    assert_eq!(reads([request(1, false), request(1, true)]), plain);
    assert_eq!(reads([request(1, true), request(1, true)]).len(), plain.len() + 1);
}
