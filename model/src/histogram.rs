//! A histogram of durations: counts per bucket of [`crate::layout`], merged by adding integers.
//!
//! Its count *is* the count of exchanges. Buckets are kept as one trimmed run, so that a histogram costs what its
//! spread costs. Quantiles are read in [`crate::quantile`].

use crate::layout::{BUCKETS, Place, place};

/// Counts of durations. Equality is by content: two histograms with the same counts are equal however they came to be.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    below: u64,
    above: u64,
    /// Bucket index of `counts[0]`.
    first: usize,
    counts: Vec<u64>,
    /// Sum of all durations in nanoseconds, saturating.
    sum: u64,
}

/// A run of bucket counts that does not fit [`BUCKETS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfLayout;

impl Histogram {
    /// A histogram from its parts: `counts[0]` is the count of bucket `first`, `sum` is in nanoseconds.
    ///
    /// # Errors
    /// When the run of counts reaches past the layout.
    pub fn from_parts(below: u64, above: u64, first: usize, counts: Vec<u64>, sum: u64) -> Result<Self, OutOfLayout> {
        let end = first.checked_add(counts.len()).ok_or(OutOfLayout)?;
        if end > BUCKETS {
            return Err(OutOfLayout);
        }
        Ok(Self { below, above, first, counts, sum })
    }

    /// Counts one duration, in nanoseconds.
    pub fn record(&mut self, nanos: u64) {
        self.sum = self.sum.saturating_add(nanos);
        match place(nanos) {
            Place::Below => self.below += 1,
            Place::Above => self.above += 1,
            Place::Bucket(index) => {
                if let Some(count) = self.slot_mut(index) {
                    *count += 1;
                }
            }
        }
    }

    /// Adds all counts of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (own, theirs) in self.outside_mut().into_iter().zip([other.below, other.above, other.sum]) {
            *own = own.saturating_add(theirs);
        }
        let (first, run) = other.run();
        // A histogram keeps to its layout, so its run fits.
        for (own, count) in self.run_mut(first, run.len()).into_iter().flatten().zip(run) {
            *own = own.saturating_add(*count);
        }
    }

    /// Durations below and above all buckets, and the sum of all durations in nanoseconds, to add to or to take from.
    pub const fn outside_mut(&mut self) -> [&mut u64; 3] {
        [&mut self.below, &mut self.above, &mut self.sum]
    }

    /// The counts of `length` buckets from `first` on, to add to or to take from.
    ///
    /// # Errors
    /// When they reach past the layout.
    pub fn run_mut(&mut self, first: usize, length: usize) -> Result<&mut [u64], OutOfLayout> {
        let end = first.checked_add(length).filter(|end| *end <= BUCKETS).ok_or(OutOfLayout)?;
        if let Some(last) = end.checked_sub(1).filter(|_| length > 0) {
            // The ends grow the run; what lies between is there then.
            self.slot_mut(first);
            self.slot_mut(last);
        }
        let at = if length == 0 { 0 } else { first.saturating_sub(self.first) };
        self.counts.get_mut(at..at.saturating_add(length)).ok_or(OutOfLayout)
    }

    /// The count of bucket `index`, its run grown when needed; `None` past the layout.
    fn slot_mut(&mut self, index: usize) -> Option<&mut u64> {
        if index >= BUCKETS {
            return None;
        }
        if self.counts.is_empty() {
            self.first = index;
        }
        if index < self.first {
            let missing = self.first - index;
            self.counts.splice(0..0, std::iter::repeat_n(0, missing));
            self.first = index;
        }
        let at = index - self.first;
        if at >= self.counts.len() {
            self.counts.resize(at + 1, 0);
        }
        self.counts.get_mut(at)
    }

    /// How many durations were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().fold(self.below.saturating_add(self.above), |sum, count| sum.saturating_add(*count))
    }

    /// Bytes of memory that its counts take.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.counts.capacity() * size_of::<u64>()
    }

    /// True when nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.below == 0 && self.above == 0 && self.counts.iter().all(|count| *count == 0)
    }

    /// Durations at or below the lowest bound.
    #[must_use]
    pub const fn below(&self) -> u64 {
        self.below
    }

    /// Durations above the highest bound.
    #[must_use]
    pub const fn above(&self) -> u64 {
        self.above
    }

    /// Sum of all durations in nanoseconds, saturating at the type's end.
    #[must_use]
    pub const fn sum(&self) -> u64 {
        self.sum
    }

    /// The trimmed run: index of its first bucket, and its counts without empty ends. `(0, [])` when no bucket is used.
    #[must_use]
    pub fn run(&self) -> (usize, &[u64]) {
        let Some(start) = self.counts.iter().position(|count| *count != 0) else { return (0, &[]) };
        let end = self.counts.iter().rposition(|count| *count != 0).map_or(start, |last| last + 1);
        (self.first + start, self.counts.get(start..end).unwrap_or(&[]))
    }

    /// Non-empty buckets as (index, count), ascending.
    pub fn buckets(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        self.counts.iter().enumerate().filter(|(_, count)| **count != 0).map(|(at, count)| (self.first + at, *count))
    }
}

impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        (self.below, self.above, self.sum) == (other.below, other.above, other.sum) && self.run() == other.run()
    }
}

impl Eq for Histogram {}
