//! A collector for tests: takes bodies as ours does, one integer per sender, and checks what every batch promises.

use std::collections::BTreeMap;

use hogusu_model::{BatchHeader, SeriesData, SeriesKey};
use hogusu_wire::{parse_series, walk};

/// Series per batch at most.
const SERIES_PER_BATCH: usize = 192;

#[derive(Debug, Default)]
pub(crate) struct Collector {
    /// Headers of the batches taken, in order.
    pub(crate) headers: Vec<BatchHeader>,
    pub(crate) totals: BTreeMap<SeriesKey, SeriesData>,
    /// Batches that were delivered again.
    pub(crate) repeated: u64,
    /// Batches and exchanges that gaps in the sequence say are missing.
    pub(crate) lost: (u64, u64),
    /// True when batches without a sequence were refused: their time is missing.
    pub(crate) has_refused_presence: bool,
    bodies: BTreeMap<u64, Vec<u8>>,
    /// Stretches that batches cover.
    stretches: Vec<(u64, u64)>,
    last_presence: Vec<u8>,
    sequence: u64,
    cumulative: u64,
    end: Option<u64>,
}

impl Collector {
    /// Takes a body; its header.
    pub(crate) fn take(&mut self, body: &[u8]) -> BatchHeader {
        let batch = walk(body).expect("a batch as docs/wire.md describes it");
        let header = batch.header.clone();
        if header.sequence > 0 {
            let first = self.bodies.entry(header.sequence).or_insert_with(|| body.to_vec());
            assert!(first == body, "the same bytes under the same sequence, {}", header.sequence);
        }
        let is_old_presence = header.sequence == 0 && self.last_presence == body;
        if header.sequence == 0 {
            self.last_presence = body.to_vec();
        }
        if (header.sequence > 0 && header.sequence <= self.sequence) || is_old_presence {
            self.repeated += 1;
            return header;
        }
        let mut exchanges = 0;
        let mut series: BTreeMap<SeriesKey, SeriesData> = BTreeMap::new();
        for point in batch.points {
            let key = parse_series(point.measure, &point.attributes).expect("attributes of a series");
            point.value.add_to(series.entry(key).or_default());
        }
        assert!(series.len() <= SERIES_PER_BATCH, "{} series in one batch", series.len());
        for (key, data) in series {
            exchanges += data.duration.count();
            self.totals.entry(key).or_default().merge(&data);
        }
        self.advance(&header, exchanges);
        self.headers.push(header.clone());
        header
    }

    fn advance(&mut self, header: &BatchHeader, exchanges: u64) {
        if header.sequence > 0 {
            self.lost.0 += header.sequence - self.sequence - 1;
            self.lost.1 += header.cumulative - self.cumulative - exchanges;
            (self.sequence, self.cumulative) = (header.sequence, header.cumulative);
        } else {
            assert_eq!((header.cumulative, exchanges), (0, 0), "presence counts nothing");
        }
        assert!(header.start <= header.end);
        if self.lost.0 == 0 && !self.has_refused_presence {
            // A clock that was set leaves gaps.
            let goes_on = |end| end == header.start || header.counters.clock_steps > 0;
            assert!(self.end.is_none_or(goes_on), "time goes on where it was: {header:?}");
        }
        let overlaps = |(start, end): &(u64, u64)| *start < header.end && header.start < *end;
        if header.start < header.end {
            assert!(!self.stretches.iter().any(overlaps), "no time is covered twice: {header:?}");
            self.stretches.push((header.start, header.end));
        }
        self.end = Some(header.end);
    }

    /// Exchanges taken.
    pub(crate) fn exchanges(&self) -> u64 {
        self.totals.values().map(|data| data.duration.count()).sum()
    }

    /// The only series taken.
    pub(crate) fn only(&self) -> (&SeriesKey, &SeriesData) {
        assert_eq!(self.totals.len(), 1, "one series: {:?}", self.totals.keys());
        self.totals.iter().next().expect("one series")
    }

    /// The totals since this was last asked; what was taken before is forgotten.
    pub(crate) fn take_totals(&mut self) -> BTreeMap<SeriesKey, SeriesData> {
        self.headers.clear();
        self.bodies.clear();
        std::mem::take(&mut self.totals)
    }

    /// End of the last batch taken.
    pub(crate) fn end(&self) -> u64 {
        self.end.unwrap_or(0)
    }
}
