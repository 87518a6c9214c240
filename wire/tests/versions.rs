//! Older filter with newer collector, and the reverse: what is missing reads as its default, what is unknown is left out.

use hogusu_model::{BatchHeader, Counters, Outcome, Reason, Security, SeriesData, SeriesKey, TlsVersion};
use hogusu_wire::{Refusal, Resource, WIRE_VERSION, walk};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, ExponentialHistogram, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
    ResourceMetrics, Summary, number_data_point,
};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};

use crate::batch::Whole;
use crate::otlp::{attribute, decode, edited, metrics, text};
use crate::samples;

/// All attributes of all points.
fn each_point(resource_metrics: &mut ResourceMetrics, mut edit: impl FnMut(&mut Vec<KeyValue>)) {
    for metric in metrics(resource_metrics) {
        match &mut metric.data {
            Some(Data::ExponentialHistogram(histogram)) => {
                histogram.data_points.iter_mut().for_each(|point| edit(&mut point.attributes));
            }
            Some(Data::Sum(sum)) if !metric.name.starts_with("hogusu.sender.") => {
                sum.data_points.iter_mut().for_each(|point| edit(&mut point.attributes));
            }
            _ => {}
        }
    }
}

fn resource_attributes(resource_metrics: &mut ResourceMetrics) -> &mut Vec<KeyValue> {
    &mut resource_metrics.resource.as_mut().expect("a Resource").attributes
}

/// Puts a word in the place of an attribute's.
fn set(attributes: &mut [KeyValue], key: &str, word: &str) {
    for attribute in attributes.iter_mut().filter(|attribute| attribute.key == key) {
        *attribute = text(key, word);
    }
}

/// A batch of requests without what the configuration adds.
fn plain() -> Whole {
    let mut whole = samples::requests();
    let data = |data: &SeriesData| SeriesData { duration: data.duration.clone(), ..SeriesData::default() };
    whole.series = whole.series.iter().map(|(key, value)| (key.clone(), data(value))).collect();
    whole
}

#[test]
fn an_older_sender_s_batch_with_the_least_attributes_reads_with_defaults() {
    let whole = plain();
    let body = edited(&whole, |resource_metrics| {
        resource_metrics.schema_url.clear();
        resource_metrics.scope_metrics[0].scope = None;
        let needed = ["service.instance.id", "hogusu.proxy.id", "hogusu.hook", "hogusu.wire.version"];
        resource_attributes(resource_metrics).retain(|attribute| needed.contains(&attribute.key.as_str()));
        metrics(resource_metrics)
            .retain(|metric| ["hogusu.batch.sequence", "hogusu.request.duration"].contains(&metric.name.as_str()));
        let needed = ["hogusu.reporter", "hogusu.protocol", "hogusu.outcome", "hogusu.answered_by"];
        each_point(resource_metrics, |attributes| {
            attributes.retain(|attribute| needed.contains(&attribute.key.as_str()));
        });
    });
    let read = Whole::read(&body).expect("a batch");
    let header = BatchHeader { cumulative: 0, counters: Counters::default(), ..whole.header };
    assert_eq!(read.header, header);
    let proxy = hogusu_model::Proxy { id: whole.resource.proxy.id, ..hogusu_model::Proxy::default() };
    let none = String::new;
    let resource =
        Resource { proxy, filter_version: none(), filter_digest: none(), revision: none(), ..whole.resource };
    assert_eq!(read.resource, resource);
    for key in read.series.keys() {
        assert_eq!((key.security, key.tls_version, key.port), (Security::Unknown, TlsVersion::None, 0));
        assert!(key.peer == hogusu_model::Peer::default() && !key.overflow && key.own_principal.is_empty());
    }
    let count = |whole: &Whole| whole.series.values().map(|data| data.duration.count()).sum::<u64>();
    assert_eq!(count(&read), count(&plain()), "nothing is counted twice or lost");
}

#[test]
fn a_metric_that_an_older_sender_does_not_write_is_absent_not_zero() {
    let read = Whole::read(&plain().encode()).expect("a batch");
    assert!(read.series.values().all(|data| data.backend.is_none() && data.bytes.is_none() && data.attempts.is_none()));
}

#[test]
fn a_newer_sender_s_metrics_and_attributes_are_left_out() {
    let whole = samples::requests();
    let body = edited(&whole, |resource_metrics| {
        resource_attributes(resource_metrics).extend(unknown_attributes());
        each_point(resource_metrics, |attributes| attributes.extend(unknown_attributes()));
        metrics(resource_metrics).extend(unknown_metrics());
    });
    assert_eq!(Whole::read(&body), Ok(whole));
}

#[test]
fn unknown_attributes_between_known_ones_are_left_out() {
    let whole = samples::requests();
    let body = edited(&whole, |resource_metrics| {
        each_point(resource_metrics, |attributes| {
            for (at, unknown) in unknown_attributes().into_iter().enumerate() {
                attributes.insert((2 * at).min(attributes.len()), unknown);
            }
        });
        resource_attributes(resource_metrics).insert(0, text("hogusu.unheard.of", "x"));
        metrics(resource_metrics).rotate_right(3);
    });
    assert_eq!(Whole::read(&body), Ok(whole));
}

fn unknown_attributes() -> Vec<KeyValue> {
    let word = AnyValue { value: Some(Any::StringValue("x".into())) };
    vec![
        text("hogusu.unheard.of", "x"),
        attribute("hogusu.unheard.number", Any::IntValue(-1)),
        attribute("hogusu.unheard.flag", Any::BoolValue(true)),
        attribute("hogusu.unheard.share", Any::DoubleValue(0.5)),
        attribute("hogusu.unheard.bytes", Any::BytesValue(vec![0, 255])),
        attribute("hogusu.unheard.list", Any::ArrayValue(ArrayValue { values: vec![word] })),
        attribute("hogusu.unheard.map", Any::KvlistValue(KeyValueList { values: vec![text("a", "b")] })),
        KeyValue { key: "hogusu.unheard.nothing".into(), ..KeyValue::default() },
    ]
}

fn unknown_metrics() -> Vec<Metric> {
    let delta = AggregationTemporality::Delta as i32;
    let point = NumberDataPoint { value: Some(number_data_point::Value::AsDouble(0.5)), ..NumberDataPoint::default() };
    let histogram = HistogramDataPoint { count: 1, bucket_counts: vec![1], ..HistogramDataPoint::default() };
    let exponential = ExponentialHistogram { aggregation_temporality: delta, ..ExponentialHistogram::default() };
    [
        Data::Gauge(Gauge { data_points: vec![point] }),
        Data::Histogram(Histogram { data_points: vec![histogram], aggregation_temporality: delta }),
        Data::ExponentialHistogram(exponential),
        Data::Summary(Summary::default()),
    ]
    .into_iter()
    .map(|data| Metric { name: "hogusu.unheard.of".into(), data: Some(data), ..Metric::default() })
    .collect()
}

#[test]
fn a_newer_sender_s_words_read_as_other_and_unknown() {
    let body = edited(&samples::requests(), |resource_metrics| {
        each_point(resource_metrics, |attributes| {
            set(attributes, "hogusu.outcome", "quarantined");
            attributes.push(text("hogusu.reason", "too_wet"));
            set(attributes, "hogusu.security", "post_quantum");
            set(attributes, "hogusu.tls.version", "TLSv1.4");
        });
    });
    let read = Whole::read(&body).expect("a batch");
    let is_other =
        |key: &SeriesKey| (key.outcome, key.reason, key.security) == (Outcome::Other, Reason::Other, Security::Unknown);
    assert!(read.series.keys().all(is_other));
    assert!(read.series.keys().any(|key| key.tls_version == TlsVersion::Other));
    let count = |whole: &Whole| whole.series.values().map(|data| data.duration.count()).sum::<u64>();
    assert_eq!(count(&read), count(&samples::requests()), "counted, though not understood");
}

#[test]
fn words_that_say_what_a_count_means_are_never_guessed() {
    for (key, word) in [
        ("hogusu.reporter", "waypoint"),
        ("hogusu.protocol", "redis"),
        ("hogusu.answered_by", "cache"),
        ("hogusu.traffic", "mirror"),
    ] {
        let mut whole = samples::requests();
        whole.series.retain(|series, _| series.traffic == hogusu_model::Traffic::Probe);
        let body = edited(&whole, |resource_metrics| each_point(resource_metrics, |points| set(points, key, word)));
        assert_eq!(Whole::read(&body), Err(Refusal::Value { field: key, value: word.into() }));
    }
    let body = edited(&samples::requests(), |resource_metrics| {
        set(resource_attributes(resource_metrics), "hogusu.hook", "network_filter");
    });
    assert_eq!(Whole::read(&body), Err(Refusal::Value { field: "hogusu.hook", value: "network_filter".into() }));
}

#[test]
fn a_higher_wire_version_is_read_and_said() {
    let mut whole = samples::requests();
    whole.resource.wire_version = WIRE_VERSION + 6;
    assert_eq!(Whole::read(&whole.encode()), Ok(whole));
}

#[test]
fn there_is_no_wire_version_below_1() {
    let mut whole = samples::requests();
    whole.resource.wire_version = 0;
    let refusal = Err(Refusal::Value { field: "hogusu.wire.version", value: "0".into() });
    assert_eq!(Whole::read(&whole.encode()), refusal);
}

/// Unknown fields of every wire type.
fn unknown_fields() -> Vec<u8> {
    let mut out = Vec::new();
    encode_key(1_000, WireType::Varint, &mut out);
    encode_varint(u64::MAX, &mut out);
    encode_key(1_001, WireType::SixtyFourBit, &mut out);
    out.extend_from_slice(&[1; 8]);
    encode_key(1_002, WireType::LengthDelimited, &mut out);
    out.extend_from_slice(&[2, 0xff, 0xff]);
    encode_key(1_003, WireType::ThirtyTwoBit, &mut out);
    out.extend_from_slice(&[1; 4]);
    out
}

/// Appends unknown fields to the message at the end of a path of field numbers, first of each.
fn with_unknown(message: &[u8], path: &[u32]) -> Vec<u8> {
    let Some((next, deeper)) = path.split_first() else { return [message, &unknown_fields()].concat() };
    let (mut rest, mut out, mut is_done) = (message, Vec::new(), false);
    while !rest.is_empty() {
        let before = rest;
        let (number, wire_type) = prost::encoding::decode_key(&mut rest).expect("a key");
        if wire_type == WireType::LengthDelimited && number == *next && !is_done {
            let len = usize::try_from(prost::encoding::decode_varint(&mut rest).expect("a length")).expect("a length");
            let inner = with_unknown(&rest[..len], deeper);
            encode_key(number, wire_type, &mut out);
            encode_varint(inner.len() as u64, &mut out);
            out.extend_from_slice(&inner);
            (rest, is_done) = (&rest[len..], true);
        } else {
            let context = prost::encoding::DecodeContext::default();
            prost::encoding::skip_field(wire_type, number, &mut rest, context).expect("a field");
            out.extend_from_slice(&before[..before.len() - rest.len()]);
        }
    }
    assert!(is_done, "no field {next}");
    out
}

#[test]
fn unknown_fields_of_every_message_are_passed_over() {
    let whole = samples::requests();
    // Durations first, so that "first of each" is a histogram's.
    let body = edited(&whole, |resource_metrics| {
        metrics(resource_metrics).sort_by_key(|metric| metric.name != "hogusu.request.duration");
    });
    let (resource, scope, metric) = (&[1, 1][..], &[1, 2, 1][..], [1, 2, 2]);
    let below = |rest: &[u32]| [&metric, rest].concat();
    for path in [
        vec![],
        vec![1],
        resource.to_vec(),
        [resource, &[1]].concat(),
        [resource, &[1, 2]].concat(),
        vec![1, 2],
        scope.to_vec(),
        metric.to_vec(),
        below(&[10]),
        below(&[10, 1]),
        below(&[10, 1, 1]),
        below(&[10, 1, 1, 2]),
        below(&[10, 1, 8]),
    ] {
        let changed = with_unknown(&body, &path);
        decode(&changed);
        assert_eq!(Whole::read(&changed).as_ref(), Ok(&whole), "in {path:?}");
    }
}

#[test]
fn a_sender_s_id_is_read_without_the_rest_of_its_resource() {
    let whole = samples::requests();
    let body = decode(&whole.encode()).encode_to_vec();
    assert_eq!(walk(&body).expect("a batch").sender, whole.resource.sender);
}
