//! The folder a journal lies in, behind a trait: a test drops what was not synced, at every position.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::PathBuf;

use crate::inode::Inode;

/// A flat folder of files that are appended to.
///
/// What [`Disk::sync`] (for a file's content and length) and [`Disk::sync_dir`] (for names) did not cover may be gone
/// after a crash, wholly or in part.
pub trait Disk: Send {
    /// Names of all files.
    ///
    /// # Errors
    /// When the folder cannot be read.
    fn list(&self) -> io::Result<Vec<String>>;
    /// All of a file.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;
    /// A file to be read from its beginning on, also once it has no name any more.
    ///
    /// # Errors
    /// When it cannot be opened.
    fn source(&self, name: &str) -> io::Result<Box<dyn Read + Send>>;
    /// Makes an empty file; one that is there is emptied.
    ///
    /// # Errors
    /// When it cannot be made.
    fn create(&mut self, name: &str) -> io::Result<()>;
    /// Appends to a file.
    ///
    /// # Errors
    /// When not all of it could be written; some of it may have been.
    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// Shortens a file.
    ///
    /// # Errors
    /// When it cannot be shortened.
    fn cut(&mut self, name: &str, length: u64) -> io::Result<()>;
    /// Makes a file's content durable.
    ///
    /// # Errors
    /// When it may not be durable.
    fn sync(&mut self, name: &str) -> io::Result<()>;
    /// Asks whether a file that is appended to still has its name: else nobody will ever read what is in it.
    ///
    /// # Errors
    /// When it was removed or replaced, be it with its folder.
    fn check(&self, name: &str) -> io::Result<()>;
    /// Removes a file.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn remove(&mut self, name: &str) -> io::Result<()>;
    /// Gives a file another name.
    ///
    /// # Errors
    /// When it cannot be renamed.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;
    /// Makes the names in the folder durable.
    ///
    /// # Errors
    /// When they may not be durable.
    fn sync_dir(&mut self) -> io::Result<()>;
}

/// A folder of the file system.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    open: HashMap<String, File>,
    /// What makes it ours.
    lock: Option<Inode>,
}

impl Folder {
    /// The folder, made when it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&path)?;
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            File::open(parent)?.sync_all()?;
        }
        Ok(Self { path, open: HashMap::new(), lock: None })
    }

    /// The same, which is there only as long as the lock is.
    #[must_use]
    pub fn under(self, lock: Inode) -> Self {
        Self { lock: Some(lock), ..self }
    }

    fn file(&mut self, name: &str) -> io::Result<&mut File> {
        let path = self.path.join(name);
        match self.open.entry(name.to_owned()) {
            std::collections::hash_map::Entry::Occupied(file) => Ok(file.into_mut()),
            std::collections::hash_map::Entry::Vacant(place) => {
                Ok(place.insert(OpenOptions::new().append(true).open(path)?))
            }
        }
    }
}

impl Disk for Folder {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path.join(name))
    }

    fn source(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(self.path.join(name))?))
    }

    fn create(&mut self, name: &str) -> io::Result<()> {
        // Only the newest file is appended to: older ones need no open handle.
        self.open.clear();
        File::create(self.path.join(name)).map(drop)
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.file(name)?.write_all(bytes)
    }

    fn cut(&mut self, name: &str, length: u64) -> io::Result<()> {
        self.file(name)?.set_len(length)
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        self.file(name)?.sync_data()
    }

    fn check(&self, name: &str) -> io::Result<()> {
        if let Some(lock) = &self.lock {
            lock.check()?;
        }
        let path = self.path.join(name);
        match self.open.get(name) {
            Some(file) => Inode::of(file, &path)?.check(),
            None => fs::metadata(path).map(drop),
        }
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.open.remove(name);
        fs::remove_file(self.path.join(name))
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.open.remove(from);
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn sync_dir(&mut self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}
