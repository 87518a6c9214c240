//! What a line adds up to over the parts of a window, so that a part can be taken off again.

use hogusu_model::{Histogram, SeriesData};

use super::super::codec::{Beside, Garbled, meet_data};
use super::PartKey;
use super::exemplars::Exemplars;
use crate::allowance;

/// Sums of a line.
#[derive(Debug, Default)]
pub(super) struct Sum {
    /// All but the exemplar.
    data: SeriesData,
    /// In how many parts it is.
    cells: u32,
    /// In how many of them with backend latency.
    backend: u32,
    /// With bytes.
    bytes: u32,
    /// With attempts.
    attempts: u32,
    /// A sum reached the end of its type: from then on it is not known how far beyond it the truth lies.
    is_full: bool,
    exemplars: Exemplars,
}

impl Sum {
    /// Adds what a part has of the line.
    pub(super) fn add(&mut self, part: PartKey, cell: &[u8]) -> Result<(), Garbled> {
        let mut is_full = self.is_full;
        let beside = meet_data(cell, &mut self.data, |own, number| {
            *own = own.saturating_add(number);
            is_full |= *own == u64::MAX;
        })?;
        self.is_full = is_full;
        self.count(beside, |count, is_there| count.saturating_add(is_there));
        if let Some(exemplar) = beside.exemplar {
            self.exemplars.enter(part, exemplar);
        }
        Ok(())
    }

    /// Takes off what a part has of the line, which was added before.
    pub(super) fn take_off(&mut self, part: PartKey, cell: &[u8]) -> Result<(), Garbled> {
        let beside = meet_data(cell, &mut self.data, |own, number| *own = own.saturating_sub(number))?;
        self.count(beside, |count, is_there| count.saturating_sub(is_there));
        if beside.exemplar.is_some() {
            self.exemplars.leave(part);
        }
        // What is nowhere measured any more is not measured as nothing.
        self.data.backend.take_if(|_| self.backend == 0);
        self.data.bytes.take_if(|_| self.bytes == 0);
        self.data.attempts.take_if(|_| self.attempts == 0);
        if self.is_gone() {
            *self = Self::default();
        }
        Ok(())
    }

    fn count(&mut self, beside: Beside, change: impl Fn(u32, u32) -> u32) {
        self.cells = change(self.cells, 1);
        self.backend = change(self.backend, u32::from(beside.backend));
        self.bytes = change(self.bytes, u32::from(beside.bytes));
        self.attempts = change(self.attempts, u32::from(beside.attempts));
    }

    /// True when no part has it.
    pub(super) const fn is_gone(&self) -> bool {
        self.cells == 0
    }

    /// True when it is what the parts say; else they must be read.
    pub(super) const fn is_exact(&self) -> bool {
        !self.is_full
    }

    pub(super) const fn has_exemplars(&self) -> bool {
        self.exemplars.len() > 0
    }

    /// Adds it to a row.
    pub(super) fn add_to(&self, row: &mut SeriesData) {
        row.merge(&self.data);
        row.merge(&SeriesData { exemplar: self.exemplars.slowest(), ..SeriesData::default() });
    }

    /// Bytes that it takes, by estimate.
    pub(super) fn price(&self) -> u64 {
        if self.is_gone() {
            return 0;
        }
        let counts = self.data.duration.bytes() + self.data.backend.as_ref().map_or(0, Histogram::bytes);
        allowance::KEPT_LINE + counts as u64 + allowance::KEPT_EXEMPLAR * self.exemplars.len() as u64
    }
}
