//! Damage of the store: wherever one bit is flipped, or a file is cut, every answer is exact or names the damaged file and the time that it
//! may have held; nothing is counted twice, and the collector goes on.

use std::collections::BTreeSet;
use std::sync::RwLock;

use hogusu_collector::ingest::Verdict;
use hogusu_collector::journal::Disk;
use hogusu_collector::period::Period;
use hogusu_collector::telemetry::Telemetry;
use hogusu_collector::writer::Writer;

use super::batches::{FLUSH, Filter, MIDNIGHT, SECOND, deliver, requests};
use super::machine::{Chance, Machine, Survives};
use super::place::Place;

const DAY: u64 = 24 * 3600 * SECOND;
const DAYS: u64 = 3;
const SENDERS: u8 = 20;
const COMMITS: u64 = 6;
/// Bits that are flipped in each file, by chance.
const FLIPS: usize = 24;
/// When the last day's batches are there.
const LAST: u64 = MIDNIGHT + (DAYS - 1) * DAY + 12 * 3600 * SECOND;
const FILES: [&str; 3] = ["2026-11-24T100000.redb", "2026-11-25T100000.redb", "2026-11-26T100000.redb"];

/// What is asked: each day, and all of them.
const PERIODS: [(u64, u64); 4] = [
    (MIDNIGHT, MIDNIGHT + DAY),
    (MIDNIGHT + DAY, MIDNIGHT + 2 * DAY),
    (MIDNIGHT + 2 * DAY, MIDNIGHT + 3 * DAY),
    (MIDNIGHT, MIDNIGHT + 3 * DAY),
];

type Counts = Vec<(String, u64)>;

fn open(machine: &Machine) -> Writer<Place, Place> {
    Writer::open(machine.folder("journal"), machine.folder("slots"), &Telemetry::default()).unwrap().0
}

/// Three days of batches, the first two of them in files that are written no more. Returns the senders of the last day.
fn fill(machine: &Machine) -> (Writer<Place, Place>, Vec<Filter>) {
    let mut writer = open(machine);
    let mut senders = Vec::new();
    for day in 0..DAYS {
        let begun = MIDNIGHT + day * DAY + 10 * 3600 * SECOND;
        senders = (0..SENDERS).map(|number| Filter::new(number + 1, begun)).collect();
        for sender in &mut senders {
            sender.resource.sender.0[1] = u8::try_from(day).unwrap();
        }
        for commit in 0..COMMITS {
            let arrival = begun + (commit + 1) * FLUSH;
            let bodies: Vec<_> = senders.iter_mut().map(|sender| sender.batch(10 + commit)).collect();
            assert!(deliver(&mut writer, &bodies, arrival).iter().all(|verdict| *verdict == Some(Verdict::Durable)));
            writer.commit(arrival + SECOND).unwrap();
        }
    }
    (writer, senders)
}

fn ask(writer: &mut Writer<Place, Place>, (from, to): (u64, u64), now: u64) -> Period {
    writer.view(from, to).unwrap().period(&RwLock::default(), now).unwrap()
}

fn truth(machine: &Machine) -> Vec<Counts> {
    let mut writer = open(&machine.restart(Survives::Everything));
    let truth = PERIODS.map(|period| requests(&ask(&mut writer, period, LAST))).to_vec();
    assert!(truth.iter().all(|counts| counts.len() == usize::from(SENDERS)));
    truth
}

/// Every answer is the truth, or names the file and its time, and says no more than the truth. Returns which files were named.
fn check(writer: &mut Writer<Place, Place>, truth: &[Counts], file: &str, place: &str) -> BTreeSet<String> {
    let stem = file.split('.').next().unwrap();
    let mut named = BTreeSet::new();
    for (period, truth) in PERIODS.into_iter().zip(truth) {
        let answer = ask(writer, period, LAST);
        let counts = requests(&answer);
        for damaged in &answer.damaged {
            // Or the journal begins after what the store holds, as that is of before its last commit.
            let is_it = damaged.file.starts_with(&format!("slots/{stem}")) || damaged.file.starts_with("journal/");
            assert!(is_it, "{place}: {damaged:?}");
            assert!(damaged.from < period.1 && damaged.to >= period.0, "{place}: {damaged:?} for {period:?}");
            named.insert(damaged.file.clone());
        }
        if answer.damaged.is_empty() {
            assert_eq!(counts, *truth, "{place}: {period:?} is wrong and names nothing");
        }
        for (name, count) in counts {
            let most = truth.iter().find(|(other, _)| *other == name).unwrap().1;
            assert!(count <= most, "{place}: {name} has {count} of {most}");
        }
    }
    named
}

/// The collector goes on: what is sent from now on is counted once, a repetition is not, and a restart says the same.
fn go_on(machine: &Machine, writer: &mut Writer<Place, Place>, senders: &[Filter], place: &str) {
    let named = ask(writer, PERIODS[3], LAST).damaged;
    let mut senders = senders.to_vec();
    let before: u64 = requests(&ask(writer, PERIODS[2], LAST)).iter().map(|(_, count)| count).sum();
    for round in 0..2 {
        let arrival = senders[0].begun + (COMMITS + round + 1) * FLUSH;
        let bodies: Vec<_> = senders.iter_mut().map(|sender| sender.batch(1)).collect();
        for _ in 0..2 {
            let verdicts = deliver(writer, &bodies, arrival);
            assert!(verdicts.iter().all(|verdict| *verdict == Some(Verdict::Durable)), "{place}: {verdicts:?}");
        }
        // A commit to the damaged file fails, and the one after it does not.
        let committed = writer.commit(arrival + SECOND).or_else(|_damaged| writer.commit(arrival + 2 * SECOND));
        committed.unwrap_or_else(|error| panic!("{place}: {error}"));
    }
    let mut again = open(&machine.restart(Survives::Nothing));
    for writer in [writer, &mut again] {
        let answer = ask(writer, PERIODS[2], LAST);
        let after: u64 = requests(&answer).iter().map(|(_, count)| count).sum();
        let is_named = !answer.damaged.is_empty() || answer.senders.iter().any(|sender| sender.lost_batches > 0);
        assert!(after == before + 2 * u64::from(SENDERS) || is_named, "{place}: {before} and then {after}");
        let still: Vec<_> = ask(writer, PERIODS[3], LAST).damaged.into_iter().map(|damaged| damaged.file).collect();
        for damaged in &named {
            // What the journal lacked is a gap in the sequence of whoever goes on.
            let is_gap = damaged.file.starts_with("journal/")
                && answer.senders.iter().filter(|sender| sender.lost_batches > 0).count() == senders.len();
            let is_named = still.iter().any(|file| file.starts_with(&damaged.file));
            assert!(is_named || is_gap, "{place}: {damaged:?}, and then {still:?}");
        }
    }
}

/// Which of redb's two states a file is in, and whether it was closed, is in the bits of this byte, which no checksum of redb covers.
const STATE: std::ops::Range<usize> = 9 * 8..10 * 8;

/// Bits all over a file, more of them where every file has something.
fn bits(length: usize, seed: u64) -> Vec<usize> {
    let mut chance = Chance(seed);
    let within = [length.min(512), length, length, length];
    let random = (0..FLIPS).map(|number| chance.below(within[number % 4] * 8));
    STATE.chain(random).collect()
}

#[test]
fn a_flipped_bit_of_any_file_is_named_or_changes_no_answer() {
    let machine = Machine::default();
    let (writer, senders) = fill(&machine);
    let killed = machine.restart(Survives::Everything);
    drop(writer);
    let truth = truth(&machine);
    let mut named = BTreeSet::new();
    for (state, machine) in [("stopped", &machine), ("killed", &killed)] {
        for (number, file) in machine.names("slots").iter().enumerate() {
            for bit in bits(machine.length("slots", file), number as u64) {
                let (place, damaged) = (format!("{state}, {file}, bit {bit}"), machine.restart(Survives::Everything));
                damaged.flip_bit("slots", file, bit);
                let mut writer = open(&damaged);
                named.extend(check(&mut writer, &truth, file, &place));
                go_on(&damaged, &mut writer, &senders, &place);
            }
        }
    }
    for file in FILES {
        assert!(
            named.iter().any(|name| name.starts_with(&format!("slots/{file}"))),
            "{file} is never named: {named:?}"
        );
    }
}

#[test]
fn a_file_that_was_cut_is_named() {
    let machine = Machine::default();
    let (writer, senders) = fill(&machine);
    let killed = machine.restart(Survives::Everything);
    drop(writer);
    let truth = truth(&machine);
    for (state, machine) in [("stopped", &machine), ("killed", &killed)] {
        for file in FILES {
            let whole = machine.length("slots", file);
            for length in [0, 100, 4096, whole / 2, whole - 4096, whole - 1] {
                let (place, damaged) =
                    (format!("{state}, {file} cut to {length}"), machine.restart(Survives::Everything));
                let mut folder = damaged.folder("slots");
                folder.cut(file, length as u64).unwrap();
                folder.sync(file).unwrap();
                let mut writer = open(&damaged);
                let named = check(&mut writer, &truth, file, &place);
                // What was cut off a file that was still open when the process was killed may have been room for more.
                let is_room = state == "killed" && length > 4096 && FILES.last() == Some(&file);
                assert!(named.len() == 1 || (named.is_empty() && is_room), "{place}: {named:?}");
                go_on(&damaged, &mut writer, &senders, &place);
            }
        }
    }
}
