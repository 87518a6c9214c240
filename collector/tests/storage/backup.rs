//! Backups: whatever is asked of a restored one is what the collector said at the moment of which it is, however much was taken, committed, rolled
//! up and dropped while it was made.

use std::sync::RwLock;

use hogusu_collector::backup::make::{self, Content, Pods};
use hogusu_collector::backup::{BackupError, Folders, Manifest, RestoreError, restore};
use hogusu_collector::baseline::Baselines;
use hogusu_collector::ingest::Verdict;
use hogusu_collector::kubernetes::record::Record;
use hogusu_collector::period::{Period, StoreError};
use hogusu_collector::report::Moment;
use hogusu_collector::store::{Files, Resolution};
use hogusu_collector::telemetry::Telemetry;
use hogusu_collector::wanted::Wanted;
use hogusu_collector::writer::{Snapshot, Writer};

use super::attribution;
use super::batches::{Filter, MIDNIGHT, SECOND, deliver, requests};
use super::machine::{Machine, Survives};
use super::place::Place;
use super::rolling::{DAY, HOUR, KEEP_ALL, MINUTE, ROLLED_ONLY, Traffic, assert_same, open, roll_up};

/// Where a backup lies on the machine's disk.
pub(crate) fn backup(machine: &Machine) -> Folders<Place> {
    let [root, journal, slots, baselines] =
        ["backup", "backup/journal", "backup/slots", "backup/baselines"].map(|folder| machine.folder(folder));
    Folders { root, journal, slots, baselines }
}

/// Where it is restored to.
pub(crate) const RESTORED: [&str; 4] = ["restored", "restored/journal", "restored/slots", "restored/baselines"];

pub(crate) fn restored(machine: &Machine) -> Folders<Place> {
    let [root, journal, slots, baselines] = RESTORED.map(|folder| machine.folder(folder));
    Folders { root, journal, slots, baselines }
}

/// Copies a snapshot, with the baselines there are.
pub(crate) fn copy(
    machine: &Machine,
    snapshot: Snapshot<Place>,
    record: &RwLock<Record>,
    wanted: &Wanted,
) -> Result<Manifest, BackupError> {
    let baselines = Baselines::open(machine.folder("baselines"))?;
    let pods = Pods::Watched(record.read().unwrap().history.clone());
    let content = Content { snapshot, baselines: &baselines, pods, places: None };
    make::make(content, &backup(machine), Moment(MIDNIGHT), wanted)
}

/// Restores the backup that the machine has, as a whole.
pub(crate) fn restore_all(machine: &Machine) -> Result<Manifest, RestoreError> {
    let (from, to) = (backup(machine), restored(machine));
    let manifest = restore::check(&from)?;
    restore::begin(&to.root)?;
    restore::restore(&manifest, &from, &to)?;
    Ok(manifest)
}

pub(crate) fn open_restored(machine: &Machine) -> Writer<Place, Place> {
    let [_, journal, slots, _] = RESTORED.map(|folder| machine.folder(folder));
    Writer::open(journal, slots, &Telemetry::default()).unwrap().0
}

/// Everything that is asked.
fn answers(writer: &mut Writer<Place, Place>, record: &RwLock<Record>, now: u64) -> Vec<Period> {
    let mut answers = Vec::new();
    for (from, to) in [(MIDNIGHT, now + SECOND), (now - 20 * MINUTE, now), (now - 7 * HOUR, now - HOUR)] {
        for finest in Resolution::ALL {
            answers.push(writer.view_at(from.max(MIDNIGHT), to, finest).unwrap().period(record, now).unwrap());
        }
    }
    answers
}

/// One run: a collector that takes, commits, rolls up and drops, of which a backup is made while it goes on so. Returns whether rolled-up files
/// are in that.
fn what_is_restored_answers_the_same(seed: u64) -> bool {
    let machine = Machine::default();
    let (mut writer, record) = (open(&machine), attribution::record());
    let mut traffic = Traffic::new(seed);
    let mut taken = Vec::new();
    let moment = 40 + traffic.chance.below(60);
    let (mut snapshot, mut truth, mut underway) = (None, Vec::new(), None);
    for number in 0..140 {
        let body = traffic.batch();
        assert_eq!(deliver(&mut writer, std::slice::from_ref(&body), traffic.now), [Some(Verdict::Durable)]);
        taken.push((body, traffic.now));
        if let Some(landed) = underway.take() {
            writer.end_commit(landed, traffic.now).unwrap();
        }
        let mut job = None;
        if traffic.chance.below(3) == 0 || number == moment {
            job = writer.begin_commit(traffic.now).unwrap();
        }
        // Before a commit, while it is worked on, and when the store holds it and the writer does not know.
        let is_late = traffic.chance.below(2) == 0;
        if number == moment && !is_late {
            (snapshot, truth) = (Some(writer.snapshot().unwrap()), answers(&mut writer, &record, traffic.now));
        }
        underway = job.map(hogusu_collector::writer::commit::Job::run);
        if number == moment && is_late {
            (snapshot, truth) = (Some(writer.snapshot().unwrap()), answers(&mut writer, &record, traffic.now));
        }
        if traffic.chance.below(6) == 0 && underway.is_none() {
            roll_up(&mut writer, ROLLED_ONLY, &record, traffic.now);
            writer.retain(if traffic.chance.below(2) == 0 { ROLLED_ONLY } else { KEEP_ALL }, traffic.now).unwrap();
        }
    }
    copy(&machine, snapshot.unwrap(), &record, &Wanted::default()).unwrap();
    let now = truth[0].now;
    restore_all(&machine).unwrap();
    let mut writer = open_restored(&machine);
    let check = |writer: &mut Writer<Place, Place>, place: &str| {
        for (answer, truth) in answers(writer, &record, now).iter().zip(&truth) {
            assert_same(answer, truth, &format!("seed {seed}, {place}, {} to {}", truth.from, truth.to));
            assert_eq!((answer.from, answer.to, answer.resolution), (truth.from, truth.to, truth.resolution));
        }
    };
    check(&mut writer, "restored");
    for (body, arrival) in taken.iter().filter(|(_, arrival)| *arrival <= now) {
        let repeated = deliver(&mut writer, std::slice::from_ref(body), *arrival);
        assert_eq!(repeated, [Some(Verdict::Durable)], "seed {seed}: what was acknowledged is recognised");
    }
    check(&mut writer, "after repetitions");
    writer.commit(now).unwrap();
    roll_up(&mut writer, KEEP_ALL, &record, now + DAY);
    let all = |writer: &mut Writer<Place, Place>| {
        requests(&answers(writer, &record, now)[0]).iter().map(|(_, n)| n).sum::<u64>()
    };
    assert_eq!(all(&mut writer), requests(&truth[0]).iter().map(|(_, count)| count).sum::<u64>(), "seed {seed}");
    machine.names("backup/slots").iter().any(|name| name.starts_with("days-"))
}

#[test]
fn whatever_is_asked_of_a_restored_backup_is_what_was_said_when_it_was_begun() {
    let rolled = (0..6).filter(|seed| what_is_restored_answers_the_same(*seed)).count();
    assert!(rolled > 2, "rolled-up files were copied {rolled} times");
}

/// Two hours of which the first is in a file that is written no more, and a batch that no file holds.
pub(crate) fn two_hours(machine: &Machine) -> Writer<Place, Place> {
    let mut writer = open(machine);
    let mut filter = Filter::new(1, MIDNIGHT);
    for (number, start) in [MIDNIGHT, MIDNIGHT + HOUR, MIDNIGHT + HOUR + MINUTE].into_iter().enumerate() {
        filter.sequence += 1;
        filter.cumulative += 4_u64.pow(u32::try_from(number).unwrap());
        let body = filter.batch_over(start, start + 5 * SECOND, 4_u64.pow(u32::try_from(number).unwrap()));
        assert_eq!(deliver(&mut writer, &[body], start + 5 * SECOND), [Some(Verdict::Durable)]);
        if number < 2 {
            writer.commit(start + 6 * SECOND).unwrap();
        }
    }
    writer
}

/// All that `two_hours` counts.
pub(crate) const OF_TWO_HOURS: u64 = 1 + 4 + 16;

pub(crate) fn counted(writer: &mut Writer<Place, Place>) -> u64 {
    let now = MIDNIGHT + 3 * HOUR;
    let period = writer.view_at(MIDNIGHT, now, Resolution::Slot).unwrap().period(&RwLock::default(), now).unwrap();
    requests(&period).iter().map(|(_, count)| count).sum()
}

fn begin(machine: &Machine) {
    make::begin(&backup(machine).root).unwrap();
}

#[test]
fn a_damaged_file_is_named_and_then_copied_as_it_is_and_named_by_who_restores_it() {
    let machine = Machine::default();
    drop(two_hours(&machine));
    let machine = machine.restart(Survives::Everything);
    let (name, mut writer, record) = ("2026-11-24.redb", open(&machine), RwLock::default());
    // The collector does not know yet.
    for page in 1..machine.length("slots", name) / 4096 {
        machine.flip("slots", name, page * 4096 + 7);
    }
    begin(&machine);
    let error = copy(&machine, writer.snapshot().unwrap(), &record, &Wanted::default()).unwrap_err();
    assert!(matches!(&error, BackupError::Store(StoreError::Damaged { file, .. }) if file == name), "{error}");
    copy(&machine, writer.snapshot().unwrap(), &record, &Wanted::default()).unwrap();
    restore_all(&machine).unwrap();
    let ask = |writer: &mut Writer<Place, Place>| {
        let now = MIDNIGHT + 3 * HOUR;
        let period = writer.view_at(MIDNIGHT, now, Resolution::Slot).unwrap().period(&record, now).unwrap();
        let named: Vec<_> = period.damaged.iter().map(|damaged| (damaged.file.clone(), damaged.from)).collect();
        (requests(&period), named)
    };
    let truth = ask(&mut writer);
    assert_eq!((truth.0[0].1, truth.1.len()), (OF_TWO_HOURS - 1, 1), "{truth:?}");
    let mut restored = open_restored(&machine);
    ask(&mut restored);
    assert_eq!(ask(&mut restored), truth);
}

#[test]
fn a_full_disk_leaves_no_backup_and_the_collector_goes_on() {
    let machine = Machine::default();
    let mut writer = two_hours(&machine);
    begin(&machine);
    let snapshot = writer.snapshot().unwrap();
    machine.limit(machine.bytes() + 100_000);
    let error = copy(&machine, snapshot, &RwLock::default(), &Wanted::default()).unwrap_err();
    assert!(matches!(&error, BackupError::Target(error) if error.kind() == std::io::ErrorKind::StorageFull), "{error}");
    let error = restore::check(&backup(&machine)).unwrap_err();
    assert!(error.to_string().contains("was not finished"), "{error}");
    machine.limit(usize::MAX);
    writer.commit(MIDNIGHT + 2 * HOUR).unwrap();
    assert_eq!(counted(&mut writer), OF_TWO_HOURS);
}

#[test]
fn a_backup_that_nobody_waits_for_ends_and_nothing_of_it_is_left() {
    let machine = Machine::default();
    let writer = two_hours(&machine);
    begin(&machine);
    let wanted = Wanted::default();
    drop(wanted.waiting());
    let error = copy(&machine, writer.snapshot().unwrap(), &RwLock::default(), &wanted).unwrap_err();
    assert!(matches!(error, BackupError::Store(StoreError::Unwanted(_))), "{error}");
    make::discard(&backup(&machine).root, || Ok(())).unwrap();
    assert_eq!(machine.names("backup"), Vec::<String>::new());
}

#[test]
fn one_flipped_bit_of_a_backup_is_named_and_nothing_is_restored() {
    let machine = Machine::default();
    let writer = two_hours(&machine);
    begin(&machine);
    copy(&machine, writer.snapshot().unwrap(), &RwLock::default(), &Wanted::default()).unwrap();
    let files = [
        ("backup", "backup.json"),
        ("backup", "kubernetes.redb"),
        ("backup/slots", "2026-11-24.redb"),
        ("backup/journal", "00000003.log"),
    ];
    for (folder, name) in files {
        let length = machine.length(folder, name);
        for at in [0, length / 3, length - 2] {
            let damaged = machine.restart(Survives::Everything);
            damaged.flip(folder, name, at);
            let error = restore_all(&damaged).unwrap_err();
            let RestoreError::Damaged { file, .. } = &error else { panic!("{name} at {at}: {error}") };
            assert!(file.ends_with(name), "{name} at {at}: {error}");
            assert_eq!(damaged.names("restored"), Vec::<String>::new());
        }
        let missing = machine.restart(Survives::Everything);
        Files::remove(&missing.folder(folder), name).unwrap();
        let error = restore_all(&missing).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}
