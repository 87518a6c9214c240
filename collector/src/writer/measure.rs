//! What is told of the writer by the collector's own metrics.

use hogusu_model::Slot;
use hogusu_model::slot::SLOT_NANOS;

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
        }
        let newest = self.extent.reaches.iter().map(|reach| Slot::of(reach.to.saturating_sub(1)).start());
        let (ahead, past): (Vec<u64>, Vec<u64>) = newest.partition(|slot| is_ahead(*slot, now));
        past.into_iter().for_each(|slot| telemetry.raise(Metric::NewestEvent, slot));
        // Where nothing else is known, it is what there is.
        if telemetry.get(Metric::NewestEvent) == 0 {
            ahead.into_iter().for_each(|slot| telemetry.raise(Metric::NewestEvent, slot));
        }
        telemetry.set(Metric::StoreBytes, self.extent.bytes);
    }
}

/// Notes how far a batch reaches that arrived then. A slot that lies ahead of it is of a time when the collector's own clock was: the newest is
/// what came since that was set right.
pub(super) fn reached(taken: &Taken, arrival: u64, telemetry: &Telemetry) {
    let Taken::New { slot, .. } = taken else { return };
    if is_ahead(telemetry.get(Metric::NewestEvent), arrival) {
        telemetry.set(Metric::NewestEvent, slot.start());
    } else {
        telemetry.raise(Metric::NewestEvent, slot.start());
    }
}

/// True of the start of a slot that no batch can have reached by then, however far its sender's clock is off.
const fn is_ahead(slot: u64, now: u64) -> bool {
    slot > now.saturating_add(SLOT_NANOS)
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
