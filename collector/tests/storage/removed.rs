//! Files that go from under a running collector: nothing is acknowledged that nobody could read again.

use hogusu_collector::ingest::Verdict;
use hogusu_collector::journal::JournalError;
use hogusu_collector::telemetry::Telemetry;
use hogusu_collector::writer::Writer;

use super::batches::{FLUSH, Filter, MIDNIGHT, SECOND, deliver, requests};
use super::machine::{Machine, Survives};
use super::place::Place;

const BEGUN: u64 = MIDNIGHT + 3600 * SECOND;
const AT: u64 = BEGUN + 4 * FLUSH;

fn open(machine: &Machine) -> Writer<Place, Place> {
    Writer::open(machine.folder("journal"), machine.folder("slots"), &Telemetry::default()).unwrap().0
}

fn counted(writer: &mut Writer<Place, Place>) -> Vec<(String, u64)> {
    let view = writer.view(BEGUN, BEGUN + 60 * SECOND).unwrap();
    requests(&view.period(&std::sync::RwLock::default(), BEGUN + 60 * SECOND).unwrap())
}

fn is_gone(writer: &mut Writer<Place, Place>, body: &[u8]) {
    assert!(matches!(writer.check(), Err(JournalError::Gone(_))));
    match deliver(writer, &[body.to_vec()], AT).remove(0) {
        Some(Verdict::Unavailable(why)) => {
            assert!(why.contains("removed or replaced") && why.contains("put it back"), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_its_journal_nothing_is_acknowledged_until_it_is_back() {
    let machine = Machine::default();
    let mut writer = open(&machine);
    let mut filter = Filter::new(1, BEGUN);
    assert_eq!(deliver(&mut writer, &[filter.batch(3)], AT), [Some(Verdict::Durable)]);
    let taken = machine.take_away("journal");
    let next = filter.batch(4);
    is_gone(&mut writer, &next);
    writer.commit(AT).unwrap_err();
    machine.put_back("journal", taken);
    assert_eq!(deliver(&mut writer, &[next], AT), [Some(Verdict::Durable)]);
    drop(writer);
    assert_eq!(counted(&mut open(&machine.restart(Survives::Everything))), [("workload-1".to_owned(), 7)]);
}

#[test]
fn without_its_store_nothing_is_acknowledged_and_the_journal_keeps_what_was() {
    let machine = Machine::default();
    let mut writer = open(&machine);
    let mut filter = Filter::new(1, BEGUN);
    assert_eq!(deliver(&mut writer, &[filter.batch(3)], AT), [Some(Verdict::Durable)]);
    writer.commit(AT).unwrap();
    assert_eq!(deliver(&mut writer, &[filter.batch(4)], AT), [Some(Verdict::Durable)]);
    drop(machine.take_away("slots"));
    writer.commit(AT).unwrap_err();
    is_gone(&mut writer, &filter.batch(5));
    drop(writer);
    assert_eq!(counted(&mut open(&machine.restart(Survives::Everything))), [("workload-1".to_owned(), 4)]);
}
