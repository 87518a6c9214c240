//! What one file of slots adds up to over a stretch of time that moves on: parts that enter are added, parts that leave are taken off.
//!
//! Holds numbers alone, no state of the file: whoever asks brings a reader. What a part holds never changes, so that which parts are in it says
//! all of what a window is. Names, owners of addresses and everything that is judged are asked anew at each question.

mod exemplars;
#[cfg(test)]
mod laws;
mod room;
mod sum;

use std::sync::{Arc, Weak};

use hogusu_model::Slot;
use redb::ReadOnlyTable;

use super::codec::Garbled;
use super::guard::attempt;
use super::lines::{Line, Lines};
use super::naming::Naming;
use super::read::{Parts, late, slots};
use super::summed::Knowledge;
use super::tables::ROWS;
use super::{Reader, StoreError};
use crate::aggregate::Excerpt;
use crate::ownership::Owners;
use crate::wanted::Wanted;
use room::Room;
use sum::Sum;

/// A part: its slot and its number.
type PartKey = (u64, u32);
type RowsOfFile = ReadOnlyTable<(u64, u32, u32, u32), &'static [u8]>;
type Change = fn(&mut Sum, PartKey, &[u8]) -> Result<(), Garbled>;

/// Where fewer than one in so many lines must be read anew, each of their cells is sought; else all of the file's are passed through.
const FEW: usize = 16;

/// Sums over the parts of one file.
#[derive(Debug)]
pub(super) struct Window {
    /// Which file it is: one of the same name may be another.
    file: Weak<Knowledge>,
    /// What is added up, each part wholly.
    parts: Parts,
    lines: Lines<Sum>,
    /// Lines that no part has any more.
    gone: usize,
    room: Room,
}

impl Window {
    /// An empty one of the reader's file. It takes its room where the question takes its own.
    pub(super) fn of(reader: &Reader, wanted: &Wanted) -> Self {
        let (file, room) = (Arc::downgrade(&reader.knowledge), Room::beside(wanted));
        Self { file, parts: Parts::new(), lines: Lines::default(), gone: 0, room }
    }

    /// Brings the sums to [from, to), borders of slots, as the reader sees it. False where they cannot be had from it without losing what is kept:
    /// the reader is older than they are, or newer slots would leave before older ones. After an error of whoever does not wait any more what was
    /// done so far holds.
    pub(super) fn catch_up(
        &mut self,
        reader: &Reader,
        (from, to): (u64, u64),
        wanted: &Wanted,
    ) -> Result<bool, StoreError> {
        attempt(&reader.name, &reader.knowledge, || self.follow(reader, (from, to), || Ok(wanted.check()?)))
    }

    /// The same, going on with the next part only after `check`.
    fn follow(
        &mut self,
        reader: &Reader,
        (from, to): (u64, u64),
        mut check: impl FnMut() -> Result<(), StoreError>,
    ) -> Result<bool, StoreError> {
        if !Weak::ptr_eq(&self.file, &Arc::downgrade(&reader.knowledge)) {
            self.begin_anew();
            self.file = Arc::downgrade(&reader.knowledge);
        }
        if self.parts.keys().any(|(_, part)| *part >= reader.summary.next_part) {
            return Ok(false);
        }
        let slots = slots(from, to);
        let parts = reader.parts(slots.clone())?;
        let mut leaving: Vec<PartKey> = self.parts.keys().filter(|part| !parts.contains_key(part)).copied().collect();
        if leaving.len() > self.parts.len() - leaving.len() {
            self.begin_anew();
            leaving.clear();
        }
        // Of exemplars only those are kept that matter while the oldest slot leaves first.
        let is_newer = |(slot, _): &PartKey| *slot >= slots.end;
        if leaving.iter().any(is_newer) && self.lines.iter().any(|(_, sum)| sum.has_exemplars()) {
            return Ok(false);
        }
        let rows = reader.read.open_table(ROWS)?;
        for part in leaving {
            check()?;
            self.change(reader, &rows, part, Sum::take_off)?;
            self.parts.remove(&part);
        }
        for (part, is_late) in parts {
            if !self.parts.contains_key(&part) {
                check()?;
                self.change(reader, &rows, part, Sum::add)?;
                self.parts.insert(part, is_late);
            }
        }
        Ok(true)
    }

    /// Adds all of a part, or takes it off. When that fails half-way, nothing is kept.
    fn change(&mut self, reader: &Reader, rows: &RowsOfFile, part: PartKey, change: Change) -> Result<(), StoreError> {
        let changed = self.change_lines(reader, rows, part, change);
        if changed.is_err() {
            self.begin_anew();
        } else if self.gone > self.lines.len() / 2 {
            self.lines.retain(|sum| !sum.is_gone());
            self.gone = 0;
        }
        self.room.give_back();
        changed
    }

    fn change_lines(
        &mut self,
        reader: &Reader,
        rows: &RowsOfFile,
        part: PartKey,
        change: Change,
    ) -> Result<(), StoreError> {
        let (slot, number) = part;
        for entry in rows.range((slot, number, 0, 0)..=(slot, number, u32::MAX, u32::MAX))? {
            let (key, value) = entry?;
            let (_, _, reporter, series) = key.value();
            let numbers = (reporter, series);
            let sum = match self.lines.find(numbers) {
                Some(sum) => {
                    self.gone -= usize::from(sum.is_gone());
                    sum
                }
                None => self.lines.enter(numbers, Sum::default()),
            };
            let before = sum.price();
            change(sum, part, value.value()).map_err(StoreError::garbled(&reader.name))?;
            self.gone += usize::from(sum.is_gone());
            self.room.change(before, sum.price()).map_err(crate::wanted::Unwanted::from)?;
        }
        Ok(())
    }

    fn begin_anew(&mut self) {
        (self.parts, self.lines, self.gone) = (Parts::new(), Lines::default(), 0);
        self.room.empty();
    }

    /// Adds what [`Reader::rows`] would add, of the period that was caught up with. A line whose owner changes in it, or whose sums are not exact,
    /// is read from the file.
    pub(super) fn rows(
        &self,
        reader: &Reader,
        (from, to): (u64, u64),
        owners: &Owners,
        wanted: &Wanted,
        excerpt: &mut Excerpt,
    ) -> Result<(), StoreError> {
        attempt(&reader.name, &reader.knowledge, || {
            excerpt.late_parts += late(&self.parts);
            let (mut naming, mut anew) = (Naming::of(reader, owners, wanted)?, Lines::default());
            let period = (Slot::of(from), Slot::of(to));
            for (numbers, sum) in self.lines.iter().filter(|(_, sum)| !sum.is_gone()) {
                wanted.check()?;
                let line = naming.line(numbers, excerpt)?;
                match line.timelines.throughout(line.scope, period).filter(|_| sum.is_exact()) {
                    Some(owner) => {
                        let place = excerpt.rows.place((line.reporter, line.key, owner));
                        excerpt.rows.get_mut(place).into_iter().for_each(|row| sum.add_to(row));
                    }
                    None => drop(anew.enter(numbers, line)),
                }
            }
            self.read_anew(reader, anew, wanted, excerpt)
        })
    }

    fn read_anew(
        &self,
        reader: &Reader,
        mut lines: Lines<Line<'_>>,
        wanted: &Wanted,
        excerpt: &mut Excerpt,
    ) -> Result<(), StoreError> {
        if lines.len() == 0 {
            return Ok(());
        }
        let (rows, garbled) = (reader.read.open_table(ROWS)?, StoreError::garbled(&reader.name));
        let is_few = lines.len() < self.lines.len() / FEW;
        for (slot, part) in self.parts.keys().copied() {
            if is_few {
                for ((reporter, series), line) in lines.iter_mut() {
                    wanted.check()?;
                    if let Some(cell) = rows.get((slot, part, reporter, series))? {
                        line.add(Slot(slot), cell.value(), &mut excerpt.rows).map_err(&garbled)?;
                    }
                }
                continue;
            }
            for entry in rows.range((slot, part, 0, 0)..=(slot, part, u32::MAX, u32::MAX))? {
                wanted.check()?;
                let (key, cell) = entry?;
                let (_, _, reporter, series) = key.value();
                if let Some(line) = lines.find((reporter, series)) {
                    line.add(Slot(slot), cell.value(), &mut excerpt.rows).map_err(&garbled)?;
                }
            }
        }
        Ok(())
    }
}
