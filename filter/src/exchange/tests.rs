//! What one exchange reads, which side it is seen from, and what is measured beside the exact core.

mod connections;
mod doubts;

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use hogusu_model::{Protocol, Reporter, Security, Traffic};

use super::measured::trace_of;
use crate::fake::{Collector, Exchange, Stage};
use crate::property as path;

/// What the second of two exchanges on the same connection reads.
fn steady_reads(config: &str, exchange: &Exchange) -> Vec<String> {
    let mut stage = Stage::new(config);
    stage.count(exchange);
    stage.host.note_reads();
    stage.count(exchange);
    stage.host.take_reads()
}

fn batch_of(config: &str, exchanges: &[Exchange]) -> Collector {
    let mut stage = Stage::new(config);
    let mut collector = Collector::default();
    exchanges.iter().for_each(|exchange| stage.count(exchange));
    collector.take(&stage.until_post().body);
    collector
}

const OUTBOUND: &str = r#"{"version":1,"direction":"outbound","protocol":"http"}"#;
const INBOUND: &str = r#"{"version":1,"direction":"inbound","protocol":"http"}"#;

#[test]
fn the_exact_core_reads_six_properties_at_the_source() {
    assert_eq!(
        steady_reads(OUTBOUND, &Exchange::outbound()),
        [
            "xds.cluster_name",
            "upstream.address",
            "upstream.local_address",
            "response.code",
            "response.flags",
            "request.duration",
            "header:content-type"
        ]
    );
}

#[test]
fn the_exact_core_reads_five_properties_at_the_destination() {
    assert_eq!(
        steady_reads(INBOUND, &Exchange::inbound()),
        [
            "connection.id",
            "response.code",
            "response.flags",
            "request.duration",
            "header:content-type",
            "response.code_details"
        ]
    );
}

#[test]
fn details_are_read_only_where_they_can_matter() {
    let reads_details =
        |exchange: Exchange| steady_reads(OUTBOUND, &exchange).iter().any(|read| read == "response.code_details");
    assert!(!reads_details(Exchange::outbound().code(302)));
    assert!(!reads_details(Exchange::outbound().grpc(0)));
    assert!(reads_details(Exchange::outbound().code(400)));
    assert!(reads_details(Exchange::outbound().code(299)));
    assert!(reads_details(Exchange::outbound().nanos(20_000_000)));
    assert!(reads_details(Exchange::outbound().grpc(3)));
    assert!(reads_details(Exchange::outbound().flags("UR")));
    assert!(reads_details(Exchange::outbound().no_upstream()));
    assert!(reads_details(Exchange::outbound().without(path::CODE)));
}

#[test]
fn each_optional_measure_costs_the_reads_it_is_priced_at() {
    let extra = |measure: &str, exchange: &Exchange| {
        let config = format!(r#"{{"version":1,"direction":"outbound","protocol":"http","measure":{measure}}}"#);
        let core = steady_reads(OUTBOUND, exchange);
        let reads = steady_reads(&config, exchange);
        reads.into_iter().filter(|read| !core.contains(read)).collect::<Vec<_>>()
    };
    let exchange = Exchange::outbound();
    assert_eq!(extra(r#"{"bytes":true}"#, &exchange), ["request.total_size", "response.total_size"]);
    assert_eq!(extra(r#"{"backend_latency":true}"#, &exchange), ["response.backend_latency"]);
    assert_eq!(extra(r#"{"attempts":true}"#, &exchange), ["upstream.request_attempt_count"]);
    assert_eq!(extra(r#"{"operation":"route"}"#, &exchange), ["xds.route_name"]);
    let templates = r#"{"operation":"path_templates","path_templates":["/a"]}"#;
    assert_eq!(extra(templates, &exchange), ["request.path"]);
    assert_eq!(extra(r#"{"operation":"grpc_method"}"#, &exchange), [""; 0]);
    assert_eq!(extra(r#"{"operation":"grpc_method"}"#, &exchange.clone().grpc(0)), ["request.path"]);
    assert_eq!(extra(r#"{"exemplars":true}"#, &exchange), ["header:traceparent"]);
}

#[test]
fn what_a_connection_fixes_is_read_once_per_connection_and_flush() {
    for exchange in [Exchange::outbound(), Exchange::inbound()] {
        let mut stage = Stage::plain();
        stage.host.note_reads();
        let reads = |stage: &mut Stage| {
            stage.count(&exchange);
            stage.host.take_reads().iter().filter(|read| read.contains("tls_version")).count()
        };
        assert_eq!([reads(&mut stage), reads(&mut stage), reads(&mut stage)], [1, 0, 0]);
        stage.until_post();
        assert_eq!([reads(&mut stage), reads(&mut stage)], [1, 0], "read again after a flush");
    }
}

#[test]
fn connections_to_one_host_are_told_apart_by_their_local_address() {
    let plain = Exchange::outbound().plaintext().text(path::UPSTREAM_LOCAL_ADDRESS, "127.1.0.1:40001");
    let collector = batch_of(OUTBOUND, &[Exchange::outbound(), plain.clone(), Exchange::outbound(), plain]);
    let states: Vec<_> = collector.totals.iter().map(|(key, data)| (key.security, data.duration.count())).collect();
    assert_eq!(states, [(Security::Plaintext, 2), (Security::Tls, 2)]);
}

#[test]
fn an_upstream_connection_of_the_same_addresses_is_taken_for_the_one_before_until_the_next_cut_and_of_tcp_never() {
    let beta = "spiffe://cluster.local/ns/shop/sa/beta";
    for (config, base, at_once) in [
        (OUTBOUND, Exchange::outbound(), 0),
        (r#"{"version":1,"direction":"outbound","protocol":"tcp"}"#, Exchange::outbound().tcp(), 1),
    ] {
        let (mut stage, mut collector) = (Stage::new(config), Collector::default());
        let of_beta = |collector: &Collector| {
            let of_it = collector.totals.iter().filter(|(key, _)| key.peer.principal == beta);
            of_it.map(|(_, data)| data.duration.count()).sum::<u64>()
        };
        let again = base.clone().text(path::UPSTREAM_PEER_SAN, beta);
        stage.count(&base);
        stage.count(&again);
        collector.take(&stage.until_post().body);
        stage.status(200);
        assert_eq!((collector.exchanges(), of_beta(&collector)), (2, at_once), "{config}");
        stage.count(&again);
        collector.take(&stage.until_post().body);
        assert_eq!((collector.exchanges(), of_beta(&collector)), (3, at_once + 1), "{config}");
    }
}

#[test]
fn connections_from_downstream_are_told_apart_by_their_id() {
    let plain = Exchange::inbound().plaintext().number(path::CONNECTION_ID, 8);
    let collector = batch_of(INBOUND, &[Exchange::inbound(), plain.clone(), Exchange::inbound(), plain]);
    let states: Vec<_> = collector.totals.iter().map(|(key, data)| (key.security, data.duration.count())).collect();
    assert_eq!(states, [(Security::Plaintext, 2), (Security::MutualTls, 2)]);
}

#[test]
fn without_a_connection_id_every_exchange_is_read_for_itself() {
    let plain = Exchange::inbound().plaintext().without(path::CONNECTION_ID);
    let tls = Exchange::inbound().without(path::CONNECTION_ID);
    let collector = batch_of(INBOUND, &[tls.clone(), plain.clone(), tls, plain]);
    let counts: Vec<_> = collector.totals.values().map(|data| data.duration.count()).collect();
    assert_eq!(counts, [2, 2]);
}

#[test]
fn the_side_is_told_by_configuration_then_cluster_then_listener() {
    let side = |config: &str, exchange: Exchange| batch_of(config, &[exchange]).only().0.reporter;
    let auto = r#"{"version":1}"#;
    assert_eq!(side(auto, Exchange::outbound()), Reporter::Source);
    assert_eq!(side(auto, Exchange::inbound()), Reporter::Destination);
    let named = |cluster, direction| {
        Exchange::outbound().text(path::ENVOY_CLUSTER, cluster).number(path::LISTENER_DIRECTION, direction)
    };
    assert_eq!(side(auto, named("inbound|8080||", 2)), Reporter::Destination);
    assert_eq!(side(auto, named("outbound|80||x", 1)), Reporter::Source);
    assert_eq!(side(auto, named("PassthroughCluster", 2)), Reporter::Source);
    assert_eq!(side(auto, named("InboundPassthroughCluster", 1)), Reporter::Destination);
    assert_eq!(side(auto, named("", 1)), Reporter::Destination);
    assert_eq!(side(auto, named("x", 0).without(path::LISTENER_DIRECTION)), Reporter::Source);
    assert_eq!(side(OUTBOUND, named("inbound|8080||", 1)), Reporter::Source);
    assert_eq!(side(INBOUND, named("outbound|80||x", 2)), Reporter::Destination);
}

#[test]
fn istios_own_clusters_tell_the_side_without_another_read() {
    for cluster in ["inbound|8080||", "inbound-vip|80|http|orders.shop", "InboundPassthroughCluster"] {
        let exchange = Exchange::inbound().text(path::ENVOY_CLUSTER, cluster).number(path::LISTENER_DIRECTION, 2);
        assert_eq!(batch_of(r#"{"version":1}"#, &[exchange]).only().0.reporter, Reporter::Destination, "{cluster}");
    }
}

#[test]
fn what_istios_own_routes_answer_is_named_as_istio_names_it_and_no_other_route_is_read() {
    let without_cluster = |route| {
        let answered = Exchange::outbound().no_upstream().without(path::ENVOY_CLUSTER).code(502);
        answered.details("direct_response").text(path::ROUTE, route)
    };
    let blocked = batch_of(OUTBOUND, &[without_cluster("block_all"), without_cluster("block_all")]);
    let (key, data) = blocked.only();
    assert_eq!((key.service.host.as_str(), data.duration.count()), ("BlackHoleCluster", 2));
    let hosts: Vec<_> = batch_of(OUTBOUND, &[without_cluster("block_all"), without_cluster("mine")])
        .totals
        .keys()
        .map(|key| key.service.host.clone())
        .collect();
    assert_eq!(hosts, ["", "BlackHoleCluster"], "told apart, and the owner's own name of a route stays inside");
    assert!(!steady_reads(OUTBOUND, &Exchange::outbound()).iter().any(|read| read == "xds.route_name"));
    assert!(steady_reads(OUTBOUND, &without_cluster("mine")).iter().any(|read| read == "xds.route_name"));
}

#[test]
fn a_host_outside_with_a_thousand_addresses_takes_few_edges_and_loses_no_count() {
    let to = |number: u32| {
        Exchange::outbound().to(number).plaintext().text(path::ENVOY_CLUSTER, "outbound|443||s3.example.com")
    };
    let all: Vec<Exchange> = (0..1_000).map(to).collect();
    let batch = batch_of(r#"{"version":1,"direction":"outbound","protocol":"http","max_edges":64}"#, &all);
    let counts = |overflow: bool| -> u64 {
        batch.totals.iter().filter(|(key, _)| key.overflow == overflow).map(|(_, data)| data.duration.count()).sum()
    };
    assert_eq!((counts(false), counts(true)), (1_000, 0));
    assert!(batch.totals.keys().all(|key| key.service.host == "s3.example.com"));
    assert_eq!(batch.totals.len(), 33, "32 addresses, and all others");
}

#[test]
fn direction_auto_reads_the_envoy_cluster_once() {
    let reads = steady_reads(r#"{"version":1}"#, &Exchange::outbound());
    assert_eq!(reads.iter().filter(|read| *read == "xds.cluster_name").count(), 1);
}

#[test]
fn measures_are_summed_per_series() {
    let config = r#"{"version":1,"measure":{"bytes":true,"backend_latency":true,"attempts":true}}"#;
    let exchange = |bytes| {
        Exchange::outbound()
            .number(path::REQUEST_SIZE, bytes)
            .number(path::RESPONSE_SIZE, bytes * 2)
            .number(path::BACKEND_LATENCY, 1_000_000)
            .number(path::ATTEMPTS, 2)
    };
    // A local reply has no backend latency, and is no sample of it.
    let local = Exchange::outbound().number(path::ATTEMPTS, 1);
    let collector = batch_of(config, &[exchange(10), exchange(5), local]);
    let (_, data) = collector.only();
    assert_eq!((data.bytes, data.attempts), (Some((15, 30)), Some(5)));
    assert_eq!(data.backend.as_ref().map(hogusu_model::Histogram::count), Some(2));
}

#[test]
fn what_is_not_configured_is_not_sent() {
    let collector = batch_of(OUTBOUND, &[Exchange::outbound().number(path::REQUEST_SIZE, 9)]);
    let (_, data) = collector.only();
    assert_eq!((data.bytes, data.attempts, &data.backend, data.exemplar), (None, None, &None, None));
}

#[test]
fn durations_fall_into_their_buckets() {
    let mut expected = hogusu_model::Histogram::default();
    let nanos = [1, 954, 1_000_000, 5_000_000, 5_000_001, 4_096_000_000_000, 5_000_000_000_000];
    nanos.iter().for_each(|nanos| expected.record(*nanos));
    let collector = batch_of(OUTBOUND, &nanos.map(|nanos| Exchange::outbound().nanos(nanos)));
    let measured = &collector.only().1.duration;
    assert_eq!(
        (measured.run(), measured.below(), measured.above()),
        (expected.run(), expected.below(), expected.above())
    );
}

fn traced(trace: u8, nanos: u64) -> Exchange {
    Exchange::outbound()
        .nanos(nanos)
        .header("traceparent", &format!("00-{}-00f067aa0ba902b7-01", format!("{trace:02x}").repeat(16)))
}

#[test]
fn an_exemplar_is_the_slowest_and_its_header_is_read_only_when_it_would_replace() {
    let config = r#"{"version":1,"measure":{"exemplars":true}}"#;
    let mut stage = Stage::new(config);
    let mut collector = Collector::default();
    let mut reads = Vec::new();
    for (trace, nanos) in [(1, 500), (2, 900), (3, 700), (4, 900), (5, 100)] {
        stage.host.note_reads();
        stage.count(&traced(trace, nanos));
        reads.push(stage.host.take_reads().iter().any(|read| read == "header:traceparent"));
    }
    assert_eq!(reads, [true, true, false, false, false]);
    // Another class of outcome has its own.
    stage.count(&traced(6, 10).code(500));
    collector.take(&stage.until_post().body);
    let kept: Vec<_> =
        collector.totals.values().filter_map(|data| data.exemplar).map(|kept| (kept.trace[0], kept.nanos)).collect();
    assert_eq!(kept, [(2, 900), (6, 10)]);
}

#[test]
fn a_trace_id_is_taken_from_a_well_formed_traceparent_only() {
    let id = "4bf92f3577b34da6a3ce929d0e0e4736";
    let expected = Some(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes());
    assert_eq!(trace_of(format!("00-{id}-00f067aa0ba902b7-01").as_bytes()), expected);
    for bad in [
        "",
        "00",
        "00-",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e47366-00f067aa0ba902b7-01",
        "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-zzf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ] {
        assert_eq!(trace_of(bad.as_bytes()), None, "{bad}");
    }
    assert_eq!(trace_of(&[0xff, 0xfe]), None);
}

#[test]
fn probes_and_the_filters_own_telemetry_are_told_apart() {
    let traffic = |agent: &str| batch_of(INBOUND, &[Exchange::inbound().header("user-agent", agent)]).only().0.traffic;
    assert_eq!(traffic("kube-probe/1.33"), Traffic::Probe);
    assert_eq!(traffic("hogusu-filter/0.1.0"), Traffic::Telemetry);
    assert_eq!(traffic("curl/8"), Traffic::Mesh);
    assert_eq!(traffic("Envoy/HC"), Traffic::Probe, "another proxy's health check");
    assert_eq!(traffic("not kube-probe/1.33"), Traffic::Mesh);
}

#[test]
fn a_connection_is_not_a_probes_for_its_first_exchange_said_so() {
    let by = |agent: &str| Exchange::inbound().header("user-agent", agent);
    let shared = [by("Envoy/HC"), by("curl/8"), by("Envoy/HC"), by("curl/8"), by("curl/8")];
    let collector = batch_of(INBOUND, &shared);
    let counts: Vec<_> = collector.totals.iter().map(|(key, data)| (key.traffic, data.duration.count())).collect();
    assert_eq!(counts, [(Traffic::Mesh, 3), (Traffic::Probe, 2)]);
    // What the connection fixes is read once; of each exchange only whose it is.
    assert_eq!(steady_reads(INBOUND, &by("Envoy/HC")).len(), steady_reads(INBOUND, &Exchange::inbound()).len() + 1);
}

#[test]
fn a_connection_that_carried_nothing_is_a_check_at_both_ends() {
    let config = r#"{"version":1,"protocol":"tcp"}"#;
    let sized = |base: Exchange, sent: u64, answered: u64| {
        batch_of(config, &[base.tcp().number(path::REQUEST_SIZE, sent).number(path::RESPONSE_SIZE, answered)])
            .only()
            .0
            .traffic
    };
    for base in [Exchange::outbound, Exchange::inbound] {
        assert_eq!(sized(base(), 0, 0), Traffic::Probe);
        assert_eq!([sized(base(), 0, 9), sized(base(), 5, 0)], [Traffic::Mesh, Traffic::Mesh]);
        assert_eq!(sized(base().flags("UC"), 0, 0), Traffic::Mesh, "a failure is nobody's check");
    }
    assert_eq!(batch_of(config, &[Exchange::outbound().tcp()]).only().0.traffic, Traffic::Mesh, "not known");
}

#[test]
fn protocols_are_counted_apart() {
    let collector = batch_of(
        r#"{"version":1}"#,
        &[Exchange::outbound(), Exchange::outbound().grpc(0), Exchange::outbound().tcp(), Exchange::outbound().grpc(0)],
    );
    let counts: Vec<_> = collector.totals.iter().map(|(key, data)| (key.protocol, data.duration.count())).collect();
    assert_eq!(counts, [(Protocol::Http, 1), (Protocol::Grpc, 2), (Protocol::Tcp, 1)]);
}

#[test]
fn values_of_another_encoding_count_as_absent_and_the_exchange_still_counts() {
    let garbage: &[&[u8]] = &[&[], &[0xff], &[0xff; 7], &[0xff; 9], &[0; 5_000]];
    for value in garbage {
        let strange = [
            path::CODE,
            path::FLAGS,
            path::DURATION,
            path::ENVOY_CLUSTER,
            path::UPSTREAM_ADDRESS,
            path::UPSTREAM_TLS_VERSION,
            path::UPSTREAM_PEER_SAN,
            path::ENDPOINT_WORKLOAD,
            path::CONNECTION_ID,
            path::DESTINATION_PORT,
            path::REQUEST_PROTOCOL,
        ]
        .iter()
        .fold(Exchange::outbound().header("content-type", "application/grpc"), |exchange, path| {
            exchange.bytes(path, value)
        });
        assert_eq!(batch_of(r#"{"version":1}"#, &[strange.clone(), strange]).exchanges(), 2, "{value:?}");
    }
}
