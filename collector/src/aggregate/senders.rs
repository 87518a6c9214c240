//! Everybody who sends. Each is remembered for as long as a batch of it may be repeated: whole while it speaks, in brief when it
//! ended or fell silent. Beyond the bound nobody who speaks is forgotten: who is new has to wait.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hogusu_model::{BatchHeader, SenderId};
use hogusu_wire::Resource;

use super::sender::{Progress, Sender};
use crate::limits;
use crate::limits::memory::IngestBounds;

/// What is remembered of a sender that ended or fell silent: by it a repetition is recognised, and what goes on is counted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// Last sequence taken.
    pub sequence: u64,
    /// Its exchanges up to that batch.
    pub cumulative: u64,
    /// Start of the first batch.
    pub first_start: u64,
    /// End of the last batch.
    pub last_end: u64,
    /// True when it ended in order.
    pub closed: bool,
}

/// What a restart knows of those who send.
#[derive(Debug, Clone, Default)]
pub struct Remembered {
    /// Whole.
    pub senders: Arc<HashMap<SenderId, Sender>>,
    /// In brief.
    pub past: Arc<HashMap<SenderId, Past>>,
    /// A batch that ended by then may be that of a sender of which nothing is remembered.
    pub forgotten_to: u64,
}

/// Everybody who sends.
#[derive(Debug, Default)]
pub(super) struct Senders {
    remembered: Remembered,
    /// Estimate of what those remembered whole take.
    bytes: usize,
    /// Those that changed since the last commit was begun.
    changed: HashSet<SenderId>,
    pub(super) bounds: IngestBounds,
}

/// A batch that cannot be taken, as too many others are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stranger {
    /// There is no place for another sender now.
    #[error(
        "{0} senders are known, no more can be remembered, and nobody who speaks is forgotten; the batch is taken when others have ended"
    )]
    NoPlace(usize),
    /// Its sender may be one that was forgotten, and then the batch may have been counted.
    #[error("the batch is as old as those of senders that had to be forgotten: it may have been counted before")]
    MaybeForgotten,
}

impl Past {
    /// What is left of a sender.
    #[must_use]
    pub const fn of(progress: &Progress) -> Self {
        let Progress { sequence, cumulative, first_start, last_end, closed, .. } = *progress;
        Self { sequence, cumulative, first_start, last_end, closed }
    }

    /// Where it goes on from when it speaks again.
    fn progress(self) -> Progress {
        let Self { sequence, cumulative, first_start, last_end, closed } = self;
        let last_arrival = last_end;
        Progress {
            sequence,
            cumulative,
            first_start,
            last_end,
            last_arrival,
            closed,
            clock_skew: i64::MAX,
            ..Progress::default()
        }
    }
}

impl Senders {
    pub(super) fn of(remembered: Remembered) -> Self {
        let bytes = remembered.senders.values().map(Sender::held).fold(0, usize::saturating_add);
        Self { remembered, bytes, ..Self::default() }
    }

    pub(super) fn known(&self) -> &HashMap<SenderId, Sender> {
        &self.remembered.senders
    }

    pub(super) const fn remembered(&self) -> &Remembered {
        &self.remembered
    }

    /// Those that changed since this was asked last.
    pub(super) fn take_changed(&mut self) -> HashSet<SenderId> {
        std::mem::take(&mut self.changed)
    }

    /// These changed, and that is not in the store.
    pub(super) fn note_changed(&mut self, changed: &HashSet<SenderId>) {
        self.changed.extend(changed);
    }

    /// How far a sender has come, however it is remembered.
    pub(super) fn progress(&self, id: SenderId) -> Option<Progress> {
        let whole = self.known().get(&id).map(|sender| sender.progress.clone());
        whole.or_else(|| self.remembered.past.get(&id).map(|past| past.progress()))
    }

    /// True when the batch was taken before.
    pub(super) fn has(&self, id: SenderId, header: &BatchHeader) -> bool {
        match self.known().get(&id) {
            Some(sender) => sender.progress.has(header),
            None => self.remembered.past.get(&id).is_some_and(|past| past.progress().has(header)),
        }
    }

    /// Whether a batch of that sender can be taken.
    pub(super) fn admit(&self, id: SenderId, header: &BatchHeader) -> Result<(), Stranger> {
        if self.known().contains_key(&id) {
            return Ok(());
        }
        if !self.remembered.past.contains_key(&id) && header.end <= self.remembered.forgotten_to {
            return Err(Stranger::MaybeForgotten);
        }
        let known = self.known().len();
        let is_full = known >= self.bounds.senders || self.bytes >= self.bounds.sender_bytes;
        if is_full { Err(Stranger::NoPlace(known)) } else { Ok(()) }
    }

    /// The sender of a batch with its Resource, and whether that is a new one; `first` is how far one has come that is not
    /// remembered.
    pub(super) fn enter(
        &mut self,
        id: SenderId,
        (resource_bytes, resource): (Arc<[u8]>, Arc<Resource>),
        first: impl FnOnce() -> Progress,
    ) -> (&mut Sender, bool) {
        self.changed.insert(id);
        let Remembered { senders, past, .. } = &mut self.remembered;
        let mut is_new = false;
        // Who reads keeps what was: it is copied once for each time somebody looks.
        let sender = Arc::make_mut(senders).entry(id).or_insert_with(|| {
            is_new = true;
            let before = if past.contains_key(&id) { Arc::make_mut(past).remove(&id) } else { None };
            let progress = before.map_or_else(first, Past::progress);
            Sender { resource_bytes: Arc::clone(&resource_bytes), resource: Arc::clone(&resource), progress }
        });
        let before = if is_new { 0 } else { sender.held() };
        if *sender.resource_bytes != *resource_bytes {
            is_new = true;
            (sender.resource_bytes, sender.resource) = (resource_bytes, resource);
        }
        self.bytes = self.bytes.saturating_sub(before).saturating_add(sender.held());
        (sender, is_new)
    }

    /// Everything but what changed since is in the store: of those who ended or fell silent little is kept.
    pub(super) fn committed(&mut self, now: u64) {
        self.retire(|progress| progress.is_quiet(now, limits::SENDER_CLOSED_NANOS, limits::SENDER_SILENCE_NANOS));
        if self.is_crowded() {
            self.retire(|progress| progress.is_quiet(now, 0, limits::SENDER_PAUSE_NANOS));
        }
        let past = &mut self.remembered.past;
        let excess = past.len().saturating_sub(limits::PAST_SENDERS);
        if excess > 0 {
            let past = Arc::make_mut(past);
            let mut by_end: Vec<_> = past.iter().map(|(id, one)| (one.last_end, *id)).collect();
            by_end.sort_unstable();
            for (end, id) in by_end.into_iter().take(excess) {
                past.remove(&id);
                self.remembered.forgotten_to = self.remembered.forgotten_to.max(end);
            }
        }
    }

    /// Less than an eighth of the places is free: those who pause make room.
    fn is_crowded(&self) -> bool {
        self.remembered.senders.len() > self.bounds.senders / 8 * 7 || self.bytes > self.bounds.sender_bytes / 8 * 7
    }

    fn retire(&mut self, is_quiet: impl Fn(&Progress) -> bool) {
        let Remembered { senders, past, .. } = &mut self.remembered;
        let ends = |id: &SenderId, sender: &Sender| !self.changed.contains(id) && is_quiet(&sender.progress);
        if !senders.iter().any(|(id, sender)| ends(id, sender)) {
            return;
        }
        let past = Arc::make_mut(past);
        for (id, sender) in Arc::make_mut(senders).extract_if(|id, sender| ends(id, sender)) {
            self.bytes = self.bytes.saturating_sub(sender.held());
            past.insert(id, Past::of(&sender.progress));
        }
    }
}

#[cfg(test)]
mod tests;
