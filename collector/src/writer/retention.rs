//! What goes, so that there is room for what comes.

use super::Writer;
use crate::journal::Disk;
use crate::spans;
use crate::store::{Extent, Files, Retention, StoreError};

impl<D: Disk, F: Files> Writer<D, F> {
    /// Drops what is older or more than is to be kept; on a full disk, what goes first. Returns the names of the files. Waits for a
    /// commit that is worked on.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn retain(&mut self, retention: Retention, now: u64) -> Result<Vec<String>, StoreError> {
        let mut retention = self.left_for_the_store(retention);
        if self.is_full {
            retention.bytes = retention.bytes.min(self.extent.bytes.saturating_sub(1));
        }
        let _in = spans::retain().entered();
        let mut store = self.store();
        let dropped = store.retain(retention, now).inspect_err(|_error| spans::failed("not_dropped"))?;
        let extent = store.extent()?;
        drop(store);
        spans::number(spans::FILES, dropped.len() as u64);
        spans::number(spans::BYTES, self.extent.bytes.saturating_sub(extent.bytes));
        self.extent = extent;
        self.is_full &= dropped.is_empty();
        Ok(dropped)
    }

    /// How much the store holds, as of the last commit or the last time that files were dropped.
    #[must_use]
    pub const fn extent(&self) -> Extent {
        self.extent
    }

    /// The journal's bytes count too.
    #[must_use]
    pub fn left_for_the_store(&self, retention: Retention) -> Retention {
        Retention { bytes: retention.bytes.saturating_sub(self.journal.bytes()), ..retention }
    }
}
