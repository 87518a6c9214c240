//! Counts of one stretch, packed: row after row in blocks that fill a page each, for a key of its own and half-empty pages took more of the
//! disk than what is counted. docs/storage.md has the bytes.
//!
//! Knows nothing of files: who writes and who reads them are beside it.

use hogusu_model::SeriesData;

use super::super::codec::{self, Garbled, add_data};
use super::bits::{self, Bits, Mark};
use super::dense::{Before, add_counts, read_row, write_counts, write_row};

/// First byte of a block: version of its layout.
const LAYOUT: u8 = 2;
/// The layout of blocks in files of format 2: bytes, each row with the length of its counts.
const LAYOUT_OF_BYTES: u8 = 1;
/// Bytes before the rows: layout, how many rows.
const HEAD_BYTES: usize = 3;
/// Longest block of several rows: with its key it fills one page of redb's 4096 bytes.
pub(super) const BLOCK_BYTES: usize = 4_064;

/// What a row is about: reporter, series and owner, by their numbers in the file.
pub(super) type Row = (u32, u32, u32);

/// Makes blocks of rows, which come in their order.
#[derive(Debug, Default)]
pub(super) struct Packer {
    bits: Bits,
    rows: u16,
    before: Before,
}

impl Packer {
    /// Adds a row. Returns the block before it, where it found no room there.
    pub(super) fn push(&mut self, row: Row, data: &SeriesData) -> Option<Vec<u8>> {
        let end = self.bits.mark();
        self.write(row, data);
        if self.rows == 1 || (self.rows < u16::MAX && HEAD_BYTES + self.bits.bytes() <= BLOCK_BYTES) {
            return None;
        }
        let full = std::mem::take(self).without_last(end);
        self.write(row, data);
        full.finish()
    }

    /// The last block, if there is one.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        if self.rows == 0 {
            return None;
        }
        let mut block = vec![LAYOUT];
        block.extend_from_slice(&self.rows.to_le_bytes());
        block.extend_from_slice(&self.bits.finish());
        Some(block)
    }

    fn write(&mut self, row: Row, data: &SeriesData) {
        write_row(&mut self.bits, row, &mut self.before);
        write_counts(&mut self.bits, data, &mut self.before);
        self.rows += 1;
    }

    /// Without the row that was written last, before which it ended so.
    fn without_last(mut self, end: Mark) -> Self {
        self.bits.back_to(end);
        self.rows -= 1;
        self
    }
}

/// The rows of a block, in their order.
pub(super) enum Unpacked<'a> {
    Bits { reading: bits::Reading<'a>, before: Before, left: u16 },
    Bytes { reading: codec::Reading<'a>, last: Row },
}

/// The counts of a row: they must be read before the next row is.
#[must_use]
pub(super) enum Counts<'r, 'a> {
    Bits(&'r mut bits::Reading<'a>, &'r mut Before),
    Bytes(&'a [u8]),
}

impl<'a> Unpacked<'a> {
    pub(super) fn of(block: &'a [u8]) -> Result<Self, Garbled> {
        match block {
            [LAYOUT, low, high, rows @ ..] => {
                let left = u16::from_le_bytes([*low, *high]);
                Ok(Self::Bits { reading: bits::Reading::of(rows), before: Before::default(), left })
            }
            [LAYOUT_OF_BYTES, ..] => Ok(Self::Bytes { reading: codec::Reading::of(block)?, last: Row::default() }),
            _ => Err(Garbled),
        }
    }

    /// The next row; none when all were read.
    pub(super) fn next(&mut self) -> Result<Option<(Row, Counts<'_, 'a>)>, Garbled> {
        match self {
            Self::Bits { reading, left: 0, .. } => {
                if reading.is_at_end() {
                    Ok(None)
                } else {
                    Err(Garbled)
                }
            }
            Self::Bits { reading, before, left } => {
                *left -= 1;
                let row = read_row(reading, before)?;
                Ok(Some((row, Counts::Bits(reading, before))))
            }
            Self::Bytes { reading, .. } if reading.is_empty() => Ok(None),
            Self::Bytes { reading, last } => {
                *last = row_of_bytes(reading, *last)?;
                let length = reading.size()?;
                Ok(Some((*last, Counts::Bytes(reading.bytes(length)?))))
            }
        }
    }
}

impl Counts<'_, '_> {
    /// Adds them to `sum`, which holds no counts that mean anything when they are garbled.
    pub(super) fn add_to(self, sum: &mut SeriesData) -> Result<(), Garbled> {
        match self {
            Self::Bits(reading, before) => add_counts(reading, sum, before),
            Self::Bytes(bytes) => add_data(bytes, sum),
        }
    }
}

/// A row behind `last` in bytes: how much larger its reporter is, and of the same reporter how much larger its series.
fn row_of_bytes(reading: &mut codec::Reading<'_>, last: Row) -> Result<Row, Garbled> {
    let mut number = || u32::try_from(reading.number()?).map_err(|_too_large| Garbled);
    let (reporter, series, owner) = (number()?, number()?, number()?);
    let before = if reporter == 0 { last.1 } else { 0 };
    let larger = |last: u32, by: u32| last.checked_add(by).ok_or(Garbled);
    Ok((larger(last.0, reporter)?, larger(before, series)?, owner))
}
