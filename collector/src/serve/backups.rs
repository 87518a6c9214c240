//! Backups of the running collector: which folder may be taken, one at a time, and what a failed one leaves.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use redb::backends::FileBackend;

use super::clock;
use super::thread::Snapshots;
use super::within::within;
use crate::api;
use crate::backup::make::{self, Content, Occupied, Pods};
use crate::backup::{BASELINES, BackupError, Folders, JOURNAL, Manifest, PLACES, PODS, SLOTS};
use crate::baseline::Baselines;
use crate::kubernetes::watch::Shared;
use crate::report::Moment;
use crate::store::{Files, SlotFolder};
use crate::wanted::Wanted;

/// Makes them.
#[derive(Debug)]
pub(super) struct Backups {
    data: PathBuf,
    snapshots: Snapshots,
    baselines: Arc<Baselines>,
    /// Pods over time, where the API server is watched.
    watched: Option<Shared>,
    /// Held by who makes one.
    making: Mutex<()>,
}

impl Backups {
    pub(super) fn new(data: PathBuf, snapshots: Snapshots, baselines: Arc<Baselines>, watched: Option<Shared>) -> Self {
        Self { data, snapshots, baselines, watched, making: Mutex::default() }
    }

    fn turn(&self) -> Result<MutexGuard<'_, ()>, BackupError> {
        match self.making.try_lock() {
            Ok(held) => Ok(held),
            Err(TryLockError::Poisoned(held)) => Ok(held.into_inner()),
            Err(TryLockError::WouldBlock) => Err(BackupError::Busy),
        }
    }

    fn fill(&self, place: &Place, wanted: &Wanted) -> Result<Manifest, BackupError> {
        let folder = |name| SlotFolder::private(place.path.join(name)).map_err(BackupError::Target);
        let to = Folders {
            root: SlotFolder::private(place.path.clone()).map_err(BackupError::Target)?,
            journal: folder(JOURNAL)?,
            slots: folder(SLOTS)?,
            baselines: folder(BASELINES)?,
        };
        let made = Moment(clock::now());
        let (snapshot, pods, places) = (self.snapshots.take()?, self.pods()?, self.kept(PLACES)?);
        let content = Content { snapshot, baselines: &self.baselines, pods, places };
        make::make(content, &to, made, wanted)
    }

    fn pods(&self) -> Result<Pods<FileBackend>, BackupError> {
        if let Some(record) = &self.watched {
            return Ok(Pods::Watched(record.read().unwrap_or_else(PoisonError::into_inner).history.clone()));
        }
        Ok(self.kept(PODS)?.map_or(Pods::None, Pods::Kept))
    }

    /// A file of the data folder itself, if it is there.
    fn kept(&self, name: &str) -> Result<Option<FileBackend>, BackupError> {
        match SlotFolder::found(self.data.clone()).existing(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            file => Ok(Some(file.map_err(|error| BackupError::Source { file: name.to_owned(), error })?)),
        }
    }
}

impl api::Backups for Backups {
    fn make(&self, folder: &Path, wanted: &Wanted) -> Result<Manifest, BackupError> {
        let _turn = self.turn()?;
        let place = Place::take(folder, &self.data)?;
        let made = self.fill(&place, wanted);
        match &made {
            Ok(manifest) => {
                let (files, bytes) = (manifest.files.len(), manifest.bytes());
                tracing::info!(folder = %place.path.display(), files, bytes, "backup made");
            }
            Err(error) => {
                tracing::error!(folder = %place.path.display(), %error, "no backup was made");
                place.discard();
            }
        }
        made
    }
}

/// A folder that was taken for a backup: nothing is in it but the mark that it is not finished.
struct Place {
    path: PathBuf,
    /// It was made for this.
    is_new: bool,
}

impl Place {
    fn take(folder: &Path, data: &Path) -> Result<Self, BackupError> {
        let unfit = |why: String| BackupError::Unfit { folder: folder.to_owned(), why };
        if !folder.is_absolute() {
            return Err(unfit("give an absolute path".to_owned()));
        }
        let is_new = match DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => false,
            Err(error) => return Err(unfit(format!("{error}; give a new or empty folder in one that is there"))),
        };
        let taken = fs::canonicalize(folder).and_then(|path| Ok((path, fs::canonicalize(data)?)));
        let (path, data) = taken.map_err(|error| unfit(error.to_string()))?;
        let place = Self { path, is_new };
        let begun = if place.path.starts_with(&data) {
            Err(unfit("it is in the data folder; give one elsewhere".to_owned()))
        } else if let Some((above, kind)) = within(&place.path) {
            Err(unfit(format!("it is in {}, which is {kind}; give one elsewhere", above.display())))
        } else {
            begin(&place.path).map_err(|occupied| unfit(occupied.to_string()))
        };
        if begun.is_err() && is_new {
            drop(fs::remove_dir(&place.path));
        }
        begun.map(|()| place)
    }

    /// Removes what was written: the mark last. What cannot be removed is still recognised by it.
    fn discard(&self) {
        let root = SlotFolder::found(self.path.clone());
        let removed = make::discard(&root, || {
            [JOURNAL, SLOTS, BASELINES]
                .into_iter()
                .try_for_each(|folder| there(fs::remove_dir_all(self.path.join(folder))))
        });
        let removed = removed.and_then(|()| if self.is_new { fs::remove_dir(&self.path) } else { Ok(()) });
        if let Err(error) = removed {
            tracing::warn!(folder = %self.path.display(), %error, "what there is of the backup cannot be removed");
        }
    }
}

/// What is not there need not be removed.
fn there(removed: io::Result<()>) -> io::Result<()> {
    removed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn begin(path: &Path) -> Result<(), Occupied> {
    make::begin(&SlotFolder::private(path.to_owned())?)
}
