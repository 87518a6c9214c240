//! `backup.json`: which files a backup has, and what is in them. It is written last.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use super::{BASELINES, Folders, JOURNAL, MANIFEST, PLACES, PODS, RestoreError, SLOTS, UNFINISHED};
use crate::journal;
use crate::report::Moment;
use crate::store::Files;
use crate::store::stream::{Input, Output};

/// What a manifest says of itself.
pub const SCHEMA: &str = "hogusu.backup/v1";

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `hogusu.backup/v1`.
    pub schema: String,
    /// The moment of which it is.
    pub made: Moment,
    /// Version of the collector that made it.
    pub version: String,
    /// Its files.
    pub files: Vec<Entry>,
    /// CRC-32C of the manifest with eight zeros here, eight hexadecimal digits.
    crc32c: String,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Where it is, in the backup and in a data folder: `journal/00000042.log`.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// CRC-32C of its bytes, eight hexadecimal digits.
    pub crc32c: String,
}

impl Entry {
    pub(super) fn new(folder: &str, name: &str, (bytes, checksum): (u64, u32)) -> Self {
        let file = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        Self { file, bytes, crc32c: digits(checksum) }
    }

    /// Whether a copy has the bytes that this says.
    pub(super) fn is(&self, (bytes, checksum): (u64, u32)) -> bool {
        (bytes, digits(checksum)) == (self.bytes, self.crc32c.clone())
    }

    /// The folder it is in, and its name there; `None` where no backup has such a file: then nothing is opened by it.
    pub(super) fn place<'a, F>(&'a self, folders: &'a Folders<F>) -> Option<(&'a F, &'a str)> {
        if [PODS, PLACES].contains(&&*self.file) {
            return Some((&folders.root, &self.file));
        }
        let (folder, name) = self.file.split_once('/')?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let is_name = !name.starts_with('.') && name.chars().all(is_plain) && !name.is_empty();
        let folder = match folder {
            JOURNAL if journal::number_of(name).is_some() => &folders.journal,
            SLOTS => &folders.slots,
            BASELINES => &folders.baselines,
            _ => return None,
        };
        is_name.then_some((folder, name))
    }
}

impl Manifest {
    pub(super) fn new(made: Moment, files: Vec<Entry>) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self { schema: SCHEMA.to_owned(), made, version, files, crc32c: digits(0) }
    }

    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|entry| entry.bytes).fold(0, u64::saturating_add)
    }

    fn checksum(&self) -> io::Result<String> {
        let unsigned = Self { crc32c: digits(0), ..self.clone() };
        Ok(digits(crc32c::crc32c(&serde_json::to_vec(&unsigned)?)))
    }

    /// Writes it durably, in the place of the mark of an unfinished backup. From then on the backup is one.
    pub(super) fn write(&self, root: &impl Files) -> io::Result<()> {
        let signed = Self { crc32c: self.checksum()?, ..self.clone() };
        let mut out = Output::new(root.open(UNFINISHED)?)?;
        out.write_all(&serde_json::to_vec_pretty(&signed)?)?;
        out.finish()?;
        root.rename(UNFINISHED, MANIFEST)?;
        root.sync_dir()
    }

    /// Reads that of a backup.
    pub(super) fn read(root: &impl Files) -> Result<Self, RestoreError> {
        let names = super::names(root).map_err(RestoreError::Source)?;
        let has = |name: &str| names.iter().any(|other| other == name);
        if !has(MANIFEST) {
            return Err(RestoreError::NoBackup(if has(UNFINISHED) {
                "the backup was not finished: its manifest backup.json is missing; take another one"
            } else {
                "there is no backup.json: name the folder that `hogusu backup` made"
            }));
        }
        let damaged = |why: String| RestoreError::Damaged { file: MANIFEST.to_owned(), why };
        let mut bytes = Vec::new();
        let file = root.existing(MANIFEST).and_then(Input::new).map_err(RestoreError::Source)?;
        file.take(crate::limits::MANIFEST_BYTES).read_to_end(&mut bytes).map_err(RestoreError::Source)?;
        let read: Self = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if read.schema != SCHEMA {
            return Err(damaged(format!("it is of schema {}, and this program reads {SCHEMA}", read.schema)));
        }
        if read.checksum().map_err(RestoreError::Source)? != read.crc32c {
            return Err(damaged("its checksum is another".to_owned()));
        }
        let distinct: BTreeSet<&str> = read.files.iter().map(|entry| entry.file.as_str()).collect();
        if distinct.len() != read.files.len() {
            return Err(damaged("it names a file twice".to_owned()));
        }
        Ok(read)
    }
}

fn digits(checksum: u32) -> String {
    format!("{checksum:08x}")
}
