//! Sealed slots on disk: one redb file per UTC day, or several where one would be much of what may be kept; written in commits.
//!
//! A commit takes everything that is open, with the senders and the journal's position, in one transaction: a file is
//! always a whole state, and together with the journal from its position on it is everything that was acknowledged.
//! A day's file gets its name only with its first commit in it. The newest file knows every sender, so that the older
//! ones can be dropped whole.

mod catalogue;
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

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use redb::{Builder, ReadOnlyDatabase, ReadableDatabase};

pub use catalogue::{Catalogue, Readers};
pub use error::StoreError;
pub use files::{Files, SlotFolder};
pub use read::Reader;

use crate::aggregate::{Commit, Progress, Remembered};
use catalogue::{OpenFile, SealedFile};
use day::Day;
use names::{DAY_SECONDS, UNFINISHED, name_of, stamp_of};
use summary::Summary;

const SECOND: u64 = 1_000_000_000;
/// A file is at most about this part of what may be kept, so that dropping one leaves the most of it.
const PARTS: u64 = 8;
/// Smaller files are not worth their number.
const PART_BYTES: u64 = 2 * 1024 * 1024;
/// Longest flush interval counted on where only a sender's progress is read.
const MARGIN_NANOS: u64 = 3600 * 1_000_000_000;

/// The store, open for commits. Who reads goes by its [`Catalogue`] and waits for no commit.
#[derive(Debug)]
pub struct Store<F: Files> {
    files: Arc<F>,
    /// The file that is written to, by when it begins: seconds since the epoch.
    current: Option<(u64, Day)>,
    /// Bytes beyond which it is not written to any more, as far as they are not what every file begins with.
    part_bytes: u64,
    /// Bytes that it had with its first commit, in which is everybody who sends; 0 where that is not known.
    begun_bytes: u64,
    catalogue: Catalogue,
}

/// What a restart goes on from.
#[derive(Debug, Default)]
pub struct Restart {
    /// First journal segment that the store does not hold; `None` when it is empty.
    pub position: Option<u64>,
    /// Who sent, as of the last commit.
    pub remembered: Remembered,
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How long a file is kept after its day, nanoseconds, by the newest data in the store.
    pub age: u64,
    /// Bytes that all files may take.
    pub bytes: u64,
}

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// Files.
    pub files: usize,
    /// Bytes of them.
    pub bytes: u64,
    /// Start of the earliest event in them; 0 when there is none.
    pub earliest: u64,
}

/// Whether the store is still where it was, asked by who does not commit.
#[derive(Debug)]
pub struct Presence<F> {
    files: Arc<F>,
    catalogue: Catalogue,
}

impl<F: Files> Presence<F> {
    /// Whether the file that is written to is still there.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(&self) -> io::Result<()> {
        self.catalogue.newest().map_or(Ok(()), |day| self.files.check(&name_of(day)))
    }
}

impl<F: Files> Store<F> {
    /// Opens the folder.
    ///
    /// # Errors
    /// When a file cannot be read, or was written by another version.
    pub fn open(files: F) -> Result<(Self, Restart), StoreError> {
        let mut store = Self {
            files: Arc::new(files),
            current: None,
            part_bytes: u64::MAX,
            begun_bytes: 0,
            catalogue: Catalogue::default(),
        };
        if store.files.list()?.iter().any(|(name, _)| name == UNFINISHED) {
            store.files.remove(UNFINISHED)?;
        }
        store.open_files()?;
        let Some((newest, day)) = &store.current else { return Ok((store, Restart::default())) };
        let remembered = day.remembered(&name_of(*newest))?;
        let restart = Restart { position: Some(day.summary.position), remembered };
        Ok((store, restart))
    }

    /// For those who read.
    #[must_use]
    pub const fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Opens all files: the newest one for commits, those of days before for reading.
    fn open_files(&mut self) -> Result<(), StoreError> {
        let mut shelves = self.catalogue.write();
        self.current = None;
        (shelves.open, shelves.sealed) = Default::default();
        let mut days: Vec<u64> = self.files.list()?.iter().filter_map(|(name, _)| stamp_of(name)).collect();
        days.sort_unstable();
        let newest = days.pop();
        for day in days {
            shelves.sealed.insert(day, self.sealed(day)?);
        }
        if let Some(newest) = newest {
            let name = name_of(newest);
            let day = Day::open(&name, self.files.open(&name)?)?;
            shelves.open.insert(newest, OpenFile::of(&day));
            self.current = Some((newest, day));
        }
        drop(shelves);
        Ok(())
    }

    /// Opens a file of a day before for reading.
    fn sealed(&self, day: u64) -> Result<SealedFile, StoreError> {
        let name = name_of(day);
        let mut builder = Builder::new();
        builder.set_cache_size(1024 * 1024);
        let open = || -> Result<Result<ReadOnlyDatabase, redb::DatabaseError>, StoreError> {
            Ok(builder.open_read_only_with_backend(self.files.open(&name)?))
        };
        let database = match open()? {
            Ok(database) => database,
            // It was open when the process was killed: opening it for writing repairs it.
            Err(_dirty) => {
                close(&name, Day::open(&name, self.files.open(&name)?)?.database)?;
                open()?.map_err(|error| StoreError::open(&name, error))?
            }
        };
        let summary = Summary::read(&name, &database.begin_read()?)?.unwrap_or_default();
        Ok(SealedFile { database, summary })
    }

    /// Takes over everything of a commit. When this returns, the journal before its position is no longer needed.
    ///
    /// # Errors
    /// When it is not known that everything is durable; [`Self::settle`] must be asked before the next commit.
    pub fn commit(&mut self, commit: &Commit) -> Result<(), StoreError> {
        let now = commit.now / SECOND;
        let today = now - now % DAY_SECONDS;
        match &mut self.current {
            // A clock that was set back begins nothing.
            Some((stamp, file)) if *stamp >= today => {
                let most = self.part_bytes.max(self.begun_bytes.saturating_mul(2));
                if self.files.length(&name_of(*stamp))? <= most {
                    file.commit(commit, false)?;
                } else {
                    // First of all, so that no program takes this file for all of its day.
                    file.part()?;
                    let next = now.max(*stamp + 1);
                    self.begin_file(next, true, commit)?;
                }
            }
            _ => {
                // As long as an older version would leave a file out, it must not open the newest one.
                let has_parts = self.catalogue.read().has_parts();
                self.begin_file(today, has_parts, commit)?;
            }
        }
        self.seal_files_before()
    }

    /// The first commit of a day, or of a further part of it: the file gets its name, and is there for readers, when everything is in it.
    fn begin_file(&mut self, stamp: u64, is_parted: bool, commit: &Commit) -> Result<(), StoreError> {
        if self.files.list()?.iter().any(|(name, _)| name == UNFINISHED) {
            self.files.remove(UNFINISHED)?;
        }
        let name = name_of(stamp);
        let mut file = Day::open(&name, self.files.open(UNFINISHED)?)?;
        if is_parted {
            file.part()?;
        }
        file.commit(commit, true)?;
        self.files.rename(UNFINISHED, &name)?;
        self.files.sync_dir()?;
        self.begun_bytes = self.files.length(&name)?;
        let mut shelves = self.catalogue.write();
        if let Some((before, file)) = &self.current
            && let Some(retired) = shelves.open.get_mut(before)
        {
            retired.summary = file.summary;
        }
        shelves.open.insert(stamp, OpenFile::of(&file));
        drop(shelves);
        self.current = Some((stamp, file));
        Ok(())
    }

    /// Closes the files of days before that nobody reads any more. To close one takes it away from its readers; new ones wait until
    /// it is open again.
    fn seal_files_before(&mut self) -> Result<(), StoreError> {
        let newest = self.current.as_ref().map(|(day, _)| *day);
        let mut shelves = self.catalogue.write();
        let unread = |(day, file): (&u64, &OpenFile)| (Some(*day) != newest && !file.is_read()).then_some(*day);
        let unread: Vec<u64> = shelves.open.iter().filter_map(unread).collect();
        for day in unread {
            if let Some(file) = shelves.open.remove(&day) {
                close(&name_of(day), file.database)?;
                shelves.sealed.insert(day, self.sealed(day)?);
            }
        }
        drop(shelves);
        Ok(())
    }

    /// For those who look whether it is still there.
    #[must_use]
    pub fn presence(&self) -> Presence<F> {
        Presence { files: Arc::clone(&self.files), catalogue: self.catalogue.clone() }
    }

    /// After a commit that failed: opens the files again and says whether the commit up to `position` is in them.
    ///
    /// # Errors
    /// When that still cannot be known.
    pub fn settle(&mut self, position: u64) -> Result<bool, StoreError> {
        self.open_files()?;
        Ok(self.current.as_ref().is_some_and(|(_, day)| day.summary.position >= position))
    }

    /// Drops the files that are too old, then the oldest ones until the rest fits; never the current one. Returns their names.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn retain(&mut self, retention: Retention, now: u64) -> Result<Vec<String>, StoreError> {
        let shelves = self.catalogue.read();
        // By the newest data, not by the clock alone: one that is wrong erases nothing.
        let newest = self.current.iter().map(|(_, file)| file.summary.to);
        let newest = newest.chain(shelves.sealed.values().map(|file| file.summary.to)).max().unwrap_or(now);
        let candidates: Vec<u64> = shelves.sealed.keys().copied().collect();
        drop(shelves);
        let now = now.min(newest);
        self.part_bytes = (retention.bytes / PARTS).max(PART_BYTES);
        let lengths: HashMap<String, u64> = self.files.list()?.into_iter().collect();
        let mut total: u64 = lengths.values().sum();
        let mut dropped = Vec::new();
        for day in candidates {
            let name = name_of(day);
            let end = (day - day % DAY_SECONDS).saturating_add(DAY_SECONDS).saturating_mul(SECOND);
            if end.saturating_add(retention.age) > now && total <= retention.bytes {
                continue;
            }
            // Who reads it goes on: its blocks are freed when he is done.
            self.files.remove(&name)?;
            self.files.sync_dir()?;
            self.catalogue.write().sealed.remove(&day);
            total = total.saturating_sub(lengths.get(&name).copied().unwrap_or(0));
            dropped.push(name);
        }
        Ok(dropped)
    }

    /// How much there is.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn extent(&self) -> Result<Extent, StoreError> {
        let bytes = self.files.list()?.iter().map(|(_, length)| length).sum();
        let shelves = self.catalogue.read();
        let current = self.current.iter().map(|(_, file)| &file.summary);
        let retired = shelves.open.values().map(|file| &file.summary);
        let summaries = shelves.sealed.values().map(|file| &file.summary).chain(retired).chain(current);
        let earliest = summaries.filter(|summary| summary.to > 0).map(|summary| summary.from).min().unwrap_or(0);
        Ok(Extent { files: shelves.sealed.len() + shelves.open.len(), bytes, earliest })
    }
}

/// Closes a file that nobody else has.
fn close(name: &str, database: Arc<redb::Database>) -> Result<(), StoreError> {
    // Only a reader that is being made holds it too, and none can be while the catalogue is being written.
    Arc::into_inner(database).map_or(Ok(()), |database| database.close().map_err(|error| StoreError::open(name, error)))
}

/// True when a sender may matter to a period, as far as its progress tells.
fn overlap(progress: &Progress, (from, to, now): (u64, u64, u64)) -> bool {
    let end = progress.last_end.max(progress.last_arrival).saturating_add(MARGIN_NANOS);
    progress.first_start < to && (end >= from || end >= now)
}
