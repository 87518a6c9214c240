//! How a file comes to be known as sound: redb verifies it whole where nothing is known of it, and once it is written no more its checksums
//! are kept beside it.

use std::sync::Arc;

use redb::{Builder, Database, ReadableDatabase, StorageBackend};

use super::StoreError;
use super::catalogue::SealedFile;
use super::files::Files;
use super::guard::attempt;
use super::names::{name_of, sums_of};
use super::summary::Summary;
use super::summed::{Knowledge, Summed};
use super::sums::{self, Sums};

/// Memory redb may use for pages of the file that is written to.
pub(super) const CACHE_BYTES: usize = 64 * 1024 * 1024;
/// And for pages of each of the others.
const SEALED_CACHE_BYTES: usize = 1024 * 1024;

/// Opens a file for writing. One of which nothing is known is verified whole: redb's checksums cover everything that can be reached.
pub(super) fn open(
    name: &str,
    file: impl StorageBackend,
    knowledge: &Arc<Knowledge>,
    cache: usize,
) -> Result<Database, StoreError> {
    let file = Arc::new(file);
    let is_known = knowledge.is_known();
    if !is_known && file.len()? == 0 {
        return Err(StoreError::damaged(name, "it is empty"));
    }
    let backend = Summed::new(Arc::clone(&file), Arc::clone(knowledge));
    let database = Database::builder().set_cache_size(cache).create_with_backend(backend);
    let mut database = database.map_err(|error| StoreError::open(name, error))?;
    if !is_known {
        if !database.check_integrity().map_err(|error| StoreError::open(name, error))? {
            return Err(StoreError::damaged(name, "what it holds does not agree with its own checksums"));
        }
        knowledge.learn(Sums::of(&*file)?);
    }
    Ok(database)
}

/// Opens a file that is written no more; `sums` are those that were kept of it.
pub(super) fn sealed<F: Files>(files: &F, stamp: u64, sums: Option<Sums>) -> Result<SealedFile, StoreError> {
    let name = name_of(stamp);
    let knowledge = sums.map_or_else(Arc::default, Knowledge::of);
    if !knowledge.is_known() {
        let summary = attempt(&name, &knowledge, || {
            let database = open(&name, files.open(&name)?, &knowledge, CACHE_BYTES)?;
            let summary = Summary::of(&name, &database.begin_read()?)?;
            database.close().map_err(|error| StoreError::open(&name, error))?;
            Ok(summary)
        })?;
        keep(files, stamp, &knowledge, &summary);
    }
    read_only(files, stamp, &knowledge)
}

/// Closes a file that is written no more, and opens it for reading.
pub(super) fn seal<F: Files>(
    files: &F,
    stamp: u64,
    database: Arc<Database>,
    knowledge: &Arc<Knowledge>,
) -> Result<SealedFile, StoreError> {
    let name = name_of(stamp);
    let summary = attempt(&name, knowledge, || {
        let summary = Summary::of(&name, &database.begin_read()?)?;
        // Only a reader that is being made holds it too, and none can be while the catalogue is being written.
        let closed = Arc::into_inner(database).map_or(Ok(()), Database::close);
        closed.map_err(|error| StoreError::open(&name, error))?;
        Ok(summary)
    })?;
    keep(files, stamp, knowledge, &summary);
    read_only(files, stamp, knowledge)
}

fn read_only<F: Files>(files: &F, stamp: u64, knowledge: &Arc<Knowledge>) -> Result<SealedFile, StoreError> {
    let name = name_of(stamp);
    attempt(&name, knowledge, || {
        let file = files.open(&name)?;
        let (length, known) = (file.len()?, knowledge.sums().map(|sums| sums.length));
        if known.is_some_and(|known| known != length) {
            return Err(StoreError::damaged(&name, "it is not as long as it was when it was closed"));
        }
        let backend = Summed::new(Arc::new(file), Arc::clone(knowledge));
        let database = Builder::new().set_cache_size(SEALED_CACHE_BYTES).open_read_only_with_backend(backend);
        let database = database.map_err(|error| StoreError::open(&name, error))?;
        let summary = Summary::of(&name, &database.begin_read()?)?;
        Ok(SealedFile { database, knowledge: Arc::clone(knowledge), summary })
    })
}

/// Keeps the checksums of a closed file. Without them it is verified again when it is next opened, so a failure costs only that.
fn keep<F: Files>(files: &F, stamp: u64, knowledge: &Knowledge, summary: &Summary) {
    let name = name_of(stamp);
    let kept = || -> std::io::Result<()> {
        let Some(mut sums) = knowledge.sums() else { return Ok(()) };
        let file = files.open(&name)?;
        sums.complete(&file)?;
        // First what they are of.
        file.sync_data()?;
        file.close()?;
        let bytes = sums.encode(summary.range()).unwrap_or_default();
        knowledge.learn(sums);
        sums::write(files, &sums_of(stamp), &bytes)
    };
    if let Err(error) = kept() {
        tracing::warn!(file = %name, %error, "the checksums of a file of slots/ cannot be kept");
    }
}
