//! Damage of the journal: a torn end is cut, anything else is reported and what follows it is still read.

use hogusu_collector::ingest::{Encoding, Verdict};
use hogusu_collector::journal::{Damage, Disk, Journal, Opening, name_of, segment};
use hogusu_collector::telemetry::Telemetry;
use hogusu_collector::writer::Writer;

use super::batches::{Filter, MIDNIGHT, SECOND, deliver, requests};
use super::machine::{Machine, Survives};
use super::place::Place;

fn open(machine: &Machine) -> (Journal<Place>, Opening, Vec<Vec<u8>>) {
    let mut bodies = Vec::new();
    let (journal, opening) =
        Journal::open(machine.folder("journal"), None, |_, _, body| bodies.push(body.to_vec())).unwrap();
    (journal, opening, bodies)
}

/// What a record of [`ten_records`] takes; a note that it is durable follows it.
const RECORD: usize = 29 + 50;

/// A journal with ten groups of one record each, and where each record begins.
fn ten_records(machine: &Machine) -> Vec<usize> {
    let (mut journal, _, _) = open(machine);
    let mut starts = Vec::new();
    for number in 0..10_u8 {
        starts.push(machine.length("journal", &name_of(1)));
        journal.append(u64::from(number), Encoding::Plain, &[number; 50]).unwrap();
        journal.sync().unwrap();
    }
    starts
}

#[test]
fn a_torn_end_is_cut_at_every_length_and_what_was_before_it_stays() {
    let whole = Machine::default();
    let starts = ten_records(&whole);
    let end = whole.length("journal", &name_of(1));
    assert_eq!(end, starts[9] + RECORD + 29);
    for length in starts[0]..=end {
        let machine = whole.restart(Survives::Everything);
        machine.folder("journal").cut(&name_of(1), length as u64).unwrap();
        let (mut journal, opening, bodies) = open(&machine);
        let expected = starts.iter().filter(|start| **start + RECORD <= length).count();
        assert_eq!(bodies.len(), expected, "cut to {length}");
        assert_eq!(opening.damages, [], "cut to {length}");
        journal.append(99, Encoding::Plain, b"after").unwrap();
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
fn a_flipped_bit_of_an_acknowledged_record_is_reported_be_it_the_last_and_costs_that_record() {
    let whole = Machine::default();
    let starts = ten_records(&whole);
    for start in starts {
        for at in start..start + RECORD {
            let machine = whole.restart(Survives::Everything);
            machine.flip("journal", &name_of(1), at);
            let (_, opening, bodies) = open(&machine);
            assert_eq!((bodies.len(), opening.cut), (9, 0), "flipped at {at}");
            let damage = Damage::Bytes { file: name_of(1), at: start, length: RECORD };
            assert_eq!(opening.damages, [damage], "flipped at {at}");
        }
    }
}

#[test]
fn a_flipped_bit_of_a_note_costs_no_record() {
    let whole = Machine::default();
    let starts = ten_records(&whole);
    for start in starts {
        for at in start + RECORD..start + RECORD + 29 {
            let machine = whole.restart(Survives::Everything);
            machine.flip("journal", &name_of(1), at);
            let (_, opening, bodies) = open(&machine);
            assert_eq!(bodies.len(), 10, "flipped at {at}");
            assert!(!opening.damages.is_empty() || opening.cut == 29, "flipped at {at}: {opening:?}");
        }
    }
}

/// A machine that stops may lose the note with the power: the record is whole but for its content.
#[test]
fn the_last_record_flipped_is_damage_even_where_no_note_says_that_it_was_durable() {
    let whole = Machine::default();
    let last = ten_records(&whole)[9];
    for at in last + 12..last + RECORD {
        let machine = whole.restart(Survives::Everything);
        machine.folder("journal").cut(&name_of(1), (last + RECORD) as u64).unwrap();
        machine.flip("journal", &name_of(1), at);
        let (_, opening, bodies) = open(&machine);
        assert_eq!((bodies.len(), opening.damages.len(), opening.cut), (9, 1, 0), "flipped at {at}");
    }
}

#[test]
fn blocks_that_never_got_to_the_disk_are_a_torn_end() {
    let machine = Machine::default();
    let (mut journal, _, _) = open(&machine);
    journal.append(1, Encoding::Plain, b"before").unwrap();
    journal.sync().unwrap();
    let at = machine.length("journal", &name_of(1));
    let mut torn = Vec::new();
    segment::write_record(&mut torn, (1, at as u64), (2, 0), Some((Encoding::Plain, &[7; 3_000]))).unwrap();
    for from in [600, 2_000] {
        let machine = machine.restart(Survives::Everything);
        let mut torn = torn.clone();
        torn[from..].fill(0);
        machine.folder("journal").append(&name_of(1), &torn).unwrap();
        let (_, opening, bodies) = open(&machine);
        assert_eq!((bodies.len(), opening.damages, opening.cut), (1, vec![], torn.len() as u64), "zeros from {from}");
    }
}

/// A segment as version 1 wrote it: header, then records without a kind.
#[test]
fn a_journal_of_version_1_is_read_and_the_next_batch_goes_to_a_new_segment() {
    let machine = Machine::default();
    let mut folder = machine.folder("journal");
    let mut bytes = b"HOGUSUJL".to_vec();
    bytes.extend_from_slice(&1_u32.to_le_bytes());
    bytes.extend_from_slice(&1_u64.to_le_bytes());
    bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
    for body in [&b"one"[..], b"two"] {
        let place = [1_u64.to_le_bytes(), (bytes.len() as u64).to_le_bytes()].concat();
        let fields = [&u32::try_from(body.len()).unwrap().to_le_bytes()[..], &[0; 8], &[0; 8], body].concat();
        bytes.extend_from_slice(b"HREC");
        bytes.extend_from_slice(&crc32c::crc32c(&[place, fields.clone()].concat()).to_le_bytes());
        bytes.extend_from_slice(&fields);
    }
    folder.create(&name_of(1)).unwrap();
    folder.append(&name_of(1), &bytes).unwrap();
    let (mut journal, opening, bodies) = open(&machine);
    assert_eq!((bodies, opening.damages, opening.cut), (vec![b"one".to_vec(), b"two".to_vec()], vec![], 0));
    journal.append(3, Encoding::Plain, b"three").unwrap();
    journal.sync().unwrap();
    assert_eq!(journal.segment(), 2);
    let (_, opening, bodies) = open(&machine.restart(Survives::Everything));
    assert_eq!((bodies.len(), opening.damages), (3, vec![]));
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
        journal.append(0, Encoding::Plain, &[number]).unwrap();
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
    journal.append(7, Encoding::Plain, b"a body").unwrap();
    journal.sync().unwrap();
    let segment = Disk::read(&machine.folder("journal"), &name_of(1)).unwrap();
    journal.append(8, Encoding::Plain, &segment[24..]).unwrap();
    journal.append(9, Encoding::Plain, b"after").unwrap();
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
    header.extend_from_slice(&3_u32.to_le_bytes());
    header.extend_from_slice(&1_u64.to_le_bytes());
    header.extend_from_slice(&crc32c::crc32c(&header).to_le_bytes());
    folder.create(&name_of(1)).unwrap();
    folder.append(&name_of(1), &header).unwrap();
    let error = Journal::open(machine.folder("journal"), None, |_, _, _| {}).unwrap_err();
    assert!(error.to_string().contains("format version 3"), "{error}");
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
    let (mut writer, opening) =
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
    let (mut writer, _) =
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
