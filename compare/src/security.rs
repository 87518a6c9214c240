//! Whether an edge is secured otherwise than before, or by others: only where both periods know it by the same reporters.

use std::collections::BTreeSet;

use crate::record::{EdgeRecord, EndRecord, SideRecord};

/// What is said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecurityWord {
    /// State or identities differ.
    Changed,
    /// They do not.
    Same,
    /// One of the periods does not know it, or knows it by another reporter.
    Unknown,
}

/// How an edge's security changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityChange {
    /// The word.
    pub word: SecurityWord,
    /// States in both periods.
    pub states: (String, String),
    /// Identities of source and destination that only the second period has.
    pub new: Vec<String>,
    /// Those that only the first one has.
    pub gone: Vec<String>,
}

/// Of an edge that is in both periods.
pub(crate) fn compare(a: &EdgeRecord, b: &EdgeRecord) -> SecurityChange {
    let states = (a.security.state.clone(), b.security.state.clone());
    let is_known = |edge: &EdgeRecord| !matches!(edge.security.state.as_str(), "" | "unknown" | "disagreement");
    let is_told_alike = reporters(a) == reporters(b);
    if !is_told_alike || !is_known(a) || !is_known(b) {
        return SecurityChange { word: SecurityWord::Unknown, states, new: Vec::new(), gone: Vec::new() };
    }
    let (mut new, mut gone) = (BTreeSet::new(), BTreeSet::new());
    for (before, after) in [(&a.source, &b.source), (&a.destination, &b.destination)] {
        new.extend(only(after, before));
        gone.extend(only(before, after));
    }
    let is_changed = states.0 != states.1 || !new.is_empty() || !gone.is_empty();
    let word = if is_changed { SecurityWord::Changed } else { SecurityWord::Same };
    SecurityChange { word, states, new: new.into_iter().collect(), gone: gone.into_iter().collect() }
}

/// Which sides say how it was connected.
fn reporters(edge: &EdgeRecord) -> [bool; 2] {
    [&edge.source_report, &edge.destination_report]
        .map(|side| side.as_ref().is_some_and(|side| SideRecord::connected(side) > 0))
}

/// Identities of an end that the other one lacks, where both have some.
fn only(one: &EndRecord, other: &EndRecord) -> Vec<String> {
    if one.principals.is_empty() || other.principals.is_empty() {
        return Vec::new();
    }
    one.principals.iter().filter(|name| !other.principals.contains(name)).cloned().collect()
}
