//! From batches to open slots: who sent, what is new, what is missing, and the sums per slot, reporter and series.
//!
//! Pure: time is an argument, nothing is read or written. The journal makes what is applied here durable first; the
//! store takes it over at each commit.

mod bounds;
mod contradictions;
pub mod dictionary;
pub mod excerpt;
pub mod open;
pub mod placing;
mod plausible;
mod prepare;
mod rivals;
pub mod sender;
mod senders;

use std::collections::HashMap;

use hogusu_model::{SenderId, Slot};

pub use bounds::Unfit;
pub use dictionary::{Dictionary, Reporter, ReporterId, SeriesId};
pub use excerpt::Excerpt;
pub use open::{Covered, Folded, Lateness, Open, Part, Sides};
pub use placing::SKEW_NANOS;
pub use prepare::Prepared;
pub use sender::{Advance, Loss, Progress, ProxyKey, Sender, named, proxy_key};
pub use senders::{Past, Remembered, Stranger};

use crate::limits;
use prepare::{Named, Unseen};
use rivals::Rivals;
use senders::Senders;

/// The state that batches change.
#[derive(Debug, Default)]
pub struct Aggregate {
    senders: Senders,
    rivals: Rivals,
    dictionary: Dictionary,
    open: Open,
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
    /// The state after a restart: who sent, as the store's last commit had it.
    #[must_use]
    pub fn with_senders(remembered: Remembered) -> Self {
        let mut rivals = Rivals::default();
        for sender in remembered.senders.values() {
            rivals.note(&sender.resource);
        }
        Self { senders: Senders::of(remembered), rivals, ..Self::default() }
    }

    /// True when the batch was taken before, so that it need not be made durable again.
    #[must_use]
    pub fn has(&self, prepared: &Prepared) -> bool {
        self.senders.has(prepared.sender, &prepared.header)
    }

    /// Whether there is a place for who sends the batch.
    ///
    /// # Errors
    /// When there is none, or it may be a sender that was forgotten.
    pub fn admit(&self, prepared: &Prepared) -> Result<(), Stranger> {
        self.senders.admit(prepared.sender, &prepared.header)
    }

    /// Whether the batch is of who sent under its sender's id before, and in `group`, which is not counted yet.
    ///
    /// # Errors
    /// When it says that it is of somebody else: its sequence is not that one's.
    pub fn recognise<'a>(&self, prepared: &Prepared, group: impl Iterator<Item = &'a Prepared>) -> Result<(), Unfit> {
        let known = self.senders().get(&prepared.sender).map(|known| &known.resource_bytes);
        let mut of_group = group.filter(|one| one.sender == prepared.sender).map(|one| &one.resource.0);
        known.or_else(|| of_group.next()).map_or(Ok(()), |before| contradictions::resource(before, prepared))
    }

    /// Whether a new batch can be true, and what is missing before it missing.
    ///
    /// # Errors
    /// When it contradicts itself, or no sender can have made so much in the time.
    pub fn believe(&self, prepared: &Prepared) -> Result<(), Unfit> {
        contradictions::total(prepared)?;
        contradictions::counted(self.dictionary(), prepared)?;
        let Prepared { sender, header, exchanges, arrival, resource, .. } = prepared;
        let flush = sender::flush_interval(&resource.1);
        plausible::check(self.senders.progress(*sender).as_ref(), flush, (header, *exchanges), *arrival)
    }

    /// Counts a batch, once.
    pub fn apply(&mut self, prepared: Prepared) -> Taken {
        let Prepared { sender: id, header, resource, unseen, points, exchanges, sides, arrival } = prepared;
        if self.senders.has(id, &header) {
            return Taken::Before;
        }
        let flush = sender::flush_interval(&resource.1);
        let first = || Progress::before(&header, exchanges, flush);
        let (sender, is_new) = self.senders.enter(id, resource, first);
        let Advance { loss, at, from, to } = sender.progress.advance(&header, exchanges, arrival);
        let reporter = match self.dictionary.reporter_of_sender(id) {
            Some(reporter) if !is_new => reporter,
            _ => {
                let resource = std::sync::Arc::clone(&sender.resource);
                self.introduce(id, &resource)
            }
        };
        self.open.cover(id, Covered { start: from, end: to, sides });
        self.open.fold(id, Folded { start: from, end: to, exchanges }, flush);
        let slot = Slot::of(at);
        let lateness = Lateness::of(slot, arrival);
        self.open.lose(slot, id, loss);
        let count = points.len();
        if count > 0 {
            self.open.arrived(slot, lateness, arrival);
        }
        let unseen: Vec<SeriesId> = unseen.into_iter().map(|one| self.number(one)).collect();
        for (named, value) in points {
            let series = match named {
                Named::Known(series) => Some(series),
                Named::Unseen(place) => unseen.get(place).copied(),
            };
            if let Some(series) = series {
                value.add_to(self.open.row(slot, lateness, reporter, series));
            }
        }
        Taken::New { points: count, loss, lateness }
    }

    /// The number of the reporter that a new sender counts for.
    fn introduce(&mut self, id: SenderId, resource: &hogusu_wire::Resource) -> ReporterId {
        if self.rivals.note(resource) {
            // From now on the other hook's rows are kept apart too.
            let is_other = |id: &SenderId| {
                let known = self.senders.known().get(id);
                known.is_some_and(|sender| proxy_key(&sender.resource.proxy) == proxy_key(&resource.proxy))
            };
            self.dictionary.keep_senders(|id| !is_other(id));
        }
        let mut reporter = Reporter::of(resource);
        if self.rivals.keep_apart(resource) {
            reporter.proxy.clone_from(&resource.proxy.id);
        }
        let reporter = self.dictionary.reporter(reporter);
        self.dictionary.remember(id, reporter);
        reporter
    }

    /// Another batch of the same group may have brought the series meanwhile.
    fn number(&mut self, Unseen { attributes, key }: Unseen) -> SeriesId {
        match self.dictionary.find(key.measure, &attributes) {
            Some((id, _)) => id,
            None => self.dictionary.series(attributes, key),
        }
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

    /// The senders that are remembered whole.
    #[must_use]
    pub const fn senders(&self) -> &HashMap<SenderId, Sender> {
        self.senders.known()
    }

    /// Everything that is remembered of senders.
    #[must_use]
    pub const fn remembered(&self) -> &Remembered {
        self.senders.remembered()
    }

    /// The last sequence taken of a sender; 0 when there is none.
    #[must_use]
    pub fn last_sequence(&self, id: SenderId) -> u64 {
        self.senders.progress(id).map_or(0, |progress| progress.sequence)
    }

    /// Senders that changed since the last commit.
    pub fn changed(&self) -> impl Iterator<Item = (&SenderId, &Sender)> {
        self.senders.changed()
    }

    /// How near memory is to its bounds: 1 where a commit is due to make room, 2 where nothing more must be taken.
    #[must_use]
    pub fn crowding(&self) -> usize {
        (self.open.rows() / limits::OPEN_ROWS).max(self.dictionary_crowding())
    }

    fn dictionary_crowding(&self) -> usize {
        let (entries, bytes) = (self.dictionary.len(), self.dictionary.bytes());
        (entries / limits::KNOWN_SERIES).max(bytes / limits::KNOWN_BYTES)
    }

    /// The store holds everything: open slots are empty again, and what is no longer needed is forgotten.
    pub fn committed(&mut self, now: u64) {
        self.open = Open::default();
        // Where it made the commit come early, keeping it would do the same with the next batch.
        if self.dictionary_crowding() > 0 {
            self.dictionary = Dictionary::default();
        }
        self.senders.committed(now);
        let known = self.senders.known();
        self.dictionary.keep_senders(|id| known.contains_key(id));
    }
}

#[cfg(test)]
mod tests;
