//! Many edges: what a minute without a collector takes, and how long the longest entry is, in steps. A step is what the
//! interpreter charges: whole blocks, also where a branch leaves them early, so several times what a compiled module runs.

use std::io::Write;

use crate::proxy::{Proxy, header};
use crate::shown::Shown;

fn say(line: &str) {
    std::io::stdout().write_all(format!("\n{line}\n").as_bytes()).expect("stdout");
}

/// Every edge: 40 answers spread over a factor of 30 in time, and a failure.
fn traffic(proxy: &mut Proxy, edges: u32) {
    for host in 0..edges {
        let shown = Shown::outbound().to(host);
        for at in 0..40_u64 {
            proxy.show(&shown.clone().number("request.duration", 1_000_000 + at * at * 20_000));
            proxy.log();
        }
        proxy.log_times(1, &shown.number("response.code", 503));
    }
}

#[test]
fn five_hundred_edges_and_a_minute_without_a_collector_stay_below_two_mebibytes() {
    let mut proxy = Proxy::start(r#"{"version":1,"direction":"outbound","protocol":"http"}"#);
    let mut counted = 0;
    for flush in 0..12 {
        traffic(&mut proxy, 500);
        counted += 500 * 41;
        let until = (flush + 1) * 5_000_000_000;
        while proxy.state().tick_at.is_some_and(|at| at <= until) {
            let before = proxy.state().posts.len();
            proxy.tick();
            if proxy.state().posts.len() > before {
                proxy.answer("503");
            }
        }
        proxy.state().now = until;
    }
    let memory = proxy.memory();
    say(&format!("linear memory with 500 edges, 1,000 series and a backlog of 60 s: {} KiB", memory / 1024));
    assert!(memory <= 2 * 1024 * 1024, "{memory}");
    let mut last = proxy.deliver();
    while last < counted {
        last = proxy.deliver();
    }
    assert_eq!(last, counted);
    say(&format!("and after it was delivered: {} KiB", proxy.memory() / 1024));
}

#[test]
fn no_entry_at_five_thousand_edges_is_long() {
    let mut proxy = Proxy::start(r#"{"version":1,"direction":"outbound","protocol":"http","max_edges":5000}"#);
    for host in 0..5_000 {
        proxy.log_times(2, &Shown::outbound().to(host));
    }
    let shown = Shown::outbound().to(7);
    proxy.show(&shown);
    let one = proxy.steps(Proxy::log);
    let (mut longest, mut ticks, mut arrived) = (0, 0, 0);
    while arrived < 10_001 {
        let before = proxy.state().posts.len();
        let took = proxy.steps(|proxy| assert!(proxy.tick()));
        (longest, ticks) = (longest.max(took), ticks + 1);
        if proxy.state().posts.len() > before {
            let post = proxy.state().posts.last().expect("a request").clone();
            arrived = header(&post).cumulative;
            longest = longest.max(proxy.steps(|proxy| proxy.answer("200")));
        }
    }
    say(&format!(
        "5,000 edges: one exchange {one} steps, longest entry {longest}, {ticks} ticks, linear memory {} KiB",
        proxy.memory() / 1024
    ));
    assert!(longest < 4_000_000, "{longest} steps");
}

#[test]
fn sweeping_five_thousand_idle_edges_is_no_long_entry() {
    let mut proxy = Proxy::start(r#"{"version":1,"direction":"outbound","protocol":"http","max_edges":5000}"#);
    for host in 0..5_000 {
        proxy.log_times(1, &Shown::outbound().to(host));
    }
    while proxy.deliver() < 5_000 {}
    let mut longest = 0;
    for _ in 0..100 {
        proxy.until_post();
        longest = longest.max(proxy.steps(|proxy| proxy.answer("200")));
    }
    say(&format!("sweeping 64 of 5,000 idle edges: {longest} steps"));
    assert!(longest < 1_000_000, "{longest}");
    // Their places are free again.
    for host in 10_000..15_000 {
        proxy.log_times(1, &Shown::outbound().to(host));
    }
    let post = proxy.until_post();
    assert_eq!(header(&post).counters.overflowed, 0);
}
