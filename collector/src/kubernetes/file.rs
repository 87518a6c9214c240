//! The record's file: `kubernetes.redb` in the data folder, so that a restarted collector still knows whose an address
//! was. docs/storage.md describes it.

use std::path::{Path, PathBuf};

use redb::{Database, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition};

use super::history::{Changes, History};
use super::pod::Tenure;

const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const TENURES: TableDefinition<'_, (&str, u64), &[u8]> = TableDefinition::new("tenures");
const FORMAT: &str = "format";
const WATCHED_TO: &str = "watched_to";
/// The format this program reads and writes.
const FORMAT_VERSION: u64 = 1;
/// Memory redb may use for its pages.
const CACHE_BYTES: usize = 4 * 1024 * 1024;

/// The file, open.
#[derive(Debug)]
pub struct RecordFile {
    database: Database,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// By redb's word.
    #[error("{}: {error}; move it away to begin a new record", file.display())]
    Database {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        error: Box<redb::Error>,
    },
    /// Written by another version.
    #[error("{} has format {found}, this program reads {FORMAT_VERSION}", file.display())]
    Format {
        /// The file.
        file: PathBuf,
        /// Its format.
        found: u64,
    },
    /// A tenure that is none.
    #[error("{}: {error}; move it away to begin a new record", file.display())]
    Garbled {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        error: serde_json::Error,
    },
}

impl RecordFile {
    /// Opens the file, or makes an empty one; returns what it holds.
    ///
    /// # Errors
    /// When it cannot be read, or was written by another version.
    pub fn open(path: &Path) -> Result<(Self, History), FileError> {
        let wrong = |error: redb::Error| FileError::Database { file: path.to_owned(), error: Box::new(error) };
        let database =
            Database::builder().set_cache_size(CACHE_BYTES).create(path).map_err(|error| wrong(error.into()))?;
        let file = Self { database };
        match file.meta().map_err(wrong)? {
            (None, _) => {
                file.write(&Changes::default()).map_err(wrong)?;
                Ok((file, History::default()))
            }
            (Some(FORMAT_VERSION), watched_to) => {
                let mut tenures = Vec::new();
                for bytes in file.tenures().map_err(wrong)? {
                    let tenure: Tenure = serde_json::from_slice(&bytes)
                        .map_err(|error| FileError::Garbled { file: path.to_owned(), error })?;
                    tenures.push(tenure);
                }
                Ok((file, History::restored(tenures, watched_to)))
            }
            (Some(found), _) => Err(FileError::Format { file: path.to_owned(), found }),
        }
    }

    /// Writes a file that holds all of a record.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn whole(file: impl StorageBackend, history: &History) -> Result<(), redb::Error> {
        let database = Database::builder().set_cache_size(CACHE_BYTES).create_with_backend(file)?;
        let all = history.within(0, u64::MAX);
        let tenures = all.map(|tenure| ((tenure.pod.uid.clone(), tenure.from), Some(tenure.clone()))).collect();
        let file = Self { database };
        file.write(&Changes { tenures, watched_to: history.watched_to() })?;
        Ok(file.database.close()?)
    }

    /// Writes what changed, in one transaction.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn write(&self, changes: &Changes) -> Result<(), redb::Error> {
        let mut write = self.database.begin_write()?;
        write.set_quick_repair(true);
        {
            let mut meta = write.open_table(META)?;
            meta.insert(FORMAT, FORMAT_VERSION)?;
            meta.insert(WATCHED_TO, changes.watched_to)?;
            let mut tenures = write.open_table(TENURES)?;
            for ((uid, from), tenure) in &changes.tenures {
                let key = (uid.as_str(), *from);
                match tenure.as_ref().and_then(|tenure| serde_json::to_vec(tenure).ok()) {
                    Some(bytes) => drop(tenures.insert(key, bytes.as_slice())?),
                    None => drop(tenures.remove(key)?),
                }
            }
        }
        Ok(write.commit()?)
    }

    /// Format, `None` in a new file, and up to when the API server was watched.
    fn meta(&self) -> Result<(Option<u64>, u64), redb::Error> {
        let read = self.database.begin_read()?;
        let table = match read.open_table(META) {
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok((None, 0)),
            opened => opened?,
        };
        let value = |name| Ok::<_, redb::Error>(table.get(name)?.map(|value| value.value()));
        Ok((value(FORMAT)?, value(WATCHED_TO)?.unwrap_or_default()))
    }

    fn tenures(&self) -> Result<Vec<Vec<u8>>, redb::Error> {
        let read = self.database.begin_read()?;
        let mut all = Vec::new();
        for entry in read.open_table(TENURES)?.iter()? {
            all.push(entry?.1.value().to_vec());
        }
        Ok(all)
    }
}
