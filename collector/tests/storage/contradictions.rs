//! Batches that can be read and contradict themselves or their sender: refused with what they contradict, and nothing moves.

use hogusu_collector::ingest::{Encoding, Verdict};
use hogusu_collector::journal::Journal;
use hogusu_collector::telemetry::{Metric, Telemetry};
use hogusu_collector::writer::Writer;
use hogusu_model::{BatchHeader, Histogram, Measure, SeriesData, SeriesKey};
use hogusu_wire::{BatchWriter, encode_resource, encode_series, walk};

use super::batches::{FLUSH, Filter, MIDNIGHT, SECOND, deliver, requests, series};
use super::machine::{Machine, Survives};
use super::place::Place;

const BEGUN: u64 = MIDNIGHT + 3600 * SECOND;
const AT: u64 = BEGUN + 4 * FLUSH;

fn open(machine: &Machine) -> Writer<Place, Place> {
    Writer::open(machine.folder("journal"), machine.folder("slots"), &Telemetry::default()).unwrap().0
}

/// Why a batch is refused for good.
fn refusal(writer: &mut Writer<Place, Place>, body: Vec<u8>) -> String {
    match deliver(writer, &[body], AT).remove(0) {
        Some(Verdict::Refused { message, metric: Metric::RefusedMalformed, .. }) => message,
        other => panic!("{other:?}"),
    }
}

fn is_taken(writer: &mut Writer<Place, Place>, body: Vec<u8>) {
    assert_eq!(deliver(writer, &[body], AT), [Some(Verdict::Durable)]);
}

fn counted(writer: &mut Writer<Place, Place>) -> Vec<(String, u64)> {
    let view = writer.view(BEGUN, BEGUN + 60 * SECOND).unwrap();
    requests(&view.period(&std::sync::RwLock::default(), BEGUN + 60 * SECOND).unwrap())
}

/// The same sender, who says that it is before another workload.
fn renamed(filter: &Filter) -> Filter {
    let mut other = filter.clone();
    other.resource.proxy.workload.name = "other".to_owned();
    other
}

fn assert_is_about_the_name(said: &str) {
    for part in ["hogusu.workload.name", "\"other\"", "\"workload-1\"", "service.instance.id"] {
        assert!(said.contains(part), "{said:?} does not say {part}");
    }
}

#[test]
fn a_sender_that_comes_with_another_resource_is_refused_also_after_a_restart() {
    let machine = Machine::default();
    let mut writer = open(&machine);
    let mut filter = Filter::new(1, BEGUN);
    is_taken(&mut writer, filter.batch(3));
    assert_is_about_the_name(&refusal(&mut writer, renamed(&filter).batch(4)));
    drop(writer);
    let machine = machine.restart(Survives::Nothing);
    let mut writer = open(&machine);
    assert_is_about_the_name(&refusal(&mut writer, renamed(&filter).batch(4)));
    writer.commit(AT).unwrap();
    drop(writer);
    let mut writer = open(&machine.restart(Survives::Nothing));
    assert_is_about_the_name(&refusal(&mut writer, renamed(&filter).batch(4)));
    is_taken(&mut writer, filter.batch(5));
    assert_eq!(counted(&mut writer), [("workload-1".to_owned(), 8)]);
}

/// It would be acknowledged, and nobody would see that its counts are missing.
#[test]
fn what_looks_like_a_repetition_is_one_only_of_its_own_sender() {
    let mut writer = open(&Machine::default());
    let filter = Filter::new(1, BEGUN);
    is_taken(&mut writer, filter.clone().batch(3));
    assert_is_about_the_name(&refusal(&mut writer, renamed(&filter).batch(4)));
    is_taken(&mut writer, filter.clone().batch(3));
    assert_eq!(counted(&mut writer), [("workload-1".to_owned(), 3)]);
}

#[test]
fn two_of_one_new_sender_in_one_group_are_told_apart() {
    let mut writer = open(&Machine::default());
    let mut filter = Filter::new(1, BEGUN);
    let mut other = renamed(&filter);
    let bodies = [filter.batch(3), other.batch(4), filter.batch(5)];
    let verdicts = deliver(&mut writer, &bodies, AT);
    assert!(
        matches!(&verdicts[..], [Some(Verdict::Durable), Some(Verdict::Refused { .. }), Some(Verdict::Durable)]),
        "{verdicts:?}"
    );
    assert_eq!(counted(&mut writer), [("workload-1".to_owned(), 8)]);
}

/// A field of a length that is counted in up to two bytes.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let low = u8::try_from(length % 128).unwrap();
    let length = if length < 128 { vec![low] } else { vec![low | 0x80, u8::try_from(length / 128).unwrap()] };
    [&[number << 3 | 2], &length[..], content].concat()
}

/// The body with an attribute more in its Resource, of which this version knows nothing.
fn with_unknown_attribute(body: &[u8]) -> Vec<u8> {
    let resource = walk(body).unwrap().resource;
    let at = body.windows(resource.len()).position(|window| window == resource).unwrap();
    let unknown = field(1, &[field(1, b"not.of.ours"), field(2, &field(1, b"x"))].concat());
    field(1, &[field(1, &[resource, &unknown].concat()), body[at + resource.len()..].to_vec()].concat())
}

#[test]
fn other_bytes_that_say_the_same_are_the_same_sender() {
    let mut writer = open(&Machine::default());
    let mut filter = Filter::new(1, BEGUN);
    is_taken(&mut writer, filter.batch(3));
    is_taken(&mut writer, with_unknown_attribute(&filter.batch(4)));
    is_taken(&mut writer, filter.batch(5));
    assert_eq!(counted(&mut writer), [("workload-1".to_owned(), 12)]);
}

#[test]
fn a_total_that_is_less_than_what_the_batch_counts_is_refused() {
    let mut writer = open(&Machine::default());
    let mut filter = Filter::new(1, BEGUN);
    filter.sequence = 1;
    filter.cumulative = 3;
    let said = refusal(&mut writer, filter.batch_over(BEGUN, BEGUN + FLUSH, 10));
    assert!(said.contains("hogusu.sender.exchanges is 3, less than the 10 of this batch"), "{said}");
    filter.cumulative = 10;
    is_taken(&mut writer, filter.batch_over(BEGUN, BEGUN + FLUSH, 10));
    assert_eq!(counted(&mut writer), [("workload-1".to_owned(), 10)]);
}

fn data(count: u64) -> SeriesData {
    let duration = Histogram::from_parts(0, 0, 100, vec![count; usize::from(count > 0)], count).unwrap();
    SeriesData { duration, ..SeriesData::default() }
}

/// The first batch of a sender with these series.
fn batch(all: &[(SeriesKey, SeriesData)]) -> Vec<u8> {
    let mut writer = BatchWriter::new(BEGUN, BEGUN + FLUSH);
    for (key, data) in all {
        writer.series(Measure::Request, &encode_series(key), data);
    }
    let cumulative = all.iter().map(|(_, data)| data.duration.count()).sum();
    let header = BatchHeader { start: BEGUN, end: BEGUN + FLUSH, sequence: 1, cumulative, ..BatchHeader::default() };
    writer.finish(&encode_resource(&Filter::new(1, BEGUN).resource), &header)
}

/// It made an edge with its workloads, of which nobody had counted anything.
#[test]
fn a_series_that_counts_nothing_is_refused_and_nothing_of_it_is_on_the_map() {
    let other = SeriesKey { port: 9090, ..series() };
    let mut writer = open(&Machine::default());
    for nothing in [
        data(0),
        SeriesData { bytes: Some((1, 2)), ..data(0) },
        SeriesData { attempts: Some(0), backend: Some(Histogram::default()), ..data(0) },
    ] {
        let said = refusal(&mut writer, batch(&[(series(), data(3)), (other.clone(), nothing)]));
        assert!(said.contains("a series counts no exchange"), "{said}");
    }
    assert_eq!(counted(&mut writer), []);
    let with = SeriesData { bytes: Some((0, 0)), attempts: Some(0), backend: Some(Histogram::default()), ..data(4) };
    is_taken(&mut writer, batch(&[(series(), data(3)), (other, with)]));
    assert_eq!(counted(&mut writer), [("workload-1".to_owned(), 3), ("workload-1".to_owned(), 4)]);
}

#[test]
fn bytes_without_a_duration_beside_them_are_no_series() {
    let whole = batch(&[(series(), SeriesData { bytes: Some((7, 8)), ..data(3) })]);
    // Under a name that nobody knows, the metric is left out.
    let at = whole.windows(23).position(|window| window == b"hogusu.request.duration").unwrap();
    let mut without = whole.clone();
    without[at..at + 23].copy_from_slice(b"hogusu.request.darution");
    let mut writer = open(&Machine::default());
    assert!(refusal(&mut writer, without).contains("a series counts no exchange"));
    is_taken(&mut writer, whole);
}

#[test]
fn presence_and_an_idle_stretch_count_nothing_and_are_taken() {
    let mut writer = open(&Machine::default());
    let mut filter = Filter::new(1, BEGUN);
    is_taken(&mut writer, filter.presence(BEGUN, BEGUN + FLUSH));
    is_taken(&mut writer, filter.batch(0));
    assert_eq!(writer.aggregate().senders().len(), 1);
}

/// These rules are asked of what arrives: what a version before acknowledged is counted.
#[test]
fn what_the_journal_holds_is_counted_whatever_it_contradicts() {
    let machine = Machine::default();
    let mut filter = Filter::new(1, BEGUN);
    (filter.sequence, filter.cumulative) = (1, 3);
    let less = filter.batch_over(BEGUN, BEGUN + FLUSH, 10);
    filter.sequence = 2;
    let (mut journal, _) = Journal::open(machine.folder("journal"), None, |_, _, _| {}).unwrap();
    for body in [less, renamed(&filter).batch_over(BEGUN + FLUSH, BEGUN + 2 * FLUSH, 4)] {
        journal.append(AT, Encoding::Plain, &body).unwrap();
    }
    journal.sync().unwrap();
    drop(journal);
    let mut writer = open(&machine.restart(Survives::Nothing));
    assert_eq!(counted(&mut writer), [("other".to_owned(), 4), ("workload-1".to_owned(), 10)]);
}
