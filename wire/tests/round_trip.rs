//! What is written is what is read.

use std::collections::BTreeMap;

use hogusu_model::{Histogram, Measure, SeriesData};
use hogusu_wire::{BatchWriter, encode_resource, encode_series, walk};
use proptest::prelude::*;

use crate::batch::Whole;
use crate::samples;
use crate::strategies::{presence, whole};

/// Series by their attributes' bytes, as the hot path keys them.
type ByBytes = BTreeMap<(Measure, Vec<u8>), SeriesData>;

proptest! {
    #[test]
    fn a_batch_comes_back_as_it_was_written(whole in whole()) {
        prop_assert_eq!(Whole::read(&whole.encode()), Ok(whole));
    }

    #[test]
    fn presence_comes_back_as_it_was_written(whole in presence()) {
        prop_assert_eq!(Whole::read(&whole.encode()), Ok(whole));
    }

    #[test]
    fn every_point_of_a_series_has_the_bytes_that_encode_series_wrote(whole in whole()) {
        let body = whole.encode();
        let mut read = ByBytes::new();
        for point in walk(&body).expect("a batch").points {
            point.value.add_to(read.entry((point.measure, point.attributes.into_owned())).or_default());
        }
        let written: ByBytes =
            whole.series.into_iter().map(|(key, data)| ((key.measure, encode_series(&key)), data)).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn the_resource_s_bytes_are_the_same_in_every_batch_of_a_sender(whole in whole()) {
        let later = Whole { series: BTreeMap::new(), header: samples::requests().header, ..whole.clone() };
        let (early, late) = (whole.encode(), later.encode());
        prop_assert_eq!(walk(&early).expect("a batch").resource, walk(&late).expect("a batch").resource);
    }
}

#[test]
fn attributes_of_histograms_are_borrowed_from_the_body() {
    let body = samples::requests().encode();
    let batch = walk(&body).expect("a batch");
    let owned = |point: &hogusu_wire::Point<'_>| matches!(point.attributes, std::borrow::Cow::Owned(_));
    let is_histogram = |point: &hogusu_wire::Point<'_>| {
        matches!(point.value, hogusu_wire::Value::Duration(..) | hogusu_wire::Value::Backend(_))
    };
    assert!(batch.points.iter().any(is_histogram));
    assert!(!batch.points.iter().any(|point| is_histogram(point) && owned(point)));
}

/// The histogram that comes back after a journey of its own.
fn returned(histogram: &Histogram) -> Histogram {
    let whole = samples::requests();
    let key = whole.series.keys().find(|key| key.measure == Measure::Request).expect("a request").clone();
    let data = SeriesData { duration: histogram.clone(), ..SeriesData::default() };
    let whole = Whole { series: BTreeMap::from([(key, data)]), ..whole };
    let read = Whole::read(&whole.encode()).expect("a batch");
    read.series.into_values().next().expect("a series").duration
}

#[test]
fn histograms_at_the_ends_of_the_layout_come_back() {
    let run = |first, counts: &[u64]| Histogram::from_parts(0, 0, first, counts.to_vec(), 7).expect("a run");
    let with = |below, above, first, counts: &[u64]| {
        Histogram::from_parts(below, above, first, counts.to_vec(), 7).expect("a run")
    };
    for histogram in [
        Histogram::default(),
        run(0, &[1]),
        run(255, &[1]),
        run(0, &[1; 256]),
        run(3, &[0, 0, 5, 0, 0]),
        with(1, 0, 0, &[]),
        with(0, 1, 0, &[]),
        with(1, 1, 0, &[]),
        with(0, 1, 0, &[1]),
        with(0, 1, 255, &[1]),
        with(2, 3, 0, &[1; 256]),
        with(u64::MAX, u64::MAX, 100, &[u64::MAX, 1]),
    ] {
        assert_eq!(returned(&histogram), histogram);
    }
}

#[test]
fn a_part_of_a_large_batch_covers_no_time() {
    let mut whole = samples::requests();
    whole.header.end = whole.header.start;
    assert_eq!(Whole::read(&whole.encode()), Ok(whole));
}

#[test]
fn a_sender_may_end_before_its_first_exchange() {
    let mut whole = samples::presence();
    whole.header.last = true;
    let read = Whole::read(&whole.encode()).expect("a batch");
    assert_eq!((read.header.sequence, read.header.last), (0, true));
}

#[test]
fn what_a_measure_has_no_metric_for_is_left_out() {
    let whole = samples::attempts();
    let key = whole.series.keys().next().expect("a series").clone();
    let full = SeriesData {
        backend: Some(Histogram::default()),
        bytes: Some((1, 2)),
        attempts: Some(3),
        ..SeriesData::default()
    };
    for (measure, bytes) in [(Measure::Attempt, None), (Measure::Connection, Some((1, 2)))] {
        let key = hogusu_model::SeriesKey { measure, ..key.clone() };
        let sent = Whole { series: BTreeMap::from([(key.clone(), full.clone())]), ..whole.clone() };
        let read = Whole::read(&sent.encode()).expect("a batch");
        let expected = SeriesData { bytes, ..SeriesData::default() };
        assert_eq!(read.series, BTreeMap::from([(key, expected)]), "{measure}");
    }
}

#[test]
fn numbers_beyond_what_otlp_holds_arrive_as_its_largest() {
    let mut whole = samples::requests();
    whole.header.counters.retried = u64::MAX;
    whole.series.values_mut().for_each(|data| data.bytes = Some((u64::MAX, 0)));
    let read = Whole::read(&whole.encode()).expect("a batch");
    let largest = i64::MAX.cast_unsigned();
    assert_eq!(read.header.counters.retried, largest);
    assert!(read.series.values().all(|data| data.bytes == Some((largest, 0))));
}

#[test]
fn a_writer_knows_whether_it_holds_a_series() {
    let whole = samples::requests();
    let mut writer = BatchWriter::new(0, 1);
    assert!(writer.is_empty());
    let (key, data) = whole.series.first_key_value().expect("a series");
    writer.series(key.measure, &encode_series(key), data);
    assert!(!writer.is_empty() && writer.len() < writer.finish(&encode_resource(&whole.resource), &whole.header).len());
}
