//! Restoring a backup into a data folder that nobody has.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Component, Path, PathBuf};

use super::lock::Lock;
use super::options::ServeError;
use super::within::within;
use crate::backup::restore::{begin, check, is_vacant};
use crate::backup::{self, BASELINES, Folders, JOURNAL, Manifest, RestoreError, SLOTS};
use crate::store::{Files, SlotFolder};

/// Why a backup was not restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreFailed {
    /// The data folder cannot be taken.
    #[error(transparent)]
    Lock(#[from] ServeError),
    /// One of them is in the other.
    #[error("{} and {} are one within the other; give a data folder elsewhere with --data", backup.display(), data.display())]
    Within {
        /// The backup.
        backup: PathBuf,
        /// The data folder.
        data: PathBuf,
    },
    /// It is in a folder of somebody else's.
    #[error("{} is in {}, which is {kind}; give a data folder elsewhere with --data", data.display(), above.display())]
    Inside {
        /// The data folder.
        data: PathBuf,
        /// The folder that it is in.
        above: PathBuf,
        /// What that is.
        kind: &'static str,
    },
    /// The backup or the data folder.
    #[error("{}: {error}", folder.display())]
    Restore {
        /// The one of the two that it is about.
        folder: PathBuf,
        /// What is wrong.
        error: RestoreError,
    },
}

impl RestoreFailed {
    /// 1: this process failed; 3: the data folder is in use; 4: the backup or what is in the data folder forbids it.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Lock(error) => error.exit_code(),
            Self::Within { .. } | Self::Inside { .. } => 2,
            Self::Restore { error: RestoreError::Source(_) | RestoreError::Target(_), .. } => 1,
            Self::Restore { .. } => 4,
        }
    }
}

/// Makes a data folder of a backup. Everything is checked before anything is written.
///
/// # Errors
/// When the backup is none or damaged, or the data folder is somebody's or cannot be written.
pub fn restore(from: &Path, data: &Path) -> Result<Manifest, RestoreFailed> {
    let of_backup = |error| RestoreFailed::Restore { folder: from.to_owned(), error };
    let of_data = |error| RestoreFailed::Restore { folder: data.to_owned(), error };
    let source = Folders {
        root: SlotFolder::found(from.to_owned()),
        journal: SlotFolder::found(from.join(JOURNAL)),
        slots: SlotFolder::found(from.join(SLOTS)),
        baselines: SlotFolder::found(from.join(BASELINES)),
    };
    // Nothing is made where something is, not even a lock.
    is_vacant(&names(data).map_err(|error| of_data(RestoreError::Target(error)))?).map_err(of_data)?;
    let manifest = check(&source).map_err(of_backup)?;
    apart(from, data)?;
    let _lock = Lock::take(data)?;
    let folder = |name: &str| {
        let path = if name.is_empty() { data.to_owned() } else { data.join(name) };
        SlotFolder::private(path).map_err(|error| of_data(RestoreError::Target(error)))
    };
    let root = folder("")?;
    begin(&root).map_err(of_data)?;
    let target = Folders { root, journal: folder(JOURNAL)?, slots: folder(SLOTS)?, baselines: folder(BASELINES)? };
    let restored = backup::restore::restore(&manifest, &source, &target);
    restored
        .map_err(|error| if matches!(error, RestoreError::Target(_)) { of_data(error) } else { of_backup(error) })?;
    Ok(manifest)
}

/// What is in a folder; nothing, where there is none.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    match SlotFolder::found(folder.to_owned()).list() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        names => Ok(names?.into_iter().map(|(name, _)| name).collect()),
    }
}

/// Refuses a data folder that is in the backup, or the other way round, or in another's; else makes it where it is not there.
fn apart(from: &Path, data: &Path) -> Result<(), RestoreFailed> {
    let failed = |error| RestoreFailed::Restore { folder: data.to_owned(), error: RestoreError::Target(error) };
    let both = fs::canonicalize(from).and_then(|from| Ok((from, real(data)?)));
    let (backup, place) = both.map_err(failed)?;
    if backup.starts_with(&place) || place.starts_with(&backup) {
        return Err(RestoreFailed::Within { backup, data: place });
    }
    if let Some((above, kind)) = within(&place) {
        return Err(RestoreFailed::Inside { above: above.to_owned(), kind, data: place });
    }
    DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(failed)
}

/// Where a folder is, or would be if it were made: links can only be in the part of the path that is there.
fn real(folder: &Path) -> io::Result<PathBuf> {
    let whole = std::path::absolute(folder)?;
    let there = whole.ancestors().find(|part| part.exists()).unwrap_or(&whole);
    let mut real = fs::canonicalize(there)?;
    for part in whole.strip_prefix(there).unwrap_or(Path::new("")).components() {
        match part {
            Component::ParentDir => drop(real.pop()),
            part => real.push(part),
        }
    }
    Ok(real)
}
