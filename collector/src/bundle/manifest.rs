//! `manifest.json`, a bundle's first member: which others follow, in which order, how long they are and their digests. It holds its own digest
//! too, so that a change of a digest is not taken for a change of what it is of.

use serde::{Deserialize, Serialize};

use super::digest::hex;

/// Name and version of the format.
pub const SCHEMA: &str = "hogusu.bundle/v1";
/// Its name.
pub(super) const NAME: &str = "manifest.json";
/// Bytes at most.
pub(super) const BYTES: usize = 16 * 1024 * 1024;

/// What a bundle holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    schema: String,
    /// Version of what made it.
    pub(super) version: String,
    /// The members after it.
    pub(super) files: Vec<Entry>,
    /// SHA-256 of the manifest with 64 zeros here.
    sha256: String,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// Its name in the bundle.
    pub(super) file: String,
    /// Of a file of policies: its path, as it was given. Nothing is opened by it.
    pub(super) path: Option<String>,
    /// Its length.
    pub(super) bytes: u64,
    /// Its digest, 64 hexadecimal digits.
    pub(super) sha256: String,
}

impl Manifest {
    pub(super) fn new(version: &str, files: Vec<Entry>) -> Self {
        let (schema, version) = (SCHEMA.to_owned(), version.to_owned());
        let open = Self { schema, version, files, sha256: "0".repeat(64) };
        let sha256 = hex(&open.bytes());
        Self { sha256, ..open }
    }

    /// As it is written.
    pub(super) fn bytes(&self) -> Vec<u8> {
        // Nothing in it can fail to be written.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads one; why not, where it is not exactly as it is written here.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let found: Self = serde_json::from_slice(bytes).map_err(|error| format!("it cannot be read: {error}"))?;
        if found.schema != SCHEMA {
            return Err(format!("its schema is {}, and {SCHEMA} is read here", found.schema));
        }
        let again = Self::new(&found.version, found.files.clone());
        if again == found && again.bytes() == bytes {
            Ok(found)
        } else {
            Err("it is not what its own digest is of".to_owned())
        }
    }
}
