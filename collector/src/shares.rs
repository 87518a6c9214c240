//! Bytes that many share: a bound on their sum, and on what one party has of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::peer::Party;

/// What is shared.
#[derive(Debug, Clone)]
pub struct Shares {
    bytes: usize,
    of_party: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    sum: usize,
    parties: HashMap<Party, usize>,
}

/// A share of it, given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    shares: Shares,
    party: Party,
    bytes: usize,
}

/// There is nothing left for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted;

impl Shares {
    /// So many bytes in all, of which a party has half at most.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { bytes, of_party: bytes / 2, taken: Arc::default() }
    }

    /// An empty share.
    #[must_use]
    pub fn share(&self, party: Party) -> Share {
        Share { shares: self.clone(), party, bytes: 0 }
    }

    /// Bytes that are taken.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).sum
    }
}

impl Share {
    /// What its party may have at most.
    #[must_use]
    pub const fn most(&self) -> usize {
        self.shares.of_party
    }

    /// Takes so many bytes more.
    ///
    /// # Errors
    /// When that is beyond a bound; then nothing more is taken.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let mut taken = self.shares.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = taken.sum.saturating_add(bytes);
        let of_party = taken.parties.get(&self.party).copied().unwrap_or_default().saturating_add(bytes);
        if sum > self.shares.bytes || of_party > self.shares.of_party {
            return Err(Exhausted);
        }
        taken.sum = sum;
        taken.parties.insert(self.party.clone(), of_party);
        self.bytes = self.bytes.saturating_add(bytes);
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.shares.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.sum = taken.sum.saturating_sub(self.bytes);
        let left = taken.parties.get(&self.party).copied().unwrap_or_default().saturating_sub(self.bytes);
        if left == 0 {
            taken.parties.remove(&self.party);
        } else {
            taken.parties.insert(self.party.clone(), left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(name: &str) -> Party {
        Party::Identity(name.into())
    }

    #[test]
    fn one_party_has_half_and_what_it_gives_back_is_there_again() {
        let shares = Shares::new(100);
        let (mut one, mut another) = (shares.share(party("one")), shares.share(party("one")));
        assert_eq!((one.grow(30), another.grow(21), another.grow(20)), (Ok(()), Err(Exhausted), Ok(())));
        let mut other = shares.share(party("other"));
        assert_eq!((other.grow(51), other.grow(50), shares.taken()), (Err(Exhausted), Ok(()), 100));
        assert_eq!(shares.share(party("third")).grow(1), Err(Exhausted));
        drop(one);
        assert_eq!((shares.taken(), another.grow(30)), (70, Ok(())));
        drop((another, other));
        assert_eq!(shares.taken(), 0);
    }
}
