//! The record over time: what begins, changes and ends, what was not seen, and what is kept.

use std::collections::HashSet;

use hogusu_collector::kubernetes::history::History;
use hogusu_collector::kubernetes::pod::{Pod, Standing, Tenure};
use hogusu_collector::limits;

use crate::manifests::SECOND;

const BEGAN: u64 = 1_000 * SECOND;

pub(crate) fn pod(uid: &str, address: &str) -> Pod {
    Pod {
        uid: uid.to_owned(),
        namespace: "shop".to_owned(),
        name: format!("{uid}-0"),
        workload: uid.to_owned(),
        service_account: uid.to_owned(),
        node: "node1".to_owned(),
        zone: "z1".to_owned(),
        addresses: vec![address.parse().unwrap()],
        node_addresses: Vec::new(),
        standing: Standing::Apart,
    }
}

/// (uid, start, end, whether the end is uncertain), by uid and start.
fn all(history: &History) -> Vec<(&str, u64, Option<u64>, bool)> {
    let seconds = |nanos: u64| nanos / SECOND;
    let row = |tenure: &'_ Tenure| (seconds(tenure.from), tenure.to.map(seconds), tenure.uncertain);
    let within = history.within(0, u64::MAX);
    within.map(|tenure| (tenure.pod.uid.as_str(), row(tenure))).map(|(uid, (a, b, c))| (uid, a, b, c)).collect()
}

fn watched(at: u64) -> History {
    let mut history = History::default();
    history.watched(at * SECOND);
    history
}

#[test]
fn a_pod_is_recorded_from_its_start_to_the_moment_it_is_seen_to_go() {
    let mut history = watched(1_000);
    history.seen(pod("a", "10.0.0.1"), 990 * SECOND, BEGAN);
    history.seen(pod("a", "10.0.0.1"), 990 * SECOND, BEGAN + SECOND);
    assert_eq!(all(&history), [("a", 990, None, false)]);
    history.gone("a", 1_010 * SECOND);
    assert_eq!(all(&history), [("a", 990, Some(1_010), false)]);
    history.gone("a", 1_020 * SECOND);
    assert_eq!(all(&history), [("a", 990, Some(1_010), false)], "once gone, it is gone");
}

#[test]
fn what_changes_begins_anew_where_the_last_stretch_ended() {
    let mut history = watched(1_000);
    history.seen(pod("a", "10.0.0.1"), BEGAN, BEGAN);
    history.watched(1_020 * SECOND);
    history.seen(pod("a", "10.0.0.9"), BEGAN, 1_020 * SECOND);
    assert_eq!(all(&history), [("a", 1_000, Some(1_020), false), ("a", 1_020, None, false)]);
}

#[test]
fn a_pod_that_went_while_nobody_watched_ends_when_that_began_and_says_so() {
    let mut history = watched(1_000);
    history.seen(pod("a", "10.0.0.1"), BEGAN, BEGAN);
    history.seen(pod("b", "10.0.0.2"), BEGAN, BEGAN);
    history.seen(pod("c", "10.0.0.3"), BEGAN, BEGAN);
    // Ten minutes later: one is not listed, one has another address, one is as it was.
    history.listed(&HashSet::from(["b".to_owned(), "c".to_owned()]), 1_600 * SECOND);
    history.seen(pod("b", "10.0.0.9"), BEGAN, 1_600 * SECOND);
    history.seen(pod("c", "10.0.0.3"), BEGAN, 1_600 * SECOND);
    let expected = [
        ("a", 1_000, Some(1_000), true),
        ("b", 1_000, Some(1_000), true),
        ("b", 1_600, None, false),
        ("c", 1_000, None, false),
    ];
    assert_eq!(all(&history), expected);
}

#[test]
fn a_pod_that_a_complete_list_does_not_name_while_all_is_watched_is_gone_now() {
    let mut history = watched(1_000);
    history.seen(pod("a", "10.0.0.1"), BEGAN, BEGAN);
    history.listed(&HashSet::new(), 1_005 * SECOND);
    assert_eq!(all(&history), [("a", 1_000, Some(1_005), false)]);
}

#[test]
fn what_ended_before_its_time_is_forgotten_and_what_goes_on_never_is() {
    let mut history = watched(1_000);
    history.seen(pod("old", "10.0.0.1"), BEGAN, BEGAN);
    history.seen(pod("new", "10.0.0.2"), BEGAN, BEGAN);
    history.gone("old", 1_010 * SECOND);
    history.take_changes();
    history.retain(1_011 * SECOND);
    assert_eq!(all(&history), [("new", 1_000, None, false)]);
    let changes = history.take_changes();
    assert_eq!(changes.tenures, [(("old".to_owned(), BEGAN), None)], "its file forgets it too");
    assert_eq!(history.forgotten(), 0);
}

#[test]
fn beyond_the_bound_those_that_ended_first_go_and_are_counted() {
    let mut history = watched(1_000);
    for number in 0..=limits::TENURES {
        history.seen(pod(&format!("{number:06}"), "10.0.0.1"), BEGAN, BEGAN);
        history.gone(&format!("{number:06}"), BEGAN + number as u64);
    }
    history.retain(0);
    assert_eq!((history.len(), history.forgotten()), (limits::TENURES, 1));
    assert_eq!(all(&history)[0].0, "000001");
}
