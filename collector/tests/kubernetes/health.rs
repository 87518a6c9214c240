//! When the API server counts as watched, and what is said when it is not.

use hogusu_collector::kubernetes::health::{Health, Refusal};
use hogusu_collector::kubernetes::objects::Kind;
use hogusu_collector::kubernetes::record::WatchState;

use crate::manifests::SECOND;

/// Everything was listed, and the API server answers.
fn healthy() -> Health {
    let mut health = Health::begun(0);
    for kind in Kind::ALL {
        health.listed(kind);
    }
    health.pinged(Ok("v1.36.3".to_owned()), SECOND);
    health
}

#[test]
fn it_is_watched_once_everything_was_listed() {
    let mut health = Health::begun(0);
    assert_eq!(health.state(SECOND), WatchState::Unreachable { error: "not listed yet".to_owned(), since: 0 });
    health.pinged(Ok("v1.36.3".to_owned()), SECOND);
    assert!(!health.is_watching(SECOND), "pods are not listed yet");
    assert!(!healthy().has_plugins() || healthy().is_settled());
    assert_eq!(healthy().state(SECOND), WatchState::Watching { refused: None });
    assert_eq!(healthy().server(), Some("v1.36.3"));
}

#[test]
fn a_kind_that_is_not_installed_is_like_an_empty_one() {
    let mut health = healthy();
    assert!(!health.failed(Kind::TrafficExtensions, &Refusal::Absent, SECOND), "nothing to say of it");
    assert_eq!(health.state(SECOND), WatchState::Watching { refused: None });
    assert!(health.has_plugins() && health.is_settled());
}

#[test]
fn a_kind_that_may_not_be_read_is_named_and_the_rest_goes_on() {
    let mut health = Health::begun(0);
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::WasmPlugins) {
        health.listed(kind);
    }
    health.pinged(Ok("v1.36.3".to_owned()), SECOND);
    assert!(health.failed(Kind::WasmPlugins, &Refusal::Forbidden("not allowed".to_owned()), SECOND));
    assert!(!health.failed(Kind::WasmPlugins, &Refusal::Forbidden("not allowed".to_owned()), SECOND), "said once");
    assert!(health.is_settled() && !health.has_plugins());
    let refused = Some("wasmplugins: not allowed".to_owned());
    assert_eq!(health.state(SECOND), WatchState::Watching { refused });
}

#[test]
fn a_watch_of_pods_that_breaks_is_over_until_it_goes_on_for_a_while() {
    let mut health = healthy();
    health.failed(Kind::Pods, &Refusal::Failed("connection reset".to_owned()), 10 * SECOND);
    health.pinged(Ok("v1.36.3".to_owned()), 20 * SECOND);
    let unreachable = WatchState::Unreachable { error: "pods: connection reset".to_owned(), since: 20 * SECOND };
    assert_eq!(health.state(20 * SECOND), unreachable);
    // Nothing happens in a quiet cluster: that no further try failed is the sign.
    health.pinged(Ok("v1.36.3".to_owned()), 46 * SECOND);
    assert!(health.is_watching(46 * SECOND));
    let mut heard = healthy();
    heard.failed(Kind::Pods, &Refusal::Failed("connection reset".to_owned()), 10 * SECOND);
    heard.heard(Kind::Pods);
    assert!(heard.is_watching(10 * SECOND), "an event came");
}

#[test]
fn an_api_server_that_does_not_answer_is_unreachable_since_then() {
    let mut health = healthy();
    health.pinged(Err("no answer within 5 s".to_owned()), 50 * SECOND);
    health.pinged(Err("no answer within 5 s".to_owned()), 60 * SECOND);
    let unreachable = WatchState::Unreachable { error: "no answer within 5 s".to_owned(), since: 50 * SECOND };
    assert_eq!(health.state(60 * SECOND), unreachable);
}
