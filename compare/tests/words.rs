//! What is never said: words of short periods, absence that was not watched, a change between what different reporters know.

use hogusu_compare::{
    EdgeHour, EdgeRecord, EndRecord, Gathering, HourRecord, Presence, SecurityWord, SideHour, Unit, diff,
    mean_log_seconds,
};
use hogusu_model::Histogram;

use crate::chance::Chance;
use crate::mesh::{FROM, Nature, edge, period};

fn natures(count: usize) -> (Vec<Nature>, Chance) {
    let mut chance = Chance::new(3);
    ((0..count).map(|id| Nature::draw(id, &mut chance)).collect(), chance)
}

#[test]
fn periods_shorter_than_seven_days_have_effect_and_interval_and_never_a_word() {
    let (mut natures, mut chance) = natures(30);
    natures.iter_mut().for_each(|nature| (nature.hour_sd, nature.day_sd) = (0.05, 0.02));
    for days in [1, 3, 6] {
        let later = FROM + 24 * days;
        let a = natures.iter().map(|nature| nature.live(FROM, days, 1.0, &mut chance)).collect();
        let b = natures.iter().skip(1).map(|nature| nature.live(later, days, 3.0, &mut chance)).collect();
        let diff = diff(&period(FROM, days, a, 30), &period(later, days, b, 30));
        assert!(!diff.has_words);
        assert_eq!(diff.edges[0].presence, Presence::NotSeenAfter);
        for edge in &diff.edges[1..] {
            let latency = edge.latency.unwrap();
            let (ratio, low, high) = latency.ratio.unwrap();
            assert!(low < ratio && ratio < high && ratio > 1.5, "{latency:?}");
            assert_eq!((latency.word, latency.adjusted, edge.words()), (None, None, Vec::new()));
            assert_eq!(latency.unit, if days == 1 { Unit::Hour } else { Unit::Day });
        }
    }
}

#[test]
fn how_long_connections_lived_is_no_latency() {
    let (natures, mut chance) = natures(4);
    let later = FROM + 7 * 24;
    let mut live = |from, slower| -> Vec<_> {
        let mut edges: Vec<_> = natures.iter().map(|nature| nature.live(from, 7, slower, &mut chance)).collect();
        edges[0].record.protocol = "tcp".to_owned();
        edges
    };
    let (a, b) = (live(FROM, 1.0), live(later, 9.0));
    let diff = diff(&period(FROM, 7, a, 4), &period(later, 7, b, 4));
    assert_eq!((diff.edges[0].latency, diff.edges[0].words()), (None, Vec::new()));
    assert!(diff.edges[0].failures.is_some(), "whether they failed is compared as of all others");
    assert!(diff.edges[1].words().contains(&"slower"));
}

#[test]
fn an_edge_is_removed_only_where_its_ends_were_watched_throughout_and_it_was_there_every_day() {
    let (natures, mut chance) = natures(4);
    let later = FROM + 7 * 24;
    let mut a: Vec<_> = natures.iter().map(|nature| nature.live(FROM, 7, 1.0, &mut chance)).collect();
    a[2].active_days.remove(&3);
    let before = period(FROM, 7, a, 4);
    let presence = |after: &hogusu_compare::PeriodOfMesh| -> Vec<Presence> {
        diff(&before, after).edges.iter().map(|edge| edge.presence).collect()
    };
    let (gone, unseen) = (Presence::Removed, Presence::NotSeenAfter);
    let mut after = period(later, 7, Vec::new(), 3);
    assert_eq!(
        presence(&after),
        [gone, gone, unseen, unseen],
        "the third was not there on one day, the fourth is not watched"
    );
    after.lacking.insert(after.edges.values().next().map_or_else(
        || hogusu_model::Workload { namespace: "shop".into(), name: "d1".into(), ..hogusu_model::Workload::default() },
        |_| hogusu_model::Workload::default(),
    ));
    assert_eq!(presence(&after), [gone, unseen, unseen, unseen], "something of one end of the second is missing");
    after.coverage.is_known = false;
    assert_eq!(presence(&after), [unseen; 4], "who should have reported is not known");
}

#[test]
fn a_nightly_job_that_is_not_seen_is_not_called_removed() {
    let job = |from, hours| period(from, 7, vec![edge(0, hogusu_compare::SideOfPeriod::default(), hours, 7)], 1);
    let nothing = period(FROM + 7 * 24, 7, Vec::new(), 1);
    let presence = |hours| diff(&job(FROM, hours), &nothing).edges[0].presence;
    assert_eq!(presence(168), Presence::Removed);
    assert_eq!(presence(5), Presence::NotSeenAfter, "five hours lie in one of two periods by chance");
}

#[test]
fn security_is_compared_only_between_what_the_same_reporters_know() {
    let (natures, mut chance) = natures(1);
    let live = |from, chance: &mut Chance| period(from, 7, vec![natures[0].live(from, 7, 1.0, chance)], 1);
    let (before, mut after) = (live(FROM, &mut chance), live(FROM + 7 * 24, &mut chance));
    let word = |after: &hogusu_compare::PeriodOfMesh| diff(&before, after).edges[0].security.clone().unwrap().word;
    assert_eq!(word(&after), SecurityWord::Same);
    let record = |after: &mut hogusu_compare::PeriodOfMesh, change: fn(&mut EdgeRecord)| {
        after.edges.values_mut().for_each(|edge| change(&mut edge.record));
    };
    record(&mut after, |edge| edge.source.principals = vec!["spiffe://mesh/ns/shop/sa/other".to_owned()]);
    assert_eq!(word(&after), SecurityWord::Changed);
    record(&mut after, |edge| edge.source.principals.clear());
    assert_eq!(word(&after), SecurityWord::Same, "who it was is not known");
    record(&mut after, |edge| edge.security.state = "plaintext".to_owned());
    assert_eq!(word(&after), SecurityWord::Changed);
    record(&mut after, |edge| edge.security.state = "unknown".to_owned());
    assert_eq!(word(&after), SecurityWord::Unknown);
    record(&mut after, |edge| {
        edge.security.state = "tls".to_owned();
        edge.destination_report = None;
    });
    assert_eq!(word(&after), SecurityWord::Unknown, "the source alone cannot see whether the client authenticated");
}

#[test]
fn an_hour_is_the_mean_of_logarithms_and_merges_exactly() {
    let mut one = Histogram::default();
    let mut other = Histogram::default();
    for (nanos, count) in [(10_000_000, 30), (100_000_000, 10), (1, 1)] {
        (0..count).for_each(|_| one.record(nanos));
        (0..count * 2).for_each(|_| other.record(nanos * 3));
    }
    let mean = mean_log_seconds(&one).unwrap();
    let exact = (30.0 * 0.01_f64.ln() + 10.0 * 0.1_f64.ln() + (2_f64.powi(-20) / 1.044).ln()) / 41.0;
    assert!((mean - exact).abs() < 0.045, "{mean} {exact}");
    let mut merged = one.clone();
    merged.merge(&other);
    let weighted = (mean * 41.0 + mean_log_seconds(&other).unwrap() * 82.0) / 123.0;
    assert!((mean_log_seconds(&merged).unwrap() - weighted).abs() < 1e-12);
    assert_eq!(mean_log_seconds(&Histogram::default()), None);
}

#[test]
fn hours_are_gathered_into_windows_days_and_activity() {
    let hour = |hour: u64, count: u64, failed: u64| {
        let mut answers = Histogram::default();
        (0..count).for_each(|_| answers.record(5_000_000));
        let side = SideHour { count, failed, judged: count, answers: (&answers).into() };
        let edges = vec![EdgeHour { id: "e".to_owned(), source: Some(side), destination: None }];
        HourRecord { hour: FROM + hour, edges, ..HourRecord::default() }
    };
    let mut gathering = Gathering::new(FROM, 48);
    for record in [hour(0, 20, 1), hour(5, 19, 0), hour(30, 400, 3)] {
        gathering.hour(&record).unwrap();
    }
    gathering.hour(&hour(48, 1, 0)).unwrap_err();
    gathering.edge(EdgeRecord { id: "e".to_owned(), source: EndRecord::default(), ..EdgeRecord::default() });
    let period = gathering.finish([].into(), [].into());
    let edge = &period.edges["e"];
    let side = edge.source.as_ref().unwrap();
    assert_eq!((side.count, edge.active_hours, edge.active_days.len()), (439, 3, 2));
    assert_eq!(side.windows.iter().map(|window| window.hour).collect::<Vec<_>>(), [0, 30], "19 answers are too few");
    assert_eq!(side.failed_of_judged(), (4, 439));
    assert!(!period.coverage.is_known);
}
