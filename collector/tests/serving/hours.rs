//! Hours of one edge, whole and over, as baselines and diffs are about.

use std::path::Path;

use hogusu_model::{BatchHeader, Histogram, Measure, Outcome, SeriesData, SeriesKey};
use hogusu_wire::{BatchWriter, encode_resource, encode_series};

use super::batches::{Filter, series};
use super::process::{Collector, command, now};

pub(crate) const HOUR: u64 = 3_600 * 1_000_000_000;

/// An hour of one source: `ok` answers and `failed` ones, each at this bucket of the layout, in one batch over all of it.
fn hour(filter: &mut Filter, start: u64, bucket: usize, ok: u64, failed: u64) -> Vec<u8> {
    filter.sequence += 1;
    filter.cumulative += ok + failed;
    let (sequence, cumulative) = (filter.sequence, filter.cumulative);
    let header =
        BatchHeader { start, end: start + HOUR, sequence, cumulative, last: sequence == 4, ..BatchHeader::default() };
    let mut writer = BatchWriter::new(header.start, header.end);
    for (outcome, count) in [(Outcome::Ok, ok), (Outcome::ServerError, failed)] {
        if count > 0 {
            let duration = Histogram::from_parts(0, 0, bucket, vec![count], count).unwrap();
            let data = SeriesData { duration, ..SeriesData::default() };
            writer.series(Measure::Request, &encode_series(&SeriesKey { outcome, ..series() }), &data);
        }
    }
    writer.finish(&encode_resource(&filter.resource), &header)
}

/// RFC 3339 of an hour since the epoch.
pub(crate) fn time(hour: u64) -> String {
    hogusu_collector::report::Moment(hour * HOUR).to_string()
}

/// A collector that holds four hours of one edge, and the first of them: twice 100 requests, then twice 200 of twice the duration, of which 20
/// fail.
pub(crate) fn four_hours(data: &Path) -> (Collector, u64) {
    let first = now() / HOUR - 30;
    let mut filter = Filter::new(1, first * HOUR);
    let expected = data.join("expected.json");
    std::fs::write(&expected, r#"{"workloads":[{"namespace":"shop","name":"workload-1","proxies":1}]}"#).unwrap();
    // Policies too, so that every address has something to answer.
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/strict");
    let start = || {
        let mut told = command(data);
        told.arg("--expect").arg(&expected).arg("--policy").arg(&policies);
        Collector::started(told.spawn().unwrap(), "http")
    };
    let collector = start();
    for (place, (bucket, ok, failed)) in
        [(100, 100, 0), (100, 100, 0), (108, 180, 20), (108, 180, 20)].iter().enumerate()
    {
        let body = hour(&mut filter, (first + place as u64) * HOUR, *bucket, *ok, *failed);
        let answer = collector.deliver(&body);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert!(collector.terminate().0.success());
    (start(), first)
}
