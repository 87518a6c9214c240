//! From hours to values that may be taken for independent: the days of a period, with the time of day taken out.
//!
//! Hours of one day resemble each other (a bad day is bad for hours), so their number says little; days do so less. What repeats every day
//! at the same hour is no difference between periods and is estimated from both together.

use std::collections::{BTreeMap, BTreeSet};

use crate::DAY;
use crate::period::{PeriodOfMesh, SideOfPeriod, Window};

/// Comparable hours of a day, at least, for it to count.
const FEWEST_HOURS: usize = 4;
/// Sweeps between days and hours of the day: with every hour there, the first one is exact.
const SWEEPS: usize = 12;

/// What one value stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A day of 24 hours from the period's start on.
    Day,
    /// An hour: there are too few days.
    Hour,
}

/// Values of both periods, in units of which each is one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Blocks {
    pub(crate) unit: Unit,
    pub(crate) a: Vec<f64>,
    pub(crate) b: Vec<f64>,
}

/// An hour of one of both periods.
#[derive(Debug, Clone, Copy)]
struct Hour {
    /// Period (0 or 1) and day.
    day: (u8, u64),
    of_day: u64,
    value: f64,
}

/// The values of both periods; days where both have two or more of them, else hours.
pub(crate) fn blocks(
    (a, first): (&PeriodOfMesh, &SideOfPeriod),
    (b, second): (&PeriodOfMesh, &SideOfPeriod),
) -> Blocks {
    let hour = |period: u8, from: u64| {
        move |window: &Window| Hour {
            day: (period, u64::from(window.hour) / DAY),
            of_day: (from + u64::from(window.hour)) % DAY,
            value: window.mean_log,
        }
    };
    let hours = first.windows.iter().map(hour(0, a.from)).chain(second.windows.iter().map(hour(1, b.from)));
    let hours = comparable(hours.collect());
    let days = days(&hours);
    let of = |period: u8| days.iter().filter(|(day, _)| day.0 == period).map(|(_, value)| *value).collect::<Vec<_>>();
    let (one, other) = (of(0), of(1));
    if one.len() >= 2 && other.len() >= 2 {
        return Blocks { unit: Unit::Day, a: one, b: other };
    }
    let values = |side: &SideOfPeriod| side.windows.iter().map(|window| window.mean_log).collect();
    Blocks { unit: Unit::Hour, a: values(first), b: values(second) }
}

/// The hours of days that have enough of them, at times of day that both periods have.
fn comparable(mut hours: Vec<Hour>) -> Vec<Hour> {
    loop {
        let before = hours.len();
        let at = |period: u8| -> BTreeSet<u64> {
            hours.iter().filter(|hour| hour.day.0 == period).map(|hour| hour.of_day).collect()
        };
        let both: BTreeSet<u64> = at(0).intersection(&at(1)).copied().collect();
        hours.retain(|hour| both.contains(&hour.of_day));
        let mut of_day: BTreeMap<(u8, u64), usize> = BTreeMap::new();
        hours.iter().for_each(|hour| *of_day.entry(hour.day).or_default() += 1);
        hours.retain(|hour| of_day.get(&hour.day).is_some_and(|count| *count >= FEWEST_HOURS));
        if hours.len() == before {
            return hours;
        }
    }
}

/// What each day is, by least squares of `value = day + time of day`.
fn days(hours: &[Hour]) -> Vec<((u8, u64), f64)> {
    let day_places = places(hours.iter().map(|hour| hour.day));
    let time_places = places(hours.iter().map(|hour| hour.of_day));
    let found: Vec<(usize, usize, f64)> = hours
        .iter()
        .filter_map(|hour| Some((*day_places.get(&hour.day)?, *time_places.get(&hour.of_day)?, hour.value)))
        .collect();
    let (mut of_day, mut of_time) = (vec![0.0; day_places.len()], vec![0.0; time_places.len()]);
    for _ in 0..SWEEPS {
        of_day = means(of_day.len(), found.iter().map(|(day, time, value)| (*day, value - at(&of_time, *time))));
        of_time = means(of_time.len(), found.iter().map(|(day, time, value)| (*time, value - at(&of_day, *day))));
    }
    of_day = means(of_day.len(), found.iter().map(|(day, time, value)| (*day, value - at(&of_time, *time))));
    day_places.into_iter().map(|(day, place)| (day, at(&of_day, place))).collect()
}

fn at(values: &[f64], place: usize) -> f64 {
    values.get(place).copied().unwrap_or_default()
}

fn places<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, usize> {
    let known: BTreeSet<K> = keys.collect();
    known.into_iter().enumerate().map(|(place, key)| (key, place)).collect()
}

fn means(count: usize, values: impl Iterator<Item = (usize, f64)>) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); count];
    for (place, value) in values {
        if let Some((sum, number)) = sums.get_mut(place) {
            *sum += value;
            *number += 1.0;
        }
    }
    sums.into_iter().map(|(sum, number): (f64, f64)| if number > 0.0 { sum / number } else { 0.0 }).collect()
}
