//! Backups: a copy of everything that is acknowledged, made while the collector runs, and a data folder made of one. docs/storage.md has the
//! layout. Knows folders and what is to be copied; not whose turn it is, and not which folders may be taken.
//!
//! Both ways what is not whole says so: a backup is one from the moment on that its manifest has its name, and a data folder that is being restored
//! has a mark that `hogusu serve` refuses.

pub mod make;
mod manifest;
pub mod restore;

use std::io::{self, Read, Write};
use std::path::PathBuf;

use redb::StorageBackend;

pub use manifest::{Entry, Manifest, SCHEMA};

use crate::store::stream::Output;
use crate::store::{Files, StoreError};
use crate::wanted::{Unwanted, Wanted};
use crate::writer::OpenError;

/// Segments of the journal, in a data folder and in a backup.
pub const JOURNAL: &str = "journal";
/// Files of the store.
pub const SLOTS: &str = "slots";
/// Baselines.
pub const BASELINES: &str = "baselines";
/// Pods over time.
pub const PODS: &str = "kubernetes.redb";
/// Places.
pub const PLACES: &str = crate::placing::NAME;
/// The manifest of a backup, and by its being there the word that it is whole.
const MANIFEST: &str = "backup.json";
/// The same before it is.
const UNFINISHED: &str = "backup.unfinished";
/// The mark of a data folder that is being restored.
const RESTORING: &str = "restore.unfinished";
/// What a file system has of its own.
const OF_THE_DISK: &str = "lost+found";
/// The lock of a data folder.
pub const LOCK: &str = "lock";
/// Bytes that are copied at a time.
const STEP: usize = 1024 * 1024;

/// The folders that hold the files of a data folder, or of a backup of one.
#[derive(Debug)]
pub struct Folders<F> {
    /// The folder itself.
    pub root: F,
    /// Its folder of journal segments.
    pub journal: F,
    /// Its folder of the store's files.
    pub slots: F,
    /// Its folder of baselines.
    pub baselines: F,
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// One is being made.
    #[error("another backup is being made")]
    Busy,
    /// The folder cannot be taken.
    #[error("no backup can be made in {}: {why}", folder.display())]
    Unfit {
        /// The folder.
        folder: PathBuf,
        /// Why.
        why: String,
    },
    /// It cannot be written.
    #[error("the backup cannot be written: {0}")]
    Target(io::Error),
    /// What is to be copied cannot be read.
    #[error("{file} of the data folder cannot be read: {error}")]
    Source {
        /// Which file.
        file: String,
        /// Why.
        error: io::Error,
    },
    /// The store cannot be read, or nobody waits any more.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Journal and store cannot be read as of one moment.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// Why nothing is restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is no manifest.
    #[error("{0}")]
    NoBackup(&'static str),
    /// Something of it is not as it was written.
    #[error("{file} of the backup is damaged: {why}; nothing can be restored from it, take another backup")]
    Damaged {
        /// Which file.
        file: String,
        /// How that shows.
        why: String,
    },
    /// Something is in the data folder already.
    #[error("the data folder holds {name} already; give a new or empty one with --data")]
    Occupied {
        /// What.
        name: String,
    },
    /// The backup cannot be read.
    #[error("the backup cannot be read: {0}")]
    Source(io::Error),
    /// The data folder cannot be written.
    #[error("the data folder cannot be written: {0}; free space there, and restore into it again")]
    Target(io::Error),
}

/// Why a folder with these names in it is not served.
#[must_use]
pub fn unserved(names: &[String]) -> Option<&'static str> {
    let has = |name: &str| names.iter().any(|other| other == name);
    if has(RESTORING) {
        return Some("a restore into it was not finished: restore again, or remove what is in it");
    }
    (has(MANIFEST) || has(UNFINISHED)).then_some("it is a backup: `hogusu restore` makes a data folder of it")
}

/// What a folder is that has what of these names there is; `None`: neither a backup nor a data folder.
pub fn kind(has: impl Fn(&str) -> bool) -> Option<&'static str> {
    if has(MANIFEST) || has(UNFINISHED) {
        return Some("a backup");
    }
    let is_data = has(RESTORING) || [LOCK, JOURNAL, SLOTS].into_iter().all(has);
    is_data.then_some("a data folder")
}

/// Names of the files in a folder.
fn names(folder: &impl Files) -> io::Result<Vec<String>> {
    Ok(folder.list()?.into_iter().map(|(name, _)| name).collect())
}

/// Which of the two a copy failed at.
enum Failed {
    Reading(io::Error),
    Writing(io::Error),
    Unwanted(Unwanted),
}

/// Copies a file from its beginning to its end, durably. Returns its bytes and their CRC-32C.
fn copy(mut from: impl Read, to: impl StorageBackend, wanted: &Wanted) -> Result<(u64, u32), Failed> {
    let mut out = Output::new(to).map_err(Failed::Writing)?;
    let mut step = vec![0; STEP];
    loop {
        wanted.check().map_err(Failed::Unwanted)?;
        let length = from.read(&mut step).map_err(Failed::Reading)?;
        let Some(read) = step.get(..length).filter(|read| !read.is_empty()) else { break };
        out.write_all(read).map_err(Failed::Writing)?;
    }
    let copied = (out.bytes(), out.checksum());
    out.finish().map_err(Failed::Writing)?;
    Ok(copied)
}

/// Bytes and CRC-32C of a file.
fn summed(mut from: impl Read) -> io::Result<(u64, u32)> {
    let (mut step, mut bytes, mut checksum) = (vec![0; STEP], 0, 0);
    loop {
        let length = from.read(&mut step)?;
        let Some(read) = step.get(..length).filter(|read| !read.is_empty()) else { return Ok((bytes, checksum)) };
        checksum = crc32c::crc32c_append(checksum, read);
        bytes += length as u64;
    }
}
