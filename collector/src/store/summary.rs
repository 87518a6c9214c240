//! What a file says of itself: which commits are in it, and which events.

use redb::WriteTransaction;

use super::StoreError;
use super::codec::Garbled;
use super::tables::{FORGOTTEN_TO, FORMAT, FORMAT_ROLLED, FORMAT_WHOLE, FROM, LONGEST, META, NEXT_PART, POSITION, TO};

/// What a file says of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) position: u64,
    /// Start of its earliest event.
    pub(super) from: u64,
    /// End of its latest event.
    pub(super) to: u64,
    /// Longest stretch of its coverage.
    pub(super) longest: u64,
    /// Number of the next part.
    pub(super) next_part: u32,
    /// End of the last batch of a sender of which nothing is remembered.
    pub(super) forgotten_to: u64,
}

impl Summary {
    /// Reads what a file says of itself; `None` when nothing was ever committed to it.
    pub(super) fn read(name: &str, read: &redb::ReadTransaction) -> Result<Option<Self>, StoreError> {
        let meta = match read.open_table(META) {
            Ok(meta) => meta,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let number = |field: &str| -> Result<u64, StoreError> { Ok(meta.get(field)?.map_or(0, |value| value.value())) };
        let version = number(FORMAT)?;
        if !(FORMAT_WHOLE..=FORMAT_ROLLED).contains(&version) {
            return Err(StoreError::Version { file: name.to_owned(), version, reads: FORMAT_ROLLED });
        }
        Ok(Some(Self {
            position: number(POSITION)?,
            from: number(FROM)?,
            to: number(TO)?,
            longest: number(LONGEST)?,
            forgotten_to: number(FORGOTTEN_TO)?,
            next_part: u32::try_from(number(NEXT_PART)?).map_err(|_large| StoreError::garbled(name)(Garbled))?,
        }))
    }

    /// What a file of which something was committed says of itself.
    pub(super) fn of(name: &str, read: &redb::ReadTransaction) -> Result<Self, StoreError> {
        Self::read(name, read)?.ok_or_else(|| StoreError::damaged(name, "it holds no commit"))
    }

    /// Writes it.
    pub(super) fn write(&self, write: &WriteTransaction) -> Result<(), StoreError> {
        let mut meta = write.open_table(META)?;
        for (field, number) in [
            (FORMAT, FORMAT_ROLLED),
            (POSITION, self.position),
            (FROM, self.from),
            (TO, self.to),
            (LONGEST, self.longest),
            (FORGOTTEN_TO, self.forgotten_to),
            (NEXT_PART, u64::from(self.next_part)),
        ] {
            meta.insert(field, number)?;
        }
        Ok(())
    }

    /// Start and end of its events.
    pub(super) const fn range(&self) -> (u64, u64) {
        (self.from, self.to)
    }

    /// Widens the range of events.
    pub(super) fn reach(&mut self, from: u64, to: u64) {
        (self.from, self.to) = if self.to == 0 { (from, to) } else { (self.from.min(from), self.to.max(to)) };
    }
}
