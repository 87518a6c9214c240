//! Which files of slots are to be rolled up, and doing it: beside commits and readers, in steps of one file.

use std::sync::Arc;

use super::catalogue::Catalogue;
use super::guard::attempt;
use super::names::{UNFINISHED_ROLLED, rolled_name_of};
use super::rolled::Rolled;
use super::rolled::span::Span;
use super::summed::Knowledge;
use super::sums::Sums;
use super::{Files, Reader, Resolution, Retention, StoreError};
use crate::ownership::Owners;
use crate::spans;

/// Whose an address was is told for certain so long after the end of what is rolled up: three minutes.
const SETTLED_NANOS: u64 = 180 * 1_000_000_000;

/// Rolls files of slots up.
#[derive(Debug)]
pub struct RollUp<F: Files> {
    files: Arc<F>,
    catalogue: Catalogue,
}

/// A file of slots that is to be rolled up.
#[derive(Debug)]
pub struct Unit {
    stamp: u64,
    /// Start of its earliest event, nanoseconds since the epoch.
    pub from: u64,
    /// End of its latest event.
    pub to: u64,
    file: Reader,
    /// The resolutions that do not hold it yet, and the files in which they are to.
    missing: Vec<(Resolution, String)>,
}

impl<F: Files> RollUp<F> {
    pub(super) const fn new(files: Arc<F>, catalogue: Catalogue) -> Self {
        Self { files, catalogue }
    }

    /// The oldest file that is due: nothing is written to it any more, and whose its addresses were can be told.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn due(&self, retention: Retention, now: u64) -> Result<Option<Unit>, StoreError> {
        let shelves = self.catalogue.read();
        // Until the next start sets it aside, nothing is taken up in the place of one that is damaged.
        let rolled = shelves.rolled.values().map(Rolled::reader).collect::<Result<Vec<_>, _>>()?;
        for (stamp, file) in &shelves.sealed {
            let (from, to) = (file.summary.from, file.summary.to);
            if to.saturating_add(SETTLED_NANOS) > now {
                continue;
            }
            let is_missing = |resolution: &Resolution| {
                let of = rolled.iter().filter(|rolled| rolled.resolution == *resolution);
                retention.keeps(*resolution, to, now) && !of.clone().any(|file| file.contents.held.contains_key(stamp))
            };
            let file_of = |resolution: Resolution| {
                let span = Span::of(resolution, retention.of(resolution));
                (resolution, rolled_name_of(resolution, span, *stamp))
            };
            let missing: Vec<_> = Resolution::ROLLED.into_iter().filter(is_missing).map(file_of).collect();
            if !missing.is_empty() {
                return Ok(Some(Unit { stamp: *stamp, from, to, file: file.reader(*stamp)?, missing }));
            }
        }
        Ok(None)
    }

    /// Rolls a file up to every resolution that does not hold it yet. Takes long.
    ///
    /// # Errors
    /// When a file cannot be read or written; what was done so far holds.
    pub fn take_up(&self, unit: &Unit, owners: &Owners) -> Result<(), StoreError> {
        for (resolution, name) in &unit.missing {
            let _in = spans::take_up(resolution.as_str()).entered();
            let known = self.catalogue.read().rolled.get(name).cloned();
            if let Some(rolled) = known {
                self.guarded(&rolled, unit, owners)?;
                continue;
            }
            if self.files.list()?.iter().any(|(name, _)| name == UNFINISHED_ROLLED) {
                self.files.remove(UNFINISHED_ROLLED)?;
            }
            // It gets its name when something is in it.
            let knowledge = Knowledge::of(Sums::empty());
            let rolled = Rolled::open(name, *resolution, self.files.open(UNFINISHED_ROLLED)?, &knowledge)?;
            self.guarded(&rolled, unit, owners)?;
            self.files.rename(UNFINISHED_ROLLED, name)?;
            self.files.sync_dir()?;
            self.catalogue.write().rolled.insert(name.clone(), rolled);
        }
        Ok(())
    }

    /// Takes a file up. One of the two that is found damaged is left out.
    fn guarded(&self, rolled: &Rolled, unit: &Unit, owners: &Owners) -> Result<(), StoreError> {
        let taken = attempt(&rolled.name, &Knowledge::default(), || rolled.take_up(unit.stamp, &unit.file, owners));
        if let Err(StoreError::Damaged { reason, .. }) = &taken {
            if let Some(reason) = unit.file.knowledge.flaw() {
                self.catalogue.leave_out(unit.stamp, reason, unit.from);
            } else {
                self.catalogue.note_rolled(&rolled.name, rolled.knowledge.is_flawed(reason.clone()));
            }
        }
        taken
    }
}
