//! Why the store could not be read or written.

use std::io;

use super::codec::Garbled;
use crate::journal::is_full;
use crate::wanted::Unwanted;

/// Why the store could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The process is stopping, or its writer has ended.
    #[error("the collector is stopping")]
    Stopping,
    /// The folder could not be read or written.
    #[error("the folder slots/ of the data folder: {0}")]
    Folder(#[from] io::Error),
    /// A file could not be opened.
    #[error("slots/{file} cannot be opened: {error}; move it away to go on without what it holds")]
    Open {
        /// Its name.
        file: String,
        /// Why.
        error: Box<redb::Error>,
    },
    /// A file could not be read or written.
    #[error("reading or writing slots/: {0}")]
    Redb(Box<redb::Error>),
    /// A file was written by another version.
    #[error("slots/{file} has format version {version}, this program reads {reads}; start the version that wrote it")]
    Version {
        /// Its name.
        file: String,
        /// Its version.
        version: u64,
        /// The version this program reads.
        reads: u64,
    },
    /// A file holds bytes that are not what they should be.
    #[error("slots/{file} holds a value that cannot be read; move it away to go on without what it holds")]
    Garbled {
        /// Its name.
        file: String,
    },
    /// A file is damaged. It is left out of answers, and each that it may have been in says so.
    #[error("slots/{file} is damaged: {reason}")]
    Damaged {
        /// Its name.
        file: String,
        /// How that shows.
        reason: String,
    },
    /// Nobody waits for what is being read, or there is no room for it.
    #[error(transparent)]
    Unwanted(#[from] Unwanted),
    /// A commit failed, and nothing of it is there.
    #[error("a commit that failed before left nothing in slots/")]
    NotTaken,
    /// A commit failed, and it is not known yet what is there.
    #[error("the store is being checked after a failed commit")]
    Unsettled,
    /// A file has tables that nobody knows.
    #[error("slots/{file} holds tables that this program does not know; start the version that wrote it")]
    Tables {
        /// Its name.
        file: String,
    },
    /// A file has no number left for a part, a reporter or a series.
    #[error("a file of slots/ has no numbers left; the next hour's file begins anew")]
    Numbers,
}

impl StoreError {
    /// True where the disk had no room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self {
            Self::Folder(error) => is_full(error),
            Self::Redb(error) | Self::Open { error, .. } => {
                matches!(&**error, redb::Error::Io(error) if is_full(error))
            }
            _ => false,
        }
    }

    pub(super) fn open(file: &str, error: impl Into<redb::Error>) -> Self {
        Self::Open { file: file.to_owned(), error: Box::new(error.into()) }
    }

    pub(super) fn damaged(file: &str, reason: &str) -> Self {
        Self::Damaged { file: file.to_owned(), reason: reason.to_owned() }
    }

    pub(super) fn garbled(file: &str) -> impl Fn(Garbled) -> Self {
        move |Garbled| Self::Garbled { file: file.to_owned() }
    }
}

/// redb's errors by stage, all as one.
macro_rules! from_redb {
    ($($error:ty),+) => { $(
        impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                Self::Redb(Box::new(error.into()))
            }
        }
    )+ };
}

from_redb!(redb::TransactionError, redb::TableError, redb::StorageError, redb::CommitError);
