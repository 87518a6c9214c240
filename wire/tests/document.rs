//! docs/wire.md says what is written: every name with its type and unit, every word, every limit.

use std::collections::BTreeMap;

use hogusu_model::{AnsweredBy, Hook, Outcome, Protocol, Reason, Reporter, Security, TlsVersion, Traffic};
use hogusu_wire::{MAX_POINTS, SCHEMA_URL, WIRE_VERSION};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;

use crate::otlp::decode;
use crate::samples;

const DOCUMENT: &str = include_str!("../../docs/wire.md");

/// Rows of the document's tables that begin with a name in code type: the name, and the cells after it.
fn rows() -> BTreeMap<&'static str, Vec<&'static str>> {
    let row = |line: &'static str| {
        let (name, rest) = line.strip_prefix("| `")?.split_once("` |")?;
        Some((name, rest.split('|').map(|cell| cell.trim().trim_matches('`')).collect()))
    };
    DOCUMENT.lines().filter_map(row).collect()
}

fn type_of(attribute: &KeyValue) -> &'static str {
    match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Any::StringValue(_)) => "string",
        Some(Any::IntValue(_)) => "int",
        Some(Any::BoolValue(_)) => "bool",
        other => panic!("{other:?}"),
    }
}

/// Every metric of the goldens' batches as name, unit and the beginning of its kind, with all attributes.
fn written() -> (Vec<(String, String, &'static str)>, Vec<KeyValue>) {
    let (mut metrics, mut attributes) = (Vec::new(), Vec::new());
    for (_, whole) in samples::all() {
        for batch in decode(&whole.encode()).resource_metrics {
            attributes.extend(batch.resource.into_iter().flat_map(|resource| resource.attributes));
            for metric in batch.scope_metrics.into_iter().flat_map(|scope| scope.metrics) {
                let (kind, points): (_, Vec<_>) = match metric.data.expect("data") {
                    Data::Gauge(gauge) => {
                        ("gauge", gauge.data_points.into_iter().map(|point| point.attributes).collect())
                    }
                    Data::Sum(sum) => {
                        let kind = if sum.aggregation_temporality == 1 { "sum, delta, monotonic" } else { "counter" };
                        (kind, sum.data_points.into_iter().map(|point| point.attributes).collect())
                    }
                    Data::ExponentialHistogram(histogram) => (
                        "exponential histogram, delta",
                        histogram.data_points.into_iter().map(|point| point.attributes).collect(),
                    ),
                    other => panic!("{other:?}"),
                };
                metrics.push((metric.name, metric.unit, kind));
                attributes.extend(points.into_iter().flatten());
            }
        }
    }
    (metrics, attributes)
}

#[test]
fn the_document_names_every_metric_with_its_unit_and_kind() {
    let (rows, (metrics, _)) = (rows(), written());
    for (name, unit, kind) in &metrics {
        assert_eq!(rows.get(name.as_str()).map(|cells| (cells[0], cells[1])), Some((unit.as_str(), *kind)), "{name}");
    }
    let distinct: std::collections::BTreeSet<_> = metrics.iter().map(|(name, ..)| name).collect();
    assert_eq!(distinct.len(), 15 + 9, "the samples write every metric");
}

#[test]
fn the_document_names_every_attribute_with_its_type() {
    let (rows, (_, attributes)) = (rows(), written());
    for attribute in &attributes {
        let documented = rows.get(attribute.key.as_str()).map(|cells| cells[0]);
        assert_eq!(documented, Some(type_of(attribute)), "{}", attribute.key);
    }
    let distinct: std::collections::BTreeSet<_> = attributes.iter().map(|attribute| &attribute.key).collect();
    assert_eq!(distinct.len(), 22 + 24, "the samples write every attribute");
}

#[test]
fn the_document_has_every_word() {
    let words = [
        Outcome::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>(),
        AnsweredBy::ALL.iter().map(|word| word.as_str()).collect(),
        Hook::ALL.iter().map(|word| word.as_str()).collect(),
        Protocol::ALL.iter().map(|word| word.as_str()).collect(),
        Reporter::ALL.iter().map(|word| word.as_str()).collect(),
        Security::ALL.iter().map(|word| word.as_str()).collect(),
        Traffic::ALL.iter().map(|word| word.as_str()).collect(),
        Reason::ALL.iter().map(|word| word.as_str()).filter(|word| !word.is_empty()).collect(),
        TlsVersion::ALL.iter().map(|word| word.as_str()).filter(|word| !word.is_empty()).collect(),
    ];
    for word in words.concat() {
        assert!(DOCUMENT.contains(&format!("`{word}`")), "{word}");
    }
}

#[test]
fn the_document_has_versions_and_limits() {
    assert!(DOCUMENT.contains(SCHEMA_URL));
    assert!(DOCUMENT.contains(&format!("It is {WIRE_VERSION}.")));
    assert!(MAX_POINTS == 100_000 && DOCUMENT.contains("| data points in a batch | 100,000 |"));
}
