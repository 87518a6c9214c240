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

#[cfg(test)]
mod tests {
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;
    use crate::fake::splitmix;

    fn random_histogram(seed: &mut u64) -> Histogram {
        let mut histogram = Histogram::default();
        for _ in 0..splitmix(seed) % 20 {
            let shift = splitmix(seed) % 64;
            histogram.record(splitmix(seed) >> shift);
        }
        histogram
    }

    #[test]
    fn what_is_packed_reads_back_the_same() {
        let (mut seed, mut bytes, mut expected) = (3, Vec::new(), Vec::new());
        for number in 0..500 {
            let data = SeriesData {
                duration: random_histogram(&mut seed),
                backend: (number % 2 == 0).then(|| random_histogram(&mut seed)),
                bytes: (number % 3 == 0).then(|| (splitmix(&mut seed), u64::MAX)),
                attempts: (number % 5 == 0).then(|| splitmix(&mut seed)),
                exemplar: (number % 7 == 0).then(|| Exemplar { trace: [9; 16], nanos: splitmix(&mut seed), at: 1 }),
            };
            write(&mut bytes, number * 1_000, &data);
            expected.push((number * 1_000, data));
        }
        let mut rest = bytes.as_slice();
        let read_back: Vec<_> = std::iter::from_fn(|| read(&mut rest)).collect();
        assert!(read_back == expected && rest.is_empty());
    }

    #[test]
    fn a_series_takes_some_fifty_bytes() {
        let mut data = SeriesData::default();
        (0..50).for_each(|at| data.duration.record(5_000_000 + at * 100_000));
        let mut bytes = Vec::new();
        write(&mut bytes, 1_000, &data);
        assert!(bytes.len() < 50, "{}", bytes.len());
    }

    #[test]
    fn bytes_that_were_cut_off_read_as_the_end() {
        let mut bytes = Vec::new();
        let mut data = SeriesData { attempts: Some(300), ..SeriesData::default() };
        data.duration.record(1_000_000);
        write(&mut bytes, 77, &data);
        for len in 0..bytes.len() {
            assert_eq!(read(&mut bytes.get(..len).expect("shorter")), None, "{len}");
        }
    }
}
