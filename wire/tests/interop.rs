//! Both ways with OpenTelemetry's own messages: they read what the crate writes, and the crate reads what they write.

use hogusu_model::{Histogram, SeriesData};
use opentelemetry_proto::tonic::metrics::v1::ExponentialHistogramDataPoint;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;

use crate::batch::Whole;
use crate::otlp::{decode, request};
use crate::samples;
use crate::strategies::{presence, whole};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn opentelemetry_reads_every_field_that_is_written(whole in whole()) {
        prop_assert_eq!(decode(&whole.encode()), request(&whole));
    }

    #[test]
    fn opentelemetry_reads_presence(whole in presence()) {
        prop_assert_eq!(decode(&whole.encode()), request(&whole));
    }

    #[test]
    fn what_opentelemetry_writes_is_read(whole in whole()) {
        prop_assert_eq!(Whole::read(&request(&whole).encode_to_vec()), Ok(whole));
    }

    #[test]
    fn what_opentelemetry_read_and_wrote_again_is_read(whole in whole()) {
        prop_assert_eq!(Whole::read(&decode(&whole.encode()).encode_to_vec()), Ok(whole));
    }

    #[test]
    fn a_stock_receiver_finds_each_duration_in_the_bucket_that_otlp_defines(durations in vec(1_000..4_000_000_000_000_u64, 1..40)) {
        let point = written(&durations);
        let mut expected = std::collections::BTreeMap::<i32, u64>::new();
        for nanos in &durations {
            *expected.entry(otlp_index(*nanos)).or_default() += 1;
        }
        let positive = point.positive.expect("buckets");
        let found = (positive.offset..).zip(positive.bucket_counts).filter(|(_, count)| *count > 0).collect();
        prop_assert_eq!(expected, found);
        prop_assert_eq!((point.count, point.zero_count), (durations.len() as u64, 0));
    }
}

/// The data point of a histogram of these durations, as a stock receiver sees it.
fn written(durations: &[u64]) -> ExponentialHistogramDataPoint {
    let mut whole = samples::minimal();
    let mut duration = Histogram::default();
    durations.iter().for_each(|nanos| duration.record(*nanos));
    whole
        .series
        .values_mut()
        .for_each(|data| *data = SeriesData { duration: duration.clone(), ..SeriesData::default() });
    let request = decode(&whole.encode());
    let metrics = &request.resource_metrics[0].scope_metrics[0].metrics;
    let data =
        metrics.iter().find(|metric| metric.name == "hogusu.request.duration").and_then(|metric| metric.data.clone());
    let Some(Data::ExponentialHistogram(histogram)) = data else { panic!("no exponential histogram") };
    histogram.data_points[0].clone()
}

/// OTLP's definition: bucket `index` holds values in (base^index, base^(index + 1)], where base is 2^(2^-scale). By
/// logarithm, so not for durations beside a bound, where a double may err; the model's laws are about those.
fn otlp_index(nanos: u64) -> i32 {
    let position = (nanos as f64 / 1e9).log2() * 8.0;
    position.ceil() as i32 - 1
}

#[test]
fn a_stock_receiver_sees_what_is_below_the_layout_as_zero_and_what_is_above_in_the_next_bucket() {
    let point = written(&[0, 953, 954, 4_096_000_000_000, 4_096_000_000_001, u64::from(u32::MAX) * 1_000]);
    assert_eq!((point.scale, point.count, point.zero_count), (3, 6, 2));
    assert!(point.zero_threshold >= 953e-9 && point.zero_threshold <= 2_f64.powi(-20));
    let positive = point.positive.expect("buckets");
    assert_eq!((positive.offset, positive.bucket_counts.len()), (-160, 257));
    assert_eq!((positive.bucket_counts[0], positive.bucket_counts[255], positive.bucket_counts[256]), (1, 1, 2));
    assert_eq!(point.negative, None);
}

#[test]
fn only_what_is_above_stands_alone_in_its_bucket() {
    let positive = written(&[5_000_000_000_000]).positive.expect("buckets");
    assert_eq!((positive.offset, positive.bucket_counts), (96, vec![1]));
}

#[test]
fn only_what_is_below_has_no_buckets() {
    let point = written(&[1, 2]);
    assert_eq!((point.zero_count, point.positive), (2, None));
}

#[test]
fn the_samples_are_the_same_request_by_either_writer() {
    for (name, whole) in samples::all() {
        assert_eq!(decode(&whole.encode()), request(&whole), "{name}");
    }
}
