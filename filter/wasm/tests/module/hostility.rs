//! Nothing a host answers stops the module: unexpected statuses, garbage for values, entries from within host calls.

use crate::proxy::{Proxy, ROOT, State, header};
use crate::shown::Shown;

const IMPORTS: [&str; 12] = [
    "proxy_get_property",
    "proxy_get_header_map_value",
    "proxy_get_buffer_bytes",
    "proxy_get_current_time_nanoseconds",
    "proxy_http_call",
    "proxy_set_tick_period_milliseconds",
    "proxy_done",
    "proxy_log",
    "proxy_define_metric",
    "proxy_increment_metric",
    "random_get",
    "clock_time_get",
];

const EVERYTHING: &str = r#"{"version":1,"measure":{"bytes":true,"backend_latency":true,"attempts":true,"exemplars":true,"operation":"route"}}"#;

/// A life with every entry there is.
fn live(proxy: &mut Proxy) {
    for shown in [
        Shown::outbound(),
        Shown::inbound(),
        Shown::outbound().grpc(),
        Shown::outbound().tcp(),
        Shown::outbound().connect_failure(),
        Shown::outbound().no_healthy_upstream(),
        Shown::default(),
    ] {
        proxy.log_times(3, &shown);
    }
    for status in ["200", "503", "400", "", "999999", "garbage"] {
        (0..6).for_each(|_| _ = proxy.tick());
        proxy.log();
        if !proxy.state().posts.is_empty() {
            proxy.answer(status);
        }
    }
    proxy.call::<u32, ()>("proxy_on_log", 9);
    proxy.call::<u32, u32>("proxy_on_done", 9);
    // Contexts that never were.
    proxy.call::<u32, ()>("proxy_on_log", 77);
    proxy.call::<u32, ()>("proxy_on_tick", 77);
    proxy.call::<u32, u32>("proxy_on_done", 77);
    proxy.call::<u32, u32>("proxy_on_done", ROOT);
    (0..20).for_each(|_| _ = proxy.tick());
    proxy.call::<u32, ()>("proxy_on_log", ROOT);
}

#[test]
fn no_status_of_any_import_stops_it() {
    for import in IMPORTS {
        for status in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 255, u32::MAX] {
            let fail = |state: &mut State| state.fails = Some((import, status));
            let mut proxy = Proxy::start_scripted(EVERYTHING.as_bytes(), fail);
            live(&mut proxy);
            // And when it fails only from now on.
            let mut proxy = Proxy::start(EVERYTHING);
            proxy.log_times(1, &Shown::outbound());
            fail(proxy.state());
            live(&mut proxy);
        }
    }
}

#[test]
fn failed_host_calls_are_counted_and_the_exchange_still_counts() {
    let mut proxy = Proxy::start(r#"{"version":1}"#);
    proxy.show(&Shown::outbound());
    proxy.state().fails = Some(("proxy_get_property", 10));
    (0..5).for_each(|_| proxy.log());
    proxy.state().fails = None;
    let header = header(&proxy.until_post());
    assert_eq!(header.cumulative, 5);
    assert!(header.counters.host_errors >= 5 * 6, "{:?}", header.counters);
}

#[test]
fn garbage_for_every_value_stops_nothing_and_loses_nothing() {
    let names: Vec<String> =
        [Shown::outbound(), Shown::inbound()].into_iter().flat_map(|shown| shown.properties.into_keys()).collect();
    let mut proxy = Proxy::start(EVERYTHING);
    for round in 0..300_u32 {
        let mut shown = Shown::outbound();
        for name in &names {
            let state = proxy.state();
            let len = [0, 1, 7, 8, 9, 64, 700][usize::from(state.random() % 7)];
            let value: Vec<u8> = (0..len).map(|_| state.random()).collect();
            shown = shown.bytes(name, &value);
        }
        if round % 2 == 0 {
            shown = shown.header("content-type", "application/grpc").header("traceparent", "00-\u{e9}\u{e9}-x");
        }
        proxy.log_times(1, &shown);
    }
    let mut arrived = proxy.deliver();
    for _ in 0..10 {
        arrived = arrived.max(proxy.deliver());
    }
    assert_eq!(arrived, 300);
}

#[test]
fn an_entry_from_within_a_host_call_does_nothing() {
    for export in ["proxy_on_log", "proxy_on_tick", "proxy_on_done", "proxy_on_http_call_response"] {
        let mut proxy = Proxy::start(r#"{"version":1}"#);
        proxy.state().reenters = Some((export, ROOT));
        proxy.log_times(4, &Shown::outbound());
        let post = proxy.until_post();
        assert_eq!(header(&post).cumulative, 4, "{export}");
        proxy.answer("200");
        proxy.state().reenters = None;
        proxy.log_times(1, &Shown::outbound());
        assert_eq!(proxy.deliver(), 5, "{export}: it goes on afterwards");
    }
}

#[test]
fn no_configuration_stops_it() {
    let deep = [b"[".repeat(50_000), b"{\"a\":".repeat(50_000), [b"[".repeat(120), b"]".repeat(120)].concat()];
    let texts: [&[u8]; 5] =
        [b"", b"{", b"null", &[0xff, 0xfe, 0], br#"{"version":1,"measure":{"bytes":[[[[[[1]]]]]]}}"#];
    let nested = format!(r#"{{"version":1,"revision":{}1{}}}"#, r#"{"a":"#.repeat(110), "}".repeat(110));
    for configuration in texts.into_iter().chain(deep.iter().map(Vec::as_slice)).chain([nested.as_bytes()]) {
        let mut proxy = Proxy::start_scripted(configuration, |_| {});
        assert!(proxy.state().logs.iter().any(|line| line.contains("refused")), "{:?}", proxy.state().logs);
        proxy.log_times(1, &Shown::outbound());
        let header = header(&proxy.until_post());
        assert_eq!((header.cumulative, header.counters.configuration_refused), (1, 1));
    }
}

#[test]
fn a_plugin_without_a_configuration_is_refused_with_a_remedy_and_observes_with_defaults() {
    // Nothing in the buffer, and no buffer at all.
    for status in [0, 1] {
        let fail = |state: &mut State| state.fails = (status > 0).then_some(("proxy_get_buffer_bytes", status));
        let mut proxy = Proxy::start_scripted(b"", fail);
        let remedy = r#"plugin configuration refused: it is empty, and {"version": 1} is the least that it must say"#;
        assert!(proxy.state().logs.iter().any(|line| line.contains(remedy)), "{:?}", proxy.state().logs);
        proxy.log_times(1, &Shown::outbound());
        let post = proxy.until_post();
        assert_eq!((post.cluster.as_str(), header(&post).counters.configuration_refused), ("hogusu-collector", 1));
    }
}

#[test]
fn requests_are_what_a_collector_takes() {
    let mut proxy =
        Proxy::start(r#"{"version":1,"collector":{"envoy_cluster":"c","authority":"a","path":"/v1/metrics"}}"#);
    let post = proxy.until_post();
    assert_eq!(post.cluster, "c");
    let text = String::from_utf8_lossy(&post.headers).into_owned();
    for part in [":method\0POST\0", ":path\0/v1/metrics\0", ":authority\0a\0", "content-type\0application/x-protobuf\0"]
    {
        assert!(text.contains(part), "{part}");
    }
    let batch = hogusu_wire::walk(&post.body).expect("a batch");
    let resource = hogusu_wire::parse_resource(batch.resource).expect("a Resource");
    assert_eq!(resource.proxy.workload.name, "checkout");
}

#[test]
fn senders_of_one_vm_and_of_another_have_ids_of_their_own() {
    let id = |proxy: &mut Proxy| hogusu_wire::walk(&proxy.until_post().body).expect("a batch").sender;
    let mut first = Proxy::start(r#"{"version":1}"#);
    let mut without_random = Proxy::start_scripted(br#"{"version":1}"#, |state| state.fails = Some(("random_get", 8)));
    assert_ne!(id(&mut first), id(&mut without_random));
}

#[test]
fn an_end_is_waited_for_and_said_once() {
    let mut proxy = Proxy::start(r#"{"version":1}"#);
    proxy.log_times(2, &Shown::outbound());
    assert_eq!(proxy.call::<u32, u32>("proxy_on_done", ROOT), 0, "not yet");
    let post = proxy.state().posts.last().expect("the last batch").clone();
    assert!(header(&post).last && header(&post).cumulative == 2);
    assert_eq!(proxy.state().done, 0);
    proxy.answer("200");
    assert_eq!(proxy.state().done, 1);
    (0..10).for_each(|_| _ = proxy.tick());
    assert_eq!((proxy.state().done, proxy.state().posts.len()), (1, 1));
}
