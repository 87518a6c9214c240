//! A filter may change what an exchange is: then each end reports it under another protocol, and neither is missing.

use hogusu_collector::analysis::agreement::{Agreement, AgreementState};
use hogusu_collector::analysis::join::Joined;
use hogusu_model::{AnsweredBy, Outcome, Peer, Protocol, Security, Service};

use crate::agreement::{A, B, received, sent};
use crate::world::{Report, World};

fn grpc(report: Report) -> Report {
    report.with(|key| key.protocol = Protocol::Grpc)
}

fn agreement(joined: &Joined, protocol: Protocol) -> Agreement {
    joined.edges.iter().find(|edge| edge.key.protocol == protocol).unwrap().agreement.clone()
}

fn assert_apart(world: &World, words: [(Protocol, &str); 2]) {
    let joined = world.join();
    for (protocol, why) in words {
        let Agreement { state, reasons, .. } = agreement(&joined, protocol);
        assert_eq!((state, reasons), (AgreementState::NotComparable, vec![why.to_owned()]), "{protocol:?}");
    }
}

#[test]
fn requests_that_the_other_end_reports_under_another_protocol_neither_agree_nor_miss_a_report() {
    let mut world = World::of(&[A, B]);
    world.row(A, &sent(10)).row(B, &grpc(received(10)));
    let words = [
        (Protocol::Http, "the destination's proxy reports them as grpc"),
        (Protocol::Grpc, "the source's proxy reports them as http"),
    ];
    assert_apart(&world, words);
}

#[test]
fn a_tunnels_connections_are_the_other_ends_requests() {
    let words = [
        (Protocol::Tcp, "the destination's proxy reports them as http"),
        (Protocol::Http, "the source's proxy reports them as tcp"),
    ];
    let mut world = World::of(&[A, B]);
    world.row(A, &sent(3).tcp()).row(B, &received(12));
    assert_apart(&world, words);
    // Others' connections to that port are no reason to miss these.
    world.row(B, &Report::destination("shop/cart", B).tcp().count(5, 4));
    assert_eq!(world.join().edges.len(), 3);
    let joined = world.join();
    let of_a = joined.edges.iter().find(|edge| edge.key.protocol == Protocol::Tcp && edge.source_report.is_some());
    assert_eq!(of_a.unwrap().agreement.reasons, ["the destination's proxy reports them as http"]);
}

#[test]
fn what_both_ends_report_under_one_protocol_is_compared_as_ever() {
    let mut world = World::of(&[A, B]);
    world.row(A, &sent(10)).row(B, &received(10));
    world.row(A, &grpc(sent(7))).row(B, &grpc(received(7)));
    for protocol in [Protocol::Http, Protocol::Grpc] {
        assert_eq!(agreement(&world.join(), protocol).state, AgreementState::Agree);
    }
    // What never arrived was not translated.
    let mut world = World::of(&[A, B]);
    let refused = sent(5).ended(Outcome::ConnectFailure, AnsweredBy::LocalProxy);
    world.row(A, &refused).row(A, &grpc(sent(7))).row(B, &grpc(received(7)));
    assert_eq!(agreement(&world.join(), Protocol::Http).state, AgreementState::Agree);
}

#[test]
fn sums_that_contradict_each_other_do_so_under_any_name() {
    let mut world = World::of(&[A, B]);
    world.row(A, &sent(10)).row(B, &grpc(received(9)));
    assert_eq!(agreement(&world.join(), Protocol::Http).state, AgreementState::Disagree);
}

#[test]
fn an_upstream_without_an_address_that_is_known_is_said_to_have_answered() {
    let mut world = World::of(&[A]);
    let inner = sent(3).plaintext().with(|key| {
        (key.peer, key.port, key.security) = (Peer::default(), 0, Security::Unknown);
        key.service = Service { host: "to-inner".to_owned(), port: 0 };
    });
    world.row(A, &inner);
    let edge = world.edge();
    assert_eq!(edge.security.statement, "nothing shows how its connections were secured");
    assert_eq!(edge.agreement.reasons, ["the upstream that answered has no address that is known"]);
    let mut world = World::of(&[A]);
    world.row(A, &inner.ended(Outcome::NoHealthyUpstream, AnsweredBy::LocalProxy));
    let edge = world.edge();
    assert_eq!(edge.security.statement, "no connection was made");
    assert_eq!(edge.agreement.reasons, ["no upstream was chosen"]);
}
