//! Rolling a file of slots up: a step that is worked on while more is taken, committed and read.

use std::sync::{Arc, RwLock};

use super::{OpenError, View, Writer};
use crate::journal::Disk;
use crate::kubernetes::record::Record;
use crate::spans;
use crate::store::{Files, Resolution, Retention, RollUp, StoreError, Unit};

/// A step, for whichever thread works on it.
#[derive(Debug)]
pub struct Job<F: Files> {
    roll_up: Arc<RollUp<F>>,
    unit: Unit,
    /// What is known of the time of the file.
    view: View,
}

impl<D: Disk, F: Files> Writer<D, F> {
    /// The next file that is to be rolled up, for whichever thread works on it; `None` when there is none. One at a time: until it is
    /// done, the same one is due.
    ///
    /// # Errors
    /// When journal or store are no longer where they were, or a file cannot be read.
    pub fn begin_roll_up(&mut self, retention: Retention, now: u64) -> Result<Option<Job<F>>, OpenError> {
        self.check()?;
        let Some(unit) = self.roll_up.due(retention, now)? else { return Ok(None) };
        let view = self.view_at(unit.from, unit.to, Resolution::Slot)?;
        Ok(Some(Job::new(&self.roll_up, unit, view)))
    }
}

impl<F: Files> Job<F> {
    fn new(roll_up: &Arc<RollUp<F>>, unit: Unit, view: View) -> Self {
        Self { roll_up: Arc::clone(roll_up), unit, view }
    }

    /// Does it. Takes long: it reads and writes files. Whose an address was is decided by what is known at `now`.
    ///
    /// # Errors
    /// When a file cannot be read or written; what was done so far holds, and the rest stays due.
    pub fn run(self, record: &RwLock<Record>, now: u64) -> Result<(), StoreError> {
        let _in = spans::roll_up().entered();
        let rolled = self.view.owners(record, now).and_then(|owners| self.roll_up.take_up(&self.unit, &owners));
        rolled.inspect_err(|_error| spans::failed("not_rolled_up"))
    }
}
