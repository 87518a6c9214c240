//! Who sent, as a restart reads it from the newest file: whole, or in brief.

use std::collections::HashMap;
use std::sync::Arc;

use hogusu_model::SenderId;
use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata, TableError, WriteTransaction};

use super::StoreError;
use super::codec::{Garbled, read_progress};
use super::day::sender;
use super::summary::Summary;
use super::tables::{PAST, PROGRESS, SENDERS};
use crate::aggregate::{Past, Progress, Remembered};
use crate::limits;

/// Everybody the file knows. A day's file holds all that sent on that day: when those are too many, the ones that had ended or
/// were silent by its last batch are remembered in brief at once.
pub(super) fn remembered(name: &str, read: &ReadTransaction) -> Result<Remembered, StoreError> {
    let Some(summary) = Summary::read(name, read)? else { return Ok(Remembered::default()) };
    let (mut senders, mut past) = (HashMap::new(), read_past(read)?);
    let progress = read.open_table(PROGRESS)?;
    let garbled = StoreError::garbled(name);
    let mut newest = 0;
    let is_crowded = progress.len()? > limits::SENDERS as u64;
    if is_crowded {
        for entry in progress.iter()? {
            newest = newest.max(read_progress(entry?.1.value()).map_err(&garbled)?.last_arrival);
        }
    }
    let is_quiet = |progress: &Progress| is_crowded && progress.is_quiet(newest, 0, limits::SENDER_PAUSE_NANOS);
    let resources = read.open_table(SENDERS)?;
    for entry in progress.iter()? {
        let (id, progress) = entry?;
        let progress = read_progress(progress.value()).map_err(&garbled)?;
        let id = SenderId(id.value());
        if is_quiet(&progress) {
            past.insert(id, Past::of(&progress));
            continue;
        }
        let resource = resources.get(id.0)?.ok_or(Garbled).map_err(&garbled)?;
        past.remove(&id);
        senders.insert(id, sender(resource.value(), progress).map_err(&garbled)?);
    }
    let (senders, past) = (Arc::new(senders), Arc::new(past));
    Ok(Remembered { senders, past, forgotten_to: summary.forgotten_to })
}

/// A file of a version before has no such table.
fn read_past(read: &ReadTransaction) -> Result<HashMap<SenderId, Past>, StoreError> {
    let mut all = HashMap::new();
    let table = match read.open_table(PAST) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok(all),
        Err(error) => return Err(error.into()),
    };
    for entry in table.iter()? {
        let (id, value) = entry?;
        let (sequence, cumulative, first_start, last_end, closed) = value.value();
        let past = Past { sequence, cumulative, first_start, last_end, closed: closed != 0 };
        all.insert(SenderId(id.value()), past);
    }
    Ok(all)
}

/// Writes who is remembered in brief. Those that become so later in the day are in the file whole.
pub(super) fn write_past(write: &WriteTransaction, past: &HashMap<SenderId, Past>) -> Result<(), StoreError> {
    let mut table = write.open_table(PAST)?;
    for (id, past) in past {
        let Past { sequence, cumulative, first_start, last_end, closed } = *past;
        table.insert(id.0, (sequence, cumulative, first_start, last_end, u8::from(closed)))?;
    }
    Ok(())
}
