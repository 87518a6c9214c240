//! What a batch may show to be missing before it: no more than its sender can have made in the time since it was heard of.
//!
//! A sequence or a total that jumps further was not written by a filter. Were it believed, the map would name losses that nobody
//! had, and every true batch after it would look like a repetition.

use hogusu_model::BatchHeader;

use super::Unfit;
use super::sender::Progress;
use crate::limits;

const SECOND: u64 = 1_000_000_000;
/// Shortest flush interval that the filter's configuration allows, nanoseconds.
const SHORTEST_FLUSH: u64 = SECOND / 10;
/// Batches that are plausible however little time there was: a sender that ends hands over everything at once.
const ANY_TIME: u64 = 64;
/// A stretch is cut into batches of so many series, each of which counted something.
const SERIES_PER_BATCH: u64 = 192;
/// Exchanges that one worker cannot have in a second.
const EXCHANGES_PER_SECOND: u64 = 1_000_000;
/// How long before it was first heard of a sender's batches count as lost: before that, it spoke to somebody else.
const HEARD: u64 = 3600 * SECOND;
/// Longest life that is believed of a sender: ten years.
const LIFE: u64 = 10 * 365 * 24 * 3600 * SECOND;

/// What is missing before a batch, by its own account.
#[derive(Debug, Clone, Copy)]
struct Missing {
    batches: u64,
    exchanges: u64,
}

impl Missing {
    fn of(header: &BatchHeader, exchanges: u64, (sequence, cumulative): (u64, u64)) -> Self {
        Self {
            batches: header.sequence.saturating_sub(sequence).saturating_sub(1),
            exchanges: header.cumulative.saturating_sub(cumulative).saturating_sub(exchanges),
        }
    }

    /// The first that exceeds what can have been made in `elapsed` nanoseconds, `parts` of stretches with many series apart.
    fn beyond(self, elapsed: u64, flush: u64, parts: u64) -> Option<Unfit> {
        let flushes = elapsed / flush.max(SHORTEST_FLUSH);
        let batches = flushes.saturating_mul(2).saturating_add(parts).saturating_add(ANY_TIME);
        let exchanges = (elapsed / SECOND).saturating_add(60).saturating_mul(EXCHANGES_PER_SECOND);
        [
            (
                "the number of batches missing before this one, in the time since its sender was heard of,",
                self.batches,
                batches,
            ),
            (
                "the number of exchanges missing before this batch, in the time since its sender was heard of,",
                self.exchanges,
                exchanges,
            ),
        ]
        .into_iter()
        .find(|(_, found, bound)| found > bound)
        .map(|(what, found, bound)| Unfit::Bound { what, found, bound })
    }
}

/// Whether what is missing before a batch can be missing.
pub(super) fn check(
    known: Option<&Progress>,
    flush: u64,
    (header, exchanges): (&BatchHeader, u64),
    arrival: u64,
) -> Result<(), Unfit> {
    if header.sequence == 0 {
        return Ok(());
    }
    let (before, elapsed) = match known {
        // A backlog's batches arrive together, and clocks may be off: the longer time counts.
        Some(known) => (
            (known.sequence, known.cumulative),
            arrival
                .saturating_sub(known.last_arrival)
                .max(header.end.saturating_sub(known.last_end).min(limits::BATCH_AGE_NANOS)),
        ),
        None => ((0, 0), LIFE),
    };
    let missing = Missing::of(header, exchanges, before);
    missing.beyond(elapsed, flush, missing.exchanges / SERIES_PER_BATCH).map_or(Ok(()), Err)
}

/// The sequence and total from which on the losses of a sender are counted that was never heard of before this batch: its
/// beginning, or this batch where it began long ago.
pub(super) fn beginning(header: &BatchHeader, exchanges: u64, flush: u64) -> (u64, u64) {
    match Missing::of(header, exchanges, (0, 0)).beyond(HEARD, flush, 0) {
        Some(_) => (header.sequence.saturating_sub(1), header.cumulative.saturating_sub(exchanges)),
        None => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLUSH: u64 = 5 * SECOND;

    fn header(sequence: u64, cumulative: u64, end: u64) -> BatchHeader {
        BatchHeader { start: end - FLUSH, end, sequence, cumulative, ..BatchHeader::default() }
    }

    fn known() -> Progress {
        Progress {
            sequence: 100,
            cumulative: 5_000,
            last_end: 1_000 * SECOND,
            last_arrival: 1_000 * SECOND,
            ..Progress::default()
        }
    }

    fn is_taken(sequence: u64, cumulative: u64, later: u64) -> bool {
        let at = (1_000 + later) * SECOND;
        check(Some(&known()), FLUSH, (&header(sequence, cumulative, at), 10), at).is_ok()
    }

    #[test]
    fn a_gap_as_long_as_the_silence_before_it_is_believed() {
        assert!(is_taken(101, 5_010, 5));
        assert!(is_taken(100 + 720, 5_000 + 720 * 900, 3600));
        // A stretch of 80,000 series: 417 batches in one flush.
        assert!(is_taken(100 + 417, 5_000 + 80_000, 5));
    }

    #[test]
    fn a_gap_that_no_sender_can_have_made_is_not() {
        for (sequence, cumulative) in [(1 << 62, 5_010), (u64::MAX, u64::MAX), (1_000_000, 5_010), (101, 1 << 60)] {
            assert!(!is_taken(sequence, cumulative, 5), "{sequence} with {cumulative}");
        }
    }

    #[test]
    fn the_losses_of_one_never_heard_of_begin_where_it_began_unless_that_was_long_ago() {
        assert_eq!(beginning(&header(3, 30, 1_000 * SECOND), 10, FLUSH), (0, 0));
        assert_eq!(beginning(&header(500_000, 9_000_000, 1_000 * SECOND), 10, FLUSH), (499_999, 8_999_990));
        check(None, FLUSH, (&header(500_000, 9_000_000, 1_000 * SECOND), 10), 1_000 * SECOND).expect("a month of life");
        check(None, FLUSH, (&header(1 << 62, 9_000_000, 1_000 * SECOND), 10), 1_000 * SECOND)
            .expect_err("no life is as long");
    }
}
