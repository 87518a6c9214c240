//! The one bucket layout: base-2 exponential, scale 3, from 2^-20 s (about 1 us) to 2^12 s (about 68 min).
//!
//! Bucket `i` of [`BUCKETS`] holds durations `d` with `bound(i) < d <= bound(i + 1)`: upper-inclusive, as OTLP's
//! exponential histograms. Bounds are integers of nanoseconds (the floor of the real bound), and as durations are
//! whole nanoseconds too, every comparison is exact. Holds no counts: see [`crate::histogram`].

/// Sub-buckets per doubling are 2^SCALE.
pub const SCALE: i32 = 3;
/// Buckets between the lowest and the highest bound.
pub const BUCKETS: usize = 256;
/// OTLP index of bucket 0: `(2^(1/8))^-160 s` = 2^-20 s.
pub const FIRST_INDEX: i32 = -160;
/// Largest relative distance of a bucket's geometric mean to any value in it: 2^(1/16) - 1.
pub const RELATIVE_ERROR: f64 = 0.044_273_782_427_413_84;

const PER_OCTAVE: usize = 8;
const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// `2^(r/8)` for r in 0..8, in units of 2^-62.
const fn roots() -> [u128; PER_OCTAVE] {
    const ONE: u128 = 1 << 62;
    let half = (2 * ONE * ONE).isqrt();
    let quarter = (half * ONE).isqrt();
    let eighth = (quarter * ONE).isqrt();
    let q3 = (half * quarter) >> 62;
    [ONE, eighth, quarter, (quarter * eighth) >> 62, half, (half * eighth) >> 62, q3, (q3 * eighth) >> 62]
}

#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "evaluated at compile time: an index out of range does not build, and 2^12 s fit 42 bits"
)]
const fn bounds() -> [u64; BUCKETS + 1] {
    let roots = roots();
    let mut out = [0; BUCKETS + 1];
    let mut i = 0;
    while i <= BUCKETS {
        // 2^(i/8 - 20) s = root * 2^(i/8) / 2^(62 + 20)
        out[i] = ((NANOS_PER_SECOND * roots[i % PER_OCTAVE]) >> (82 - i / PER_OCTAVE)) as u64;
        i += 1;
    }
    out
}

/// For each bit length of a duration, the first bucket that such a duration can fall into.
#[expect(clippy::indexing_slicing, reason = "evaluated at compile time: an index out of range does not build")]
const fn first_by_bit_length() -> [u16; 65] {
    let bounds = bounds();
    let mut out = [0; 65];
    let mut bits = 1;
    while bits <= 64 {
        let least = 1_u64 << (bits - 1);
        let mut i: u16 = 0;
        while (i as usize) < BUCKETS && least > bounds[i as usize + 1] {
            i += 1;
        }
        out[bits] = i;
        bits += 1;
    }
    out
}

static BOUNDS: [u64; BUCKETS + 1] = bounds();
static FIRST_BY_BIT_LENGTH: [u16; 65] = first_by_bit_length();

/// Where a duration belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At most the lowest bound, 2^-20 s.
    Below,
    /// In the bucket of this index, 0 to [`BUCKETS`] - 1.
    Bucket(usize),
    /// More than the highest bound, 2^12 s.
    Above,
}

/// The place of a duration of `nanos` nanoseconds.
#[must_use]
pub fn place(nanos: u64) -> Place {
    if nanos <= lower_bound(0) {
        return Place::Below;
    }
    let bits = (u64::BITS - nanos.leading_zeros()) as usize;
    let start = FIRST_BY_BIT_LENGTH.get(bits).copied().map_or(0, usize::from);
    BOUNDS.iter().skip(start + 1).position(|bound| nanos <= *bound).map_or(Place::Above, |at| Place::Bucket(start + at))
}

/// Exclusive lower bound of bucket `i` in nanoseconds; that of the first bucket above for `i` = [`BUCKETS`].
#[must_use]
pub fn lower_bound(i: usize) -> u64 {
    BOUNDS.get(i).copied().unwrap_or(u64::MAX)
}

/// Geometric mean of bucket `i`'s bounds, in seconds.
#[must_use]
pub fn geometric_mean_seconds(i: usize) -> f64 {
    let position = i32::try_from(i).unwrap_or(i32::MAX).saturating_add(FIRST_INDEX);
    ((f64::from(position) + 0.5) / 8.0).exp2()
}
