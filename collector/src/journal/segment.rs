//! The bytes of a segment: header and records, written and scanned. docs/storage.md describes every field.

/// First bytes of a segment.
const MAGIC: &[u8; 8] = b"HOGUSUJL";
/// Version of the format.
pub const VERSION: u32 = 1;
/// Length of the header: magic, version, segment, checksum.
pub const HEADER: usize = 8 + 4 + 8 + 4;
/// First bytes of a record: where one may begin after damage.
const RECORD_MAGIC: &[u8; 4] = b"HREC";
/// Length of a record before its body: magic, checksum, length, arrival, durable.
const RECORD_HEADER: usize = 4 + 4 + 4 + 8 + 8;

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
    /// The body, as [`hogusu_wire::walk`] reads it.
    pub body: &'a [u8],
}

/// What a segment's first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// Written by this version.
    Good,
    /// Written by another version.
    Version(u32),
    /// Not a header, or not all of it.
    Bad,
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
    match u32::from_le_bytes(version) {
        VERSION if u64::from_le_bytes(number) == segment => Header::Good,
        VERSION => Header::Bad,
        other => Header::Version(other),
    }
}

/// Writes a record that will stand at `at` in `segment`. `None` when the body is longer than a record can say.
#[must_use]
pub fn write_record(
    out: &mut Vec<u8>,
    segment: u64,
    at: u64,
    (arrival, durable): (u64, u64),
    body: &[u8],
) -> Option<()> {
    let length = u32::try_from(body.len()).ok()?.to_le_bytes();
    let (arrival, durable) = (arrival.to_le_bytes(), durable.to_le_bytes());
    let checksum = checksum(segment, at, &[&length, &arrival, &durable, body]);
    for part in [RECORD_MAGIC.as_slice(), &checksum.to_le_bytes(), &length, &arrival, &durable, body] {
        out.extend_from_slice(part);
    }
    Some(())
}

/// Bytes that a body takes in a segment.
#[must_use]
pub const fn record_length(body: usize) -> usize {
    RECORD_HEADER.saturating_add(body)
}

/// The record that begins at `at`; `None` when there is no whole and sound one.
#[must_use]
pub fn record_at(bytes: &[u8], segment: u64, at: usize) -> Option<Record<'_>> {
    let mut rest = bytes.get(at..)?;
    let magic = take::<4>(&mut rest)?;
    let written = u32::from_le_bytes(take::<4>(&mut rest)?);
    let length = take::<4>(&mut rest)?;
    let arrival = take::<8>(&mut rest)?;
    let durable = take::<8>(&mut rest)?;
    let body = rest.get(..usize::try_from(u32::from_le_bytes(length)).ok()?)?;
    let found = checksum(segment, u64::try_from(at).ok()?, &[&length, &arrival, &durable, body]);
    (magic == *RECORD_MAGIC && found == written).then(|| Record {
        at,
        end: at + record_length(body.len()),
        arrival: u64::from_le_bytes(arrival),
        durable: u64::from_le_bytes(durable),
        body,
    })
}

/// The first sound record that begins at `from` or later.
#[must_use]
pub fn next_record(bytes: &[u8], segment: u64, from: usize) -> Option<Record<'_>> {
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        let distance = rest.windows(RECORD_MAGIC.len()).position(|window| window == RECORD_MAGIC)?;
        at += distance;
        if let Some(record) = record_at(bytes, segment, at) {
            return Some(record);
        }
        at += 1;
    }
}

/// The checksum covers the record's place too: bytes of a body that look like a record elsewhere are not one here.
fn checksum(segment: u64, at: u64, parts: &[&[u8]]) -> u32 {
    let seed = crc32c::crc32c_append(crc32c::crc32c(&segment.to_le_bytes()), &at.to_le_bytes());
    parts.iter().fold(seed, |sum, part| crc32c::crc32c_append(sum, part))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}
