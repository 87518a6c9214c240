//! Damage of the journal: a torn end is cut, anything else is reported and what follows it is still read.

use hogusu_collector::ingest::Verdict;
use hogusu_collector::journal::{Damage, Disk, Journal, Opening, name_of};
use hogusu_collector::telemetry::Telemetry;
use hogusu_collector::writer::Writer;

use super::batches::{Filter, MIDNIGHT, SECOND, deliver, requests};
use super::machine::{Machine, Survives};
use super::place::Place;

fn open(machine: &Machine) -> (Journal<Place>, Opening, Vec<Vec<u8>>) {
    let mut bodies = Vec::new();
    let (journal, opening) =
        Journal::open(machine.folder("journal"), None, |_, body| bodies.push(body.to_vec())).unwrap();
    (journal, opening, bodies)
}

/// A journal with ten groups of one record each, and where each record begins.
fn ten_records(machine: &Machine) -> Vec<usize> {
    let (mut journal, _, _) = open(machine);
    let mut starts = Vec::new();
    for number in 0..10_u8 {
        starts.push(machine.length("journal", &name_of(1)));
        journal.append(u64::from(number), &[number; 50]).unwrap();
        journal.sync().unwrap();
    }
    starts
}

#[test]
fn a_torn_end_is_cut_at_every_length_and_what_was_before_it_stays() {
    let whole = Machine::default();
    let starts = ten_records(&whole);
    let end = whole.length("journal", &name_of(1));
    for length in starts[0]..=end {
        let machine = whole.restart(Survives::Everything);
        machine.folder("journal").cut(&name_of(1), length as u64).unwrap();
        let (mut journal, opening, bodies) = open(&machine);
        let expected = starts.iter().skip(1).chain([&end]).filter(|record_end| **record_end <= length).count();
        assert_eq!(bodies.len(), expected, "cut to {length}");
        assert_eq!(opening.damages, [], "cut to {length}");
        journal.append(99, b"after").unwrap();
        journal.sync().unwrap();
        let (_, opening, bodies) = open(&machine.restart(Survives::Nothing));
        assert_eq!(
            (bodies.len(), bodies.last().unwrap().as_slice(), opening.cut),
            (expected + 1, b"after".as_slice(), 0),
            "cut to {length}"
        );
    }
}

#[test]
fn a_flipped_bit_before_the_end_is_reported_and_costs_one_record() {
    let whole = Machine::default();
    let starts = ten_records(&whole);
    for at in starts[0]..starts[9] {
        let machine = whole.restart(Survives::Everything);
        machine.flip("journal", &name_of(1), at);
        let (_, opening, bodies) = open(&machine);
        assert_eq!(bodies.len(), 9, "flipped at {at}");
        assert_eq!(opening.damages.len(), 1, "flipped at {at}: {:?}", opening.damages);
        assert_eq!(opening.cut, 0, "flipped at {at}");
    }
}

#[test]
fn a_flipped_bit_in_the_header_is_reported_and_costs_nothing() {
    let whole = Machine::default();
    let starts = ten_records(&whole);
    for at in 0..starts[0] {
        let machine = whole.restart(Survives::Everything);
        machine.flip("journal", &name_of(1), at);
        let (_, opening, bodies) = open(&machine);
        assert_eq!((bodies.len(), opening.damages.len()), (10, 1), "flipped at {at}");
    }
}

#[test]
fn a_missing_segment_is_reported() {
    let machine = Machine::default();
    let (mut journal, _, _) = open(&machine);
    for number in 0..4_u8 {
        journal.append(0, &[number]).unwrap();
        journal.sync().unwrap();
        journal.rotate().unwrap();
    }
    Disk::remove(&mut machine.folder("journal"), &name_of(2)).unwrap();
    let (_, opening, bodies) = open(&machine);
    assert_eq!(bodies, [vec![0], vec![2], vec![3]]);
    assert_eq!(opening.damages, [Damage::Missing { segment: 2 }]);
}

#[test]
fn a_body_that_looks_like_a_record_is_not_taken_for_one() {
    let machine = Machine::default();
    let (mut journal, _, _) = open(&machine);
    journal.append(7, b"a body").unwrap();
    journal.sync().unwrap();
    let segment = Disk::read(&machine.folder("journal"), &name_of(1)).unwrap();
    journal.append(8, &segment[24..]).unwrap();
    journal.append(9, b"after").unwrap();
    journal.sync().unwrap();
    machine.flip("journal", &name_of(1), segment.len() + 10);
    let (_, opening, bodies) = open(&machine);
    assert!(!bodies[1..].contains(&b"a body".to_vec()), "the copy inside a damaged body was handed out");
    assert!(opening.cut > 0 || !opening.damages.is_empty());
}

#[test]
fn a_journal_of_a_newer_version_is_refused() {
    let machine = Machine::default();
    let mut folder = machine.folder("journal");
    let mut header = b"HOGUSUJL".to_vec();
    header.extend_from_slice(&2_u32.to_le_bytes());
    header.extend_from_slice(&1_u64.to_le_bytes());
    header.extend_from_slice(&crc32c::crc32c(&header).to_le_bytes());
    folder.create(&name_of(1)).unwrap();
    folder.append(&name_of(1), &header).unwrap();
    let error = Journal::open(machine.folder("journal"), None, |_, _| {}).unwrap_err();
    assert!(error.to_string().contains("format version 2"), "{error}");
}

#[test]
fn a_lost_record_shows_as_a_lost_batch_of_its_sender() {
    let machine = Machine::default();
    let begun = MIDNIGHT + 3600 * SECOND;
    let mut filter = Filter::new(1, begun);
    let mut damaged_at = 0;
    {
        let (mut writer, _) =
            Writer::open(machine.folder("journal"), machine.folder("slots"), &Telemetry::default()).unwrap();
        for number in 0..3_u64 {
            if number == 1 {
                damaged_at = machine.length("journal", &name_of(1)) + 40;
            }
            let body = filter.batch(10 + number);
            assert_eq!(deliver(&mut writer, &[body], begun + (number + 1) * 5 * SECOND), [Some(Verdict::Durable)]);
        }
    }
    machine.flip("journal", &name_of(1), damaged_at);
    let (writer, opening) =
        Writer::open(machine.folder("journal"), machine.folder("slots"), &Telemetry::default()).unwrap();
    assert_eq!(opening.damages.len(), 1);
    let period = writer
        .view(begun, begun + 60 * SECOND)
        .unwrap()
        .period(&std::sync::RwLock::default(), begun + 60 * SECOND)
        .unwrap();
    assert_eq!(requests(&period), [("workload-1".to_owned(), 22)]);
    assert_eq!((period.senders[0].lost_batches, period.senders[0].lost_exchanges), (1, 11));
}

#[test]
fn a_full_disk_refuses_the_group_and_the_next_one_is_taken() {
    let machine = Machine::default();
    let begun = MIDNIGHT + 3600 * SECOND;
    let mut filter = Filter::new(1, begun);
    let (mut writer, _) =
        Writer::open(machine.folder("journal"), machine.folder("slots"), &Telemetry::default()).unwrap();
    let body = filter.batch(5);
    machine.fill(true);
    let verdicts = deliver(&mut writer, std::slice::from_ref(&body), begun + 5 * SECOND);
    assert!(
        matches!(&verdicts[..], [Some(Verdict::Unavailable(message))] if message.contains("free space")),
        "{verdicts:?}"
    );
    machine.fill(false);
    assert_eq!(deliver(&mut writer, &[body], begun + 5 * SECOND), [Some(Verdict::Durable)]);
    drop(writer);
    let restarted = machine.restart(Survives::Nothing);
    let (writer, _) =
        Writer::open(restarted.folder("journal"), restarted.folder("slots"), &Telemetry::default()).unwrap();
    let period = writer
        .view(begun, begun + 60 * SECOND)
        .unwrap()
        .period(&std::sync::RwLock::default(), begun + 60 * SECOND)
        .unwrap();
    assert_eq!(requests(&period), [("workload-1".to_owned(), 5)]);
}

#[test]
fn a_commit_that_fails_on_a_full_disk_is_made_later_and_counts_once() {
    let machine = Machine::default();
    let begun = MIDNIGHT + 3600 * SECOND;
    let mut filter = Filter::new(1, begun);
    let (mut writer, _) =
        Writer::open(machine.folder("journal"), machine.folder("slots"), &Telemetry::default()).unwrap();
    deliver(&mut writer, &[filter.batch(5)], begun + 5 * SECOND);
    writer.commit(begun + 10 * SECOND).unwrap();
    deliver(&mut writer, &[filter.batch(7)], begun + 15 * SECOND);
    machine.fill(true);
    writer.commit(begun + 20 * SECOND).unwrap_err();
    machine.fill(false);
    assert_eq!(deliver(&mut writer, &[filter.batch(9)], begun + 25 * SECOND), [Some(Verdict::Durable)]);
    writer.commit(begun + 30 * SECOND).unwrap();
    let period = writer
        .view(begun, begun + 60 * SECOND)
        .unwrap()
        .period(&std::sync::RwLock::default(), begun + 60 * SECOND)
        .unwrap();
    assert_eq!(requests(&period), [("workload-1".to_owned(), 21)]);
}
