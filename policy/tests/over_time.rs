//! Compliance over time: how long an edge was violating is a range that holds whatever was seen of it, and silence is no remedy.

use hogusu_policy::over_time::{Episode, Gathering, OverTime, Remedy, Window};
use hogusu_policy::words::Verdict;
use proptest::prelude::*;

use super::world::{Telling, class, edge, facts, policy, report};

const HOUR: u64 = 3_600_000_000_000;

/// What is seen of one edge in an hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Hour {
    compliant: u64,
    violating: u64,
    /// A batch is missing.
    lost: bool,
    /// Exchanges of a backlog that is counted before.
    folded: u64,
}

const SILENT: Hour = Hour { compliant: 0, violating: 0, lost: false, folded: 0 };
const GOOD: Hour = Hour { compliant: 5, ..SILENT };
const BAD: Hour = Hour { compliant: 5, violating: 2, ..SILENT };

fn over(hours: &[Hour]) -> OverTime {
    let policies = [policy("mutual_tls", "")];
    let mut gathering = Gathering::new(&policies);
    for (hour, start) in hours.iter().zip((0..).map(|number: u64| number * HOUR)) {
        // Another edge is seen all the time.
        let mut edges = vec![edge("shop/a", "shop/b").source(class("tls", 1)).destination(class("mutual_tls", 1))];
        let mut one = edge("shop/web", "shop/cart");
        if hour.compliant > 0 {
            one = one.source(class("tls", hour.compliant)).destination(class("mutual_tls", hour.compliant));
        }
        if hour.violating > 0 {
            one = one.source(class("plaintext", hour.violating)).destination(class("plaintext", hour.violating));
        }
        if hour.compliant + hour.violating > 0 {
            edges.push(one);
        }
        let mut facts = facts(edges);
        facts.completeness.lost_batches = u64::from(hour.lost);
        facts.completeness.told.folded = hour.folded;
        let end = start + HOUR;
        let window = Window { from: start.to_string(), to: end.to_string(), start, end };
        gathering.add(report(&policies, &facts), window);
    }
    gathering.finish(3_600.0)
}

fn episodes(hours: &[Hour]) -> Vec<Episode> {
    over(hours).policies[0].edges.iter().flat_map(|edge| edge.episodes.clone()).collect()
}

fn only(hours: &[Hour]) -> Episode {
    let [episode] = &episodes(hours)[..] else { panic!("not one episode in {hours:?}") };
    episode.clone()
}

#[test]
fn each_step_has_its_rate_with_what_it_rests_on_and_says_by_which_policies_it_was_judged() {
    let over = over(&[GOOD, Hour { lost: true, ..BAD }, SILENT]);
    assert!(over.judged_by.starts_with("today's policies on past traffic"));
    let line = &over.policies[0];
    let counts: Vec<_> =
        line.points.iter().map(|point| (point.requests.compliant, point.requests.decided, point.verdict)).collect();
    assert_eq!(counts, [(6, 6, Verdict::Compliant), (6, 8, Verdict::Violating), (1, 1, Verdict::Compliant)]);
    assert_eq!(over.steps.iter().map(|step| step.lost_batches).collect::<Vec<_>>(), [0, 1, 0]);
    assert_eq!(line.first_violation.as_ref().map(|window| window.start), Some(HOUR));
    assert_eq!(line.last_violation, line.first_violation);
}

#[test]
fn a_remedy_lies_between_the_last_violation_and_the_end_of_the_step_that_shows_it() {
    let episode = only(&[GOOD, BAD, BAD, BAD, GOOD]);
    assert_eq!(episode.state, Remedy::Remedied);
    assert_eq!((episode.at_least_s, episode.at_most_s), (3_480.0, Some(18_120.0)));
    assert_eq!(episode.violating, [("plaintext".to_owned(), 6)].into());
}

#[test]
fn silence_is_no_remedy_and_only_makes_the_range_longer() {
    assert_eq!(only(&[GOOD, BAD, SILENT, SILENT]).state, Remedy::NotSeenSince);
    let episode = only(&[GOOD, BAD, SILENT, SILENT, GOOD]);
    assert_eq!((episode.state, episode.unknown_steps), (Remedy::Remedied, 2));
    assert_eq!((episode.at_least_s, episode.at_most_s), (0.0, Some(18_120.0)));
}

#[test]
fn a_step_of_which_something_is_missing_shows_no_remedy() {
    let lost = Hour { lost: true, ..GOOD };
    let episode = only(&[GOOD, BAD, lost]);
    assert_eq!((episode.state, episode.at_most_s, episode.remedied), (Remedy::NotProven, None, None));
    assert_eq!(only(&[GOOD, BAD, lost, BAD]).state, Remedy::StillViolating, "it is one episode");
    assert_eq!(only(&[GOOD, BAD, lost, GOOD]).unknown_steps, 1);
}

#[test]
fn what_was_violating_from_the_beginning_has_no_upper_bound() {
    let episode = only(&[BAD, GOOD]);
    assert_eq!((episode.state, episode.compliant_before, episode.at_most_s), (Remedy::Remedied, None, None));
}

#[test]
fn a_backlog_that_reaches_beyond_the_step_of_a_remedy_leaves_no_upper_bound() {
    let episode = only(&[GOOD, BAD, GOOD, Hour { folded: 3, ..GOOD }]);
    assert_eq!((episode.state, episode.at_most_s), (Remedy::Remedied, None));
}

#[test]
fn a_backlog_that_is_counted_with_the_first_violation_may_be_as_young_as_it_reaches() {
    let reaches = |violating| Hour { folded: 5, violating, ..GOOD };
    // Of four hours a backlog of the first reaches into two: it is sure of what lies between its end and the last violation.
    assert_eq!(only(&[BAD, reaches(2), reaches(2), BAD, BAD]).at_least_s, 3_480.0);
    assert_eq!(only(&[BAD, reaches(2), reaches(2)]).at_least_s, 0.0);
}

#[test]
fn a_warning_of_one_step_is_none_of_the_whole() {
    let over = |hours: &[Hour]| over(hours).problems.len();
    assert_eq!(over(&[BAD, GOOD]), over(&[GOOD]));
    let quiet = [policy("mutual_tls", "scope: {source: {namespace: [shop]}, destination: {workload: [cart]}}")];
    let mut gathering = Gathering::new(&quiet);
    for (start, seen) in [(0, true), (HOUR, false)] {
        let one = edge("shop/web", "shop/cart").source(class("tls", 1)).destination(class("mutual_tls", 1));
        let edges = if seen { vec![one] } else { Vec::new() };
        let window = Window { from: start.to_string(), to: (start + HOUR).to_string(), start, end: start + HOUR };
        gathering.add(report(&quiet, &facts(edges)), window);
    }
    assert_eq!(gathering.finish(3_600.0).problems, []);
}

#[test]
fn what_comes_back_after_a_remedy_is_another_episode() {
    let found = episodes(&[GOOD, BAD, GOOD, BAD]);
    assert_eq!(found.iter().map(|one| one.state).collect::<Vec<_>>(), [Remedy::Remedied, Remedy::StillViolating]);
}

proptest! {
    /// An edge violates from one moment to another; calls come at any time, are counted where their batches begin, and some of them are lost. A
    /// hundred units of time are a step.
    #[test]
    fn the_true_time_to_remedy_lies_within_the_range_whatever_was_seen(
        (begun, ended) in (0..800_u64, 1..800_u64).prop_map(|(begun, length)| (begun, begun + length)),
        calls in prop::collection::vec((0..800_u64, 0..=3_u64, any::<bool>()), 0..60),
    ) {
        let mut hours = [SILENT; 8];
        for (time, earlier, is_lost) in calls {
            let hour = &mut hours[usize::try_from(time.saturating_sub(earlier) / 100).unwrap()];
            match (is_lost, (begun..ended).contains(&time)) {
                (true, _) => hour.lost = true,
                (false, true) => hour.violating += 1,
                (false, false) => hour.compliant += 1,
            }
        }
        let truth = f64::from(u32::try_from(ended - begun).unwrap()) * 36.0;
        for episode in episodes(&hours) {
            prop_assert!(episode.at_least_s <= truth, "{hours:?} {episode:?}");
            prop_assert!(episode.at_most_s.is_none_or(|most| truth <= most), "{hours:?} {episode:?}");
            prop_assert_eq!(episode.at_most_s.is_some() && episode.state != Remedy::Remedied, false);
        }
    }
}
