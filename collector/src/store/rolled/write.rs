//! Taking a file of slots up into a rolled-up one.

use std::collections::HashMap;
use std::sync::Arc;

use hogusu_model::{SenderId, SeriesData, SeriesKey, Slot};
use redb::{ReadOnlyTable, ReadableDatabase, ReadableTable, Table, TableError, WriteTransaction};

use super::super::codec::{
    Garbled, read_data, read_owner, read_progress, read_reporter, read_series, write_owner, write_reporter,
    write_series,
};
use super::super::day::{bits_of, sides_of};
use super::super::numbers::Numbers;
use super::super::read::Reader;
use super::super::tables::{
    COVERAGE, FOLDED, FORMAT, FORMAT_OF_ROLLED, FROM, HELD, LATE, LONGEST, LOSSES, META, OWNERS, PACKED, PARTS,
    PROGRESS, REPORTERS, ROWS, SENDERS, SERIES, STRETCHES, TO,
};
use super::super::{Resolution, StoreError};
use super::pack::{Packer, Row, Unpacked};
use super::{Contents, Rolled};
use crate::aggregate::{Covered, Reporter};
use crate::limits;
use crate::ownership::{Owner, Owners, Scope, Timelines};
use crate::spans;

/// What is counted: in which stretch, and of what.
type Key = (u64, Row);

impl Rolled {
    /// Takes up all that the file of slots holds that began at `stamp`; nothing, when it is in already.
    pub(in super::super) fn take_up(&self, stamp: u64, file: &Reader, owners: &Owners) -> Result<(), StoreError> {
        let before = self.reader()?.contents;
        if before.held.contains_key(&stamp) {
            return Ok(());
        }
        let mut write = self.database.begin_write()?;
        write.set_quick_repair(true);
        let mut contents = before;
        Rows::open(self, &write)?.take_up(file, owners)?;
        coverage(&write, file)?;
        losses(self.resolution, &write, file)?;
        folded(&write, file, &mut contents)?;
        late(self.resolution, &write, file)?;
        senders(&write, file)?;
        contents.reach(file.summary.from, file.summary.to);
        write.open_table(HELD)?.insert(stamp, (file.summary.from, file.summary.to))?;
        contents.write(&write)?;
        write.commit()?;
        Ok(())
    }
}

impl Contents {
    fn reach(&mut self, from: u64, to: u64) {
        (self.from, self.to) = if self.to == 0 { (from, to) } else { (self.from.min(from), self.to.max(to)) };
    }

    fn write(&self, write: &WriteTransaction) -> Result<(), StoreError> {
        let mut meta = write.open_table(META)?;
        let fields = [(FORMAT, FORMAT_OF_ROLLED), (FROM, self.from), (TO, self.to), (LONGEST, self.longest)];
        for (field, number) in fields {
            meta.insert(field, number)?;
        }
        Ok(())
    }
}

/// The counts, and the numbers they are kept under.
struct Rows<'a> {
    file: &'a str,
    resolution: Resolution,
    blocks: Table<'a, (u64, u32), &'static [u8]>,
    reporter_table: Table<'a, u32, &'static [u8]>,
    series_table: Table<'a, u32, &'static [u8]>,
    owner_table: Table<'a, u32, &'static [u8]>,
    reporters: Numbers<Reporter>,
    series: Numbers<SeriesKey>,
    owners: Numbers<Owner>,
    /// Added up, and not in the table yet.
    open: HashMap<Key, SeriesData>,
}

/// What numbers mean in the file that is taken up, and which ones they have here.
struct Names<'o> {
    file: &'o Reader,
    of: &'o Owners,
    reporter_table: ReadOnlyTable<u32, &'static [u8]>,
    series_table: ReadOnlyTable<u32, &'static [u8]>,
    reporters: HashMap<u32, (u32, Scope)>,
    series: HashMap<u32, (u32, Timelines<'o>)>,
    owners: HashMap<usize, u32>,
}

impl<'o> Names<'o> {
    fn open(file: &'o Reader, of: &'o Owners) -> Result<Self, StoreError> {
        Ok(Self {
            file,
            of,
            reporter_table: file.read.open_table(REPORTERS)?,
            series_table: file.read.open_table(SERIES)?,
            reporters: HashMap::new(),
            series: HashMap::new(),
            owners: HashMap::new(),
        })
    }
}

impl<'a> Rows<'a> {
    fn open(rolled: &'a Rolled, write: &'a WriteTransaction) -> Result<Self, StoreError> {
        let read = rolled.database.begin_read()?;
        let name = rolled.name.as_str();
        let (mut reporters, mut series, mut owners) = (Numbers::default(), Numbers::default(), Numbers::default());
        match read.open_table(OWNERS) {
            Err(TableError::TableDoesNotExist(_)) => {}
            table => {
                owners = Numbers::load(name, &table?, read_owner)?;
                reporters = Numbers::load(name, &read.open_table(REPORTERS)?, read_reporter)?;
                series = Numbers::load(name, &read.open_table(SERIES)?, read_series)?;
            }
        }
        Ok(Self {
            file: name,
            resolution: rolled.resolution,
            blocks: write.open_table(PACKED)?,
            reporter_table: write.open_table(REPORTERS)?,
            series_table: write.open_table(SERIES)?,
            owner_table: write.open_table(OWNERS)?,
            reporters,
            series,
            owners,
            open: HashMap::new(),
        })
    }

    /// Adds up all rows of a file.
    fn take_up(mut self, file: &Reader, owners: &Owners) -> Result<(), StoreError> {
        let (mut names, mut rows) = (Names::open(file, owners)?, 0);
        for entry in file.read.open_table(ROWS)?.iter()? {
            let (key, value) = entry?;
            let (slot, _, reporter, series) = key.value();
            let (reporter, scope) = self.reporter(reporter, &mut names)?;
            let (series, timelines) = self.one_series(series, &mut names)?;
            let slot = Slot(slot);
            let owner = self.owner(timelines.at(scope, slot), &mut names)?;
            let stretch = self.resolution.of(slot.start());
            let data = read_data(value.value()).map_err(StoreError::garbled(&file.name))?;
            self.open.entry((stretch, (reporter, series, owner))).or_default().merge(&data);
            rows += 1;
            if self.open.len() >= limits::ROLLED_ROWS {
                self.flush()?;
            }
        }
        spans::number(spans::ROWS, rows);
        self.flush()
    }

    fn reporter(&mut self, number: u32, names: &mut Names<'_>) -> Result<(u32, Scope), StoreError> {
        if let Some(known) = names.reporters.get(&number) {
            return Ok(*known);
        }
        let reporter = Arc::new(names.file.accounts().named(number, &names.reporter_table, read_reporter)?);
        let scope = names.of.scope(&reporter.workload.cluster);
        let here = (self.reporters.of(&reporter, &mut self.reporter_table, write_reporter)?, scope);
        names.reporters.insert(number, here);
        Ok(here)
    }

    fn one_series<'o>(&mut self, number: u32, names: &mut Names<'o>) -> Result<(u32, Timelines<'o>), StoreError> {
        if let Some(known) = names.series.get(&number) {
            return Ok(*known);
        }
        let series = Arc::new(names.file.accounts().named(number, &names.series_table, read_series)?);
        let here = (self.series.of(&series, &mut self.series_table, write_series)?, names.of.timelines(&series));
        names.series.insert(number, here);
        Ok(here)
    }

    fn owner(&mut self, place: usize, names: &mut Names<'_>) -> Result<u32, StoreError> {
        if let Some(number) = names.owners.get(&place) {
            return Ok(*number);
        }
        let owner = Arc::new(names.of.owner(place).clone());
        let number = self.owners.of(&owner, &mut self.owner_table, write_owner)?;
        names.owners.insert(place, number);
        Ok(number)
    }

    /// Adds what is open to the table.
    fn flush(&mut self) -> Result<(), StoreError> {
        let mut sorted: Vec<(Key, SeriesData)> = self.open.drain().collect();
        sorted.sort_unstable_by_key(|(key, _)| *key);
        let mut sorted = sorted.into_iter().peekable();
        while let Some(stretch) = sorted.peek().map(|((stretch, _), _)| *stretch) {
            let of_stretch = std::iter::from_fn(|| sorted.next_if(|((of, _), _)| *of == stretch));
            self.pack(stretch, of_stretch.map(|((_, row), data)| (row, data)))?;
        }
        Ok(())
    }

    /// Adds rows, in their order, to those of a stretch that are there, and packs all of them anew: behind the blocks that there are, each of which goes
    /// when it is read.
    fn pack(&mut self, stretch: u64, rows: impl Iterator<Item = (Row, SeriesData)>) -> Result<(), StoreError> {
        let garbled = StoreError::garbled(self.file);
        let there = self.blocks.range((stretch, 0)..=(stretch, u32::MAX))?;
        let there: Vec<u32> = there.map(|block| Ok(block?.0.value().1)).collect::<Result<_, StoreError>>()?;
        let next = there.last().map_or(Some(0), |last| last.checked_add(1)).ok_or(StoreError::Numbers)?;
        let mut packing = Packing { packer: Packer::default(), stretch, next, blocks: &mut self.blocks };
        let mut rows = rows.peekable();
        for number in there {
            let block =
                packing.blocks.remove((stretch, number))?.map(|block| block.value().to_vec()).unwrap_or_default();
            let mut known = Unpacked::of(&block).map_err(&garbled)?;
            while let Some((row, counts)) = known.next().map_err(&garbled)? {
                while let Some((smaller, data)) = rows.next_if(|(other, _)| *other < row) {
                    packing.push(smaller, &data)?;
                }
                let mut data = SeriesData::default();
                counts.add_to(&mut data).map_err(&garbled)?;
                if let Some((_, more)) = rows.next_if(|(other, _)| *other == row) {
                    data.merge(&more);
                }
                packing.push(row, &data)?;
            }
        }
        for (row, data) in rows {
            packing.push(row, &data)?;
        }
        packing.finish()
    }
}

/// Blocks of a stretch on their way into the table.
struct Packing<'t, 'a> {
    packer: Packer,
    stretch: u64,
    next: u32,
    blocks: &'t mut Table<'a, (u64, u32), &'static [u8]>,
}

impl Packing<'_, '_> {
    fn push(&mut self, row: Row, data: &SeriesData) -> Result<(), StoreError> {
        let full = self.packer.push(row, data);
        full.map_or(Ok(()), |block| self.write(&block))
    }

    fn finish(mut self) -> Result<(), StoreError> {
        let last = std::mem::take(&mut self.packer).finish();
        last.map_or(Ok(()), |block| self.write(&block))
    }

    fn write(&mut self, block: &[u8]) -> Result<(), StoreError> {
        self.blocks.insert((self.stretch, self.next), block)?;
        self.next = self.next.checked_add(1).ok_or(StoreError::Numbers)?;
        Ok(())
    }
}

/// Covered time: a stretch that goes on where another of the same sender and sides ended makes it longer.
fn coverage(write: &WriteTransaction, file: &Reader) -> Result<(), StoreError> {
    let mut stretches = write.open_table(STRETCHES)?;
    let mut last: HashMap<[u8; 16], Covered> = HashMap::new();
    for entry in file.read.open_table(COVERAGE)?.iter()? {
        let (key, value) = entry?;
        let ((start, id), (end, sides)) = (key.value(), value.value());
        let next = Covered { start, end, sides: sides_of(sides) };
        let before = match last.get(&id) {
            Some(before) => Some(*before),
            None => preceding(&stretches, id, start)?,
        };
        let goes_on = before.filter(|before| before.end == next.start && before.sides == next.sides);
        let whole = goes_on.map_or(next, |before| Covered { start: before.start, ..next });
        let same = stretches.get((id, whole.start))?.map(|value| value.value());
        let (end, bits) = same.map_or((0, 0), |(end, bits)| (end, bits));
        stretches.insert((id, whole.start), (end.max(whole.end), bits | bits_of(whole.sides)))?;
        last.insert(id, whole);
    }
    Ok(())
}

/// The stretch of a sender that began last before `start`.
fn preceding(
    stretches: &impl ReadableTable<([u8; 16], u64), (u64, u8)>,
    id: [u8; 16],
    start: u64,
) -> Result<Option<Covered>, StoreError> {
    let found = stretches.range((id, 0)..(id, start))?.next_back().transpose()?;
    Ok(found.map(|(key, value)| {
        let (end, sides) = value.value();
        Covered { start: key.value().1, end, sides: sides_of(sides) }
    }))
}

fn losses(resolution: Resolution, write: &WriteTransaction, file: &Reader) -> Result<(), StoreError> {
    let mut losses = write.open_table(LOSSES)?;
    for entry in file.read.open_table(LOSSES)?.iter()? {
        let (key, value) = entry?;
        let ((slot, id), (batches, exchanges)) = (key.value(), value.value());
        let stretch = resolution.of(Slot(slot).start());
        let before = losses.get((stretch, id))?.map_or((0, 0), |value| value.value());
        losses.insert((stretch, id), (batches.saturating_add(before.0), exchanges.saturating_add(before.1)))?;
    }
    Ok(())
}

fn folded(write: &WriteTransaction, file: &Reader, contents: &mut Contents) -> Result<(), StoreError> {
    let mut table = write.open_table(FOLDED)?;
    let taken = match file.read.open_table(FOLDED) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(()),
        taken => taken?,
    };
    for entry in taken.iter()? {
        let (key, value) = entry?;
        let ((start, id), (end, exchanges)) = (key.value(), value.value());
        contents.longest = contents.longest.max(end.saturating_sub(start));
        let before = table.get((start, id))?.map_or((0, 0), |value| value.value());
        table.insert((start, id), (end.max(before.0), exchanges.saturating_add(before.1)))?;
    }
    Ok(())
}

fn late(resolution: Resolution, write: &WriteTransaction, file: &Reader) -> Result<(), StoreError> {
    let mut late = write.open_table(LATE)?;
    for entry in file.read.open_table(PARTS)?.iter()? {
        let (key, part) = entry?;
        let parts = u64::from(part.value().0);
        if parts > 0 {
            let stretch = resolution.of(Slot(key.value().0).start());
            let before = late.get(stretch)?.map_or(0, |value| value.value());
            late.insert(stretch, before.saturating_add(parts))?;
        }
    }
    Ok(())
}

/// Who sent, and how far each came: the later word counts.
fn senders(write: &WriteTransaction, file: &Reader) -> Result<(), StoreError> {
    let (mut resources, mut progress) = (write.open_table(SENDERS)?, write.open_table(PROGRESS)?);
    let taken = file.read.open_table(SENDERS)?;
    for entry in file.read.open_table(PROGRESS)?.iter()? {
        let (id, bytes) = entry?;
        let id = SenderId(id.value());
        let arrival = |bytes: &[u8]| read_progress(bytes).map(|progress| progress.last_arrival);
        let garbled = StoreError::garbled(&file.name);
        let before = progress.get(id.0)?.map(|bytes| arrival(bytes.value())).transpose().map_err(&garbled)?;
        if before.is_some_and(|before| arrival(bytes.value()).is_ok_and(|now| now <= before)) {
            continue;
        }
        let resource = taken.get(id.0)?.ok_or(Garbled).map_err(&garbled)?;
        // What is written anew takes room twice: as it was, until the commit, and as it is.
        let is_known = resources.get(id.0)?.is_some_and(|known| known.value() == resource.value());
        if !is_known {
            resources.insert(id.0, resource.value())?;
        }
        progress.insert(id.0, bytes.value())?;
    }
    Ok(())
}
