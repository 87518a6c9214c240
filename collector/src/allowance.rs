//! Bytes that questions may take together. What a question reads and works out is counted by estimate while it grows; one for which there
//! is none left is given up and says so, for else the system would end the process, and with it the taking of batches.
//!
//! Knows the price of things and what is taken; not who asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hogusu_model::SeriesKey;

/// A row of a period: its sums, its key, and what is needed to find it while rows are added up; names beside.
const ROW: u64 = 1_400;
/// A byte of a row's names: as read and as it is found by.
const NAME_BYTE: u64 = 2;
/// A sender with the time it covered, without its Resource.
const SENDER: u64 = 1_600;
/// An edge as the analysis has it, with the flows by which it is judged and what is found on it.
pub const EDGE: u64 = 6_000;
/// A point of an edge over time, with its reports, and as it is written.
pub const POINT: u64 = 1_500;
/// An edge's hour as it is compared, with both reports.
pub const EDGE_HOUR: u64 = 160;
/// A byte of a baseline's file, unpacked and as it is compared.
pub const BASELINE_BYTE: u64 = 12;
/// An edge as it is kept for further pages.
pub const KEPT_EDGE: u64 = 4_000;
/// A series of a file in a window that is kept, and what is needed to find it, beside the counts of its histograms.
pub const KEPT_LINE: u64 = 600;
/// An exemplar that such a series has beside, for when slower ones have left.
pub const KEPT_EXEMPLAR: u64 = 64;
/// An edge in the columns of a graph and in its text, with the two ends that it may have for itself.
pub const COLUMNS_EDGE: u64 = 1_000;
/// An edge with what one policy says of it, and as it is written.
pub const JUDGED_EDGE: u64 = 1_600;
/// An edge in a mesh by number, with what is worked out of its shape.
pub const CHART_EDGE: u64 = 2_000;

/// A row of this series.
#[must_use]
pub fn row(key: &SeriesKey) -> u64 {
    let SeriesKey { peer, service, own_principal, operation, server_name, .. } = key;
    let workload = [&peer.workload.cluster, &peer.workload.namespace, &peer.workload.name];
    let of_peer = [&peer.canonical_service, &peer.canonical_revision, &peer.principal, &peer.address];
    let names = workload.into_iter().chain(of_peer).chain([&service.host, own_principal, operation, server_name]);
    names.fold(ROW, |sum, name| sum.saturating_add(NAME_BYTE.saturating_mul(name.len() as u64)))
}

/// A sender whose Resource has so many bytes.
#[must_use]
pub const fn sender(resource: usize) -> u64 {
    SENDER.saturating_add(NAME_BYTE.saturating_mul(resource as u64))
}

/// What questions may take.
#[derive(Debug, Clone)]
pub struct Allowance(Arc<Account>);

#[derive(Debug)]
struct Account {
    bytes: u64,
    taken: AtomicU64,
}

/// What one question has of it; given back when it is dropped.
#[derive(Debug)]
pub struct Drawn {
    allowance: Allowance,
    bytes: AtomicU64,
}

/// There is not so much left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the answer needs more memory than is left: questions may take {} MiB together, and {} MiB are taken, {} MiB of them by this one",
    mebibytes(*.bytes), mebibytes(*.taken), mebibytes(*.own)
)]
pub struct Exceeded {
    /// What there is for all questions.
    pub bytes: u64,
    /// What all of them have.
    pub taken: u64,
    /// What the one has that asked for more.
    pub own: u64,
}

const fn mebibytes(bytes: u64) -> u64 {
    bytes.div_ceil(1024 * 1024)
}

impl Allowance {
    /// So many bytes.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        Self(Arc::new(Account { bytes, taken: AtomicU64::new(0) }))
    }

    /// Bytes that are taken.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.0.taken.load(Ordering::Relaxed)
    }

    /// Nothing of it yet.
    #[must_use]
    pub fn begin(&self) -> Drawn {
        Drawn { allowance: self.clone(), bytes: AtomicU64::new(0) }
    }
}

impl Default for Allowance {
    /// As much as anybody asks for.
    fn default() -> Self {
        Self::new(u64::MAX)
    }
}

impl Drawn {
    /// Takes so many bytes more.
    ///
    /// # Errors
    /// When there is not so much left; then nothing more is taken.
    pub fn draw(&self, bytes: u64) -> Result<(), Exceeded> {
        let account = &*self.allowance.0;
        let more = |taken: u64| taken.checked_add(bytes).filter(|sum| *sum <= account.bytes);
        match account.taken.try_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_before) => {
                self.bytes.fetch_add(bytes, Ordering::Relaxed);
                Ok(())
            }
            Err(taken) => Err(Exceeded { bytes: account.bytes, taken, own: self.bytes() }),
        }
    }

    /// Gives back all but so many bytes.
    pub fn keep(&self, bytes: u64) {
        let given = |held: u64| Some(held.min(bytes));
        if let Ok(before) = self.bytes.try_update(Ordering::Relaxed, Ordering::Relaxed, given) {
            self.allowance.0.taken.fetch_sub(before.saturating_sub(bytes), Ordering::Relaxed);
        }
    }

    /// What is held.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Whose allowance it is.
    #[must_use]
    pub const fn allowance(&self) -> &Allowance {
        &self.allowance
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        self.keep(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_never_exceeds_the_room_and_comes_back() {
        let allowance = Allowance::new(100);
        let (one, other) = (allowance.begin(), allowance.begin());
        assert_eq!((one.draw(60), other.draw(40)), (Ok(()), Ok(())));
        assert_eq!(other.draw(1), Err(Exceeded { bytes: 100, taken: 100, own: 40 }));
        one.keep(10);
        assert_eq!((allowance.taken(), one.bytes(), other.draw(50)), (50, 10, Ok(())));
        one.keep(80);
        assert_eq!(one.bytes(), 10, "to keep more than there is takes nothing");
        drop((one, other));
        assert_eq!(allowance.taken(), 0);
    }
}
