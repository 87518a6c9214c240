//! Streams of an HTTP filter: how often one enters the VM, and which root context counts it where there are several.

use std::collections::BTreeMap;

use wasmi::ExternType;

use crate::proxy::{Proxy, ROOT, module};
use crate::shown::Shown;

const OTHER: u32 = 2;
/// A context that is nobody's root.
const STREAM: u32 = 99;
const INTERVAL: u64 = 5_000_000_000;

/// What the host enters for each stream of an HTTP filter, if the module exports it.
const OF_STREAMS: [&str; 12] = [
    "proxy_on_context_create",
    "proxy_on_request_headers",
    "proxy_on_request_body",
    "proxy_on_request_trailers",
    "proxy_on_request_metadata",
    "proxy_on_response_headers",
    "proxy_on_response_body",
    "proxy_on_response_trailers",
    "proxy_on_response_metadata",
    "proxy_on_log",
    "proxy_on_done",
    "proxy_on_delete",
];

#[test]
fn a_stream_enters_the_vm_twice_to_be_logged_and_to_end() {
    let functions = module().1.exports().filter(|export| matches!(export.ty(), ExternType::Func(_)));
    let entered: Vec<_> =
        functions.map(|export| export.name().to_owned()).filter(|name| OF_STREAMS.contains(&name.as_str())).collect();
    assert_eq!(entered, ["proxy_on_done", "proxy_on_log"]);
}

#[test]
fn the_end_of_a_stream_asks_nothing_of_the_host() {
    let mut proxy = Proxy::start(&configuration("auto", "a"));
    proxy.state().calls.clear();
    assert_eq!(proxy.call::<u32, u32>("proxy_on_done", STREAM), 1);
    assert_eq!(proxy.state().calls, BTreeMap::new());
}

fn configuration(direction: &str, revision: &str) -> String {
    format!(r#"{{"version":1,"hook":"http_filter","direction":"{direction}","revision":"{revision}"}}"#)
}

/// Exchanges that left, by the revision of the sender that counted them.
fn counted(proxy: &mut Proxy, roots: &[u32]) -> BTreeMap<String, u64> {
    for _ in 0..40 {
        proxy.state().now += INTERVAL / 4;
        for root in roots {
            proxy.call::<u32, ()>("proxy_on_tick", *root);
            proxy.answer_to(*root, "200");
        }
    }
    let mut counted = BTreeMap::new();
    for post in &proxy.state().posts {
        let batch = hogusu_wire::walk(&post.body).expect("a batch");
        let revision = hogusu_wire::parse_resource(batch.resource).expect("a resource").revision;
        let place: &mut u64 = counted.entry(revision).or_default();
        *place = batch.header.cumulative.max(*place);
    }
    counted.retain(|_, count| *count > 0);
    counted
}

fn said(expected: &[(&str, u64)]) -> BTreeMap<String, u64> {
    expected.iter().map(|(revision, count)| ((*revision).to_owned(), *count)).collect()
}

fn log(proxy: &mut Proxy, times: u32, shown: &Shown) {
    proxy.show(shown);
    (0..times).for_each(|at| proxy.call::<u32, ()>("proxy_on_log", STREAM + at));
}

#[test]
fn roots_that_count_alike_lose_no_stream_and_cost_no_further_read() {
    let mut proxy = Proxy::start(&configuration("auto", "same"));
    proxy.configure(OTHER, &configuration("auto", "same"));
    proxy.state().reads = Some(Vec::new());
    log(&mut proxy, 4, &Shown::outbound());
    log(&mut proxy, 3, &Shown::inbound());
    let reads = proxy.state().reads.take().unwrap_or_default();
    assert!(!reads.iter().any(|(name, _)| name.starts_with("plugin")), "{reads:?}");
    assert_eq!(counted(&mut proxy, &[ROOT, OTHER]), said(&[("same", 7)]));
}

#[test]
fn a_stream_counts_at_the_root_of_its_listeners_direction() {
    let mut proxy = Proxy::start(&configuration("outbound", "out"));
    proxy.configure(OTHER, &configuration("inbound", "in"));
    log(&mut proxy, 4, &Shown::outbound());
    log(&mut proxy, 3, &Shown::inbound());
    assert_eq!(counted(&mut proxy, &[ROOT, OTHER]), said(&[("in", 3), ("out", 4)]));
}

#[test]
fn a_stream_counts_at_the_root_of_its_plugin() {
    let mut proxy = Proxy::start_scripted(configuration("auto", "one").as_bytes(), |state| {
        state.shown = Shown::node().text("plugin_name", "one");
    });
    proxy.show(&Shown::node().text("plugin_name", "two"));
    proxy.configure(OTHER, &configuration("auto", "two"));
    log(&mut proxy, 4, &Shown::outbound().text("plugin_name", "one"));
    log(&mut proxy, 3, &Shown::outbound().text("plugin_name", "two"));
    assert_eq!(counted(&mut proxy, &[ROOT, OTHER]), said(&[("one", 4), ("two", 3)]));
}

#[test]
fn a_logger_in_the_same_vm_counts_no_stream() {
    let mut proxy = Proxy::start(&configuration("auto", "filter"));
    proxy.configure(OTHER, r#"{"version":1,"hook":"access_log","revision":"logger"}"#);
    log(&mut proxy, 4, &Shown::outbound());
    (0..3).for_each(|_| proxy.call::<u32, ()>("proxy_on_log", OTHER));
    assert_eq!(counted(&mut proxy, &[ROOT, OTHER]), said(&[("filter", 4), ("logger", 3)]));
}

#[test]
fn a_generation_that_ends_leaves_what_comes_then_to_the_next() {
    let mut proxy = Proxy::start(&configuration("auto", "old"));
    log(&mut proxy, 2, &Shown::outbound());
    proxy.configure(OTHER, &configuration("auto", "new"));
    log(&mut proxy, 3, &Shown::outbound());
    proxy.call::<u32, u32>("proxy_on_done", ROOT);
    log(&mut proxy, 4, &Shown::outbound());
    assert_eq!(counted(&mut proxy, &[ROOT, OTHER]), said(&[("new", 7), ("old", 2)]));
    assert_eq!(proxy.state().done, 1, "the old one let go");
}

#[test]
fn the_last_generation_counts_its_streams_to_its_end() {
    let mut proxy = Proxy::start(&configuration("auto", "only"));
    log(&mut proxy, 2, &Shown::outbound());
    proxy.call::<u32, u32>("proxy_on_done", ROOT);
    log(&mut proxy, 1, &Shown::outbound());
    assert_eq!(counted(&mut proxy, &[ROOT]), said(&[("only", 3)]));
}
