//! One layer of an image: a tar archive and its compressed form. Time, order and owners are given, never taken from a file system.

use std::fmt;
use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType, Header};

use crate::Error;

/// Who owns an entry: user and group.
pub type Owner = u32;

/// Root, of whatever nobody is to change.
pub const ROOT: Owner = 0;

/// What of an image is being put together.
pub struct Draft {
    archive: Builder<Vec<u8>>,
}

/// A finished layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The compressed archive.
    pub blob: Vec<u8>,
    /// SHA-256 of the archive before compression, in hex.
    pub diff_id: String,
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").finish_non_exhaustive()
    }
}

impl Default for Draft {
    fn default() -> Self {
        Self { archive: Builder::new(Vec::new()) }
    }
}

impl Draft {
    /// A folder; those above it come first.
    pub fn folder(&mut self, path: &str, mode: u32, owner: Owner) -> Result<&mut Self, Error> {
        self.entry(EntryType::Directory, path, mode, owner, &[])
    }

    /// A file.
    pub fn file(&mut self, path: &str, mode: u32, content: &[u8]) -> Result<&mut Self, Error> {
        self.entry(EntryType::Regular, path, mode, ROOT, content)
    }

    fn entry(
        &mut self,
        kind: EntryType,
        path: &str,
        mode: u32,
        owner: Owner,
        content: &[u8],
    ) -> Result<&mut Self, Error> {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(owner.into());
        header.set_gid(owner.into());
        header.set_mtime(0);
        header.set_size(u64::try_from(content.len()).unwrap_or(u64::MAX));
        let appended = self.archive.append_data(&mut header, path, content);
        appended.map_err(|error| Error::Layer { path: path.to_owned(), error })?;
        Ok(self)
    }

    /// Closes the archive and compresses it.
    pub fn finish(self) -> Result<Layer, Error> {
        let failed = |error| Error::Layer { path: "the end".to_owned(), error };
        let archive = self.archive.into_inner().map_err(failed)?;
        Ok(Layer { blob: compress(&archive).map_err(failed)?, diff_id: sha256(&archive) })
    }
}

/// Neither time nor file name nor this machine's system goes into the header.
fn compress(archive: &[u8]) -> io::Result<Vec<u8>> {
    const UNKNOWN_SYSTEM: u8 = 255;
    let mut encoder = GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM).write(Vec::new(), Compression::best());
    encoder.write_all(archive)?;
    encoder.finish()
}

/// In hex.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
