//! From batches to open slots: who sent, what is new, what is missing, and the sums per slot, reporter and series.
//!
//! Pure: time is an argument, nothing is read or written. The journal makes what is applied here durable first; the
//! store takes it over at each commit.

mod bounds;
mod contradictions;
pub mod dictionary;
pub mod excerpt;
pub mod generation;
pub mod open;
pub mod placing;
mod plausible;
mod prepare;
mod rivals;
pub mod sender;
mod senders;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hogusu_model::{SenderId, Slot};

pub use bounds::Unfit;
pub use dictionary::{Dictionary, Names, Reporter, ReporterId, SeriesId};
pub use excerpt::Excerpt;
pub use generation::{Commit, Generation};
pub use open::{Covered, Folded, Lateness, Open, Part, Sides};
pub use placing::SKEW_NANOS;
pub use prepare::Prepared;
pub use sender::{Advance, Loss, Progress, ProxyKey, Sender, named, proxy_key};
pub use senders::{Past, Remembered, Stranger};

use crate::limits::memory::IngestBounds;
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
    /// What was taken before that and is in no commit yet, oldest first.
    generations: Vec<Arc<Generation>>,
    /// What is on its way into the store.
    underway: Option<Underway>,
    bounds: IngestBounds,
}

/// A commit that is not known to be in the store.
#[derive(Debug, Clone)]
pub struct Underway {
    /// First journal segment of which nothing is in it.
    pub position: u64,
    /// What it holds.
    pub generations: Vec<Arc<Generation>>,
    changed: Arc<HashSet<SenderId>>,
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
        /// Where it lies in time.
        slot: Slot,
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

    /// Keeps no more in memory than these bounds allow.
    #[must_use]
    pub fn bounded(mut self, bounds: IngestBounds) -> Self {
        self.senders.bounds = bounds;
        Self { bounds, ..self }
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
                let resource = Arc::clone(&sender.resource);
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
        Taken::New { points: count, loss, lateness, slot }
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

    /// What was taken since [`Self::cut`].
    #[must_use]
    pub const fn open(&self) -> &Open {
        &self.open
    }

    /// Closes what was taken: it changes no more, and can be shared.
    pub fn cut(&mut self) {
        if !self.open.is_empty() {
            let (open, names) = (std::mem::take(&mut self.open), Arc::clone(self.dictionary.names()));
            self.generations.push(Arc::new(Generation { open, names }));
        }
    }

    /// What was closed and is in no commit.
    #[must_use]
    pub fn generations(&self) -> &[Arc<Generation>] {
        &self.generations
    }

    /// The commit that is on its way.
    #[must_use]
    pub const fn underway(&self) -> Option<&Underway> {
        self.underway.as_ref()
    }

    /// True when there is nothing to commit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty() && self.generations.is_empty()
    }

    /// Names for the numbers in [`Self::open`].
    #[must_use]
    pub const fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// The senders that are remembered whole.
    #[must_use]
    pub fn senders(&self) -> &HashMap<SenderId, Sender> {
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

    /// How near memory is to its bounds: 1 where a commit is due to make room, 2 where nothing more must be taken.
    #[must_use]
    pub fn crowding(&self) -> usize {
        (self.rows() / self.bounds.open_rows).max(self.dictionary_crowding())
    }

    /// Rows of everything that the store does not hold.
    #[must_use]
    pub fn rows(&self) -> usize {
        let underway = self.underway.iter().flat_map(|underway| &underway.generations);
        let closed = self.generations.iter().chain(underway).map(|generation| generation.open.rows());
        closed.fold(self.open.rows(), usize::saturating_add)
    }

    fn dictionary_crowding(&self) -> usize {
        let (entries, bytes) = (self.dictionary.len(), self.dictionary.bytes());
        (entries / self.bounds.known_series).max(bytes / self.bounds.known_bytes)
    }

    /// Everything that the store does not hold, as one commit; it is underway until [`Self::committed`] or [`Self::returned`].
    pub fn begin_commit(&mut self, position: u64, now: u64) -> Commit {
        self.cut();
        let generations = std::mem::take(&mut self.generations);
        let changed = Arc::new(self.senders.take_changed());
        self.underway = Some(Underway { position, generations: generations.clone(), changed: Arc::clone(&changed) });
        // Where it made the commit come early, keeping it would do the same with the next batch.
        if self.dictionary_crowding() > 0 {
            self.dictionary = Dictionary::default();
        }
        let Remembered { senders, past, forgotten_to } = self.senders.remembered().clone();
        Commit { generations, senders, changed, past, forgotten_to, position, now }
    }

    /// The store holds the commit that was underway, if one was; what is no longer needed is forgotten.
    pub fn committed(&mut self, now: u64) {
        self.underway = None;
        self.senders.committed(now);
        let known = self.senders.known();
        self.dictionary.keep_senders(|id| known.contains_key(id));
    }

    /// The store does not hold the commit that was underway: the next one brings it.
    pub fn returned(&mut self) {
        if let Some(Underway { generations, changed, .. }) = self.underway.take() {
            self.generations.splice(..0, generations);
            self.senders.note_changed(&changed);
        }
    }
}

#[cfg(test)]
mod tests;
