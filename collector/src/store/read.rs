//! What a file holds of a period, read from one unchanging state of it.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use hogusu_model::{SenderId, SeriesKey, Slot};
use redb::ReadTransaction;

use super::StoreError;
use super::accounts::Accounts;
use super::catalogue::Held;
use super::day::sides_of;
use super::guard::attempt;
use super::lines::Lines;
use super::naming::Naming;
use super::numbers::Remembered;
use super::summary::Summary;
use super::summed::Knowledge;
use super::tables::{COVERAGE, PARTS, ROWS};
use crate::aggregate::{Covered, Excerpt, Reporter};
use crate::ownership::Owners;
use crate::wanted::Wanted;

/// One file as it was when the reader was made.
#[derive(Debug)]
pub struct Reader {
    pub(super) name: String,
    pub(super) read: ReadTransaction,
    pub(super) knowledge: Arc<Knowledge>,
    pub(super) summary: Summary,
    /// Its names, as far as they need not be read.
    pub(super) names: Names,
    /// Until it is dropped, the file it reads is not closed.
    pub(super) _held: Held,
}

/// What a file's numbers for reporters and series stand for, where that is remembered.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    pub(super) reporters: Remembered<Reporter>,
    pub(super) series: Remembered<SeriesKey>,
}

/// Parts of a file by (slot, part): 1 where it came late.
pub(super) type Parts = BTreeMap<(u64, u32), u8>;

/// How many of them came late.
pub(super) fn late(parts: &Parts) -> u64 {
    parts.values().map(|is_late| u64::from(*is_late)).sum()
}

/// The slots of [from, to), borders of slots.
pub(super) const fn slots(from: u64, to: u64) -> Range<u64> {
    Slot::of(from).0..Slot::of(to).0
}

impl Reader {
    /// Senders of the file that may have been there in [from, to), with the time they covered. Those that `known` names are
    /// left out, and the file's are added to it.
    ///
    /// # Errors
    /// When the file cannot be read, as it is damaged or otherwise, or nobody waits any more.
    pub fn excerpt(
        &self,
        (from, to, now): (u64, u64, u64),
        known: &mut HashSet<SenderId>,
        wanted: &Wanted,
    ) -> Result<Excerpt, StoreError> {
        attempt(&self.name, &self.knowledge, || {
            let mut excerpt = Excerpt::default();
            self.coverage(from, to, wanted, &mut excerpt)?;
            self.accounts().senders((from, to, now), known, wanted, &mut excerpt)?;
            Ok(excerpt)
        })
    }

    /// Name of the file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds the rows of [from, to), borders of slots, each to the owner that its peer's address had in its slot.
    ///
    /// # Errors
    /// When the file cannot be read, as it is damaged or otherwise, or nobody waits any more.
    pub fn rows(
        &self,
        (from, to): (u64, u64),
        owners: &Owners,
        wanted: &Wanted,
        excerpt: &mut Excerpt,
    ) -> Result<(), StoreError> {
        attempt(&self.name, &self.knowledge, || self.add_rows((from, to), owners, wanted, excerpt))
    }

    fn add_rows(
        &self,
        (from, to): (u64, u64),
        owners: &Owners,
        wanted: &Wanted,
        excerpt: &mut Excerpt,
    ) -> Result<(), StoreError> {
        let slots = slots(from, to);
        excerpt.late_parts += late(&self.parts(slots.clone())?);
        let mut naming = Naming::of(self, owners, wanted)?;
        let mut lines = Lines::default();
        for entry in self.read.open_table(ROWS)?.range((slots.start, 0, 0, 0)..(slots.end, 0, 0, 0))? {
            wanted.check()?;
            let (key, value) = entry?;
            let (slot, _, reporter, series) = key.value();
            let numbers = (reporter, series);
            let line = match lines.find(numbers) {
                Some(line) => line,
                None => lines.enter(numbers, naming.line(numbers, excerpt)?),
            };
            line.add(Slot(slot), value.value(), &mut excerpt.rows).map_err(StoreError::garbled(&self.name))?;
        }
        Ok(())
    }

    /// Parts of slots, by (slot, part): 1 where it came late. One that is there never changes.
    pub(super) fn parts(&self, slots: Range<u64>) -> Result<Parts, StoreError> {
        let mut parts = Parts::new();
        for entry in self.read.open_table(PARTS)?.range((slots.start, 0)..(slots.end, 0))? {
            let (key, value) = entry?;
            parts.insert(key.value(), value.value().0);
        }
        Ok(parts)
    }

    fn coverage(&self, from: u64, to: u64, wanted: &Wanted, excerpt: &mut Excerpt) -> Result<(), StoreError> {
        let earliest = from.saturating_sub(self.summary.longest);
        for entry in self.read.open_table(COVERAGE)?.range((earliest, [0; 16])..(to, [0; 16]))? {
            wanted.check()?;
            let (key, value) = entry?;
            let ((start, id), (end, sides)) = (key.value(), value.value());
            if end >= from {
                excerpt.coverage.push((SenderId(id), Covered { start, end, sides: sides_of(sides) }));
            }
        }
        self.accounts().folded((earliest, from, to), excerpt)?;
        self.accounts().losses(Slot::of(from).0..Slot::of(to).0, excerpt)
    }

    /// What it has as every file of the store.
    pub(super) const fn accounts(&self) -> Accounts<'_> {
        Accounts { name: self.name.as_str(), read: &self.read }
    }
}
