//! Exchanges that broke off, and who had answered until then: as a real Envoy 1.40 showed them.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use hogusu_model::{AnsweredBy, Outcome, Reason};

use super::class;
use super::reasons::reasoned;
use crate::fake::Exchange;
use crate::property as path;

/// The router passed the upstream's headers on.
fn passed_on(code: u64, flags: &str, details: &str) -> Exchange {
    own(code, flags, details).text(path::BEGAN_AFTER, "12")
}

fn own(code: u64, flags: &str, details: &str) -> Exchange {
    let exchange = Exchange::outbound().flags(flags).details(details).nanos(400_000_000);
    if code == 0 { exchange.without(path::CODE) } else { exchange.code(code) }
}

#[test]
fn an_answer_that_broke_off_was_the_upstreams_whatever_its_status() {
    for code in [200, 299, 400, 404, 408, 502, 503, 504] {
        for (flags, details, outcome) in [
            ("DC", "downstream_remote_disconnect", Outcome::ClientGone),
            ("DR", "http2.remote_reset", Outcome::ClientGone),
            ("UT", "response_timeout", Outcome::Timeout),
            ("SI", "stream_idle_timeout", Outcome::Timeout),
            ("", "max_duration_timeout", Outcome::Timeout),
            ("UMSDR", "upstream_max_stream_duration_reached", Outcome::Timeout),
            ("DPE", "codec_error:The_user_callback_function_failed", Outcome::ProtocolError),
            ("UC", "upstream_reset_after_response_started{connection_termination}", Outcome::ResetAfterHeaders),
        ] {
            let seen = class(&passed_on(code, flags, details));
            assert_eq!(seen, (outcome, AnsweredBy::Upstream), "{code} {flags} {details}");
        }
    }
}

#[test]
fn a_reply_of_the_proxys_own_is_its_own_whatever_its_status() {
    for code in [299, 408, 504] {
        for (flags, details) in
            [("UT", "response_timeout"), ("SI", "stream_idle_timeout"), ("", "max_duration_timeout")]
        {
            assert_eq!(
                class(&own(code, flags, details)),
                (Outcome::Timeout, AnsweredBy::LocalProxy),
                "{code} {details}"
            );
        }
    }
    let refused = own(299, "", "rbac_access_denied_matched_policy[none]").nanos(1);
    assert_eq!(class(&refused), (Outcome::Denied, AnsweredBy::LocalProxy));
    assert_eq!(class(&own(299, "", "lua_response").nanos(1)), (Outcome::Ok, AnsweredBy::LocalProxy));
    assert_eq!(class(&own(400, "DPE", "http1.codec_error")), (Outcome::ProtocolError, AnsweredBy::LocalProxy));
    let late = own(408, "", "request_overall_timeout");
    assert_eq!(class(&late), (Outcome::Timeout, AnsweredBy::LocalProxy));
}

#[test]
fn a_status_in_the_headers_tells_a_proxys_grpc_answer_from_a_stream_that_broke_off() {
    for (flags, details) in [("UT", "response_timeout"), ("SI", "stream_idle_timeout"), ("", "max_duration_timeout")] {
        // Where the stream broke off there were no trailers: Envoy then shows the status UNKNOWN, for the code 200.
        let stream = own(200, flags, details).grpc(2);
        assert_eq!(class(&stream), (Outcome::Timeout, AnsweredBy::Upstream), "{details}");
        let reply = stream.grpc(14).text(path::GRPC_HEADER, "14");
        assert_eq!(class(&reply), (Outcome::Timeout, AnsweredBy::LocalProxy), "{details}");
    }
}

#[test]
fn an_interim_answer_is_no_answer() {
    let died = own(503, "UC", "upstream_reset_after_response_started{connection_termination}");
    assert_eq!(class(&died), (Outcome::ResetBeforeHeaders, AnsweredBy::LocalProxy));
    for code in [100, 102, 103, 199] {
        let left = own(code, "DC", "downstream_remote_disconnect");
        assert_eq!(class(&left), (Outcome::ClientGone, AnsweredBy::Nobody), "{code}");
    }
    assert_eq!(class(&Exchange::outbound().code(101)), (Outcome::Ok, AnsweredBy::Upstream));
}

#[test]
fn a_connection_that_the_proxy_closed_was_not_left_by_its_client() {
    let details = "downstream_local_disconnect(purging_socket_that_have_not_progressed_to_connections)";
    let cut = reasoned(&passed_on(200, "DC", details));
    assert_eq!(cut, (Outcome::ResetAfterHeaders, Reason::ProxyClosed, AnsweredBy::Upstream));
    let unanswered = reasoned(&own(0, "DC", details));
    assert_eq!(unanswered, (Outcome::ResetBeforeHeaders, Reason::ProxyClosed, AnsweredBy::Nobody));
    let silent = reasoned(&passed_on(200, "DC", "downstream_local_disconnect(http2_ping_timeout)"));
    assert_eq!(silent, (Outcome::ClientGone, Reason::None, AnsweredBy::Upstream));
}

#[test]
fn an_answer_that_was_cut_without_a_flag_is_found_at_both_ends() {
    let cut = Exchange::outbound().details("max_duration_timeout").text(path::BEGAN_AFTER, "1");
    assert_eq!(class(&cut.clone().nanos(20_000_000)).0, Outcome::Timeout);
    // The source reads the details of what is quick only where something is odd already.
    assert_eq!(class(&cut.nanos(19_999_999)).0, Outcome::Ok);
    let at_destination = Exchange::inbound().details("ext_proc_stream_error").nanos(1).code(500);
    assert_eq!(class(&at_destination), (Outcome::ServerError, AnsweredBy::LocalProxy));
    let at_destination = Exchange::inbound().details("max_duration_timeout").nanos(1).text(path::BEGAN_AFTER, "1");
    assert_eq!(class(&at_destination), (Outcome::Timeout, AnsweredBy::Application));
}

#[test]
fn tcp_connections_that_were_tried_again_are_what_the_last_try_was() {
    for base in [Exchange::outbound(), Exchange::inbound()] {
        let tcp = base.tcp();
        assert_eq!(class(&tcp.clone().flags("UF")).0, Outcome::Ok);
        assert_eq!(class(&tcp.clone().flags("UF,UR")).0, Outcome::ResetAfterHeaders);
        assert_eq!(class(&tcp.no_connection().flags("UF,URX")), (Outcome::ConnectFailure, AnsweredBy::Nobody));
    }
}

#[test]
fn a_connection_that_a_filter_refused_before_it_was_routed_was_not_left_by_its_client() {
    for base in [Exchange::outbound(), Exchange::inbound()] {
        let routed = base.tcp().no_upstream();
        let refused = routed.clone().without(path::ENVOY_CLUSTER);
        assert_eq!(class(&refused.clone().flags("URX")), (Outcome::RateLimited, AnsweredBy::Nobody));
        assert_eq!(class(&refused.flags("")), (Outcome::Overflow, AnsweredBy::Nobody));
        assert_eq!(class(&routed.clone().flags("URX")), (Outcome::Overflow, AnsweredBy::Nobody));
        assert_eq!(class(&routed.flags("")), (Outcome::ClientGone, AnsweredBy::Nobody));
    }
}

#[test]
fn an_answer_that_came_whole_is_the_upstreams_although_no_host_is_shown() {
    // A cache that fills itself asks for the router's answer: details win over the missing host.
    let filled = Exchange::outbound().no_upstream().details("via_upstream");
    assert_eq!(class(&filled.clone().code(503)), (Outcome::ServerError, AnsweredBy::Upstream));
    assert_eq!(class(&filled), (Outcome::Ok, AnsweredBy::Upstream));
    let found = Exchange::outbound().no_upstream().details("cache.response_from_cache_filter");
    assert_eq!(class(&found), (Outcome::Ok, AnsweredBy::LocalProxy));
}

#[test]
fn an_answer_without_details_is_a_reply_of_the_proxys_own_although_an_upstream_was_asked() {
    let replaced = |exchange: Exchange| exchange.details("").nanos(1);
    for (code, outcome) in [(503, Outcome::ServerError), (404, Outcome::ClientError)] {
        let at_source = class(&replaced(Exchange::outbound()).code(code));
        assert_eq!(at_source, (outcome, AnsweredBy::LocalProxy), "{code}");
        let at_destination = class(&replaced(Exchange::inbound()).code(code));
        assert_eq!(at_destination, (outcome, AnsweredBy::LocalProxy), "{code}");
    }
    // The destination's proxy reads the details of each exchange.
    assert_eq!(class(&replaced(Exchange::inbound())), (Outcome::Ok, AnsweredBy::LocalProxy));
    assert_eq!(class(&replaced(Exchange::outbound())), (Outcome::Ok, AnsweredBy::Upstream));
    // A flag says how it ended: then the details are not what is missing.
    let cut = replaced(Exchange::outbound()).code(200).flags("UR");
    assert_eq!(class(&cut), (Outcome::ResetAfterHeaders, AnsweredBy::Upstream));
}
