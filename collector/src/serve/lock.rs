//! One process per data folder: a lock that names its holder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::ServeError;
use crate::backup::LOCK;
use crate::inode::Inode;

/// The lock, held as long as this value lives. The kernel gives it back when the process ends in whatever way.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the folder's lock; the folder is made when it is not there.
    pub(super) fn take(folder: &Path) -> Result<Self, ServeError> {
        let failed = |error| ServeError::data(folder, error);
        if folder.exists() && !folder.is_dir() {
            return Err(failed(io::Error::new(ErrorKind::NotADirectory, "it is a file and no folder")));
        }
        std::fs::create_dir_all(folder).map_err(failed)?;
        if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            File::open(parent).and_then(|parent| parent.sync_all()).map_err(failed)?;
        }
        let path = folder.join(LOCK);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                let mut lock = Self { file, path };
                lock.name(&[]).map_err(failed)?;
                Ok(lock)
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).map_err(failed)?;
                Err(ServeError::Held { folder: folder.to_owned(), holder: holder.trim().to_owned() })
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// By which it is known whether the folder is still the one that was locked.
    pub(super) fn inode(&self) -> io::Result<Inode> {
        Inode::of(&self.file, &self.path)
    }

    /// Writes who holds the lock, for whoever finds it taken.
    pub(super) fn name(&mut self, addresses: &[SocketAddr]) -> io::Result<()> {
        let listen = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        self.file.set_len(0)?;
        self.file.rewind()?;
        writeln!(
            self.file,
            "process {} listening on {}",
            std::process::id(),
            if listen.is_empty() { "nothing yet" } else { &listen }
        )
    }
}
