//! Opening a journal: every sound record that the store does not hold is handed out in order, the torn end is cut.

use std::io;

use super::disk::Disk;
use super::segment::{HEADER, Header, next_record, read_header, record_at};
use super::{Journal, JournalError, name_of, number_of};
use crate::limits::SEGMENT_BYTES;

/// What opening found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// Records handed out.
    pub records: u64,
    /// Bytes cut off the end: written when the process or machine stopped, never acknowledged.
    pub cut: u64,
    /// Places where acknowledged records are damaged or missing.
    pub damages: Vec<Damage>,
}

/// Acknowledged records that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// Bytes of a segment that are not a sound record.
    Bytes {
        /// Name of the segment's file.
        file: String,
        /// Where the damage begins.
        at: usize,
        /// How far it reaches.
        length: usize,
    },
    /// A segment is not there.
    Missing {
        /// Its number.
        segment: u64,
    },
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes { file, at, length } => write!(f, "journal/{file}: {length} bytes from {at} on are damaged"),
            Self::Missing { segment } => write!(f, "journal/{} is missing", name_of(*segment)),
        }
    }
}

/// How a segment ends.
struct Scan {
    /// Where to append; what is behind it is torn.
    end: usize,
    damaged: bool,
}

impl<D: Disk> Journal<D> {
    /// Opens the journal and hands out (arrival, body) of every record from segment `position` on, the first that the
    /// store does not hold; `None` when there is no store.
    ///
    /// # Errors
    /// When the folder cannot be read or written, or was written by another version.
    pub fn open(
        disk: D,
        position: Option<u64>,
        mut take: impl FnMut(u64, &[u8]),
    ) -> Result<(Self, Opening), JournalError> {
        let mut opening = Opening::default();
        let mut segments: Vec<u64> =
            disk.list().map_err(JournalError::Open)?.iter().filter_map(|name| number_of(name)).collect();
        segments.sort_unstable();
        let oldest = segments.first().copied();
        let newest = segments.last().copied();
        if let (Some(position), Some(newest)) = (position, newest)
            && newest < position
        {
            return Err(JournalError::Behind { position, newest });
        }
        let mut last = None;
        let mut bytes_before = 0;
        let mut expected = position.or(oldest).unwrap_or(1);
        if let (Some(position), None) = (position, newest) {
            opening.damages.push(Damage::Missing { segment: position });
            expected = position + 1;
        }
        let from = expected;
        for number in segments.into_iter().filter(|number| *number >= from) {
            opening.damages.extend((expected..number).map(|segment| Damage::Missing { segment }));
            expected = number + 1;
            let bytes = disk.read(&name_of(number)).map_err(JournalError::Open)?;
            let scan = scan(&bytes, number, newest == Some(number), &mut opening, &mut take)?;
            if newest == Some(number) {
                last = Some((number, scan, bytes.len()));
            } else {
                bytes_before += bytes.len() as u64;
            }
        }
        let mut journal = Self {
            disk,
            segment: expected,
            length: 0,
            durable: 0,
            group: Vec::new(),
            first: oldest.unwrap_or(expected),
            sealed_bytes: bytes_before,
            broken: false,
        };
        journal.go_on(last, &mut opening).map_err(JournalError::Open)?;
        Ok((journal, opening))
    }

    /// Cuts the torn end off and makes the segment ready for appending; begins a new one where that is not possible.
    fn go_on(&mut self, last: Option<(u64, Scan, usize)>, opening: &mut Opening) -> io::Result<()> {
        let header = HEADER as u64;
        if let Some((number, scan, length)) = last {
            opening.cut = (length - scan.end) as u64;
            if opening.cut > 0 && scan.end >= HEADER {
                self.disk.cut(&name_of(number), scan.end as u64)?;
                self.disk.sync(&name_of(number))?;
            }
            if !scan.damaged && scan.end >= HEADER && (scan.end as u64) < SEGMENT_BYTES {
                // What replay handed out counts as taken: it must be durable before anything is built on it.
                self.disk.sync(&name_of(number))?;
                (self.segment, self.length, self.durable) = (number, scan.end as u64, scan.end as u64);
                return self.disk.sync_dir();
            }
            if scan.end < HEADER {
                self.segment = number;
            } else {
                self.sealed_bytes += scan.end as u64;
            }
        }
        self.write_segment(self.segment)?;
        (self.length, self.durable) = (header, header);
        Ok(())
    }
}

/// Reads one segment. In the newest one, unsound bytes that no later record proves to have been durable are its torn end.
fn scan(
    bytes: &[u8],
    segment: u64,
    newest: bool,
    opening: &mut Opening,
    take: &mut impl FnMut(u64, &[u8]),
) -> Result<Scan, JournalError> {
    let mut damaged = false;
    match read_header(bytes, segment) {
        Header::Good => {}
        Header::Version(version) => return Err(JournalError::Version { segment, version }),
        Header::Bad if newest && next_record(bytes, segment, HEADER).is_none() => return Ok(Scan { end: 0, damaged }),
        Header::Bad => {
            damaged = true;
            opening.damages.push(Damage::Bytes { file: name_of(segment), at: 0, length: HEADER.min(bytes.len()) });
        }
    }
    let mut at = HEADER.min(bytes.len());
    while at < bytes.len() {
        if let Some(record) = record_at(bytes, segment, at) {
            take(record.arrival, record.body);
            opening.records += 1;
            at = record.end;
            continue;
        }
        if newest && !proves_durable(bytes, segment, at) {
            return Ok(Scan { end: at, damaged });
        }
        let end = next_record(bytes, segment, at + 1).map_or(bytes.len(), |record| record.at);
        opening.damages.push(Damage::Bytes { file: name_of(segment), at, length: end - at });
        damaged = true;
        at = end;
    }
    Ok(Scan { end: at, damaged })
}

/// True when a record behind `at` was written after the bytes at `at` had become durable.
fn proves_durable(bytes: &[u8], segment: u64, at: usize) -> bool {
    let mut from = at + 1;
    while let Some(record) = next_record(bytes, segment, from) {
        if usize::try_from(record.durable).is_ok_and(|durable| durable > at) {
            return true;
        }
        from = record.end;
    }
    false
}
