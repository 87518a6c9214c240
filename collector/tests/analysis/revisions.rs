//! Revisions of a workload: together on its edge, apart in the facts.

use hogusu_collector::report::build::map;
use hogusu_collector::report::side::Revision;
use hogusu_collector::report::{Map, Selection};
use hogusu_model::{AnsweredBy, Outcome};

use crate::world::{Report, World};

const SOURCE: &str = "shop/web";
const DESTINATION: &str = "shop/orders";

/// Both sides' reports between these revisions.
fn between(world: &mut World, source: &str, destination: &str, count: u64, failed: u64) {
    for (outcome, count) in [(Outcome::Ok, count - failed), (Outcome::ServerError, failed)] {
        if count == 0 {
            continue;
        }
        let of = |report: Report, own: &str, peer: &str| {
            let mut report = report.count(count, 5).with(|key| key.peer.canonical_revision = peer.to_owned());
            (report.key.outcome, report.revision) = (outcome, own.to_owned());
            report
        };
        world.row(SOURCE, &of(Report::source(SOURCE, DESTINATION), source, destination));
        world.row(DESTINATION, &of(Report::destination(SOURCE, DESTINATION), destination, source));
    }
}

fn shown(world: &World) -> Map {
    let map = map(&world.attributed(), None, &Selection::default());
    assert_eq!(map.edges.len(), 1);
    map
}

fn revision(name: &str, count: u64, failed: u64) -> Revision {
    Revision { revision: name.to_owned(), count, failed, failed_of: count }
}

#[test]
fn a_canary_that_fails_is_told_from_the_stable_one_on_both_sides() {
    let mut world = World::of(&[SOURCE, DESTINATION]);
    between(&mut world, "v1", "v1", 90, 0);
    between(&mut world, "v1", "v2", 10, 10);
    let map = shown(&world);
    let edge = &map.edges[0];
    for side in [&edge.source_report, &edge.destination_report] {
        let revisions = &side.as_ref().unwrap().revisions;
        assert_eq!(revisions.destination, [revision("v1", 90, 0), revision("v2", 10, 10)]);
        assert_eq!(revisions.source, [revision("v1", 100, 10)]);
    }
    assert_eq!(edge.destination.end.canonical_revision, "v1,v2");
    let text = "shop/web -> shop/orders fails: 10 of 100 requests (10 %): 10 server error by the application; of shop/orders v2 10 of \
                10, v1 0 of 90";
    assert_eq!(map.findings[0].text, text);
}

#[test]
fn three_revisions_on_both_sides_add_up_to_the_edge() {
    let mut world = World::of(&[SOURCE, DESTINATION]);
    for (source, failing) in [("v1", 0), ("v2", 1), ("v3", 0)] {
        for (destination, count) in [("v1", 100), ("v2", 50), ("v3", 20)] {
            between(&mut world, source, destination, count, failing * count / 10);
        }
    }
    let map = shown(&world);
    let edge = &map.edges[0];
    assert_eq!((edge.source.canonical_revision.as_str(), edge.agreement.state.as_str()), ("v1,v2,v3", "agree"));
    for side in [&edge.source_report, &edge.destination_report] {
        let side = side.as_ref().unwrap();
        let failed = [revision("v1", 170, 0), revision("v2", 170, 17), revision("v3", 170, 0)];
        assert_eq!(side.revisions.source, failed);
        let counts: Vec<u64> = side.revisions.destination.iter().map(|one| one.count).collect();
        assert_eq!((counts, side.count, side.failed), (vec![300, 150, 60], 510, 17));
    }
    assert!(
        map.findings[0].text.ends_with("; of shop/web v2 17 of 170, v1 0 of 170, v3 0 of 170"),
        "{:?}",
        map.findings
    );
}

#[test]
fn a_revision_with_little_of_the_traffic_that_fails_is_found_all_the_same() {
    let mut world = World::of(&[SOURCE, DESTINATION]);
    between(&mut world, "v1", "v1", 9_990, 0);
    between(&mut world, "v1", "v2", 10, 10);
    let text = &shown(&world).findings[0].text;
    assert!(text.contains("(0.1 %)") && text.ends_with("; of shop/orders v2 10 of 10, v1 0 of 9,990"), "{text}");
}

#[test]
fn revisions_that_fail_alike_or_are_not_known_are_not_named() {
    let mut world = World::of(&[SOURCE, DESTINATION]);
    between(&mut world, "v1", "v1", 50, 5);
    between(&mut world, "v1", "v2", 50, 5);
    let text = &shown(&world).findings[0].text;
    assert!(text.ends_with("10 server error by the application"), "{text}");
    let mut nameless = World::of(&[SOURCE, DESTINATION]);
    between(&mut nameless, "", "", 50, 0);
    let map = shown(&nameless);
    let revisions = &map.edges[0].source_report.as_ref().unwrap().revisions;
    assert!(revisions.source.is_empty() && revisions.destination.is_empty(), "{revisions:?}");
}

#[test]
fn what_was_failed_on_purpose_is_no_revisions_failure() {
    let mut world = World::of(&[SOURCE, DESTINATION]);
    between(&mut world, "v1", "v1", 90, 0);
    let fault = Report::source(SOURCE, DESTINATION).ended(Outcome::InjectedFault, AnsweredBy::LocalProxy);
    world.row(SOURCE, &fault.count(10, 1).with(|key| key.peer.canonical_revision = "v1".to_owned()));
    let map = shown(&world);
    let revisions = &map.edges[0].source_report.as_ref().unwrap().revisions;
    let expected = Revision { revision: "v1".to_owned(), count: 100, failed: 0, failed_of: 90 };
    assert_eq!(revisions.destination, [expected]);
}
