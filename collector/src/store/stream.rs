//! Files of a [`Files`](super::Files) folder from their beginning to their end: written, and read, with a checksum of what went by.

use std::io::{self, Read, Write};

use redb::StorageBackend;

/// A file that is written from its beginning on.
#[derive(Debug)]
pub struct Output<B> {
    file: B,
    at: u64,
    checksum: u32,
}

impl<B: StorageBackend> Output<B> {
    /// Begins at the beginning; what the file held is gone.
    ///
    /// # Errors
    /// When it cannot be emptied.
    pub fn new(file: B) -> io::Result<Self> {
        if file.len()? > 0 {
            file.set_len(0)?;
        }
        Ok(Self { file, at: 0, checksum: 0 })
    }

    /// Bytes so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.at
    }

    /// CRC-32C of them.
    #[must_use]
    pub const fn checksum(&self) -> u32 {
        self.checksum
    }

    /// Makes them durable, and lets go of the file.
    ///
    /// # Errors
    /// When they may not be durable.
    pub fn finish(self) -> io::Result<()> {
        self.file.sync_data()?;
        self.file.close()?;
        Ok(())
    }

    /// The same, with other bytes at the beginning, which the checksum does not know.
    ///
    /// # Errors
    /// When they may not be durable.
    pub fn finish_with(self, head: &[u8]) -> io::Result<()> {
        self.file.write(0, head)?;
        self.finish()
    }
}

impl<B: StorageBackend> Write for Output<B> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(self.at, bytes)?;
        self.checksum = crc32c::crc32c_append(self.checksum, bytes);
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that is read from its beginning on, as long as it was when that began.
#[derive(Debug)]
pub struct Input<B> {
    file: B,
    at: u64,
    length: u64,
}

impl<B: StorageBackend> Input<B> {
    /// Begins at the beginning.
    ///
    /// # Errors
    /// When it is not known how long it is.
    pub fn new(file: B) -> io::Result<Self> {
        let length = file.len()?;
        Ok(Self { file, at: 0, length })
    }

    /// Bytes of the file.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }
}

impl<B: StorageBackend> Read for Input<B> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length - self.at).unwrap_or(usize::MAX);
        let length = out.len().min(left);
        if let Some(out) = out.get_mut(..length) {
            self.file.read(self.at, out)?;
        }
        self.at += length as u64;
        Ok(length)
    }
}
