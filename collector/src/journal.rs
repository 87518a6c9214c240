//! The journal: every batch that is acknowledged stands in it, durable, until the store holds it.
//!
//! Segments are numbered files, appended to in groups: one fdatasync makes a whole group durable. A commit of the store
//! begins a new segment and takes over all before it, so a position is the number of a segment. What a crash tore off
//! the end was never acknowledged and is cut; damage before the end is reported, and what follows it is still read.

pub mod disk;
mod replay;
mod search;
pub mod segment;
mod snapshot;

use std::io;

pub use disk::{Disk, Folder};
pub use replay::{Damage, Opening};
pub use snapshot::Segment;

use crate::ingest::Encoding;
use crate::limits::SEGMENT_BYTES;

/// The journal, open for appending.
#[derive(Debug)]
pub struct Journal<D> {
    disk: D,
    /// Segment that is appended to.
    segment: u64,
    /// Its length when the current group is written.
    length: u64,
    /// Its length without the current group.
    written: u64,
    /// Up to where it is known to be durable.
    durable: u64,
    /// Records of the current group.
    group: Vec<u8>,
    /// First segment that is there.
    first: u64,
    /// Bytes in the segments before the current one.
    sealed_bytes: u64,
    broken: bool,
}

/// Why the journal did not take something.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Nothing of the group was kept; it can be tried again.
    #[error("the journal cannot be written: {0}; free space in the data folder")]
    Full(#[source] io::Error),
    /// What is on disk is no longer known. Only opening the journal again tells.
    #[error("the journal may have lost a write: {0}; check the disk and start again")]
    Broken(#[source] io::Error),
    /// It is no longer where it was. Nothing of the group is acknowledged; it can be tried again.
    #[error(
        "the data folder was removed or replaced under the running collector ({0}); put it back as it was, or start the collector \
         again: what was in it is lost then"
    )]
    Gone(#[source] io::Error),
    /// The folder cannot be used at all.
    #[error("the journal cannot be opened: {0}")]
    Open(#[source] io::Error),
    /// Another version wrote it.
    #[error(
        "journal segment {segment} has format version {version}, this program reads up to {}; start the version that wrote it",
        segment::VERSION
    )]
    Version {
        /// The segment.
        segment: u64,
        /// Its version.
        version: u32,
    },
    /// It is not the journal of this store.
    #[error(
        "the store holds everything up to journal segment {position}, but the newest segment is {newest}; the journal folder is of another time than the store"
    )]
    Behind {
        /// First segment the store does not hold.
        position: u64,
        /// Newest segment there is.
        newest: u64,
    },
}

impl JournalError {
    /// True where the disk had no room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full(error) if is_full(error))
    }
}

/// True where the disk had no room.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

impl<D: Disk> Journal<D> {
    /// Adds a batch to the current group. Durable only after [`Self::sync`].
    ///
    /// # Errors
    /// When a new segment is due and cannot be begun, or the body is too long.
    pub fn append(&mut self, arrival: u64, encoding: Encoding, body: &[u8]) -> Result<(), JournalError> {
        if self.broken {
            return Err(JournalError::Broken(io::Error::other("an earlier write failed")));
        }
        if self.group.is_empty() && self.length > SEGMENT_BYTES {
            self.begin_segment()?;
        }
        let place = (self.segment, self.length);
        segment::write_record(&mut self.group, place, (arrival, self.durable), Some((encoding, body)))
            .ok_or_else(|| JournalError::Full(io::Error::from(io::ErrorKind::FileTooLarge)))?;
        self.length += segment::record_length(body.len()) as u64;
        Ok(())
    }

    /// Makes the current group durable.
    ///
    /// # Errors
    /// When the group is not durable: none of it may be acknowledged.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        if self.group.is_empty() {
            return Ok(());
        }
        let name = name_of(self.segment);
        let written = self.disk.append(&name, &self.group);
        self.group.clear();
        if let Err(error) = written {
            return Err(self.take_back(&name, error));
        }
        self.disk.sync(&name).map_err(|error| {
            // After a failed fdatasync the kernel may have dropped the pages: trying again would prove nothing.
            self.broken = true;
            JournalError::Broken(error)
        })?;
        self.is_durable(self.length);
        self.note(&name);
        self.check()
    }

    /// Whether what is appended is still kept under its name.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(&self) -> Result<(), JournalError> {
        self.disk.check(&name_of(self.segment)).map_err(JournalError::Gone)
    }

    /// Everything up to `length` is written and durable.
    const fn is_durable(&mut self, length: u64) {
        (self.length, self.written, self.durable) = (length, length, length);
    }

    /// Notes that the group is durable, before it is acknowledged, so that damage of it is not taken for a write that a stop tore.
    /// The note itself need not be durable: it is lost only when the machine stops, and then it tells nothing but that.
    fn note(&mut self, name: &str) {
        let mut note = Vec::new();
        let place = (self.segment, self.durable);
        if segment::write_record(&mut note, place, (0, self.durable), None).is_none() {
            return;
        }
        if self.disk.append(name, &note).is_ok() {
            self.written += note.len() as u64;
            self.length = self.written;
        } else {
            self.broken = self.disk.cut(name, self.written).is_err();
        }
    }

    /// A write failed half-way: the segment is cut back to what it was.
    fn take_back(&mut self, name: &str, error: io::Error) -> JournalError {
        self.length = self.written;
        if self.disk.cut(name, self.written).is_err() {
            self.broken = true;
            return JournalError::Broken(error);
        }
        JournalError::Full(error)
    }

    /// Begins a new segment, unless the current one is empty. Returns its number: everything taken so far stands before it.
    ///
    /// # Errors
    /// When it cannot be begun; the current one goes on.
    pub fn rotate(&mut self) -> Result<u64, JournalError> {
        if self.length > segment::HEADER as u64 {
            self.begin_segment()?;
        }
        Ok(self.segment)
    }

    fn begin_segment(&mut self) -> Result<(), JournalError> {
        let next = self.segment + 1;
        self.write_segment(next).map_err(JournalError::Full)?;
        self.sealed_bytes += self.written;
        self.segment = next;
        self.is_durable(segment::HEADER as u64);
        Ok(())
    }

    fn write_segment(&mut self, number: u64) -> io::Result<()> {
        let name = name_of(number);
        let mut header = Vec::new();
        segment::write_header(&mut header, number);
        self.disk.create(&name)?;
        self.disk.append(&name, &header)?;
        self.disk.sync(&name)?;
        self.disk.sync_dir()
    }

    /// Removes the segments before `position`: the store holds them.
    ///
    /// # Errors
    /// When one cannot be removed; it is tried again at the next commit.
    pub fn remove_before(&mut self, position: u64) -> io::Result<()> {
        while self.first < position.min(self.segment) {
            match self.disk.remove(&name_of(self.first)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => self.first += 1,
            }
        }
        if self.first == self.segment {
            self.sealed_bytes = 0;
        }
        Ok(())
    }

    /// Bytes in all segments.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.sealed_bytes + self.length
    }

    /// The segment that is appended to.
    #[must_use]
    pub const fn segment(&self) -> u64 {
        self.segment
    }
}

/// Name of a segment's file.
#[must_use]
pub fn name_of(segment: u64) -> String {
    format!("{segment:08}.log")
}

/// Number of a segment by its file's name.
#[must_use]
pub fn number_of(name: &str) -> Option<u64> {
    name.strip_suffix(".log")?.parse().ok()
}
