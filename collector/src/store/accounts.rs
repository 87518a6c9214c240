//! Who sent, what was lost and what was folded: tables that files of slots and rolled-up ones have alike, and names by their numbers.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

use hogusu_model::SenderId;
use redb::{ReadTransaction, ReadableTable, TableError};

use super::codec::{Garbled, read_progress};
use super::tables::{FOLDED, LOSSES, PROGRESS, SENDERS};
use super::{StoreError, day, overlap};
use crate::aggregate::{Excerpt, Folded, Loss};
use crate::allowance;
use crate::wanted::Wanted;

/// One file, as it is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Accounts<'a> {
    pub(super) name: &'a str,
    pub(super) read: &'a ReadTransaction,
}

impl Accounts<'_> {
    /// Adds senders that may have been there in the period. Those that `known` names are left out, and the file's are added to it.
    pub(super) fn senders(
        self,
        period: (u64, u64, u64),
        known: &mut HashSet<SenderId>,
        wanted: &Wanted,
        excerpt: &mut Excerpt,
    ) -> Result<(), StoreError> {
        let garbled = StoreError::garbled(self.name);
        let resources = self.read.open_table(SENDERS)?;
        for entry in self.read.open_table(PROGRESS)?.iter()? {
            wanted.check()?;
            let (id, progress) = entry?;
            let id = SenderId(id.value());
            if !known.insert(id) {
                continue;
            }
            let progress = read_progress(progress.value()).map_err(&garbled)?;
            if overlap(&progress, period) {
                let resource = resources.get(id.0)?.ok_or(Garbled).map_err(&garbled)?;
                wanted.take(allowance::sender(resource.value().len()))?;
                excerpt.senders.push((id, day::sender(resource.value(), progress).map_err(&garbled)?));
            }
        }
        Ok(())
    }

    /// Adds backlogs that reach into [from, to); none begins before `earliest` and does.
    pub(super) fn folded(self, (earliest, from, to): (u64, u64, u64), excerpt: &mut Excerpt) -> Result<(), StoreError> {
        let table = match self.read.open_table(FOLDED) {
            // Files of versions before have none.
            Err(TableError::TableDoesNotExist(_)) => return Ok(()),
            table => table?,
        };
        for entry in table.range((earliest, [0; 16])..(to, [0; 16]))? {
            let (key, value) = entry?;
            let ((start, id), (end, exchanges)) = (key.value(), value.value());
            if end > from {
                excerpt.folded.push((SenderId(id), Folded { start, end, exchanges }));
            }
        }
        Ok(())
    }

    /// Adds what did not arrive in stretches of these numbers.
    pub(super) fn losses(self, stretches: Range<u64>, excerpt: &mut Excerpt) -> Result<(), StoreError> {
        let range = (stretches.start, [0; 16])..(stretches.end, [0; 16]);
        for entry in self.read.open_table(LOSSES)?.range(range)? {
            let (key, value) = entry?;
            let (batches, exchanges) = value.value();
            excerpt.losses.push((SenderId(key.value().1), Loss { batches, exchanges }));
        }
        Ok(())
    }

    /// The place in `list` of what the file numbers `number`; `name` reads it where it is not there yet.
    pub(super) fn place<T>(
        number: u32,
        places: &mut HashMap<u32, usize, impl BuildHasher>,
        list: &mut Vec<Arc<T>>,
        name: impl FnOnce() -> Result<Arc<T>, StoreError>,
    ) -> Result<usize, StoreError> {
        if let Some(place) = places.get(&number) {
            return Ok(*place);
        }
        list.push(name()?);
        places.insert(number, list.len() - 1);
        Ok(list.len() - 1)
    }

    /// What the file numbers `number`.
    pub(super) fn named<T>(
        self,
        number: u32,
        table: &impl ReadableTable<u32, &'static [u8]>,
        decode: impl FnOnce(&[u8]) -> Result<T, Garbled>,
    ) -> Result<T, StoreError> {
        let garbled = StoreError::garbled(self.name);
        let bytes = table.get(number)?.ok_or(Garbled).map_err(&garbled)?;
        decode(bytes.value()).map_err(garbled)
    }
}
