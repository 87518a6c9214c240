//! Values as bytes, field by field as docs/storage.md describes them: unsigned LEB128 numbers, length-prefixed text.

use hogusu_model::{Counters, Exemplar, Histogram, Hook, Measure, SeriesData, SeriesKey, Workload};
use hogusu_wire::{encode_series, parse_series};

pub(super) use owner::{read_owner, write_owner};

use crate::aggregate::{Progress, Reporter};

/// First byte of every value: version of its layout.
const LAYOUT: u8 = 1;

const BACKEND: u8 = 1;
const BYTES: u8 = 2;
const ATTEMPTS: u8 = 4;
const EXEMPLAR: u8 = 8;

/// Bytes that are not the value they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Garbled;

pub(super) fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or(0));
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    write_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Reads one value after the other.
pub(super) struct Reading<'a>(&'a [u8]);

impl<'a> Reading<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Result<Self, Garbled> {
        let mut reading = Self(bytes);
        if reading.byte()? == LAYOUT { Ok(reading) } else { Err(Garbled) }
    }

    fn byte(&mut self) -> Result<u8, Garbled> {
        let (byte, rest) = self.0.split_first().ok_or(Garbled)?;
        self.0 = rest;
        Ok(*byte)
    }

    /// True when all of it was read.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn number(&mut self) -> Result<u64, Garbled> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Garbled)
    }

    pub(super) fn size(&mut self) -> Result<usize, Garbled> {
        usize::try_from(self.number()?).map_err(|_too_long| Garbled)
    }

    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8], Garbled> {
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(Garbled)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn signed(&mut self) -> Result<i64, Garbled> {
        Ok(i64::from_le_bytes(self.bytes(8)?.try_into().map_err(|_length| Garbled)?))
    }

    fn text(&mut self) -> Result<String, Garbled> {
        let length = self.size()?;
        std::str::from_utf8(self.bytes(length)?).map(str::to_owned).map_err(|_not_text| Garbled)
    }
}

fn write_histogram(out: &mut Vec<u8>, histogram: &Histogram) {
    let (first, run) = histogram.run();
    for number in [histogram.below(), histogram.above(), histogram.sum(), first as u64, run.len() as u64] {
        write_number(out, number);
    }
    for count in run {
        write_number(out, *count);
    }
}

fn meet_histogram(
    reading: &mut Reading<'_>,
    sum: &mut Histogram,
    meet: &mut impl FnMut(&mut u64, u64),
) -> Result<(), Garbled> {
    for own in sum.outside_mut() {
        meet(own, reading.number()?);
    }
    let (first, length) = (reading.size()?, reading.size()?);
    for own in sum.run_mut(first, length).map_err(|_out_of_layout| Garbled)? {
        meet(own, reading.number()?);
    }
    Ok(())
}

/// Counts of a series.
pub(super) fn write_data(out: &mut Vec<u8>, data: &SeriesData) {
    let has = |is_there: bool, flag: u8| if is_there { flag } else { 0 };
    out.push(LAYOUT);
    out.push(
        has(data.backend.is_some(), BACKEND)
            | has(data.bytes.is_some(), BYTES)
            | has(data.attempts.is_some(), ATTEMPTS)
            | has(data.exemplar.is_some(), EXEMPLAR),
    );
    write_histogram(out, &data.duration);
    if let Some(backend) = &data.backend {
        write_histogram(out, backend);
    }
    if let Some((received, sent)) = data.bytes {
        write_number(out, received);
        write_number(out, sent);
    }
    if let Some(attempts) = data.attempts {
        write_number(out, attempts);
    }
    if let Some(exemplar) = data.exemplar {
        out.extend_from_slice(&exemplar.trace);
        write_number(out, exemplar.nanos);
        write_number(out, exemplar.at);
    }
}

/// Reads what [`write_data`] wrote.
pub(super) fn read_data(bytes: &[u8]) -> Result<SeriesData, Garbled> {
    let mut data = SeriesData::default();
    add_data(bytes, &mut data).map(|()| data)
}

/// Adds what [`write_data`] wrote to `sum`, which holds no counts that mean anything when it is garbled.
pub(super) fn add_data(bytes: &[u8], sum: &mut SeriesData) -> Result<(), Garbled> {
    let Beside { exemplar, .. } = meet_data(bytes, sum, |own, number| *own = own.saturating_add(number))?;
    sum.merge(&SeriesData { exemplar, ..SeriesData::default() });
    Ok(())
}

/// What [`write_data`] wrote beside numbers that add up.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Beside {
    /// Backend latency was there.
    pub(super) backend: bool,
    /// Bytes were there.
    pub(super) bytes: bool,
    /// Attempts were there.
    pub(super) attempts: bool,
    pub(super) exemplar: Option<Exemplar>,
}

/// Lets each number that [`write_data`] wrote meet its own in `sum`, which holds none that means anything when that is garbled. What is no sum
/// is left to who asks.
pub(super) fn meet_data(
    bytes: &[u8],
    sum: &mut SeriesData,
    mut meet: impl FnMut(&mut u64, u64),
) -> Result<Beside, Garbled> {
    let mut reading = Reading::of(bytes)?;
    let flags = reading.byte()?;
    let has = |flag: u8| flags & flag != 0;
    let mut beside = Beside { backend: has(BACKEND), bytes: has(BYTES), attempts: has(ATTEMPTS), exemplar: None };
    meet_histogram(&mut reading, &mut sum.duration, &mut meet)?;
    if beside.backend {
        meet_histogram(&mut reading, sum.backend.get_or_insert_default(), &mut meet)?;
    }
    if beside.bytes {
        let (received, sent) = sum.bytes.get_or_insert_default();
        meet(received, reading.number()?);
        meet(sent, reading.number()?);
    }
    if beside.attempts {
        meet(sum.attempts.get_or_insert_default(), reading.number()?);
    }
    if has(EXEMPLAR) {
        let trace = reading.bytes(16)?.try_into().map_err(|_length| Garbled)?;
        beside.exemplar = Some(Exemplar { trace, nanos: reading.number()?, at: reading.number()? });
    }
    Ok(beside)
}

/// A series: its measure, then its attributes as the wire writes them.
pub(super) fn write_series(key: &SeriesKey) -> Vec<u8> {
    let mut out = vec![LAYOUT];
    write_text(&mut out, key.measure.as_str());
    out.extend_from_slice(&encode_series(key));
    out
}

/// Reads what [`write_series`] wrote.
pub(super) fn read_series(bytes: &[u8]) -> Result<SeriesKey, Garbled> {
    let mut reading = Reading::of(bytes)?;
    let measure = Measure::parse(&reading.text()?).ok_or(Garbled)?;
    parse_series(measure, reading.0).map_err(|_refusal| Garbled)
}

/// A reporter.
pub(super) fn write_reporter(reporter: &Reporter) -> Vec<u8> {
    let mut out = vec![LAYOUT];
    let workload = &reporter.workload;
    for text in [
        &workload.cluster,
        &workload.namespace,
        &workload.name,
        &reporter.service_account,
        &reporter.canonical_service,
        &reporter.canonical_revision,
        &reporter.mesh,
        &reporter.trust_domain,
    ] {
        write_text(&mut out, text);
    }
    write_text(&mut out, reporter.hook.as_str());
    if !reporter.proxy.is_empty() {
        write_text(&mut out, &reporter.proxy);
    }
    out
}

/// Reads what [`write_reporter`] wrote.
pub(super) fn read_reporter(bytes: &[u8]) -> Result<Reporter, Garbled> {
    let mut reading = Reading::of(bytes)?;
    Ok(Reporter {
        workload: Workload { cluster: reading.text()?, namespace: reading.text()?, name: reading.text()? },
        service_account: reading.text()?,
        canonical_service: reading.text()?,
        canonical_revision: reading.text()?,
        mesh: reading.text()?,
        trust_domain: reading.text()?,
        hook: Hook::parse(&reading.text()?).ok_or(Garbled)?,
        proxy: if reading.0.is_empty() { String::new() } else { reading.text()? },
    })
}

/// How far a sender has come.
pub(super) fn write_progress(progress: &Progress) -> Vec<u8> {
    let mut out = vec![LAYOUT];
    let counters = &progress.counters;
    for number in [
        progress.sequence,
        progress.cumulative,
        progress.first_start,
        progress.last_end,
        progress.last_arrival,
        u64::from(progress.closed),
        progress.lost_batches,
        progress.lost_exchanges,
        counters.memory_bytes,
        counters.waiting,
        counters.folded,
        counters.refused,
        counters.refused_exchanges,
        counters.retried,
        counters.overflowed,
        counters.host_errors,
        counters.longest_entry,
        counters.configuration_refused,
    ] {
        write_number(&mut out, number);
    }
    out.extend_from_slice(&progress.clock_skew.to_le_bytes());
    for number in [counters.clock_steps, progress.comparisons, progress.clock_set_at] {
        write_number(&mut out, number);
    }
    out.extend_from_slice(&progress.clock_shift.to_le_bytes());
    out
}

/// Reads what [`write_progress`] wrote.
pub(super) fn read_progress(bytes: &[u8]) -> Result<Progress, Garbled> {
    let mut reading = Reading::of(bytes)?;
    let mut progress = Progress {
        sequence: reading.number()?,
        cumulative: reading.number()?,
        first_start: reading.number()?,
        last_end: reading.number()?,
        last_arrival: reading.number()?,
        closed: reading.number()? != 0,
        lost_batches: reading.number()?,
        lost_exchanges: reading.number()?,
        counters: Counters {
            memory_bytes: reading.number()?,
            waiting: reading.number()?,
            folded: reading.number()?,
            refused: reading.number()?,
            refused_exchanges: reading.number()?,
            retried: reading.number()?,
            overflowed: reading.number()?,
            host_errors: reading.number()?,
            longest_entry: reading.number()?,
            configuration_refused: reading.number()?,
            clock_steps: 0,
        },
        clock_skew: reading.signed()?,
        ..Progress::default()
    };
    // What versions before this one did not write.
    if !reading.0.is_empty() {
        progress.counters.clock_steps = reading.number()?;
        progress.comparisons = reading.number()?;
        progress.clock_set_at = reading.number()?;
        progress.clock_shift = reading.signed()?;
    }
    Ok(progress)
}

#[cfg(test)]
mod laws;
mod owner;
