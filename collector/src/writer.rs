//! The one owner of journal and aggregate: takes groups of batches, hands what they counted to the store, and gives consistent views.
//!
//! A batch is read and found good, appended, made durable with its group, counted, and only then acknowledged. All of this
//! happens in one thread, one after the other; commits ([`commit::Job`]) and views ([`view::View`]) are worked on by others. Time is an
//! argument.

pub mod commit;
mod early;
mod error;
mod measure;
mod retention;
pub mod roll_up;
mod snapshot;
mod view;

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hogusu_wire::{Batch, Refusal, admit_resource, claim, walk};

use commit::{Ending, Job, Landed, Task};
use early::Early;
pub use error::OpenError;
use measure::{count, reached};
pub use snapshot::Snapshot;
pub use view::{SEAL_NANOS, View, sealed_to};

use crate::aggregate::{Aggregate, Prepared, Stranger, Unfit};
use crate::ingest::{Delivery, Encoding, Identity, Mismatch, Parcel, Verdict, unpack};
use crate::journal::{Damage, Disk, Journal, JournalError, Opening, name_of};
use crate::limits::{self, memory::IngestBounds};
use crate::store::{Catalogue, Extent, Files, Presence, Restart, RollUp, Snapshots, Store, Windows};
use crate::telemetry::{Metric, Telemetry};

/// Journal, aggregate and store.
#[derive(Debug)]
pub struct Writer<D, F: Files> {
    journal: Journal<D>,
    aggregate: Aggregate,
    /// Locked by who works on a commit.
    store: Arc<Mutex<Store<F>>>,
    catalogue: Catalogue,
    presence: Presence<F>,
    extent: Extent,
    roll_up: Arc<RollUp<F>>,
    snapshots: Snapshots<F>,
    early: Early,
    /// The disk had no room for what was last to be written.
    is_full: bool,
    /// A commit failed, and it is not known whether the store holds everything before this segment.
    unsettled: Option<u64>,
}

/// A batch that is appended and waits for its group to be durable.
struct Waiting {
    prepared: Prepared,
    answer: tokio::sync::oneshot::Sender<Verdict>,
}

impl<D: Disk, F: Files> Writer<D, F> {
    /// Opens the store, then counts again what only the journal holds.
    ///
    /// # Errors
    /// When either cannot be opened.
    pub fn open(disk: D, files: F, telemetry: &Telemetry) -> Result<(Self, Opening), OpenError> {
        let (store, Restart { position, remembered }) = Store::open(files)?;
        let mut aggregate = Aggregate::with_senders(remembered);
        let mut unreadable = 0_u64;
        // What was acknowledged is counted: whether it was to be believed was asked when it came.
        let (journal, opening) = Journal::open(disk, position, |arrival, encoding, body| {
            let Some(body) = plain(encoding, body) else { return unreadable += 1 };
            match walk(&body).map_err(Unfit::from).and_then(|batch| aggregate.prepare(batch, arrival)) {
                Ok(prepared) => {
                    reached(&aggregate.apply(prepared), arrival, telemetry);
                    telemetry.add(Metric::BatchesReplayed, 1);
                }
                Err(_unfit) => unreadable += 1,
            }
        })?;
        if unreadable > 0 {
            // Only a program with narrower bounds than the one that wrote the journal comes here.
            tracing::error!(batches = unreadable, "batches in the journal cannot be read by this version");
        }
        if let Some(Damage::Missing { segment }) =
            opening.damages.iter().find(|damage| matches!(damage, Damage::Missing { .. }))
        {
            store.is_missing(&name_of(*segment));
        }
        telemetry.set(Metric::JournalCut, opening.cut);
        telemetry.set(Metric::JournalDamages, opening.damages.len() as u64 + unreadable);
        let (catalogue, presence, extent) = (store.catalogue().clone(), store.presence(), store.extent()?);
        let (roll_up, snapshots) = (Arc::new(store.roll_up()), store.snapshots());
        let (store, early) = (Arc::new(Mutex::new(store)), Early::default());
        Ok((
            Self {
                journal,
                aggregate,
                store,
                catalogue,
                presence,
                extent,
                roll_up,
                snapshots,
                early,
                is_full: false,
                unsettled: None,
            },
            opening,
        ))
    }

    /// Keeps no more in memory than these bounds allow.
    #[must_use]
    pub fn bounded(self, bounds: IngestBounds) -> Self {
        Self { aggregate: self.aggregate.bounded(bounds), early: self.early.bounded(bounds), ..self }
    }

    /// Takes a group: every batch of it is answered.
    ///
    /// # Errors
    /// When the journal is broken: the process must begin anew. What was not durable was not acknowledged.
    pub fn group(&mut self, group: Vec<Delivery>, telemetry: &Telemetry) -> Result<(), JournalError> {
        if let Err(gone) = self.check() {
            let message = gone.to_string();
            group.into_iter().for_each(|delivery| say(delivery.answer, Verdict::Unavailable(message.clone())));
            return Ok(());
        }
        let mut waiting = Vec::with_capacity(group.len());
        for delivery in group {
            waiting.extend(self.append(delivery, &waiting, telemetry));
        }
        if let Err(error) = self.journal.sync() {
            self.is_full |= error.is_full();
            let message = error.to_string();
            waiting.into_iter().for_each(|batch| say(batch.answer, Verdict::Unavailable(message.clone())));
            return if matches!(error, JournalError::Full(_) | JournalError::Gone(_)) { Ok(()) } else { Err(error) };
        }
        for Waiting { prepared, answer } in waiting {
            let arrival = prepared.arrival();
            let taken = self.aggregate.apply(prepared);
            reached(&taken, arrival, telemetry);
            count(taken, telemetry);
            say(answer, Verdict::Durable);
        }
        Ok(())
    }

    /// Whether journal and store are still where they were: what was removed keeps nothing.
    ///
    /// # Errors
    /// When one of them is not.
    pub fn check(&self) -> Result<(), JournalError> {
        self.journal.check()?;
        self.presence.check().map_err(JournalError::Gone)
    }

    /// Batches that were kept back as they had overtaken another, and are to be taken at `now`.
    #[must_use]
    pub fn release(&mut self, now: u64) -> Vec<Delivery> {
        self.early.release(now, |id| self.aggregate.last_sequence(id))
    }

    /// Everything that batches changed, for those who measure it.
    #[must_use]
    pub const fn aggregate(&self) -> &Aggregate {
        &self.aggregate
    }

    /// Bytes of the batches that are kept back.
    #[must_use]
    pub const fn kept_back(&self) -> usize {
        self.early.bytes()
    }

    /// True while a batch is kept back.
    #[must_use]
    pub const fn is_holding(&self) -> bool {
        !self.early.is_empty()
    }

    /// True when the batch before it has not been taken yet: it is on its way, or lost.
    fn overtook(&self, batch: &Batch<'_>) -> bool {
        batch.header.sequence > self.aggregate.last_sequence(batch.sender).saturating_add(1)
    }

    /// Whether a batch may come from who sent it: by what it says itself, and by what its sender said before, for with
    /// another's sequence it would make that one's next batches look like repetitions.
    fn confirm(&self, batch: &Batch<'_>, identity: &Identity) -> Result<(), Mismatch> {
        if let Some(known) = self.aggregate.senders().get(&batch.sender) {
            identity.confirm(&known.resource.proxy)?;
            if *known.resource_bytes == *batch.resource {
                return Ok(());
            }
        }
        // One that is too long or cannot be read is refused as that.
        let resource = (batch.resource.len() <= limits::RESOURCE_BYTES).then(|| admit_resource(batch.resource));
        match resource {
            Some(Ok(resource)) => identity.confirm(&resource.proxy),
            _ => Ok(()),
        }
    }

    /// Reads a batch and appends it to the group; one that needs no journaling is answered at once.
    fn append(&mut self, delivery: Delivery, group: &[Waiting], telemetry: &Telemetry) -> Option<Waiting> {
        let read = walk(delivery.body.bytes());
        // Before anything of it is kept: who claims to be another changes nothing here.
        if let (Ok(batch), Some(identity)) = (&read, &delivery.identity)
            && let Err(mismatch) = self.confirm(batch, identity)
        {
            say(delivery.answer, Verdict::Mismatch(mismatch));
            return None;
        }
        if let Ok(batch) = &read
            && !delivery.waited
            && self.overtook(batch)
        {
            let (sender, sequence) = (batch.sender, batch.header.sequence);
            if let Err(back) = self.early.keep(sender, sequence, delivery) {
                let message = "too many batches wait for the ones before them".to_owned();
                say(back.answer, Verdict::NoPlace { message, metric: Metric::RefusedBusy, claim: None });
            }
            return None;
        }
        let prepared = match self.prepare(read, delivery.arrival, group) {
            Ok(prepared) => prepared,
            Err(unfit) => {
                let verdict = refused(&unfit, &delivery.body);
                say(delivery.answer, verdict);
                return None;
            }
        };
        if self.aggregate.has(&prepared) && self.unsettled.is_none() {
            telemetry.add(Metric::BatchesDuplicate, 1);
            say(delivery.answer, Verdict::Durable);
            return None;
        }
        if let Err(verdict) = self.take(&prepared, &delivery.body) {
            say(delivery.answer, verdict);
            return None;
        }
        Some(Waiting { prepared, answer: delivery.answer })
    }

    /// Reads a batch whole; a repetition too is of its own sender only.
    fn prepare(&self, read: Result<Batch<'_>, Refusal>, arrival: u64, group: &[Waiting]) -> Result<Prepared, Unfit> {
        let prepared = self.aggregate.prepare(read?, arrival)?;
        self.aggregate.recognise(&prepared, group.iter().map(|waiting| &waiting.prepared))?;
        Ok(prepared)
    }

    /// Appends a batch to the group, when it can be taken at all and now.
    fn take(&mut self, prepared: &Prepared, body: &Parcel) -> Result<(), Verdict> {
        let unavailable = |why: &str| Err(Verdict::Unavailable(why.to_owned()));
        if self.unsettled.is_some() {
            return unavailable("the store is being checked after a failed commit");
        }
        if self.aggregate.crowding() > 1 {
            return unavailable("memory is full until the next commit");
        }
        self.aggregate.believe(prepared).map_err(|unfit| refused(&unfit, body))?;
        self.aggregate.admit(prepared).map_err(|stranger| {
            let (message, metric) = (stranger.to_string(), Metric::RefusedSenders);
            let claim = Box::new(claim(body.bytes()));
            match stranger {
                Stranger::NoPlace(_) => Verdict::NoPlace { message, metric, claim: Some(claim) },
                Stranger::MaybeForgotten => Verdict::Refused { message, metric, claim },
            }
        })?;
        let (encoding, bytes) = body.shortest();
        let appended = self.journal.append(prepared.arrival(), encoding, bytes);
        appended.map_err(|error| Verdict::Unavailable(error.to_string()))
    }

    /// The next step of moving everything that was taken into the store; `None` when there is nothing to move, or a step is still
    /// worked on. [`Self::end_commit`] must be told how it ended.
    ///
    /// # Errors
    /// When the journal cannot begin a new segment, or journal or store are no longer where they were.
    pub fn begin_commit(&mut self, now: u64) -> Result<Option<Job<F>>, JournalError> {
        self.check()?;
        let task = match (self.unsettled, self.aggregate.underway()) {
            (Some(position), _) => Task::Settle(position),
            (None, Some(_)) => return Ok(None),
            (None, None) if self.aggregate.is_empty() => {
                self.aggregate.committed(now);
                return Ok(None);
            }
            (None, None) => {
                let position = self.journal.rotate().inspect_err(|error| self.is_full |= error.is_full())?;
                Task::Commit(self.aggregate.begin_commit(position, now))
            }
        };
        Ok(Some(Job::new(&self.store, task)))
    }

    /// Takes note of how a step ended: what the store holds is no longer kept in memory, and the journal before it is removed.
    ///
    /// # Errors
    /// When the store does not hold it, or that is not known; everything is still in the journal, and the next commit tries again.
    pub fn end_commit(&mut self, Landed { position, ending, extent }: Landed, now: u64) -> Result<(), OpenError> {
        self.extent = extent.unwrap_or(self.extent);
        self.unsettled = None;
        match ending {
            Ending::Held => {
                self.aggregate.committed(now);
                // Only what is still there holds what is removed from the journal.
                self.check()?;
                Ok(self.journal.remove_before(position).map_err(JournalError::Full)?)
            }
            Ending::NotHeld(error) => {
                self.is_full |= error.is_full();
                self.aggregate.returned();
                Err(error.into())
            }
            Ending::Unknown(error) => {
                self.is_full |= error.is_full();
                self.unsettled = Some(position);
                Err(error.into())
            }
        }
    }

    /// Moves everything that was taken into the store here and now.
    ///
    /// # Errors
    /// When that failed; everything is still in the journal, and the next call tries again.
    pub fn commit(&mut self, now: u64) -> Result<(), OpenError> {
        let was_unsettled = self.unsettled.is_some();
        let Some(job) = self.begin_commit(now)? else { return Ok(()) };
        let ended = self.end_commit(job.run(), now);
        match ended {
            Err(_not_held) if was_unsettled && self.unsettled.is_none() => self.commit(now),
            Ok(()) if was_unsettled => self.commit(now),
            ended => ended,
        }
    }

    fn store(&self) -> MutexGuard<'_, Store<F>> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept for questions that are asked again and again.
    #[must_use]
    pub const fn windows(&self) -> &Windows {
        self.catalogue.windows()
    }

    /// When the newest batch arrived that any sender is known by; 0 when there is none.
    #[must_use]
    pub fn newest_arrival(&self) -> u64 {
        self.aggregate.senders().values().map(|sender| sender.progress.last_arrival).max().unwrap_or_default()
    }

    /// True when a commit should not wait for its time: it makes room in memory.
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        self.aggregate.crowding() > 0
    }
}

/// A batch's bytes as the journal holds them, decompressed.
fn plain(encoding: Encoding, body: &[u8]) -> Option<Cow<'_, [u8]>> {
    match encoding {
        Encoding::Plain => Some(Cow::Borrowed(body)),
        Encoding::Gzip => unpack(body, |_step| Ok(())).ok().map(Cow::Owned),
    }
}

fn refused(unfit: &Unfit, body: &Parcel) -> Verdict {
    let metric = if matches!(unfit, Unfit::Bound { .. }) { Metric::RefusedBound } else { Metric::RefusedMalformed };
    Verdict::Refused { message: unfit.to_string(), metric, claim: Box::new(claim(body.bytes())) }
}

/// The sender may have gone away; then there is nobody to tell.
fn say(answer: tokio::sync::oneshot::Sender<Verdict>, verdict: Verdict) {
    drop(answer.send(verdict));
}
