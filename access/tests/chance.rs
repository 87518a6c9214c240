//! Numbers that look random and are the same in each run (xorshift).

#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn from(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From 0 to one below.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    pub(crate) fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    pub(crate) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// One to three of them.
    pub(crate) fn some<T: Copy>(&mut self, all: &[T]) -> Vec<T> {
        (0..=self.below(3)).map(|_| self.of(all)).collect()
    }
}
