//! A bounded cache of what a connection fixes: byte key -> edge. An entry lives for one epoch (a flush interval) at most
//! and is overwritten when two keys meet in one place: then the edge is simply read again. Nothing is ever cleared in bulk.

use crate::hash::of_bytes;

/// Places; a power of two.
const PLACES: usize = 2048;

#[derive(Debug, Default)]
pub(crate) struct Cache {
    places: Vec<Place>,
}

#[derive(Debug, Clone, Default)]
struct Place {
    key: Vec<u8>,
    /// Epoch of the entry; 0 is no epoch.
    epoch: u32,
    edge: u32,
}

impl Cache {
    /// The edge of `key`, if it was put in this epoch.
    pub(crate) fn get(&self, key: &[u8], epoch: u32) -> Option<u32> {
        let place = self.places.get(index(key))?;
        (place.epoch == epoch && place.key == key).then_some(place.edge)
    }

    /// Remembers an edge for the rest of the epoch.
    pub(crate) fn put(&mut self, key: &[u8], epoch: u32, edge: u32) {
        if self.places.is_empty() {
            self.places.resize(PLACES, Place::default());
        }
        if let Some(place) = self.places.get_mut(index(key)) {
            place.key.clear();
            place.key.extend_from_slice(key);
            (place.epoch, place.edge) = (epoch, edge);
        }
    }
}

fn index(key: &[u8]) -> usize {
    // The upper bits: they depend on all of the key's.
    usize::try_from(of_bytes(key) >> (u64::BITS - PLACES.ilog2())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn an_entry_lives_for_its_epoch() {
        let mut cache = Cache::default();
        assert_eq!(cache.get(b"a", 1), None);
        cache.put(b"a", 1, 7);
        assert_eq!((cache.get(b"a", 1), cache.get(b"a", 2), cache.get(b"b", 1)), (Some(7), None, None));
    }

    #[test]
    fn keys_that_meet_in_one_place_are_never_taken_for_each_other() {
        let mut cache = Cache::default();
        for key in 0..100_000_u64 {
            cache.put(&key.to_le_bytes(), 1, u32::try_from(key).expect("small"));
        }
        let found =
            (0..100_000_u64).filter_map(|key| Some((key, cache.get(&key.to_le_bytes(), 1)?))).collect::<Vec<_>>();
        assert!(found.iter().all(|(key, edge)| *key == u64::from(*edge)));
        assert!(found.len() > PLACES / 2, "{} of {PLACES} places are in use", found.len());
    }

    #[test]
    fn connections_numbered_in_a_row_spread_over_the_places() {
        let places: std::collections::BTreeSet<_> = (0..2048_u64).map(|id| index(&id.to_le_bytes())).collect();
        assert!(places.len() > 1_200, "{} places for 2,048 connections", places.len());
    }
}
