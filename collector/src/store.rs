//! Sealed slots on disk: redb files of an hour, or of a part of it where one would be much of what may be kept; written in commits. Beside
//! them, what those hold added up by the minute, the hour and the day.
//!
//! A commit takes everything that is open, with the senders and the journal's position, in one transaction: a file is
//! always a whole state, and together with the journal from its position on it is everything that was acknowledged.
//! A file gets its name only with its first commit in it. The newest file knows every sender, so that the older
//! ones can be dropped whole.

mod accounts;
mod catalogue;
mod codec;
mod damage;
mod day;
mod error;
mod files;
mod guard;
mod lines;
mod names;
mod naming;
mod numbers;
mod opening;
mod plan;
mod reach;
mod read;
mod resolution;
mod restart;
mod retention;
mod roll_up;
mod rolled;
mod snapshot;
mod soundness;
pub mod stream;
mod summary;
mod summed;
mod sums;
mod tables;
mod window;
mod windows;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;

pub use catalogue::{Catalogue, Readers};
pub use damage::DamagedFile;
pub use error::StoreError;
pub use files::{Files, SlotFolder};
pub use guard::end_on_panic;
pub use reach::{Extent, Reach};
pub use read::Reader;
pub use resolution::Resolution;
pub use retention::Retention;
pub use roll_up::{RollUp, Unit};
pub use rolled::RolledReader;
pub use snapshot::{CopyError, Snapshot, Snapshots};
pub use windows::Windows;

use crate::aggregate::{Commit, Progress, Remembered};
use catalogue::OpenFile;
use day::Day;
use guard::{attempt, dispose};
use names::{HOUR_SECONDS, SECOND, UNFINISHED, UNFINISHED_ROLLED, name_of, rolled_of, stamp_of_sums, sums_of};
use retention::Candidate;
use rolled::{Contents, Rolled};
use summed::Knowledge;
use sums::Sums;

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
    /// The newest file was set aside: those before it do not know everybody, and are written no more.
    is_next_due: bool,
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
            is_next_due: false,
            catalogue: Catalogue::default(),
        };
        let listed = store.files.list()?;
        let is_there = |stamp| listed.iter().any(|(name, _)| *name == name_of(stamp));
        for (name, _) in &listed {
            let is_nothing = [UNFINISHED, UNFINISHED_ROLLED].contains(&name.as_str());
            if is_nothing || stamp_of_sums(name).is_some_and(|stamp| !is_there(stamp)) {
                store.files.remove(name)?;
            }
        }
        store.open_files()?;
        let restart = store.restart()?;
        Ok((store, restart))
    }

    /// A segment of the journal is missing that the store does not hold either.
    pub fn is_missing(&self, segment: &str) {
        let mut shelves = self.catalogue.write();
        let newest = self.current.as_ref().map(|(_, file)| file.summary);
        let newest = newest.or_else(|| shelves.sealed.last_key_value().map(|(_, file)| file.summary));
        shelves.damaged.note_missing(format!("journal/{segment}"), &newest.unwrap_or_default());
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

    /// Takes over everything of a commit. When this returns, the journal before its position is no longer needed.
    ///
    /// # Errors
    /// When it is not known that everything is durable; [`Self::settle`] must be asked before the next commit.
    pub fn commit(&mut self, commit: &Commit) -> Result<(), StoreError> {
        if self.current.as_ref().is_some_and(|(_, file)| file.knowledge.flaw().is_some()) {
            self.set_aside_current()?;
        }
        let now = commit.now / SECOND;
        let hour = now - now % HOUR_SECONDS;
        match &mut self.current {
            // A clock that was set back begins nothing.
            Some((stamp, file)) if *stamp >= hour => {
                let (name, knowledge) = (name_of(*stamp), Arc::clone(&file.knowledge));
                let most = self.part_bytes.max(self.begun_bytes.saturating_mul(2));
                if self.files.length(&name)? <= most {
                    attempt(&name, &knowledge, || file.commit(commit, false))?;
                } else {
                    let next = now.max(*stamp + 1);
                    self.begin_file(next, commit)?;
                }
            }
            _ => match self.newest_stamp().filter(|newest| *newest >= hour) {
                // A file of the hour was set aside: its name is taken.
                Some(newest) => self.begin_file(now.max(newest + 1), commit)?,
                None => self.begin_file(hour, commit)?,
            },
        }
        self.catalogue.write().damaged.end_at(commit.now);
        self.seal_files_before()
    }

    /// The first commit of an hour, or of a further part of it: the file gets its name, and is there for readers, when everything is in it.
    fn begin_file(&mut self, stamp: u64, commit: &Commit) -> Result<(), StoreError> {
        self.clear(&[UNFINISHED])?;
        let (name, knowledge) = (name_of(stamp), Knowledge::of(Sums::empty()));
        let file = attempt(&name, &knowledge, || {
            let mut file = Day::open(&name, self.files.open(UNFINISHED)?, &knowledge)?;
            file.commit(commit, true)?;
            Ok(file)
        })?;
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
        self.is_next_due = false;
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
            if let Some(OpenFile { database, knowledge, summary, .. }) = shelves.open.remove(&day) {
                let sealed = soundness::seal(&*self.files, day, database, &knowledge);
                shelves.put(day, sealed, || summary.range())?;
            }
        }
        drop(shelves);
        Ok(())
    }

    /// When the newest file begins, be it damaged.
    fn newest_stamp(&self) -> Option<u64> {
        self.catalogue.read().newest()
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
                _ if shelves.damaged.forget(&file.name) => {}
                Resolution::Slot => dispose(shelves.sealed.remove(&file.stamp)),
                // Whoever reads it, or takes something up into it, must be done.
                _ if !shelves.rolled.get(&file.name).is_some_and(Rolled::is_free) => continue,
                _ => drop(shelves.rolled.remove(&file.name)),
            }
            drop(shelves);
            let sums = sums_of(file.stamp);
            let sums = (file.resolution == Resolution::Slot).then_some(&sums);
            // Who reads it goes on: its blocks are freed when he is done.
            for name in [Some(&file.name), sums].into_iter().flatten().filter(|name| lengths.contains_key(*name)) {
                self.files.remove(name)?;
            }
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
        for (name, file) in &shelves.rolled {
            // One that is damaged is set aside at the next start.
            let of_file = match file.reader() {
                Err(StoreError::Damaged { .. }) => continue,
                reader => reader?.contents,
            };
            let (resolution, to, bytes) = (file.resolution, of_file.to, bytes(name));
            let stamp = rolled_of(name).map_or(0, |(_, _, stamp)| stamp);
            candidates.push(Candidate { name: name.clone(), resolution, stamp, to, bytes, is_held: true });
            contents.entry(resolution).or_default().push(of_file);
        }
        for (stamp, file) in &shelves.sealed {
            let (name, to) = (name_of(*stamp), file.summary.to);
            let is_at = |resolution: &Resolution| {
                let held =
                    contents.get(resolution).is_some_and(|files| files.iter().any(|of| of.held.contains_key(stamp)));
                held || !retention.keeps(*resolution, to, now)
            };
            let bytes = bytes(&name).saturating_add(bytes(&sums_of(*stamp)));
            let is_held = Resolution::ROLLED.iter().all(is_at);
            candidates.push(Candidate { name, resolution: Resolution::Slot, stamp: *stamp, to, bytes, is_held });
        }
        let open = |stamp: &u64| shelves.open.contains_key(stamp);
        candidates.extend(shelves.damaged.candidates(bytes).filter(|file| !open(&file.stamp)));
        drop(shelves);
        Ok(candidates)
    }

    /// For who rolls files up.
    #[must_use]
    pub fn roll_up(&self) -> RollUp<F> {
        RollUp::new(Arc::clone(&self.files), self.catalogue.clone())
    }

    /// For who copies all of it.
    #[must_use]
    pub fn snapshots(&self) -> Snapshots<F> {
        Snapshots::new(Arc::clone(&self.files), self.catalogue.clone())
    }
}

/// True when a sender may matter to a period, as far as its progress tells.
fn overlap(progress: &Progress, (from, to, now): (u64, u64, u64)) -> bool {
    let end = progress.last_end.max(progress.last_arrival).saturating_add(MARGIN_NANOS);
    progress.first_start < to && (end >= from || end >= now)
}
