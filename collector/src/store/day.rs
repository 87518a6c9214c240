//! One file: the commits of one UTC day.

use std::collections::HashMap;
use std::sync::Arc;

use hogusu_model::{SenderId, SeriesKey};
use redb::{Database, ReadableDatabase, ReadableTable, StorageBackend, Table, WriteTransaction};

use super::codec::{
    Garbled, read_progress, read_reporter, read_series, write_data, write_progress, write_reporter, write_series,
};
use super::tables::{
    COVERAGE, FORMAT, FORMAT_VERSION, FROM, LONGEST, LOSSES, META, NEXT_PART, PARTS, POSITION, PROGRESS, REPORTERS,
    ROWS, SENDERS, SERIES, TO,
};
use super::{Commit, StoreError};
use crate::aggregate::{Dictionary, Lateness, Open, Reporter, Sender, Sides};

/// Memory redb may use for pages of the open file.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// What a file says of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) position: u64,
    /// Start of its earliest event.
    pub(super) from: u64,
    /// End of its latest event.
    pub(super) to: u64,
    /// Longest stretch of its coverage.
    pub(super) longest: u64,
    next_part: u32,
}

/// The file that is written to.
#[derive(Debug)]
pub(super) struct Day {
    pub(super) database: Database,
    pub(super) summary: Summary,
    reporters: HashMap<Arc<Reporter>, u32>,
    series: HashMap<Arc<SeriesKey>, u32>,
}

/// What a restart needs of a file.
pub(super) type Senders = HashMap<SenderId, Sender>;

impl Day {
    /// Opens a file, or makes an empty one.
    pub(super) fn open(name: &str, backend: impl StorageBackend) -> Result<Self, StoreError> {
        let database = Database::builder().set_cache_size(CACHE_BYTES).create_with_backend(backend);
        let database = database.map_err(|error| StoreError::open(name, error))?;
        let mut day = Self { database, summary: Summary::default(), reporters: HashMap::new(), series: HashMap::new() };
        let read = day.database.begin_read()?;
        if let Some(summary) = read_summary(name, &read)? {
            day.summary = summary;
            for entry in read.open_table(REPORTERS)?.iter()? {
                let (number, bytes) = entry?;
                day.reporters
                    .insert(Arc::new(read_reporter(bytes.value()).map_err(StoreError::garbled(name))?), number.value());
            }
            for entry in read.open_table(SERIES)?.iter()? {
                let (number, bytes) = entry?;
                day.series
                    .insert(Arc::new(read_series(bytes.value()).map_err(StoreError::garbled(name))?), number.value());
            }
        }
        Ok(day)
    }

    /// All senders in the file.
    pub(super) fn senders(&self, name: &str) -> Result<Senders, StoreError> {
        let mut senders = Senders::new();
        let read = self.database.begin_read()?;
        if read_summary(name, &read)?.is_none() {
            return Ok(senders);
        }
        let resources = read.open_table(SENDERS)?;
        for entry in read.open_table(PROGRESS)?.iter()? {
            let (id, progress) = entry?;
            let resource = resources.get(id.value())?.ok_or(Garbled).map_err(StoreError::garbled(name))?;
            let progress = read_progress(progress.value()).map_err(StoreError::garbled(name))?;
            senders
                .insert(SenderId(id.value()), sender(resource.value(), progress).map_err(StoreError::garbled(name))?);
        }
        Ok(senders)
    }

    /// Writes everything of a commit in one transaction. `whole` when the file has no senders yet.
    pub(super) fn commit(&mut self, commit: &Commit<'_>, whole: bool) -> Result<(), StoreError> {
        let mut write = self.database.begin_write()?;
        // Two phases and a saved allocator: after a crash the file opens at once and is one of two whole states.
        write.set_quick_repair(true);
        let aggregate = commit.aggregate;
        let mut summary = self.summary;
        let mut numbers =
            Numbers { reporters: &mut self.reporters, series: &mut self.series, dictionary: aggregate.dictionary() };
        write_rows(&write, aggregate.open(), &mut numbers, &mut summary)?;
        write_coverage(&write, aggregate.open(), &mut summary)?;
        write_losses(&write, aggregate.open())?;
        if whole {
            write_senders(&write, aggregate.senders().iter())?;
        } else {
            write_senders(&write, aggregate.changed())?;
        }
        summary.position = commit.position;
        write_summary(&write, &summary)?;
        write.commit()?;
        self.summary = summary;
        Ok(())
    }
}

/// A sender from its stored bytes.
pub(super) fn sender(resource: &[u8], progress: crate::aggregate::Progress) -> Result<Sender, Garbled> {
    let parsed = hogusu_wire::parse_resource(resource).map_err(|_refusal| Garbled)?;
    Ok(Sender { resource_bytes: Arc::from(resource), resource: Arc::new(parsed), progress })
}

/// Reads what a file says of itself; `None` when nothing was ever committed to it.
pub(super) fn read_summary(name: &str, read: &redb::ReadTransaction) -> Result<Option<Summary>, StoreError> {
    let meta = match read.open_table(META) {
        Ok(meta) => meta,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let number = |field: &str| -> Result<u64, StoreError> { Ok(meta.get(field)?.map_or(0, |value| value.value())) };
    let version = number(FORMAT)?;
    if version != FORMAT_VERSION {
        return Err(StoreError::Version { file: name.to_owned(), version, reads: FORMAT_VERSION });
    }
    Ok(Some(Summary {
        position: number(POSITION)?,
        from: number(FROM)?,
        to: number(TO)?,
        longest: number(LONGEST)?,
        next_part: u32::try_from(number(NEXT_PART)?).map_err(|_large| StoreError::garbled(name)(Garbled))?,
    }))
}

fn write_summary(write: &WriteTransaction, summary: &Summary) -> Result<(), StoreError> {
    let mut meta = write.open_table(META)?;
    for (field, number) in [
        (FORMAT, FORMAT_VERSION),
        (POSITION, summary.position),
        (FROM, summary.from),
        (TO, summary.to),
        (LONGEST, summary.longest),
        (NEXT_PART, u64::from(summary.next_part)),
    ] {
        meta.insert(field, number)?;
    }
    Ok(())
}

/// Numbers of this file for reporters and series.
struct Numbers<'a> {
    reporters: &'a mut HashMap<Arc<Reporter>, u32>,
    series: &'a mut HashMap<Arc<SeriesKey>, u32>,
    dictionary: &'a Dictionary,
}

impl Summary {
    fn reach(&mut self, from: u64, to: u64) {
        (self.from, self.to) = if self.to == 0 { (from, to) } else { (self.from.min(from), self.to.max(to)) };
    }
}

fn write_rows(
    write: &WriteTransaction,
    open: &Open,
    numbers: &mut Numbers<'_>,
    summary: &mut Summary,
) -> Result<(), StoreError> {
    let mut rows = write.open_table(ROWS)?;
    let mut parts = write.open_table(PARTS)?;
    let mut reporters = write.open_table(REPORTERS)?;
    let mut series = write.open_table(SERIES)?;
    let mut value = Vec::with_capacity(512);
    for ((slot, lateness), part) in &open.parts {
        let number = summary.next_part;
        summary.next_part = number.checked_add(1).ok_or(StoreError::Numbers)?;
        summary.reach(slot.start(), slot.end());
        parts.insert(
            (slot.0, number),
            (u8::from(*lateness == Lateness::Late), part.batches, part.first_arrival, part.last_arrival),
        )?;
        // In the order of the keys: pages fill one after the other.
        let mut sorted = Vec::with_capacity(part.rows.len());
        for ((reporter, key), data) in &part.rows {
            let dictionary = numbers.dictionary;
            let (Some(reporter), Some(key)) = (dictionary.reporter_of(*reporter), dictionary.series_of(*key)) else {
                continue;
            };
            let reporter = number_of(numbers.reporters, reporter, &mut reporters, write_reporter)?;
            let key = number_of(numbers.series, key, &mut series, write_series)?;
            sorted.push((reporter, key, data));
        }
        sorted.sort_unstable_by_key(|(reporter, key, _)| (*reporter, *key));
        for (reporter, key, data) in sorted {
            value.clear();
            write_data(&mut value, data);
            rows.insert((slot.0, number, reporter, key), value.as_slice())?;
        }
    }
    Ok(())
}

fn number_of<T: Eq + std::hash::Hash>(
    known: &mut HashMap<Arc<T>, u32>,
    value: &Arc<T>,
    table: &mut Table<'_, u32, &[u8]>,
    encode: impl FnOnce(&T) -> Vec<u8>,
) -> Result<u32, StoreError> {
    if let Some(number) = known.get(value) {
        return Ok(*number);
    }
    let number = u32::try_from(known.len()).map_err(|_too_many| StoreError::Numbers)?;
    table.insert(number, encode(value).as_slice())?;
    known.insert(Arc::clone(value), number);
    Ok(number)
}

fn write_coverage(write: &WriteTransaction, open: &Open, summary: &mut Summary) -> Result<(), StoreError> {
    let mut coverage = write.open_table(COVERAGE)?;
    for (id, stretches) in &open.coverage {
        for stretch in stretches {
            summary.reach(stretch.start, stretch.end);
            summary.longest = summary.longest.max(stretch.end.saturating_sub(stretch.start));
            let before = coverage.get((stretch.start, id.0))?.map(|value| value.value());
            let (end, sides) = before.map_or((stretch.start, Sides::default()), |(end, sides)| (end, sides_of(sides)));
            coverage.insert((stretch.start, id.0), (end.max(stretch.end), bits_of(sides.or(stretch.sides))))?;
        }
    }
    Ok(())
}

const fn bits_of(sides: Sides) -> u8 {
    sides.source as u8 | (sides.destination as u8) << 1
}

/// Sides as the coverage table holds them.
pub(super) const fn sides_of(bits: u8) -> Sides {
    Sides { source: bits & 1 != 0, destination: bits & 2 != 0 }
}

fn write_losses(write: &WriteTransaction, open: &Open) -> Result<(), StoreError> {
    let mut losses = write.open_table(LOSSES)?;
    for ((slot, id), loss) in &open.losses {
        let (batches, exchanges) = losses.get((slot.0, id.0))?.map_or((0, 0), |value| value.value());
        losses
            .insert((slot.0, id.0), (batches.saturating_add(loss.batches), exchanges.saturating_add(loss.exchanges)))?;
    }
    Ok(())
}

fn write_senders<'a>(
    write: &WriteTransaction,
    senders: impl Iterator<Item = (&'a SenderId, &'a Sender)>,
) -> Result<(), StoreError> {
    let mut resources = write.open_table(SENDERS)?;
    let mut progress = write.open_table(PROGRESS)?;
    for (id, sender) in senders {
        let known = resources.get(id.0)?.is_some_and(|bytes| *bytes.value() == *sender.resource_bytes);
        if !known {
            resources.insert(id.0, &*sender.resource_bytes)?;
        }
        progress.insert(id.0, write_progress(&sender.progress).as_slice())?;
    }
    Ok(())
}
