//! Rows of a block as bits: each number as it is expected after the row before it, and buckets by four, each of which is as long as the longest
//! of them, for neighbours are alike. docs/storage.md has the bits.
//!
//! Nothing is taken on trust of what is read: what a row makes of memory is bounded by the layout of histograms, whatever its bits say.

use hogusu_model::{Exemplar, Histogram, SeriesData};

use super::super::codec::Garbled;
use super::bits::{Bits, Reading, at_distance, distance, length};
use super::pack::Row;

const BACKEND: u64 = 1;
const BYTES: u64 = 2;
const ATTEMPTS: u64 = 4;
const EXEMPLAR: u64 = 8;
/// Bits that say which of these there are.
const FLAGS: u32 = 4;

/// What is expected, as the power of two that numbers are about below: how far the next series is, of the same reporter and of another one.
const NEXT_SERIES: u32 = 1;
const OTHER_SERIES: u32 = 3;
/// How far a histogram's ends are from those of the row before.
const ENDS: u32 = 2;
/// Buckets that are of one length, and how long the first ones are expected to be.
const BUCKETS: usize = 4;
const FIRST_LENGTH: u64 = 3;

/// The row before, as far as the next one is like it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Before {
    row: Row,
    flags: u64,
    /// First bucket and number of buckets, of durations and of backend latency.
    ends: [(u64, u64); 2],
    at: u64,
}

/// The power of two that a number is about below where another was before it.
const fn like(before: u64) -> u32 {
    length(before).saturating_sub(1)
}

/// What a row is about.
pub(super) fn write_row(out: &mut Bits, (reporter, series, owner): Row, before: &mut Before) {
    let (last_reporter, last_series, last_owner) = before.row;
    out.small(reporter.saturating_sub(last_reporter).into(), 0);
    if reporter == last_reporter {
        out.small(series.saturating_sub(last_series).into(), NEXT_SERIES);
    } else {
        out.small(distance(series.into(), last_series.into()), OTHER_SERIES);
    }
    out.small(owner.into(), like(last_owner.into()));
    before.row = (reporter, series, owner);
}

/// Reads what [`write_row`] wrote.
pub(super) fn read_row(bits: &mut Reading<'_>, before: &mut Before) -> Result<Row, Garbled> {
    let number = |number: u64| u32::try_from(number).map_err(|_too_large| Garbled);
    let larger = |last: u32, by: u64| last.checked_add(number(by)?).ok_or(Garbled);
    let (last_reporter, last_series, last_owner) = before.row;
    let by = bits.small(0)?;
    let reporter = larger(last_reporter, by)?;
    let series = if by == 0 {
        larger(last_series, bits.small(NEXT_SERIES)?)?
    } else {
        number(at_distance(bits.small(OTHER_SERIES)?, last_series.into()))?
    };
    before.row = (reporter, series, number(bits.small(like(last_owner.into()))?)?);
    Ok(before.row)
}

/// The counts of a row.
pub(super) fn write_counts(out: &mut Bits, data: &SeriesData, before: &mut Before) {
    let has = |is_there: bool, flag: u64| if is_there { flag } else { 0 };
    let flags = has(data.backend.is_some(), BACKEND)
        | has(data.bytes.is_some(), BYTES)
        | has(data.attempts.is_some(), ATTEMPTS)
        | has(data.exemplar.is_some(), EXEMPLAR);
    if flags == before.flags {
        out.plain(0, 1);
    } else {
        out.plain(1, 1);
        out.plain(flags, FLAGS);
        before.flags = flags;
    }
    let [of_duration, of_backend] = &mut before.ends;
    write_histogram(out, &data.duration, of_duration);
    if let Some(backend) = &data.backend {
        write_histogram(out, backend, of_backend);
    }
    if let Some((received, sent)) = data.bytes {
        out.long(received);
        out.long(sent);
    }
    if let Some(attempts) = data.attempts {
        out.long(attempts);
    }
    if let Some(Exemplar { trace, nanos, at }) = data.exemplar {
        trace.iter().for_each(|byte| out.plain((*byte).into(), 8));
        out.long(nanos);
        out.long(distance(at, before.at));
        before.at = at;
    }
}

/// Adds what [`write_counts`] wrote to `sum`, which holds no counts that mean anything when it is garbled.
pub(super) fn add_counts(bits: &mut Reading<'_>, sum: &mut SeriesData, before: &mut Before) -> Result<(), Garbled> {
    if bits.plain(1)? != 0 {
        before.flags = bits.plain(FLAGS)?;
    }
    let has = |flag: u64| before.flags & flag != 0;
    let [of_duration, of_backend] = &mut before.ends;
    add_histogram(bits, &mut sum.duration, of_duration)?;
    if has(BACKEND) {
        add_histogram(bits, sum.backend.get_or_insert_default(), of_backend)?;
    }
    if has(BYTES) {
        let (received, sent) = sum.bytes.get_or_insert_default();
        add(received, bits.long()?);
        add(sent, bits.long()?);
    }
    if has(ATTEMPTS) {
        add(sum.attempts.get_or_insert_default(), bits.long()?);
    }
    if has(EXEMPLAR) {
        let mut trace = [0; 16];
        for byte in &mut trace {
            *byte = u8::try_from(bits.plain(8)?).map_err(|_more_bits| Garbled)?;
        }
        let nanos = bits.long()?;
        before.at = at_distance(bits.long()?, before.at);
        let exemplar = Some(Exemplar { trace, nanos, at: before.at });
        sum.merge(&SeriesData { exemplar, ..SeriesData::default() });
    }
    Ok(())
}

const fn add(own: &mut u64, number: u64) {
    *own = own.saturating_add(number);
}

fn write_histogram(out: &mut Bits, histogram: &Histogram, ends: &mut (u64, u64)) {
    let (first, run) = histogram.run();
    out.small(histogram.below(), 0);
    out.small(histogram.above(), 0);
    out.long(histogram.sum());
    let now = (first as u64, run.len() as u64);
    out.small(distance(now.0, ends.0), ENDS);
    out.small(distance(now.1, ends.1), ENDS);
    *ends = now;
    let mut before = FIRST_LENGTH;
    for counts in run.chunks(BUCKETS) {
        let longest = length(counts.iter().fold(0, |bits, count| bits | count));
        out.small(distance(longest.into(), before), 0);
        counts.iter().for_each(|count| out.plain(*count, longest));
        before = longest.into();
    }
}

fn add_histogram(bits: &mut Reading<'_>, sum: &mut Histogram, ends: &mut (u64, u64)) -> Result<(), Garbled> {
    let [below, above, nanos] = sum.outside_mut();
    add(below, bits.small(0)?);
    add(above, bits.small(0)?);
    add(nanos, bits.long()?);
    ends.0 = at_distance(bits.small(ENDS)?, ends.0);
    ends.1 = at_distance(bits.small(ENDS)?, ends.1);
    let size = |number: u64| usize::try_from(number).map_err(|_too_large| Garbled);
    let run = sum.run_mut(size(ends.0)?, size(ends.1)?).map_err(|_out_of_layout| Garbled)?;
    let mut before = FIRST_LENGTH;
    for counts in run.chunks_mut(BUCKETS) {
        before = at_distance(bits.small(0)?, before);
        let longest = u32::try_from(before).ok().filter(|bits| *bits <= u64::BITS).ok_or(Garbled)?;
        bits.add_plain(longest, counts)?;
    }
    Ok(())
}
