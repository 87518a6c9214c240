//! What something may be, where not all that decides it is known: never a guess among several.

use std::collections::BTreeSet;

use crate::truth::Missing;

/// One value, or several of which one is the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Possible<T: Ord> {
    /// Those that may be.
    pub all: BTreeSet<T>,
    /// What would tell them apart.
    pub missing: Missing,
}

impl<T: Ord + Clone> Possible<T> {
    /// It is this.
    pub(crate) fn only(value: T) -> Self {
        Self { all: BTreeSet::from([value]), missing: Missing::new() }
    }

    /// One of these, and what is missing to say which.
    pub(crate) fn of(all: impl IntoIterator<Item = T>, missing: &str) -> Self {
        Self { all: all.into_iter().collect(), missing: Missing::from([missing.to_owned()]) }.settled()
    }

    /// The value, where it is known.
    #[must_use]
    pub fn known(&self) -> Option<&T> {
        let mut all = self.all.iter();
        all.next().filter(|_| all.next().is_none())
    }

    /// What follows from each of them.
    pub(crate) fn and_then<U: Ord + Clone>(self, then: impl Fn(T) -> Possible<U>) -> Possible<U> {
        let mut joined = Possible { all: BTreeSet::new(), missing: self.missing };
        for one in self.all {
            let next = then(one);
            joined.all.extend(next.all);
            joined.missing.extend(next.missing);
        }
        joined.settled()
    }

    /// Nothing is missing where there is nothing to tell apart.
    fn settled(mut self) -> Self {
        if self.all.len() < 2 {
            self.missing.clear();
        }
        self
    }
}
