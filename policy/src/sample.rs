//! A sample to test again by hand: rows of one edge, one end's word and one class of exchanges, drawn by a seed that whoever audits may choose.
//!
//! Each row is as likely as any other, whatever its count. The same facts and the same seed give the same rows: SplitMix64 is the source of
//! numbers, Floyd's method draws. Judges nothing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::fact::{Class, Facts};

/// Rows of a sample at most; auditors ask for about so many of a large population.
pub const ROWS: usize = 25;
/// Largest seed: programs that read JSON's numbers as floats have it exactly.
pub const MOST: u64 = (1 << 53) - 1;

/// Rows to test again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// What it was drawn by.
    pub seed: u64,
    /// Rows that it was drawn from.
    pub of: u64,
    /// Those that were drawn, in the order of the facts.
    pub rows: Vec<Row>,
}

/// What one end says of one class of an edge's exchanges.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its place among all, from 1.
    pub place: u64,
    /// The edge's id.
    pub edge: String,
    /// `SOURCE -> DESTINATION`.
    pub label: String,
    /// Who tells: `source` or `destination`.
    pub by: String,
    /// What is told.
    pub class: Class,
}

/// Draws; edges in the order of the facts, the source's word of each before the destination's.
#[must_use]
pub fn sample(facts: &Facts, seed: u64) -> Sample {
    let all = || {
        facts.edges.iter().flat_map(|edge| {
            let ends = [("source", &edge.source_report), ("destination", &edge.destination_report)];
            let told = ends.into_iter().filter_map(|(by, report)| Some((by, report.as_ref()?)));
            told.flat_map(move |(by, report)| report.classes.iter().map(move |class| (edge, by, class)))
        })
    };
    let of = all().count();
    let chosen = drawn(of, seed);
    let row = |(place, (edge, by, class)): (usize, (&crate::fact::Edge, &str, &Class))| Row {
        place: place as u64 + 1,
        edge: edge.id.clone(),
        label: edge.label(),
        by: by.to_owned(),
        class: class.clone(),
    };
    let rows = all().enumerate().filter(|(place, _)| chosen.contains(place)).map(row).collect();
    Sample { seed, of: of as u64, rows }
}

/// So many places of `of`, each set of them as likely as any other.
fn drawn(of: usize, seed: u64) -> BTreeSet<usize> {
    let mut state = seed;
    let mut chosen = BTreeSet::new();
    for last in of.saturating_sub(ROWS)..of {
        let place = below(last as u64 + 1, next(&mut state));
        if !chosen.insert(place) {
            chosen.insert(last);
        }
    }
    chosen
}

/// SplitMix64.
const fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut word = *state;
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// A number below `bound`, from one of all of 64 bits.
fn below(bound: u64, word: u64) -> usize {
    let part = (u128::from(word) * u128::from(bound)) >> 64;
    usize::try_from(part).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_published_method() {
        // The first numbers of the method's own reference for the seed 1234567.
        let mut state = 1_234_567;
        let found = [next(&mut state), next(&mut state), next(&mut state)];
        assert_eq!(found, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn as_many_are_drawn_as_are_wanted_or_there() {
        assert_eq!(drawn(0, 1).len(), 0);
        assert_eq!(drawn(7, 1), (0..7).collect());
        assert_eq!(drawn(1_000_000, 1).len(), ROWS);
        assert_ne!(drawn(1_000_000, 1), drawn(1_000_000, 2));
    }

    #[test]
    fn each_row_is_as_likely_as_another() {
        let mut times = vec![0_u32; 100];
        for seed in 0..4_000 {
            for place in drawn(100, seed) {
                times[place] += 1;
            }
        }
        assert!(times.iter().all(|count| (850..1_150).contains(count)), "1000 of each are expected: {times:?}");
    }
}
