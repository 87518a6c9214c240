//! Places of which there are so many in all, and so many for one party.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::peer::Party;

/// All of them.
#[derive(Debug, Clone)]
pub(super) struct Places {
    all: Arc<Semaphore>,
    of_party: usize,
    parties: Arc<Mutex<HashMap<Party, usize>>>,
}

/// One of them, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    party: Party,
    parties: Arc<Mutex<HashMap<Party, usize>>>,
    _one_of_all: OwnedSemaphorePermit,
}

impl Places {
    /// So many, of which a party has so many at most.
    pub(super) fn new(all: usize, of_party: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(all)), of_party, parties: Arc::default() }
    }

    /// One for this party, if there is one.
    pub(super) fn take(&self, party: Party) -> Option<Place> {
        let one_of_all = Arc::clone(&self.all).try_acquire_owned().ok()?;
        let mut parties = self.parties.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = parties.entry(party.clone()).or_default();
        if *taken >= self.of_party {
            return None;
        }
        *taken += 1;
        Some(Place { party, parties: Arc::clone(&self.parties), _one_of_all: one_of_all })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut parties = self.parties.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = parties.get_mut(&self.party) {
            *taken -= 1;
            if *taken == 0 {
                parties.remove(&self.party);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_party_has_more_than_its_part_and_what_is_given_back_is_there_again() {
        let places = Places::new(3, 2);
        let take = |name: &str| places.take(Party::Identity(name.into()));
        let (first, second) = (take("one").unwrap(), take("one").unwrap());
        assert!(take("one").is_none(), "one party has its part");
        let third = take("other").unwrap();
        assert!(take("third").is_none(), "there are no more");
        drop(first);
        assert!(take("third").is_some() && take("one").is_some());
        drop((second, third));
        assert!(places.parties.lock().unwrap().is_empty() && places.all.available_permits() == 3);
    }
}
