//! One file: the commits of one UTC day, or of a part of it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use hogusu_model::{SenderId, SeriesData, SeriesKey};
use redb::{Database, ReadableDatabase, ReadableTable, StorageBackend, WriteTransaction};

use super::codec::{Garbled, read_reporter, read_series, write_data, write_progress, write_reporter, write_series};
use super::numbers::Numbers;
use super::summary::Summary;
use super::summed::Knowledge;
use super::tables::{COVERAGE, FOLDED, LOSSES, PARTS, PROGRESS, REPORTERS, ROWS, SENDERS, SERIES};
use super::{StoreError, read, restart, soundness};
use crate::aggregate::open::Part;
use crate::aggregate::{Commit, Covered, Generation, Lateness, Names, Open, Reporter, Sender, Sides};

/// The file that is written to.
#[derive(Debug)]
pub(super) struct Day {
    pub(super) database: Arc<Database>,
    pub(super) knowledge: Arc<Knowledge>,
    pub(super) summary: Summary,
    reporters: Numbers<Reporter>,
    series: Numbers<SeriesKey>,
    /// The newest stretch of coverage of each sender, since the file was opened.
    newest: HashMap<SenderId, Covered>,
}

impl Day {
    /// What its numbers stand for, now and after later commits.
    pub(super) fn names(&self) -> read::Names {
        read::Names { reporters: self.reporters.remembered(), series: self.series.remembered() }
    }

    /// Opens a file, or makes an empty one.
    pub(super) fn open(name: &str, file: impl StorageBackend, knowledge: &Arc<Knowledge>) -> Result<Self, StoreError> {
        let (database, knowledge) =
            (soundness::open(name, file, knowledge, soundness::CACHE_BYTES)?, Arc::clone(knowledge));
        let (summary, reporters, series) = (Summary::default(), Numbers::default(), Numbers::default());
        let (database, newest) = (Arc::new(database), HashMap::new());
        let mut day = Self { database, knowledge, summary, reporters, series, newest };
        let read = day.database.begin_read()?;
        if let Some(summary) = Summary::read(name, &read)? {
            day.summary = summary;
            day.reporters = Numbers::load(name, &read.open_table(REPORTERS)?, read_reporter)?;
            day.series = Numbers::load(name, &read.open_table(SERIES)?, read_series)?;
        }
        Ok(day)
    }

    /// Writes everything of a commit in one transaction. `whole` when the file has no senders yet.
    pub(super) fn commit(&mut self, commit: &Commit, whole: bool) -> Result<(), StoreError> {
        let mut write = self.database.begin_write()?;
        // Two phases and a saved allocator: after a crash the file opens at once and is one of two whole states.
        write.set_quick_repair(true);
        let mut summary = self.summary;
        self.write_rows(&write, commit, &mut summary)?;
        let newest = write_coverage(&write, commit, &mut summary, &self.newest)?;
        for Generation { open, .. } in commit.generations.iter().map(AsRef::as_ref) {
            write_losses(&write, open)?;
            write_folded(&write, open, &mut summary)?;
        }
        if whole {
            write_senders(&write, commit.senders.iter())?;
            restart::write_past(&write, &commit.past)?;
        } else {
            write_senders(&write, commit.changed())?;
        }
        summary.position = commit.position;
        summary.forgotten_to = commit.forgotten_to;
        summary.write(&write)?;
        write.commit()?;
        self.summary = summary;
        self.newest.extend(newest);
        self.reporters.committed();
        self.series.committed();
        Ok(())
    }

    fn write_rows(
        &mut self,
        write: &WriteTransaction,
        commit: &Commit,
        summary: &mut Summary,
    ) -> Result<(), StoreError> {
        let mut rows = write.open_table(ROWS)?;
        let mut parts = write.open_table(PARTS)?;
        let mut reporters = write.open_table(REPORTERS)?;
        let mut series = write.open_table(SERIES)?;
        let mut value = Vec::with_capacity(512);
        for ((slot, lateness), generations) in commit.parts() {
            let number = summary.next_part;
            summary.next_part = number.checked_add(1).ok_or(StoreError::Numbers)?;
            summary.reach(slot.start(), slot.end());
            let late = u8::from(lateness == Lateness::Late);
            parts.insert((slot.0, number), arrivals(late, &generations))?;
            let mut sorted = Vec::with_capacity(generations.iter().map(|(_, part)| part.rows.len()).sum());
            for (names, part) in generations {
                for ((reporter, key), data) in &part.rows {
                    let named = names.reporter_of(*reporter).zip(names.series_of(*key));
                    let Some((reporter, key)) = named else { continue };
                    let reporter = self.reporters.of(reporter, &mut reporters, write_reporter)?;
                    let key = self.series.of(key, &mut series, write_series)?;
                    sorted.push((reporter, key, data));
                }
            }
            // In the order of the keys: pages fill one after the other.
            sorted.sort_by_key(|(reporter, key, _)| (*reporter, *key));
            for same in sorted.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
                let [(reporter, key, first), others @ ..] = same else { continue };
                value.clear();
                write_data(&mut value, &sum(first, others.iter().map(|(_, _, data)| *data)));
                rows.insert((slot.0, number, *reporter, *key), value.as_slice())?;
            }
        }
        Ok(())
    }
}

/// Whether a part came late, its batches, and when the first and the last of them arrived.
fn arrivals(late: u8, generations: &[(&Names, &Part)]) -> (u8, u64, u64, u64) {
    let with_batches = || generations.iter().map(|(_, part)| *part).filter(|part| part.batches > 0);
    let batches = with_batches().map(|part| part.batches).fold(0, u64::saturating_add);
    let first = with_batches().map(|part| part.first_arrival).min().unwrap_or(0);
    let last = with_batches().map(|part| part.last_arrival).max().unwrap_or(0);
    (late, batches, first, last)
}

/// Counts of one series from several generations.
fn sum<'a>(first: &'a SeriesData, others: impl Iterator<Item = &'a SeriesData>) -> Cow<'a, SeriesData> {
    others.fold(Cow::Borrowed(first), |mut sum, other| {
        sum.to_mut().merge(other);
        sum
    })
}

/// A sender from its stored bytes.
pub(super) fn sender(resource: &[u8], progress: crate::aggregate::Progress) -> Result<Sender, Garbled> {
    let parsed = crate::aggregate::named(hogusu_wire::parse_resource(resource).map_err(|_refusal| Garbled)?);
    Ok(Sender { resource_bytes: Arc::from(resource), resource: Arc::new(parsed), progress })
}

/// Writes covered time; a stretch that goes on where the newest one of its sender ended, with the same sides, makes that one longer, so that
/// who sends all the time takes one entry. Returns the newest ones.
fn write_coverage(
    write: &WriteTransaction,
    commit: &Commit,
    summary: &mut Summary,
    newest: &HashMap<SenderId, Covered>,
) -> Result<HashMap<SenderId, Covered>, StoreError> {
    let mut coverage = write.open_table(COVERAGE)?;
    let mut written: HashMap<SenderId, Covered> = HashMap::new();
    for (id, stretches) in commit.coverage() {
        for stretch in stretches {
            summary.reach(stretch.start, stretch.end);
            let last = written.get(&id).or_else(|| newest.get(&id));
            let goes_on = last.filter(|last| last.end == stretch.start && last.sides == stretch.sides);
            let start = goes_on.map_or(stretch.start, |last| last.start);
            let before = coverage.get((start, id.0))?.map(|value| value.value());
            let (end, sides) = before.map_or((start, Sides::default()), |(end, sides)| (end, sides_of(sides)));
            let whole = Covered { start, end: end.max(stretch.end), sides: sides.or(stretch.sides) };
            summary.longest = summary.longest.max(whole.end.saturating_sub(whole.start));
            coverage.insert((start, id.0), (whole.end, bits_of(whole.sides)))?;
            written.insert(id, whole);
        }
    }
    Ok(written)
}

/// Sides, as the coverage table holds them.
pub(super) const fn bits_of(sides: Sides) -> u8 {
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

fn write_folded(write: &WriteTransaction, open: &Open, summary: &mut Summary) -> Result<(), StoreError> {
    let mut table = write.open_table(FOLDED)?;
    for (id, folded) in &open.folded {
        summary.longest = summary.longest.max(folded.end.saturating_sub(folded.start));
        let before = table.get((folded.start, id.0))?.map_or((0, 0), |value| value.value());
        let both = (folded.end.max(before.0), folded.exchanges.saturating_add(before.1));
        table.insert((folded.start, id.0), both)?;
    }
    Ok(())
}

fn write_senders<'a>(
    write: &WriteTransaction,
    senders: impl Iterator<Item = (&'a SenderId, &'a Sender)>,
) -> Result<(), StoreError> {
    let mut resources = write.open_table(SENDERS)?;
    let mut progress = write.open_table(PROGRESS)?;
    // In the order of the keys: pages fill one after the other.
    let mut sorted: Vec<_> = senders.collect();
    sorted.sort_unstable_by_key(|(id, _)| id.0);
    for (id, sender) in sorted {
        let known = resources.get(id.0)?.is_some_and(|bytes| *bytes.value() == *sender.resource_bytes);
        if !known {
            resources.insert(id.0, &*sender.resource_bytes)?;
        }
        progress.insert(id.0, write_progress(&sender.progress).as_slice())?;
    }
    Ok(())
}
