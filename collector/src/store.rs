//! Sealed slots on disk: redb files of an hour, or of a part of it where one would be much of what may be kept; written in commits. Beside
//! them, what those hold added up by the minute, the hour and the day.
//!
//! A commit takes everything that is open, with the senders and the journal's position, in one transaction: a file is
//! always a whole state, and together with the journal from its position on it is everything that was acknowledged.
//! A file gets its name only with its first commit in it. The newest file knows every sender, so that the older
//! ones can be dropped whole.

mod catalogue;
mod codec;
mod day;
mod error;
mod files;
mod names;
mod numbers;
mod plan;
mod read;
mod resolution;
mod restart;
mod retention;
mod roll_up;
mod rolled;
mod summary;
mod tables;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;

use redb::{Builder, ReadOnlyDatabase, ReadableDatabase};

pub use catalogue::{Catalogue, Readers};
pub use error::StoreError;
pub use files::{Files, SlotFolder};
pub use read::Reader;
pub use resolution::Resolution;
pub use retention::Retention;
pub use roll_up::{RollUp, Unit};
pub use rolled::RolledReader;

use crate::aggregate::{Commit, Progress, Remembered};
use catalogue::{OpenFile, SealedFile};
use day::Day;
use names::{HOUR_SECONDS, UNFINISHED, UNFINISHED_ROLLED, name_of, rolled_stamp_of, stamp_of};
use retention::Candidate;
use rolled::{Contents, Rolled};
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
        store.clear(&[UNFINISHED, UNFINISHED_ROLLED])?;
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

    /// Removes files that nothing is in.
    fn clear(&self, unfinished: &[&str]) -> io::Result<()> {
        for (name, _) in self.files.list()?.iter().filter(|(name, _)| unfinished.contains(&name.as_str())) {
            self.files.remove(name)?;
        }
        Ok(())
    }

    /// Opens all files of slots: the newest one for commits, those before for reading; and rolled-up ones that are not open.
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
        for (name, _) in self.files.list()? {
            let Some(key) = rolled_stamp_of(&name).filter(|key| !shelves.rolled.contains_key(key)) else { continue };
            shelves.rolled.insert(key, Rolled::open(&name, key.0, self.files.open(&name)?)?);
        }
        drop(shelves);
        Ok(())
    }

    /// Opens a file for reading.
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
        let hour = now - now % HOUR_SECONDS;
        match &mut self.current {
            // A clock that was set back begins nothing.
            Some((stamp, file)) if *stamp >= hour => {
                let most = self.part_bytes.max(self.begun_bytes.saturating_mul(2));
                if self.files.length(&name_of(*stamp))? <= most {
                    file.commit(commit, false)?;
                } else {
                    let next = now.max(*stamp + 1);
                    self.begin_file(next, commit)?;
                }
            }
            _ => self.begin_file(hour, commit)?,
        }
        self.seal_files_before()
    }

    /// The first commit of an hour, or of a further part of it: the file gets its name, and is there for readers, when everything is in it.
    fn begin_file(&mut self, stamp: u64, commit: &Commit) -> Result<(), StoreError> {
        self.clear(&[UNFINISHED])?;
        let name = name_of(stamp);
        let mut file = Day::open(&name, self.files.open(UNFINISHED)?)?;
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

    /// Drops what is older than is to be kept, then what has no room; never the file that is written to. Returns the names.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn retain(&mut self, retention: Retention, now: u64) -> Result<Vec<String>, StoreError> {
        self.part_bytes = (retention.bytes / PARTS).max(PART_BYTES);
        let lengths: HashMap<String, u64> = self.files.list()?.into_iter().collect();
        let now = now.min(self.newest_event().unwrap_or(now));
        let mut dropped = Vec::new();
        for file in retention.goes(self.candidates(retention, &lengths, now)?, lengths.values().sum(), now) {
            let mut shelves = self.catalogue.write();
            match file.resolution {
                Resolution::Slot => drop(shelves.sealed.remove(&file.stamp)),
                // Whoever reads it, or takes something up into it, must be done.
                rolled if !shelves.rolled.get(&(rolled, file.stamp)).is_some_and(Rolled::is_free) => continue,
                rolled => drop(shelves.rolled.remove(&(rolled, file.stamp))),
            }
            drop(shelves);
            // Who reads it goes on: its blocks are freed when he is done.
            self.files.remove(&file.name)?;
            self.files.sync_dir()?;
            dropped.push(file.name);
        }
        Ok(dropped)
    }

    /// End of the newest event. Age is told by data, not by the clock alone: one that is wrong erases nothing.
    fn newest_event(&self) -> Option<u64> {
        let shelves = self.catalogue.read();
        let current = self.current.iter().map(|(_, file)| file.summary.to);
        current.chain(shelves.sealed.values().map(|file| file.summary.to)).max()
    }

    /// The files that may go.
    fn candidates(
        &self,
        retention: Retention,
        lengths: &HashMap<String, u64>,
        now: u64,
    ) -> Result<Vec<Candidate>, StoreError> {
        let shelves = self.catalogue.read();
        let bytes = |name: &str| lengths.get(name).copied().unwrap_or(0);
        let mut candidates = Vec::with_capacity(shelves.sealed.len() + shelves.rolled.len());
        let mut contents: BTreeMap<Resolution, Vec<Contents>> = BTreeMap::new();
        for ((resolution, stamp), file) in &shelves.rolled {
            let (name, of_file) = (file.name.clone(), file.reader()?.contents);
            let bytes = bytes(&name);
            candidates.push(Candidate {
                name,
                resolution: *resolution,
                stamp: *stamp,
                to: of_file.to,
                bytes,
                is_held: true,
            });
            contents.entry(*resolution).or_default().push(of_file);
        }
        for (stamp, file) in &shelves.sealed {
            let (name, to) = (name_of(*stamp), file.summary.to);
            let is_at = |resolution: &Resolution| {
                let held =
                    contents.get(resolution).is_some_and(|files| files.iter().any(|of| of.held.contains_key(stamp)));
                held || !retention.keeps(*resolution, to, now)
            };
            let (bytes, is_held) = (bytes(&name), Resolution::ROLLED.iter().all(is_at));
            candidates.push(Candidate { name, resolution: Resolution::Slot, stamp: *stamp, to, bytes, is_held });
        }
        drop(shelves);
        Ok(candidates)
    }

    /// For who rolls files up.
    #[must_use]
    pub fn roll_up(&self) -> RollUp<F> {
        RollUp::new(Arc::clone(&self.files), self.catalogue.clone())
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
