//! What the memory that the process may use leaves for each of its two accounts: taking batches, and answering questions. A question never
//! takes what is ingest's, and both together take three quarters: the rest is for the program, what the system's allocator keeps, and
//! what no account counts.

use super::{
    ANSWERS_BYTES, ARRIVING_BYTES, BODIES_BYTES, EARLY_BYTES, INFLATED_BYTES, KNOWN_BYTES, KNOWN_SERIES, OPEN_ROWS,
    SENDER_BYTES, SENDERS,
};

/// Bytes of a row that the store does not hold, about.
const OPEN_ROW: usize = 700;
/// Bytes that ingest takes at its bounds: rows and names may reach twice the number at which a commit is made.
const FULL_BYTES: u64 =
    (BODIES_BYTES + INFLATED_BYTES + SENDER_BYTES + 2 * KNOWN_BYTES + 2 * OPEN_ROWS * OPEN_ROW) as u64;
/// Less than this is not enough to run with.
pub const LEAST: u64 = 128 * 1024 * 1024;

/// The accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// What taking batches keeps.
    pub ingest: IngestBounds,
    /// Bytes of what questions read and work out.
    pub questions: u64,
    /// Bytes of answers that are not read yet.
    pub answers: usize,
}

/// Bounds of what taking batches keeps in memory, by the names that they have in [`super`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the constant of its name, or less")]
pub struct IngestBounds {
    pub bodies_bytes: usize,
    pub inflated_bytes: usize,
    pub arriving_bytes: usize,
    pub early_bytes: usize,
    pub senders: usize,
    pub sender_bytes: usize,
    pub open_rows: usize,
    pub known_series: usize,
    pub known_bytes: usize,
}

impl Default for IngestBounds {
    fn default() -> Self {
        Self {
            bodies_bytes: BODIES_BYTES,
            inflated_bytes: INFLATED_BYTES,
            arriving_bytes: ARRIVING_BYTES,
            early_bytes: EARLY_BYTES,
            senders: SENDERS,
            sender_bytes: SENDER_BYTES,
            open_rows: OPEN_ROWS,
            known_series: KNOWN_SERIES,
            known_bytes: KNOWN_BYTES,
        }
    }
}

impl Memory {
    /// Of a process that may use so many bytes: 45 % for ingest, no more than it needs at its full bounds; then up to 75 % for questions.
    #[must_use]
    pub fn of(bytes: u64) -> Self {
        let (ingest, both) = (bytes / 100 * 45, bytes / 100 * 75);
        let ingest = ingest.min(FULL_BYTES);
        let of_questions = both - ingest;
        let answers = (of_questions / 4).min(ANSWERS_BYTES as u64);
        Self {
            ingest: IngestBounds::within(ingest),
            questions: of_questions - answers,
            answers: usize::try_from(answers).unwrap_or(ANSWERS_BYTES),
        }
    }
}

impl IngestBounds {
    /// All bounds in the proportion in which so many bytes are less than what they take together.
    fn within(bytes: u64) -> Self {
        let full = Self::default();
        let part = |bound: usize| {
            let scaled = u128::from(bytes.min(FULL_BYTES)) * bound as u128 / u128::from(FULL_BYTES);
            usize::try_from(scaled).unwrap_or(bound)
        };
        // A body as large as one may be has its place.
        let largest = super::DECOMPRESSED_BYTES + super::BODY_BYTES;
        Self {
            bodies_bytes: part(full.bodies_bytes).max(largest),
            inflated_bytes: part(full.inflated_bytes).max(largest),
            arriving_bytes: part(full.arriving_bytes).max(2 * super::BODY_BYTES),
            early_bytes: part(full.early_bytes).max(super::BODY_BYTES),
            senders: part(full.senders),
            sender_bytes: part(full.sender_bytes),
            open_rows: part(full.open_rows),
            known_series: part(full.known_series),
            known_bytes: part(full.known_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1024 * 1024 * 1024;

    #[test]
    fn both_accounts_stay_below_three_quarters_of_what_there_is() {
        for bytes in [LEAST, GIB / 2, GIB, 4 * GIB, 64 * GIB] {
            let Memory { ingest, questions, answers } = Memory::of(bytes);
            let held = ingest.sender_bytes + 2 * ingest.known_bytes + 2 * ingest.open_rows * OPEN_ROW;
            let bodies = ingest.bodies_bytes + ingest.inflated_bytes;
            let all = (held + bodies + answers) as u64 + questions;
            // Where there is little, the largest body takes more than its part.
            let largest = 2 * (super::super::DECOMPRESSED_BYTES + super::super::BODY_BYTES) as u64;
            assert!(all <= bytes / 100 * 75 + largest && all >= bytes / 2, "{bytes}: {all}");
        }
    }

    #[test]
    fn with_enough_memory_the_bounds_are_those_of_the_list() {
        assert_eq!(Memory::of(8 * GIB).ingest, IngestBounds::default());
        assert_eq!(Memory::of(8 * GIB).answers, ANSWERS_BYTES);
        assert!(Memory::of(GIB).ingest.senders < SENDERS / 4);
    }
}
