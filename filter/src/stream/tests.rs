//! Switched protocols and streams as a real Envoy shows them, in both HTTP versions.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use hogusu_model::{AnsweredBy, Outcome};

use super::LEAST;
use crate::fake::{Collector, Exchange, Stage};
use crate::property as path;

const SECOND: u64 = 1_000_000_000;
const CLOSED: &str = "upstream_reset_after_response_started{connection_termination}";
const H2_CLOSED: &str = "upstream_reset_after_response_started{remote_error_with_CONNECT_request}";

fn taken(exchanges: &[Exchange]) -> Collector {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    exchanges.iter().for_each(|exchange| stage.count(exchange));
    collector.take(&stage.until_post().body);
    collector
}

fn class(exchange: &Exchange) -> (Outcome, AnsweredBy, bool) {
    let collector = taken(std::slice::from_ref(exchange));
    let key = collector.only().0;
    (key.outcome, key.answered_by, key.streaming)
}

/// Exchanges whose duration is a life, among these of one sender.
fn lives(exchanges: &[Exchange]) -> u64 {
    let collector = taken(exchanges);
    collector.totals.iter().filter(|(key, _)| key.streaming).map(|(_, data)| data.duration.count()).sum()
}

fn is_life(exchange: Exchange) -> bool {
    lives(&[exchange]) == 1
}

fn grpc(nanos: u64, began_after: &str) -> Exchange {
    Exchange::outbound().grpc(0).nanos(nanos).text(path::BEGAN_AFTER, began_after)
}

fn reads(exchange: &Exchange) -> Vec<String> {
    let mut stage = Stage::plain();
    stage.count(exchange);
    stage.host.note_reads();
    stage.count(exchange);
    stage.host.take_reads()
}

#[test]
fn a_switched_protocol_ends_in_order_whoever_closes_it() {
    let ends = [
        ("UC", CLOSED),
        ("UR", H2_CLOSED),
        ("DC", "downstream_remote_disconnect"),
        ("DR", "http2.remote_reset"),
        ("", "via_upstream"),
    ];
    for (flags, details) in ends {
        let websocket = Exchange::outbound().code(101).flags(flags).details(details);
        assert_eq!(class(&websocket), (Outcome::Ok, AnsweredBy::Upstream, true), "101 {flags} {details}");
        if !flags.is_empty() {
            let tunnel = Exchange::inbound().flags(flags).details(details).text(path::METHOD, "CONNECT");
            assert_eq!(class(&tunnel), (Outcome::Ok, AnsweredBy::Application, true), "CONNECT {flags} {details}");
            let request = Exchange::outbound().flags(flags).details(details).text(path::METHOD, "GET");
            assert!(class(&request).0 != Outcome::Ok && !class(&request).2, "GET {flags} {details}");
        }
    }
}

#[test]
fn a_switched_protocol_that_a_proxy_cut_ended_as_the_proxy_says() {
    let idle = Exchange::outbound().code(101).flags("SI").details("stream_idle_timeout");
    let broken =
        Exchange::outbound().code(101).flags("UPE").details("upstream_reset_after_response_started{protocol_error}");
    assert_eq!((class(&idle).0, class(&idle).2), (Outcome::Timeout, true));
    assert_eq!((class(&broken).0, class(&broken).2), (Outcome::ResetAfterHeaders, true));
    // A switch that was refused is a request.
    assert_eq!(class(&Exchange::outbound().code(403).text(path::METHOD, "CONNECT")).0, Outcome::ClientError);
}

#[test]
fn a_tunnel_that_lasted_is_a_life_though_nobody_flagged_its_end() {
    let connect = |nanos| Exchange::outbound().nanos(nanos).text(path::METHOD, "CONNECT");
    assert!(is_life(connect(SECOND)) && !is_life(connect(LEAST - 1)));
    assert!(!is_life(connect(SECOND).text(path::METHOD, "GET")));
}

#[test]
fn a_grpc_answer_that_began_early_and_stayed_open_is_a_stream() {
    // Server streams begin early; of client streams the answer comes as soon as the request is complete.
    assert!(is_life(grpc(3 * SECOND, "0")) && is_life(grpc(3 * SECOND, "1500")));
    assert!(!is_life(grpc(3 * SECOND, "1501")) && !is_life(grpc(3 * SECOND, "3000")), "slow to begin");
    assert!(!is_life(grpc(LEAST - 1, "0")), "too short to be asked");
    assert!(is_life(grpc(3 * SECOND, "1").grpc(13)), "however it ended");
}

#[test]
fn messages_prove_a_stream_where_the_proxy_counts_them() {
    let late = |messages: &str| is_life(grpc(3 * SECOND, "2900").text(path::GRPC_MESSAGES, messages));
    assert_eq!(["1,3", "4,1", "1,1", "0,1", "", "x"].map(late), [true, true, false, false, false, false]);
}

#[test]
fn an_answer_before_the_end_of_its_request_is_a_stream_where_the_proxy_states_beginnings() {
    let both_ways = || Exchange::outbound().grpc(0).nanos(SECOND).without(path::BEGAN_AFTER);
    let unary = Exchange::outbound();
    assert_eq!(lives(&[unary.clone(), both_ways()]), 1);
    // A router that suppresses Envoy's headers never says so: nothing is proven, and a slow call stays one.
    let silent = unary.without(path::BEGAN_AFTER);
    let mut exchanges = vec![silent; 20];
    exchanges.push(both_ways());
    assert_eq!(lives(&exchanges), 0);
}

#[test]
fn an_event_stream_says_so_and_a_slow_answer_is_none() {
    let answer = |kind: &str| is_life(Exchange::outbound().nanos(SECOND).text(path::RESPONSE_TYPE, kind));
    assert!(answer("text/event-stream") && answer("text/event-stream; charset=utf-8"));
    assert!(answer("multipart/x-mixed-replace; boundary=x"));
    assert!(!answer("application/json") && !answer("text/html") && !answer(""));
}

#[test]
fn what_the_other_side_did_not_answer_is_no_stream() {
    let timed_out = grpc(SECOND, "0").code(504).flags("UT").details("response_timeout");
    assert!(!is_life(timed_out));
    assert!(!is_life(grpc(SECOND, "0").no_upstream().code(503).details("no_healthy_upstream")));
}

#[test]
fn only_exchanges_that_lasted_are_asked() {
    let asked = |exchange: &Exchange| {
        let asks = ["request.method", "response.headers.", "filter_state.envoy"];
        reads(exchange).iter().filter(|read| asks.iter().any(|ask| read.starts_with(ask))).count()
    };
    assert_eq!([asked(&Exchange::outbound()), asked(&Exchange::outbound().grpc(0))], [0, 0]);
    assert_eq!(asked(&Exchange::outbound().nanos(SECOND).text(path::RESPONSE_TYPE, "text/html")), 1);
    assert_eq!(asked(&Exchange::outbound().nanos(SECOND)), 2);
    assert_eq!([asked(&grpc(SECOND, "0")), asked(&grpc(SECOND, "900"))], [1, 2]);
}
