//! Making a backup: everything as of one moment is copied into a folder of its own, durably, and its manifest last.

use std::io;

use redb::StorageBackend;

use super::{
    BASELINES, BackupError, Entry, Failed, Folders, JOURNAL, MANIFEST, Manifest, OF_THE_DISK, PLACES, PODS, SLOTS,
    UNFINISHED, copy, names,
};
use crate::baseline::Baselines;
use crate::kubernetes::file::RecordFile;
use crate::kubernetes::history::History;
use crate::report::Moment;
use crate::store::stream::{Input, Output};
use crate::store::{CopyError, Files, StoreError};
use crate::wanted::Wanted;
use crate::writer::Snapshot;

/// What is copied.
#[derive(Debug)]
pub struct Content<'a, F: Files> {
    /// Everything that is acknowledged.
    pub snapshot: Snapshot<F>,
    /// The baselines.
    pub baselines: &'a Baselines<F>,
    /// Pods over time.
    pub pods: Pods<F::Backend>,
    /// The file of places, where there is one.
    pub places: Option<F::Backend>,
}

/// Pods over time, from where they are known.
#[derive(Debug)]
pub enum Pods<B> {
    /// Nobody ever watched.
    None,
    /// This collector watches.
    Watched(History),
    /// An earlier one did, and left its file.
    Kept(B),
}

/// Marks an empty folder as that of a backup that is not finished.
///
/// # Errors
/// When something is in it, which is named, or it cannot be written.
pub fn begin(root: &impl Files) -> Result<(), Occupied> {
    match names(root)?.into_iter().find(|name| name != OF_THE_DISK) {
        Some(name) => Err(Occupied::By(name)),
        None => Ok(mark(root, UNFINISHED)?),
    }
}

/// Why a folder is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Occupied {
    /// This is in it.
    #[error("it holds {0}; give a new or empty folder")]
    By(String),
    /// It cannot be read or written.
    #[error("{0}")]
    Folder(#[from] io::Error),
}

/// Makes an empty file, durably.
pub(super) fn mark(root: &impl Files, name: &str) -> io::Result<()> {
    Output::new(root.open(name)?)?.finish()?;
    root.sync_dir()
}

/// Copies everything into a folder that was marked. When this returns, the backup is whole; where it fails, the mark is still there.
///
/// # Errors
/// When something cannot be read or written, or nobody waits any more.
pub fn make<F: Files>(
    mut content: Content<'_, F>,
    to: &Folders<impl Files>,
    made: Moment,
    wanted: &Wanted,
) -> Result<Manifest, BackupError> {
    let mut entries = Vec::new();
    for segment in std::mem::take(&mut content.snapshot.segments) {
        let file = to.journal.open(&segment.name).map_err(BackupError::Target)?;
        let copied = copy(segment.bytes, file, wanted).map_err(|failed| failed.at(JOURNAL, &segment.name))?;
        entries.push(Entry::new(JOURNAL, &segment.name, copied));
    }
    slots(&mut content.snapshot, &to.slots, wanted, &mut entries)?;
    let Content { baselines, pods, places, .. } = content;
    baselines.files(|name, file| {
        let copy_of = to.baselines.open(name).map_err(BackupError::Target)?;
        let copied = copy(file, copy_of, wanted).map_err(|failed| failed.at(BASELINES, name))?;
        entries.push(Entry::new(BASELINES, name, copied));
        Ok::<(), BackupError>(())
    })?;
    entries.extend(record(pods, &to.root, wanted)?);
    entries.extend(places.map(|file| of_root(PLACES, file, &to.root, wanted)).transpose()?);
    wanted.check().map_err(StoreError::from)?;
    let manifest = Manifest::new(made, entries);
    let mut folders = [&to.journal, &to.slots, &to.baselines, &to.root].into_iter();
    let written = folders.try_for_each(Files::sync_dir).and_then(|()| manifest.write(&to.root));
    written.map_err(BackupError::Target)?;
    Ok(manifest)
}

/// Copies the store.
fn slots<F: Files>(
    snapshot: &mut Snapshot<F>,
    to: &impl Files,
    wanted: &Wanted,
    entries: &mut Vec<Entry>,
) -> Result<(), BackupError> {
    let mut sound = Vec::new();
    let copied = snapshot.store.copy(to, wanted, |name| sound.push(name.to_owned()));
    copied.map_err(|failed| match failed {
        CopyError::Source(error) => BackupError::Store(error),
        CopyError::Target(error) => BackupError::Target(error),
    })?;
    for name in sound {
        entries.push(Entry::new(SLOTS, &name, written(to, &name).map_err(BackupError::Target)?));
    }
    let unreadable = |error| BackupError::Source { file: SLOTS.to_owned(), error };
    for (name, file) in snapshot.store.damaged().map_err(unreadable)? {
        let copy_of = to.open(&name).map_err(BackupError::Target)?;
        let copied = copy(file, copy_of, wanted).map_err(|failed| failed.at(SLOTS, &name))?;
        entries.push(Entry::new(SLOTS, &name, copied));
    }
    Ok(())
}

/// Copies pods over time.
fn record(pods: Pods<impl StorageBackend>, to: &impl Files, wanted: &Wanted) -> Result<Option<Entry>, BackupError> {
    match pods {
        Pods::None => Ok(None),
        Pods::Kept(file) => of_root(PODS, file, to, wanted).map(Some),
        Pods::Watched(history) => {
            let file = to.open(PODS).map_err(BackupError::Target)?;
            let whole = RecordFile::whole(file, &history).map_err(io::Error::other);
            let copied = whole.and_then(|()| written(to, PODS)).map_err(BackupError::Target)?;
            Ok(Some(Entry::new("", PODS, copied)))
        }
    }
}

/// Copies a file of the data folder itself.
fn of_root(name: &str, file: impl StorageBackend, to: &impl Files, wanted: &Wanted) -> Result<Entry, BackupError> {
    let file = Input::new(file).map_err(|error| Failed::Reading(error).at("", name))?;
    let copy_of = to.open(name).map_err(BackupError::Target)?;
    let copied = copy(file, copy_of, wanted).map_err(|failed| failed.at("", name))?;
    Ok(Entry::new("", name, copied))
}

/// Bytes and CRC-32C of a file that redb wrote, which is made durable as a whole.
fn written(folder: &impl Files, name: &str) -> io::Result<(u64, u32)> {
    let file = folder.existing(name)?;
    file.sync_data()?;
    super::summed(Input::new(file)?)
}

impl Failed {
    fn at(self, folder: &str, name: &str) -> BackupError {
        match self {
            Self::Reading(error) => BackupError::Source {
                file: if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") },
                error,
            },
            Self::Writing(error) => BackupError::Target(error),
            Self::Unwanted(unwanted) => StoreError::from(unwanted).into(),
        }
    }
}

/// What hands out baselines has no other error of its own.
impl From<io::Error> for BackupError {
    fn from(error: io::Error) -> Self {
        Self::Source { file: BASELINES.to_owned(), error }
    }
}

/// Removes a backup that failed: first what says that it is one, then its folders, at last the mark that it is not finished.
///
/// # Errors
/// When something cannot be removed.
pub fn discard(root: &impl Files, folders: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let there = names(root)?;
    let remove = |name: &str| if there.iter().any(|other| other == name) { root.remove(name) } else { Ok(()) };
    remove(MANIFEST)?;
    folders()?;
    remove(PODS)?;
    remove(PLACES)?;
    remove(UNFINISHED)
}
