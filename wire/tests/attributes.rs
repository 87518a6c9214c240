//! A series' attributes: equal bytes if and only if equal keys, whatever the names hold.

use hogusu_model::SeriesKey;
use hogusu_wire::{encode_series, parse_series};
use proptest::prelude::*;
use proptest::sample::select;

use crate::strategies::{name, series_key};

/// Few names, some of them parts of others, so that pairs of keys are often nearly equal.
fn few_names() -> BoxedStrategy<String> {
    select(vec!["", "a", "aa", "a\0", "\u{12}"]).prop_map(str::to_owned).boxed()
}

proptest! {
    #[test]
    fn a_series_comes_back_from_its_attributes(key in series_key(name().boxed(), 0..=u16::MAX)) {
        prop_assert_eq!(parse_series(key.measure, &encode_series(&key)), Ok(key));
    }

    #[test]
    fn equal_bytes_mean_equal_keys(a in series_key(few_names(), 0..=1), b in series_key(few_names(), 0..=1)) {
        let b = SeriesKey { measure: a.measure, ..b };
        prop_assert_eq!(encode_series(&a) == encode_series(&b), a == b);
    }

    #[test]
    fn one_changed_part_changes_the_bytes(
        a in series_key(few_names(), 0..=1),
        other in series_key(few_names(), 0..=1),
        part in 0..PARTS.len(),
    ) {
        let mut b = a.clone();
        PARTS[part](&mut b, &other);
        prop_assert_eq!(encode_series(&a) == encode_series(&b), a == b);
    }
}

type Part = fn(&mut SeriesKey, &SeriesKey);

/// Every part of a key but its measure, which the metric's name says.
const PARTS: [Part; 19] = [
    |key, other| key.reporter = other.reporter,
    |key, other| key.protocol = other.protocol,
    |key, other| key.security = other.security,
    |key, other| key.tls_version = other.tls_version,
    |key, other| key.outcome = other.outcome,
    |key, other| key.answered_by = other.answered_by,
    |key, other| key.traffic = other.traffic,
    |key, other| key.overflow = other.overflow,
    |key, other| key.port = other.port,
    |key, other| key.service.port = other.service.port,
    |key, other| key.service.host.clone_from(&other.service.host),
    |key, other| key.own_principal.clone_from(&other.own_principal),
    |key, other| key.operation.clone_from(&other.operation),
    |key, other| key.peer.workload.clone_from(&other.peer.workload),
    |key, other| key.peer.canonical_service.clone_from(&other.peer.canonical_service),
    |key, other| key.peer.canonical_revision.clone_from(&other.peer.canonical_revision),
    |key, other| key.peer.principal.clone_from(&other.peer.principal),
    |key, other| key.peer.address.clone_from(&other.peer.address),
    |key, other| (key.port, key.service.port) = (other.service.port, other.port),
];

#[test]
fn the_same_key_always_has_the_same_bytes() {
    let whole = crate::samples::requests();
    for key in whole.series.keys() {
        assert_eq!(encode_series(key), encode_series(&key.clone()));
    }
}
