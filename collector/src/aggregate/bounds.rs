//! What reading a batch alone does not bound.

use hogusu_wire::{Batch, Refusal};

use crate::limits;

/// Why a batch is not taken. It is refused whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It cannot be read.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// It exceeds a bound.
    #[error("{what} is {found}, the bound is {bound}; see docs/wire.md")]
    Bound {
        /// What was measured.
        what: &'static str,
        /// What was found.
        found: u64,
        /// What is allowed.
        bound: u64,
    },
    /// Its total cannot be.
    #[error(
        "hogusu.sender.exchanges is {total}, less than the {exchanges} of this batch alone; it is the sum of all batches of its sender, \
         this one among them"
    )]
    Total {
        /// What it says its sender has counted so far.
        total: u64,
        /// What is in it.
        exchanges: u64,
    },
    /// It names somebody of whom nothing was counted.
    #[error(
        "a series counts no exchange: a histogram of durations has count 0, or there is none beside bytes, attempts or latencies; what \
         nobody counted is left out of a batch"
    )]
    Hollow,
}

/// Checks what reading alone does not bound.
pub(super) fn check(batch: &Batch<'_>) -> Result<(), Unfit> {
    let longest = batch.points.iter().map(|point| point.attributes.len()).max().unwrap_or(0);
    for (what, found, bound) in [
        ("the number of data points", wide(batch.points.len()), wide(limits::POINTS)),
        ("the length of the Resource", wide(batch.resource.len()), wide(limits::RESOURCE_BYTES)),
        ("the length of a data point's attributes", wide(longest), wide(limits::ATTRIBUTE_BYTES)),
    ] {
        if found > bound {
            return Err(Unfit::Bound { what, found, bound });
        }
    }
    Ok(())
}

/// Checks that somebody can have had so many exchanges.
pub(super) fn exchanges(found: u64) -> Result<(), Unfit> {
    let (what, bound) = ("the number of exchanges in the batch", limits::BATCH_EXCHANGES);
    if found > bound { Err(Unfit::Bound { what, found, bound }) } else { Ok(()) }
}

fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
