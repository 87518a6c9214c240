//! What is worth a person's eye, and in which order.

use std::collections::BTreeMap;

use hogusu_collector::analysis::completeness::measure;
use hogusu_collector::analysis::findings::{Kind, find, worst_first};
use hogusu_collector::period::{DamagedFile, Folded, HookConflict, Refused};
use hogusu_collector::report::findings::{text, write};
use hogusu_collector::report::map::Figure;
use hogusu_model::{AnsweredBy, Hook, Outcome, Reason, Reporter, Slot};

use crate::world::{FROM, Report, SECOND, TO, World, workload};

fn found(world: &World) -> Vec<(Kind, String)> {
    let (joined, complete) = (world.join(), measure(&world.period, None));
    let found = find(&joined, &complete, &world.period);
    found.iter().map(|finding| (finding.kind, text(finding, &joined.edges, world.period.now))).collect()
}

fn only(world: &World) -> (Kind, String) {
    let found = found(world);
    assert_eq!(found.len(), 1, "{found:#?}");
    found[0].clone()
}

fn says(kind: Kind, text: &str) -> (Kind, String) {
    (kind, text.to_owned())
}

#[test]
fn a_healthy_edge_is_no_finding() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.calls("shop/checkout", "stock/inventory", 1_000, 9);
    assert_eq!(found(&world), []);
}

#[test]
fn a_plaintext_edge_is_named_with_its_requests() {
    let mut world = World::of(&["stock/inventory"]);
    world.row("stock/inventory", &Report::destination("legacy/cron", "stock/inventory").plaintext().count(600, 2));
    let text = "legacy/cron -> stock/inventory is plaintext: 600 requests in this period";
    assert_eq!(only(&world), says(Kind::Plaintext, text));
}

#[test]
fn a_failing_edge_says_how_much_how_and_who_answered() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.calls("shop/checkout", "stock/inventory", 970, 9);
    let failed =
        |count, outcome, by| Report::source("shop/checkout", "stock/inventory").count(count, 3).ended(outcome, by);
    world.row("shop/checkout", &failed(20, Outcome::ServerError, AnsweredBy::Upstream));
    world.row("shop/checkout", &failed(8, Outcome::ConnectFailure, AnsweredBy::LocalProxy));
    let misfit = failed(2, Outcome::TlsFailure, AnsweredBy::LocalProxy).with(|key| key.reason = Reason::SanMismatch);
    world.row("shop/checkout", &misfit);
    let answered = Report::destination("shop/checkout", "stock/inventory").count(20, 2);
    world.row("stock/inventory", &answered.ended(Outcome::ServerError, AnsweredBy::Application));
    let text = "shop/checkout -> stock/inventory fails: 30 of 1,000 requests (3 %): 20 server error by the upstream, \
                8 connect failure by the reporting proxy, 2 tls failure (san mismatch) by the reporting proxy";
    assert_eq!(only(&world), says(Kind::Failing, text));
}

#[test]
fn what_was_injected_is_no_failure_and_is_named() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.calls("shop/checkout", "stock/inventory", 970, 9);
    let ended =
        |count, outcome, by| Report::source("shop/checkout", "stock/inventory").count(count, 3).ended(outcome, by);
    world.row("shop/checkout", &ended(20, Outcome::InjectedFault, AnsweredBy::LocalProxy));
    world.row("shop/checkout", &ended(10, Outcome::InjectedDelay, AnsweredBy::Upstream));
    let there = Report::destination("shop/checkout", "stock/inventory").count(10, 2);
    world.row("stock/inventory", &there);
    let text = "shop/checkout -> stock/inventory: 20 requests failed on purpose, left out of its failures; \
                10 requests delayed on purpose, left out of its quantiles";
    assert_eq!(only(&world), says(Kind::Injected, text));
}

#[test]
fn less_than_one_in_a_hundred_failed_is_no_finding() {
    let with_failures = |count| {
        let mut world = World::of(&["shop/checkout"]);
        world.row("shop/checkout", &Report::source("shop/checkout", "stock/inventory").count(1_000 - count, 9));
        let failed = Report::source("shop/checkout", "stock/inventory").count(count, 9);
        world.row("shop/checkout", &failed.ended(Outcome::ServerError, AnsweredBy::Upstream));
        found(&world).len()
    };
    assert_eq!((with_failures(9), with_failures(10)), (0, 1));
}

#[test]
fn slowness_is_blamed_on_the_slowest_descendant_not_on_its_ancestors() {
    let mut world = World::of(&["shop/gateway", "shop/checkout", "stock/pricing", "stock/inventory"]);
    world.calls("shop/gateway", "shop/checkout", 1_000, 415);
    world.calls("shop/checkout", "stock/inventory", 1_000, 9);
    world.calls("shop/checkout", "stock/pricing", 1_000, 402);
    let (kind, text) = only(&world);
    assert_eq!(kind, Kind::Slowness);
    // 402, 401 and 414 ms all fall into the bucket from 385.6 to 420.4 ms: shown as 403 ms.
    assert_eq!(text, "slowness: shop/checkout -> stock/pricing P99 403 ms, 100 % of its source's P99");
}

#[test]
fn streams_make_no_edge_slow() {
    let mut world = World::of(&["shop/web", "shop/feed"]);
    world.calls("shop/web", "shop/feed", 130, 2);
    let stream = |report: Report| report.with(|key| key.streaming = true).count(120, 3_000);
    world.row("shop/web", &stream(Report::source("shop/web", "shop/feed")));
    world.row("shop/feed", &stream(Report::destination("shop/web", "shop/feed")));
    assert_eq!(found(&world), []);
}

#[test]
fn an_edge_that_is_not_most_of_its_sources_time_is_not_blamed() {
    let mut world = World::of(&["shop/gateway", "shop/checkout", "stock/pricing"]);
    world.calls("shop/gateway", "shop/checkout", 1_000, 1_000);
    world.calls("shop/checkout", "stock/pricing", 1_000, 300);
    let (_, text) = only(&world);
    assert!(text.starts_with("slowness: shop/gateway -> shop/checkout P99 "), "{text}");
}

#[test]
fn the_edge_that_explains_a_slow_one_is_named_although_it_is_not_most_of_its_sources_other_traffic() {
    let mut world = World::of(&["shop/gateway", "shop/checkout", "stock/pricing", "shop/batch"]);
    world.calls("shop/gateway", "shop/checkout", 1_000, 200);
    world.calls("shop/batch", "shop/checkout", 1_000, 2_000);
    world.calls("shop/checkout", "stock/pricing", 1_000, 150);
    let texts: Vec<_> = found(&world).into_iter().map(|(_, text)| text).collect();
    assert!(texts[0].starts_with("slowness: shop/batch -> shop/checkout P99 1.92 s"), "{texts:?}");
    assert!(texts[1].starts_with("slowness: shop/checkout -> stock/pricing P99 1"), "{texts:?}");
    assert_eq!(texts.len(), 2);
}

#[test]
fn workloads_that_wait_for_each_other_are_blamed_once() {
    let mut world = World::of(&["shop/a", "shop/b", "shop/c"]);
    world.calls("shop/c", "shop/a", 1_000, 400);
    world.calls("shop/a", "shop/b", 1_000, 400);
    world.calls("shop/b", "shop/a", 1_000, 400);
    let (kind, text) = only(&world);
    assert_eq!(kind, Kind::Slowness);
    assert!(text.starts_with("slowness: shop/a -> shop/b "), "{text}");
}

#[test]
fn below_a_hundred_samples_nothing_is_called_slow() {
    let mut world = World::of(&["shop/gateway", "shop/checkout"]);
    world.calls("shop/gateway", "shop/checkout", 99, 1_000);
    assert_eq!(found(&world), []);
}

#[test]
fn a_silent_sender_and_lost_batches_are_named_with_what_is_missing() {
    let mut world = World::of(&["shop/checkout"]);
    let sender = world.sender("shop/checkout");
    (sender.closed, sender.unclosed, sender.covered) = (false, true, 240 * SECOND);
    (sender.lost_batches, sender.lost_exchanges) = (2, 77);
    let lost = "shop/checkout (checkout-0): 2 batches lost with 77 exchanges";
    let unclosed = "shop/checkout (checkout-0): 1 sender went silent without an end; what was not sent is missing, \
                    60 s are not covered";
    assert_eq!(found(&world), [says(Kind::LostBatches, lost), says(Kind::UnclosedSenders, unclosed)]);
}

#[test]
fn of_who_was_silent_throughout_no_uncovered_seconds_are_told() {
    let mut world = World::of(&["shop/checkout"]);
    let sender = world.sender("shop/checkout");
    (sender.closed, sender.unclosed, sender.covered, sender.expected) = (false, true, 0, 0);
    sender.last_end = FROM;
    let silent = "shop/checkout (checkout-0): 1 sender went silent without an end before this period, of which they tell nothing";
    assert_eq!(found(&world), [says(Kind::UnclosedSenders, silent)]);
}

#[test]
fn of_who_told_of_time_after_the_period_alone_it_is_not_said_that_it_was_before() {
    let mut world = World::of(&["shop/checkout"]);
    let sender = world.sender("shop/checkout");
    (sender.closed, sender.unclosed, sender.covered, sender.expected) = (false, true, 0, 0);
    sender.last_end = TO + 20 * SECOND;
    let ahead = "shop/checkout (checkout-0): 1 sender went silent without an end, and what they told lies after this period, of which they tell \
                 nothing";
    assert_eq!(found(&world), [says(Kind::UnclosedSenders, ahead)]);
}

#[test]
fn what_senders_claim_to_have_lost_is_held_at_the_largest_number() {
    let mut world = World::of(&["shop/checkout"]);
    let sender = world.sender("shop/checkout");
    (sender.lost_batches, sender.lost_exchanges) = (u64::MAX, u64::MAX);
    let again = sender.clone();
    world.period.senders.push(again);
    let findings = found(&world);
    assert!(findings.iter().any(|(_, text)| text.contains("18,446,744,073,709,551,615 batches lost")), "{findings:?}");
}

#[test]
fn a_refused_configuration_and_a_wrong_clock_are_findings() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    world.sender("shop/checkout").counters.configuration_refused = 1;
    world.sender("stock/inventory").clock_skew_ns = -2_500_000_000;
    let refused =
        "shop/checkout (checkout-0): refused its plugin configuration and runs with defaults; its proxy's log says why";
    let skewed = "stock/inventory (inventory-0): its clock is 2.5 s ahead of the collector's";
    assert_eq!(found(&world), [says(Kind::ConfigurationRefused, refused), says(Kind::ClockSkew, skewed)]);
    world.sender("shop/checkout").counters.configuration_refused = 0;
    world.sender("stock/inventory").clock_skew_ns = 2_000_000_000;
    assert_eq!(found(&world), []);
}

#[test]
fn a_clock_that_is_not_believed_or_was_set_is_told() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    let sender = world.sender("shop/checkout");
    (sender.clock_skew_ns, sender.clock_shift_ns) = (-3_600_000_000_000, -3_600_000_000_000);
    let sender = world.sender("stock/inventory");
    (sender.counters.clock_steps, sender.clock_set_at) = (2, TO - 60 * SECOND);
    let sender = world.sender("shop/checkout");
    for (skew, which) in
        [(-i64::MAX, "ahead of the collector's"), (i64::MAX, "behind the collector's, or its batches are late")]
    {
        (sender.clock_skew_ns, sender.clock_shift_ns) = (skew, 0);
        let mut world = World::of(&[]);
        world.period.senders.push(sender.clone());
        let said = format!("shop/checkout (checkout-0): its clock is more than 292 years {which}");
        assert_eq!(found(&world), [says(Kind::ClockSkew, &said)]);
    }
    (sender.clock_skew_ns, sender.clock_shift_ns) = (-3_600_000_000_000, -3_600_000_000_000);
    let ahead = "shop/checkout (checkout-0): its clock is 3,600.0 s ahead of the collector's; what it counts lies where it arrived";
    let set = "stock/inventory (inventory-0): its clock was set while it counted, 2 times, last 120 s ago";
    assert_eq!(found(&world), [says(Kind::ClockSkew, ahead), says(Kind::ClockSkew, set)]);
    world.sender("stock/inventory").clock_set_at = FROM - SECOND;
    assert_eq!(found(&world), [says(Kind::ClockSkew, ahead)]);
}

#[test]
fn refused_batches_are_told_with_who_where_and_why_and_nothing_is_complete_then() {
    let mut world = World::of(&["shop/checkout"]);
    let first = Slot::of(TO - 60 * SECOND);
    world.period.refused.push(Refused {
        peer: "10.0.0.9".to_owned(),
        who: "shop/nameless".to_owned(),
        code: "bad_batch",
        why: "resource attribute hogusu.proxy.id is missing".to_owned(),
        batches: 7,
        first,
        last: Slot::of(TO - 10 * SECOND),
    });
    let text = "shop/nameless at 10.0.0.9: 7 batches refused, the last one 70 s ago, and what was in them is missing: \
                resource attribute hogusu.proxy.id is missing";
    assert_eq!(found(&world), [says(Kind::RefusedBatches, text)]);
    let complete = measure(&world.period, None);
    assert_eq!((complete.refused_batches, complete.covered), (7, 300 * SECOND));
    assert_eq!(complete.expected, 360 * SECOND);
}

#[test]
fn a_sender_that_was_turned_away_is_told_and_is_no_lost_batch() {
    let mut world = World::of(&["shop/checkout"]);
    world.period.refused.push(Refused {
        peer: "10.0.0.9".to_owned(),
        who: "shop/late (late-0)".to_owned(),
        code: "no_place",
        why: "100000 senders are known".to_owned(),
        batches: 3,
        first: Slot::of(TO - 60 * SECOND),
        last: Slot::of(TO - 10 * SECOND),
    });
    let text = "shop/late (late-0) at 10.0.0.9: turned away 3 times, the last time 70 s ago; what it counts waits in its \
                proxy: 100000 senders are known";
    assert_eq!(found(&world), [says(Kind::RefusedBatches, text)]);
    let complete = measure(&world.period, None);
    assert_eq!((complete.refused_batches, complete.expected), (0, 360 * SECOND), "its time is not covered meanwhile");
}

#[test]
fn a_damaged_file_is_told_and_its_time_does_not_look_covered() {
    let mut world = World::of(&["shop/checkout"]);
    let whole = measure(&world.period, None);
    assert_eq!(whole.covered, whole.expected);
    let file = "slots/2026-11-24.redb".to_owned();
    let reason = "bytes 4096 to 8192 are not those that were written".to_owned();
    world.period.damaged.push(DamagedFile { file, reason, from: FROM + 100 * SECOND, to: FROM + 200 * SECOND });
    let text = "slots/2026-11-24.redb of the collector's data folder is damaged (bytes 4096 to 8192 are not those that were written): \
                what it held of 2026-11-24T14:03:40Z to 2026-11-24T14:05:20Z is missing here, and what came late then is missing before \
                it; put a copy of the file back while the collector is stopped, or leave it: retention removes it";
    assert_eq!(found(&world), [says(Kind::DamagedFile, text)]);
    let damaged = measure(&world.period, None);
    assert_eq!((damaged.covered, damaged.expected), (whole.covered, whole.expected + 100 * SECOND));
    assert_eq!(damaged.damaged_files, 1);
}

#[test]
fn a_folded_backlog_is_told_where_the_map_is_silent() {
    let mut world = World::of(&["shop/checkout"]);
    let id = world.sender("shop/checkout").id;
    let folded = Folded { start: FROM - 100 * SECOND, end: FROM + 200 * SECOND, exchanges: 1_200 };
    world.period.folded.push((id, folded));
    let text = "shop/checkout (checkout-0): what it counted from 2026-11-24T14:00:20Z to 2026-11-24T14:05:20Z came as a \
                backlog folded into one: 1,200 exchanges lie at its beginning, and silence after that is none";
    assert_eq!(found(&world), [says(Kind::FoldedBacklog, text)]);
    world.period.folded[0].1.exchanges = 1;
    assert_eq!(found(&world), [says(Kind::FoldedBacklog, &text.replace("1,200 exchanges lie", "1 exchange lies"))]);
}

#[test]
fn what_reaches_every_proxy_lists_the_worst_ones_and_says_how_many_more_there_are() {
    let names: Vec<String> = (0..103).map(|number| format!("shop/service-{number}")).collect();
    let mut world = World::of(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for (name, exchanges) in names.iter().zip(1..) {
        let id = world.sender(name).id;
        world.period.folded.push((id, Folded { start: FROM, end: FROM + 60 * SECOND, exchanges }));
    }
    let found = found(&world);
    assert_eq!(found.len(), 101);
    assert!(found[0].1.starts_with("shop/service-102 "), "the largest backlog is first: {}", found[0].1);
    assert!(found[99].1.starts_with("shop/service-3 "), "{}", found[99].1);
    assert_eq!(found[100], says(Kind::FoldedBacklog, "not listed: 3 more findings like these, none of them worse"));
}

#[test]
fn conflicting_hooks_late_parts_and_overflow_are_findings() {
    let mut world = World::of(&["shop/checkout", "stock/inventory"]);
    let twice = Report::destination("shop/checkout", "stock/inventory").count(10, 5);
    world.row("stock/inventory", &twice).row_by(Hook::HttpFilter, "stock/inventory", &twice);
    let mut filter = world.sender("stock/inventory").clone();
    filter.hook = Hook::HttpFilter;
    world.period.conflicts.push(HookConflict {
        proxy: filter.proxy.id.clone(),
        workload: workload("stock/inventory"),
        side: Reporter::Destination,
        hooks: (Hook::AccessLog, Hook::HttpFilter),
    });
    world.period.senders.push(filter);
    world.period.late_parts = 1;
    let folded = Report::source("shop/checkout", "stock/inventory").count(40, 1);
    world.row("shop/checkout", &folded.with(|key| (key.overflow, key.peer) = (true, hogusu_model::Peer::default())));
    let overflow = "shop/checkout: 40 requests beyond the bound on edges, their other end is not known";
    let conflict = "stock/inventory: access_log and http_filter both count requests as destination in 1 proxy; \
                    10 requests by http_filter left out; their filters do not tell whether they are the same requests";
    let late = "1 part came after their slot was sealed; they are counted";
    let all = [says(Kind::Overflow, overflow), says(Kind::HookConflict, conflict), says(Kind::LateParts, late)];
    assert_eq!(found(&world), all);
}

#[test]
fn edges_stand_worst_first() {
    let mut world = World::of(&["shop/a", "shop/b", "shop/c", "shop/d"]);
    world.calls("shop/a", "shop/b", 500, 9);
    world.calls("shop/a", "shop/c", 900, 9);
    world.row("shop/d", &Report::destination("shop/a", "shop/d").plaintext().count(3, 2));
    let failed = Report::source("shop/a", "shop/b").count(1, 9).ended(Outcome::Timeout, AnsweredBy::LocalProxy);
    world.row("shop/a", &failed);
    let joined = world.join();
    let findings = find(&joined, &measure(&world.period, None), &world.period);
    let order: Vec<_> =
        worst_first(&joined.edges, &findings).iter().map(|place| joined.edges[*place].label()).collect();
    assert_eq!(order, ["shop/a -> shop/d", "shop/a -> shop/b", "shop/a -> shop/c"]);
}

#[test]
fn a_finding_says_to_programs_what_it_is_about_and_which_numbers_it_rests_on() {
    let mut world = World::of(&["stock/inventory"]);
    world.row("stock/inventory", &Report::destination("legacy/cron", "stock/inventory").plaintext().count(600, 2));
    let sender = world.sender("stock/inventory");
    (sender.lost_batches, sender.lost_exchanges) = (2, 31);
    let (joined, complete) = (world.join(), measure(&world.period, None));
    let found = find(&joined, &complete, &world.period);
    let written: Vec<_> =
        (1..).zip(&found).map(|(rank, one)| write(one, rank, &joined.edges, world.period.now)).collect();
    let [plaintext, lost] = written.as_slice() else { panic!("{written:#?}") };
    assert_eq!(plaintext.subject.kind, "edge");
    assert_eq!(plaintext.figures, figures(&[("of", 600), ("plaintext", 600)]));
    let named = (lost.subject.kind.as_str(), lost.subject.namespace.as_deref(), lost.subject.workload.as_deref());
    assert_eq!(named, ("proxy", Some("stock"), Some("inventory")));
    assert_eq!(lost.figures, figures(&[("batches", 2), ("exchanges", 31)]));
}

fn figures(counts: &[(&str, u64)]) -> BTreeMap<String, Figure> {
    counts.iter().map(|(name, count)| ((*name).to_owned(), Figure::Count(*count))).collect()
}
