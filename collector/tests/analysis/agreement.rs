//! Rule 7: what both reporters count must fit, or it is said that they disagree, or why it cannot be told.

use hogusu_collector::analysis::agreement::{Agreement, AgreementState};
use hogusu_collector::analysis::join::Joined;
use hogusu_model::{AnsweredBy, Hook, Outcome, Security};

use crate::world::{FROM, Report, SECOND, TO, World, principal};

pub(crate) const A: &str = "shop/checkout";
pub(crate) const B: &str = "stock/inventory";

/// What A reports of requests to B.
pub(crate) fn sent(count: u64) -> Report {
    Report::source(A, B).count(count, 5)
}

/// What B reports of requests from A.
pub(crate) fn received(count: u64) -> Report {
    Report::destination(A, B).count(count, 4)
}

/// What the router's log says: `answered` attempts with an answer, `reset` ones without, `refused` connections.
fn logged(world: &mut World, source: &str, (answered, reset, refused): (u64, u64, u64)) {
    let row = |count: u64| Report::source(source, B).attempts().count(count, 5);
    world.row_by(Hook::UpstreamLog, source, &row(answered));
    if reset > 0 {
        let reset = row(reset).ended(Outcome::ResetBeforeHeaders, AnsweredBy::Nobody);
        world.row_by(Hook::UpstreamLog, source, &reset);
    }
    if refused > 0 {
        // Without a connection there is no certificate on it.
        let refused = row(refused).ended(Outcome::ConnectFailure, AnsweredBy::LocalProxy).plaintext();
        world.row_by(Hook::UpstreamLog, source, &refused.with(|key| key.security = Security::Unknown));
    }
}

fn attempts_against(logs: (u64, u64, u64), at_destination: u64) -> Agreement {
    let mut world = World::of(&[A, B]);
    world.row(A, &sent(1_000)).row(B, &received(at_destination));
    logged(&mut world, A, logs);
    world.edge().agreement
}

#[test]
fn the_destination_may_count_only_between_attempts_proven_and_attempts_sent() {
    // 1,000 answered, 4 reset, 3 refused: 1,007 attempts, of which 7 are not proven and 3 certainly never arrived.
    for (found, state) in [
        (999, AgreementState::Disagree),
        (1_000, AgreementState::Agree),
        (1_002, AgreementState::Agree),
        (1_004, AgreementState::Agree),
        (1_005, AgreementState::Disagree),
    ] {
        let agreement = attempts_against((1_000, 4, 3), found);
        assert_eq!(agreement.state, state, "{found} at the destination: {:?}", agreement.reasons);
        assert_eq!((agreement.attempts, agreement.undetermined, agreement.connect_failures), (Some(1_007), 7, 3));
        assert_eq!(agreement.requests_at_destination, Some(found));
    }
}

#[test]
fn where_nothing_is_undetermined_only_equality_agrees() {
    assert_eq!(attempts_against((1_000, 0, 0), 1_000).state, AgreementState::Agree);
    let short = attempts_against((1_000, 0, 0), 998);
    assert_eq!(short.state, AgreementState::Disagree);
    assert_eq!(short.reasons, ["the source proves at least 1,000 requests, the destination counts 998"]);
    let over = attempts_against((1_000, 0, 0), 1_001);
    assert_eq!(
        over.reasons,
        [
            "the source sent at most 1,000 requests, the destination counts 1,001; what a proxy sends of its own, as mirrored requests, is in none of its logs"
        ]
    );
}

#[test]
fn sources_that_share_a_principal_are_compared_together_and_never_split() {
    let mut world = World::of(&[A, "shop/worker", B]);
    world.sender("shop/worker").proxy.service_account = "checkout".to_owned();
    world.row(A, &sent(60));
    let worker = Report::source("shop/worker", B).count(40, 5).with(|key| key.own_principal = principal(A));
    world.row("shop/worker", &worker);
    // The destination takes all of them for the first workload.
    world.row(B, &received(100));
    let joined = world.join();
    for edge in &joined.edges {
        assert_eq!(edge.agreement.state, AgreementState::Agree, "{}: {:?}", edge.label(), edge.agreement.reasons);
        assert_eq!(edge.agreement.requests_at_destination, Some(100));
    }
    assert_eq!(joined.edges.len(), 2);
}

#[test]
fn connect_failures_belong_to_their_source_although_no_certificate_was_seen() {
    let mut world = World::of(&[A, B]);
    world.row(A, &sent(10)).row(B, &received(10));
    let refused = Report::source(A, B).count(5, 1).ended(Outcome::ConnectFailure, AnsweredBy::LocalProxy).plaintext();
    world.row(A, &refused.with(|key| key.security = Security::Unknown));
    let agreement = world.edge().agreement;
    assert_eq!(agreement.state, AgreementState::Agree, "{:?}", agreement.reasons);
    assert_eq!((agreement.undetermined, agreement.connect_failures), (5, 5));
}

#[test]
fn without_a_router_log_more_at_the_destination_may_be_retries_and_cannot_be_told() {
    let mut world = World::of(&[A, B]);
    world.row(A, &sent(100)).row(B, &received(103));
    let agreement = world.edge().agreement;
    assert_eq!((agreement.state, agreement.attempts), (AgreementState::NotComparable, None));
    assert!(agreement.reasons[1].starts_with("retries cannot be told"), "{:?}", agreement.reasons);
}

#[test]
fn attempts_that_the_requests_state_bound_the_destination_too() {
    let mut row = sent(100);
    row.data.attempts = Some(103);
    for (found, state) in [(103, AgreementState::Agree), (104, AgreementState::Disagree)] {
        let mut world = World::of(&[A, B]);
        world.row(A, &row).row(B, &received(found));
        assert_eq!(world.edge().agreement.state, state);
    }
}

#[test]
fn fewer_at_the_destination_than_the_source_proves_is_a_disagreement_even_without_a_router_log() {
    let mut world = World::of(&[A, B]);
    world.row(A, &sent(100)).row(B, &received(99));
    assert_eq!(world.edge().agreement.state, AgreementState::Disagree);
}

#[test]
fn one_reporter_alone_is_neither_agreement_nor_disagreement() {
    let mut world = World::of(&[A]);
    world.row(A, &sent(100));
    let agreement = world.edge().agreement;
    assert_eq!((agreement.state, agreement.requests_at_destination), (AgreementState::OneReporter, None));
    assert_eq!(agreement.reasons, ["no report from the destination's proxy"]);
    let mut world = World::of(&[B]);
    world.row(B, &received(100));
    assert_eq!(world.edge().agreement.reasons, ["no report from the source's proxy"]);
}

#[test]
fn a_destination_that_reports_the_port_but_none_of_the_requests_disagrees() {
    let mut world = World::of(&[A, B, "shop/cart"]);
    world.row(A, &sent(100)).calls("shop/cart", B, 10, 5);
    let edge = find(&world.join(), A);
    assert_eq!(edge.state, AgreementState::Disagree);
    assert_eq!(edge.requests_at_destination, Some(0));
}

#[test]
fn requests_of_unknown_source_may_be_the_missing_ones() {
    let mut world = World::of(&[A, B]);
    world.row(A, &sent(100)).row(B, &received(90));
    let stranger = Report::destination(A, B).plaintext().count(10, 4);
    world.row(B, &stranger.with(|key| key.peer = hogusu_model::Peer::default()));
    let edge = find(&world.join(), A);
    assert_eq!(edge.state, AgreementState::NotComparable);
    assert!(edge.reasons.iter().any(|reason| reason.contains("unknown source")), "{:?}", edge.reasons);
}

#[test]
fn lost_batches_and_unclosed_senders_make_counts_not_comparable() {
    let mut world = World::of(&[A, B]);
    world.row(A, &sent(100)).row(B, &received(80));
    let sender = world.sender(B);
    (sender.lost_batches, sender.lost_exchanges) = (2, 20);
    let agreement = world.edge().agreement;
    assert_eq!(agreement.state, AgreementState::NotComparable);
    assert_eq!(agreement.reasons, ["2 batches lost with 20 exchanges"]);
    let sender = world.sender(B);
    (sender.lost_batches, sender.closed, sender.unclosed) = (0, false, true);
    assert_eq!(world.edge().agreement.reasons, ["1 sender went silent without an end"]);
}

#[test]
fn while_traffic_flows_over_the_ends_of_the_period_only_larger_differences_count() {
    let against = |found: u64| {
        let mut world = World::of(&[A, B]);
        for name in [A, B] {
            let sender = world.sender(name);
            (sender.first_start, sender.closed) = (FROM - 100 * SECOND, false);
        }
        world.row(A, &sent(3_000)).row(B, &received(found));
        world.edge().agreement.state
    };
    // 10 a second and 5 s at each of two ends: 100 requests may be on the other side.
    assert_eq!(against(3_000), AgreementState::Agree);
    assert_eq!(against(2_900), AgreementState::NotComparable);
    assert_eq!(against(2_899), AgreementState::Disagree);
}

#[test]
fn what_is_not_sealed_yet_may_be_missing() {
    let mut world = World::of(&[A, B]);
    world.row(A, &sent(3_000)).row(B, &received(2_800));
    assert_eq!(world.edge().agreement.state, AgreementState::Disagree);
    world.period.sealed_to = TO - 20 * SECOND;
    assert_eq!(world.edge().agreement.state, AgreementState::NotComparable);
}

#[test]
fn connections_that_the_sources_proxy_did_not_let_through_may_have_been_made_or_not() {
    for found in [4, 7, 10] {
        let mut world = World::of(&[A, B]);
        let denied = sent(6).tcp().ended(Outcome::Denied, AnsweredBy::Nobody);
        world.row(A, &sent(4).tcp()).row(A, &denied).row(B, &received(found).tcp());
        let agreement = world.edge().agreement;
        assert_eq!(agreement.state, AgreementState::Agree, "{found}: {:?}", agreement.reasons);
    }
    for found in [3, 11] {
        let mut world = World::of(&[A, B]);
        let denied = sent(6).tcp().ended(Outcome::Denied, AnsweredBy::Nobody);
        world.row(A, &sent(4).tcp()).row(A, &denied).row(B, &received(found).tcp());
        assert_eq!(world.edge().agreement.state, AgreementState::Disagree, "{found}");
    }
}

#[test]
fn tcp_connections_are_compared_as_connections() {
    let mut world = World::of(&[A, B]);
    world.row(A, &sent(8).tcp()).row(B, &received(8).tcp());
    assert_eq!(world.edge().agreement.state, AgreementState::Agree);
    let mut world = World::of(&[A, B]);
    world.row(A, &sent(8).tcp()).row(B, &received(9).tcp());
    assert_eq!(world.edge().agreement.state, AgreementState::Disagree);
}

#[test]
fn a_connection_whose_handshake_failed_or_was_left_at_the_destination_may_be_made_or_failed_for_its_source() {
    use Outcome::{ClientGone, ConnectFailure, Ok, TlsFailure};
    for (at_source, at_destination) in [
        (Ok, TlsFailure),
        (TlsFailure, TlsFailure),
        (Ok, ClientGone),
        (TlsFailure, ClientGone),
        (ConnectFailure, ClientGone),
    ] {
        let mut world = World::of(&["shop/checkout", "stock/inventory"]);
        let report = Report::source("shop/checkout", "stock/inventory").tcp().count(9, 5);
        world.row("shop/checkout", &report.with(|key| key.outcome = at_source));
        let report = Report::destination("shop/checkout", "stock/inventory").tcp().count(9, 5);
        let broken = report.with(|key| (key.outcome, key.security) = (at_destination, Security::Unknown));
        world.row("stock/inventory", &broken);
        assert_eq!(world.edge().agreement.state, AgreementState::Agree, "{at_source}, {at_destination}");
    }
}

#[test]
fn a_principal_of_the_source_that_its_own_proxy_never_presented_is_a_disagreement() {
    let mut world = World::of(&[A, B]);
    world.row(A, &sent(100).with(|key| key.own_principal = principal("shop/other")));
    world.row(B, &received(100));
    let agreement = world.edge().agreement;
    assert_eq!(agreement.state, AgreementState::Disagree);
    let why = "the source shop/checkout presents spiffe://cluster.local/ns/shop/sa/other; the other side saw \
               spiffe://cluster.local/ns/shop/sa/checkout";
    assert_eq!(agreement.reasons[0], why);
}

#[test]
fn an_overflow_edge_is_not_comparable() {
    let mut world = World::of(&[A, B]);
    let folded = received(5).with(|key| (key.overflow, key.peer) = (true, hogusu_model::Peer::default()));
    world.row(B, &folded);
    assert_eq!(world.edge().agreement.state, AgreementState::NotComparable);
}

fn find(joined: &Joined, source: &str) -> Agreement {
    let label = format!("{source} -> {B}");
    joined.edges.iter().find(|edge| edge.label() == label).unwrap().agreement.clone()
}
