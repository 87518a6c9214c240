//! The folder the store's files lie in, behind a trait: a test drops what was not synced, at every position.

use std::collections::HashMap;
use std::fmt::Debug;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;
use redb::backends::FileBackend;

use crate::inode::Inode;

/// A flat folder of files that are read and written at any place, as redb does.
pub trait Files: Debug + Send + Sync {
    /// How one of them is read and written.
    type Backend: StorageBackend;
    /// Names of all files, and the bytes that each takes.
    ///
    /// # Errors
    /// When the folder cannot be read.
    fn list(&self) -> io::Result<Vec<(String, u64)>>;
    /// Bytes that a file takes.
    ///
    /// # Errors
    /// When it is not there.
    fn length(&self, name: &str) -> io::Result<u64>;
    /// A file for reading and writing, made when it is not there.
    ///
    /// # Errors
    /// When it cannot be opened.
    fn open(&self, name: &str) -> io::Result<Self::Backend>;
    /// A file that is there, for reading alone.
    ///
    /// # Errors
    /// When it is not there, is no plain file, or cannot be opened.
    fn existing(&self, name: &str) -> io::Result<Self::Backend>;
    /// Asks whether an open file still has its name: else nobody will ever read what is in it.
    ///
    /// # Errors
    /// When it was removed or replaced, be it with its folder.
    fn check(&self, name: &str) -> io::Result<()>;
    /// Removes a file.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Gives a file another name; it may be open.
    ///
    /// # Errors
    /// When it cannot be renamed.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Makes the names in the folder durable.
    ///
    /// # Errors
    /// When they may not be durable.
    fn sync_dir(&self) -> io::Result<()>;
}

/// A folder of the file system.
#[derive(Debug)]
pub struct SlotFolder {
    path: PathBuf,
    /// What others may do with files that are made here; `None`: what the process's umask leaves them.
    mode: Option<u32>,
    /// Files that were opened, by name.
    opened: Mutex<HashMap<String, Inode>>,
}

impl SlotFolder {
    /// The folder, made when it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&path)?;
        // That of a name alone is the folder in which the process runs.
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(parent)?.sync_all()?;
        Ok(Self::found(path))
    }

    /// One that is there.
    #[must_use]
    pub fn found(path: PathBuf) -> Self {
        Self { path, mode: None, opened: Mutex::default() }
    }

    /// The folder, made when it is not there, of which nothing is for anybody else.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn private(path: PathBuf) -> io::Result<Self> {
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        Ok(Self { mode: Some(0o600), ..Self::open(path)? })
    }

    fn opened(&self) -> MutexGuard<'_, HashMap<String, Inode>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files for SlotFolder {
    type Backend = FileBackend;

    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if let Ok(name) = entry.file_name().into_string() {
                files.push((name, taken(&entry.metadata()?)));
            }
        }
        Ok(files)
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        Ok(taken(&fs::metadata(self.path.join(name))?))
    }

    fn open(&self, name: &str) -> io::Result<FileBackend> {
        let path = self.path.join(name);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        if let Some(mode) = self.mode {
            options.mode(mode);
        }
        let file = options.open(&path)?;
        self.opened().insert(name.to_owned(), Inode::of(&file, &path)?);
        FileBackend::new(file).map_err(io::Error::other)
    }

    fn existing(&self, name: &str) -> io::Result<FileBackend> {
        let path = self.path.join(name);
        if !fs::symlink_metadata(&path)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no plain file"));
        }
        FileBackend::new(File::open(path)?).map_err(io::Error::other)
    }

    fn check(&self, name: &str) -> io::Result<()> {
        self.opened().get(name).map_or(Ok(()), Inode::check)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.opened().remove(name);
        fs::remove_file(self.path.join(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))?;
        let mut opened = self.opened();
        if let Some(inode) = opened.remove(from) {
            opened.insert(to.to_owned(), inode.renamed(self.path.join(to)));
        }
        Ok(())
    }

    fn sync_dir(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}

/// What a file takes of the disk: redb makes files longer than what it has written to them.
fn taken(file: &fs::Metadata) -> u64 {
    /// Bytes of a block as the kernel counts them, whatever the file system's.
    const BLOCK: u64 = 512;
    file.blocks().saturating_mul(BLOCK)
}
