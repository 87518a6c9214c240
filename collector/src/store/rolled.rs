//! Rolled-up files: what files of slots hold, added up by the minute, the hour or the day. Exact, as everything in them is whole numbers.
//!
//! A file of slots is taken up whole, in one transaction that notes its name. So whatever is asked, and after any crash, each is read from
//! one place only. Whose an address was is decided then, as a question asked at that moment would have found it.

mod bits;
mod dense;
#[cfg(test)]
mod laws;
mod pack;
mod read;
pub(super) mod span;
mod write;

use std::collections::BTreeMap;
use std::sync::Arc;

use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable, StorageBackend, TableError};

use super::guard::attempt;
use super::soundness;
use super::summed::Knowledge;
use super::tables::{FORMAT, FORMAT_OF_BYTES, FORMAT_OF_ROLLED, FROM, HELD, LONGEST, META, TO};
use super::{Resolution, StoreError};

/// Memory redb may use for pages of one of them.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// One file.
#[derive(Debug, Clone)]
pub(super) struct Rolled {
    pub(super) name: String,
    pub(super) resolution: Resolution,
    pub(super) database: Arc<Database>,
    pub(super) knowledge: Arc<Knowledge>,
    held: Arc<()>,
}

/// What a file says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Contents {
    /// Start of its earliest event.
    pub(super) from: u64,
    /// End of its latest event.
    pub(super) to: u64,
    /// Longest stretch in it that was folded.
    pub(super) longest: u64,
    /// The files of slots that it took up, by when they began: start of their earliest event, end of their latest.
    pub(super) held: BTreeMap<u64, (u64, u64)>,
}

/// One file as it was when the reader was made.
#[derive(Debug)]
pub struct RolledReader {
    pub(super) name: String,
    pub(super) resolution: Resolution,
    pub(super) read: ReadTransaction,
    pub(super) knowledge: Arc<Knowledge>,
    pub(super) contents: Contents,
    /// Until it is dropped, the file it reads is not closed.
    _held: Arc<()>,
}

impl Rolled {
    /// Opens a file, or makes an empty one: then it is known that nothing is in it.
    pub(super) fn open(
        name: &str,
        resolution: Resolution,
        file: impl StorageBackend,
        knowledge: &Arc<Knowledge>,
    ) -> Result<Self, StoreError> {
        let database = attempt(name, knowledge, || soundness::open(name, file, knowledge, CACHE_BYTES))?;
        let (name, database) = (name.to_owned(), Arc::new(database));
        let rolled = Self { name, resolution, database, knowledge: Arc::clone(knowledge), held: Arc::default() };
        // A version that is not known is refused before anything is done with it.
        rolled.reader()?;
        Ok(rolled)
    }

    /// As it is now.
    pub(super) fn reader(&self) -> Result<RolledReader, StoreError> {
        attempt(&self.name, &self.knowledge, || {
            if let Some(reason) = self.knowledge.flaw() {
                return Err(StoreError::damaged(&self.name, reason));
            }
            let read = self.database.begin_read()?;
            let contents = Contents::read(&self.name, &read)?;
            let (name, knowledge, _held) = (self.name.clone(), Arc::clone(&self.knowledge), Arc::clone(&self.held));
            Ok(RolledReader { name, resolution: self.resolution, read, knowledge, contents, _held })
        })
    }

    /// True while nobody reads it, or takes something up into it.
    pub(super) fn is_free(&self) -> bool {
        Arc::strong_count(&self.held) == 1
    }
}

impl Contents {
    /// Reads what a file says of itself: of one in which nothing is, nothing.
    fn read(name: &str, read: &ReadTransaction) -> Result<Self, StoreError> {
        let meta = match read.open_table(META) {
            Err(TableError::TableDoesNotExist(_)) => return Ok(Self::default()),
            meta => meta?,
        };
        let number = |field: &str| -> Result<u64, StoreError> { Ok(meta.get(field)?.map_or(0, |value| value.value())) };
        let version = number(FORMAT)?;
        if !(FORMAT_OF_BYTES..=FORMAT_OF_ROLLED).contains(&version) {
            return Err(StoreError::Version { file: name.to_owned(), version, reads: FORMAT_OF_ROLLED });
        }
        let mut held = BTreeMap::new();
        for entry in read.open_table(HELD)?.iter()? {
            let (stamp, events) = entry?;
            held.insert(stamp.value(), events.value());
        }
        Ok(Self { from: number(FROM)?, to: number(TO)?, longest: number(LONGEST)?, held })
    }

    /// Whether it holds something of [from, to).
    pub(super) const fn meets(&self, from: u64, to: u64) -> bool {
        self.from < to && self.to >= from
    }
}
