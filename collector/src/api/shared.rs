//! Analysed periods that several askers and pages share.
//!
//! Whoever asks for a period while another's answer is worked on gets that one, if it was begun no longer than a second before: what was
//! acknowledged a second before a question is in its answer. One that was cheap is not shared, so that small meshes are always
//! seen as they are. A cursor names the answer that its page belongs to, and finds it for a while.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use hogusu_model::Slot;
use hogusu_model::slot::SLOT_NANOS;
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::answer::Problem;
use crate::analysis::join::Include;
use crate::limits;
use crate::report::analysed::Analysed;
use crate::wanted::{Waiting, Wanted};

/// What an answer is about: a stretch between borders of slots, and the traffic in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct About {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) include: Include,
    /// Revision of what is declared.
    pub(super) declared: u64,
}

impl About {
    pub(super) const fn of(from: u64, to: u64, include: Include) -> Self {
        let (from, to) = (Slot::of(from).start(), to.div_ceil(SLOT_NANOS).saturating_mul(SLOT_NANOS));
        Self { from, to, include, declared: 0 }
    }

    /// True for the same stretch and traffic: a further page is of the answer that its first one was of, whatever is declared meanwhile.
    fn is_of(self, other: Self) -> bool {
        (self.from, self.to, self.include) == (other.from, other.to, other.include)
    }
}

/// An answer, once it is there.
type Found = Option<Result<Arc<Analysed>, Problem>>;

/// All of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Shared {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    next: u64,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    id: u64,
    about: About,
    /// When it was begun; nanoseconds since the epoch.
    begun: u64,
    /// How long it took; `None` while it is worked on.
    took: Option<u64>,
    found: watch::Receiver<Found>,
    waiting: Weak<Waiting>,
}

/// An answer that somebody waits for.
#[derive(Debug)]
pub(super) struct Awaited {
    /// Its name, for cursors.
    pub(super) id: u64,
    found: watch::Receiver<Found>,
    /// While one waits, it is worked on.
    _waiting: Option<Arc<Waiting>>,
}

/// Held by who works on an answer.
#[derive(Debug)]
pub(super) struct Working {
    id: u64,
    kept: Arc<Mutex<Kept>>,
    found: watch::Sender<Found>,
    pub(super) wanted: Wanted,
}

impl Shared {
    /// One that can serve who asks at `now`.
    pub(super) fn find(&self, about: About, now: u64) -> Option<Awaited> {
        self.forget(now);
        let is_fresh = |entry: &&Entry| {
            let is_worth_it = entry.took.is_none_or(|took| took >= limits::SHARED_COST_NANOS);
            entry.about == about && now.abs_diff(entry.begun) <= limits::SHARED_NANOS && is_worth_it
        };
        self.lock().entries.iter().rev().filter(is_fresh).find_map(Entry::awaited)
    }

    /// The one that a cursor names, if it is still there.
    pub(super) fn named(&self, id: u64, about: About, now: u64) -> Option<Awaited> {
        self.forget(now);
        self.lock().entries.iter().find(|entry| entry.id == id && entry.about.is_of(about)).and_then(Entry::awaited)
    }

    /// Lets go of what is kept for longer than it is to be.
    pub(super) fn forget(&self, now: u64) {
        let gone = self.lock().forget(now);
        // A large one takes its time: nobody waits for it, neither for the lock nor for his turn on the event loop.
        match Handle::try_current() {
            Ok(runtime) if !gone.is_empty() => drop(runtime.spawn_blocking(move || drop(gone))),
            _ => drop(gone),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of all that is kept for further pages. Returns whether there was anything.
    pub(super) fn let_go(&self) -> bool {
        let gone: Vec<Entry> = self.lock().entries.extract_if(.., |entry| entry.took.is_some()).collect();
        !gone.is_empty()
    }

    /// A new one, begun at `now`, as `wanted`.
    pub(super) fn begin(&self, about: About, now: u64, wanted: Wanted) -> (Awaited, Working) {
        let (sender, found) = watch::channel(None);
        let waiting = Arc::new(wanted.waiting());
        let mut kept = self.lock();
        kept.next += 1;
        let id = kept.next;
        let entry =
            Entry { id, about, begun: now, took: None, found: found.clone(), waiting: Arc::downgrade(&waiting) };
        kept.entries.push(entry);
        drop(kept);
        let working = Working { id, kept: Arc::clone(&self.kept), found: sender, wanted };
        (Awaited { id, found, _waiting: Some(waiting) }, working)
    }
}

impl Kept {
    /// Takes out what is too old, or too much.
    fn forget(&mut self, now: u64) -> Vec<Entry> {
        let is_old = |entry: &mut Entry| match entry.took {
            Some(_) => now.abs_diff(entry.begun) > limits::PAGES_NANOS,
            None => entry.waiting.strong_count() == 0,
        };
        let mut gone: Vec<Entry> = self.entries.extract_if(.., is_old).collect();
        let mut edges: usize = self.entries.iter().map(Entry::edges).sum();
        let mut answers = self.entries.iter().filter(|entry| entry.took.is_some()).count();
        let is_excess = |entry: &mut Entry| {
            let is_excess = answers > limits::SHARED_ANSWERS || edges > limits::SHARED_EDGES;
            let goes = entry.took.is_some() && is_excess && answers > 1;
            if goes {
                answers -= 1;
                edges -= entry.edges();
            }
            goes
        };
        gone.extend(self.entries.extract_if(.., is_excess));
        gone
    }
}

impl Entry {
    fn awaited(&self) -> Option<Awaited> {
        let waiting = self.waiting.upgrade();
        (self.took.is_some() || waiting.is_some()).then(|| Awaited {
            id: self.id,
            found: self.found.clone(),
            _waiting: waiting,
        })
    }

    fn edges(&self) -> usize {
        match &*self.found.borrow() {
            Some(Ok(analysed)) => analysed.edges(),
            _ => 0,
        }
    }
}

impl Awaited {
    /// Waits until it is there, for so long at most; `None` when it is not by then.
    pub(super) async fn found(mut self, patience: Duration) -> Option<Result<Arc<Analysed>, Problem>> {
        match tokio::time::timeout(patience, self.found.wait_for(Option::is_some)).await {
            Ok(Ok(found)) => found.clone(),
            // Whoever worked on it is gone.
            Ok(Err(_gone)) => Some(Err(Problem::unavailable("the collector is stopping"))),
            Err(_late) => None,
        }
    }
}

impl Working {
    /// What came of it, after so many nanoseconds. One that failed is told to who waits, and kept for nobody.
    pub(super) fn end(self, found: Result<Analysed, Problem>, took: u64) {
        let Self { id, kept, found: told, wanted: _wanted } = self;
        let found = found.map(Arc::new);
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if found.is_err() {
            kept.entries.retain(|entry| entry.id != id);
            drop(kept);
            told.send_replace(Some(found));
            return;
        }
        let entry = kept.entries.iter_mut().find(|entry| entry.id == id);
        let begun = entry.map(|entry| {
            entry.took = Some(took);
            entry.begun
        });
        told.send_replace(Some(found));
        let gone = begun.map(|begun| kept.forget(begun.saturating_add(took)));
        // As long as this end is there, so is the answer. Where it has an entry, it belongs to that and its askers alone before anybody else
        // can let go of it; where nobody wants it any more, it goes when nobody waits for the lock.
        let last = if gone.is_some() {
            drop(told);
            None
        } else {
            Some(told)
        };
        drop(kept);
        drop((gone, last));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000 * SLOT_NANOS;

    fn about(slot: u64) -> About {
        About::of(slot * SLOT_NANOS, (slot + 1) * SLOT_NANOS, Include::default())
    }

    fn ended(shared: &Shared, slot: u64) -> u64 {
        let (awaited, working) = shared.begin(about(slot), NOW, Wanted::default());
        working.end(Ok(Analysed::default()), limits::SHARED_COST_NANOS);
        awaited.id
    }

    #[test]
    fn the_newest_answers_are_kept_for_a_minute() {
        let shared = Shared::default();
        let ids: Vec<u64> = (0..6).map(|slot| ended(&shared, slot)).collect();
        let at = |now| -> Vec<bool> {
            ids.iter().zip(0..).map(|(id, slot)| shared.named(*id, about(slot), now).is_some()).collect()
        };
        assert_eq!(at(NOW + limits::PAGES_NANOS), [false, false, true, true, true, true]);
        shared.forget(NOW + limits::PAGES_NANOS + 1);
        assert_eq!(shared.kept.lock().unwrap().entries.len(), 0);
    }

    #[test]
    fn what_is_worked_on_is_wanted_as_long_as_one_of_its_askers_waits_and_then_found_by_nobody() {
        let shared = Shared::default();
        let (first, working) = shared.begin(about(1), NOW, Wanted::default());
        let second = shared.find(about(1), NOW).expect("it is worked on");
        assert!(shared.find(about(2), NOW).is_none(), "another period");
        assert!(shared.find(about(1), NOW + limits::SHARED_NANOS + 1).is_none(), "begun too long ago");
        drop(first);
        working.wanted.check().expect("the second one waits");
        drop(second);
        working.wanted.check().expect_err("nobody waits");
        assert!(shared.find(about(1), NOW).is_none());
    }
}
