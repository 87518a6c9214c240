//! What was taken in a stretch of arrivals, unchanging: readers and the store share it while more is taken.
//!
//! A generation holds nothing of who sent; how far each sender has come is one value of its own, beside all generations.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use hogusu_model::{SenderId, Slot};

use super::dictionary::Names;
use super::open::{Covered, Lateness, Open, Part};
use super::sender::Sender;
use super::senders::Past;

/// Counts with the names of their numbers.
#[derive(Debug)]
pub struct Generation {
    /// Counts.
    pub open: Open,
    /// What the numbers in them mean.
    pub names: Arc<Names>,
}

/// Everything that a commit moves into the store. Nothing in it changes any more.
#[derive(Debug, Clone)]
pub struct Commit {
    /// What was taken since the commit before, oldest first.
    pub generations: Vec<Arc<Generation>>,
    /// Everybody who is remembered whole.
    pub senders: Arc<HashMap<SenderId, Sender>>,
    /// Those of them that changed since the commit before.
    pub changed: Arc<HashSet<SenderId>>,
    /// Everybody who is remembered in brief.
    pub past: Arc<HashMap<SenderId, Past>>,
    /// A batch that ended by then may be that of a sender of which nothing is remembered.
    pub forgotten_to: u64,
    /// First journal segment of which nothing is in it.
    pub position: u64,
    /// When it is made.
    pub now: u64,
}

/// The parts of each slot, with the names of their numbers.
pub type Parts<'a> = BTreeMap<(Slot, Lateness), Vec<(&'a Names, &'a Part)>>;

impl Commit {
    /// The parts of each slot, oldest first.
    #[must_use]
    pub fn parts(&self) -> Parts<'_> {
        let mut parts = Parts::new();
        for generation in &self.generations {
            for (key, part) in &generation.open.parts {
                parts.entry(*key).or_default().push((&generation.names, part));
            }
        }
        parts
    }

    /// How many rows there are in it: one of a slot that goes on in the next generation counts twice.
    #[must_use]
    pub fn rows(&self) -> u64 {
        let parts = self.generations.iter().flat_map(|generation| generation.open.parts.values());
        parts.map(|part| part.rows.len() as u64).sum()
    }

    /// Covered time by sender; a stretch that goes on from one generation to the next is one.
    #[must_use]
    pub fn coverage(&self) -> HashMap<SenderId, Vec<Covered>> {
        let mut whole = Open::default();
        for (id, stretches) in self.generations.iter().flat_map(|generation| &generation.open.coverage) {
            stretches.iter().for_each(|covered| whole.cover(*id, *covered));
        }
        whole.coverage
    }

    /// The senders that changed since the commit before.
    pub fn changed(&self) -> impl Iterator<Item = (&SenderId, &Sender)> {
        self.changed.iter().filter_map(|id| self.senders.get_key_value(id))
    }
}
