//! From batches to open slots: who sent, what is new, what is missing, and the sums per slot, reporter and series.
//!
//! Pure: time is an argument, nothing is read or written. The journal makes what is applied here durable first; the
//! store takes it over at each commit.

mod bounds;
pub mod dictionary;
pub mod excerpt;
pub mod open;
pub mod sender;

use std::collections::HashMap;
use std::sync::Arc;

use hogusu_model::{BatchHeader, Measure, SenderId, Slot};
use hogusu_wire::{Batch, Resource, Value, parse_resource};

pub use bounds::Unfit;
pub use dictionary::{Dictionary, Reporter, ReporterId, SeriesId};
pub use excerpt::Excerpt;
pub use open::{Covered, Lateness, Open, Part, Sides};
pub use sender::{Loss, Progress, Sender};

use crate::limits;

/// The state that batches change.
#[derive(Debug, Default)]
pub struct Aggregate {
    senders: HashMap<SenderId, Sender>,
    dictionary: Dictionary,
    open: Open,
    /// Senders that changed since the last commit.
    changed: HashMap<SenderId, ()>,
}

/// A batch that was read and found good; nothing of it is counted yet.
#[derive(Debug)]
pub struct Prepared {
    sender: SenderId,
    header: BatchHeader,
    /// When the Resource's bytes are not those already known of this sender.
    resource: Option<(Arc<[u8]>, Arc<Resource>)>,
    reporter: ReporterId,
    points: Vec<(SeriesId, Value)>,
    exchanges: u64,
    sides: Sides,
    arrival: u64,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Counted.
    New {
        /// Data points in it.
        points: usize,
        /// What was missing before it.
        loss: Loss,
        /// Whether it came late.
        lateness: Lateness,
    },
    /// Taken before: nothing was counted.
    Before,
}

impl Aggregate {
    /// The state after a restart: the senders as the store's last commit had them.
    #[must_use]
    pub fn with_senders(senders: HashMap<SenderId, Sender>) -> Self {
        Self { senders, ..Self::default() }
    }

    /// Reads everything of a batch that can be wrong. Counts nothing.
    ///
    /// # Errors
    /// When the batch must be refused.
    pub fn prepare(&mut self, batch: Batch<'_>, arrival: u64) -> Result<Prepared, Unfit> {
        bounds::check(&batch, arrival)?;
        let known = self.senders.get(&batch.sender).filter(|sender| *sender.resource_bytes == *batch.resource);
        let (resource, reporter) = match (known, self.dictionary.reporter_of_sender(batch.sender)) {
            (Some(_), Some(reporter)) => (None, reporter),
            (Some(sender), None) => (None, self.dictionary.reporter(Reporter::of(&sender.resource))),
            (None, _) => {
                let resource = parse_resource(batch.resource)?;
                let reporter = self.dictionary.reporter(Reporter::of(&resource));
                (Some((Arc::from(batch.resource), Arc::new(resource))), reporter)
            }
        };
        let (mut exchanges, mut sides) = (0_u64, Sides::default());
        let mut points = Vec::with_capacity(batch.points.len());
        for point in batch.points {
            let series = self.dictionary.series(point.measure, &point.attributes)?;
            if let Value::Duration(histogram, _) = &point.value {
                exchanges = exchanges.saturating_add(histogram.count());
                sides = sides.or(self.sides_of(series));
            }
            points.push((series, point.value));
        }
        Ok(Prepared {
            sender: batch.sender,
            header: batch.header,
            resource,
            reporter,
            points,
            exchanges,
            sides,
            arrival,
        })
    }

    fn sides_of(&self, series: SeriesId) -> Sides {
        match self.dictionary.series_of(series) {
            Some(key) if key.measure == Measure::Request => match key.reporter {
                hogusu_model::Reporter::Source => Sides { source: true, destination: false },
                hogusu_model::Reporter::Destination => Sides { source: false, destination: true },
            },
            _ => Sides::default(),
        }
    }

    /// True when the batch was taken before, so that it need not be made durable again.
    #[must_use]
    pub fn has(&self, prepared: &Prepared) -> bool {
        self.senders.get(&prepared.sender).is_some_and(|sender| sender.progress.has(&prepared.header))
    }

    /// Counts a batch, once.
    pub fn apply(&mut self, prepared: Prepared) -> Taken {
        let Prepared { sender: id, header, resource, reporter, points, exchanges, sides, arrival } = prepared;
        let Some(sender) = self.sender(id, &header, resource) else { return Taken::Before };
        if sender.progress.has(&header) {
            return Taken::Before;
        }
        let (loss, start, end) = sender.progress.advance(&header, exchanges, arrival);
        self.changed.insert(id, ());
        self.dictionary.remember(id, reporter);
        self.open.cover(id, Covered { start, end, sides });
        let slot = Slot::of(header.start);
        let lateness = Lateness::of(slot, arrival);
        self.open.lose(slot, id, loss);
        let count = points.len();
        if count > 0 {
            self.open.arrived(slot, lateness, arrival);
        }
        for (series, value) in points {
            value.add_to(self.open.row(slot, lateness, reporter, series));
        }
        Taken::New { points: count, loss, lateness }
    }

    /// The sender of a batch, added or brought up to date with its Resource.
    fn sender(
        &mut self,
        id: SenderId,
        header: &BatchHeader,
        resource: Option<(Arc<[u8]>, Arc<Resource>)>,
    ) -> Option<&mut Sender> {
        if let Some((resource_bytes, resource)) = resource {
            let progress = self.senders.remove(&id).map_or_else(|| Progress::before(header), |known| known.progress);
            self.senders.insert(id, Sender { resource_bytes, resource, progress });
        }
        self.senders.get_mut(&id)
    }

    /// What is not in the store yet.
    #[must_use]
    pub const fn open(&self) -> &Open {
        &self.open
    }

    /// Names for the numbers in [`Self::open`].
    #[must_use]
    pub const fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// All senders known.
    #[must_use]
    pub const fn senders(&self) -> &HashMap<SenderId, Sender> {
        &self.senders
    }

    /// Senders that changed since the last commit.
    pub fn changed(&self) -> impl Iterator<Item = (&SenderId, &Sender)> {
        self.changed.keys().filter_map(|id| self.senders.get_key_value(id))
    }

    /// How near memory is to its bounds: 1 where a commit is due to make room, 2 where nothing more must be taken.
    #[must_use]
    pub fn crowding(&self) -> usize {
        let rows = self.open.rows() / limits::OPEN_ROWS;
        let series = self.dictionary.len() / limits::KNOWN_SERIES;
        rows.max(series).max(self.senders.len() / (limits::SENDERS + 1))
    }

    /// The store holds everything: open slots are empty again, and what is no longer needed is forgotten.
    pub fn committed(&mut self, now: u64) {
        self.open = Open::default();
        self.changed.clear();
        if self.dictionary.len() > limits::KNOWN_SERIES {
            self.dictionary = Dictionary::default();
        }
        self.senders.retain(|_, sender| {
            let keep = if sender.progress.closed { limits::SENDER_CLOSED_NANOS } else { limits::SENDER_SILENCE_NANOS };
            now.saturating_sub(sender.progress.last_arrival) < keep
        });
        self.forget_beyond(limits::SENDERS);
    }

    fn forget_beyond(&mut self, bound: usize) {
        let excess = self.senders.len().saturating_sub(bound);
        if excess == 0 {
            return;
        }
        let mut by_silence: Vec<_> =
            self.senders.iter().map(|(id, sender)| (sender.progress.last_arrival, *id)).collect();
        by_silence.sort_unstable();
        for (_, id) in by_silence.into_iter().take(excess) {
            self.senders.remove(&id);
        }
    }
}
