//! A bounded cache of what a connection fixes: byte key -> edge. An entry lives for one epoch (a flush interval) at most, unless
//! it is asked for as an earlier one's, and is overwritten when two keys meet in one place: then the edge is simply read again. Nothing is ever cleared in bulk.

use crate::hash::of_bytes;

/// Places; a power of two.
const PLACES: usize = 2048;

/// What is known of a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cached {
    pub(crate) edge: u32,
    /// False while its source is in doubt.
    pub(crate) is_sure: bool,
    /// True when exchanges on it named themselves probe or telemetry: each is asked whose it is.
    pub(crate) is_shared: bool,
}

/// Epochs for which an edge surely is what it was: no sweep forgets one that was in use so lately.
const LATELY: u32 = 2;

#[derive(Debug, Default)]
pub(crate) struct Cache {
    places: Vec<Place>,
}

#[derive(Debug, Clone, Default)]
struct Place {
    key: Vec<u8>,
    /// Epoch of the entry; 0 is no epoch.
    epoch: u32,
    cached: Cached,
}

impl Cache {
    /// What was put for `key` in this epoch.
    pub(crate) fn get(&self, key: &[u8], epoch: u32) -> Option<Cached> {
        let place = self.places.get(index(key))?;
        (place.epoch == epoch && place.key == key).then_some(place.cached)
    }

    /// What an epoch shortly before this one was sure of.
    pub(crate) fn earlier(&self, key: &[u8], epoch: u32) -> Option<Cached> {
        let place = self.places.get(index(key))?;
        let is_late = place.epoch > 0 && (1..=LATELY).contains(&epoch.wrapping_sub(place.epoch));
        (is_late && place.cached.is_sure && place.key == key).then_some(place.cached)
    }

    /// Remembers an edge for the rest of the epoch.
    pub(crate) fn put(&mut self, key: &[u8], epoch: u32, cached: Cached) {
        if self.places.is_empty() {
            self.places.resize(PLACES, Place::default());
        }
        if let Some(place) = self.places.get_mut(index(key)) {
            place.key.clear();
            place.key.extend_from_slice(key);
            (place.epoch, place.cached) = (epoch, cached);
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

    fn sure(edge: u32) -> Cached {
        Cached { edge, is_sure: true, is_shared: false }
    }

    #[test]
    fn an_entry_lives_for_its_epoch() {
        let mut cache = Cache::default();
        assert_eq!(cache.get(b"a", 1), None);
        cache.put(b"a", 1, sure(7));
        assert_eq!((cache.get(b"a", 1), cache.get(b"a", 2), cache.get(b"b", 1)), (Some(sure(7)), None, None));
    }

    #[test]
    fn what_was_sure_lately_is_known_and_what_was_in_doubt_or_long_ago_is_not() {
        let mut cache = Cache::default();
        cache.put(b"a", 1, sure(7));
        cache.put(b"b", 1, Cached { is_sure: false, ..sure(8) });
        assert_eq!([1, 2, 3, 4].map(|epoch| cache.earlier(b"a", epoch)), [None, Some(sure(7)), Some(sure(7)), None]);
        assert_eq!((cache.earlier(b"b", 2), cache.earlier(b"c", 2)), (None, None));
    }

    #[test]
    fn keys_that_meet_in_one_place_are_never_taken_for_each_other() {
        let mut cache = Cache::default();
        for key in 0..100_000_u64 {
            cache.put(&key.to_le_bytes(), 1, sure(u32::try_from(key).expect("small")));
        }
        let found =
            (0..100_000_u64).filter_map(|key| Some((key, cache.get(&key.to_le_bytes(), 1)?.edge))).collect::<Vec<_>>();
        assert!(found.iter().all(|(key, edge)| *key == u64::from(*edge)));
        assert!(found.len() > PLACES / 2, "{} of {PLACES} places are in use", found.len());
    }

    #[test]
    fn connections_numbered_in_a_row_spread_over_the_places() {
        let places: std::collections::BTreeSet<_> = (0..2048_u64).map(|id| index(&id.to_le_bytes())).collect();
        assert!(places.len() > 1_200, "{} places for 2,048 connections", places.len());
    }
}
