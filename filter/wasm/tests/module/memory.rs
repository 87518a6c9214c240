//! Linear memory stays where it is, however many exchanges, streams, flushes and edges pass through.

use std::io::Write;

use crate::proxy::{Proxy, header};
use crate::shown::Shown;

#[test]
fn a_hundred_thousand_exchanges_grow_no_memory() {
    let mut proxy = Proxy::start(r#"{"version":1,"measure":{"bytes":true,"exemplars":true}}"#);
    let shown = [Shown::outbound(), Shown::inbound(), Shown::outbound().grpc(), Shown::outbound().connect_failure()];
    shown.iter().for_each(|shown| proxy.log_times(100, shown));
    proxy.deliver();
    proxy.deliver();
    let before = proxy.memory();
    for _ in 0..10 {
        shown.iter().for_each(|shown| proxy.log_times(2_500, shown));
        proxy.deliver();
    }
    assert_eq!(proxy.memory(), before);
    assert_eq!(proxy.deliver(), 100_400, "each exchange counted once");
}

#[test]
fn a_hundred_thousand_streams_of_an_http_filter_grow_no_memory() {
    let mut proxy = Proxy::start(r#"{"version":1,"hook":"http_filter"}"#);
    proxy.show(&Shown::outbound());
    let mut before = 0;
    for stream in 0..100_000 {
        let context = stream + 10;
        proxy.call::<u32, ()>("proxy_on_log", context);
        assert_eq!(proxy.call::<u32, u32>("proxy_on_done", context), 1);
        if stream == 1_000 {
            before = proxy.memory();
        }
    }
    assert_eq!(proxy.memory(), before);
    assert_eq!(proxy.deliver(), 100_000);
}

#[test]
fn values_larger_than_the_arena_are_taken_and_given_back() {
    let mut proxy = Proxy::start(r#"{"version":1}"#);
    let large = Shown::outbound().text("xds.cluster_name", &"x".repeat(300_000));
    proxy.log_times(10, &large);
    let before = proxy.memory();
    proxy.log_times(200, &large);
    assert_eq!(proxy.memory(), before);
    assert_eq!(proxy.deliver(), 210);
}

#[test]
fn edges_that_come_and_go_reuse_their_memory() {
    let mut proxy = Proxy::start(r#"{"version":1,"direction":"outbound","max_edges":200}"#);
    let mut sizes = Vec::new();
    for round in 0..60_u32 {
        for host in 0..100 {
            proxy.log_times(1, &Shown::outbound().to(round * 100 + host));
        }
        for _ in 0..16 {
            proxy.deliver();
        }
        sizes.push(proxy.memory());
    }
    // What still grows at first is the cache, which takes a key per place.
    assert!(sizes.iter().all(|size| *size <= 1024 * 1024), "{sizes:?}");
    let post = proxy.until_post();
    assert_eq!(header(&post).counters.overflowed, 0, "room was made again and again");
}

#[test]
fn a_fresh_vm_is_small() {
    let proxy = Proxy::start(r#"{"version":1}"#);
    std::io::stdout()
        .write_all(format!("\nlinear memory of a fresh VM: {} KiB\n", proxy.memory() / 1024).as_bytes())
        .expect("stdout");
    assert!(proxy.memory() <= 512 * 1024);
}
