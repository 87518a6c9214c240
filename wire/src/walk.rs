//! Reading one batch in place.
//!
//! A body is taken whole or refused whole. Series come with the bytes of their attributes as key; what they mean is read
//! by [`crate::parse_series`] for those a receiver has not seen before.

mod histogram;
mod point;

use hogusu_model::{BatchHeader, Measure, SenderId};

use crate::names::metric;
use crate::read::Fields;
use crate::refusal::Refusal;
use crate::resource::sender_of;

use self::point::{Part, part_of};
pub use self::point::{Point, Value};

/// Data points in one batch. A body with more is refused before it costs memory: a point may be a few bytes long there.
pub const MAX_POINTS: usize = 100_000;

const OTHER_KIND: Refusal = Refusal::Protobuf("a metric of Hogusu has another kind of data than docs/wire.md says");

/// A batch, borrowing from its body.
#[derive(Debug, Clone)]
pub struct Batch<'a> {
    /// Who sends.
    pub sender: SenderId,
    /// Time, place in the sequence, the sender's own counters.
    pub header: BatchHeader,
    /// The Resource's bytes: the same for every batch of a sender.
    pub resource: &'a [u8],
    /// Its data points.
    pub points: Vec<Point<'a>>,
}

/// Reads a body.
///
/// # Errors
/// When it is not exactly one batch of one sender as docs/wire.md describes it.
pub fn walk(body: &[u8]) -> Result<Batch<'_>, Refusal> {
    let mut reading = Reading::default();
    let mut is_seen = false;
    let mut resource = None;
    let mut fields = Fields::of(body);
    while let Some((number, field)) = fields.next()? {
        if number != 1 {
            continue;
        }
        if std::mem::replace(&mut is_seen, true) {
            return Err(Refusal::Protobuf("more than one ResourceMetrics; a batch is of one sender"));
        }
        let mut inner = Fields::of(field.bytes()?);
        while let Some((number, field)) = inner.next()? {
            match number {
                1 if resource.is_some() => {
                    return Err(Refusal::Protobuf("more than one Resource; a batch is of one sender"));
                }
                1 => resource = Some(field.bytes()?),
                2 => reading.scope(field.bytes()?)?,
                _ => {}
            }
        }
    }
    let resource = resource.ok_or(Refusal::Missing("the Resource"))?;
    if !reading.has_header {
        return Err(Refusal::Missing("metric hogusu.batch.sequence"));
    }
    // Protobuf does not write a 0: it is no time.
    if reading.header.end == 0 {
        return Err(Refusal::Missing("time_unix_nano of metric hogusu.batch.sequence"));
    }
    if reading.header.end < reading.header.start {
        return Err(Refusal::value("hogusu.batch.sequence", "an end before its start"));
    }
    if reading.header.sequence == 0 && !reading.points.is_empty() {
        return Err(Refusal::value("hogusu.batch.sequence", "0 (presence) with data points"));
    }
    reading.header.last = reading.last != 0;
    Ok(Batch { sender: sender_of(resource)?, header: reading.header, resource, points: reading.points })
}

/// Kinds of a metric's data, by field number.
const GAUGE: u32 = 5;
const SUM: u32 = 7;
const EXPONENTIAL_HISTOGRAM: u32 = 10;

/// Aggregation temporalities.
const DELTA: u64 = 1;
const CUMULATIVE: u64 = 2;

#[derive(Default)]
struct Reading<'a> {
    header: BatchHeader,
    has_header: bool,
    /// Metrics of the header that were read.
    named: Vec<&'a str>,
    last: u64,
    points: Vec<Point<'a>>,
}

impl<'a> Reading<'a> {
    fn scope(&mut self, scope_metrics: &'a [u8]) -> Result<(), Refusal> {
        let mut fields = Fields::of(scope_metrics);
        while let Some((number, field)) = fields.next()? {
            if number == 2 {
                self.metric(field.bytes()?)?;
            }
        }
        Ok(())
    }

    fn metric(&mut self, message: &'a [u8]) -> Result<(), Refusal> {
        let mut fields = Fields::of(message);
        let (mut name, mut data) = ("", None);
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => name = field.text()?,
                // Merging them, as protobuf would, or taking one: readers would count differently.
                GAUGE | SUM | EXPONENTIAL_HISTOGRAM if data.is_some() => {
                    return Err(Refusal::Protobuf("a metric has data twice"));
                }
                GAUGE | SUM | EXPONENTIAL_HISTOGRAM => data = Some((number, field.bytes()?)),
                _ => {}
            }
        }
        match (part_of(name), data) {
            (Some((measure, part)), Some((kind, data))) => self.series(measure, part, kind, data),
            (Some(_), None) => Err(OTHER_KIND),
            (None, _) => self.header_metric(name, data),
        }
    }

    fn series(&mut self, measure: Measure, part: Part, kind: u32, data: &'a [u8]) -> Result<(), Refusal> {
        if kind != if part.is_histogram() { EXPONENTIAL_HISTOGRAM } else { SUM } {
            return Err(OTHER_KIND);
        }
        let mut is_delta = false;
        let mut fields = Fields::of(data);
        while let Some((number, field)) = fields.next()? {
            match number {
                1 if self.points.len() >= MAX_POINTS => {
                    return Err(Refusal::value("the number of data points", format!("more than {MAX_POINTS}")));
                }
                1 => self.points.push(Point::read(measure, part, field.bytes()?)?),
                2 => is_delta = field.varint()? == DELTA,
                _ => {}
            }
        }
        if is_delta { Ok(()) } else { Err(Refusal::Protobuf("aggregation temporality is not delta")) }
    }

    fn header_metric(&mut self, name: &'a str, data: Option<(u32, &'a [u8])>) -> Result<(), Refusal> {
        let counters = &mut self.header.counters;
        let place = match name {
            metric::SEQUENCE if self.has_header => {
                return Err(Refusal::Protobuf(
                    "more than one hogusu.batch.sequence; batches are not merged on their way",
                ));
            }
            metric::SEQUENCE => &mut self.header.sequence,
            metric::EXCHANGES => &mut self.header.cumulative,
            metric::MEMORY => &mut counters.memory_bytes,
            metric::WAITING => &mut counters.waiting,
            metric::FOLDED => &mut counters.folded,
            metric::REFUSED => &mut counters.refused,
            metric::REFUSED_EXCHANGES => &mut counters.refused_exchanges,
            metric::RETRIED => &mut counters.retried,
            metric::OVERFLOWED => &mut counters.overflowed,
            metric::HOST_ERRORS => &mut counters.host_errors,
            metric::LONGEST_ENTRY => &mut counters.longest_entry,
            metric::CONFIGURATION_REFUSED => &mut counters.configuration_refused,
            metric::CLOCK => &mut self.header.sent,
            metric::CLOCK_STEPS => &mut counters.clock_steps,
            metric::LAST => &mut self.last,
            _ => return Ok(()),
        };
        let number = Number::read(data)?;
        *place = number.value;
        if self.named.contains(&name) {
            return Err(Refusal::Protobuf("a batch has each of its own metrics once"));
        }
        self.named.push(name);
        if name == metric::SEQUENCE {
            self.has_header = true;
            self.header.start = number.start;
            self.header.end = number.end;
        }
        Ok(())
    }
}

/// The one data point of a header's metric.
#[derive(Default)]
struct Number {
    start: u64,
    end: u64,
    value: u64,
}

impl Number {
    /// From a gauge, or from a cumulative sum.
    fn read(data: Option<(u32, &[u8])>) -> Result<Self, Refusal> {
        let Some((kind @ (GAUGE | SUM), data)) = data else { return Err(OTHER_KIND) };
        let (mut only, mut temporality) = (None, CUMULATIVE);
        let mut fields = Fields::of(data);
        while let Some((number, field)) = fields.next()? {
            match number {
                1 if only.is_some() => {
                    return Err(Refusal::Protobuf("a batch has one data point for each of its own metrics"));
                }
                1 => only = Some(Self::point(field.bytes()?)?),
                2 if kind == SUM => temporality = field.varint()?,
                _ => {}
            }
        }
        if temporality != CUMULATIVE {
            return Err(Refusal::Protobuf("aggregation temporality of a sender's own counter is not cumulative"));
        }
        only.ok_or(Refusal::Protobuf("a batch has one data point for each of its own metrics"))
    }

    fn point(message: &[u8]) -> Result<Self, Refusal> {
        let mut point = Self::default();
        let mut fields = Fields::of(message);
        while let Some((number, field)) = fields.next()? {
            match number {
                2 => point.start = field.fixed64()?,
                3 => point.end = field.fixed64()?,
                4 => return Err(Refusal::Protobuf("a double stands where docs/wire.md has an integer")),
                6 => point.value = field.count()?,
                _ => {}
            }
        }
        Ok(point)
    }
}
