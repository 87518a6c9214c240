//! The files as readers find them: whoever commits, seals or drops one meanwhile, a reader keeps what it found.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use redb::{Database, ReadOnlyDatabase, ReadTransaction, ReadableDatabase};

use super::StoreError;
use super::day::Day;
use super::names::{DAY_SECONDS, name_of};
use super::read::Reader;
use super::summary::Summary;

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
    /// Files of days before.
    pub(super) sealed: BTreeMap<u64, SealedFile>,
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

/// One state of the whole store.
#[derive(Debug, Default)]
pub struct Readers {
    /// Files that hold something of the period, newest first.
    pub files: Vec<Reader>,
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

impl Shelves {
    /// True while a day has several files.
    pub(super) fn has_parts(&self) -> bool {
        self.open.keys().chain(self.sealed.keys()).any(|stamp| stamp % DAY_SECONDS != 0)
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

    /// The files that hold something of [from, to), each as it is now.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn readers(&self, from: u64, to: u64) -> Result<Readers, StoreError> {
        let shelves = self.read();
        let mut readers = Readers::default();
        for (place, (day, file)) in shelves.open.iter().rev().enumerate() {
            let (name, read) = (name_of(*day), file.database.begin_read()?);
            // By what the transaction sees: a commit may have ended this moment.
            let Some(summary) = Summary::read(&name, &read)? else { continue };
            if place == 0 {
                readers.position = summary.position;
            }
            readers.take(Reader { name, read, summary, _held: Arc::clone(&file.held) }, from, to);
        }
        for (day, file) in shelves.sealed.iter().rev() {
            let read: ReadTransaction = file.database.begin_read()?;
            let (name, summary) = (name_of(*day), file.summary);
            readers.take(Reader { name, read, summary, _held: Held::default() }, from, to);
        }
        Ok(readers)
    }
}

impl Readers {
    fn take(&mut self, reader: Reader, from: u64, to: u64) {
        if reader.summary.from < to && reader.summary.to >= from {
            self.files.push(reader);
        }
    }
}
