//! How an edge is secured: each side asserts what it can, the join says no more than both know.

use hogusu_collector::analysis::agreement::AgreementState;
use hogusu_collector::analysis::security::SecurityState;
use hogusu_model::{AnsweredBy, Outcome, Reason, Security};

use crate::world::{Report, World};

/// Rows of both sides with these words and counts.
fn joined(source: &[(Security, u64)], destination: &[(Security, u64)]) -> (SecurityState, String) {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    for (word, count) in source {
        let row = Report::source("shop/checkout", "stock/inventory").count(*count, 5);
        world.row("shop/checkout", &row.with(|key| key.security = *word));
    }
    for (word, count) in destination {
        let row = Report::destination("shop/checkout", "stock/inventory").count(*count, 5);
        world.row("stock/inventory", &row.with(|key| key.security = *word));
    }
    let security = world.edge().security;
    (security.state, security.statement)
}

fn said(state: SecurityState, statement: &str) -> (SecurityState, String) {
    (state, statement.to_owned())
}

#[test]
fn mutual_tls_needs_both_sides_to_be_said_of_both() {
    let both = joined(&[(Security::Tls, 9)], &[(Security::MutualTls, 9)]);
    assert_eq!(both, said(SecurityState::MutualTls, "both sides"));
    assert_eq!(joined(&[], &[(Security::MutualTls, 9)]), said(SecurityState::MutualTls, "one side"));
}

#[test]
fn a_source_alone_never_asserts_client_authentication() {
    let statement = "TLS, client authentication unobserved";
    assert_eq!(joined(&[(Security::Tls, 9)], &[]), said(SecurityState::Tls, statement));
    assert_eq!(joined(&[(Security::MutualTls, 9)], &[]), said(SecurityState::Tls, statement));
}

#[test]
fn one_way_tls_is_a_state_of_its_own() {
    let both = joined(&[(Security::Tls, 9)], &[(Security::Tls, 9)]);
    assert_eq!(both, said(SecurityState::Tls, "TLS, no client certificate, both sides"));
}

#[test]
fn plaintext_is_said_of_as_many_sides_as_saw_it() {
    let plain = Security::Plaintext;
    assert_eq!(joined(&[(plain, 9)], &[(plain, 9)]), said(SecurityState::Plaintext, "both sides"));
    assert_eq!(joined(&[(plain, 9)], &[]), said(SecurityState::Plaintext, "one side"));
    assert_eq!(joined(&[], &[(plain, 9)]), said(SecurityState::Plaintext, "one side"));
}

#[test]
fn contradicting_sides_are_a_disagreement_in_either_direction() {
    let one = joined(&[(Security::Tls, 9)], &[(Security::Plaintext, 9)]);
    assert_eq!(one, said(SecurityState::Disagreement, "the source says TLS; the destination says plaintext"));
    let other = joined(&[(Security::Plaintext, 9)], &[(Security::MutualTls, 9)]);
    assert_eq!(other, said(SecurityState::Disagreement, "the source says plaintext; the destination says mutual TLS"));
}

#[test]
fn a_disagreement_on_security_is_a_disagreement_of_the_edge() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.row("shop/checkout", &Report::source("shop/checkout", "stock/inventory").count(9, 5));
    world.row("stock/inventory", &Report::destination("shop/checkout", "stock/inventory").plaintext().count(9, 5));
    let agreement = world.edge().agreement;
    assert_eq!(agreement.state, AgreementState::Disagree);
    assert_eq!(agreement.reasons, ["security: the source says TLS; the destination says plaintext"]);
}

#[test]
fn a_part_in_plaintext_makes_the_edge_plaintext_with_its_share() {
    let words = [(Security::Plaintext, 10), (Security::Tls, 990)];
    let theirs = [(Security::Plaintext, 10), (Security::MutualTls, 990)];
    assert_eq!(joined(&words, &theirs), said(SecurityState::Plaintext, "both sides, 10 of 1,000 (1 %)"));
    let disagreeing = joined(&[(Security::Tls, 1_000)], &theirs);
    let statement = "the source says TLS; the destination says plaintext, 10 of 1,000 (1 %)";
    assert_eq!(disagreeing, said(SecurityState::Disagreement, statement));
}

#[test]
fn where_nothing_was_secured_it_is_said_whether_anything_was_connected() {
    let answered = joined(&[(Security::Unknown, 5)], &[]);
    assert_eq!(answered, said(SecurityState::Unknown, "nothing shows how its connections were secured"));
    for (is_source, outcome, why) in [
        (true, Outcome::ConnectFailure, "no connection was made"),
        (true, Outcome::Timeout, "nothing shows that a connection was made"),
        (true, Outcome::TlsFailure, "nothing shows that a handshake ended"),
        (false, Outcome::ClientGone, "nothing shows that a handshake ended"),
        (false, Outcome::TlsFailure, "nothing shows that a handshake ended"),
    ] {
        let (source, destination) = ("shop/checkout", "stock/inventory");
        let (own, report) = match is_source {
            true => (source, Report::source(source, destination)),
            false => (destination, Report::destination(source, destination)),
        };
        let report = report.tcp().count(5, 1).with(|key| key.security = Security::Unknown);
        let mut world = World::of(&[source, destination]);
        world.row(own, &report.ended(outcome, AnsweredBy::Nobody));
        let security = world.edge().security;
        assert_eq!((security.state, security.statement), said(SecurityState::Unknown, why), "{outcome:?}");
    }
    let beside = joined(&[(Security::Unknown, 5), (Security::Tls, 9)], &[(Security::MutualTls, 9)]);
    assert_eq!(beside, said(SecurityState::MutualTls, "both sides"));
}

#[test]
fn tls_of_the_applications_own_is_known_to_whoever_looks_inside() {
    let (own, plain) = (Security::ApplicationTls, Security::Plaintext);
    let unproven = said(SecurityState::ApplicationTls, "TLS by the application, peer unproven");
    for (source, destination) in [
        (vec![(own, 9)], vec![(own, 9)]),
        (vec![(own, 9)], vec![]),
        (vec![], vec![(own, 9)]),
        (vec![(own, 9)], vec![(plain, 9)]),
        (vec![(plain, 9)], vec![(own, 9)]),
    ] {
        assert_eq!(joined(&source, &destination), unproven, "{source:?} {destination:?}");
    }
    let part = joined(&[(own, 8), (plain, 2)], &[(plain, 10)]);
    assert_eq!(part, said(SecurityState::Plaintext, "both sides, 2 of 10 (20 %)"));
}

#[test]
fn where_a_proxy_ends_the_applications_own_tls_or_begins_it_its_word_is_the_stronger_one() {
    let own = Security::ApplicationTls;
    let ended = joined(&[(own, 9)], &[(Security::MutualTls, 9)]);
    assert_eq!(ended, said(SecurityState::MutualTls, "both sides"));
    let begun = joined(&[(Security::Tls, 9)], &[(own, 9)]);
    assert_eq!(begun, said(SecurityState::Tls, "TLS, client authentication unobserved"));
}

#[test]
fn an_edge_on_which_no_handshake_succeeded_is_not_secured_by_what_its_source_believes() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.row("shop/checkout", &Report::source("shop/checkout", "stock/inventory").tcp().count(9, 5));
    let refused = Report::destination("shop/checkout", "stock/inventory").tcp().count(9, 5).with(|key| {
        key.security = Security::Unknown;
        key.outcome = Outcome::TlsFailure;
        key.reason = Reason::UnknownIssuer;
    });
    world.row("stock/inventory", &refused);
    let security = world.edge().security;
    assert_eq!(
        (security.state, &*security.statement),
        (SecurityState::Unknown, "the destination let no connection in")
    );
}
