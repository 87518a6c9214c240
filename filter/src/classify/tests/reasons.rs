//! Why an exchange ended as it did, where its outcome does not say it: delays and faults on purpose, refused connections.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use hogusu_model::{AnsweredBy, Measure, Outcome, Reason, Reporter, Security};

use crate::fake::{Collector, Exchange, Stage};
use crate::property as path;

pub(super) fn reasoned(exchange: &Exchange) -> (Outcome, Reason, AnsweredBy) {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.count(exchange);
    collector.take(&stage.until_post().body);
    let (key, _) = collector.only();
    (key.outcome, key.reason, key.answered_by)
}

#[test]
fn an_answer_after_a_delay_on_purpose_is_no_answer_of_that_speed() {
    let delayed = || Exchange::outbound().flags("DI");
    assert_eq!(reasoned(&delayed()), (Outcome::InjectedDelay, Reason::None, AnsweredBy::Upstream));
    assert_eq!(reasoned(&delayed().grpc(0)), (Outcome::InjectedDelay, Reason::None, AnsweredBy::Upstream));
    let of_destination = Exchange::inbound().flags("DI");
    assert_eq!(reasoned(&of_destination), (Outcome::InjectedDelay, Reason::None, AnsweredBy::Application));
}

#[test]
fn what_fails_after_a_delay_on_purpose_fails_as_it_does_and_its_duration_is_marked() {
    let delayed = |code: u64, flags: &str, details: &str| Exchange::outbound().code(code).flags(flags).details(details);
    for (exchange, outcome, answered_by) in [
        (delayed(503, "DI", "via_upstream"), Outcome::ServerError, AnsweredBy::Upstream),
        (delayed(404, "DI", "via_upstream"), Outcome::ClientError, AnsweredBy::Upstream),
        (delayed(504, "DI,UT", "response_timeout"), Outcome::Timeout, AnsweredBy::LocalProxy),
        (delayed(200, "DI,DC", "downstream_remote_disconnect"), Outcome::ClientGone, AnsweredBy::Upstream),
    ] {
        assert_eq!(reasoned(&exchange), (outcome, Reason::InjectedDelay, answered_by), "{exchange:?}");
    }
    let misfit = delayed(503, "DI,UF", "upstream_reset_before_response_started{remote_connection_failure}");
    let failure = "TLS_error:|268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end";
    let misfit = misfit.no_connection().text(path::UPSTREAM_FAILURE, failure);
    assert_eq!(reasoned(&misfit), (Outcome::TlsFailure, Reason::NotTls, AnsweredBy::LocalProxy));
}

#[test]
fn a_source_that_lost_its_patience_with_a_delay_on_purpose_met_an_injected_fault() {
    let gone = || Exchange::outbound().no_upstream().without(path::CODE).details("downstream_remote_disconnect");
    assert_eq!(reasoned(&gone().flags("DI,DC")), (Outcome::InjectedFault, Reason::None, AnsweredBy::Nobody));
    assert_eq!(reasoned(&gone().flags("DC")), (Outcome::ClientGone, Reason::None, AnsweredBy::Nobody));
    let aborted = Exchange::outbound().no_upstream().code(503).details("fault_filter_abort");
    for flags in ["FI", "DI,FI", "FI,UF"] {
        let exchange = aborted.clone().flags(flags);
        assert_eq!(reasoned(&exchange), (Outcome::InjectedFault, Reason::None, AnsweredBy::LocalProxy), "{flags}");
    }
}

#[test]
fn of_a_listener_only_what_it_refused_is_counted() {
    let config = r#"{"version":1,"hook":"listener_log"}"#;
    let refused = Exchange::inbound().plaintext().tcp().no_upstream().flags("NR").details("filter_chain_not_found");
    let mut stage = Stage::new(config);
    let mut collector = Collector::default();
    let others = [Exchange::inbound(), Exchange::inbound().tcp(), refused.clone().details("route_not_found")];
    others.iter().for_each(|exchange| stage.count(exchange));
    stage.count(&refused);
    collector.take(&stage.until_post().body);
    let (key, data) = collector.only();
    assert_eq!((key.measure, data.duration.count()), (Measure::Connection, 1));
    assert_eq!(
        (key.outcome, key.reason, key.answered_by),
        (Outcome::Denied, Reason::NoFilterChain, AnsweredBy::Nobody)
    );
    assert_eq!((key.peer.address.as_str(), key.port, key.security), ("127.1.0.1", 8080, Security::Unknown));
    assert_eq!(key.reporter, Reporter::Destination);
}
