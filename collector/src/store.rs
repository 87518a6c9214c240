//! Sealed slots on disk: one redb file per UTC day, written in commits.
//!
//! A commit takes everything that is open, with the senders and the journal's position, in one transaction: a file is
//! always a whole state, and together with the journal from its position on it is everything that was acknowledged.
//! A day's file gets its name only with its first commit in it. The newest file knows every sender, so that the older
//! ones can be dropped whole.

mod codec;
mod day;
mod error;
mod files;
mod names;
mod numbers;
mod read;
mod restart;
mod summary;
mod tables;

use std::collections::{BTreeMap, HashMap};
use std::io;

use redb::{Builder, ReadOnlyDatabase, ReadableDatabase};

pub use error::StoreError;
pub use files::{Files, SlotFolder};
pub use read::Reader;

use crate::aggregate::{Aggregate, Progress, Remembered};
use day::{Day, Held};
use names::{UNFINISHED, day_of, name_of};
use summary::Summary;

const DAY_NANOS: u64 = 24 * 3600 * 1_000_000_000;
/// Longest flush interval counted on where only a sender's progress is read.
const MARGIN_NANOS: u64 = 3600 * 1_000_000_000;

/// The store, open for commits.
#[derive(Debug)]
pub struct Store<F: Files> {
    files: F,
    /// The file that is written to, by its day since the epoch.
    current: Option<(u64, Day)>,
    /// Files of days before that somebody still reads as he found them; they are sealed when he is done.
    retiring: BTreeMap<u64, Day>,
    /// Files of days before.
    sealed: BTreeMap<u64, Sealed>,
}

/// A file that is only read any more.
struct Sealed {
    database: ReadOnlyDatabase,
    summary: Summary,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealed").field("summary", &self.summary).finish_non_exhaustive()
    }
}

/// What a restart goes on from.
#[derive(Debug, Default)]
pub struct Restart {
    /// First journal segment that the store does not hold; `None` when it is empty.
    pub position: Option<u64>,
    /// Who sent, as of the last commit.
    pub remembered: Remembered,
}

/// One commit.
#[derive(Debug, Clone, Copy)]
pub struct Commit<'a> {
    /// Everything that is open, with the senders.
    pub aggregate: &'a Aggregate,
    /// First journal segment of which nothing is in it.
    pub position: u64,
    /// When it is made.
    pub now: u64,
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How long a file is kept after its day, nanoseconds, by the newest data in the store.
    pub age: u64,
    /// Bytes that all files may take.
    pub bytes: u64,
}

impl<F: Files> Store<F> {
    /// Opens the folder.
    ///
    /// # Errors
    /// When a file cannot be read, or was written by another version.
    pub fn open(files: F) -> Result<(Self, Restart), StoreError> {
        let mut days = Vec::new();
        for (name, _) in files.list()? {
            if name == UNFINISHED {
                files.remove(&name)?;
            } else if let Some(day) = day_of(&name) {
                days.push(day);
            }
        }
        days.sort_unstable();
        let mut store = Self { files, current: None, retiring: BTreeMap::new(), sealed: BTreeMap::new() };
        let Some(newest) = days.pop() else { return Ok((store, Restart::default())) };
        for day in days {
            store.seal(day)?;
        }
        let name = name_of(newest);
        let day = Day::open(&name, store.files.open(&name)?)?;
        let restart = Restart { position: Some(day.summary.position), remembered: day.remembered(&name)? };
        store.current = Some((newest, day));
        Ok((store, restart))
    }

    /// Opens a file of a day before for reading.
    fn seal(&mut self, day: u64) -> Result<(), StoreError> {
        let name = name_of(day);
        let mut builder = Builder::new();
        builder.set_cache_size(1024 * 1024);
        let database = match builder.open_read_only_with_backend(self.files.open(&name)?) {
            Ok(database) => database,
            // It was open when the process was killed: opening it for writing repairs it.
            Err(_dirty) => {
                Day::open(&name, self.files.open(&name)?)?
                    .database
                    .close()
                    .map_err(|error| StoreError::open(&name, error))?;
                builder
                    .open_read_only_with_backend(self.files.open(&name)?)
                    .map_err(|error| StoreError::open(&name, error))?
            }
        };
        let summary = Summary::read(&name, &database.begin_read()?)?.unwrap_or_default();
        self.sealed.insert(day, Sealed { database, summary });
        Ok(())
    }

    /// Takes over everything open. When this returns, the journal before the position is no longer needed.
    ///
    /// # Errors
    /// When it is not known that everything is durable; [`Self::settle`] must be asked before the next commit.
    pub fn commit(&mut self, commit: Commit<'_>) -> Result<(), StoreError> {
        let today = commit.now / DAY_NANOS;
        if let Some((day, file)) = &mut self.current
            && *day >= today
        {
            file.commit(&commit, false)?;
        } else {
            self.begin_day(today, &commit)?;
        }
        self.seal_retired()
    }

    /// The first commit of a day: its file gets its name when everything is in it.
    fn begin_day(&mut self, today: u64, commit: &Commit<'_>) -> Result<(), StoreError> {
        if self.files.list()?.iter().any(|(name, _)| name == UNFINISHED) {
            self.files.remove(UNFINISHED)?;
        }
        let name = name_of(today);
        let mut file = Day::open(&name, self.files.open(UNFINISHED)?)?;
        file.commit(commit, true)?;
        self.files.rename(UNFINISHED, &name)?;
        self.files.sync_dir()?;
        self.retiring.extend(self.current.replace((today, file)));
        Ok(())
    }

    /// Closes the files of days before that nobody reads any more. To close one takes it away from its readers.
    fn seal_retired(&mut self) -> Result<(), StoreError> {
        let unread: Vec<u64> = self.retiring.iter().filter(|(_, day)| !day.is_read()).map(|(day, _)| *day).collect();
        for day in unread {
            if let Some(file) = self.retiring.remove(&day) {
                file.database.close().map_err(|error| StoreError::open(&name_of(day), error))?;
                self.seal(day)?;
            }
        }
        Ok(())
    }

    /// Whether the file that is written to is still there.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(&self) -> io::Result<()> {
        self.current.as_ref().map_or(Ok(()), |(day, _)| self.files.check(&name_of(*day)))
    }

    /// After a commit that failed: opens the newest file again and says whether the commit up to `position` is in it.
    ///
    /// # Errors
    /// When that still cannot be known.
    pub fn settle(&mut self, position: u64) -> Result<bool, StoreError> {
        self.current = None;
        self.retiring.clear();
        self.sealed.clear();
        let newest = self.files.list()?.iter().filter_map(|(name, _)| day_of(name)).max();
        let days: Vec<u64> = self.files.list()?.iter().filter_map(|(name, _)| day_of(name)).collect();
        for day in days.into_iter().filter(|day| Some(*day) != newest) {
            self.seal(day)?;
        }
        let Some(newest) = newest else { return Ok(false) };
        let name = name_of(newest);
        let day = Day::open(&name, self.files.open(&name)?)?;
        let has = day.summary.position >= position;
        self.current = Some((newest, day));
        Ok(has)
    }

    /// The files that hold something of [from, to), each as it is now, newest first.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn readers(&self, from: u64, to: u64) -> Result<Vec<Reader>, StoreError> {
        let touches = |summary: &Summary| summary.from < to && summary.to >= from;
        let mut readers = Vec::new();
        let current = self.current.iter().map(|(day, file)| (day, file));
        for (day, file) in current.chain(self.retiring.iter().rev()).filter(|(_, file)| touches(&file.summary)) {
            let (name, read) = (name_of(*day), file.database.begin_read()?);
            readers.push(Reader { name, read, summary: file.summary, _held: file.hold() });
        }
        for (day, file) in self.sealed.iter().rev().filter(|(_, file)| touches(&file.summary)) {
            let (name, read) = (name_of(*day), file.database.begin_read()?);
            readers.push(Reader { name, read, summary: file.summary, _held: Held::default() });
        }
        Ok(readers)
    }

    /// Drops the files that are too old, then the oldest ones until the rest fits; never the current one. Returns their names.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn retain(&mut self, retention: Retention, now: u64) -> Result<Vec<String>, StoreError> {
        // By the newest data, not by the clock alone: one that is wrong erases nothing.
        let newest = self.current.iter().map(|(_, file)| file.summary.to);
        let newest = newest.chain(self.sealed.values().map(|file| file.summary.to)).max().unwrap_or(now);
        let now = now.min(newest);
        let mut total = self.bytes()?;
        let mut dropped = Vec::new();
        let mut candidates: Vec<u64> = self.sealed.keys().copied().collect();
        candidates.sort_unstable();
        let lengths: HashMap<String, u64> = self.files.list()?.into_iter().collect();
        for day in candidates {
            let name = name_of(day);
            let end = day.saturating_add(1).saturating_mul(DAY_NANOS);
            if end.saturating_add(retention.age) > now && total <= retention.bytes {
                continue;
            }
            self.sealed.remove(&day);
            self.files.remove(&name)?;
            self.files.sync_dir()?;
            total = total.saturating_sub(lengths.get(&name).copied().unwrap_or(0));
            dropped.push(name);
        }
        Ok(dropped)
    }

    /// Bytes of all files.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn bytes(&self) -> Result<u64, StoreError> {
        Ok(self.files.list()?.iter().map(|(_, length)| length).sum())
    }

    /// Number of files, and the start of the earliest event in them (0 when there is none).
    #[must_use]
    pub fn extent(&self) -> (usize, u64) {
        let open = self.current.iter().map(|(_, file)| file).chain(self.retiring.values()).map(|file| &file.summary);
        let earliest = self.sealed.values().map(|file| &file.summary).chain(open).filter(|summary| summary.to > 0);
        (
            self.sealed.len() + self.retiring.len() + usize::from(self.current.is_some()),
            earliest.map(|summary| summary.from).min().unwrap_or(0),
        )
    }
}

/// True when a sender may matter to a period, as far as its progress tells.
fn overlap(progress: &Progress, (from, to, now): (u64, u64, u64)) -> bool {
    let end = progress.last_end.max(progress.last_arrival).saturating_add(MARGIN_NANOS);
    progress.first_start < to && (end >= from || end >= now)
}
