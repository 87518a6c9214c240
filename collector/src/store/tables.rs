//! Tables of a store file. docs/storage.md describes every field.

use redb::TableDefinition;

/// Numbers about the file itself, by the names below.
pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
/// Counts by (slot, part, reporter, series).
pub(super) const ROWS: TableDefinition<'_, (u64, u32, u32, u32), &[u8]> = TableDefinition::new("rows");
/// Parts by (slot, part): 1 when late, batches, first arrival, last arrival.
pub(super) const PARTS: TableDefinition<'_, (u64, u32), (u8, u64, u64, u64)> = TableDefinition::new("parts");
/// Reporters by their number in this file.
pub(super) const REPORTERS: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("reporters");
/// Series by their number in this file.
pub(super) const SERIES: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("series");
/// The senders' Resources as they arrived.
pub(super) const SENDERS: TableDefinition<'_, [u8; 16], &[u8]> = TableDefinition::new("senders");
/// How far each sender has come.
pub(super) const PROGRESS: TableDefinition<'_, [u8; 16], &[u8]> = TableDefinition::new("progress");
/// Covered time by (start, sender): end, sides (1 source, 2 destination).
pub(super) const COVERAGE: TableDefinition<'_, (u64, [u8; 16]), (u64, u8)> = TableDefinition::new("coverage");
/// What did not arrive by (slot, sender): batches, exchanges.
pub(super) const LOSSES: TableDefinition<'_, (u64, [u8; 16]), (u64, u64)> = TableDefinition::new("losses");

/// Senders that are remembered in brief, as of the file's first commit: sequence, cumulative, first start, last end, closed (0 or 1).
pub(super) const PAST: TableDefinition<'_, [u8; 16], (u64, u64, u64, u64, u8)> = TableDefinition::new("past");
/// Backlogs that were folded by (start, sender): end, exchanges. Files of versions before have none.
pub(super) const FOLDED: TableDefinition<'_, (u64, [u8; 16]), (u64, u64)> = TableDefinition::new("folded");

/// Version of the format.
pub(super) const FORMAT: &str = "format";
/// First journal segment that is not contained in this file or one before it.
pub(super) const POSITION: &str = "position";
/// Start of the earliest event.
pub(super) const FROM: &str = "from";
/// End of the latest event.
pub(super) const TO: &str = "to";
/// Longest stretch in the coverage table.
pub(super) const LONGEST: &str = "longest";
/// End of the last batch of a sender of which nothing is remembered; absent is 0.
pub(super) const FORGOTTEN_TO: &str = "forgotten_to";
/// Number of the next part.
pub(super) const NEXT_PART: &str = "next_part";

/// The format of a file that holds all of its day.
pub(super) const FORMAT_WHOLE: u64 = 1;
/// The same tables beside rolled-up files. A program that does not know those would leave them out, so it must refuse these. 2 was a day
/// with several files.
pub(super) const FORMAT_ROLLED: u64 = 3;

// Of files that slots are rolled up to. They have `meta`, `reporters`, `series`, `senders`, `progress`, `losses` and `folded` too.

/// Counts by (stretch of the file's resolution, block): rows of (reporter, series, owner of the peer's address), packed.
pub(super) const PACKED: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("packed");
/// The files that were taken up, by when they began, seconds since the epoch: start of their earliest event, end of their latest.
pub(super) const HELD: TableDefinition<'_, u64, (u64, u64)> = TableDefinition::new("held");
/// Owners of addresses by their number in this file.
pub(super) const OWNERS: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("owners");
/// Covered time by (sender, start): end, sides. Stretches of one sender with the same sides do not touch.
pub(super) const STRETCHES: TableDefinition<'_, ([u8; 16], u64), (u64, u8)> = TableDefinition::new("stretches");
/// Late parts by stretch.
pub(super) const LATE: TableDefinition<'_, u64, u64> = TableDefinition::new("late");

/// The format of rolled-up files of which all blocks are of bytes. 1, which no release wrote, had a key for each row.
pub(super) const FORMAT_OF_BYTES: u64 = 2;
/// The format of those that may have blocks of bits too.
pub(super) const FORMAT_OF_ROLLED: u64 = 3;
