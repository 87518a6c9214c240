//! Counts of one stretch, packed: row after row in blocks that fill a page each, for a key of its own and half-empty pages took more of the
//! disk than what is counted. docs/storage.md has the bytes.
//!
//! Knows nothing of files: who writes and who reads them are beside it.

use hogusu_model::SeriesData;

use super::super::codec::{Garbled, Reading, write_data, write_number};

/// First byte of a block: version of its layout.
const LAYOUT: u8 = 1;
/// Longest block of several rows: with its key it fills one page of redb's 4096 bytes.
const BLOCK_BYTES: usize = 4_000;

/// What a row is about: reporter, series and owner, by their numbers in the file.
pub(super) type Row = (u32, u32, u32);

/// Makes blocks of rows, which come in their order.
#[derive(Debug, Default)]
pub(super) struct Packer {
    block: Vec<u8>,
    last: Row,
    row: Vec<u8>,
    data: Vec<u8>,
}

impl Packer {
    /// Adds a row. Returns the block before it, where it found no room there.
    pub(super) fn push(&mut self, row: Row, data: &SeriesData) -> Option<Vec<u8>> {
        self.data.clear();
        write_data(&mut self.data, data);
        self.write(row, self.last);
        let full = !self.block.is_empty() && self.block.len() + self.row.len() > BLOCK_BYTES;
        let before = full.then(|| std::mem::take(&mut self.block));
        if self.block.is_empty() {
            self.block.push(LAYOUT);
            self.write(row, Row::default());
        }
        self.block.extend_from_slice(&self.row);
        self.last = row;
        before
    }

    /// The last block, if there is one.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        (!self.block.is_empty()).then_some(self.block)
    }

    /// The row as it stands behind `last`: how much larger its reporter is, and of the same reporter how much larger its series.
    fn write(&mut self, (reporter, series, owner): Row, last: Row) {
        let before = if reporter == last.0 { last.1 } else { 0 };
        self.row.clear();
        for number in [reporter.saturating_sub(last.0), series.saturating_sub(before), owner] {
            write_number(&mut self.row, number.into());
        }
        write_number(&mut self.row, self.data.len() as u64);
        self.row.extend_from_slice(&self.data);
    }
}

/// The rows of a block, in their order, each with its counts as `codec` writes them.
pub(super) struct Unpacked<'a> {
    reading: Reading<'a>,
    last: Row,
}

impl<'a> Unpacked<'a> {
    pub(super) fn of(block: &'a [u8]) -> Result<Self, Garbled> {
        Ok(Self { reading: Reading::of(block)?, last: Row::default() })
    }

    fn row(&mut self) -> Result<(Row, &'a [u8]), Garbled> {
        let mut number = || u32::try_from(self.reading.number()?).map_err(|_too_large| Garbled);
        let (reporter, series, owner) = (number()?, number()?, number()?);
        let before = if reporter == 0 { self.last.1 } else { 0 };
        let larger = |last: u32, by: u32| last.checked_add(by).ok_or(Garbled);
        self.last = (larger(self.last.0, reporter)?, larger(before, series)?, owner);
        let length = self.reading.size()?;
        Ok((self.last, self.reading.bytes(length)?))
    }
}

impl<'a> Iterator for Unpacked<'a> {
    type Item = Result<(Row, &'a [u8]), Garbled>;

    fn next(&mut self) -> Option<Self::Item> {
        (!self.reading.is_empty()).then(|| self.row())
    }
}

#[cfg(test)]
mod tests {
    use hogusu_model::Histogram;
    use proptest::prelude::*;

    use super::super::super::codec::read_data;
    use super::*;

    fn data(nanos: &[u64]) -> SeriesData {
        let mut duration = Histogram::default();
        nanos.iter().for_each(|nanos| duration.record(*nanos));
        SeriesData { duration, ..SeriesData::default() }
    }

    fn packed(rows: &[(Row, SeriesData)]) -> Vec<Vec<u8>> {
        let mut packer = Packer::default();
        let mut blocks: Vec<Vec<u8>> = rows.iter().filter_map(|(row, data)| packer.push(*row, data)).collect();
        blocks.extend(packer.finish());
        blocks
    }

    fn unpacked(blocks: &[Vec<u8>]) -> Vec<(Row, SeriesData)> {
        let rows = blocks.iter().flat_map(|block| Unpacked::of(block).expect("a block"));
        rows.map(|row| row.and_then(|(row, data)| Ok((row, read_data(data)?))).expect("a row")).collect()
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked_and_every_block_but_one_of_a_long_row_fits_a_page(
            rows in prop::collection::btree_map((0..9_u32, any::<u32>(), 0..3_u32), prop::collection::vec(any::<u64>(), 0..40), 0..300)
        ) {
            let rows: Vec<(Row, SeriesData)> = rows.into_iter().map(|(row, nanos)| (row, data(&nanos))).collect();
            let blocks = packed(&rows);
            prop_assert_eq!(unpacked(&blocks), rows);
            for block in &blocks {
                prop_assert!(block.len() <= BLOCK_BYTES || Unpacked::of(block).expect("a block").count() == 1);
            }
        }

        #[test]
        fn bytes_that_are_no_block_are_garbled_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(rows) = Unpacked::of(&bytes) {
                let _rows: Vec<_> = rows.take(1_000).collect();
            }
        }
    }

    #[test]
    fn a_block_that_was_cut_is_garbled() {
        let block = packed(&[((1, 2, 0), data(&[5_000_000])), ((1, 3, 0), data(&[5_000_000]))]).remove(0);
        for end in 2..block.len() {
            let rows = Unpacked::of(&block[..end]).expect("its first byte is there");
            let whole = rows.take(3).take_while(Result::is_ok).count();
            assert!(whole < 2, "of {end} bytes");
        }
    }
}
