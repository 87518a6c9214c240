//! A batch by OpenTelemetry's own messages: a second writer, which knows of the wire what docs/wire.md says and shares no
//! line with the crate's. Names stand here as the document spells them.

use hogusu_model::{Exemplar, Histogram, Measure, SeriesData, SeriesKey, TlsVersion, Traffic};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::Exemplar as OtlpExemplar;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Metric, NumberDataPoint,
    ResourceMetrics, ScopeMetrics, Sum, exemplar, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource as OtlpResource;
use prost::Message;

use crate::batch::Whole;

/// A body as OpenTelemetry's messages understand it.
pub(crate) fn decode(body: &[u8]) -> ExportMetricsServiceRequest {
    ExportMetricsServiceRequest::decode(body).expect("an OTLP request")
}

/// A body of a batch, changed in between.
pub(crate) fn edited(whole: &Whole, edit: impl FnOnce(&mut ResourceMetrics)) -> Vec<u8> {
    let mut request = decode(&whole.encode());
    edit(&mut request.resource_metrics[0]);
    request.encode_to_vec()
}

/// All metrics of a batch with one scope.
pub(crate) fn metrics(resource_metrics: &mut ResourceMetrics) -> &mut Vec<Metric> {
    &mut resource_metrics.scope_metrics[0].metrics
}

/// One metric, which is there.
pub(crate) fn metric<'a>(resource_metrics: &'a mut ResourceMetrics, name: &str) -> &'a mut Metric {
    metrics(resource_metrics).iter_mut().find(|metric| metric.name == name).expect("the metric")
}

pub(crate) fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Any::StringValue(value.to_owned()))
}

pub(crate) fn attribute(key: &str, value: Any) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn texts(pairs: &[(&str, &str)]) -> Vec<KeyValue> {
    pairs.iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| text(key, value)).collect()
}

fn int(value: u64) -> i64 {
    i64::try_from(value).expect("a number that OTLP holds")
}

/// The request for a batch.
pub(crate) fn request(whole: &Whole) -> ExportMetricsServiceRequest {
    let scope = InstrumentationScope {
        name: "hogusu.filter".into(),
        version: whole.resource.filter_version.clone(),
        ..InstrumentationScope::default()
    };
    let mut metrics = header_metrics(whole);
    metrics.extend(series_metrics(whole));
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(OtlpResource { attributes: resource_attributes(whole), ..OtlpResource::default() }),
            scope_metrics: vec![ScopeMetrics { scope: Some(scope), metrics, schema_url: String::new() }],
            schema_url: "https://opentelemetry.io/schemas/1.37.0".into(),
        }],
    }
}

fn resource_attributes(whole: &Whole) -> Vec<KeyValue> {
    let resource = &whole.resource;
    let proxy = &resource.proxy;
    let mut attributes = texts(&[
        ("service.instance.id", &resource.sender.to_string()),
        ("service.name", &proxy.canonical_service),
        ("service.namespace", &proxy.workload.namespace),
        ("service.version", &proxy.canonical_revision),
        ("k8s.cluster.name", &proxy.workload.cluster),
        ("k8s.namespace.name", &proxy.workload.namespace),
        ("k8s.pod.name", &proxy.pod),
        ("cloud.region", &proxy.region),
        ("cloud.availability_zone", &proxy.zone),
        ("hogusu.workload.name", &proxy.workload.name),
        ("hogusu.service_account", &proxy.service_account),
        ("hogusu.mesh.id", &proxy.mesh),
        ("hogusu.trust_domain", &proxy.trust_domain),
        ("hogusu.proxy.id", &proxy.id),
        ("hogusu.proxy.addresses", &proxy.addresses),
        ("hogusu.filter.version", &resource.filter_version),
        ("hogusu.filter.digest", &resource.filter_digest),
        ("hogusu.revision", &resource.revision),
        ("hogusu.hook", resource.hook.as_str()),
    ]);
    attributes.push(attribute("hogusu.wire.version", Any::IntValue(i64::from(resource.wire_version))));
    let interval = resource.flush_interval_ms.cast_signed();
    attributes.push(attribute("hogusu.flush_interval_ms", Any::IntValue(interval)));
    if resource.marks {
        attributes.push(attribute("hogusu.hook.marks", Any::IntValue(1)));
    }
    attributes
}

fn header_metrics(whole: &Whole) -> Vec<Metric> {
    let (header, counters) = (&whole.header, &whole.header.counters);
    let gauge = |name: &str, unit: &str, value: u64| header_metric(whole, name, unit, value, false);
    let sum = |name: &str, unit: &str, value: u64| header_metric(whole, name, unit, value, true);
    let mut sequence = gauge("hogusu.batch.sequence", "1", header.sequence);
    if let Some(Data::Gauge(gauge)) = &mut sequence.data {
        gauge.data_points[0].start_time_unix_nano = header.start;
    }
    let others = [
        (u64::from(header.last), gauge("hogusu.batch.last", "1", u64::from(header.last))),
        (header.cumulative, sum("hogusu.sender.exchanges", "{exchange}", header.cumulative)),
        (counters.memory_bytes, gauge("hogusu.sender.memory", "By", counters.memory_bytes)),
        (counters.waiting, gauge("hogusu.sender.waiting", "{batch}", counters.waiting)),
        (counters.folded, sum("hogusu.sender.folded", "{batch}", counters.folded)),
        (counters.refused, sum("hogusu.sender.refused", "{batch}", counters.refused)),
        (counters.refused_exchanges, sum("hogusu.sender.refused_exchanges", "{exchange}", counters.refused_exchanges)),
        (counters.retried, sum("hogusu.sender.retried", "{send}", counters.retried)),
        (counters.overflowed, sum("hogusu.sender.overflowed", "{exchange}", counters.overflowed)),
        (counters.host_errors, sum("hogusu.sender.host_errors", "{call}", counters.host_errors)),
        (counters.longest_entry, gauge("hogusu.sender.longest_entry", "ns", counters.longest_entry)),
        (
            counters.configuration_refused,
            gauge("hogusu.sender.configuration_refused", "1", counters.configuration_refused),
        ),
        (header.sent, gauge("hogusu.sender.clock", "ns", header.sent)),
        (counters.clock_steps, sum("hogusu.sender.clock_steps", "1", counters.clock_steps)),
    ];
    let present = others.into_iter().filter(|(value, _)| *value != 0).map(|(_, metric)| metric);
    std::iter::once(sequence).chain(present).collect()
}

fn header_metric(whole: &Whole, name: &str, unit: &str, value: u64, is_sum: bool) -> Metric {
    let point = NumberDataPoint {
        time_unix_nano: whole.header.end,
        value: Some(number_data_point::Value::AsInt(int(value))),
        ..NumberDataPoint::default()
    };
    let data_points = vec![point];
    let data = if is_sum {
        Data::Sum(Sum {
            data_points,
            aggregation_temporality: AggregationTemporality::Cumulative as i32,
            is_monotonic: true,
        })
    } else {
        Data::Gauge(Gauge { data_points })
    };
    Metric { name: name.into(), unit: unit.into(), data: Some(data), ..Metric::default() }
}

fn series_metrics(whole: &Whole) -> Vec<Metric> {
    let of = |measure: Measure| whole.series.iter().filter(move |(key, _)| key.measure == measure);
    let durations = |name: &str, measure: Measure| {
        let points = of(measure).map(|(key, data)| histogram_point(whole, key, &data.duration, data.exemplar.as_ref()));
        histogram_metric(name, points.collect())
    };
    let backend = of(Measure::Request)
        .filter_map(|(key, data)| Some(histogram_point(whole, key, data.backend.as_ref()?, None)))
        .collect();
    let numbers = |name: &str, unit: &str, measure: Measure, value: fn(&SeriesData) -> Option<u64>| {
        let points = of(measure).filter_map(|(key, data)| Some(number_point(whole, key, value(data)?)));
        sum_metric(name, unit, points.collect())
    };
    let (request, connection) = (Measure::Request, Measure::Connection);
    let metrics = [
        durations("hogusu.request.duration", request),
        durations("hogusu.connection.duration", connection),
        durations("hogusu.attempt.duration", Measure::Attempt),
        histogram_metric("hogusu.request.backend_duration", backend),
        numbers("hogusu.request.attempts", "{attempt}", request, |data| data.attempts),
        numbers("hogusu.request.received", "By", request, |data| Some(data.bytes?.0)),
        numbers("hogusu.request.sent", "By", request, |data| Some(data.bytes?.1)),
        numbers("hogusu.connection.received", "By", connection, |data| Some(data.bytes?.0)),
        numbers("hogusu.connection.sent", "By", connection, |data| Some(data.bytes?.1)),
    ];
    metrics.into_iter().flatten().collect()
}

fn histogram_metric(name: &str, data_points: Vec<ExponentialHistogramDataPoint>) -> Option<Metric> {
    let delta = AggregationTemporality::Delta as i32;
    let is_there = !data_points.is_empty();
    let data = Data::ExponentialHistogram(ExponentialHistogram { data_points, aggregation_temporality: delta });
    is_there.then(|| Metric { name: name.into(), unit: "s".into(), data: Some(data), ..Metric::default() })
}

fn sum_metric(name: &str, unit: &str, data_points: Vec<NumberDataPoint>) -> Option<Metric> {
    let delta = AggregationTemporality::Delta as i32;
    let is_there = !data_points.is_empty();
    let data = Data::Sum(Sum { data_points, aggregation_temporality: delta, is_monotonic: true });
    is_there.then(|| Metric { name: name.into(), unit: unit.into(), data: Some(data), ..Metric::default() })
}

fn number_point(whole: &Whole, key: &SeriesKey, value: u64) -> NumberDataPoint {
    NumberDataPoint {
        attributes: point_attributes(key),
        start_time_unix_nano: whole.header.start,
        time_unix_nano: whole.header.end,
        value: Some(number_data_point::Value::AsInt(int(value))),
        ..NumberDataPoint::default()
    }
}

fn histogram_point(
    whole: &Whole,
    key: &SeriesKey,
    histogram: &Histogram,
    exemplar: Option<&Exemplar>,
) -> ExponentialHistogramDataPoint {
    ExponentialHistogramDataPoint {
        attributes: point_attributes(key),
        start_time_unix_nano: whole.header.start,
        time_unix_nano: whole.header.end,
        count: histogram.count(),
        sum: Some(histogram.sum() as f64 / 1e9),
        scale: 3,
        zero_count: histogram.below(),
        positive: buckets(histogram),
        exemplars: exemplar.into_iter().map(otlp_exemplar).collect(),
        zero_threshold: 953e-9,
        ..ExponentialHistogramDataPoint::default()
    }
}

/// Indices from -160 on; what is above the layout stands at index 96.
fn buckets(histogram: &Histogram) -> Option<Buckets> {
    let mut counts: Vec<(i32, u64)> =
        histogram.buckets().map(|(index, count)| (i32::try_from(index).expect("an index") - 160, count)).collect();
    if histogram.above() > 0 {
        counts.push((96, histogram.above()));
    }
    let (offset, last) = (counts.first()?.0, counts.last()?.0);
    let mut bucket_counts = vec![0; usize::try_from(last - offset + 1).expect("a length")];
    for (index, count) in counts {
        bucket_counts[usize::try_from(index - offset).expect("an index")] = count;
    }
    Some(Buckets { offset, bucket_counts })
}

fn otlp_exemplar(exemplar: &Exemplar) -> OtlpExemplar {
    OtlpExemplar {
        time_unix_nano: exemplar.at,
        trace_id: exemplar.trace.to_vec(),
        value: Some(exemplar::Value::AsDouble(exemplar.nanos as f64 / 1e9)),
        ..OtlpExemplar::default()
    }
}

fn point_attributes(key: &SeriesKey) -> Vec<KeyValue> {
    let peer = &key.peer;
    let mut attributes = texts(&[
        ("hogusu.reporter", key.reporter.as_str()),
        ("hogusu.protocol", key.protocol.as_str()),
        ("hogusu.outcome", key.outcome.as_str()),
        ("hogusu.answered_by", key.answered_by.as_str()),
        ("hogusu.security", key.security.as_str()),
        ("hogusu.tls.version", if key.tls_version == TlsVersion::None { "" } else { key.tls_version.as_str() }),
        ("hogusu.principal", &key.own_principal),
        ("hogusu.peer.principal", &peer.principal),
        ("hogusu.peer.cluster", &peer.workload.cluster),
        ("hogusu.peer.namespace", &peer.workload.namespace),
        ("hogusu.peer.workload", &peer.workload.name),
        ("hogusu.peer.service", &peer.canonical_service),
        ("hogusu.peer.revision", &peer.canonical_revision),
        ("hogusu.peer.address", &peer.address),
        ("hogusu.service.host", &key.service.host),
        ("hogusu.operation", &key.operation),
        ("hogusu.traffic", if key.traffic == Traffic::Mesh { "" } else { key.traffic.as_str() }),
        ("hogusu.reason", key.reason.as_str()),
        ("hogusu.tls.server_name", &key.server_name),
    ]);
    for (name, port) in [("hogusu.service.port", key.service.port), ("hogusu.port", key.port)] {
        if port != 0 {
            attributes.push(attribute(name, Any::IntValue(i64::from(port))));
        }
    }
    let flags = [("hogusu.overflow", key.overflow), ("hogusu.streaming", key.streaming), ("hogusu.twice", key.twice)];
    let flags = flags.into_iter().filter(|(_, flag)| *flag);
    attributes.extend(flags.map(|(name, _)| attribute(name, Any::BoolValue(true))));
    attributes
}
