//! Numbers of one file for reporters and series, so that a row names them in a few bytes.
//!
//! What is remembered is bounded: after it is forgotten, a series gets a second number in the same file, and readers
//! add up what both count. Who reads the file while it is written to takes names from what is remembered, for to read one from the file
//! costs more than all of its counts.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

use redb::{ReadOnlyTable, ReadableTable, Table};

use super::StoreError;
use super::codec::Garbled;
use crate::limits;

/// Numbers given so far.
#[derive(Debug)]
pub(super) struct Numbers<T> {
    known: HashMap<Arc<T>, u32>,
    remembered: Remembered<T>,
    next: u32,
}

/// Names by their numbers, as far as they are remembered: those of a file that is only read are not.
#[derive(Debug)]
pub(super) struct Remembered<T>(Arc<RwLock<foldhash::HashMap<u32, Arc<T>>>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for Remembered<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Remembered<T> {
    /// What has this number.
    pub(super) fn get(&self, number: u32) -> Option<Arc<T>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
    }

    fn note(&self, number: u32, value: &Arc<T>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(number, Arc::clone(value));
    }

    fn forget(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = foldhash::HashMap::default();
    }
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { known: HashMap::new(), remembered: Remembered::default(), next: 0 }
    }
}

impl<T: Eq + Hash> Numbers<T> {
    /// The numbers of a file that exists: the newest ones, as far as they are remembered. What was counted last has these, so that it is given
    /// no further ones each time that the file is opened.
    pub(super) fn load(
        name: &str,
        table: &ReadOnlyTable<u32, &'static [u8]>,
        decode: impl Fn(&[u8]) -> Result<T, Garbled>,
    ) -> Result<Self, StoreError> {
        Self::load_newest(name, table, decode, limits::KNOWN_SERIES)
    }

    fn load_newest(
        name: &str,
        table: &ReadOnlyTable<u32, &'static [u8]>,
        decode: impl Fn(&[u8]) -> Result<T, Garbled>,
        most: usize,
    ) -> Result<Self, StoreError> {
        let mut numbers = Self::default();
        for entry in table.iter()?.rev().take(most) {
            let (number, bytes) = entry?;
            let value = Arc::new(decode(bytes.value()).map_err(StoreError::garbled(name))?);
            numbers.remembered.note(number.value(), &value);
            // Of two numbers of the same the newer one, which came first here.
            numbers.known.entry(value).or_insert_with(|| number.value());
        }
        if let Some((last, _)) = table.last()? {
            numbers.next = last.value().checked_add(1).ok_or(StoreError::Numbers)?;
        }
        Ok(numbers)
    }

    /// The number of a value; a new one is written to the table.
    pub(super) fn of(
        &mut self,
        value: &Arc<T>,
        table: &mut Table<'_, u32, &[u8]>,
        encode: impl FnOnce(&T) -> Vec<u8>,
    ) -> Result<u32, StoreError> {
        if let Some(number) = self.known.get(value) {
            return Ok(*number);
        }
        let number = self.next;
        table.insert(number, encode(value).as_slice())?;
        self.next = number.checked_add(1).ok_or(StoreError::Numbers)?;
        self.remembered.note(number, value);
        self.known.insert(Arc::clone(value), number);
        Ok(number)
    }

    /// What is remembered, now and of later commits.
    pub(super) fn remembered(&self) -> Remembered<T> {
        self.remembered.clone()
    }

    /// Keeps what is remembered within its bound.
    pub(super) fn committed(&mut self) {
        if self.known.len() > limits::KNOWN_SERIES {
            self.known = HashMap::new();
            self.remembered.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use redb::backends::InMemoryBackend;
    use redb::{Database, ReadableDatabase, TableDefinition};

    use super::*;

    const NAMES: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("names");

    fn decode(bytes: &[u8]) -> Result<String, Garbled> {
        String::from_utf8(bytes.to_vec()).map_err(|_not_text| Garbled)
    }

    #[test]
    fn what_was_named_last_keeps_its_number_however_many_names_a_file_has() {
        let database = Database::builder().create_with_backend(InMemoryBackend::new()).expect("a file in memory");
        let write = database.begin_write().expect("the only writer");
        let mut table = write.open_table(NAMES).expect("a table");
        for (number, name) in (0..).zip(["old", "live", "older", "live"]) {
            table.insert(number, name.as_bytes()).expect("a name");
        }
        drop(table);
        write.commit().expect("in memory");
        let read = database.begin_read().expect("committed");
        let names = read.open_table(NAMES).expect("it is there");
        let mut numbers = Numbers::load_newest("x", &names, decode, 2).expect("names");
        let write = database.begin_write().expect("the only writer");
        let mut table = write.open_table(NAMES).expect("a table");
        let mut of = |name: &str| numbers.of(&Arc::new(name.to_owned()), &mut table, |name| name.clone().into_bytes());
        assert_eq!(["live", "older", "old", "old"].map(|name| of(name).expect("a number")), [3, 2, 4, 4]);
    }
}
