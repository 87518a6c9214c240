//! The files as readers find them: whoever commits, seals or drops one meanwhile, a reader keeps what it found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use redb::{Database, ReadOnlyDatabase, ReadableDatabase};

use super::damage::{Damaged, DamagedFile};
use super::day::Day;
use super::guard::{attempt, dispose};
use super::names::{name_of, stamp_of};
use super::plan::plan;
use super::read::{Names, Reader};
use super::rolled::{Rolled, RolledReader};
use super::summary::Summary;
use super::summed::Knowledge;
use super::sums::Range;
use super::{Resolution, StoreError, Windows};

/// The files, by when they begin: seconds since the epoch.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    files: Arc<RwLock<Shelves>>,
    /// What is kept of them for questions that are asked again and again.
    windows: Windows,
}

/// Where each file stands.
#[derive(Debug, Default)]
pub(super) struct Shelves {
    /// The file that is written to, and those of days before that somebody still reads as he found them; they are sealed when he is
    /// done.
    pub(super) open: BTreeMap<u64, OpenFile>,
    /// Files of slots that nothing is written to any more.
    pub(super) sealed: BTreeMap<u64, SealedFile>,
    /// Rolled-up files, by name.
    pub(super) rolled: BTreeMap<String, Rolled>,
    /// Files that are left out. One of those that are open is among them until the next commit sets it aside.
    pub(super) damaged: Damaged,
}

/// A file that commits may still go to.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub(super) database: Arc<Database>,
    pub(super) knowledge: Arc<Knowledge>,
    /// What it said of itself when it was opened, and again when nothing more was written to it.
    pub(super) summary: Summary,
    names: Names,
    held: Held,
}

/// A file that is only read any more.
pub(super) struct SealedFile {
    pub(super) database: ReadOnlyDatabase,
    pub(super) knowledge: Arc<Knowledge>,
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
    /// Files that may have held something of it, and are damaged.
    pub damaged: Vec<DamagedFile>,
    /// First journal segment that the store does not hold; 0 when it is empty.
    pub position: u64,
}

impl OpenFile {
    pub(super) fn of(file: &Day) -> Self {
        let (database, knowledge) = (Arc::clone(&file.database), Arc::clone(&file.knowledge));
        Self { database, knowledge, summary: file.summary, names: file.names(), held: Held::default() }
    }

    /// True while somebody reads the file.
    pub(super) fn is_read(&self) -> bool {
        Arc::strong_count(&self.held) > 1
    }
}

impl Shelves {
    /// When the newest file begins, be it damaged.
    pub(super) fn newest(&self) -> Option<u64> {
        let damaged = self.damaged.iter().map(|(stamp, _)| stamp);
        self.open.keys().chain(self.sealed.keys()).copied().chain(damaged).max()
    }

    /// Takes a file among those that are only read, or notes that it is damaged, and which stretch it may have held.
    pub(super) fn put(
        &mut self,
        stamp: u64,
        opened: Result<SealedFile, StoreError>,
        range: impl FnOnce() -> Range,
    ) -> Result<(), StoreError> {
        match opened {
            Ok(file) => drop(self.sealed.insert(stamp, file)),
            Err(StoreError::Damaged { reason, .. }) => drop(self.damaged.note(stamp, &reason, range()).clone()),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

impl Catalogue {
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Shelves> {
        self.files.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Shelves> {
        self.files.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept of files for questions that are asked again and again.
    #[must_use]
    pub const fn windows(&self) -> &Windows {
        &self.windows
    }

    /// When the file begins that is written to.
    pub(super) fn newest(&self) -> Option<u64> {
        self.read().open.last_key_value().map(|(day, _)| *day)
    }

    /// The files that hold something of [from, to), each as it is now, at the finest resolution that is there, but no finer than
    /// `finest`, and those that may have held it. What a rolled-up file holds is read from no other.
    ///
    /// # Errors
    /// When one cannot be read, and not for damage.
    pub fn readers(&self, from: u64, to: u64, finest: Resolution) -> Result<Readers, StoreError> {
        let mut unreadable = Vec::new();
        let shelves = self.read();
        let (position, files) = shelves.slots(&mut unreadable)?;
        let rolled = shelves.rolled_readers()?;
        drop(shelves);
        for (stamp, reason, begun) in unreadable {
            self.leave_out(stamp, &reason, begun);
        }
        let stamps: BTreeSet<u64> = files.iter().map(|(stamp, _)| *stamp).collect();
        let contents: Vec<_> = rolled.iter().map(|file| (file.resolution, &file.contents)).collect();
        let plan = plan((from, to), finest, &stamps, &contents);
        let rolled: Vec<RolledReader> = rolled.into_iter().filter(|file| file.resolution == plan.resolution).collect();
        let is_held = |stamp: &u64| rolled.iter().any(|file| file.contents.held.contains_key(stamp));
        let meets = |file: &Reader| file.summary.from < plan.to && file.summary.to >= plan.from;
        let files = files.into_iter().filter(|(stamp, file)| !is_held(stamp) && meets(file));
        let files = files.map(|(_, file)| file).collect();
        let damaged = self.read().damaged.meeting(plan.from, plan.to, is_held);
        let rolled = rolled.into_iter().filter(|file| file.contents.meets(plan.from, plan.to)).collect();
        Ok(Readers { files, rolled, damaged, resolution: plan.resolution, from: plan.from, to: plan.to, position })
    }

    /// Leaves a file out that was found damaged while it was read. Returns what is known of it.
    pub(crate) fn leave_out_read(&self, reader: Reader, reason: &str) -> Option<DamagedFile> {
        let left_out = stamp_of(&reader.name).map(|stamp| self.leave_out(stamp, reason, reader.summary.from));
        dispose(reader);
        left_out
    }

    pub(super) fn leave_out(&self, stamp: u64, reason: &str, begun: u64) -> DamagedFile {
        let mut shelves = self.write();
        let gone = shelves.sealed.remove(&stamp);
        let left_out = match shelves.damaged.get(stamp).filter(|_| gone.is_none()) {
            Some(known) => known.clone(),
            None => {
                // One that is still written to ends when it is set aside.
                let range = gone.as_ref().map_or((begun, u64::MAX), |file| file.summary.range());
                shelves.damaged.note(stamp, reason, range).clone()
            }
        };
        drop(shelves);
        dispose(gone);
        left_out
    }

    /// Notes that a rolled-up file was found damaged while it was read.
    pub(crate) fn leave_out_rolled(&self, reader: RolledReader) -> Option<DamagedFile> {
        let left_out = self.note_rolled(&reader.name, reader.knowledge.flaw().unwrap_or_default());
        dispose(reader);
        left_out
    }

    /// The same, by its name.
    pub(super) fn note_rolled(&self, name: &str, reason: &str) -> Option<DamagedFile> {
        self.write().damaged.note_rolled(name, reason).cloned()
    }

    /// How many files are left out.
    #[must_use]
    pub fn damaged(&self) -> usize {
        self.read().damaged.len()
    }
}

impl Shelves {
    /// All files of slots in which something is, newest first, and the first journal segment that they do not hold. Those that are found
    /// damaged go to `unreadable`.
    fn slots(&self, unreadable: &mut Vec<(u64, String, u64)>) -> Result<(u64, Vec<(u64, Reader)>), StoreError> {
        let (mut position, mut files) = (0, Vec::with_capacity(self.open.len() + self.sealed.len()));
        let open = self.open.iter().rev().map(|(stamp, file)| (*stamp, file.reader(*stamp), file.summary.from));
        let sealed = self.sealed.iter().rev().map(|(stamp, file)| (*stamp, file.reader(*stamp), file.summary.from));
        let newest = self.open.last_key_value().map(|(stamp, _)| *stamp);
        for (stamp, reader, begun) in open.chain(sealed) {
            match reader {
                Ok(reader) => {
                    if Some(stamp) == newest {
                        position = reader.summary.position;
                    }
                    files.push((stamp, reader));
                }
                Err(StoreError::Damaged { reason, .. }) => unreadable.push((stamp, reason, begun)),
                Err(error) => return Err(error),
            }
        }
        Ok((position, files))
    }

    /// All rolled-up files that are sound, as they are now.
    pub(super) fn rolled_readers(&self) -> Result<Vec<RolledReader>, StoreError> {
        let sound = |file: &Rolled| match file.reader() {
            Err(StoreError::Damaged { .. }) => None,
            reader => Some(reader),
        };
        self.rolled.values().filter_map(sound).collect()
    }
}

impl OpenFile {
    /// As it is now.
    pub(super) fn reader(&self, stamp: u64) -> Result<Reader, StoreError> {
        let (name, knowledge) = (name_of(stamp), Arc::clone(&self.knowledge));
        attempt(&name, &self.knowledge, || {
            if let Some(reason) = self.knowledge.flaw() {
                return Err(StoreError::damaged(&name, reason));
            }
            let read = self.database.begin_read()?;
            // By what the transaction sees: a commit may have ended this moment.
            let summary = Summary::of(&name, &read)?;
            let (names, _held) = (self.names.clone(), Arc::clone(&self.held));
            Ok(Reader { name: name.clone(), read, knowledge, summary, names, _held })
        })
    }
}

impl SealedFile {
    /// As it is for ever.
    pub(super) fn reader(&self, stamp: u64) -> Result<Reader, StoreError> {
        let (name, knowledge) = (name_of(stamp), Arc::clone(&self.knowledge));
        attempt(&name, &self.knowledge, || {
            let read = self.database.begin_read()?;
            let (summary, names, _held) = (self.summary, Names::default(), Held::default());
            Ok(Reader { name: name.clone(), read, knowledge, summary, names, _held })
        })
    }
}
