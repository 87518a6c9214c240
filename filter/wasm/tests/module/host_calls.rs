//! Host calls per exchange: the price of the filter. ARCHITECTURE.md states these numbers.

use std::io::Write;

use crate::proxy::{Proxy, Read};
use crate::shown::Shown;

/// Host calls of one exchange, by what they cost: a present property about five times an absent one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Calls {
    present: usize,
    absent: usize,
    header: usize,
    absent_header: usize,
    other: u64,
}

const fn calls(present: usize, absent: usize, header: usize, absent_header: usize, other: u64) -> Calls {
    Calls { present, absent, header, absent_header, other }
}

/// What logging `shown` asks of the host, after `before` was logged.
fn count(configuration: &str, before: &[&Shown], shown: &Shown) -> (Calls, Vec<Read>) {
    let mut proxy = Proxy::start(configuration);
    before.iter().for_each(|shown| proxy.log_times(1, shown));
    proxy.show(shown);
    counted(&mut proxy)
}

/// What logging what is shown asks of the host.
fn counted(proxy: &mut Proxy) -> (Calls, Vec<Read>) {
    proxy.state().reads = Some(Vec::new());
    proxy.state().calls.clear();
    proxy.log();
    let state = proxy.state();
    let reads = state.reads.take().unwrap_or_default();
    let all: u64 = state.calls.values().sum();
    let number = |is_header: bool, is_present: bool| {
        reads.iter().filter(|(name, there)| name.starts_with("header:") == is_header && *there == is_present).count()
    };
    let counted = Calls {
        present: number(false, true),
        absent: number(false, false),
        header: number(true, true),
        absent_header: number(true, false),
        other: all - reads.len() as u64,
    };
    (counted, reads)
}

fn configuration(direction: &str, protocol: &str, measure: &str) -> String {
    format!(r#"{{"version":1,"direction":"{direction}","protocol":"{protocol}","measure":{{{measure}}}}}"#)
}

struct Row {
    name: &'static str,
    configuration: String,
    shown: Shown,
    is_first: bool,
    expected: Calls,
}

fn row(name: &'static str, configuration: String, shown: Shown, expected: Calls) -> Row {
    Row { name, configuration, shown, is_first: false, expected }
}

fn core_rows() -> Vec<Row> {
    let outbound = || configuration("outbound", "http", "");
    let inbound = || configuration("inbound", "http", "");
    let listener = || r#"{"version":1,"hook":"listener_log"}"#.to_owned();
    vec![
        row("outbound, plaintext, 200", outbound(), Shown::outbound().plaintext(), calls(6, 0, 0, 1, 0)),
        row("outbound, mutual TLS, 200", outbound(), Shown::outbound(), calls(6, 0, 0, 1, 0)),
        row("outbound, mutual TLS, gRPC ok", outbound(), Shown::outbound().grpc(), calls(7, 0, 1, 0, 0)),
        row(
            "outbound, 503 of the upstream",
            outbound(),
            Shown::outbound().number("response.code", 503),
            calls(7, 0, 0, 1, 0),
        ),
        row("outbound, connect failure", outbound(), Shown::outbound().connect_failure(), calls(7, 2, 0, 1, 0)),
        row("outbound, no healthy upstream", outbound(), Shown::outbound().no_healthy_upstream(), calls(5, 1, 0, 1, 0)),
        row("outbound, no route", outbound(), Shown::outbound().no_route(), calls(4, 3, 0, 1, 0)),
        row("inbound, plaintext, 200", inbound(), Shown::inbound().plaintext(), calls(5, 0, 0, 1, 0)),
        row("inbound, mutual TLS, 200", inbound(), Shown::inbound(), calls(5, 0, 0, 1, 0)),
        row("inbound, mutual TLS, gRPC ok", inbound(), Shown::inbound().grpc(), calls(6, 0, 1, 0, 0)),
        row("outbound TCP", configuration("outbound", "tcp", ""), Shown::outbound().tcp(), calls(10, 4, 0, 0, 0)),
        row("inbound TCP", configuration("inbound", "tcp", ""), Shown::inbound().tcp(), calls(10, 3, 0, 0, 0)),
        row("all auto: outbound, 200", configuration("auto", "auto", ""), Shown::outbound(), calls(6, 0, 0, 1, 0)),
        row("all auto: inbound, 200", configuration("auto", "auto", ""), Shown::inbound(), calls(6, 0, 0, 1, 0)),
        row(
            "all auto: outbound TCP",
            configuration("auto", "auto", ""),
            Shown::outbound().tcp(),
            calls(10, 6, 0, 0, 0),
        ),
        Row {
            is_first: true,
            ..row("first of a connection: outbound, mutual TLS", outbound(), Shown::outbound(), calls(10, 3, 0, 1, 1))
        },
        Row {
            is_first: true,
            ..row("first of a connection: inbound, mutual TLS", inbound(), Shown::inbound(), calls(11, 2, 1, 1, 1))
        },
        Row {
            is_first: true,
            ..row(
                "first of a connection: inbound, plaintext",
                inbound(),
                Shown::inbound().plaintext(),
                calls(7, 6, 1, 1, 1),
            )
        },
        Row {
            is_first: true,
            ..row("a connection that a listener refused", listener(), Shown::refused(), calls(5, 2, 0, 0, 0))
        },
        row("a connection that a listener let in", listener(), Shown::inbound().tcp(), calls(1, 1, 0, 0, 0)),
    ]
}

/// What lasted, and what was switched.
fn lasting_rows() -> Vec<Row> {
    let outbound = || configuration("outbound", "http", "");
    vec![
        row(
            "outbound, 200 after 20 ms",
            outbound(),
            Shown::outbound().number("request.duration", 20_000_000),
            calls(7, 0, 0, 1, 0),
        ),
        row(
            "outbound, 200 after 250 ms",
            outbound(),
            Shown::outbound()
                .number("request.duration", 250_000_000)
                .text("response.headers.content-type", "text/html"),
            calls(8, 0, 0, 1, 0),
        ),
        row(
            "outbound gRPC ok after 250 ms",
            outbound(),
            Shown::outbound().grpc().number("request.duration", 250_000_000),
            calls(9, 0, 1, 0, 0),
        ),
        row(
            "outbound, WebSocket that an end closed",
            outbound(),
            Shown::outbound().number("response.code", 101).number("response.flags", 1 << 6),
            calls(7, 0, 0, 1, 0),
        ),
    ]
}

fn measure_rows() -> Vec<Row> {
    let with = |measure: &str| configuration("outbound", "http", measure);
    let measured = |name, measure: &str, expected| row(name, with(measure), Shown::outbound(), expected);
    vec![
        measured("with bytes", r#""bytes":true"#, calls(8, 0, 0, 1, 0)),
        measured("with backend latency", r#""backend_latency":true"#, calls(7, 0, 0, 1, 0)),
        measured("with attempts", r#""attempts":true"#, calls(7, 0, 0, 1, 0)),
        measured("with route", r#""operation":"route""#, calls(7, 0, 0, 1, 0)),
        measured(
            "with path templates",
            r#""operation":"path_templates","path_templates":["/users/{id}"]"#,
            calls(7, 0, 0, 1, 0),
        ),
        row(
            "with gRPC method, gRPC ok",
            with(r#""operation":"grpc_method""#),
            Shown::outbound().grpc(),
            calls(8, 0, 1, 0, 0),
        ),
        measured("with exemplars, no new slowest", r#""exemplars":true"#, calls(6, 0, 0, 1, 0)),
    ]
}

#[test]
fn host_calls_per_exchange_are_these() {
    let mut table = String::from(
        "\n| exchange | properties | absent | headers | absent | other | host calls |\n|---|---|---|---|---|---|---|\n",
    );
    let mut wrong = Vec::new();
    for Row { name, configuration, shown, is_first, expected } in
        [core_rows(), lasting_rows(), measure_rows()].into_iter().flatten()
    {
        // A sender's very first exchange asks once more whether its router states how long answers took to begin.
        let another = Shown::outbound().number("connection.id", 99).text("upstream.local_address", "127.1.0.9:9");
        let before: &[&Shown] = if is_first { &[&another] } else { &[&another, &shown] };
        let (counted, reads) = count(&configuration, before, &shown);
        let Calls { present, absent, header, absent_header, other } = counted;
        let total = present + absent + header + absent_header + usize::try_from(other).expect("few");
        table += &format!("| {name} | {present} | {absent} | {header} | {absent_header} | {other} | {total} |\n");
        if counted != expected {
            wrong.push(format!("{name}: expected {expected:?}, counted {counted:?}: {reads:?}"));
        }
    }
    std::io::stdout().write_all(table.as_bytes()).expect("stdout");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_new_slowest_exchange_costs_its_trace_header_and_the_time() {
    let slower = Shown::outbound().number("request.duration", 9_000_000);
    let (counted, _) = count(&configuration("outbound", "http", r#""exemplars":true"#), &[&Shown::outbound()], &slower);
    assert_eq!(counted, calls(6, 0, 1, 1, 1));
}

#[test]
fn what_is_configured_is_told_by_configuration_and_never_read() {
    for (direction, shown) in [("outbound", Shown::outbound()), ("inbound", Shown::inbound())] {
        let (_, reads) = count(&configuration(direction, "http", ""), &[], &shown);
        let needless = |name: &str| name == "xds.listener_direction" || name == "request.protocol";
        assert!(!reads.iter().any(|(name, _)| needless(name)), "{reads:?}");
    }
}

/// Everything that docs/privacy.md lists as read, `request.path` apart. What ends with a dot is a family.
const LISTED: [&str; 38] = [
    "plugin_name",
    "plugin_root_id",
    "xds.node.id",
    "xds.node.cluster",
    "xds.node.metadata.",
    "xds.node.locality.",
    "xds.cluster_name",
    "xds.cluster_metadata.filter_metadata.istio.services.0.host",
    "xds.upstream_host_metadata.filter_metadata.istio.workload",
    "xds.listener_direction",
    "xds.route_name",
    "filter_state.upstream_peer",
    "filter_state.downstream_peer",
    "filter_state.io.istio.peer_principal",
    "filter_state.io.istio.local_principal",
    "upstream.address",
    "upstream.local_address",
    "upstream.tls_version",
    "upstream.uri_san_",
    "upstream.transport_failure_reason",
    "upstream.request_attempt_count",
    "connection.id",
    "connection.mtls",
    "connection.tls_version",
    "connection.uri_san_",
    "connection.requested_server_name",
    "connection.termination_details",
    "connection.transport_failure_reason",
    "source.address",
    "destination.port",
    "request.duration",
    "request.total_size",
    "request.protocol",
    "filter_state.envoy.filters.http.grpc_stats",
    "request.method",
    "response.",
    "header:content-type",
    "header:user-agent",
];

#[test]
fn nothing_is_read_but_what_the_privacy_page_lists() {
    let measure = r#""bytes":true,"backend_latency":true,"attempts":true,"operation":"route""#;
    let configuration = configuration("auto", "auto", measure);
    let mut proxy = Proxy::start_scripted(configuration.as_bytes(), |state| state.reads = Some(Vec::new()));
    for shown in [
        Shown::outbound(),
        Shown::inbound(),
        Shown::outbound().grpc(),
        Shown::outbound().number("request.duration", 3_000_000_000),
        Shown::outbound().grpc().number("request.duration", 3_000_000_000),
        Shown::outbound().connect_failure(),
        Shown::inbound().no_healthy_upstream(),
        Shown::outbound().tcp(),
        Shown::inbound().tcp().plaintext(),
        Shown::default(),
    ] {
        proxy.log_times(2, &shown);
    }
    let reads = proxy.state().reads.take().unwrap_or_default();
    assert!(reads.len() > 100);
    for (name, _) in reads {
        assert!(LISTED.iter().any(|listed| name.starts_with(listed)), "{name}");
    }
}

#[test]
fn path_and_trace_are_read_only_where_they_are_configured() {
    let all = |measure: &str| count(&configuration("auto", "auto", measure), &[], &Shown::outbound().grpc()).1;
    let reads = |measure: &str, name: &str| all(measure).iter().any(|(read, _)| read == name);
    let (path, trace) = ("request.path", "header:traceparent");
    for measure in ["", r#""bytes":true"#, r#""operation":"route""#] {
        assert!(!reads(measure, path) && !reads(measure, trace), "{measure}");
    }
    assert!(reads(r#""operation":"grpc_method""#, path) && reads(r#""exemplars":true"#, trace));
}

#[test]
fn an_idle_flush_costs_a_handful_of_host_calls() {
    let mut proxy = Proxy::start(r#"{"version":1}"#);
    proxy.log_times(1, &Shown::outbound());
    proxy.until_post();
    proxy.answer("200");
    proxy.state().calls.clear();
    proxy.until_post();
    proxy.answer("200");
    let all: u64 = proxy.state().calls.values().sum();
    assert!(all <= 24, "{:?}", proxy.state().calls);
}

#[test]
fn telling_what_two_hooks_count_costs_one_call_and_only_where_there_are_two() {
    let shown = Shown::outbound();
    for (hook, other) in [("http_filter", calls(6, 0, 0, 1, 1)), ("access_log", calls(6, 1, 0, 1, 0))] {
        let configuration = format!(r#"{{"version":1,"hook":"{hook}","direction":"outbound","protocol":"http"}}"#);
        for (rivals, expected) in [(0, calls(6, 0, 0, 1, 0)), (1, other)] {
            let mut proxy = Proxy::start_scripted(configuration.as_bytes(), |state| state.rivals = rivals);
            proxy.log_times(1, &shown);
            assert_eq!(counted(&mut proxy).0, expected, "{hook}, {rivals}");
        }
    }
}
