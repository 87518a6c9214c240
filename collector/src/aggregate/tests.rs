//! A dictionary at its bound is emptied by the commit that it makes.

use std::sync::Arc;

use hogusu_model::{AnsweredBy, Measure, Outcome, Protocol, Reporter as Side, SeriesKey};

use super::*;
use crate::limits;

fn key() -> SeriesKey {
    SeriesKey::new(Measure::Request, Side::Source, Protocol::Http, Outcome::Ok, AnsweredBy::Upstream)
}

/// At exactly the bound every batch made a commit, and none made room.
#[test]
fn the_commit_that_a_full_dictionary_makes_empties_it() {
    let mut aggregate = Aggregate::default();
    for number in 0..limits::KNOWN_SERIES as u64 {
        assert_eq!(aggregate.crowding(), 0);
        aggregate.dictionary.series(Arc::from(&number.to_le_bytes()[..]), key());
    }
    assert_eq!(aggregate.crowding(), 1);
    drop(aggregate.begin_commit(1, 0));
    aggregate.committed(0);
    assert_eq!((aggregate.crowding(), aggregate.dictionary.len(), aggregate.dictionary.bytes()), (0, 0, 0));
}

#[test]
fn long_names_make_a_commit_before_there_are_many_of_them() {
    let mut aggregate = Aggregate::default();
    let mut number = 0_u32;
    while aggregate.crowding() == 0 {
        let mut attributes = vec![0; limits::ATTRIBUTE_BYTES];
        attributes.splice(..4, number.to_le_bytes());
        aggregate.dictionary.series(Arc::from(attributes), key());
        number += 1;
    }
    assert!(number as usize <= limits::KNOWN_BYTES / limits::ATTRIBUTE_BYTES, "{number}");
    drop(aggregate.begin_commit(1, 0));
    aggregate.committed(0);
    assert_eq!(aggregate.crowding(), 0);
}
