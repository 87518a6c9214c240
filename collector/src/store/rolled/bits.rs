//! Numbers as bits, the lowest first: the smaller a number, or the nearer to what was expected, the fewer. docs/storage.md describes the codes.
//!
//! Knows nothing of rows: what numbers mean is in `dense`.

use super::super::codec::Garbled;

/// So many ones before a number say that it is far larger than expected.
const ONES: u32 = 8;
/// Most bits of a small number that are written as they are.
const MOST_PLAIN: u32 = 40;
/// Bits that are written at once.
const WORD: u32 = 32;
/// Bits of the length of a number: 0 to 64.
const OF_LENGTH: u32 = 7;

/// Bits that a number has: 0 of 0.
pub(super) const fn length(number: u64) -> u32 {
    u64::BITS - number.leading_zeros()
}

/// How far `number` is from `before`, as a number that is small where it is near: 0, 1 above, 1 below, and so on.
pub(super) const fn distance(number: u64, before: u64) -> u64 {
    let by = number.wrapping_sub(before);
    if by >> 63 == 0 { by << 1 } else { !(by << 1) }
}

/// The number that is so far from `before`.
pub(super) const fn at_distance(distance: u64, before: u64) -> u64 {
    let half = distance >> 1;
    before.wrapping_add(if distance & 1 == 0 { half } else { !half })
}

const fn mask(bits: u32) -> u64 {
    if bits >= u64::BITS { u64::MAX } else { (1 << bits) - 1 }
}

/// Bits that are written one behind the other.
#[derive(Debug, Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    end: End,
}

/// The last ones, fewer than a word.
#[derive(Debug, Clone, Copy, Default)]
struct End {
    bits: u64,
    held: u32,
}

/// Where bits ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark(usize, End);

impl Bits {
    /// Bytes that they fill.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes.len() + self.end.held.div_ceil(8) as usize
    }

    /// Where they end now.
    pub(super) const fn mark(&self) -> Mark {
        Mark(self.bytes.len(), self.end)
    }

    /// Takes away what was written since.
    pub(super) fn back_to(&mut self, Mark(bytes, end): Mark) {
        self.bytes.truncate(bytes);
        self.end = end;
    }

    /// All of them, filled up to a byte with zeros.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let (end, bytes) = (self.end.bits.to_le_bytes(), self.end.held.div_ceil(8) as usize);
        self.bytes.extend_from_slice(end.get(..bytes).unwrap_or_default());
        self.bytes
    }

    /// The lowest `bits` of a number, at most 64.
    pub(super) fn plain(&mut self, number: u64, bits: u32) {
        if bits > WORD {
            self.plain(number, WORD);
            return self.plain(number >> WORD, bits - WORD);
        }
        self.end.bits |= (number & mask(bits)) << self.end.held;
        self.end.held += bits;
        if self.end.held >= WORD {
            let [word @ .., _, _, _, _] = self.end.bits.to_le_bytes();
            self.bytes.extend_from_slice(&word);
            self.end.bits >>= WORD;
            self.end.held -= WORD;
        }
    }

    /// A number of which nothing is expected: its length, then what is below its highest bit.
    pub(super) fn long(&mut self, number: u64) {
        let length = length(number);
        self.plain(length.into(), OF_LENGTH);
        self.plain(number, length.saturating_sub(1));
    }

    /// A number that is expected to be below about two to the power of `expected`.
    pub(super) fn small(&mut self, number: u64, expected: u32) {
        let expected = expected.min(MOST_PLAIN);
        match u32::try_from(number >> expected) {
            Ok(ones) if ones < ONES => {
                let low = number & mask(expected);
                self.plain(mask(ones) | low << (ones + 1), ones + 1 + expected);
            }
            _ => {
                self.plain(mask(ONES), ONES);
                self.long(number - (u64::from(ONES) << expected));
            }
        }
    }
}

/// Reads what [`Bits`] wrote. Bytes that are something else are garbled, or other numbers.
#[derive(Debug, Clone)]
pub(super) struct Reading<'a> {
    rest: &'a [u8],
    /// Bits that come next: `held` of them are not in `rest` any more.
    bits: u64,
    held: u32,
}

impl<'a> Reading<'a> {
    pub(super) const fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, bits: 0, held: 0 }
    }

    /// True when all was read, but for what fills the last byte.
    pub(super) const fn is_at_end(&self) -> bool {
        self.rest.is_empty() && self.held < 8 && self.bits & mask(self.held) == 0
    }

    /// Holds more than 55 bits, or all that are left. Bits above those that are held may be there already: they are the same ones.
    #[inline]
    fn fill(&mut self) {
        if let Some(word) = self.rest.first_chunk() {
            self.bits |= u64::from_le_bytes(*word) << self.held;
            self.rest = self.rest.get(((63 - self.held) / 8) as usize..).unwrap_or_default();
            self.held |= 56;
            return;
        }
        while self.held < 56 {
            let Some((byte, rest)) = self.rest.split_first() else { return };
            self.bits |= u64::from(*byte) << self.held;
            self.rest = rest;
            self.held += 8;
        }
    }

    #[inline]
    fn pass(&mut self, bits: u32) -> Result<(), Garbled> {
        self.held = self.held.checked_sub(bits).ok_or(Garbled)?;
        self.bits >>= bits;
        Ok(())
    }

    /// Reads [`Bits::plain`].
    pub(super) fn plain(&mut self, bits: u32) -> Result<u64, Garbled> {
        if bits > WORD {
            let low = self.plain(WORD)?;
            return Ok(low | self.plain(bits - WORD)? << WORD);
        }
        if self.held < bits {
            self.fill();
        }
        let number = self.bits & mask(bits);
        self.pass(bits).map(|()| number)
    }

    /// Reads [`Bits::plain`] for each of `sums`, and adds it.
    pub(super) fn add_plain(&mut self, bits: u32, sums: &mut [u64]) -> Result<(), Garbled> {
        let all = bits.saturating_mul(u32::try_from(sums.len()).unwrap_or(u32::MAX));
        if all > 56 {
            return sums
                .iter_mut()
                .try_for_each(|sum| self.plain(bits).map(|number| *sum = sum.saturating_add(number)));
        }
        // All of them are held at once: where one begins does not hang on the one before.
        self.fill();
        for (sum, place) in sums.iter_mut().zip(0..) {
            *sum = sum.saturating_add(self.bits >> (place * bits) & mask(bits));
        }
        self.pass(all)
    }

    /// Reads [`Bits::long`].
    pub(super) fn long(&mut self) -> Result<u64, Garbled> {
        match u32::try_from(self.plain(OF_LENGTH)?) {
            Ok(0) => Ok(0),
            Ok(length @ 1..=64) => Ok(self.plain(length - 1)? | 1 << (length - 1)),
            _ => Err(Garbled),
        }
    }

    /// Reads [`Bits::small`].
    pub(super) fn small(&mut self, expected: u32) -> Result<u64, Garbled> {
        let expected = expected.min(MOST_PLAIN);
        // The longest that is not followed by a long number has 48 bits.
        self.fill();
        let ones = (!self.bits).trailing_zeros();
        if ones < ONES {
            let number = u64::from(ones) << expected | self.bits >> (ones + 1) & !(u64::MAX << expected);
            return self.pass(ones + 1 + expected).map(|()| number);
        }
        self.pass(ONES)?;
        self.long()?.checked_add(u64::from(ONES) << expected).ok_or(Garbled)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers of every length.
    fn number() -> impl Strategy<Value = u64> {
        (any::<u64>(), 0..=64_u32).prop_map(|(number, bits)| number & mask(bits))
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_whatever_was_expected(
            numbers in prop::collection::vec((number(), 0..70_u32, 0..4_u8), 0..200)
        ) {
            let mut bits = Bits::default();
            for (number, expected, code) in &numbers {
                match code {
                    0 => bits.long(*number),
                    1 => bits.plain(*number, 64),
                    2 => bits.plain(*number, length(*number)),
                    _ => bits.small(*number, *expected),
                }
            }
            let (bytes, written) = (bits.bytes(), bits.finish());
            prop_assert_eq!(written.len(), bytes);
            let mut reading = Reading::of(&written);
            for (number, expected, code) in numbers {
                let read = match code {
                    0 => reading.long(),
                    1 => reading.plain(64),
                    2 => reading.plain(length(number)),
                    _ => reading.small(expected),
                };
                prop_assert_eq!(read, Ok(number));
            }
            prop_assert!(reading.is_at_end());
        }

        #[test]
        fn a_distance_leads_back_and_is_small_for_what_is_near(number in any::<u64>(), before in number()) {
            prop_assert_eq!(at_distance(distance(number, before), before), number);
            prop_assert_eq!(distance(before.wrapping_add(3), before), 6);
            prop_assert_eq!(distance(before.wrapping_sub(3), before), 5);
        }

        #[test]
        fn bits_that_are_taken_away_leave_no_trace(before in number(), gone in number(), after in number()) {
            let written = |numbers: &[u64]| {
                let mut bits = Bits::default();
                numbers.iter().for_each(|number| bits.small(*number, 3));
                bits
            };
            let mut bits = written(&[before]);
            let mark = bits.mark();
            bits.small(gone, 9);
            bits.back_to(mark);
            bits.small(after, 3);
            prop_assert_eq!(bits.finish(), written(&[before, after]).finish());
        }
    }
}
