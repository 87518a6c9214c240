//! Numbers that look random, the same in each run of one seed; and which seed that is.

use anyhow::{Context, Result};

/// Splitmix64.
#[derive(Debug)]
pub struct Chance(u64);

impl Chance {
    /// One for each part of a run.
    pub fn of(seed: u64, part: u64) -> Self {
        Self(seed ^ part.wrapping_mul(0x2545_f491_4f6c_dd1d))
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap_or_default() % end
    }

    /// Once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// A number of the environment.
pub fn given(name: &str) -> Result<Option<u64>> {
    std::env::var(name).ok().map(|text| text.parse().with_context(|| format!("{name}={text}"))).transpose()
}

/// `HOGUSU_SEED`, or the commit's own.
pub fn seed() -> Result<u64> {
    Ok(given("HOGUSU_SEED")?.unwrap_or_else(seed_of_commit))
}

/// Others for each commit, and the same wherever it is tested; 1 where nobody knows the commit.
fn seed_of_commit() -> u64 {
    let said = std::process::Command::new("git").args(["rev-parse", "--short=8", "HEAD"]).output();
    let commit = said.ok().and_then(|said| String::from_utf8(said.stdout).ok()).unwrap_or_default();
    u64::from_str_radix(commit.trim(), 16).unwrap_or(1)
}
