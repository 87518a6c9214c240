//! Bounds in bytes and numbers, each measured by what is held, not by a clock.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use hogusu_collector::ingest::{Delivery, Held, Parcel, Room, Verdict};
use hogusu_collector::journal::name_of;
use hogusu_collector::limits;
use hogusu_collector::telemetry::{Metric, Telemetry};
use hogusu_collector::writer::Writer;
use hogusu_model::{BatchHeader, Histogram, Measure, SenderId, SeriesData, SeriesKey, Service};
use hogusu_wire::{BatchWriter, encode_resource, encode_series};
use tokio::sync::oneshot;

use super::batches::{FLUSH, Filter, MIDNIGHT, SECOND, deliver, requests, series};
use super::machine::{Machine, Survives};
use super::place::Place;

const BEGUN: u64 = MIDNIGHT + 3600 * SECOND;

fn open(machine: &Machine) -> Writer<Place, Place> {
    Writer::open(machine.folder("journal"), machine.folder("slots"), &Telemetry::default()).unwrap().0
}

/// The sender of this number; there may be more than a byte has values.
fn numbered(number: u32) -> Filter {
    let mut filter = Filter::new(1, BEGUN);
    filter.resource.sender.0[..4].copy_from_slice(&number.to_le_bytes());
    filter.resource.proxy.workload.name = format!("workload-{number}");
    filter
}

fn one_request() -> SeriesData {
    SeriesData { duration: Histogram::from_parts(0, 0, 100, vec![1], 1).unwrap(), ..SeriesData::default() }
}

/// A batch of `good` series and one whose protocol nobody knows.
fn half_bad(filter: &mut Filter, good: u16) -> Vec<u8> {
    filter.sequence += 1;
    let header = BatchHeader { start: BEGUN, end: BEGUN + FLUSH, sequence: 1, cumulative: 1, ..BatchHeader::default() };
    let mut writer = BatchWriter::new(header.start, header.end);
    for port in 0..good {
        writer.series(Measure::Request, &encode_series(&SeriesKey { port, ..series() }), &one_request());
    }
    let mut bad = encode_series(&series());
    let at = bad.windows(4).position(|window| window == b"http").unwrap();
    bad[at..at + 4].copy_from_slice(b"smtp");
    writer.series(Measure::Request, &bad, &one_request());
    writer.finish(&encode_resource(&filter.resource), &header)
}

/// 6,000 such bodies took the process from 10 to 82 MiB.
#[test]
fn batches_that_are_refused_leave_nothing_behind() {
    let mut writer = open(&Machine::default());
    for number in 0..6_000 {
        let verdicts = deliver(&mut writer, &[half_bad(&mut numbered(number), 3)], BEGUN + FLUSH);
        assert!(matches!(&verdicts[..], [Some(Verdict::Refused { .. })]), "{verdicts:?}");
    }
    let (aggregate, dictionary) = (writer.aggregate(), writer.aggregate().dictionary());
    assert_eq!((dictionary.reporters(), dictionary.len(), dictionary.bytes()), (0, 0, 0));
    assert_eq!((aggregate.senders().len(), aggregate.open().rows()), (0, 0));
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// A batch with 15 MiB in a field that nobody reads, compressed to a thousandth.
fn inflated(filter: &mut Filter) -> (Vec<u8>, Vec<u8>) {
    let mut body = filter.batch(1);
    body.extend_from_slice(&[0x7a, 0x80, 0x80, 0xc0, 0x07]);
    body.extend(std::iter::repeat_n(0, 15 << 20));
    (gzip(&body), body)
}

fn arrive(writer: &mut Writer<Place, Place>, body: Parcel, arrival: u64) -> oneshot::Receiver<Verdict> {
    let (answer, verdict) = oneshot::channel();
    let delivery = Delivery { arrival, body, identity: None, waited: false, answer };
    writer.group(vec![delivery], &Telemetry::default()).unwrap();
    verdict
}

/// Twelve of them held 197 MiB.
#[test]
fn batches_that_overtook_others_are_kept_back_up_to_a_bound_in_bytes_and_the_rest_comes_again() {
    let mut writer = open(&Machine::default());
    let room = Room::default();
    let mut verdicts = Vec::new();
    for number in 0..12 {
        let mut filter = numbered(number);
        drop((filter.batch(1), filter.batch(1)));
        let (packed, _) = inflated(&mut filter);
        assert!(packed.len() < 73_000);
        let parcel = Parcel::gzip(packed, Held::default(), &room).unwrap();
        verdicts.push(arrive(&mut writer, parcel, BEGUN + 15 * SECOND));
        assert!(writer.kept_back() <= limits::EARLY_BYTES, "{}", writer.kept_back());
        assert!(room.taken() <= limits::EARLY_BYTES + (1 << 20), "what is refused gives its room back");
    }
    let answered: Vec<Verdict> = verdicts.iter_mut().filter_map(|verdict| verdict.try_recv().ok()).collect();
    assert_eq!(answered.len(), 10);
    let is_told = |verdict: &Verdict| matches!(verdict, Verdict::NoPlace { metric: Metric::RefusedBusy, .. });
    assert!(answered.iter().all(is_told), "{answered:?}");
    let released = writer.release(BEGUN + 16 * SECOND);
    assert_eq!((released.len(), writer.kept_back()), (2, 0));
}

/// 123 kB became 14 MB of journal.
#[test]
fn the_journal_keeps_a_body_as_compact_as_it_came_and_replays_it() {
    let machine = Machine::default();
    let mut writer = open(&machine);
    let (packed, plain) = inflated(&mut numbered(7));
    let length = packed.len();
    let parcel = Parcel::gzip(packed, Held::default(), &Room::default()).unwrap();
    assert_eq!(parcel.bytes().len(), plain.len());
    assert_eq!(arrive(&mut writer, parcel, BEGUN + FLUSH).try_recv(), Ok(Verdict::Durable));
    let written = machine.length("journal", &name_of(1));
    assert!(written < length + 200, "{length} bytes became {written}");
    drop(writer);
    let mut writer = open(&machine.restart(Survives::Nothing));
    let view = writer.view(BEGUN, BEGUN + 60 * SECOND).unwrap();
    let period = view.period(&std::sync::RwLock::default(), BEGUN + 60 * SECOND).unwrap();
    assert_eq!(requests(&period), [("workload-7".to_owned(), 1)]);
}

/// One forged sequence made 9 x 10^18 lost batches of it, and repetitions of all that followed.
#[test]
fn a_sequence_or_total_that_nobody_can_have_reached_is_refused_and_moves_nothing() {
    let mut writer = open(&Machine::default());
    let mut filter = numbered(1);
    assert_eq!(deliver(&mut writer, &[filter.batch(3)], BEGUN + FLUSH), [Some(Verdict::Durable)]);
    let forged = |sequence: u64, cumulative: u64| {
        let (start, end) = (BEGUN + FLUSH, BEGUN + 2 * FLUSH);
        filter.write(&BatchHeader { start, end, sequence, cumulative, ..BatchHeader::default() }, 1)
    };
    for body in [forged(i64::MAX as u64, 4), forged(2, i64::MAX as u64), forged(1 << 40, 1 << 41)] {
        let verdicts = deliver(&mut writer, &[body], BEGUN + 2 * FLUSH);
        assert!(
            matches!(&verdicts[..], [Some(Verdict::Refused { message, metric: Metric::RefusedBound, .. })] if message.contains("missing before this")),
            "{verdicts:?}"
        );
    }
    assert_eq!(deliver(&mut writer, &[filter.batch(4)], BEGUN + 2 * FLUSH), [Some(Verdict::Durable)]);
    let view = writer.view(BEGUN, BEGUN + 60 * SECOND).unwrap();
    let period = view.period(&std::sync::RwLock::default(), BEGUN + 60 * SECOND).unwrap();
    assert_eq!(requests(&period), [("workload-1".to_owned(), 7)]);
    assert_eq!((period.senders[0].lost_batches, period.senders[0].lost_exchanges), (0, 0));
}

#[test]
fn more_exchanges_than_there_can_be_are_refused() {
    let mut writer = open(&Machine::default());
    let verdicts = deliver(&mut writer, &[numbered(1).batch(u64::MAX)], BEGUN + FLUSH);
    assert!(
        matches!(&verdicts[..], [Some(Verdict::Refused { message, .. })] if message.contains("number of exchanges")),
        "{verdicts:?}"
    );
}

/// A sender that ended is remembered in brief, over a new day's file and a restart: what it repeats is not counted again.
#[test]
fn a_repetition_of_a_sender_that_ended_long_ago_is_recognised() {
    const HOUR: u64 = 3600 * SECOND;
    let machine = Machine::default();
    let mut writer = open(&machine);
    let mut ended = numbered(1);
    let first = ended.batch(10);
    let (sequence, cumulative, start, end) = (2, 15, BEGUN + FLUSH, BEGUN + 2 * FLUSH);
    let last = ended.write(&BatchHeader { start, end, sequence, cumulative, last: true, ..BatchHeader::default() }, 5);
    let verdicts = deliver(&mut writer, &[first.clone(), last.clone()], BEGUN + 2 * FLUSH);
    assert_eq!(verdicts, vec![Some(Verdict::Durable); 2]);
    writer.commit(BEGUN + 2 * HOUR).unwrap();
    assert_eq!(writer.aggregate().senders().len(), 0, "it is not remembered whole");
    let mut writer = {
        let day = 24 * HOUR;
        let mut other = numbered(2);
        other.begun = BEGUN + day;
        deliver(&mut writer, &[other.batch(1)], BEGUN + day + FLUSH);
        writer.commit(BEGUN + day + FLUSH).unwrap();
        drop(writer);
        open(&machine.restart(Survives::Nothing))
    };
    for again in [first, last] {
        assert_eq!(deliver(&mut writer, &[again], BEGUN + 25 * HOUR), [Some(Verdict::Durable)]);
    }
    let view = writer.view(BEGUN, BEGUN + 60 * SECOND).unwrap();
    let period = view.period(&std::sync::RwLock::default(), BEGUN + 26 * HOUR).unwrap();
    assert_eq!(requests(&period), [("workload-1".to_owned(), 15)]);
    assert!(writer.aggregate().remembered().past.contains_key(&SenderId(ended.resource.sender.0)));
}

/// Batches from before a collector's data began were counted elsewhere: nobody lost them.
#[test]
fn a_sender_that_ran_for_long_before_it_was_heard_of_lost_nothing() {
    let mut writer = open(&Machine::default());
    let mut filter = numbered(1);
    (filter.sequence, filter.cumulative, filter.begun) = (40_000, 9_000_000, BEGUN - 40_000 * FLUSH);
    assert_eq!(deliver(&mut writer, &[filter.batch(3)], BEGUN + FLUSH), [Some(Verdict::Durable)]);
    drop(filter.batch(20));
    assert_eq!(deliver(&mut writer, &[filter.batch(4)], BEGUN + 3 * FLUSH), [Some(Verdict::Durable)]);
    let view = writer.view(BEGUN, BEGUN + 60 * SECOND).unwrap();
    let period = view.period(&std::sync::RwLock::default(), BEGUN + 60 * SECOND).unwrap();
    assert_eq!((period.senders[0].lost_batches, period.senders[0].lost_exchanges), (1, 20));
}

/// The last of a group of batches that each name a service of their own is told apart from the first.
#[test]
fn a_series_that_several_batches_of_a_group_bring_gets_one_number() {
    let mut writer = open(&Machine::default());
    let bodies: Vec<Vec<u8>> = (0..3).map(|number| numbered(number).batch(1)).collect();
    deliver(&mut writer, &bodies, BEGUN + FLUSH);
    assert_eq!((writer.aggregate().dictionary().len(), writer.aggregate().dictionary().reporters()), (1, 3));
    let host = Service { host: "another.shop".into(), port: 80 };
    let key = SeriesKey { service: host, ..series() };
    let mut batch = BatchWriter::new(BEGUN, BEGUN + FLUSH);
    batch.series(Measure::Request, &encode_series(&key), &one_request());
    let header = BatchHeader { start: BEGUN, end: BEGUN + FLUSH, sequence: 1, cumulative: 1, ..BatchHeader::default() };
    deliver(&mut writer, &[batch.finish(&encode_resource(&numbered(9).resource), &header)], BEGUN + FLUSH);
    assert_eq!(writer.aggregate().dictionary().len(), 2);
}
