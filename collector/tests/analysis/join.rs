//! Rows become edges: both sides of one edge meet, and nothing is counted on the wrong one.

use hogusu_collector::analysis::agreement::AgreementState;
use hogusu_collector::analysis::join::{Include, join};
use hogusu_collector::period::HookConflict;
use hogusu_model::edge::End;
use hogusu_model::{AnsweredBy, Hook, Outcome, Protocol, Reason, Reporter, Traffic, Workload};

use crate::world::{Report, World, principal, workload};

#[test]
fn both_reporters_meet_on_one_edge() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.calls("shop/checkout", "stock/inventory", 120, 9);
    let edge = world.edge();
    assert_eq!(edge.key.source, End::Workload(workload("shop/checkout")));
    assert_eq!(edge.key.destination, End::Workload(workload("stock/inventory")));
    assert_eq!((edge.key.protocol, edge.key.port), (Protocol::Http, 8080));
    assert_eq!(edge.source_report.unwrap().count(), 120);
    assert_eq!(edge.destination_report.unwrap().count(), 120);
    let services: Vec<_> = edge.services.iter().map(|service| (service.host.as_str(), service.port)).collect();
    assert_eq!(services, [("inventory.stock.svc.cluster.local", 80)]);
    assert!(edge.source.principals.contains(&principal("shop/checkout")));
    assert!(edge.source.service_accounts.contains("checkout"));
    assert_eq!(edge.destination.trust_domain, "cluster.local");
}

#[test]
fn one_reporter_alone_is_already_an_edge() {
    let mut world = World::of(&["stock/inventory"]);
    world.row("stock/inventory", &Report::destination("legacy/cron", "stock/inventory").plaintext().count(600, 2));
    let edge = world.edge();
    assert_eq!(edge.label(), "legacy/cron -> stock/inventory");
    assert!(edge.source_report.is_none());
}

#[test]
fn a_request_without_an_upstream_is_an_edge_to_the_service_it_asked_for() {
    let mut world = World::of(&["shop/checkout"]);
    let row = Report::source("shop/checkout", "stock/inventory").count(3, 1);
    let row = row.ended(Outcome::NoHealthyUpstream, AnsweredBy::LocalProxy).with(|key| {
        key.peer = hogusu_model::Peer::default();
        key.port = 0;
    });
    world.row("shop/checkout", &row);
    let edge = world.edge();
    assert_eq!(edge.key.destination, End::Service("inventory.stock.svc.cluster.local".to_owned()));
    assert_eq!(edge.key.port, 80);
}

#[test]
fn an_unnamed_peer_without_an_address_is_unknown() {
    let mut world = World::of(&["stock/inventory"]);
    let row = Report::destination("shop/checkout", "stock/inventory").plaintext().count(5, 1);
    world.row("stock/inventory", &row.with(|key| key.peer = hogusu_model::Peer::default()));
    assert_eq!(world.edge().key.source, End::Unknown);
}

#[test]
fn what_exceeded_a_bound_is_on_an_overflow_edge_and_summed() {
    let mut world = World::of(&["shop/checkout"]);
    let row = Report::source("shop/checkout", "stock/inventory").count(40, 1).with(|key| {
        key.overflow = true;
        (key.peer, key.service, key.port) = (hogusu_model::Peer::default(), hogusu_model::Service::default(), 0);
    });
    world.row("shop/checkout", &row);
    let joined = world.join();
    assert_eq!(joined.edges[0].key.destination, End::Overflow);
    assert_eq!(joined.overflow, 40);
}

#[test]
fn probes_and_telemetry_are_left_out_counted_and_on_the_map_when_asked_for() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.calls("shop/checkout", "stock/inventory", 10, 5);
    let probe = Report::destination("shop/checkout", "stock/inventory").plaintext().count(30, 1);
    world.row(
        "stock/inventory",
        &probe.with(|key| (key.traffic, key.peer) = (Traffic::Probe, hogusu_model::Peer::default())),
    );
    let telemetry = Report::source("shop/checkout", "stock/inventory").count(7, 1);
    world.row(
        "shop/checkout",
        &telemetry.with(|key| (key.traffic, key.peer.workload) = (Traffic::Telemetry, Workload::default())),
    );
    let joined = world.join();
    assert_eq!((joined.left_out.probe, joined.left_out.telemetry, joined.edges.len()), (30, 7, 1));
    let joined = join(&world.period, Include { probe: true, ..Include::default() });
    assert_eq!((joined.left_out.probe, joined.left_out.telemetry, joined.edges.len()), (0, 7, 2));
}

#[test]
fn requests_that_two_hooks_count_are_taken_once_and_the_rest_is_counted_apart() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.calls("shop/checkout", "stock/inventory", 10, 5);
    let twice = Report::destination("shop/checkout", "stock/inventory").count(10, 5);
    world.row_by(Hook::HttpFilter, "stock/inventory", &twice);
    let proxy = world.sender("stock/inventory").proxy.id.clone();
    let conflict = HookConflict {
        proxy,
        workload: workload("stock/inventory"),
        side: Reporter::Destination,
        hooks: (Hook::AccessLog, Hook::HttpFilter),
    };
    world.period.conflicts.push(conflict);
    let joined = world.join();
    assert_eq!(joined.edges[0].destination_report.as_ref().unwrap().count(), 10);
    let left_out = |hook| (workload("stock/inventory"), Reporter::Destination, hook);
    assert_eq!(joined.conflicting[&left_out(Hook::HttpFilter)], 10);
}

#[test]
fn only_what_both_hooks_of_the_same_proxy_have_is_guessed_to_be_the_same() {
    let mut world = World::of(&["shop/checkout", "stock/inventory", "stock/pricing"]);
    let to = |destination: &str, count| Report::source("shop/checkout", destination).count(count, 5);
    let (proxy, both) = (world.sender("shop/checkout").proxy.id.clone(), to("stock/inventory", 10));
    world.row("shop/checkout", &both).row_by(Hook::HttpFilter, "shop/checkout", &both);
    world.row_by(Hook::HttpFilter, "shop/checkout", &to("stock/pricing", 6));
    for reporter in &mut world.period.reporters {
        reporter.proxy.clone_from(&proxy);
    }
    // A sibling pod has the filter alone.
    world.row_by(Hook::HttpFilter, "shop/checkout", &to("stock/inventory", 7));
    let (workload, side) = (workload("shop/checkout"), Reporter::Source);
    world.period.conflicts.push(HookConflict { proxy, workload, side, hooks: (Hook::AccessLog, Hook::HttpFilter) });
    let mut sibling = world.sender("shop/checkout").clone();
    (sibling.hook, sibling.proxy.id) = (Hook::HttpFilter, "sidecar~sibling".to_owned());
    world.period.senders.push(sibling);
    let joined = world.join();
    let counts: Vec<_> = joined.edges.iter().map(|edge| edge.source_report.as_ref().unwrap().count()).collect();
    assert_eq!(counts, [17, 6]);
    assert_eq!(joined.conflicting.into_values().collect::<Vec<_>>(), [10]);
}

#[test]
fn what_a_logger_says_a_filter_counts_too_is_taken_once_and_nothing_else_is_left_out() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    let report = |count| Report::destination("shop/checkout", "stock/inventory").count(count, 5);
    world.row("stock/inventory", &report(4));
    world.row("stock/inventory", &report(10).with(|key| key.twice = true));
    world.row_by(Hook::HttpFilter, "stock/inventory", &report(16));
    let joined = world.join();
    assert_eq!(joined.edges[0].destination_report.as_ref().unwrap().count(), 20);
    let left_out = (workload("stock/inventory"), Reporter::Destination, Hook::AccessLog);
    assert_eq!(joined.conflicting.into_iter().collect::<Vec<_>>(), [(left_out, 10)]);
}

#[test]
fn attempts_are_attached_to_their_edge_and_never_added_to_requests() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.calls("shop/checkout", "stock/inventory", 10, 5);
    let attempts = Report::source("shop/checkout", "stock/inventory").attempts().count(13, 5);
    world.row_by(Hook::UpstreamLog, "shop/checkout", &attempts);
    let edge = world.edge();
    let source = edge.source_report.unwrap();
    assert_eq!(source.count(), 10);
    let logged: u64 = source.attempts.unwrap().values().map(hogusu_model::Histogram::count).sum();
    assert_eq!(logged, 13);
}

#[test]
fn a_source_that_went_away_itself_did_not_fail() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    let row =
        |outcome, by, count| Report::source("shop/checkout", "stock/inventory").ended(outcome, by).count(count, 4);
    world.row("shop/checkout", &row(Outcome::Ok, AnsweredBy::Upstream, 90));
    world.row("shop/checkout", &row(Outcome::ClientGone, AnsweredBy::Nobody, 5));
    world.row("shop/checkout", &row(Outcome::ServerError, AnsweredBy::Upstream, 3));
    world.row("shop/checkout", &row(Outcome::InjectedFault, AnsweredBy::LocalProxy, 2));
    let side = world.edge().source_report.unwrap();
    assert_eq!((side.count(), side.failed(), side.injected(), side.judged()), (100, 3, 2, 98));
}

#[test]
fn a_delay_on_purpose_poisons_no_quantile_whatever_the_answer_was() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.calls("shop/checkout", "stock/inventory", 100, 9);
    let delayed = |outcome, reason| {
        let report = Report::source("shop/checkout", "stock/inventory").ended(outcome, AnsweredBy::Upstream);
        report.with(|key| key.reason = reason).count(50, 5_000)
    };
    world.row("shop/checkout", &delayed(Outcome::InjectedDelay, Reason::None));
    world.row("shop/checkout", &delayed(Outcome::ServerError, Reason::InjectedDelay));
    world.row("shop/checkout", &delayed(Outcome::ServerError, Reason::None));
    let side = world.edge().source_report.unwrap();
    assert_eq!((side.count(), side.failed(), side.judged(), side.delayed()), (250, 100, 250, 100));
    let counted = side.answers().count();
    assert_eq!(counted, 150, "the answers that nothing held on purpose");
}

#[test]
fn the_life_of_a_stream_poisons_no_quantile_and_is_counted_apart() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.calls("shop/checkout", "stock/inventory", 130, 1);
    let stream = |outcome| {
        let report = Report::source("shop/checkout", "stock/inventory").ended(outcome, AnsweredBy::Upstream);
        report.with(|key| key.streaming = true).count(3, 3_000)
    };
    world.row("shop/checkout", &stream(Outcome::Ok));
    world.row("shop/checkout", &stream(Outcome::ClientGone));
    let side = world.edge().source_report.unwrap();
    assert_eq!((side.count(), side.failed(), side.judged(), side.streaming()), (136, 0, 136, 6));
    assert_eq!(side.answers().count(), 130, "the requests alone");
    let lives = side.outcomes.iter().filter(|(class, _)| class.streaming).map(|(_, tally)| tally.duration.count());
    assert_eq!(lives.collect::<Vec<_>>(), [3, 3], "each outcome's lives stand apart");
}

#[test]
fn a_fault_on_purpose_never_reached_the_destination_whether_its_source_waited_or_not() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.calls("shop/checkout", "stock/inventory", 100, 9);
    for by in [AnsweredBy::LocalProxy, AnsweredBy::Nobody] {
        let fault = Report::source("shop/checkout", "stock/inventory").ended(Outcome::InjectedFault, by);
        world.row("shop/checkout", &fault.count(10, 1));
    }
    let agreement = world.edge().agreement;
    assert_eq!((agreement.state, agreement.connect_failures), (AgreementState::Agree, 20), "{agreement:?}");
}

#[test]
fn a_pod_that_metadata_takes_for_a_workload_is_its_proxys_workload() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.calls("shop/checkout", "stock/inventory", 10, 9);
    let pod = world.sender("stock/inventory").proxy.pod.clone();
    assert!(!pod.is_empty() && pod != "inventory");
    let named = |name: &str| {
        let name = name.to_owned();
        Report::source("shop/checkout", "stock/inventory").with(|key| key.peer.workload.name = name).count(5, 9)
    };
    world.row("shop/checkout", &named(&pod));
    assert_eq!(world.edge().source_report.unwrap().count(), 15);
    world.row("shop/checkout", &named("inventory-of-nobody"));
    assert_eq!(world.join().edges.len(), 2, "what no proxy says is its pod stays what the metadata calls it");
}

#[test]
fn timeouts_do_not_poison_the_quantiles_of_answers() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.calls("shop/checkout", "stock/inventory", 100, 9);
    let timeout = Report::source("shop/checkout", "stock/inventory").ended(Outcome::Timeout, AnsweredBy::LocalProxy);
    world.row("shop/checkout", &timeout.count(50, 5_000));
    let answers = world.edge().source_report.unwrap().answers();
    assert_eq!(answers.count(), 100);
}
