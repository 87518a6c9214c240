//! Batches that overtook the one before them: kept back for a moment, so that the sequence is taken in order.
//!
//! A sender has one request in flight, but for its last words: when a VM is about to go, it hands over what it still holds on
//! connections of their own. What is kept back is not acknowledged yet, so that losing it loses nothing.

use hogusu_model::SenderId;

use crate::ingest::Delivery;
use crate::limits;
use crate::limits::memory::IngestBounds;

/// What is kept back.
#[derive(Debug, Default)]
pub(super) struct Early {
    batches: Vec<(SenderId, u64, Delivery)>,
    bytes: usize,
    bounds: IngestBounds,
}

impl Early {
    pub(super) fn bounded(self, bounds: IngestBounds) -> Self {
        Self { bounds, ..self }
    }

    /// Keeps a batch back; gives it back when there is no place for it. Taking it with its gap would make the one before it, which
    /// may be a moment away, look like a repetition.
    pub(super) fn keep(&mut self, sender: SenderId, sequence: u64, delivery: Delivery) -> Result<(), Delivery> {
        let bytes = self.bytes.saturating_add(delivery.body.held());
        if self.batches.len() >= limits::EARLY_BATCHES || bytes > self.bounds.early_bytes {
            return Err(delivery);
        }
        self.bytes = bytes;
        self.batches.push((sender, sequence, delivery));
        Ok(())
    }

    /// Those whose time has come at `now`, or whose predecessor has: `last` tells a sender's last sequence. In order.
    pub(super) fn release(&mut self, now: u64, last: impl Fn(SenderId) -> u64) -> Vec<Delivery> {
        let is_ripe = |(sender, sequence, delivery): &mut (SenderId, u64, Delivery)| {
            now >= delivery.arrival.saturating_add(limits::EARLY_NANOS) || *sequence <= last(*sender).saturating_add(1)
        };
        let mut ripe: Vec<_> = self.batches.extract_if(.., is_ripe).collect();
        let bytes = ripe.iter().map(|(_, _, delivery)| delivery.body.held()).fold(0, usize::saturating_add);
        self.bytes = self.bytes.saturating_sub(bytes);
        ripe.sort_by_key(|(_, sequence, _)| *sequence);
        ripe.into_iter().map(|(_, _, delivery)| Delivery { waited: true, ..delivery }).collect()
    }

    /// Bytes of what is kept back.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// True when nothing is kept back.
    pub(super) const fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }
}
