//! Why there is no writer.

use crate::journal::JournalError;
use crate::store::StoreError;

/// Why a writer cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}
