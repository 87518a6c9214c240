//! Whether a path still leads to a file that is open. A file that was removed goes on taking what is written to it, and gives it to
//! nobody.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file as the kernel knows it, and the path that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inode {
    path: PathBuf,
    device: u64,
    number: u64,
}

impl Inode {
    /// That of an open file.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn of(file: &File, path: &Path) -> io::Result<Self> {
        let found = file.metadata()?;
        Ok(Self { path: path.to_owned(), device: found.dev(), number: found.ino() })
    }

    /// The same file under another path.
    #[must_use]
    pub fn renamed(self, path: PathBuf) -> Self {
        Self { path, ..self }
    }

    /// Asks whether the path still leads to it.
    ///
    /// # Errors
    /// When it leads nowhere, or to another file.
    pub fn check(&self) -> io::Result<()> {
        let shown = self.path.display();
        let found =
            fs::metadata(&self.path).map_err(|error| io::Error::new(error.kind(), format!("{shown}: {error}")))?;
        if (found.dev(), found.ino()) == (self.device, self.number) {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::NotFound, format!("{shown} is another file than the one that was opened")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_removed_moved_or_replaced_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let [path, elsewhere] = ["a", "b"].map(|name| folder.path().join(name));
        let inode = Inode::of(&File::create(&path).unwrap(), &path).unwrap();
        inode.check().expect("it is there");
        fs::rename(&path, &elsewhere).unwrap();
        assert_eq!(inode.check().unwrap_err().kind(), io::ErrorKind::NotFound);
        inode.clone().renamed(elsewhere.clone()).check().expect("it is there");
        fs::write(&path, "").unwrap();
        assert!(inode.check().unwrap_err().to_string().contains("is another file"));
        fs::rename(&elsewhere, &path).unwrap();
        inode.check().expect("it is back");
    }
}
