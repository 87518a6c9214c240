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
    usize::try_from(of_bytes(key) % PLACES as u64).unwrap_or(0)
}
