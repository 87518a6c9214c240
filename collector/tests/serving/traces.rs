//! The collector's own traces: what a question took, told to whoever is named to it; nothing of what was counted in them; and nobody who waits
//! for them.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use opentelemetry_proto::tonic::trace::v1::Span;

use super::batches::{FLUSH, Filter};
use super::process::{self, Collector, command, folder, now};
use super::trace_receiver::{Receiver, attribute};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const ASKER: &str = "00f067aa0ba902b7";
const SENT: &str = "hogusu_collector_trace_spans_total{result=\"sent\"}";
const FAILED: &str = "hogusu_collector_trace_spans_total{result=\"failed\"}";
const DROPPED: &str = "hogusu_collector_trace_spans_total{result=\"dropped\"}";

/// A collector's command whose environment says of traces what a test says, and nothing else.
fn told(data: &Path, variables: &[(&str, &str)]) -> Command {
    let mut command = command(data);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OTEL_")) {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    command
}

fn start(data: &Path, variables: &[(&str, &str)]) -> Collector {
    Collector::started(told(data, variables).spawn().unwrap(), "http")
}

fn ask(collector: &Collector, path: &str, headers: &str) -> u16 {
    let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n");
    process::ask(collector.address, &head, &[]).unwrap().status
}

/// Whether a thread that sends spans is there.
fn sends(collector: &Collector) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{}/task", collector.id())).unwrap();
    let names = threads.filter_map(|thread| std::fs::read_to_string(thread.unwrap().path().join("comm")).ok());
    names.into_iter().any(|name| name.starts_with("OpenTelemetry"))
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let names: Vec<_> = spans.iter().map(|span| &span.name).collect();
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name} in {names:?}"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_slow_question_is_explained_by_the_spans_of_its_stages() {
    let (data, receiver) = (folder(), Receiver::start("200 OK"));
    let collector = start(data.path(), &[(ENDPOINT, &receiver.url())]);
    assert!(sends(&collector));
    assert_eq!(collector.deliver(&Filter::new(1, now() - FLUSH).batch(5)).status, 200);
    let asker = format!(
        "traceparent: 00-{TRACE}-{ASKER}-01\r\ntracestate: vendor=secret-state\r\nauthorization: Bearer secret-token\r\n"
    );
    assert_eq!(ask(&collector, "/api/v1/map?since=10m&workload=workload-1", &asker), 200);
    assert_eq!(ask(&collector, "/api/v1/edges/feedfacefeedface?since=9m", ""), 404);
    // What is left is sent before it ends.
    let (status, log) = collector.terminate();
    assert!(status.success(), "{log}");
    let spans = receiver.spans();

    let map = named(&spans, "GET /api/v1/map");
    assert_eq!((hex(&map.trace_id), hex(&map.parent_span_id)), (TRACE.to_owned(), ASKER.to_owned()));
    says(map, &[("http.request.method", "GET"), ("http.route", "/api/v1/map"), ("http.response.status_code", "200")]);
    let stages = within(map, &spans);
    let mut names: Vec<_> = stages.iter().map(|stage| stage.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["find", "join", "read", "wait for turn", "write"]);
    let read = named(&stages, "read");
    says(read, &[("hogusu.rows", "1")]);
    // None, or one where a slot was sealed meanwhile.
    let files = attribute(&read.attributes, "hogusu.files").unwrap();
    assert!(["0", "1"].contains(&files.as_str()), "{files}");
    says(named(&stages, "join"), &[("hogusu.edges", "1")]);

    let edge = named(&spans, "GET /api/v1/edges/{id}");
    says(edge, &[("http.response.status_code", "404"), ("error.type", "no_such_edge")]);
    let commit = named(&spans, "commit");
    assert!(commit.parent_span_id.is_empty());
    says(commit, &[("hogusu.rows", "1")]);
    nothing_is_told_from_outside(&receiver);
    assert!(!log.contains("hogusu::trace") && !log.contains("/api/v1/map"), "{log}");
}

/// A span has these attributes.
fn says(span: &Span, wanted: &[(&str, &str)]) {
    for (key, value) in wanted {
        assert_eq!(attribute(&span.attributes, key).as_deref(), Some(*value), "{key} of {}", span.name);
    }
}

/// The spans right below this one, each of which lies in its time.
fn within(parent: &Span, spans: &[Span]) -> Vec<Span> {
    let below: Vec<Span> = spans.iter().filter(|span| span.parent_span_id == parent.span_id).cloned().collect();
    for stage in &below {
        assert_eq!(stage.trace_id, parent.trace_id, "{}", stage.name);
        let (begun, ended) = (stage.start_time_unix_nano, stage.end_time_unix_nano);
        let times = [parent.start_time_unix_nano, begun, ended, parent.end_time_unix_nano];
        assert!(times.is_sorted(), "{} is not in its question's time: {times:?}", stage.name);
    }
    below
}

fn nothing_is_told_from_outside(receiver: &Receiver) {
    let request = receiver.requests().into_iter().next().unwrap();
    let resource = request.resource_spans[0].resource.clone().unwrap();
    assert_eq!(attribute(&resource.attributes, "service.name").as_deref(), Some("hogusu-collector"));
    for (head, body) in receiver.got() {
        assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
        let text = String::from_utf8_lossy(&body).into_owned();
        for word in ["workload-1", "shop", "orders", "127.1.0.", "secret", "since", "feedface", "code."] {
            assert!(!text.contains(word), "{word} is in {text}");
        }
    }
}

#[test]
fn without_an_endpoint_nothing_is_exported() {
    let receiver = Receiver::start("200 OK");
    let url = receiver.url();
    // Endpoints of what is no trace, and ways to say that nothing is to be sent.
    let others = [("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", url.as_str()), ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", &url)];
    for variables in [
        &others[..],
        &[(ENDPOINT, "")],
        &[(ENDPOINT, &url), ("OTEL_SDK_DISABLED", "true")],
        &[(ENDPOINT, &url), ("OTEL_TRACES_EXPORTER", "none")],
    ] {
        let data = folder();
        let collector = start(data.path(), variables);
        assert_eq!(collector.deliver(&Filter::new(1, now() - FLUSH).batch(5)).status, 200);
        assert_eq!(collector.counts(), [("workload-1".to_owned(), 5)]);
        assert!(!sends(&collector), "{variables:?}");
        assert_eq!([SENT, FAILED, DROPPED].map(|metric| collector.metric(metric)), [0.0; 3]);
        assert!(collector.terminate().0.success());
        assert!(receiver.got().is_empty(), "{variables:?}");
    }
}

#[test]
fn an_endpoint_that_does_not_answer_holds_nothing_up() {
    // The kernel takes connections for it, and nobody reads them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let data = folder();
    let small = [(ENDPOINT, url.as_str()), ("OTEL_BSP_MAX_QUEUE_SIZE", "16"), ("OTEL_BSP_SCHEDULE_DELAY", "10")];
    let collector = start(data.path(), &small);
    let mut filter = Filter::new(1, now() - 100 * FLUSH);
    let begun = now();
    for _ in 0..20 {
        assert_eq!(collector.deliver(&filter.batch(1)).status, 200);
        assert_eq!(ask(&collector, "/api/v1/map?since=1h", ""), 200);
    }
    assert!(now() - begun < 10_000_000_000, "nobody waits as long as one attempt to send takes");
    // Twenty questions have more spans than the one attempt and the queue hold.
    assert!(collector.metric(DROPPED) > 0.0);
    let asked = now();
    let (status, log) = collector.terminate();
    assert!(status.success(), "{log}");
    assert!(now() - asked < 8_000_000_000, "it waits for 2 s, not for the end of the attempt: {log}");
    assert!(log.contains("the last of the collector's own traces were not sent"), "{log}");
}

#[test]
fn what_an_endpoint_refuses_is_counted_and_told_once() {
    let (data, receiver) = (folder(), Receiver::start("400 Bad Request"));
    let often = [(ENDPOINT, receiver.url()), ("OTEL_BSP_SCHEDULE_DELAY", "10".to_owned())];
    let often = often.each_ref().map(|(name, value)| (*name, value.as_str()));
    let collector = start(data.path(), &often);
    while receiver.got().len() < 3 {
        assert_eq!(ask(&collector, "/api/v1/status", ""), 200);
    }
    let (status, log) = collector.terminate();
    assert!(status.success(), "{log}");
    assert_eq!(log.matches("traces cannot be sent").count(), 1, "{log}");
    assert!(log.contains("400"), "{log}");
}

#[test]
fn an_endpoint_over_tls_is_known_by_the_roots_that_are_named() {
    let (files, data, other) = (folder(), folder(), folder());
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (files.path().join("cert.pem"), files.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    // A collector takes no traces: that it says so was read behind its certificate.
    let mut peer = command(other.path());
    peer.arg("--tls-cert").arg(&certificate).arg("--tls-key").arg(&key);
    let peer = Collector::started(peer.spawn().unwrap(), "https");
    let url = format!("https://localhost:{}", peer.address.port());
    let certificate = certificate.display().to_string();
    for (variables, says) in [
        (&[(ENDPOINT, url.as_str()), ("OTEL_EXPORTER_OTLP_CERTIFICATE", &certificate)][..], "status code: 40"),
        (&[(ENDPOINT, url.as_str())], "certificate"),
    ] {
        let often = [variables, &[("OTEL_BSP_SCHEDULE_DELAY", "10"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "500")]].concat();
        let collector = start(data.path(), &often);
        assert_eq!(ask(&collector, "/api/v1/status", ""), 200);
        let mut looks = 0;
        while collector.metric(FAILED) == 0.0 {
            looks += 1;
            assert!(looks < 100_000, "nothing failed");
        }
        let (_, log) = collector.terminate();
        assert!(log.contains("traces cannot be sent") && log.contains(says), "{says}: {log}");
    }
}

#[test]
fn an_endpoint_that_cannot_be_used_is_refused_at_the_start() {
    let data = folder();
    for (name, value) in [(ENDPOINT, "otel:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")] {
        let both = [(ENDPOINT, "http://127.0.0.1:4318"), (name, value)];
        let output = told(data.path(), &both).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.contains(name), "{said}");
    }
}
