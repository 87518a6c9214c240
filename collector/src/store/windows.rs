//! Windows over the lengths of time that people watch, for whoever answers questions. No question waits for another one's: who finds a length
//! taken reads as if nothing were kept. Holds no file open, by numbers alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use hogusu_model::slot::SLOT_NANOS;

use super::window::Window;
use super::{Reader, StoreError};
use crate::aggregate::Excerpt;
use crate::limits::{WATCHED_AGO_NANOS, WATCHED_IDLE_NANOS, WATCHED_NANOS};
use crate::ownership::Owners;
use crate::wanted::{Unwanted, Wanted};

/// All of them.
#[derive(Debug, Clone, Default)]
pub struct Windows(Arc<[Mutex<Watched>; WATCHED_NANOS.len()]>);

/// What is kept for a length.
#[derive(Debug, Default)]
struct Watched {
    /// By the name of its file.
    files: HashMap<String, Window>,
    /// When it was last asked for, nanoseconds since the epoch.
    asked: u64,
    /// When there was no room for it.
    had_no_room: Option<u64>,
}

impl Windows {
    /// Adds to each file's excerpt the rows of [from, to), borders of slots, of a question asked at `now`, as [`Reader::rows`] would.
    ///
    /// # Errors
    /// When a file cannot be read, as it is damaged or otherwise, or nobody waits any more.
    pub fn rows<'a>(
        &self,
        files: impl Iterator<Item = (&'a Reader, &'a mut Excerpt)>,
        (from, to, now): (u64, u64, u64),
        owners: &Owners,
        wanted: &Wanted,
    ) -> Result<(), StoreError> {
        self.forget(now);
        let mut watched = self.watched((from, to, now));
        let mut read = Vec::new();
        for (reader, excerpt) in files {
            let is_kept = match &mut watched {
                Some(watched) => watched.catch_up(reader, (from, to, now), wanted)?,
                None => None,
            };
            match is_kept {
                Some(window) => window.rows(reader, (from, to), owners, wanted, excerpt)?,
                None => reader.rows((from, to), owners, wanted, excerpt)?,
            }
            read.push(reader.name());
        }
        if let Some(mut watched) = watched {
            watched.files.retain(|name, _| read.contains(&name.as_str()));
        }
        Ok(())
    }

    /// What is kept for the period's length, if it is watched and nobody else has it.
    fn watched(&self, (from, to, now): (u64, u64, u64)) -> Option<MutexGuard<'_, Watched>> {
        let place = WATCHED_NANOS.iter().position(|length| to.checked_sub(from) == Some(*length))?;
        // One of the future meets no file, and would have the windows of all of them go.
        let is_current = to.saturating_add(WATCHED_AGO_NANOS) >= now && to <= now.saturating_add(SLOT_NANOS);
        let mut watched = self.0.get(place).filter(|_| is_current)?.try_lock().ok()?;
        watched.asked = now;
        watched.had_no_room.take_if(|at| now.abs_diff(*at) > WATCHED_IDLE_NANOS);
        watched.had_no_room.is_none().then_some(watched)
    }

    /// Lets go of what nobody asks for any more at `now`.
    pub fn forget(&self, now: u64) {
        let is_idle = |watched: &Watched| now.abs_diff(watched.asked) > WATCHED_IDLE_NANOS;
        self.free().filter(|watched| is_idle(watched)).for_each(|mut watched| watched.files = HashMap::new());
    }

    /// Lets go of all that nobody works with, as its room is needed. Returns whether there was anything.
    pub fn let_go(&self) -> bool {
        let kept = self.free().filter(|watched| !watched.files.is_empty());
        // Who asks again at once must not fill it anew.
        let gone = kept.map(|mut watched| {
            let asked = watched.asked;
            watched.leave_off(asked);
        });
        gone.count() > 0
    }

    /// What nobody works with.
    fn free(&self) -> impl Iterator<Item = MutexGuard<'_, Watched>> {
        self.0.iter().filter_map(|watched| watched.try_lock().ok())
    }
}

impl Watched {
    /// Lets go of everything, for there is no room for it.
    fn leave_off(&mut self, now: u64) {
        (self.files, self.had_no_room) = (HashMap::new(), Some(now));
    }

    /// The file's window, brought to [from, to); `None` where the question is to be answered without.
    fn catch_up(
        &mut self,
        reader: &Reader,
        (from, to, now): (u64, u64, u64),
        wanted: &Wanted,
    ) -> Result<Option<&Window>, StoreError> {
        if self.had_no_room.is_some() {
            return Ok(None);
        }
        let window = self.files.entry(reader.name().to_owned()).or_insert_with(|| Window::of(reader, wanted));
        match window.catch_up(reader, (from, to), wanted) {
            Ok(is_caught_up) => Ok(self.files.get(reader.name()).filter(|_| is_caught_up)),
            Err(StoreError::Unwanted(Unwanted::Exceeded(_))) => {
                self.leave_off(now);
                Ok(None)
            }
            Err(error @ StoreError::Unwanted(Unwanted::Left)) => Err(error),
            Err(error) => {
                self.files.remove(reader.name());
                Err(error)
            }
        }
    }
}
