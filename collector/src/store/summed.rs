//! A file whose blocks are checked as they are read: what redb gets is what was written, or an error.

use std::borrow::Cow;
use std::io;
use std::ops::Bound;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use redb::{BackendError, StorageBackend};

use super::sums::{BLOCK, Sums, read, size};

/// What is known of a file, by whoever has it open.
#[derive(Debug, Default)]
pub(super) struct Knowledge {
    /// `None` until redb has verified the file by its own checksums.
    sums: RwLock<Option<Sums>>,
    /// Why it is damaged, once that was found.
    flaw: OnceLock<String>,
}

impl Knowledge {
    pub(super) fn of(sums: Sums) -> Arc<Self> {
        Arc::new(Self { sums: RwLock::new(Some(sums)), flaw: OnceLock::new() })
    }

    pub(super) fn flaw(&self) -> Option<&str> {
        self.flaw.get().map(String::as_str)
    }

    /// Notes that the file is damaged; the first reason is kept.
    pub(super) fn is_flawed(&self, reason: String) -> &str {
        self.flaw.get_or_init(|| reason)
    }

    pub(super) fn learn(&self, sums: Sums) {
        *self.write() = Some(sums);
    }

    pub(super) fn sums(&self) -> Option<Sums> {
        self.read().clone()
    }

    /// Whether anything is known of the file's bytes.
    pub(super) fn is_known(&self) -> bool {
        self.read().is_some()
    }

    fn read(&self) -> RwLockReadGuard<'_, Option<Sums>> {
        self.sums.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Option<Sums>> {
        self.sums.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open file.
#[derive(Debug)]
pub(super) struct Summed<B> {
    file: Arc<B>,
    knowledge: Arc<Knowledge>,
}

impl<B: StorageBackend> Summed<B> {
    pub(super) const fn new(file: Arc<B>, knowledge: Arc<Knowledge>) -> Self {
        Self { file, knowledge }
    }

    /// An error when one of these blocks, the first of which begins at `at`, is not what was written.
    fn check(&self, sums: &Sums, at: u64, bytes: &[u8]) -> io::Result<()> {
        let Some(place) = sums.first_flaw(at, bytes) else { return Ok(()) };
        let end = (place + BLOCK).min(sums.length);
        let reason = self.knowledge.is_flawed(format!("bytes {place} to {end} are not those that were written"));
        Err(io::Error::new(io::ErrorKind::InvalidData, reason.to_owned()))
    }

    /// The blocks that `bytes` are written to, whole, as they will be, and where they begin.
    fn blocks_with<'a>(&self, sums: &Sums, offset: u64, bytes: &'a [u8]) -> io::Result<(u64, Cow<'a, [u8]>)> {
        let end = offset + bytes.len() as u64;
        let (from, to) = (offset - offset % BLOCK, end.next_multiple_of(BLOCK).min(sums.length.max(end)));
        if (from, to) == (offset, end) {
            return Ok((from, Cow::Borrowed(bytes)));
        }
        let mut blocks = read(&*self.file, from, to.min(sums.length))?;
        self.check(sums, from, &blocks)?;
        blocks.resize(size(to - from), 0);
        let place = size(offset - from);
        if let Some(place) = blocks.get_mut(place..place + bytes.len()) {
            place.copy_from_slice(bytes);
        }
        Ok((from, Cow::Owned(blocks)))
    }
}

impl<B: StorageBackend> StorageBackend for Summed<B> {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let sums = self.knowledge.read();
        let Some(sums) = &*sums else { return self.file.read(offset, out) };
        let end = offset + out.len() as u64;
        let (from, to) = (offset - offset % BLOCK, end.next_multiple_of(BLOCK).min(sums.length.max(end)));
        if (from, to) == (offset, end) {
            self.file.read(offset, out)?;
            return self.check(sums, offset, out);
        }
        let blocks = read(&*self.file, from, to)?;
        self.check(sums, from, &blocks)?;
        let wanted = blocks.get(size(offset - from)..size(end - from));
        out.copy_from_slice(wanted.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut sums = self.knowledge.write();
        self.file.set_len(length)?;
        if let Some(sums) = &mut *sums {
            sums.resize(length);
        }
        drop(sums);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut sums = self.knowledge.write();
        let Some(sums) = &mut *sums else { return self.file.write(offset, data) };
        let (from, blocks) = self.blocks_with(sums, offset, data)?;
        // Until it has ended nobody knows how much of it was written.
        sums.forget(from, from + blocks.len() as u64);
        self.file.write(offset, data)?;
        sums.learn(from, &blocks);
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}
