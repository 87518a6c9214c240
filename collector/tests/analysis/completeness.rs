//! Three numbers, never folded into one: proxies, time, batches.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_collector::analysis::completeness::{Completeness, measure};
use hogusu_collector::analysis::expected::Expected;
use hogusu_collector::analysis::refused::Observing;
use hogusu_collector::api::expected_file;
use hogusu_collector::report::Selection;
use hogusu_collector::report::build::map;
use hogusu_model::Hook;

use crate::world::{FROM, SECOND, World, demo};

const THREE: [&str; 3] = ["shop/checkout", "stock/inventory", "stock/pricing"];

fn killed(world: &mut World, name: &str) {
    let sender = world.sender(name);
    (sender.closed, sender.unclosed) = (false, true);
    sender.last_end = FROM + 100 * SECOND;
    sender.covered = 100 * SECOND;
}

#[test]
fn without_an_expected_set_completeness_is_unknown() {
    let complete = measure(&World::of(&THREE).period, None);
    assert_eq!((complete.proxies.reporting, complete.proxies.expected), (3, None));
    assert_eq!(complete.proxies.statement(), "3 seen so far, completeness unknown");
}

#[test]
fn a_killed_proxy_is_silent_unclosed_and_leaves_time_uncovered() {
    let mut world = World::of(&THREE);
    killed(&mut world, "stock/pricing");
    let complete = measure(&world.period, None);
    let Completeness { covered, expected, unclosed_senders, .. } = complete;
    assert_eq!((covered, expected, unclosed_senders), (700 * SECOND, 900 * SECOND, 1));
    assert_eq!((complete.proxies.reporting, complete.proxies.seen), (2, 3));
    let silent = &complete.proxies.silent[0];
    assert_eq!((silent.workload.as_str(), silent.since), ("stock/pricing", Some(FROM + 100 * SECOND)));
}

#[test]
fn a_proxy_that_was_killed_and_runs_again_is_not_silent_but_its_old_sender_is_unclosed() {
    let mut world = World::of(&THREE);
    killed(&mut world, "stock/pricing");
    let mut successor = world.sender("stock/pricing").clone();
    (successor.unclosed, successor.first_start, successor.last_end) = (false, FROM + 120 * SECOND, FROM + 300 * SECOND);
    world.period.senders.push(successor);
    let complete = measure(&world.period, None);
    assert_eq!((complete.proxies.silent.len(), complete.proxies.reporting, complete.unclosed_senders), (0, 3, 1));
}

#[test]
fn several_workers_and_hooks_are_one_proxy() {
    let mut world = World::of(&THREE);
    let mut other = world.sender("shop/checkout").clone();
    other.hook = Hook::UpstreamLog;
    world.period.senders.push(other);
    assert_eq!(measure(&world.period, None).proxies.seen, 3);
}

#[test]
fn refused_connections_are_observed_only_where_a_sidecar_has_the_listener_s_own_log() {
    let mut world = World::of(&THREE);
    let said = |world: &World| Observing::of(&world.period).statement();
    assert_eq!(said(&world), "refused connections not observed");
    let mut gateway = world.sender("shop/checkout").clone();
    gateway.proxy.id = "router~10.0.0.99~gateway-0.shop~shop".to_owned();
    world.period.senders.push(gateway);
    for (workload, statement) in [
        (THREE[0], "refused connections observed by 1 of 3 sidecars"),
        (THREE[1], "refused connections observed by 2 of 3 sidecars"),
        (THREE[2], "refused connections observed"),
    ] {
        let mut listener = world.sender(workload).clone();
        listener.hook = Hook::ListenerLog;
        world.period.senders.push(listener);
        assert_eq!(said(&world), statement);
    }
}

#[test]
fn expected_proxies_that_never_reported_are_silent_and_unexpected_ones_do_not_stand_in_for_them() {
    let world = World::of(&THREE);
    let known = world.period.senders[0].proxy.id.clone();
    let expected = Expected::Proxies(BTreeSet::from([known, "sidecar~10.9.9.9~gone-0.shop~shop".to_owned()]));
    let complete = measure(&world.period, Some(&expected));
    assert_eq!((complete.proxies.statement().as_str(), complete.proxies.seen), ("1/2", 3));
    let silent = &complete.proxies.silent[0];
    assert_eq!((silent.proxy.as_str(), silent.since), ("sidecar~10.9.9.9~gone-0.shop~shop", None));
}

#[test]
fn a_workload_that_reports_with_fewer_proxies_than_expected_is_short_of_them() {
    let mut world = World::of(&THREE);
    killed(&mut world, "stock/pricing");
    let wanted = |namespace: &str, name: &str, proxies| ((namespace.to_owned(), name.to_owned()), proxies);
    let expected =
        BTreeMap::from([wanted("shop", "checkout", 1), wanted("stock", "inventory", 3), wanted("stock", "pricing", 1)]);
    let complete = measure(&world.period, Some(&Expected::Workloads(expected)));
    assert_eq!(complete.proxies.statement(), "2/5");
    let silent: Vec<_> =
        complete.proxies.silent.iter().map(|one| (one.workload.as_str(), one.since.is_some())).collect();
    assert_eq!(silent, [("stock/inventory", false), ("stock/inventory", false), ("stock/pricing", true)]);
}

#[test]
fn lost_batches_stand_apart_from_covered_time() {
    let mut world = World::of(&THREE);
    let sender = world.sender("shop/checkout");
    (sender.lost_batches, sender.lost_exchanges) = (2, 77);
    world.period.late_parts = 4;
    let complete = measure(&world.period, None);
    assert_eq!((complete.lost_batches, complete.lost_exchanges, complete.late_parts), (2, 77, 4));
    assert_eq!((complete.covered, complete.expected), (900 * SECOND, 900 * SECOND));
}

#[test]
fn the_expected_file_names_proxies_or_counts_per_workload_and_nothing_else() {
    let proxies = expected_file::parse(r#"{"proxies":["sidecar~a","sidecar~b"]}"#).unwrap();
    assert_eq!(proxies.count(), 2);
    let workloads =
        expected_file::parse(r#"{"workloads":[{"namespace":"shop","name":"orders","proxies":2}]}"#).unwrap();
    assert_eq!(workloads.count(), 2);
    for (text, why) in [
        ("{}", "neither"),
        (r#"{"proxies":[],"workloads":[]}"#, "both"),
        (r#"{"proxies":["a","a"]}"#, "a is named twice"),
        (r#"{"proxys":[]}"#, "unknown field `proxys`"),
        ("[", "it must be"),
    ] {
        let error = expected_file::parse(text).unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
}

/// A pod of a stateful set, with the address that another k8s cluster gives out too, has the same node id there.
#[test]
fn proxies_of_two_k8s_clusters_with_one_node_id_are_two() {
    let mut world = World::of(&["c1/shop/web"]);
    world.proxy("c2/shop/web", "10.0.0.1").first_start = FROM + 120 * SECOND;
    assert_eq!(world.period.senders[0].proxy.id, world.period.senders[1].proxy.id);
    killed(&mut world, "c1/shop/web");
    let (complete, id) = (measure(&world.period, None), world.period.senders[0].proxy.id.clone());
    assert_eq!((complete.proxies.seen, complete.proxies.reporting), (2, 1));
    let silent: Vec<_> = complete.proxies.silent.iter().map(|one| one.since).collect();
    assert_eq!(silent, [Some(FROM + 100 * SECOND)], "the other one does not stand in for it");
    let observing = Observing::of(&world.period);
    assert_eq!((observing.observing, observing.sidecars), (0, 2));
    let declared = Expected::Proxies(BTreeSet::from([id]));
    assert_eq!(measure(&world.period, Some(&declared)).proxies.statement(), "1/1");
}

#[test]
fn rates_divide_by_the_time_since_the_first_sender_began_covered_or_not() {
    let mut world = demo();
    let shown = |world: &World| {
        let map = map(&world.period, None, &Selection::default());
        let side = map.edges.iter().find_map(|edge| edge.source_report.clone()).unwrap();
        (map.observed.seconds, side.count, side.rate_per_s)
    };
    let from = world.period.from;
    for (began, covered) in [(0, 300), (0, 1), (100, 1)] {
        for sender in &mut world.period.senders {
            (sender.first_start, sender.covered) = (from + began * SECOND, covered * SECOND);
        }
        let (seconds, count, rate) = shown(&world);
        assert_eq!(seconds, (world.period.to.min(world.period.now) - from) as f64 / 1e9 - began as f64);
        assert!((rate - count as f64 / seconds).abs() < 1e-9, "{rate}");
    }
}
