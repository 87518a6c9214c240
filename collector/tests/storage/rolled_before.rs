//! Files that a version before rolled up, with blocks of bytes: they are read exactly, and what is added to them is written as this version writes.
//!
//! `golden/rolled-2.gz` was written by that version and stays as it is: what its journal and store were after the first batches, and
//! all batches with the time at which each arrived. Each part is its name and its bytes, both behind their length (u32, LE).

use std::io::Read as _;
use std::slice::from_ref;

use flate2::read::GzDecoder;
use hogusu_collector::ingest::Verdict;
use hogusu_collector::journal::Disk;
use hogusu_collector::period::{Period, Resolution};
use hogusu_collector::store::Files;
use hogusu_collector::telemetry::Telemetry;
use hogusu_collector::writer::Writer;
use redb::{Database, ReadableDatabase, TableDefinition};

use super::attribution;
use super::batches::{MIDNIGHT, deliver};
use super::machine::{Chance, Machine, Survives};
use super::place::Place;
use super::rolling::{KEEP_ALL, ROLLED_ONLY, assert_same, open, roll_up};

/// So many batches are in the version before's files.
const STOPPED: usize = 120;
/// What it rolled up.
const FILES: [&str; 5] = [
    "minutes-2026-11-24.redb",
    "minutes-2026-11-25.redb",
    "minutes-2026-11-26.redb",
    "hours-2026-11.redb",
    "days-2026.redb",
];
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");

type Batches = Vec<(u64, Vec<u8>)>;

/// The disk as that version left it, and all batches.
fn golden() -> (Machine, Batches) {
    let mut bytes = Vec::new();
    GzDecoder::new(&include_bytes!("golden/rolled-2.gz")[..]).read_to_end(&mut bytes).unwrap();
    let (mut rest, machine, mut batches) = (bytes.as_slice(), Machine::default(), Batches::new());
    let part = |rest: &mut &[u8]| {
        let (length, behind) = rest.split_at(4);
        let (part, behind) = behind.split_at(u32::from_le_bytes(length.try_into().unwrap()) as usize);
        *rest = behind;
        part.to_vec()
    };
    while !rest.is_empty() {
        let (name, bytes) = (String::from_utf8(part(&mut rest)).unwrap(), part(&mut rest));
        match name.split_once('/').unwrap() {
            ("batch", arrival) => batches.push((arrival.parse().unwrap(), bytes)),
            ("journal", name) => put(&mut machine.folder("journal"), name, &bytes),
            (_, name) => put(&mut machine.folder("slots"), name, &bytes),
        }
    }
    (machine, batches)
}

fn put(folder: &mut Place, name: &str, bytes: &[u8]) {
    Disk::create(folder, name).unwrap();
    folder.append(name, bytes).unwrap();
    Disk::sync(folder, name).unwrap();
    Disk::sync_dir(folder).unwrap();
}

/// A collector that keeps all slots of these batches.
fn twin(batches: &[(u64, Vec<u8>)]) -> Writer<Place, Place> {
    let mut twin = open(&Machine::default());
    for (arrival, body) in batches {
        assert_eq!(deliver(&mut twin, from_ref(body), *arrival), [Some(Verdict::Durable)]);
        twin.commit(*arrival).unwrap();
    }
    twin
}

/// Takes batches, and rolls them up as they come, until the machine stops.
fn go_on(writer: &mut Writer<Place, Place>, batches: &[(u64, Vec<u8>)]) -> Option<()> {
    for (number, (arrival, body)) in batches.iter().enumerate() {
        if deliver(writer, from_ref(body), *arrival) != [Some(Verdict::Durable)] {
            return None;
        }
        if number % 4 == 3 {
            writer.commit(*arrival).ok()?;
            while let Some(job) = writer.begin_roll_up(ROLLED_ONLY, *arrival).ok()? {
                job.run(&attribution::record(), *arrival).ok()?;
            }
            writer.retain(ROLLED_ONLY, *arrival).ok()?;
        }
    }
    Some(())
}

fn ask(writer: &mut Writer<Place, Place>, (from, to): (u64, u64), finest: Resolution, now: u64) -> Period {
    writer.view_at(from, to, finest).unwrap().period(&attribution::record(), now).unwrap()
}

/// Periods all over the time, at each resolution: each answer is what the slots say, or names what is damaged.
fn assert_says_the_same(writer: &mut Writer<Place, Place>, twin: &mut Writer<Place, Place>, now: u64, place: &str) {
    let (mut chance, length) = (Chance(now), usize::try_from(now - MIDNIGHT).unwrap());
    for finest in Resolution::ALL {
        let from = MIDNIGHT + chance.below(length) as u64;
        for period in [(MIDNIGHT, now), (MIDNIGHT, from), (from, now)] {
            let answer = ask(writer, period, finest, now);
            if answer.damaged.is_empty() {
                let slots = ask(twin, (answer.from, answer.to), Resolution::Slot, now);
                assert_same(&answer, &slots, &format!("{place}, {finest:?}, {period:?}"));
            }
        }
    }
}

fn format_of(machine: &Machine, file: &str) -> u64 {
    let database = Database::builder().create_with_backend(machine.folder("slots").existing(file).unwrap()).unwrap();
    let read = database.begin_read().unwrap();
    read.open_table(META).unwrap().get("format").unwrap().unwrap().value()
}

#[test]
fn what_a_version_before_rolled_up_is_read_exactly_and_added_to() {
    let (machine, batches) = golden();
    let (before, after) = batches.split_at(STOPPED);
    let formats = |machine: &Machine| FILES.map(|file| format_of(&machine.restart(Survives::Everything), file));
    assert_eq!(formats(&machine), [2; 5], "it wrote blocks of bytes");
    let (mut writer, now) = (open(&machine), before[STOPPED - 1].0);
    assert_says_the_same(&mut writer, &mut twin(before), now, "as it was left");
    assert_eq!(formats(&machine), [2; 5], "what is only read stays what it is");
    go_on(&mut writer, after).unwrap();
    let (now, mut twin) = (batches[batches.len() - 1].0, twin(&batches));
    assert_says_the_same(&mut writer, &mut twin, now, "with more in it");
    drop(writer);
    let formats = formats(&machine);
    assert_eq!((formats[0], formats[3], formats[4]), (2, 3, 3), "a version before refuses what it cannot read");
    assert_says_the_same(&mut open(&machine), &mut twin, now, "after a restart");
}

#[test]
fn a_stop_while_files_of_a_version_before_are_added_to_counts_everything_once() {
    let (machine, batches) = golden();
    let after = &batches[STOPPED..];
    let whole = machine.restart(Survives::Everything);
    go_on(&mut open(&whole), after).unwrap();
    let (now, mut twin) = (batches[batches.len() - 1].0, twin(&batches));
    let positions = whole.position();
    assert!(positions > 150, "{positions} positions");
    let mut stopped = 0;
    // Some of them: `rolling` stops at all of a shorter script.
    for position in (0..positions).step_by(10) {
        let stopping = machine.restart(Survives::Everything);
        stopping.stop_after(position);
        if let Ok((mut writer, _)) =
            Writer::open(stopping.folder("journal"), stopping.folder("slots"), &Telemetry::default())
        {
            stopped += usize::from(go_on(&mut writer, after).is_none());
        }
        let lots = [Survives::Nothing, Survives::Everything, Survives::Some(position as u64)];
        let place = format!("position {position}, {:?}", lots[position / 10 % 3]);
        let mut writer = open(&stopping.restart(lots[position / 10 % 3]));
        go_on(&mut writer, after).unwrap();
        roll_up(&mut writer, KEEP_ALL, &attribution::record(), now);
        for finest in [Resolution::Minute, Resolution::Day] {
            let all = ask(&mut writer, (MIDNIGHT, now), finest, now);
            assert!(all.damaged.is_empty(), "{place}: {:?}", all.damaged);
            assert_same(&all, &ask(&mut twin, (all.from, all.to), Resolution::Slot, now), &place);
        }
    }
    assert!(stopped > positions / 20, "{stopped} were stopped");
}

#[test]
fn a_flipped_bit_of_a_file_with_blocks_of_both_kinds_is_named_or_changes_no_answer() {
    let (machine, batches) = golden();
    go_on(&mut open(&machine), &batches[STOPPED..]).unwrap();
    let (now, mut twin) = (batches[batches.len() - 1].0, twin(&batches));
    let (mut chance, mut named) = (Chance(3), 0);
    for file in FILES {
        for _ in 0..16 {
            let damaged = machine.restart(Survives::Everything);
            let bit = chance.below(damaged.length("slots", file) * 8);
            damaged.flip_bit("slots", file, bit);
            let mut writer = open(&damaged);
            assert_says_the_same(&mut writer, &mut twin, now, &format!("{file}, bit {bit}"));
            named += usize::from(!ask(&mut writer, (MIDNIGHT, now), Resolution::Minute, now).damaged.is_empty());
        }
    }
    assert!(named > 10, "{named} were named");
}

#[test]
fn a_format_that_is_not_known_is_refused_by_name() {
    let (machine, _) = golden();
    {
        let file = machine.folder("slots").existing("days-2026.redb").unwrap();
        let database = Database::builder().create_with_backend(file).unwrap();
        let write = database.begin_write().unwrap();
        write.open_table(META).unwrap().insert("format", 4).unwrap();
        write.commit().unwrap();
    }
    let error = Writer::open(machine.folder("journal"), machine.folder("slots"), &Telemetry::default()).unwrap_err();
    let said = error.to_string();
    assert!(said.contains("days-2026.redb") && said.contains('4') && said.contains('3'), "{said}");
}
