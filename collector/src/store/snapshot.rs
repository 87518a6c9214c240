//! The whole store as it is at one moment, and a copy of it: while commits, roll-ups and retention go on.
//!
//! It is taken as a question takes its files, and holds of each a state that changes no more, so nobody waits for it. What is written is
//! not a file's blocks, which may change while they are read, but what is in its tables, into a file of its own. Damaged files are copied byte
//! for byte: their copy is as damaged as they are, and answers from it say so too.

use std::io;
use std::sync::Arc;

use redb::{
    Database, Key, ReadTransaction, ReadableTable, StorageBackend, TableDefinition, TableError, Value, WriteTransaction,
};

use super::catalogue::Catalogue;
use super::guard::attempt;
use super::names::{name_of, stamp_of, sums_of};
use super::stream::Input;
use super::tables::{
    COVERAGE, FOLDED, HELD, LATE, LOSSES, META, OWNERS, PACKED, PARTS, PAST, PROGRESS, REPORTERS, ROWS, SENDERS,
    SERIES, STRETCHES,
};
use super::{Files, Reader, RolledReader, StoreError};
use crate::wanted::Wanted;

/// Memory redb may use for pages of a file that is being written.
const CACHE_BYTES: usize = 32 * 1024 * 1024;

/// Whoever copies the store asks here.
#[derive(Debug)]
pub struct Snapshots<F: Files> {
    files: Arc<F>,
    catalogue: Catalogue,
}

/// The store as it was.
#[derive(Debug)]
pub struct Snapshot<F: Files> {
    catalogue: Catalogue,
    sound: Vec<Sound>,
    /// Files that are left out of answers, with their names.
    damaged: Vec<(String, F::Backend)>,
    position: Option<u64>,
}

/// A file as it was.
#[derive(Debug)]
enum Sound {
    Slots(Reader),
    Rolled(RolledReader),
}

/// Why a file could not be copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// It cannot be read.
    #[error(transparent)]
    Source(#[from] StoreError),
    /// Its copy cannot be written.
    #[error("{0}")]
    Target(io::Error),
}

impl<F: Files> Snapshots<F> {
    pub(super) const fn new(files: Arc<F>, catalogue: Catalogue) -> Self {
        Self { files, catalogue }
    }

    /// The store as it is now. Takes no longer for much than for little.
    ///
    /// # Errors
    /// When a file cannot be read. One that commits go to and that is damaged is set aside by the next commit.
    pub fn take(&self) -> Result<Snapshot<F>, StoreError> {
        let shelves = self.catalogue.read();
        let mut names: Vec<String> = shelves.damaged.names().map(str::to_owned).collect();
        let (mut sound, mut position) = (Vec::new(), None);
        for (stamp, file) in &shelves.sealed {
            match file.reader(*stamp) {
                Ok(reader) => sound.push(Sound::Slots(reader)),
                Err(StoreError::Damaged { .. }) => names.push(name_of(*stamp)),
                Err(error) => return Err(error),
            }
            position = Some(file.summary.position);
        }
        for (stamp, file) in &shelves.open {
            let reader = file.reader(*stamp)?;
            position = Some(reader.summary.position);
            sound.push(Sound::Slots(reader));
        }
        for (name, file) in &shelves.rolled {
            match file.reader() {
                Ok(reader) => sound.push(Sound::Rolled(reader)),
                Err(StoreError::Damaged { .. }) => names.push(name.clone()),
                Err(error) => return Err(error),
            }
        }
        names.extend(names.clone().iter().filter_map(|name| Some(sums_of(stamp_of(name)?))));
        names.sort();
        names.dedup();
        let listed = self.files.list()?;
        let mut damaged = Vec::new();
        for name in names.into_iter().filter(|name| listed.iter().any(|(other, _)| other == name)) {
            let file = self.files.existing(&name)?;
            damaged.push((name, file));
        }
        drop(shelves);
        Ok(Snapshot { catalogue: self.catalogue.clone(), sound, damaged, position })
    }
}

impl<F: Files> Snapshot<F> {
    /// First journal segment of which nothing is in it; `None` when it is empty.
    #[must_use]
    pub const fn position(&self) -> Option<u64> {
        self.position
    }

    /// Copies every file that is sound, and says the name of each. Takes long.
    ///
    /// # Errors
    /// When one cannot be read, which is noted where it is damaged, or not be written, or nobody waits any more.
    pub fn copy(&mut self, to: &impl Files, wanted: &Wanted, mut each: impl FnMut(&str)) -> Result<(), CopyError> {
        for file in std::mem::take(&mut self.sound) {
            let name = file.name().to_owned();
            let copied = file.copy(to.open(&name).map_err(CopyError::Target)?, wanted);
            if let Err(CopyError::Source(StoreError::Damaged { reason, .. })) = &copied {
                match file {
                    Sound::Slots(reader) => drop(self.catalogue.leave_out_read(reader, reason)),
                    Sound::Rolled(reader) => drop(self.catalogue.leave_out_rolled(reader)),
                }
            }
            copied?;
            each(&name);
        }
        Ok(())
    }

    /// The files that are damaged, to be copied as they are.
    ///
    /// # Errors
    /// When it is not known how long one is.
    pub fn damaged(&mut self) -> io::Result<Vec<(String, Input<F::Backend>)>> {
        let all = std::mem::take(&mut self.damaged).into_iter();
        all.map(|(name, file)| Ok((name, Input::new(file)?))).collect()
    }
}

impl Sound {
    fn name(&self) -> &str {
        match self {
            Self::Slots(reader) => &reader.name,
            Self::Rolled(reader) => &reader.name,
        }
    }

    fn copy(&self, to: impl StorageBackend, wanted: &Wanted) -> Result<(), CopyError> {
        let (read, knowledge) = match self {
            Self::Slots(reader) => (&reader.read, &reader.knowledge),
            Self::Rolled(reader) => (&reader.read, &reader.knowledge),
        };
        let database = Database::builder().set_cache_size(CACHE_BYTES).create_with_backend(to).map_err(target)?;
        let mut write = database.begin_write().map_err(target)?;
        write.set_quick_repair(true);
        // What cannot be written is no damage of what is read.
        let copied = attempt(self.name(), knowledge, || match tables(self.name(), read, &write, wanted) {
            Err(CopyError::Source(error)) => Err(error),
            copied => Ok(copied),
        })?;
        copied?;
        write.commit().map_err(target)?;
        database.close().map_err(target)
    }
}

/// Copies every table, as it is.
fn tables(name: &str, read: &ReadTransaction, write: &WriteTransaction, wanted: &Wanted) -> Result<(), CopyError> {
    let slots =
        table(read, write, ROWS, wanted)? + table(read, write, PARTS, wanted)? + table(read, write, COVERAGE, wanted)?;
    let both = table(read, write, META, wanted)?
        + table(read, write, REPORTERS, wanted)?
        + table(read, write, SERIES, wanted)?
        + table(read, write, SENDERS, wanted)?
        + table(read, write, PROGRESS, wanted)?
        + table(read, write, PAST, wanted)?
        + table(read, write, LOSSES, wanted)?
        + table(read, write, FOLDED, wanted)?;
    let rolled = table(read, write, PACKED, wanted)?
        + table(read, write, HELD, wanted)?
        + table(read, write, OWNERS, wanted)?
        + table(read, write, STRETCHES, wanted)?
        + table(read, write, LATE, wanted)?;
    let there = read.list_tables().map_err(StoreError::from)?.count();
    if slots + both + rolled == there {
        return Ok(());
    }
    Err(StoreError::Tables { file: name.to_owned() }.into())
}

/// Copies one table. How many there are of it: one, or none.
fn table<K: Key + 'static, V: Value + 'static>(
    read: &ReadTransaction,
    write: &WriteTransaction,
    table: TableDefinition<'_, K, V>,
    wanted: &Wanted,
) -> Result<usize, CopyError> {
    /// Rows between two looks whether somebody still waits.
    const STEP: usize = 4096;
    let from = match read.open_table(table) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(0),
        from => from.map_err(StoreError::from)?,
    };
    let mut to = write.open_table(table).map_err(target)?;
    for (place, entry) in from.iter().map_err(StoreError::from)?.enumerate() {
        if place % STEP == 0 {
            wanted.check().map_err(StoreError::from)?;
        }
        let (key, value) = entry.map_err(StoreError::from)?;
        to.insert(key.value(), value.value()).map_err(target)?;
    }
    Ok(1)
}

/// redb's word for what the disk says.
fn target(error: impl Into<redb::Error>) -> CopyError {
    CopyError::Target(match error.into() {
        redb::Error::Io(error) => error,
        error => io::Error::other(error),
    })
}
