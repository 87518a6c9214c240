//! The journal as it is between two groups, to be copied while more is appended and what is old is removed.

use std::fmt;
use std::io::{self, Read};

use super::{Disk, Journal, JournalError, name_of, number_of};

/// A segment as it was.
pub struct Segment {
    /// Name of its file.
    pub name: String,
    /// Its bytes, up to what was written.
    pub bytes: Box<dyn Read + Send>,
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<D: Disk> Journal<D> {
    /// Every segment from `position` on, oldest first; `None`: all of them. Between two groups everything in them is durable.
    ///
    /// # Errors
    /// When the journal is broken, or a segment cannot be opened.
    pub fn snapshot(&self, position: Option<u64>) -> Result<Vec<Segment>, JournalError> {
        if self.broken {
            return Err(JournalError::Broken(io::Error::other("an earlier write failed")));
        }
        let from = position.unwrap_or_default();
        let names = self.disk.list().map_err(JournalError::Open)?;
        let mut numbers: Vec<u64> = names.iter().filter_map(|name| number_of(name)).collect();
        numbers.retain(|number| (from..=self.segment).contains(number));
        numbers.sort_unstable();
        let segment = |number: u64| {
            let name = name_of(number);
            let bytes = self.disk.source(&name).map_err(JournalError::Open)?;
            // Only the newest one grows.
            let bytes = if number == self.segment { Box::new(bytes.take(self.written)) } else { bytes };
            Ok(Segment { name, bytes })
        };
        numbers.into_iter().map(segment).collect()
    }
}
