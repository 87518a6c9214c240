//! An epoch as it is kept: plain values, and what must hold of them before they are believed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::epoch::{Epoch, Kept};
use crate::graph::{End, Lane};
use crate::key::Key;
use crate::{COLUMNS, PLACES};

/// An epoch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochRecord {
    /// Ends that had a place when it began.
    pub began_with: u64,
    /// Ends that got one since.
    pub added: u64,
    /// By name.
    pub lanes: Vec<LaneRecord>,
    /// By lane, kind and name.
    pub places: Vec<PlaceRecord>,
}

/// A lane.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaneRecord {
    /// Kubernetes cluster.
    pub cluster: String,
    /// Namespace.
    pub namespace: String,
    /// Its key, in steps of 2^-20.
    pub key: i64,
}

/// A place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceRecord {
    /// Place of its lane among the lanes, from 0.
    pub lane: usize,
    /// What stands there.
    pub kind: String,
    /// What it is called.
    pub name: String,
    /// Its column.
    pub column: i32,
    /// The key of its row, in steps of 2^-20.
    pub row: i64,
    /// The day on which it was last seen.
    pub seen: u32,
}

/// Why a record is no epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// There are too many places.
    #[error("it has more than {PLACES} places")]
    TooMany,
    /// A lane is there twice, or has a key that none has.
    #[error("lane {0} is there twice, or has no key of its own")]
    Lane(usize),
    /// A place is there twice, in no lane, or where none can be.
    #[error("place {0} is in no lane, beyond the last column, or taken")]
    Place(usize),
}

impl Epoch {
    /// As it is kept.
    #[must_use]
    pub fn record(&self) -> EpochRecord {
        let numbers: BTreeMap<&Lane, usize> = self.lanes.keys().zip(0..).collect();
        let lane = |(lane, key): (&Lane, &Key)| {
            let Lane { cluster, namespace } = lane.clone();
            LaneRecord { cluster, namespace, key: key.steps() }
        };
        let place = |(end, kept): (&End, &Kept)| PlaceRecord {
            lane: numbers.get(&end.lane).copied().unwrap_or_default(),
            kind: end.kind.clone(),
            name: end.name.clone(),
            column: kept.column,
            row: kept.row.steps(),
            seen: kept.seen,
        };
        EpochRecord {
            began_with: self.began_with,
            added: self.added,
            lanes: self.lanes.iter().map(lane).collect(),
            places: self.places.iter().map(place).collect(),
        }
    }

    /// From what was kept.
    ///
    /// # Errors
    /// When that is no epoch.
    pub fn restored(record: EpochRecord) -> Result<Self, Wrong> {
        let EpochRecord { began_with, added, lanes: kept_lanes, places: kept_places } = record;
        if kept_places.len() > PLACES {
            return Err(Wrong::TooMany);
        }
        let (mut lanes, mut keys, mut names) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
        for (number, LaneRecord { cluster, namespace, key }) in kept_lanes.into_iter().enumerate() {
            let (lane, key) = (Lane { cluster, namespace }, Key::of_steps(key).ok_or(Wrong::Lane(number))?);
            names.push(lane.clone());
            if !keys.insert(key) || lanes.insert(lane, key).is_some() {
                return Err(Wrong::Lane(number));
            }
        }
        let (mut places, mut taken) = (BTreeMap::new(), BTreeSet::new());
        for (number, PlaceRecord { lane, kind, name, column, row, seen }) in kept_places.into_iter().enumerate() {
            let wrong = Wrong::Place(number);
            let row = Key::of_steps(row).ok_or(wrong)?;
            let end = End { lane: names.get(lane).cloned().ok_or(wrong)?, kind, name };
            let is_free = (-COLUMNS..COLUMNS).contains(&column) && taken.insert((lane, column, row));
            if !is_free || places.insert(end, Kept { column, row, seen }).is_some() {
                return Err(wrong);
            }
        }
        Ok(Self { lanes, places, began_with, added })
    }
}
