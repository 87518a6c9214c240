//! What is told of the writer by the collector's own metrics.

use hogusu_model::Slot;

use super::Writer;
use crate::aggregate::{Lateness, Taken};
use crate::journal::Disk;
use crate::store::Files;
use crate::telemetry::{Metric, Telemetry};

impl<D: Disk, F: Files> Writer<D, F> {
    /// Brings the gauges up to date.
    pub fn measure(&self, now: u64, telemetry: &Telemetry) {
        let senders = self.aggregate.senders();
        telemetry.set(Metric::Senders, senders.len() as u64);
        let unclosed = senders.values().filter(|sender| sender.is_unclosed(now)).count();
        telemetry.set(Metric::SendersUnclosed, unclosed as u64);
        telemetry.set(Metric::OpenRows, self.aggregate.rows() as u64);
        telemetry.set(Metric::JournalBytes, self.journal.bytes());
        telemetry.set(Metric::StoreFiles, self.extent.files() as u64);
        telemetry.set(Metric::StoreDamaged, self.catalogue.damaged() as u64);
        telemetry.set(Metric::OldestEvent, self.extent.earliest());
        let oldest = [Metric::OldestSlot, Metric::OldestMinute, Metric::OldestHour, Metric::OldestDay];
        for (metric, reach) in oldest.into_iter().zip(self.extent.reaches) {
            telemetry.set(metric, reach.from);
            telemetry.raise(Metric::NewestEvent, Slot::of(reach.to.saturating_sub(1)).start());
        }
        telemetry.set(Metric::StoreBytes, self.extent.bytes);
    }
}

/// Notes how far batches reach.
pub(super) fn reached(taken: &Taken, telemetry: &Telemetry) {
    if let Taken::New { slot, .. } = taken {
        telemetry.raise(Metric::NewestEvent, slot.start());
    }
}

/// Counts what became of a batch.
pub(super) fn count(taken: Taken, telemetry: &Telemetry) {
    match taken {
        Taken::Before => telemetry.add(Metric::BatchesDuplicate, 1),
        Taken::New { points, loss, lateness, slot: _ } => {
            telemetry.add(Metric::BatchesAccepted, 1);
            telemetry.add(Metric::Points, points as u64);
            telemetry.add(Metric::LostBatches, loss.batches);
            telemetry.add(Metric::LostExchanges, loss.exchanges);
            telemetry.add(Metric::LateBatches, u64::from(lateness == Lateness::Late));
        }
    }
}
