//! What a TCP connection asserts: of its handshake, and of TLS that is the applications' own.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use hogusu_model::{AnsweredBy, Outcome, Protocol, Reason, Security, SeriesKey, TlsVersion, Traffic};

use super::batch_of;
use crate::fake::{Collector, Exchange, Stage};
use crate::property as path;

const INBOUND: &str = r#"{"version":1,"direction":"inbound","protocol":"tcp"}"#;
const OUTBOUND: &str = r#"{"version":1,"direction":"outbound","protocol":"tcp"}"#;
const LISTENER: &str = r#"{"version":1,"hook":"listener_log"}"#;

fn key(config: &str, exchange: Exchange) -> SeriesKey {
    batch_of(config, &[exchange]).only().0.clone()
}

/// Mutual TLS that something was received over.
fn inbound() -> Exchange {
    Exchange::inbound().tcp().number(path::REQUEST_SIZE, 5)
}

/// The same, before anything was received.
fn silent() -> Exchange {
    inbound().number(path::REQUEST_SIZE, 0)
}

fn broken(text: &str) -> String {
    format!("TLS_error:|268435581:SSL routines:OPENSSL_internal:{text}:TLS_error_end")
}

const FOREIGN: &str = "CERTIFICATE_VERIFY_FAILED:verify cert failed: X509_verify_cert: certificate verification error at \
                       depth 0: unable to get local issuer certificate";

#[test]
fn a_handshake_that_failed_asserts_nothing_of_what_the_certificate_claims() {
    for (exchange, text, reason) in [
        (silent(), broken(FOREIGN), Reason::UnknownIssuer),
        (one_way(silent()), broken("PEER_DID_NOT_RETURN_A_CERTIFICATE:peer did"), Reason::CertificateMissing),
        (one_way(silent()).no_upstream(), broken("WRONG_VERSION_NUMBER"), Reason::NotTls),
        (one_way(silent()).no_upstream(), broken("HTTP_REQUEST"), Reason::NotTls),
        (one_way(silent()), broken("TLSV1_ALERT_INTERNAL_ERROR"), Reason::Handshake),
    ] {
        let key = key(INBOUND, exchange.text(path::DOWNSTREAM_FAILURE, &text));
        assert_eq!(
            (key.outcome, key.reason, key.answered_by),
            (Outcome::TlsFailure, reason, AnsweredBy::Nobody),
            "{text}"
        );
        assert_eq!((key.security, key.tls_version), (Security::Unknown, TlsVersion::None), "{text}");
        assert_eq!((key.peer.principal.as_str(), key.own_principal.as_str()), ("", ""), "{text}");
        assert_eq!((key.peer.address.as_str(), key.port), ("127.1.0.1", 8080), "{text}");
    }
}

const RESET: &str = "TLS_error:|33554536:system library:OPENSSL_internal:Connection reset by peer:TLS_error_end";

/// One-way TLS: no certificate was asked for, or none shown.
fn one_way(exchange: Exchange) -> Exchange {
    exchange.without(path::CONNECTION_PEER_SAN).bytes(path::CONNECTION_MTLS, &[0])
}

#[test]
fn a_connection_that_ended_before_anything_was_received_proves_neither_a_handshake_nor_that_one_failed() {
    // Nothing that the proxy shows tells these apart, whoever closed, and whether by a reset: a scan, half a handshake with a
    // certificate that was copied without its key, and a client that read what the application said first.
    for (name, exchange) in [("a certificate", silent()), ("none", one_way(silent()))] {
        for sent in [5, 90_000] {
            for failure in ["", RESET] {
                let exchange = exchange.clone().number(path::RESPONSE_SIZE, sent);
                let key = key(INBOUND, exchange.text(path::DOWNSTREAM_FAILURE, failure));
                let said = (key.outcome, key.reason, key.answered_by);
                assert_eq!(said, (Outcome::ClientGone, Reason::None, AnsweredBy::Nobody), "{name}, {sent}, {failure}");
                assert_eq!((key.security, key.peer.principal.as_str()), (Security::Unknown, ""), "{name}");
                assert_eq!(key.traffic, Traffic::Mesh, "{name}");
            }
        }
    }
}

#[test]
fn a_connection_that_carried_nothing_is_a_check_where_a_certificate_was_shown_and_a_scan_where_none_was() {
    for (exchange, traffic) in [(silent(), Traffic::Probe), (one_way(silent()), Traffic::Mesh)] {
        let key = key(INBOUND, exchange.number(path::RESPONSE_SIZE, 0));
        assert_eq!((key.outcome, key.traffic), (Outcome::ClientGone, traffic));
    }
}

#[test]
fn what_the_proxy_says_of_an_end_holds_without_a_handshake_too() {
    let ended = |flags: &str| {
        let key = key(INBOUND, one_way(silent()).flags(flags));
        (key.outcome, key.answered_by)
    };
    assert_eq!(ended("UR"), (Outcome::ResetAfterHeaders, AnsweredBy::Nobody));
    assert_eq!(ended("DT"), (Outcome::Timeout, AnsweredBy::Nobody));
    // The flag of a first attempt stays where a second one connected.
    assert_eq!(ended("UF"), (Outcome::ClientGone, AnsweredBy::Nobody));
}

#[test]
fn what_was_received_or_denied_came_over_a_handshake_that_ended() {
    let good = key(INBOUND, inbound());
    assert_eq!((good.outcome, good.security), (Outcome::Ok, Security::MutualTls));
    assert_eq!(good.peer.principal, "spiffe://cluster.local/ns/shop/sa/checkout");
    let late = key(INBOUND, inbound().text(path::DOWNSTREAM_FAILURE, &broken("BAD_DECRYPT")));
    assert_eq!(
        (late.security, late.peer.principal.is_empty()),
        (Security::MutualTls, false),
        "what broke, broke later"
    );
    let denied = key(INBOUND, silent().text(path::TERMINATION_DETAILS, "rbac_access_denied_matched_policy[none]"));
    assert_eq!((denied.outcome, denied.security), (Outcome::Denied, Security::MutualTls));
}

#[test]
fn a_listener_counts_handshakes_that_broke_off_before_any_request_and_no_connection_that_another_hook_counts() {
    let failed =
        || silent().without(path::ENVOY_CLUSTER).no_upstream().text(path::DOWNSTREAM_FAILURE, &broken(FOREIGN));
    let counted = key(LISTENER, failed());
    assert_eq!((counted.outcome, counted.reason), (Outcome::TlsFailure, Reason::UnknownIssuer));
    assert_eq!((counted.protocol, counted.answered_by), (Protocol::Tcp, AnsweredBy::Nobody));
    assert_eq!((counted.security, counted.peer.principal.as_str()), (Security::Unknown, ""));
    let later = failed().number(path::REQUEST_SIZE, 27);
    let tcp = failed().text(path::ENVOY_CLUSTER, "inbound|8080||");
    let scan = silent().without(path::ENVOY_CLUSTER).no_upstream();
    let reset = scan.clone().text(path::DOWNSTREAM_FAILURE, RESET);
    assert_eq!(batch_of(LISTENER, &[later, tcp, scan, reset, failed()]).exchanges(), 1);
}

fn plain(exchange: Exchange) -> Exchange {
    exchange.tcp().plaintext()
}

#[test]
fn bytes_that_are_the_applications_own_tls_are_no_plaintext_and_say_for_whom_they_ask() {
    for (config, exchange) in [(OUTBOUND, plain(Exchange::outbound())), (INBOUND, plain(Exchange::inbound()))] {
        let own = key(config, exchange.clone().text(path::SERVER_NAME, "API.example.com"));
        assert_eq!((own.security, own.server_name.as_str()), (Security::ApplicationTls, "api.example.com"), "{config}");
        assert_eq!((own.tls_version, own.peer.principal.as_str()), (TlsVersion::None, ""), "{config}");
        let odd = key(config, exchange.clone().text(path::SERVER_NAME, "\u{1b}[31mx"));
        assert_eq!((odd.security, odd.server_name.as_str()), (Security::ApplicationTls, ""), "{config}");
        let plain = key(config, exchange.text(path::SERVER_NAME, ""));
        assert_eq!((plain.security, plain.server_name.as_str()), (Security::Plaintext, ""), "{config}");
    }
}

#[test]
fn a_server_name_of_the_proxys_own_tls_is_not_the_applications() {
    let inbound = key(INBOUND, inbound().text(path::SERVER_NAME, "outbound_.80_._.orders.shop"));
    assert_eq!((inbound.security, inbound.server_name.as_str()), (Security::MutualTls, ""));
    let towards = key(OUTBOUND, Exchange::outbound().tcp().text(path::SERVER_NAME, "api.example.com"));
    assert_eq!((towards.security, towards.server_name.as_str()), (Security::Tls, ""));
    // A gateway ends its client's TLS and goes on in plaintext.
    let ended = plain(Exchange::outbound()).text(path::CONNECTION_TLS_VERSION, "TLSv1.3");
    let ended = key(OUTBOUND, ended.text(path::SERVER_NAME, "shop.example.com"));
    assert_eq!((ended.security, ended.server_name.as_str()), (Security::Plaintext, ""));
}

#[test]
fn names_that_strangers_ask_for_do_not_fill_the_table() {
    let asked = |at: u32| plain(Exchange::inbound()).text(path::SERVER_NAME, &format!("n{at}.example"));
    let mut stage = Stage::new(INBOUND);
    let mut collector = Collector::default();
    (0..500).for_each(|at| stage.count(&asked(at)));
    for _ in 0..2 {
        collector.take(&stage.until_post().body);
        stage.status(200);
    }
    let named = collector.totals.keys().filter(|key| !key.server_name.is_empty()).count();
    assert!(named <= 200, "{named}");
    assert!(collector.totals.keys().all(|key| key.security == Security::ApplicationTls && !key.overflow));
    assert_eq!(collector.exchanges(), 500);
}

#[test]
fn a_connection_to_a_unix_socket_was_made_unless_the_proxy_says_that_it_was_not() {
    let to_socket = || plain(Exchange::outbound()).no_connection().text(path::UPSTREAM_ADDRESS, "/run/app.sock");
    let made = key(OUTBOUND, to_socket().without(path::ENDPOINT_WORKLOAD));
    assert_eq!((made.outcome, made.security, made.peer.address.as_str()), (Outcome::Ok, Security::Plaintext, ""));
    let bytes = |exchange: Exchange, received, sent| {
        exchange.number(path::REQUEST_SIZE, received).number(path::RESPONSE_SIZE, sent)
    };
    let refused = key(OUTBOUND, bytes(to_socket().flags("UF"), 0, 0));
    assert_eq!((refused.outcome, refused.security), (Outcome::ConnectFailure, Security::Unknown));
    for (received, sent) in [(0, 5), (5, 0)] {
        let later = key(OUTBOUND, bytes(to_socket().flags("UF"), received, sent).without(path::ENDPOINT_WORKLOAD));
        assert_eq!((later.outcome, later.security), (Outcome::Ok, Security::Plaintext), "a later try was made");
        let never = key(OUTBOUND, bytes(to_socket().flags("UF,URX"), received, sent));
        assert_eq!((never.outcome, never.security), (Outcome::ConnectFailure, Security::Unknown));
    }
    let http = r#"{"version":1,"direction":"outbound","protocol":"http"}"#;
    let request = Exchange::outbound().plaintext().no_connection().text(path::UPSTREAM_ADDRESS, "/run/app.sock");
    let both = batch_of(http, &[request.clone().code(503).flags("UF").details("x"), request]);
    let seen: Vec<_> = both.totals.keys().map(|key| (key.outcome, key.security)).collect();
    assert!(seen.contains(&(Outcome::Ok, Security::Plaintext)), "{seen:?}");
    assert!(seen.contains(&(Outcome::ConnectFailure, Security::Unknown)), "{seen:?}");
}
