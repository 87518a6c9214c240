//! From batches to open slots: who sent, what is new, what is missing, and the sums per slot, reporter and series.
//!
//! Pure: time is an argument, nothing is read or written. The journal makes what is applied here durable first; the
//! store takes it over at each commit.

pub mod dictionary;
pub mod excerpt;
pub mod open;
pub mod sender;

use std::collections::HashMap;
use std::sync::Arc;

use hogusu_model::{BatchHeader, Measure, SenderId, Slot};
use hogusu_wire::{Batch, Refusal, Resource, Value, parse_resource};

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

/// Why a batch is not taken. It is refused whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It cannot be read.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// It exceeds a bound.
    #[error("{what} is {found}, the bound is {bound}; see docs/wire.md")]
    Bound {
        /// What was measured.
        what: &'static str,
        /// What was found.
        found: u64,
        /// What is allowed.
        bound: u64,
    },
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
        check_bounds(&batch, arrival)?;
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

    /// What open slots hold of [from, to), with every sender known.
    #[must_use]
    pub fn excerpt(&self, from: u64, to: u64) -> Excerpt {
        let mut excerpt = Excerpt::default();
        let (mut reporters, mut series) = (HashMap::new(), HashMap::new());
        let in_period = |slot: &Slot| slot.start() >= from && slot.start() < to;
        for ((_, lateness), part) in self.open.parts.iter().filter(|((slot, _), _)| in_period(slot)) {
            excerpt.late_parts += u64::from(*lateness == Lateness::Late);
            for ((reporter_id, series_id), data) in &part.rows {
                let (Some(reporter), Some(key)) =
                    (self.dictionary.reporter_of(*reporter_id), self.dictionary.series_of(*series_id))
                else {
                    continue;
                };
                let reporter = number(&mut reporters, *reporter_id, &mut excerpt.reporters, reporter);
                let key = number(&mut series, *series_id, &mut excerpt.series, key);
                excerpt.add(reporter, key, data);
            }
        }
        let overlaps = |covered: &&Covered| covered.start < to && covered.end >= from;
        for (id, stretches) in &self.open.coverage {
            excerpt.coverage.extend(stretches.iter().filter(overlaps).map(|covered| (*id, *covered)));
        }
        let losses = self.open.losses.iter().filter(|((slot, _), _)| in_period(slot));
        excerpt.losses.extend(losses.map(|((_, id), loss)| (*id, *loss)));
        excerpt.senders.extend(self.senders.iter().map(|(id, sender)| (*id, sender.clone())));
        excerpt
    }
}

/// The number of `id` in a list that grows with what is asked for.
fn number<Id: Eq + std::hash::Hash, T>(
    known: &mut HashMap<Id, usize>,
    id: Id,
    list: &mut Vec<Arc<T>>,
    value: &Arc<T>,
) -> usize {
    *known.entry(id).or_insert_with(|| {
        list.push(Arc::clone(value));
        list.len() - 1
    })
}

/// Checks what reading alone does not bound.
fn check_bounds(batch: &Batch<'_>, arrival: u64) -> Result<(), Unfit> {
    let header = &batch.header;
    let longest = batch.points.iter().map(|point| point.attributes.len()).max().unwrap_or(0);
    for (what, found, bound) in [
        ("the number of data points", wide(batch.points.len()), wide(limits::POINTS)),
        ("the length of the Resource", wide(batch.resource.len()), wide(limits::RESOURCE_BYTES)),
        ("the length of a data point's attributes", wide(longest), wide(limits::ATTRIBUTE_BYTES)),
        ("the batch's distance in time from its arrival (ns)", arrival.abs_diff(header.start), limits::BATCH_AGE_NANOS),
        ("the batch's distance in time from its arrival (ns)", arrival.abs_diff(header.end), limits::BATCH_AGE_NANOS),
    ] {
        if found > bound {
            return Err(Unfit::Bound { what, found, bound });
        }
    }
    Ok(())
}

fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
