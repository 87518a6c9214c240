//! Every class of outcome and answerer, from what a real Envoy shows, for both reporters.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use hogusu_model::{AnsweredBy, Measure, Outcome};

use crate::fake::{Collector, Exchange, Stage};
use crate::property as path;

mod begun;
mod page;
mod reasons;

/// How a sender of this configuration classes an exchange.
fn class_by(config: &str, exchange: &Exchange) -> (Measure, Outcome, AnsweredBy) {
    let mut stage = Stage::new(config);
    let mut collector = Collector::default();
    stage.count(exchange);
    collector.take(&stage.until_post().body);
    let (key, data) = collector.only();
    assert_eq!(data.duration.count(), 1);
    (key.measure, key.outcome, key.answered_by)
}

fn class(exchange: &Exchange) -> (Outcome, AnsweredBy) {
    let (_, outcome, answered_by) = class_by(r#"{"version":1}"#, exchange);
    (outcome, answered_by)
}

/// Checks exchanges written as (code, flags, details) against what they mean.
fn expect(base: fn() -> Exchange, cases: &[(u64, &str, &str, Outcome, AnsweredBy)]) {
    for (code, flags, details, outcome, answered_by) in cases {
        let exchange = base().flags(flags).details(details);
        let exchange = if *code == 0 { exchange.without(path::CODE) } else { exchange.code(*code) };
        assert_eq!(class(&exchange), (*outcome, *answered_by), "{code} {flags} {details}");
    }
}

#[test]
fn answers_of_the_upstream_are_classed_by_their_status() {
    use AnsweredBy::Upstream;
    expect(
        Exchange::outbound,
        &[
            (200, "", "via_upstream", Outcome::Ok, Upstream),
            (301, "", "via_upstream", Outcome::Ok, Upstream),
            (399, "", "via_upstream", Outcome::Ok, Upstream),
            (400, "", "via_upstream", Outcome::ClientError, Upstream),
            (404, "", "via_upstream", Outcome::ClientError, Upstream),
            // A denial by the destination's proxy: the source cannot tell it from the application's own.
            (403, "", "via_upstream", Outcome::ClientError, Upstream),
            (500, "", "via_upstream", Outcome::ServerError, Upstream),
            (503, "URX", "via_upstream", Outcome::ServerError, Upstream),
            // Its retry was refused by a circuit breaker: the answer is still the upstream's.
            (503, "UO", "via_upstream", Outcome::ServerError, Upstream),
            (599, "", "via_upstream", Outcome::ServerError, Upstream),
        ],
    );
}

#[test]
fn at_the_destination_the_application_answers() {
    use AnsweredBy::{Application, LocalProxy, Nobody};
    expect(
        Exchange::inbound,
        &[
            (200, "", "via_upstream", Outcome::Ok, Application),
            (500, "", "via_upstream", Outcome::ServerError, Application),
            (
                503,
                "UC",
                "upstream_reset_before_response_started{connection_termination}",
                Outcome::ResetBeforeHeaders,
                LocalProxy,
            ),
            (
                200,
                "UPE",
                "upstream_reset_after_response_started{protocol_error}",
                Outcome::ResetAfterHeaders,
                Application,
            ),
            (200, "DC", "downstream_remote_disconnect", Outcome::ClientGone, Application),
            (0, "DR", "downstream_remote_reset", Outcome::ClientGone, Nobody),
        ],
    );
}

#[test]
fn resets_before_and_after_headers_are_told_apart() {
    use AnsweredBy::{LocalProxy, Upstream};
    let (before, after) = ("upstream_reset_before_response_started{", "upstream_reset_after_response_started{");
    expect(
        Exchange::outbound,
        &[
            (503, "UC", &format!("{before}connection_termination}}"), Outcome::ResetBeforeHeaders, LocalProxy),
            (503, "UR", &format!("{before}remote_reset}}"), Outcome::ResetBeforeHeaders, LocalProxy),
            (503, "LR", &format!("{before}local_reset}}"), Outcome::ResetBeforeHeaders, LocalProxy),
            (502, "UPE", &format!("{before}protocol_error}}"), Outcome::ProtocolError, LocalProxy),
            (200, "UPE", &format!("{after}protocol_error}}"), Outcome::ResetAfterHeaders, Upstream),
            (200, "UR", &format!("{after}remote_reset}}"), Outcome::ResetAfterHeaders, Upstream),
            (200, "UC", &format!("{after}connection_termination}}"), Outcome::ResetAfterHeaders, Upstream),
        ],
    );
}

#[test]
fn timeouts_are_answered_by_whoever_sent_the_headers() {
    use AnsweredBy::{LocalProxy, Nobody, Upstream};
    expect(
        Exchange::outbound,
        &[
            (504, "UT", "response_timeout", Outcome::Timeout, LocalProxy),
            (504, "UT", "upstream_per_try_timeout", Outcome::Timeout, LocalProxy),
            (504, "UT,URX", "upstream_per_try_timeout", Outcome::Timeout, LocalProxy),
            (504, "UT,UO", "upstream_per_try_timeout", Outcome::Timeout, LocalProxy),
            (200, "UT", "via_upstream", Outcome::Timeout, Upstream),
            (200, "SI", "stream_idle_timeout", Outcome::Timeout, Upstream),
            (408, "SI", "stream_idle_timeout", Outcome::Timeout, LocalProxy),
            (408, "DT", "max_duration_timeout", Outcome::Timeout, LocalProxy),
            (408, "UMSDR", "upstream_max_stream_duration_reached", Outcome::Timeout, LocalProxy),
            (0, "UT", "response_timeout", Outcome::Timeout, Nobody),
        ],
    );
}

#[test]
fn a_proxys_own_timeout_of_a_grpc_request_is_no_answer_of_the_upstream_though_its_code_is_200() {
    for details in ["response_timeout", "upstream_per_try_timeout", "upstream_max_stream_duration_reached"] {
        let exchange = Exchange::outbound().grpc(4).flags("UT").details(details).text(path::GRPC_HEADER, "4");
        assert_eq!(class(&exchange), (Outcome::Timeout, AnsweredBy::LocalProxy), "{details}");
    }
}

#[test]
fn a_source_that_went_away_explains_whatever_followed() {
    use AnsweredBy::{Nobody, Upstream};
    expect(
        Exchange::outbound,
        &[
            (0, "DC", "downstream_remote_disconnect", Outcome::ClientGone, Nobody),
            (0, "DR", "downstream_remote_reset", Outcome::ClientGone, Nobody),
            (200, "DC", "downstream_remote_disconnect", Outcome::ClientGone, Upstream),
            (0, "DC,UC", "downstream_remote_disconnect", Outcome::ClientGone, Nobody),
            (0, "", "", Outcome::ClientGone, Nobody),
        ],
    );
}

#[test]
fn what_the_proxy_decided_itself_is_answered_by_itself() {
    use AnsweredBy::LocalProxy;
    expect(
        || Exchange::outbound().no_upstream(),
        &[
            (503, "UH", "no_healthy_upstream", Outcome::NoHealthyUpstream, LocalProxy),
            (503, "DF", "dns_resolution_failure", Outcome::NoHealthyUpstream, LocalProxy),
            (404, "NR", "route_not_found", Outcome::NoRoute, LocalProxy),
            (503, "NC", "cluster_not_found", Outcome::NoRoute, LocalProxy),
            (503, "UO", "upstream_reset_before_response_started{overflow}", Outcome::Overflow, LocalProxy),
            (503, "OM", "overload", Outcome::Overflow, LocalProxy),
            (503, "DO", "drop_overload", Outcome::Overflow, LocalProxy),
            (503, "UDO", "unconditional_drop_overload", Outcome::Overflow, LocalProxy),
            (503, "", "overload", Outcome::Overflow, LocalProxy),
            (403, "", "rbac_access_denied_matched_policy[none]", Outcome::Denied, LocalProxy),
            (401, "", "jwt_authn_access_denied{Jwt_is_missing}", Outcome::Denied, LocalProxy),
            (403, "UAEX", "ext_authz_denied", Outcome::Denied, LocalProxy),
            (429, "RL", "local_rate_limited", Outcome::RateLimited, LocalProxy),
            (500, "RLSE", "rate_limiter_error", Outcome::RateLimited, LocalProxy),
            (400, "DPE", "http1.codec_error", Outcome::ProtocolError, LocalProxy),
            (400, "IH", "invalid_header", Outcome::ProtocolError, LocalProxy),
            (503, "FI", "fault_filter_abort", Outcome::InjectedFault, LocalProxy),
            (200, "", "direct_response", Outcome::Ok, LocalProxy),
            (404, "", "direct_response", Outcome::ClientError, LocalProxy),
        ],
    );
}

#[test]
fn a_connection_that_failed_is_told_from_one_that_failed_in_tls() {
    for (failure, outcome) in [
        ("delayed_connect_error:_Connection_refused", Outcome::ConnectFailure),
        ("", Outcome::ConnectFailure),
        (
            "TLS_error:|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end",
            Outcome::TlsFailure,
        ),
    ] {
        let exchange = Exchange::outbound()
            .no_connection()
            .code(503)
            .flags("UF")
            .details("upstream_reset_before_response_started{connection_failure}")
            .text(path::UPSTREAM_FAILURE, failure);
        assert_eq!(class(&exchange), (outcome, AnsweredBy::LocalProxy), "{failure}");
        let tcp = exchange.tcp();
        assert_eq!(class(&tcp), (outcome, AnsweredBy::Nobody), "TCP, {failure}");
    }
}

#[test]
fn grpc_is_classed_by_its_own_status() {
    for status in 0..=17 {
        let outcome = match status {
            0 => Outcome::Ok,
            2 | 4 | 12..=15 | 17 => Outcome::ServerError,
            _ => Outcome::ClientError,
        };
        assert_eq!(class(&Exchange::outbound().grpc(status)), (outcome, AnsweredBy::Upstream), "{status}");
        assert_eq!(class(&Exchange::inbound().grpc(status)), (outcome, AnsweredBy::Application), "{status}");
    }
    // An HTTP error without gRPC's own status.
    let exchange = Exchange::outbound().grpc(14).code(503).without(path::GRPC_STATUS);
    assert_eq!(class(&exchange), (Outcome::ServerError, AnsweredBy::Upstream));
    // The status that a proxy derives for a plain request means nothing.
    assert_eq!(class(&Exchange::outbound().number(path::GRPC_STATUS, 13)), (Outcome::Ok, AnsweredBy::Upstream));
}

#[test]
fn only_grpcs_own_content_types_are_grpc() {
    for (content_type, is_grpc) in [
        ("application/grpc", true),
        ("application/grpc+proto", true),
        ("application/grpc;charset=utf-8", false),
        ("application/grpc; charset=x", false),
        ("application/grpc-web", false),
        ("application/json", false),
        ("", false),
    ] {
        let outcome = class(&Exchange::outbound().grpc(13).header("content-type", content_type)).0;
        assert_eq!(outcome == Outcome::ServerError, is_grpc, "{content_type}");
    }
}

#[test]
fn tcp_connections_are_classed_by_how_they_were_made_and_ended() {
    use AnsweredBy::{Nobody, Upstream};
    let connected = || Exchange::outbound().tcp();
    let unconnected = || Exchange::outbound().tcp().no_upstream();
    for (exchange, outcome, answered_by) in [
        (connected(), Outcome::Ok, Upstream),
        (connected().flags("UR"), Outcome::ResetAfterHeaders, Upstream),
        (connected().flags("UC"), Outcome::ResetAfterHeaders, Upstream),
        (connected().flags("DC"), Outcome::ClientGone, Upstream),
        (connected().flags("UT"), Outcome::Timeout, Upstream),
        (unconnected(), Outcome::ClientGone, Nobody),
        (connected().flags("DT"), Outcome::Timeout, Upstream),
        (unconnected().flags("UH"), Outcome::NoHealthyUpstream, Nobody),
        (unconnected().flags("NR"), Outcome::NoRoute, Nobody),
        (unconnected().flags("NC"), Outcome::NoRoute, Nobody),
        (unconnected().flags("UO"), Outcome::Overflow, Nobody),
        (unconnected().flags("RL"), Outcome::RateLimited, Nobody),
        (unconnected().flags("UAEX"), Outcome::Denied, Nobody),
    ] {
        assert_eq!(class(&exchange), (outcome, answered_by), "{exchange:?}");
    }
    let denied = Exchange::inbound().tcp().no_upstream();
    let denied = denied.text(path::TERMINATION_DETAILS, "rbac_access_denied_matched_policy[none]");
    assert_eq!(class(&denied), (Outcome::Denied, Nobody));
    // A policy is asked at the first bytes, when the connection to the application is there already.
    let denied = Exchange::inbound().tcp().text(path::TERMINATION_DETAILS, "rbac_access_denied_matched_policy[none]");
    assert_eq!(class(&denied), (Outcome::Denied, Nobody));
    assert_eq!(class(&Exchange::inbound().tcp()), (Outcome::Ok, AnsweredBy::Application));
}

#[test]
fn an_upstream_that_could_not_be_connected_to_is_told_from_one_that_was_refused_by_the_overload_manager() {
    let refused = || Exchange::outbound().tcp().no_connection().flags("URX");
    assert_eq!(class(&refused()), (Outcome::Overflow, AnsweredBy::Nobody));
    let unbound = refused().text(path::UPSTREAM_FAILURE, "failed to bind to 127.1.0.1:27055: Address already in use");
    assert_eq!(class(&unbound), (Outcome::ConnectFailure, AnsweredBy::Nobody));
}

#[test]
fn an_attempt_without_code_and_flags_is_unanswered() {
    let config = r#"{"version":1,"hook":"upstream_log"}"#;
    let silent = Exchange::outbound().without(path::CODE).details("");
    assert_eq!(class_by(config, &silent), (Measure::Attempt, Outcome::Unanswered, AnsweredBy::Nobody));
    assert_eq!(
        class_by(config, &Exchange::outbound().code(503)),
        (Measure::Attempt, Outcome::ServerError, AnsweredBy::Upstream)
    );
    // An attempt has no details: that it has a code says that its headers came.
    let cut = Exchange::outbound().code(200).flags("UR").details("");
    assert_eq!(class_by(config, &cut), (Measure::Attempt, Outcome::ResetAfterHeaders, AnsweredBy::Upstream));
    let reset = Exchange::outbound().without(path::CODE).flags("UR").details("");
    assert_eq!(class_by(config, &reset), (Measure::Attempt, Outcome::ResetBeforeHeaders, AnsweredBy::Nobody));
}

#[test]
fn what_is_counted_is_named_by_hook_and_protocol() {
    let plain = r#"{"version":1,"protocol":"http"}"#;
    assert_eq!(class_by(plain, &Exchange::outbound()).0, Measure::Request);
    assert_eq!(class_by(r#"{"version":1,"protocol":"tcp"}"#, &Exchange::outbound().tcp()).0, Measure::Connection);
    assert_eq!(class_by(r#"{"version":1}"#, &Exchange::outbound().tcp()).0, Measure::Connection);
    assert_eq!(class_by(r#"{"version":1,"hook":"http_filter"}"#, &Exchange::outbound()).0, Measure::Request);
    // A request that ended without a code is still a request.
    assert_eq!(class_by(r#"{"version":1}"#, &Exchange::outbound().without(path::CODE).flags("DC")).0, Measure::Request);
}
