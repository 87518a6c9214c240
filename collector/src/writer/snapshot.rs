//! Everything that is acknowledged, as of one moment, for whoever copies it.

use super::{OpenError, Writer};
use crate::journal::{Disk, Segment};
use crate::store::{self, Files, StoreError};

/// The store as it was, and the journal from what that holds on: what a restart at that moment would have found. It stays readable whatever is
/// committed, rolled up or removed meanwhile.
#[derive(Debug)]
pub struct Snapshot<F: Files> {
    /// The store.
    pub store: store::Snapshot<F>,
    /// Segments of the journal that it does not hold, oldest first.
    pub segments: Vec<Segment>,
}

impl<D: Disk, F: Files> Writer<D, F> {
    /// Everything that is acknowledged so far. Takes no longer for much than for little.
    ///
    /// # Errors
    /// When journal or store are no longer where they were or cannot be read, or it is not known whether the last commit is held.
    pub fn snapshot(&self) -> Result<Snapshot<F>, OpenError> {
        self.check()?;
        if self.unsettled.is_some() {
            return Err(StoreError::Unsettled.into());
        }
        // A commit that ends between the two has its segments still there: they are removed here, in this thread.
        let store = self.snapshots.take()?;
        let segments = self.journal.snapshot(store.position())?;
        Ok(Snapshot { store, segments })
    }
}
