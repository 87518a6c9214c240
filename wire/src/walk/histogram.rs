//! The data point of an exponential histogram, read back into the one layout of [`hogusu_model::layout`].

use hogusu_model::layout::{BUCKETS, FIRST_INDEX, SCALE};
use hogusu_model::{Exemplar, Histogram};

use crate::read::{Field, Fields, take_varint};
use crate::refusal::Refusal;

/// 2^-20 s, the lowest bound.
const LOWEST: f64 = 1.0 / 1_048_576.0;
const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// What was read of a data point so far.
#[derive(Default)]
pub(super) struct HistogramReading<'a> {
    count: u64,
    sum: f64,
    scale: i32,
    zero: u64,
    zero_threshold: f64,
    offset: i32,
    packed: &'a [u8],
    has_buckets: bool,
    exemplar: Option<Exemplar>,
}

impl<'a> HistogramReading<'a> {
    /// Takes a field of the data point, its attributes apart.
    pub(super) fn field(&mut self, number: u32, field: Field<'a>) -> Result<(), Refusal> {
        match number {
            4 => self.count = field.fixed64()?,
            5 => self.sum = f64::from_bits(field.fixed64()?),
            6 => self.scale = field.sint()?,
            7 => self.zero = field.fixed64()?,
            8 if std::mem::replace(&mut self.has_buckets, true) => {
                return Err(Refusal::Protobuf("a data point has its positive buckets twice"));
            }
            8 => self.buckets(field.bytes()?)?,
            9 => no_negative(field.bytes()?)?,
            11 => self.exemplar(read_exemplar(field.bytes()?)?),
            14 => self.zero_threshold = f64::from_bits(field.fixed64()?),
            _ => {}
        }
        Ok(())
    }

    /// Of several exemplars the slowest stays.
    fn exemplar(&mut self, read: Option<Exemplar>) {
        if let Some(read) = read
            && self.exemplar.is_none_or(|kept| read.nanos > kept.nanos)
        {
            self.exemplar = Some(read);
        }
    }

    fn buckets(&mut self, message: &'a [u8]) -> Result<(), Refusal> {
        let mut fields = Fields::of(message);
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => self.offset = field.sint()?,
                2 => self.packed = field.bytes()?,
                _ => {}
            }
        }
        Ok(())
    }

    /// The histogram and its slowest exemplar.
    pub(super) fn finish(self) -> Result<(Histogram, Option<Exemplar>), Refusal> {
        if self.scale != SCALE {
            return Err(Refusal::value("scale", self.scale));
        }
        if self.zero > 0 && !(0.0..=LOWEST).contains(&self.zero_threshold) {
            return Err(Refusal::value("zero_threshold", self.zero_threshold));
        }
        let sum = nanos(self.sum).ok_or_else(|| Refusal::value("sum", self.sum))?;
        let mut counts = Vec::with_capacity(self.packed.len().min(BUCKETS + 1));
        let mut rest = self.packed;
        while !rest.is_empty() {
            if counts.len() > BUCKETS {
                return Err(Refusal::Protobuf("more buckets than the layout has"));
            }
            counts.push(take_varint(&mut rest)?);
        }
        let first = if counts.is_empty() { 0 } else { self.offset.saturating_sub(FIRST_INDEX) };
        let first = usize::try_from(first).map_err(|_ignored| Refusal::value("offset", self.offset))?;
        let above = if first.saturating_add(counts.len()) == BUCKETS + 1 { counts.pop().unwrap_or(0) } else { 0 };
        let first = if counts.is_empty() { 0 } else { first };
        let histogram = Histogram::from_parts(self.zero, above, first, counts, sum)
            .map_err(|_past| Refusal::value("offset", self.offset))?;
        if histogram.count() != self.count {
            return Err(Refusal::value("count", self.count));
        }
        Ok((histogram, self.exemplar))
    }
}

/// A duration is never negative. The field may be there as long as it counts nothing: some writers always write it.
fn no_negative(message: &[u8]) -> Result<(), Refusal> {
    let mut fields = Fields::of(message);
    while let Some((number, field)) = fields.next()? {
        let mut rest = if number == 2 { field.bytes()? } else { &[] };
        while !rest.is_empty() {
            if take_varint(&mut rest)? != 0 {
                return Err(Refusal::Protobuf("a histogram of durations counts negative ones"));
            }
        }
    }
    Ok(())
}

/// Whole nanoseconds of finite, non-negative seconds.
///
/// Whole seconds and their fraction apart, so that neither is rounded with the other: below 2^23 s the double nearest to
/// a number of nanoseconds is read back as that number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be finite and not negative; `as` saturates"
)]
fn nanos(seconds: f64) -> Option<u64> {
    let whole = seconds.trunc();
    let rest = ((seconds - whole) * 1e9).round() as u64;
    (seconds.is_finite() && seconds >= 0.0)
        .then(|| (whole as u64).saturating_mul(NANOS_PER_SECOND).saturating_add(rest))
}

fn read_exemplar(message: &[u8]) -> Result<Option<Exemplar>, Refusal> {
    let mut exemplar = Exemplar { trace: [0; 16], nanos: 0, at: 0 };
    let mut has_trace = false;
    let mut fields = Fields::of(message);
    while let Some((number, field)) = fields.next()? {
        match number {
            2 => exemplar.at = field.fixed64()?,
            3 => {
                exemplar.nanos =
                    nanos(f64::from_bits(field.fixed64()?)).ok_or_else(|| Refusal::value("exemplar", "its value"))?
            }
            5 => {
                exemplar.trace = field
                    .bytes()?
                    .try_into()
                    .map_err(|_ignored| Refusal::value("exemplar", "a trace id that is not 16 bytes"))?;
                has_trace = true;
            }
            _ => {}
        }
    }
    Ok(has_trace.then_some(exemplar))
}
