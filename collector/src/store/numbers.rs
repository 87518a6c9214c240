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
    /// The numbers of a file that exists.
    pub(super) fn load(
        name: &str,
        table: &ReadOnlyTable<u32, &'static [u8]>,
        decode: impl Fn(&[u8]) -> Result<T, Garbled>,
    ) -> Result<Self, StoreError> {
        let mut numbers = Self::default();
        for entry in table.iter()?.take(limits::KNOWN_SERIES) {
            let (number, bytes) = entry?;
            let value = Arc::new(decode(bytes.value()).map_err(StoreError::garbled(name))?);
            numbers.remembered.note(number.value(), &value);
            numbers.known.insert(value, number.value());
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
