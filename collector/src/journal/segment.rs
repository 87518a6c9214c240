//! The bytes of a segment: header and records, written and read. docs/storage.md describes every field.

use crate::ingest::Encoding;

/// First bytes of a segment.
const MAGIC: &[u8; 8] = b"HOGUSUJL";
/// Version of the format that is written.
pub const VERSION: u32 = 2;
/// Length of the header: magic, version, segment, checksum.
pub const HEADER: usize = 8 + 4 + 8 + 4;
/// First bytes of a record: where one may begin after damage.
pub(super) const RECORD_MAGIC: &[u8; 4] = b"HREC";
/// Where what a record's checksum covers begins: behind magic and checksum.
pub(super) const COVERED: usize = 4 + 4;

/// How the records of a segment are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Version 1: no kind, every record is a plain batch.
    First,
    /// Version 2.
    Second,
}

/// A record as it stands in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Where it begins.
    pub at: usize,
    /// Where the next one begins.
    pub end: usize,
    /// When its body arrived, nanoseconds since the epoch.
    pub arrival: u64,
    /// Up to where the segment was known to be durable when this record was written.
    pub durable: u64,
    /// How the body spells a batch; `None` for a note, which says only what is durable.
    pub encoding: Option<Encoding>,
    /// The body.
    pub body: &'a [u8],
}

/// What a segment's first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// Written in a layout that is known.
    Good(Layout),
    /// Written by another version.
    Version(u32),
    /// Not a header, or not all of it.
    Bad,
}

impl Layout {
    /// Length of a record before its body: magic, checksum, length, arrival, durable, and since version 2 its kind.
    pub(super) const fn record_header(self) -> usize {
        let first = COVERED + 4 + 8 + 8;
        match self {
            Self::First => first,
            Self::Second => first + 1,
        }
    }
}

/// Writes the header of a segment.
pub fn write_header(out: &mut Vec<u8>, segment: u64) {
    let start = out.len();
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&segment.to_le_bytes());
    let checksum = crc32c::crc32c(out.get(start..).unwrap_or(&[]));
    out.extend_from_slice(&checksum.to_le_bytes());
}

/// Reads the header of a segment.
#[must_use]
pub fn read_header(bytes: &[u8], segment: u64) -> Header {
    let mut rest = bytes;
    let fields = (take::<8>(&mut rest), take::<4>(&mut rest), take::<8>(&mut rest), take::<4>(&mut rest));
    let (Some(magic), Some(version), Some(number), Some(checksum)) = fields else { return Header::Bad };
    let good = crc32c::crc32c(bytes.get(..HEADER - 4).unwrap_or(&[])) == u32::from_le_bytes(checksum);
    if magic != *MAGIC || !good {
        return Header::Bad;
    }
    let is_own = u64::from_le_bytes(number) == segment;
    match u32::from_le_bytes(version) {
        1 if is_own => Header::Good(Layout::First),
        VERSION if is_own => Header::Good(Layout::Second),
        1 | VERSION => Header::Bad,
        other => Header::Version(other),
    }
}

/// Writes a record that will stand at `at` in `segment`: a batch, or a note. `None` when the body is longer than a record can say.
#[must_use]
pub fn write_record(
    out: &mut Vec<u8>,
    (segment, at): (u64, u64),
    (arrival, durable): (u64, u64),
    batch: Option<(Encoding, &[u8])>,
) -> Option<()> {
    let (kind, body) = match batch {
        Some((Encoding::Plain, body)) => (0, body),
        Some((Encoding::Gzip, body)) => (1, body),
        None => (NOTE, &[][..]),
    };
    let length = u32::try_from(body.len()).ok()?.to_le_bytes();
    let (arrival, durable) = (arrival.to_le_bytes(), durable.to_le_bytes());
    let covered = [&length[..], &arrival, &durable, &[kind], body];
    let checksum = covered.iter().fold(seed(segment, at), |sum, part| crc32c::crc32c_append(sum, part));
    for part in [RECORD_MAGIC.as_slice(), &checksum.to_le_bytes()].iter().chain(&covered) {
        out.extend_from_slice(part);
    }
    Some(())
}

/// The kind of a note.
const NOTE: u8 = 2;

/// Bytes that a body takes in a segment.
#[must_use]
pub const fn record_length(body: usize) -> usize {
    Layout::Second.record_header().saturating_add(body)
}

/// A record by its fields, and what its checksum should be: it may not be a sound one.
#[must_use]
pub fn frame_at(bytes: &[u8], layout: Layout, at: usize) -> Option<(Record<'_>, u32)> {
    let mut rest = bytes.get(at..)?;
    let magic = take::<4>(&mut rest)?;
    let checksum = u32::from_le_bytes(take::<4>(&mut rest)?);
    let length = usize::try_from(u32::from_le_bytes(take::<4>(&mut rest)?)).ok()?;
    let arrival = u64::from_le_bytes(take::<8>(&mut rest)?);
    let durable = u64::from_le_bytes(take::<8>(&mut rest)?);
    let kind = match layout {
        Layout::First => 0,
        Layout::Second => take::<1>(&mut rest)?[0],
    };
    let encoding = match kind {
        0 => Some(Encoding::Plain),
        1 => Some(Encoding::Gzip),
        // A note; no version writes another kind, so no sound record has one.
        _ => None,
    };
    let body = rest.get(..length)?;
    let end = at + layout.record_header() + length;
    (magic == *RECORD_MAGIC).then_some((Record { at, end, arrival, durable, encoding, body }, checksum))
}

/// The record that begins at `at`; `None` when there is no whole and sound one.
#[must_use]
pub fn record_at(bytes: &[u8], (segment, layout): (u64, Layout), at: usize) -> Option<Record<'_>> {
    let (record, checksum) = frame_at(bytes, layout, at)?;
    let covered = bytes.get(at + COVERED..record.end)?;
    (crc32c::crc32c_append(seed(segment, at as u64), covered) == checksum).then_some(record)
}

/// The checksum covers the record's place too: bytes of a body that look like a record elsewhere are not one here.
pub(super) fn seed(segment: u64, at: u64) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&segment.to_le_bytes()), &at.to_le_bytes())
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}
