//! The compact form of what waits to be sent: varints, about 50 bytes a series, so that a minute's backlog of 500 edges
//! stays below half a megabyte. Never leaves the filter.

use hogusu_model::{Exemplar, Histogram, SeriesData};

const HAS_BACKEND: u64 = 1;
const HAS_BYTES: u64 = 2;
const HAS_ATTEMPTS: u64 = 4;
const HAS_EXEMPLAR: u64 = 8;

/// Appends a series: its number and its data.
pub(crate) fn write(out: &mut Vec<u8>, series: u32, data: &SeriesData) {
    put(out, u64::from(series));
    let mut flags = 0;
    for (present, flag) in [
        (data.backend.is_some(), HAS_BACKEND),
        (data.bytes.is_some(), HAS_BYTES),
        (data.attempts.is_some(), HAS_ATTEMPTS),
        (data.exemplar.is_some(), HAS_EXEMPLAR),
    ] {
        flags |= if present { flag } else { 0 };
    }
    put(out, flags);
    put_histogram(out, &data.duration);
    if let Some(backend) = &data.backend {
        put_histogram(out, backend);
    }
    if let Some((received, sent)) = data.bytes {
        put(out, received);
        put(out, sent);
    }
    if let Some(attempts) = data.attempts {
        put(out, attempts);
    }
    if let Some(exemplar) = &data.exemplar {
        out.extend_from_slice(&exemplar.trace);
        put(out, exemplar.nanos);
        put(out, exemplar.at);
    }
}

/// Takes a series off the front; `None` at the end.
pub(crate) fn read(rest: &mut &[u8]) -> Option<(u32, SeriesData)> {
    let series = u32::try_from(take(rest)?).ok()?;
    let flags = take(rest)?;
    let mut data = SeriesData { duration: take_histogram(rest)?, ..SeriesData::default() };
    if flags & HAS_BACKEND != 0 {
        data.backend = Some(take_histogram(rest)?);
    }
    if flags & HAS_BYTES != 0 {
        data.bytes = Some((take(rest)?, take(rest)?));
    }
    if flags & HAS_ATTEMPTS != 0 {
        data.attempts = Some(take(rest)?);
    }
    if flags & HAS_EXEMPLAR != 0 {
        let (trace, tail) = rest.split_first_chunk::<16>()?;
        *rest = tail;
        data.exemplar = Some(Exemplar { trace: *trace, nanos: take(rest)?, at: take(rest)? });
    }
    Some((series, data))
}

fn put_histogram(out: &mut Vec<u8>, histogram: &Histogram) {
    let (first, run) = histogram.run();
    for value in [histogram.below(), histogram.above(), histogram.sum(), first as u64, run.len() as u64] {
        put(out, value);
    }
    run.iter().for_each(|count| put(out, *count));
}

fn take_histogram(rest: &mut &[u8]) -> Option<Histogram> {
    let (below, above, sum) = (take(rest)?, take(rest)?, take(rest)?);
    let (first, len) = (usize::try_from(take(rest)?).ok()?, take(rest)?);
    let counts = (0..len).map(|_| take(rest)).collect::<Option<Vec<_>>>()?;
    Histogram::from_parts(below, above, first, counts, sum).ok()
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f).to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push((value & 0x7f).to_le_bytes()[0]);
}

fn take(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, tail) = rest.split_first()?;
        *rest = tail;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
