//! The files as readers find them: whoever commits, seals or drops one meanwhile, a reader keeps what it found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use redb::{Database, ReadOnlyDatabase, ReadTransaction, ReadableDatabase};

use super::day::Day;
use super::names::name_of;
use super::plan::plan;
use super::read::Reader;
use super::rolled::{Rolled, RolledReader};
use super::summary::Summary;
use super::{Resolution, StoreError};

/// The files, by when they begin: seconds since the epoch.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    files: Arc<RwLock<Shelves>>,
}

/// Where each file stands.
#[derive(Debug, Default)]
pub(super) struct Shelves {
    /// The file that is written to, and those of days before that somebody still reads as he found them; they are sealed when he is
    /// done.
    pub(super) open: BTreeMap<u64, OpenFile>,
    /// Files of slots that nothing is written to any more.
    pub(super) sealed: BTreeMap<u64, SealedFile>,
    /// Rolled-up files, by resolution and when they begin.
    pub(super) rolled: BTreeMap<(Resolution, u64), Rolled>,
}

/// A file that commits may still go to.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub(super) database: Arc<Database>,
    /// What it said of itself when it was opened, and again when nothing more was written to it.
    pub(super) summary: Summary,
    held: Held,
}

/// A file that is only read any more.
pub(super) struct SealedFile {
    pub(super) database: ReadOnlyDatabase,
    pub(super) summary: Summary,
}

impl std::fmt::Debug for SealedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedFile").field("summary", &self.summary).finish_non_exhaustive()
    }
}

/// Keeps a file open for who reads it.
pub(super) type Held = Arc<()>;

/// One state of the whole store, as far as it answers a question.
#[derive(Debug, Default)]
pub struct Readers {
    /// Files of slots that hold something of the period, newest first.
    pub files: Vec<Reader>,
    /// Rolled-up files that hold the rest of it.
    pub rolled: Vec<RolledReader>,
    /// How finely the answer tells time apart.
    pub resolution: Resolution,
    /// Start of the period that is answered, nanoseconds since the epoch.
    pub from: u64,
    /// Its end.
    pub to: u64,
    /// First journal segment that the store does not hold; 0 when it is empty.
    pub position: u64,
}

impl OpenFile {
    pub(super) fn of(file: &Day) -> Self {
        Self { database: Arc::clone(&file.database), summary: file.summary, held: Held::default() }
    }

    /// True while somebody reads the file.
    pub(super) fn is_read(&self) -> bool {
        Arc::strong_count(&self.held) > 1
    }
}

impl Catalogue {
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Shelves> {
        self.files.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Shelves> {
        self.files.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the file begins that is written to.
    pub(super) fn newest(&self) -> Option<u64> {
        self.read().open.last_key_value().map(|(day, _)| *day)
    }

    /// The files that hold something of [from, to), each as it is now, at the finest resolution that is there, but no finer than
    /// `finest`. What a rolled-up file holds is read from no other.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn readers(&self, from: u64, to: u64, finest: Resolution) -> Result<Readers, StoreError> {
        let shelves = self.read();
        let (position, files) = shelves.slots()?;
        let rolled = shelves.rolled.values().map(Rolled::reader).collect::<Result<Vec<_>, _>>()?;
        drop(shelves);
        let stamps: BTreeSet<u64> = files.iter().map(|(stamp, _)| *stamp).collect();
        let contents: Vec<_> = rolled.iter().map(|file| (file.resolution, &file.contents)).collect();
        let plan = plan((from, to), finest, &stamps, &contents);
        let rolled: Vec<RolledReader> = rolled.into_iter().filter(|file| file.resolution == plan.resolution).collect();
        let is_held = |stamp: &u64| rolled.iter().any(|file| file.contents.held.contains_key(stamp));
        let meets = |file: &Reader| file.summary.from < plan.to && file.summary.to >= plan.from;
        let files = files.into_iter().filter(|(stamp, file)| !is_held(stamp) && meets(file));
        let files = files.map(|(_, file)| file).collect();
        let rolled = rolled.into_iter().filter(|file| file.contents.meets(plan.from, plan.to)).collect();
        Ok(Readers { files, rolled, resolution: plan.resolution, from: plan.from, to: plan.to, position })
    }
}

impl Shelves {
    /// All files of slots in which something is, newest first, and the first journal segment that they do not hold.
    fn slots(&self) -> Result<(u64, Vec<(u64, Reader)>), StoreError> {
        let (mut position, mut files) = (0, Vec::with_capacity(self.open.len() + self.sealed.len()));
        for (place, (stamp, file)) in self.open.iter().rev().enumerate() {
            let (name, read) = (name_of(*stamp), file.database.begin_read()?);
            // By what the transaction sees: a commit may have ended this moment.
            let Some(summary) = Summary::read(&name, &read)? else { continue };
            if place == 0 {
                position = summary.position;
            }
            files.push((*stamp, Reader { name, read, summary, _held: Arc::clone(&file.held) }));
        }
        for (stamp, file) in self.sealed.iter().rev() {
            files.push((*stamp, file.reader(*stamp)?));
        }
        Ok((position, files))
    }
}

impl SealedFile {
    /// As it is for ever.
    pub(super) fn reader(&self, stamp: u64) -> Result<Reader, StoreError> {
        let read: ReadTransaction = self.database.begin_read()?;
        Ok(Reader { name: name_of(stamp), read, summary: self.summary, _held: Held::default() })
    }
}
