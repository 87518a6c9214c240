//! What is not a batch is refused whole, with words that say why.

use hogusu_wire::{MAX_POINTS, Refusal, Resource, admit_resource, parse_resource, walk};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, ExponentialHistogramDataPoint, Gauge, Histogram, NumberDataPoint, ResourceMetrics, Sum,
};
use prost::Message;

use crate::batch::Whole;
use crate::otlp::{attribute, decode, edited, metric, metrics, text};
use crate::samples;

/// What a receiver says of the sample of requests after a change.
fn refusal(edit: impl FnOnce(&mut ResourceMetrics)) -> String {
    Whole::read(&edited(&samples::requests(), edit)).expect_err("a refusal").to_string()
}

/// The point that has everything.
fn full_histogram(resource_metrics: &mut ResourceMetrics) -> &mut ExponentialHistogramDataPoint {
    match &mut metric(resource_metrics, "hogusu.request.duration").data {
        Some(Data::ExponentialHistogram(histogram)) => histogram
            .data_points
            .iter_mut()
            .find(|point| !point.exemplars.is_empty())
            .expect("a point with an exemplar"),
        other => panic!("{other:?}"),
    }
}

fn sum<'a>(resource_metrics: &'a mut ResourceMetrics, name: &str) -> &'a mut Sum {
    match &mut metric(resource_metrics, name).data {
        Some(Data::Sum(sum)) => sum,
        other => panic!("{other:?}"),
    }
}

fn assert_refused(why: &str, edit: impl FnOnce(&mut ResourceMetrics)) {
    let said = refusal(edit);
    assert!(said.contains(why), "{said:?} does not say {why:?}");
}

#[test]
fn a_body_of_another_kind_is_refused() {
    for body in [&b""[..], b"{}", b"\x00\x00", b"GET / HTTP/1.1\r\n", &[0xff; 64], b"\x0a\x00"] {
        walk(body).expect_err("no batch");
    }
}

#[test]
fn a_batch_is_of_one_resource() {
    let mut request = decode(&samples::requests().encode());
    request.resource_metrics.push(request.resource_metrics[0].clone());
    let said = walk(&request.encode_to_vec()).expect_err("two senders");
    assert_eq!(said, Refusal::Protobuf("more than one ResourceMetrics; a batch is of one sender"));
    request.resource_metrics[1].resource = None;
    walk(&request.encode_to_vec()).expect_err("points of nobody");
    let body = request.resource_metrics[0].encode_to_vec();
    let resource = request.resource_metrics[0].resource.as_ref().expect("a Resource").encode_to_vec();
    let doubled = [&body[..], &field(1, &resource)].concat();
    let said = walk(&field(1, &doubled)).expect_err("two Resources");
    assert_eq!(said, Refusal::Protobuf("more than one Resource; a batch is of one sender"));
}

fn field(number: u32, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::encode_key(number, prost::encoding::WireType::LengthDelimited, &mut out);
    prost::encoding::encode_varint(content.len() as u64, &mut out);
    out.extend_from_slice(content);
    out
}

#[test]
fn a_resource_names_sender_proxy_and_hook() {
    assert_refused("the Resource is missing", |batch| batch.resource = None);
    for key in ["service.instance.id", "hogusu.proxy.id", "hogusu.hook", "hogusu.wire.version"] {
        assert_refused(&format!("resource attribute {key} is missing"), |batch| {
            batch.resource.as_mut().expect("a Resource").attributes.retain(|attribute| attribute.key != key);
        });
    }
    assert_refused("service.instance.id has the value \"NOBODY\"", |batch| {
        batch.resource.as_mut().expect("a Resource").attributes[0] = text("service.instance.id", "NOBODY");
    });
}

#[test]
fn a_wire_version_that_cannot_be_is_named_with_its_value() {
    for (version, said) in [(0, "0"), (1 << 32, "4294967296")] {
        assert_refused(&format!("hogusu.wire.version has the value \"{said}\""), |batch| {
            let attributes = &mut batch.resource.as_mut().expect("a Resource").attributes;
            attributes.retain(|attribute| attribute.key != "hogusu.wire.version");
            attributes.push(attribute("hogusu.wire.version", Any::IntValue(version)));
        });
    }
}

#[test]
fn a_batch_without_a_time_is_refused_as_that() {
    let mut whole = samples::presence();
    (whole.header.start, whole.header.end) = (0, 0);
    let said = Whole::read(&whole.encode()).expect_err("no time").to_string();
    assert!(said.contains("time_unix_nano of metric hogusu.batch.sequence is missing"), "{said}");
    whole.header.end = 1;
    assert_eq!(Whole::read(&whole.encode()), Ok(whole), "a clock may show 1970 all the same");
}

#[test]
fn a_sender_s_resource_never_changes_and_what_differs_is_named_with_both_values() {
    let one = samples::requests().resource;
    one.goes_on_from(&one.clone()).expect("the same");
    type Change = fn(&mut Resource);
    let changes: [(&str, Change); 7] = [
        ("k8s.pod.name", |now| now.proxy.pod = "x".into()),
        ("hogusu.workload.name", |now| now.proxy.workload.name = "x".into()),
        ("k8s.namespace.name", |now| now.proxy.workload.namespace = "x".into()),
        ("k8s.cluster.name", |now| now.proxy.workload.cluster = "x".into()),
        ("hogusu.proxy.id", |now| now.proxy.id = "x".into()),
        ("hogusu.flush_interval_ms", |now| now.flush_interval_ms = 1),
        ("hogusu.hook.marks", |now| now.marks = true),
    ];
    for (name, change) in changes {
        let mut now = one.clone();
        change(&mut now);
        let said = now.goes_on_from(&one).expect_err(name).to_string();
        assert!(said.starts_with(&format!("{name} is \"")) && said.contains("service.instance.id"), "{said}");
    }
    let mut now = one.clone();
    now.proxy.pod = "a\"b".repeat(100);
    let said = now.goes_on_from(&one).expect_err("another pod").to_string();
    assert!(said.contains("k8s.pod.name is \"a\\\"ba") && said.contains("was \"checkout-7d9f-x2x4q\""), "{said}");
    assert!(said.len() < 400, "{said}");
}

#[test]
fn a_batch_names_its_place_in_the_sequence_once() {
    assert_refused("hogusu.batch.sequence is missing", |batch| {
        metrics(batch).retain(|metric| metric.name != "hogusu.batch.sequence");
    });
    assert_refused("more than one hogusu.batch.sequence", |batch| {
        let again = metric(batch, "hogusu.batch.sequence").clone();
        metrics(batch).push(again);
    });
    let twice = |batch: &mut ResourceMetrics| match &mut metric(batch, "hogusu.batch.sequence").data {
        Some(Data::Gauge(gauge)) => gauge.data_points.push(gauge.data_points[0].clone()),
        other => panic!("{other:?}"),
    };
    assert_refused("one data point", twice);
    assert_refused("one data point", |batch| {
        metric(batch, "hogusu.batch.sequence").data = Some(Data::Gauge(Gauge::default()));
    });
    assert_refused("another kind", |batch| {
        metric(batch, "hogusu.batch.sequence").data = metric(batch, "hogusu.request.duration").data.clone();
    });
    assert_refused("another kind", |batch| metric(batch, "hogusu.batch.sequence").data = None);
}

#[test]
fn presence_counts_nothing() {
    let mut whole = samples::requests();
    whole.header.sequence = 0;
    let said = Whole::read(&whole.encode()).expect_err("points without a place").to_string();
    assert!(said.contains("0 (presence) with data points"), "{said}");
}

#[test]
fn a_batch_does_not_end_before_it_starts() {
    let mut whole = samples::presence();
    whole.header.end = whole.header.start - 1;
    let said = Whole::read(&whole.encode()).expect_err("time backwards").to_string();
    assert!(said.contains("an end before its start"), "{said}");
}

#[test]
fn series_are_deltas_and_a_sender_s_own_counters_are_not() {
    for temporality in [AggregationTemporality::Cumulative, AggregationTemporality::Unspecified] {
        assert_refused("temporality is not delta", |batch| {
            sum(batch, "hogusu.request.sent").aggregation_temporality = temporality as i32;
        });
        assert_refused("temporality is not delta", |batch| match &mut metric(batch, "hogusu.request.duration").data {
            Some(Data::ExponentialHistogram(histogram)) => histogram.aggregation_temporality = temporality as i32,
            other => panic!("{other:?}"),
        });
    }
    assert_refused("not cumulative", |batch| {
        sum(batch, "hogusu.sender.exchanges").aggregation_temporality = AggregationTemporality::Delta as i32;
    });
}

#[test]
fn a_known_metric_of_another_kind_is_refused_not_left_out() {
    assert_refused("another kind", |batch| {
        metric(batch, "hogusu.request.duration").data = Some(Data::Histogram(Histogram::default()));
    });
    assert_refused("another kind", |batch| {
        metric(batch, "hogusu.request.duration").data = metric(batch, "hogusu.request.sent").data.clone();
    });
    assert_refused("another kind", |batch| {
        metric(batch, "hogusu.request.sent").data = metric(batch, "hogusu.request.duration").data.clone();
    });
    assert_refused("another kind", |batch| {
        let data_points = sum(batch, "hogusu.request.sent").data_points.clone();
        metric(batch, "hogusu.request.sent").data = Some(Data::Gauge(Gauge { data_points }));
    });
}

#[test]
fn numbers_are_counts() {
    let set = |value: Number| {
        move |batch: &mut ResourceMetrics| sum(batch, "hogusu.request.sent").data_points[0].value = Some(value)
    };
    assert_refused("a count is negative", set(Number::AsInt(-1)));
    assert_refused("a double stands where", set(Number::AsDouble(1.0)));
    assert_refused("a double stands where", |batch| {
        sum(batch, "hogusu.sender.exchanges").data_points[0].value = Some(Number::AsDouble(1.0));
    });
}

#[test]
fn a_histogram_has_the_one_layout_and_adds_up() {
    let refused = |why: &str, edit: fn(&mut ExponentialHistogramDataPoint)| {
        assert_refused(why, |batch| edit(full_histogram(batch)));
    };
    refused("scale has the value \"2\"", |point| point.scale = 2);
    refused("scale has the value \"0\"", |point| point.scale = 0);
    refused("scale has the value \"-3\"", |point| point.scale = -3);
    refused("count has the value", |point| point.count += 1);
    refused("count has the value", |point| point.zero_count += 1);
    refused("count has the value", |point| point.positive = None);
    refused("offset has the value \"-161\"", |point| point.positive.as_mut().expect("buckets").offset = -161);
    refused("offset has the value", |point| point.positive.as_mut().expect("buckets").offset = i32::MAX);
    refused("offset has the value", |point| point.positive.as_mut().expect("buckets").offset = i32::MIN);
    refused("more buckets than the layout has", |point| {
        point.positive = Some(Buckets { offset: -160, bucket_counts: vec![0; 258] });
    });
    refused("zero_threshold has the value", |point| point.zero_threshold = 0.001);
    refused("zero_threshold has the value", |point| point.zero_threshold = f64::NAN);
    refused("sum has the value", |point| point.sum = Some(-1.0));
    refused("sum has the value", |point| point.sum = Some(f64::NAN));
    refused("sum has the value", |point| point.sum = Some(f64::INFINITY));
    refused("exemplar has the value", |point| point.exemplars[0].trace_id.truncate(15));
}

#[test]
fn negative_durations_are_refused() {
    for counted in [0, 1] {
        assert_refused("a histogram of durations counts negative ones", |batch| {
            let point = full_histogram(batch);
            point.negative = Some(Buckets { offset: 0, bucket_counts: vec![0, 1] });
            point.count += counted;
        });
    }
    let empty = edited(&samples::requests(), |batch| {
        full_histogram(batch).negative = Some(Buckets { offset: 0, bucket_counts: vec![0] });
    });
    assert_eq!(Whole::read(&empty), Ok(samples::requests()), "a field that counts nothing changes nothing");
}

#[test]
fn an_attribute_stands_once() {
    for again in ["hogusu.outcome", "hogusu.peer.workload", "not.of.ours"] {
        assert_refused("an attribute that stands twice", |batch| {
            let attributes = &mut full_histogram(batch).attributes;
            attributes.extend([text("not.of.ours", "a"), text(again, "b")]);
        });
    }
    let doubled = edited(&samples::requests(), |batch| {
        batch.resource.as_mut().expect("a Resource").attributes.push(text("k8s.namespace.name", "another"));
    });
    let resource = walk(&doubled).expect("a batch").resource;
    let said = admit_resource(resource).expect_err("two namespaces").to_string();
    assert!(said.contains("an attribute that stands twice"), "{said}");
    parse_resource(resource).expect("what a collector took before is still read");
}

#[test]
fn nothing_that_counts_stands_twice() {
    assert_refused("each of its own metrics once", |batch| {
        let again = metric(batch, "hogusu.sender.exchanges").clone();
        metrics(batch).push(again);
    });
    let whole = samples::requests();
    let mut request = decode(&whole.encode());
    let point = full_histogram(&mut request.resource_metrics[0]).clone();
    let buckets = point.positive.as_ref().expect("buckets").encode_to_vec();
    let twice = [point.encode_to_vec(), field(8, &buckets)].concat();
    let histogram = [field(1, &twice), vec![0x10, 1]].concat();
    let metric = [field(1, b"hogusu.request.duration"), field(10, &histogram)].concat();
    let said = said_of(&request, &metric);
    assert!(said.contains("positive buckets twice"), "{said}");
    let histogram = [field(1, &point.encode_to_vec()), vec![0x10, 1]].concat();
    let metric = [field(1, b"hogusu.request.duration"), field(10, &histogram), field(10, &histogram)].concat();
    let said = said_of(&request, &metric);
    assert!(said.contains("a metric has data twice"), "{said}");
}

/// What a receiver says of a batch to which a metric's bytes are added.
fn said_of(request: &ExportMetricsServiceRequest, metric: &[u8]) -> String {
    let scope = field(2, &field(2, metric));
    let body = [request.resource_metrics[0].encode_to_vec(), scope].concat();
    walk(&field(1, &body)).expect_err("counted twice by some").to_string()
}

#[test]
fn a_series_says_who_reports_over_what_how_it_ended_and_who_answered() {
    for key in ["hogusu.reporter", "hogusu.protocol", "hogusu.outcome", "hogusu.answered_by"] {
        assert_refused(&format!("attribute {key} is missing"), |batch| {
            full_histogram(batch).attributes.retain(|attribute| attribute.key != key);
        });
    }
    assert_refused("attributes of a data point is missing", |batch| full_histogram(batch).attributes.clear());
}

#[test]
fn a_port_has_16_bits() {
    for port in [65_536, -1, i64::MAX] {
        assert_refused("hogusu.port has the value", |batch| {
            let attributes = &mut full_histogram(batch).attributes;
            attributes.retain(|attribute| attribute.key != "hogusu.port");
            attributes.push(attribute("hogusu.port", Any::IntValue(port)));
        });
    }
}

#[test]
fn a_value_that_is_quoted_is_cut_short() {
    let said = refusal(|batch| {
        let hook = text("hogusu.hook", &"é".repeat(10_000));
        batch.resource.as_mut().expect("a Resource").attributes.retain(|attribute| attribute.key != "hogusu.hook");
        batch.resource.as_mut().expect("a Resource").attributes.push(hook);
    });
    assert!(said.len() < 300, "{said}");
}

#[test]
fn of_several_exemplars_the_slowest_with_a_trace_is_kept() {
    let body = edited(&samples::requests(), |batch| {
        let exemplars = &mut full_histogram(batch).exemplars;
        let mut fast = exemplars[0].clone();
        fast.value = Some(opentelemetry_proto::tonic::metrics::v1::exemplar::Value::AsDouble(0.001));
        let anonymous = opentelemetry_proto::tonic::metrics::v1::Exemplar { trace_id: Vec::new(), ..fast.clone() };
        exemplars.extend([fast, anonymous]);
    });
    assert_eq!(Whole::read(&body), Ok(samples::requests()));
}

#[test]
fn more_points_than_the_limit_are_refused_before_they_cost_memory() {
    let point = NumberDataPoint { attributes: vec![text("a", "b")], ..NumberDataPoint::default() };
    let with = |count: usize| {
        edited(&samples::minimal(), |batch| {
            let data_points = vec![point.clone(); count];
            let delta = AggregationTemporality::Delta as i32;
            let data = Data::Sum(Sum { data_points, aggregation_temporality: delta, is_monotonic: true });
            let mut metric = metric(batch, "hogusu.request.duration").clone();
            (metric.name, metric.data) = ("hogusu.request.sent".into(), Some(data));
            metrics(batch).push(metric);
        })
    };
    // One point of the sample is there already.
    let body = with(MAX_POINTS - 1);
    assert_eq!(walk(&body).expect("a batch").points.len(), MAX_POINTS);
    walk(&with(MAX_POINTS)).expect_err("too many points");
}
