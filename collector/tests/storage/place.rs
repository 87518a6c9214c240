//! Folders and files of a [`Machine`], as the journal and the store use them.

use std::io::{self, Read};

use hogusu_collector::journal::Disk;
use hogusu_collector::store::Files;
use hogusu_collector::store::stream::Input;
use redb::StorageBackend;

use super::machine::{Change, Machine};

/// A folder of it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    machine: Machine,
    folder: &'static str,
}

impl Place {
    pub(crate) fn new(machine: Machine, folder: &'static str) -> Self {
        Self { machine, folder }
    }
}

/// An open file of it.
#[derive(Debug)]
pub(crate) struct Handle {
    machine: Machine,
    content: usize,
}

impl Disk for Place {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.machine.read()?.names(self.folder).last().unwrap().keys().cloned().collect())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let mut state = self.machine.read()?;
        let content = state.content(self.folder, name)?;
        Ok(state.contents[content].seen.clone())
    }

    fn source(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Input::new(self.existing(name)?)?))
    }

    fn create(&mut self, name: &str) -> io::Result<()> {
        self.machine.grow()?.create(self.folder, name);
        Ok(())
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.machine.grow()?;
        let content = state.content(self.folder, name)?;
        let at = state.contents[content].seen.len();
        state.contents[content].change(Change::Write { at, bytes: bytes.to_vec() });
        Ok(())
    }

    fn cut(&mut self, name: &str, length: u64) -> io::Result<()> {
        let mut state = self.machine.change()?;
        let content = state.content(self.folder, name)?;
        state.contents[content].change(Change::Length(usize::try_from(length).unwrap()));
        Ok(())
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        let mut state = self.machine.change()?;
        let content = state.content(self.folder, name)?;
        state.sync(content);
        Ok(())
    }

    fn check(&self, name: &str) -> io::Result<()> {
        Files::check(self, name)
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        let mut state = self.machine.change()?;
        state.content(self.folder, name)?;
        state.rename(self.folder, |names| {
            names.remove(name);
        });
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        Files::rename(self, from, to)
    }

    fn sync_dir(&mut self) -> io::Result<()> {
        Files::sync_dir(self)
    }
}

impl Files for Place {
    type Backend = Handle;

    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        let mut state = self.machine.read()?;
        let names = state.names(self.folder).last().unwrap().clone();
        Ok(names.into_iter().map(|(name, content)| (name, state.contents[content].seen.len() as u64)).collect())
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        let mut state = self.machine.read()?;
        let content = state.content(self.folder, name)?;
        Ok(state.contents[content].seen.len() as u64)
    }

    fn open(&self, name: &str) -> io::Result<Handle> {
        let mut state = self.machine.change()?;
        let known = state.content(self.folder, name).ok();
        let content = known.unwrap_or_else(|| state.create(self.folder, name));
        Ok(Handle { machine: self.machine.clone(), content })
    }

    fn existing(&self, name: &str) -> io::Result<Handle> {
        let content = self.machine.read()?.content(self.folder, name)?;
        Ok(Handle { machine: self.machine.clone(), content })
    }

    fn check(&self, name: &str) -> io::Result<()> {
        self.machine.read()?.content(self.folder, name).map(drop)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.machine.change()?;
        state.content(self.folder, name)?;
        state.rename(self.folder, |names| {
            names.remove(name);
        });
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.machine.change()?;
        let content = state.content(self.folder, from)?;
        state.rename(self.folder, |names| {
            names.remove(from);
            names.insert(to.to_owned(), content);
        });
        Ok(())
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.machine.change()?.sync_dir(self.folder);
        Ok(())
    }
}

impl StorageBackend for Handle {
    fn len(&self) -> io::Result<u64> {
        Ok(self.machine.read()?.contents[self.content].seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.machine.read()?;
        let at = usize::try_from(offset).unwrap();
        let bytes = state.contents[self.content].seen.get(at..at + out.len());
        out.copy_from_slice(bytes.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.machine.change()?.contents[self.content].change(Change::Length(usize::try_from(length).unwrap()));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.machine.change()?.sync(self.content);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let change = Change::Write { at: usize::try_from(offset).unwrap(), bytes: data.to_vec() };
        self.machine.grow()?.contents[self.content].change(change);
        Ok(())
    }
}
