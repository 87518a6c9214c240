//! Writing one batch: data points are appended as they come, the header last.

use hogusu_model::layout::{BUCKETS, FIRST_INDEX, SCALE, lower_bound};
use hogusu_model::{BatchHeader, Exemplar, Histogram, Measure, SeriesData};

use crate::attributes::{HISTOGRAM_ATTRIBUTES, NUMBER_ATTRIBUTES};
use crate::names::metric;
use crate::protobuf::{bytes, double, fixed64, message, packed, sint, uint};
use crate::read::Fields;
use crate::resource::Preamble;

const DELTA: u64 = 1;
const CUMULATIVE: u64 = 2;

/// A batch being written. All of it belongs to one stretch of time.
#[derive(Debug)]
pub struct BatchWriter {
    start: u64,
    end: u64,
    /// Data points by metric, in the order of [`METRICS`].
    points: [Vec<u8>; METRICS.len()],
    scratch: Vec<u8>,
}

/// A metric of the exchanges: name, unit, and whether it is a histogram.
struct Metric {
    name: &'static str,
    unit: &'static str,
    histogram: bool,
}

const METRICS: [Metric; 9] = [
    Metric { name: metric::REQUEST_DURATION, unit: "s", histogram: true },
    Metric { name: metric::CONNECTION_DURATION, unit: "s", histogram: true },
    Metric { name: metric::ATTEMPT_DURATION, unit: "s", histogram: true },
    Metric { name: metric::REQUEST_BACKEND, unit: "s", histogram: true },
    Metric { name: metric::REQUEST_ATTEMPTS, unit: "{attempt}", histogram: false },
    Metric { name: metric::REQUEST_RECEIVED, unit: "By", histogram: false },
    Metric { name: metric::REQUEST_SENT, unit: "By", histogram: false },
    Metric { name: metric::CONNECTION_RECEIVED, unit: "By", histogram: false },
    Metric { name: metric::CONNECTION_SENT, unit: "By", histogram: false },
];

impl BatchWriter {
    /// Begins a batch over [start, end), nanoseconds since the epoch.
    #[must_use]
    pub fn new(start: u64, end: u64) -> Self {
        Self { start, end, points: Default::default(), scratch: Vec::new() }
    }

    /// Bytes of data points so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.points.iter().map(Vec::len).sum()
    }

    /// True before the first series.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends a series; `attributes` as [`crate::encode_series`] wrote them. What its measure has no metric for is left
    /// out: bytes of attempts, and attempts and backend latency of anything but requests.
    pub fn series(&mut self, measure: Measure, attributes: &[u8], data: &SeriesData) {
        let duration = match measure {
            Measure::Request => 0,
            Measure::Connection => 1,
            Measure::Attempt => 2,
        };
        self.histogram(duration, attributes, &data.duration, data.exemplar.as_ref());
        if let (Measure::Request, Some(backend)) = (measure, &data.backend) {
            self.histogram(3, attributes, backend, None);
        }
        if let (Measure::Request, Some(attempts)) = (measure, data.attempts) {
            self.number(4, attributes, attempts);
        }
        let received_at = match measure {
            Measure::Request => 5,
            Measure::Connection => 7,
            Measure::Attempt => return,
        };
        if let Some((received, sent)) = data.bytes {
            self.number(received_at, attributes, received);
            self.number(received_at + 1, attributes, sent);
        }
    }

    fn histogram(&mut self, at: usize, attributes: &[u8], histogram: &Histogram, exemplar: Option<&Exemplar>) {
        self.scratch.clear();
        self.scratch.extend_from_slice(attributes);
        write_histogram(&mut self.scratch, self.start, self.end, histogram);
        if let Some(exemplar) = exemplar {
            message(&mut self.scratch, 11, |out| {
                fixed64(out, 2, exemplar.at);
                double(out, 3, seconds(exemplar.nanos));
                bytes(out, 5, &exemplar.trace);
            });
        }
        if let Some(points) = self.points.get_mut(at) {
            bytes(points, 1, &self.scratch);
        }
    }

    fn number(&mut self, at: usize, attributes: &[u8], value: u64) {
        self.scratch.clear();
        number_attributes(&mut self.scratch, attributes);
        fixed64(&mut self.scratch, 2, self.start);
        fixed64(&mut self.scratch, 3, self.end);
        fixed64(&mut self.scratch, 6, integer(value));
        if let Some(points) = self.points.get_mut(at) {
            bytes(points, 1, &self.scratch);
        }
    }

    /// Ends the batch: the whole body of the request.
    #[must_use]
    pub fn finish(self, preamble: &Preamble, header: &BatchHeader) -> Vec<u8> {
        preamble.wrap(self.len() + 1024, |out| {
            write_header(out, header);
            for (spec, points) in METRICS.iter().zip(&self.points).filter(|(_, points)| !points.is_empty()) {
                write_metric(out, spec, points);
            }
        })
    }
}

fn write_metric(out: &mut Vec<u8>, spec: &Metric, points: &[u8]) {
    message(out, 2, |metric| {
        bytes(metric, 1, spec.name.as_bytes());
        bytes(metric, 3, spec.unit.as_bytes());
        message(metric, if spec.histogram { 10 } else { 7 }, |data| {
            data.extend_from_slice(points);
            uint(data, 2, DELTA);
            if !spec.histogram {
                uint(data, 3, 1);
            }
        });
    });
}

/// Attributes stand under another field number in a number's data point.
fn number_attributes(out: &mut Vec<u8>, attributes: &[u8]) {
    let mut fields = Fields::of(attributes);
    while let Ok(Some((HISTOGRAM_ATTRIBUTES, field))) = fields.next() {
        if let Ok(pair) = field.bytes() {
            bytes(out, NUMBER_ATTRIBUTES, pair);
        }
    }
}

/// What `as_int` can hold: it is signed.
fn integer(value: u64) -> u64 {
    value.min(i64::MAX.cast_unsigned())
}

#[expect(clippy::cast_precision_loss, reason = "a sum is exact below 2^23 s, 97 days; docs/wire.md says so")]
fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

fn write_histogram(out: &mut Vec<u8>, start: u64, end: u64, histogram: &Histogram) {
    fixed64(out, 2, start);
    fixed64(out, 3, end);
    fixed64(out, 4, histogram.count());
    double(out, 5, seconds(histogram.sum()));
    sint(out, 6, SCALE);
    if histogram.below() > 0 {
        fixed64(out, 7, histogram.below());
    }
    let (first, run) = histogram.run();
    if !run.is_empty() || histogram.above() > 0 {
        message(out, 8, |buckets| write_buckets(buckets, first, run, histogram.above()));
    }
    double(out, 14, seconds(lower_bound(0)));
}

/// What lies above the layout stands in OTLP's next bucket, the first that no duration of ours can mean otherwise.
fn write_buckets(out: &mut Vec<u8>, first: usize, run: &[u64], above: u64) {
    let first = if run.is_empty() { BUCKETS } else { first };
    sint(out, 1, i32::try_from(first).unwrap_or(0) + FIRST_INDEX);
    if above == 0 {
        packed(out, 2, run);
        return;
    }
    let mut counts = run.to_vec();
    counts.resize(BUCKETS - first, 0);
    counts.push(above);
    packed(out, 2, &counts);
}

fn write_header(out: &mut Vec<u8>, header: &BatchHeader) {
    let counters = &header.counters;
    number_metric(out, metric::SEQUENCE, "1", None, header, header.sequence);
    if header.last {
        number_metric(out, metric::LAST, "1", None, header, 1);
    }
    for (name, unit, temporality, value) in [
        (metric::EXCHANGES, "{exchange}", Some(CUMULATIVE), header.cumulative),
        (metric::MEMORY, "By", None, counters.memory_bytes),
        (metric::WAITING, "{batch}", None, counters.waiting),
        (metric::FOLDED, "{batch}", Some(CUMULATIVE), counters.folded),
        (metric::REFUSED, "{batch}", Some(CUMULATIVE), counters.refused),
        (metric::REFUSED_EXCHANGES, "{exchange}", Some(CUMULATIVE), counters.refused_exchanges),
        (metric::RETRIED, "{send}", Some(CUMULATIVE), counters.retried),
        (metric::OVERFLOWED, "{exchange}", Some(CUMULATIVE), counters.overflowed),
        (metric::HOST_ERRORS, "{call}", Some(CUMULATIVE), counters.host_errors),
        (metric::LONGEST_ENTRY, "ns", None, counters.longest_entry),
        (metric::CONFIGURATION_REFUSED, "1", None, counters.configuration_refused),
        (metric::CLOCK, "ns", None, header.sent),
        (metric::CLOCK_STEPS, "1", Some(CUMULATIVE), counters.clock_steps),
    ] {
        if value != 0 {
            number_metric(out, name, unit, temporality, header, value);
        }
    }
}

/// A metric of one integer without attributes: a gauge, or a monotonic sum of the given temporality.
fn number_metric(
    out: &mut Vec<u8>,
    name: &str,
    unit: &str,
    temporality: Option<u64>,
    header: &BatchHeader,
    value: u64,
) {
    message(out, 2, |metric| {
        bytes(metric, 1, name.as_bytes());
        bytes(metric, 3, unit.as_bytes());
        message(metric, if temporality.is_some() { 7 } else { 5 }, |data| {
            message(data, 1, |point| {
                if name == metric::SEQUENCE {
                    fixed64(point, 2, header.start);
                }
                fixed64(point, 3, header.end);
                fixed64(point, 6, integer(value));
            });
            if let Some(temporality) = temporality {
                uint(data, 2, temporality);
                uint(data, 3, 1);
            }
        });
    });
}
