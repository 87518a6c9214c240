//! Opening a journal: every sound record that the store does not hold is handed out in order, the torn end is cut.

use std::io;

use super::disk::Disk;
use super::search::Search;
use super::segment::{HEADER, Header, Layout, Record, frame_at, read_header, record_at};
use super::{Journal, JournalError, name_of, number_of};
use crate::ingest::Encoding;
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
    /// Nothing more is appended to it: it is damaged, or of an older layout.
    is_over: bool,
}

impl<D: Disk> Journal<D> {
    /// Opens the journal and hands out (arrival, encoding, body) of every batch from segment `position` on, the first that the
    /// store does not hold; `None` when there is no store.
    ///
    /// # Errors
    /// When the folder cannot be read or written, or was written by another version.
    pub fn open(
        disk: D,
        position: Option<u64>,
        mut take: impl FnMut(u64, Encoding, &[u8]),
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
            written: 0,
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
            if !scan.is_over && scan.end >= HEADER && (scan.end as u64) < SEGMENT_BYTES {
                // What replay handed out counts as taken: it must be durable before anything is built on it.
                self.disk.sync(&name_of(number))?;
                self.segment = number;
                self.is_durable(scan.end as u64);
                return self.disk.sync_dir();
            }
            if scan.end < HEADER {
                self.segment = number;
            } else {
                self.sealed_bytes += scan.end as u64;
            }
        }
        self.write_segment(self.segment)?;
        self.is_durable(header);
        Ok(())
    }
}

/// Reads one segment. In the newest one, unsound bytes that were never proven to be durable are its torn end.
fn scan(
    bytes: &[u8],
    segment: u64,
    newest: bool,
    opening: &mut Opening,
    take: &mut impl FnMut(u64, Encoding, &[u8]),
) -> Result<Scan, JournalError> {
    let mut is_over = false;
    let layout = match read_header(bytes, segment) {
        Header::Good(layout) => layout,
        Header::Version(version) => return Err(JournalError::Version { segment, version }),
        Header::Bad => {
            let Some(layout) = layout_of_records(bytes, segment) else {
                if newest {
                    return Ok(Scan { end: 0, is_over });
                }
                opening.damages.push(Damage::Bytes { file: name_of(segment), at: 0, length: bytes.len() });
                return Ok(Scan { end: bytes.len(), is_over: true });
            };
            is_over = true;
            opening.damages.push(Damage::Bytes { file: name_of(segment), at: 0, length: HEADER.min(bytes.len()) });
            layout
        }
    };
    is_over |= layout == Layout::First;
    let pieces = pieces(bytes, segment, layout);
    // What a record calls durable was so when it was written, wherever it stands.
    let durable = pieces.iter().map(Piece::durable).max().unwrap_or_default();
    for piece in pieces {
        match piece {
            Piece::Sound(record) => {
                if let Some(encoding) = record.encoding {
                    take(record.arrival, encoding, record.body);
                    opening.records += 1;
                }
            }
            Piece::Unsound { at, end } => {
                if newest && durable <= at as u64 && !is_whole(bytes, layout, at, end) {
                    return Ok(Scan { end: at, is_over });
                }
                opening.damages.push(Damage::Bytes { file: name_of(segment), at, length: end - at });
                is_over = true;
            }
        }
    }
    Ok(Scan { end: bytes.len(), is_over })
}

/// The layout of a segment whose header is unsound: that of its first sound record.
fn layout_of_records(bytes: &[u8], segment: u64) -> Option<Layout> {
    [Layout::Second, Layout::First]
        .into_iter()
        .find(|layout| Search::new(bytes, segment, *layout).next(HEADER).is_some())
}

/// A stretch of a segment.
enum Piece<'a> {
    Sound(Record<'a>),
    Unsound { at: usize, end: usize },
}

impl Piece<'_> {
    const fn durable(&self) -> u64 {
        match self {
            Self::Sound(record) => record.durable,
            Self::Unsound { .. } => 0,
        }
    }
}

/// Everything behind a segment's header, each byte in one piece.
fn pieces(bytes: &[u8], segment: u64, layout: Layout) -> Vec<Piece<'_>> {
    let mut search = Search::new(bytes, segment, layout);
    let (mut pieces, mut at) = (Vec::new(), HEADER.min(bytes.len()));
    while at < bytes.len() {
        let sound = match record_at(bytes, (segment, layout), at) {
            Some(record) => Some(record),
            None => {
                let next = search.next(at + 1);
                pieces.push(Piece::Unsound { at, end: next.map_or(bytes.len(), |record| record.at) });
                next
            }
        };
        let Some(record) = sound else { break };
        at = record.end;
        pieces.push(Piece::Sound(record));
    }
    pieces
}

/// True when unsound bytes are whole records but for their content. A write that a stop tore leaves them too short, or zeros where
/// blocks did not get to the disk: these were changed later.
fn is_whole(bytes: &[u8], layout: Layout, from: usize, end: usize) -> bool {
    let mut at = from;
    while at < end {
        let Some((record, _)) = frame_at(bytes, layout, at).filter(|(record, _)| record.end <= end) else {
            return false;
        };
        if has_hole(bytes, at, record.end) {
            return false;
        }
        at = record.end;
    }
    at == end
}

/// True when the stretch ends in zeros, or a block of the disk in it is nothing else.
fn has_hole(bytes: &[u8], at: usize, end: usize) -> bool {
    const BLOCK: usize = 512;
    let is_zero = |from: usize, to: usize| bytes.get(from..to).is_some_and(|part| part.iter().all(|byte| *byte == 0));
    let mut blocks = (at.next_multiple_of(BLOCK)..end).step_by(BLOCK).filter(|from| from + BLOCK <= end);
    is_zero(end.saturating_sub(8), end) || blocks.any(|from| is_zero(from, from + BLOCK))
}
