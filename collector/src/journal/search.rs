//! Finding the next sound record after damage, in time that grows with the segment alone.
//!
//! A sender may fill a body with what looks like the beginning of records, each claiming all that follows. Checking each by its bytes
//! would read the segment as often as there are such places. So checksums are taken from sums over everything before: what lies
//! between two places costs the same however long it is.

use super::segment::{COVERED, Layout, RECORD_MAGIC, Record, frame_at, seed};

/// A checksum of everything before is kept every so many bytes.
const BLOCK: usize = 512;
/// Lengths have so many bits: a record's is 32 bits wide, and its header comes on top.
const BITS: usize = 33;

/// The search through one segment.
pub(super) struct Search<'a> {
    bytes: &'a [u8],
    segment: u64,
    layout: Layout,
    tables: Option<Tables>,
    /// Bytes that were read for checksums.
    summed: usize,
}

struct Tables {
    /// Checksum of the bytes before each block.
    before: Vec<u32>,
    /// What a checksum becomes when 2^n zero bytes follow, by n and by its bit.
    shifts: Vec<[u32; 32]>,
}

impl<'a> Search<'a> {
    pub(super) const fn new(bytes: &'a [u8], segment: u64, layout: Layout) -> Self {
        Self { bytes, segment, layout, tables: None, summed: 0 }
    }

    /// The first sound record that begins at `from` or later.
    pub(super) fn next(&mut self, from: usize) -> Option<Record<'a>> {
        let mut at = from;
        loop {
            let rest = self.bytes.get(at..)?;
            at += rest.windows(RECORD_MAGIC.len()).position(|window| window == RECORD_MAGIC)?;
            if let Some((record, checksum)) = frame_at(self.bytes, self.layout, at)
                && self.checksum(&record) == Some(checksum)
            {
                return Some(record);
            }
            at += 1;
        }
    }

    fn checksum(&mut self, record: &Record<'_>) -> Option<u32> {
        let tables = match self.tables.take() {
            Some(tables) => tables,
            None => {
                self.summed += self.bytes.len();
                Tables::of(self.bytes)
            }
        };
        let start = record.at + COVERED;
        let (before, after) = (tables.before(self.bytes, start), tables.before(self.bytes, record.end));
        self.summed += 2 * BLOCK;
        // Of A and of A followed by B: what B alone, begun with another checksum than A's, comes to.
        let begun = before? ^ seed(self.segment, record.at as u64);
        let found = tables.shift(begun, record.end - start) ^ after?;
        self.tables = Some(tables);
        Some(found)
    }
}

impl Tables {
    fn of(bytes: &[u8]) -> Self {
        let mut before = Vec::with_capacity(bytes.len() / BLOCK + 2);
        let mut sum = 0;
        for block in bytes.chunks(BLOCK) {
            before.push(sum);
            sum = crc32c::crc32c_append(sum, block);
        }
        before.push(sum);
        let shift = |power: usize| {
            let mut columns = [0; 32];
            for (bit, column) in columns.iter_mut().enumerate() {
                *column = crc32c::crc32c_combine(1 << bit, 0, 1 << power);
            }
            columns
        };
        Self { before, shifts: (0..BITS).map(shift).collect() }
    }

    /// Checksum of the bytes before `at`.
    fn before(&self, bytes: &[u8], at: usize) -> Option<u32> {
        let block = at / BLOCK;
        let sum = *self.before.get(block)?;
        Some(crc32c::crc32c_append(sum, bytes.get(block * BLOCK..at)?))
    }

    /// What a checksum becomes when `length` zero bytes follow.
    fn shift(&self, sum: u32, length: usize) -> u32 {
        let powers = self.shifts.iter().enumerate().filter(|(power, _)| length >> power & 1 == 1);
        powers.fold(sum, |sum, (_, columns)| {
            let bits = columns.iter().enumerate().filter(|(bit, _)| sum >> bit & 1 == 1);
            bits.fold(0, |shifted, (_, column)| shifted ^ column)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::segment::{record_at, write_record};
    use super::*;
    use crate::ingest::Encoding;

    const LAYOUT: Layout = Layout::Second;

    /// A body in which a record seems to begin every 40 bytes, each reaching to the body's end.
    fn false_starts(length: usize) -> Vec<u8> {
        let mut body = Vec::with_capacity(length + 40);
        while body.len() < length {
            let claimed = u32::try_from(length.saturating_sub(body.len() + 40)).unwrap();
            body.extend_from_slice(RECORD_MAGIC);
            body.extend_from_slice(&[0x5a; 4]);
            body.extend_from_slice(&claimed.to_le_bytes());
            body.extend_from_slice(&[1; 16]);
            body.extend_from_slice(&[0; 12]);
        }
        body.truncate(length);
        body
    }

    fn segment(bodies: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for body in bodies {
            let at = bytes.len() as u64;
            write_record(&mut bytes, (7, at), (1, 0), Some((Encoding::Plain, body))).unwrap();
        }
        bytes
    }

    #[test]
    fn the_record_after_damage_is_found_with_the_checksum_that_reading_it_gives() {
        let bodies: Vec<Vec<u8>> =
            (0..40_usize).map(|number| vec![u8::try_from(number).unwrap(); number * 97]).collect();
        let bytes = segment(&bodies.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let mut from = 0;
        let mut found = Vec::new();
        while let Some(record) = Search::new(&bytes, 7, LAYOUT).next(from) {
            assert_eq!(record_at(&bytes, (7, LAYOUT), record.at), Some(record));
            from = record.end;
            found.push(record.body.to_vec());
        }
        assert_eq!(found, bodies);
        assert_eq!(Search::new(&bytes, 8, LAYOUT).next(0), None, "another segment's records are none of this one");
    }

    #[test]
    fn many_false_starts_cost_a_few_bytes_each_and_hide_nothing() {
        let body = false_starts(4 << 20);
        let mut bytes = segment(&[&body, b"after"]);
        bytes[20] ^= 1;
        let mut search = Search::new(&bytes, 7, LAYOUT);
        assert_eq!(search.next(1).map(|record| record.body), Some(&b"after"[..]));
        let starts = body.len() / 40 + 2;
        assert!(search.summed <= bytes.len() + starts * 2 * BLOCK, "{} bytes for {starts} starts", search.summed);
    }
}
