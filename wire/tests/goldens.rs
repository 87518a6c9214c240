//! Bytes of wire version 1 as they are, and what they say in words. A golden is written once and never changed: a newer
//! writer must still be read by an older reader, and these files stand for both.
//!
//! `HOGUSU_BLESS=1` writes those that are missing, and only those; the run after it compares.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{ExponentialHistogramDataPoint, Metric, NumberDataPoint, exemplar};

use crate::batch::Whole;
use crate::otlp::decode;
use crate::samples;

fn golden(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1").join(file)
}

fn content(file: &str) -> String {
    fs::read_to_string(golden(file))
        .unwrap_or_else(|error| panic!("{file}: {error}; HOGUSU_BLESS=1 writes a new golden"))
}

/// Compares with the golden; writes it when it is missing and `HOGUSU_BLESS` is set.
fn assert_golden(file: &str, now: &str) {
    if std::env::var_os("HOGUSU_BLESS").is_some() && !golden(file).exists() {
        fs::create_dir_all(golden("")).expect("a folder");
        fs::write(golden(file), now).expect("a written golden");
    }
    assert_eq!(content(file), now, "{file}");
}

/// The body that a golden holds.
pub(crate) fn body(name: &str) -> Vec<u8> {
    let hex: Vec<u8> = content(&format!("{name}.hex")).bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal");
    hex.chunks(2).map(byte).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.chunks(40).fold(String::new(), |mut out, line| {
        line.iter().for_each(|byte| write!(out, "{byte:02x}").expect("a string takes everything"));
        out + "\n"
    })
}

#[test]
fn the_writer_writes_the_bytes_of_the_goldens() {
    for (name, whole) in samples::all() {
        assert_golden(&format!("{name}.hex"), &hex(&whole.encode()));
    }
}

#[test]
fn the_reader_reads_the_goldens() {
    for (name, whole) in samples::all() {
        assert_eq!(Whole::read(&body(name)), Ok(whole), "{name}");
    }
}

#[test]
fn the_goldens_say_what_their_texts_say() {
    for (name, _) in samples::all() {
        assert_golden(&format!("{name}.txt"), &describe(&body(name)));
    }
}

/// A body in words, by OpenTelemetry's own messages.
fn describe(body: &[u8]) -> String {
    let request = decode(body);
    let mut lines = vec![format!("{} bytes", body.len())];
    for resource in &request.resource_metrics {
        lines.push(format!("resource, schema {}", resource.schema_url));
        let attributes = resource.resource.iter().flat_map(|resource| &resource.attributes);
        lines.extend(attributes.map(|attribute| format!("  {}", in_words(attribute))));
        for scope in &resource.scope_metrics {
            let named = scope.scope.clone().unwrap_or_default();
            lines.push(format!("scope {} {}", named.name, named.version));
            scope.metrics.iter().for_each(|metric| describe_metric(&mut lines, metric));
        }
    }
    lines.join("\n") + "\n"
}

fn in_words(attribute: &KeyValue) -> String {
    let value = match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Any::StringValue(text)) => format!("{text:?}"),
        Some(Any::IntValue(number)) => number.to_string(),
        Some(Any::BoolValue(flag)) => flag.to_string(),
        other => format!("{other:?}"),
    };
    format!("{} = {value}", attribute.key)
}

fn describe_metric(lines: &mut Vec<String>, metric: &Metric) {
    let (kind, points) = match &metric.data {
        Some(Data::Gauge(gauge)) => ("gauge".to_owned(), gauge.data_points.iter().map(describe_number).collect()),
        Some(Data::Sum(sum)) => {
            let kind = format!("sum, temporality {}, monotonic {}", sum.aggregation_temporality, sum.is_monotonic);
            (kind, sum.data_points.iter().map(describe_number).collect())
        }
        Some(Data::ExponentialHistogram(histogram)) => {
            let kind = format!("exponential histogram, temporality {}", histogram.aggregation_temporality);
            (kind, histogram.data_points.iter().map(describe_histogram).collect())
        }
        other => (format!("{other:?}"), Vec::<String>::new()),
    };
    lines.push(format!("metric {} [{}] {kind}", metric.name, metric.unit));
    lines.extend(points);
}

fn describe_number(point: &NumberDataPoint) -> String {
    let value = match point.value {
        Some(Number::AsInt(value)) => value.to_string(),
        other => format!("{other:?}"),
    };
    let head = format!("  {value}  from {} to {}", point.start_time_unix_nano, point.time_unix_nano);
    with_attributes(head, &point.attributes)
}

fn describe_histogram(point: &ExponentialHistogramDataPoint) -> String {
    let mut head = format!(
        "  count {} sum {:?} s  scale {} zero {} (up to {:?} s)  from {} to {}",
        point.count,
        point.sum.unwrap_or_default(),
        point.scale,
        point.zero_count,
        point.zero_threshold,
        point.start_time_unix_nano,
        point.time_unix_nano,
    );
    if let Some(buckets) = &point.positive {
        let counted = (buckets.offset..).zip(&buckets.bucket_counts).filter(|(_, count)| **count > 0);
        let counted: Vec<String> = counted.map(|(index, count)| format!("{index}:{count}")).collect();
        let end = buckets.offset + i32::try_from(buckets.bucket_counts.len()).expect("a length");
        write!(head, "\n    buckets {} to {end}: {}", buckets.offset, counted.join(" ")).expect("a string");
    }
    for exemplar in &point.exemplars {
        let trace = hex(&exemplar.trace_id);
        let Some(exemplar::Value::AsDouble(seconds)) = exemplar.value else { panic!("an exemplar without seconds") };
        write!(head, "\n    exemplar {} {seconds:?} s at {}", trace.trim_end(), exemplar.time_unix_nano)
            .expect("a string");
    }
    with_attributes(head, &point.attributes)
}

fn with_attributes(head: String, attributes: &[KeyValue]) -> String {
    attributes.iter().fold(head, |out, attribute| out + "\n    " + &in_words(attribute))
}
