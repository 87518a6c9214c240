//! An address that changes hands is attributed slot by slot, whether its counts lie in memory, in the journal or in the store.

use std::collections::BTreeMap;
use std::sync::RwLock;

use hogusu_collector::ingest::Verdict;
use hogusu_collector::kubernetes::pod::{Pod, Standing};
use hogusu_collector::kubernetes::record::{Record, WatchState};
use hogusu_collector::ownership::{Dispute, Owner};
use hogusu_collector::period::Period;
use hogusu_collector::telemetry::Telemetry;
use hogusu_collector::writer::Writer;
use hogusu_model::{BatchHeader, Histogram, Measure, SeriesData, SeriesKey, Workload};
use hogusu_wire::{BatchWriter, encode_resource, encode_series};

use super::batches::{FLUSH, Filter, MIDNIGHT, SECOND, deliver, series};
use super::machine::{Machine, Survives};
use super::place::Place;

const ADDRESS: &str = "10.0.0.9";

/// A batch of requests to whoever has the address.
fn batch(filter: &mut Filter, count: u64) -> Vec<u8> {
    let start = filter.begun + filter.sequence * FLUSH;
    filter.sequence += 1;
    filter.cumulative += count;
    batch_over(filter, start, start + FLUSH, count)
}

/// The current sequence's batch over [start, end).
pub(crate) fn batch_over(filter: &Filter, start: u64, end: u64, count: u64) -> Vec<u8> {
    let header =
        BatchHeader { start, end, sequence: filter.sequence, cumulative: filter.cumulative, ..BatchHeader::default() };
    let mut key: SeriesKey = series();
    (key.peer.workload, key.peer.address) = (Workload::default(), ADDRESS.to_owned());
    let duration = Histogram::from_parts(0, 0, 100, vec![count], count).unwrap();
    let mut writer = BatchWriter::new(header.start, header.end);
    writer.series(Measure::Request, &encode_series(&key), &SeriesData { duration, ..SeriesData::default() });
    writer.finish(&encode_resource(&filter.resource), &header)
}

fn pod(name: &str) -> Pod {
    Pod {
        uid: name.to_owned(),
        namespace: "shop".to_owned(),
        name: format!("{name}-0"),
        workload: name.to_owned(),
        service_account: name.to_owned(),
        node: String::new(),
        zone: String::new(),
        addresses: vec![ADDRESS.parse().unwrap()],
        node_addresses: Vec::new(),
        standing: Standing::Apart,
    }
}

/// The address is that of `first` for 22 s after midnight, and that of `second` from 26 s on.
pub(crate) fn record() -> RwLock<Record> {
    let watch = WatchState::Watching { refused: None };
    let mut record = Record { k8s_cluster: "c1".to_owned(), watch, ..Record::default() };
    record.history.watched(MIDNIGHT + 20 * SECOND);
    record.history.seen(pod("first"), MIDNIGHT - 60 * SECOND, MIDNIGHT);
    record.history.gone("first", MIDNIGHT + 22 * SECOND);
    record.history.seen(pod("second"), MIDNIGHT + 26 * SECOND, MIDNIGHT + 27 * SECOND);
    RwLock::new(record)
}

/// Requests by whose the address was.
fn by_owner(period: &Period) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for row in &period.rows {
        let owner = match &period.owners[row.owner] {
            Owner::Nobody => "nobody".to_owned(),
            Owner::One { workload, .. } => workload.name.clone(),
            Owner::Disputed { claimants, dispute: Dispute::ChangedHands } => {
                let names: Vec<&str> = claimants.keys().map(|workload| workload.name.as_str()).collect();
                names.join(" or ")
            }
            other => panic!("{other:?}"),
        };
        *counts.entry(owner).or_default() += row.data.duration.count();
    }
    counts
}

#[test]
fn counts_of_an_address_that_changed_hands_go_to_each_owner_and_none_to_the_wrong_one() {
    let machine = Machine::default();
    let open = |machine: &Machine| {
        Writer::open(machine.folder("journal"), machine.folder("slots"), &Telemetry::default()).unwrap().0
    };
    let mut writer: Writer<Place, Place> = open(&machine);
    let mut filter = Filter::new(1, MIDNIGHT);
    for count in [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000] {
        let body = batch(&mut filter, count);
        let arrival = filter.begun + filter.sequence * FLUSH;
        assert_eq!(deliver(&mut writer, &[body], arrival), [Some(Verdict::Durable)]);
        if filter.sequence == 3 {
            writer.commit(arrival).unwrap();
        }
    }
    let expected = BTreeMap::from([
        ("first".to_owned(), 1_111),
        ("first or second".to_owned(), 110_000),
        ("second".to_owned(), 11_000_000),
    ]);
    let (to, now) = (MIDNIGHT + 60 * SECOND, MIDNIGHT + 61 * SECOND);
    let look = |writer: &mut Writer<Place, Place>, record: &RwLock<Record>| {
        by_owner(&writer.view(MIDNIGHT, to).unwrap().period(record, now).unwrap())
    };
    let record = record();
    assert_eq!(look(&mut writer, &record), expected, "from store and memory");
    assert_eq!(look(&mut open(&machine.restart(Survives::Nothing)), &record), expected, "from store and journal");
    writer.commit(now).unwrap();
    assert_eq!(look(&mut writer, &record), expected, "from the store");
    let unwatched = BTreeMap::from([("nobody".to_owned(), 11_111_111)]);
    assert_eq!(look(&mut writer, &RwLock::default()), unwatched, "without an API server");
}
