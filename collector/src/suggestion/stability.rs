//! When an edge was seen: in which of the stretches of its series, on how many days, and whether the period is long enough for its pauses.

use std::collections::BTreeSet;

use super::Stability;
use crate::report::series::{Point, Series};
use crate::report::side::as_f64;

const DAY: u64 = 86_400_000_000_000;
/// How often something must have come before its own pace can be told.
const RUNS: usize = 3;

/// Of the series of one edge.
#[must_use]
pub fn stability(series: &Series) -> Stability {
    let points: Vec<&Point> = series.lines.iter().flat_map(|line| &line.points).collect();
    let seen: Vec<&Point> = points.iter().copied().filter(|point| point.exchanges.is_some_and(|n| n > 0)).collect();
    let known = points.iter().filter(|point| point.exchanges.is_some()).count();
    let days = |from: u64, to: u64| from / DAY..=to.saturating_sub(1) / DAY;
    // A stretch that reaches over midnight counts for the day that it begins in: at least that is certain.
    let seen_on: BTreeSet<u64> = seen.iter().map(|point| point.from.0 / DAY).collect();
    let pauses: Vec<u64> = seen
        .windows(2)
        .filter_map(|pair| {
            let [before, after] = pair else { return None };
            Some(after.from.0.saturating_sub(before.to.0)).filter(|pause| *pause > 0)
        })
        .collect();
    let longest = pauses.iter().copied().max();
    let is_in_all = points.len() >= RUNS && seen.len() == points.len();
    let ends = [
        seen.first().map(|first| first.from.0.saturating_sub(series.from.0)),
        seen.last().map(|last| series.to.0.saturating_sub(last.to.0)),
    ];
    let is_at_its_pace = longest.is_some_and(|longest| {
        pauses.len() + 1 >= RUNS && ends.into_iter().flatten().all(|end| end <= longest.saturating_mul(2))
    });
    Stability {
        step_s: series.step_s,
        seen: seen.len() as u64,
        known: known as u64,
        unknown: (points.len() - known) as u64,
        days_seen: seen_on.len() as u64,
        days: days(series.from.0, series.to.0).count() as u64,
        first_seen: seen.first().map(|point| point.from),
        last_seen: seen.last().map(|point| point.to),
        longest_pause_s: longest.map(|pause| as_f64(pause) / 1e9),
        is_recurrence_covered: is_in_all || is_at_its_pace,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Moment;
    use crate::report::series::Line;

    const HOUR: u64 = DAY / 24;

    /// Hours of which is known how much came; `None`: nothing is.
    fn hours(counts: &[Option<u64>]) -> Stability {
        let point = |(at, exchanges): (usize, &Option<u64>)| {
            let from = at as u64 * HOUR;
            Point { from: Moment(from), to: Moment(from + HOUR), exchanges: *exchanges, ..Point::default() }
        };
        let points = counts.iter().enumerate().map(point).collect();
        let line = Line {
            edge: String::new(),
            source: crate::report::edge::End::default(),
            destination: crate::report::edge::End::default(),
            port: 1,
            protocol: String::new(),
            measure: String::new(),
            points,
        };
        let to = Moment(counts.len() as u64 * HOUR);
        stability(&Series { from: Moment(0), to, step_s: 3_600.0, lines: vec![line], ..Series::default() })
    }

    #[test]
    fn an_hour_of_which_nothing_is_known_is_neither_seen_nor_not() {
        let found = hours(&[Some(3), None, Some(0), Some(1)]);
        assert_eq!((found.seen, found.known, found.unknown, found.days_seen, found.days), (2, 3, 1, 1, 1));
        assert_eq!((found.first_seen, found.last_seen), (Some(Moment(0)), Some(Moment(4 * HOUR))));
        assert_eq!(found.longest_pause_s, Some(7_200.0));
    }

    #[test]
    fn a_pace_is_covered_by_three_times_and_no_longer_end_than_its_pauses_allow() {
        assert!(hours(&[Some(1); 5]).is_recurrence_covered);
        let sparse = |at: &[usize]| {
            let counts: Vec<Option<u64>> = (0..40).map(|hour| Some(u64::from(at.contains(&hour)))).collect();
            hours(&counts).is_recurrence_covered
        };
        assert!(sparse(&[2, 12, 22, 32]));
        assert!(!sparse(&[2, 22]), "came twice");
        assert!(!sparse(&[2, 4, 6, 8]), "it is over, or its pace is another");
        assert!(!sparse(&[30]) && !sparse(&[]));
    }
}
