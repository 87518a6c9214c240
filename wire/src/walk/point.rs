//! Data points: which series a value belongs to, and what it adds there.

use std::borrow::Cow;

use hogusu_model::{Exemplar, Histogram, Measure, SeriesData};

use super::histogram::HistogramReading;
use crate::attributes::{HISTOGRAM_ATTRIBUTES, NUMBER_ATTRIBUTES};
use crate::names::metric;
use crate::protobuf::bytes;
use crate::read::Fields;
use crate::refusal::Refusal;

/// One data point.
#[derive(Debug, Clone, PartialEq)]
pub struct Point<'a> {
    /// What its count stands for.
    pub measure: Measure,
    /// The series' attributes, as [`crate::encode_series`] writes them.
    pub attributes: Cow<'a, [u8]>,
    /// What it adds to its series.
    pub value: Value,
}

/// The value of a data point.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Durations and at most one exemplar.
    Duration(Histogram, Option<Exemplar>),
    /// Backend latencies.
    Backend(Histogram),
    /// Bytes from the downstream.
    Received(u64),
    /// Bytes to the downstream.
    Sent(u64),
    /// Attempts.
    Attempts(u64),
}

impl Value {
    /// Adds this value to a series.
    pub fn add_to(self, data: &mut SeriesData) {
        match self {
            Self::Duration(duration, exemplar) => {
                data.merge(&SeriesData { duration, exemplar, ..SeriesData::default() })
            }
            Self::Backend(histogram) => data.merge(&SeriesData { backend: Some(histogram), ..SeriesData::default() }),
            Self::Received(count) => data.merge(&SeriesData { bytes: Some((count, 0)), ..SeriesData::default() }),
            Self::Sent(count) => data.merge(&SeriesData { bytes: Some((0, count)), ..SeriesData::default() }),
            Self::Attempts(count) => data.merge(&SeriesData { attempts: Some(count), ..SeriesData::default() }),
        }
    }
}

/// Which part of a series a metric carries.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Duration,
    Backend,
    Attempts,
    Received,
    Sent,
}

impl Part {
    /// True when an exponential histogram carries it; else a sum of integers does.
    pub(super) const fn is_histogram(self) -> bool {
        matches!(self, Self::Duration | Self::Backend)
    }
}

/// What a metric's name says of its points; `None` for a metric that has no series.
pub(super) fn part_of(name: &str) -> Option<(Measure, Part)> {
    Some(match name {
        metric::REQUEST_DURATION => (Measure::Request, Part::Duration),
        metric::CONNECTION_DURATION => (Measure::Connection, Part::Duration),
        metric::ATTEMPT_DURATION => (Measure::Attempt, Part::Duration),
        metric::REQUEST_BACKEND => (Measure::Request, Part::Backend),
        metric::REQUEST_ATTEMPTS => (Measure::Request, Part::Attempts),
        metric::REQUEST_RECEIVED => (Measure::Request, Part::Received),
        metric::REQUEST_SENT => (Measure::Request, Part::Sent),
        metric::CONNECTION_RECEIVED => (Measure::Connection, Part::Received),
        metric::CONNECTION_SENT => (Measure::Connection, Part::Sent),
        _ => return None,
    })
}

impl<'a> Point<'a> {
    /// Reads a data point of the metric that carries `part`.
    pub(super) fn read(measure: Measure, part: Part, message: &'a [u8]) -> Result<Self, Refusal> {
        let point = if part.is_histogram() {
            histogram_point(measure, part, message)?
        } else {
            number_point(measure, part, message)?
        };
        if point.attributes.is_empty() { Err(Refusal::Missing("attributes of a data point")) } else { Ok(point) }
    }
}

fn number_point(measure: Measure, part: Part, message: &[u8]) -> Result<Point<'_>, Refusal> {
    let mut attributes = Vec::new();
    let mut value = 0;
    let mut fields = Fields::of(message);
    while let Some((number, field)) = fields.next()? {
        match number {
            NUMBER_ATTRIBUTES => bytes(&mut attributes, HISTOGRAM_ATTRIBUTES, field.bytes()?),
            4 => return Err(Refusal::Protobuf("a double stands where docs/wire.md has an integer")),
            6 => value = field.count()?,
            _ => {}
        }
    }
    let value = match part {
        Part::Attempts => Value::Attempts(value),
        Part::Received => Value::Received(value),
        Part::Sent | Part::Duration | Part::Backend => Value::Sent(value),
    };
    Ok(Point { measure, attributes: Cow::Owned(attributes), value })
}

fn histogram_point(measure: Measure, part: Part, message: &[u8]) -> Result<Point<'_>, Refusal> {
    let mut reading = HistogramReading::default();
    let mut attributes = AttributeRun::default();
    let mut fields = Fields::of(message);
    loop {
        let at = message.len() - fields.remaining();
        let Some((number, field)) = fields.next()? else { break };
        if number == HISTOGRAM_ATTRIBUTES {
            attributes.add(message, at, message.len() - fields.remaining());
        } else {
            reading.field(number, field)?;
        }
    }
    let (histogram, exemplar) = reading.finish()?;
    let value = match part {
        Part::Backend => Value::Backend(histogram),
        Part::Duration | Part::Attempts | Part::Received | Part::Sent => Value::Duration(histogram, exemplar),
    };
    Ok(Point { measure, attributes: attributes.run, value })
}

/// The bytes of all attribute fields: borrowed while they stand in one run, as writers write them.
#[derive(Default)]
struct AttributeRun<'a> {
    run: Cow<'a, [u8]>,
    end: usize,
    start: usize,
}

impl<'a> AttributeRun<'a> {
    fn add(&mut self, message: &'a [u8], start: usize, end: usize) {
        let piece = message.get(start..end).unwrap_or(&[]);
        if self.run.is_empty() {
            (self.run, self.start, self.end) = (Cow::Borrowed(piece), start, end);
        } else if self.end == start && matches!(self.run, Cow::Borrowed(_)) {
            self.run = Cow::Borrowed(message.get(self.start..end).unwrap_or(&[]));
            self.end = end;
        } else {
            self.run.to_mut().extend_from_slice(piece);
        }
    }
}
