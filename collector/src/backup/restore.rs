//! Making a data folder of a backup: everything is checked before anything is written, and the folder is marked until all of it is there.

use std::io;

use super::{
    Entry, Failed, Folders, LOCK, Manifest, OF_THE_DISK, PLACES, PODS, RESTORING, RestoreError, copy, make, names,
    summed,
};
use crate::store::Files;
use crate::store::stream::Input;
use crate::wanted::Wanted;

/// Reads the manifest of a backup, and every file of it.
///
/// # Errors
/// When it is none, is not finished, or is damaged: the file is named.
pub fn check(from: &Folders<impl Files>) -> Result<Manifest, RestoreError> {
    let manifest = Manifest::read(&from.root)?;
    for entry in &manifest.files {
        if !entry.is(summed(open(from, entry)?).map_err(|error| unreadable(entry, &error))?) {
            return Err(damaged(entry, "its length or its checksum is another than the manifest says"));
        }
    }
    Ok(manifest)
}

/// Whether a data folder is new, empty, or one whose restore was not finished.
///
/// # Errors
/// When it holds something else.
pub fn is_vacant(names: &[String]) -> Result<(), RestoreError> {
    let is_ours = names.iter().any(|name| name == RESTORING);
    match names.iter().find(|name| !is_ours && ![LOCK, OF_THE_DISK].contains(&name.as_str())) {
        Some(name) => Err(RestoreError::Occupied { name: name.clone() }),
        None => Ok(()),
    }
}

/// Marks a vacant data folder as one that is being restored.
///
/// # Errors
/// When it holds something, or cannot be written.
pub fn begin(root: &impl Files) -> Result<(), RestoreError> {
    is_vacant(&names(root).map_err(RestoreError::Target)?)?;
    make::mark(root, RESTORING).map_err(RestoreError::Target)
}

/// Copies a backup that was checked into a data folder that was marked, and takes the mark away when all of it is durable.
///
/// # Errors
/// When something cannot be read or written; the mark stays.
pub fn restore(manifest: &Manifest, from: &Folders<impl Files>, to: &Folders<impl Files>) -> Result<(), RestoreError> {
    clear(to).map_err(RestoreError::Target)?;
    for entry in &manifest.files {
        let (folder, name) = entry.place(to).ok_or_else(|| misplaced(entry))?;
        let file = folder.open(name).map_err(RestoreError::Target)?;
        let copied = copy(open(from, entry)?, file, &Wanted::default()).map_err(|failed| match failed {
            Failed::Writing(error) => RestoreError::Target(error),
            Failed::Reading(error) => unreadable(entry, &error),
            Failed::Unwanted(unwanted) => RestoreError::Source(io::Error::other(unwanted)),
        })?;
        if !entry.is(copied) {
            return Err(damaged(entry, "it changed while it was copied"));
        }
    }
    finish(to).map_err(RestoreError::Target)
}

/// Removes what a restore left that was not finished.
fn clear(to: &Folders<impl Files>) -> io::Result<()> {
    for folder in [&to.journal, &to.slots, &to.baselines] {
        for name in names(folder)? {
            folder.remove(&name)?;
        }
    }
    let there = names(&to.root)?;
    let ours = [PODS, PLACES].into_iter().filter(|name| there.iter().any(|other| other == name));
    ours.into_iter().try_for_each(|name| to.root.remove(name))
}

fn finish(to: &Folders<impl Files>) -> io::Result<()> {
    for folder in [&to.journal, &to.slots, &to.baselines, &to.root] {
        folder.sync_dir()?;
    }
    to.root.remove(RESTORING)?;
    to.root.sync_dir()
}

fn open<F: Files>(from: &Folders<F>, entry: &Entry) -> Result<Input<F::Backend>, RestoreError> {
    let (folder, name) = entry.place(from).ok_or_else(|| misplaced(entry))?;
    folder.existing(name).and_then(Input::new).map_err(|error| unreadable(entry, &error))
}

fn misplaced(entry: &Entry) -> RestoreError {
    damaged(entry, "no backup has a file of this name")
}

fn damaged(entry: &Entry, why: &str) -> RestoreError {
    RestoreError::Damaged { file: entry.file.clone(), why: why.to_owned() }
}

fn unreadable(entry: &Entry, error: &io::Error) -> RestoreError {
    RestoreError::Damaged { file: entry.file.clone(), why: error.to_string() }
}
