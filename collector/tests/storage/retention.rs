//! Retention: whole files go, the oldest first, never the current one.

use hogusu_collector::ingest::Verdict;
use hogusu_collector::journal::Folder;
use hogusu_collector::store::{Files, Retention, SlotFolder};
use hogusu_collector::telemetry::Telemetry;
use hogusu_collector::writer::{View, Writer};
use redb::{ReadableDatabase, TableDefinition};

use super::batches::{Filter, MIDNIGHT, SECOND, deliver, requests};
use super::machine::{Machine, Survives};
use super::place::Place;

const DAY: u64 = 24 * 3600 * SECOND;
const KEEP_ALL: Retention = Retention { keep: [u64::MAX; 4], age: u64::MAX, bytes: u64::MAX };

/// The same on a real file system, where redb locks its files.
#[test]
fn days_begin_and_end_on_a_real_folder() {
    let data = tempfile::tempdir().unwrap();
    let open = || {
        let journal = Folder::open(data.path().join("journal")).unwrap();
        let slots = SlotFolder::open(data.path().join("slots")).unwrap();
        Writer::open(journal, slots, &Telemetry::default()).unwrap().0
    };
    let mut writer = open();
    for day in 0..3_u64 {
        let begun = MIDNIGHT + day * DAY + 60 * SECOND;
        let mut filter = Filter::new(u8::try_from(day).unwrap() + 1, begun);
        deliver(&mut writer, &[filter.batch(10 + day)], begun + 5 * SECOND);
        writer.commit(begun + 10 * SECOND).unwrap();
    }
    let now = MIDNIGHT + 3 * DAY;
    assert_eq!(
        requests(&writer.view(MIDNIGHT, now).unwrap().period(&std::sync::RwLock::default(), now).unwrap()).len(),
        3
    );
    drop(writer);
    let mut writer = open();
    assert_eq!(writer.retain(Retention { age: DAY + SECOND, ..KEEP_ALL }, now - SECOND).unwrap(), ["2026-11-24.redb"]);
    assert_eq!(
        requests(&writer.view(MIDNIGHT, now).unwrap().period(&std::sync::RwLock::default(), now).unwrap()).len(),
        2
    );
}

fn open(machine: &Machine) -> Writer<Place, Place> {
    Writer::open(machine.folder("journal"), machine.folder("slots"), &Telemetry::default()).unwrap().0
}

/// One batch a day on four days.
fn four_days(machine: &Machine) -> Writer<Place, Place> {
    let mut writer = open(machine);
    for day in 0..4_u64 {
        let begun = MIDNIGHT + day * DAY + 60 * SECOND;
        let mut filter = Filter::new(u8::try_from(day).unwrap() + 1, begun);
        deliver(&mut writer, &[filter.batch(10 + day)], begun + 5 * SECOND);
        writer.commit(begun + 10 * SECOND).unwrap();
    }
    writer
}

fn sums(writer: &mut Writer<Place, Place>) -> Vec<u64> {
    let now = MIDNIGHT + 4 * DAY;
    let period = writer.view(MIDNIGHT, now).unwrap().period(&std::sync::RwLock::default(), now).unwrap();
    requests(&period).into_iter().map(|(_, count)| count).collect()
}

#[test]
fn each_hour_has_its_file_and_a_period_reads_all_it_touches() {
    let machine = Machine::default();
    let mut writer = four_days(&machine);
    assert_eq!(machine.stored(), ["2026-11-24.redb", "2026-11-25.redb", "2026-11-26.redb", "2026-11-27.redb"]);
    assert_eq!(sums(&mut writer), [10, 11, 12, 13]);
    let later = MIDNIGHT + 3 * DAY + 3600 * SECOND;
    deliver(&mut writer, &[Filter::new(9, later).batch(14)], later + 5 * SECOND);
    writer.commit(later + 10 * SECOND).unwrap();
    assert_eq!(machine.stored().last().unwrap(), "2026-11-27T010000.redb");
    assert_eq!(sums(&mut writer), [10, 11, 12, 13, 14]);
    drop(writer);
    assert_eq!(sums(&mut open(&machine.restart(Survives::Nothing))), [10, 11, 12, 13, 14]);
}

#[test]
fn files_older_than_the_retention_are_dropped_whole() {
    let machine = Machine::default();
    let mut writer = four_days(&machine);
    let now = MIDNIGHT + 3 * DAY + 7200 * SECOND;
    assert_eq!(writer.retain(KEEP_ALL, now).unwrap(), Vec::<String>::new());
    assert_eq!(
        writer.retain(Retention { age: DAY + SECOND, ..KEEP_ALL }, now).unwrap(),
        ["2026-11-24.redb", "2026-11-25.redb"]
    );
    assert_eq!(sums(&mut writer), [12, 13]);
    drop(writer);
    assert_eq!(sums(&mut open(&machine.restart(Survives::Nothing))), [12, 13]);
}

#[test]
fn beyond_the_bound_on_disk_the_oldest_files_go_and_the_current_one_stays() {
    let machine = Machine::default();
    let mut writer = four_days(&machine);
    let now = MIDNIGHT + 3 * DAY + 7200 * SECOND;
    let two_files =
        (machine.length("slots", "2026-11-26.redb") + machine.length("slots", "2026-11-27.redb")) as u64 + 4096;
    assert_eq!(
        writer.retain(Retention { bytes: two_files, ..KEEP_ALL }, now).unwrap(),
        ["2026-11-24.redb", "2026-11-25.redb"]
    );
    assert_eq!(writer.retain(Retention { bytes: 0, ..KEEP_ALL }, now).unwrap(), ["2026-11-26.redb"]);
    assert_eq!(sums(&mut writer), [13]);
}

#[test]
fn a_sender_is_still_recognised_after_its_older_files_are_gone() {
    let machine = Machine::default();
    let mut writer = open(&machine);
    let begun = MIDNIGHT + DAY - 10 * SECOND;
    let mut filter = Filter::new(1, begun);
    let first = filter.batch(5);
    deliver(&mut writer, std::slice::from_ref(&first), begun + 5 * SECOND);
    writer.commit(begun + 6 * SECOND).unwrap();
    let mut other = Filter::new(2, begun);
    deliver(&mut writer, &[other.batch(3)], begun + 12 * SECOND);
    writer.commit(begun + 13 * SECOND).unwrap();
    assert_eq!(
        writer.retain(Retention { bytes: 0, ..KEEP_ALL }, begun + 14 * SECOND).unwrap(),
        ["2026-11-24T230000.redb"]
    );
    drop(writer);
    let mut writer = open(&machine.restart(Survives::Nothing));
    deliver(&mut writer, &[first], begun + 20 * SECOND);
    let period = writer
        .view(MIDNIGHT, MIDNIGHT + 2 * DAY)
        .unwrap()
        .period(&std::sync::RwLock::default(), begun + 30 * SECOND)
        .unwrap();
    assert_eq!(
        requests(&period),
        [("workload-2".to_owned(), 3)],
        "the first sender's batch was counted before, in the file that is gone"
    );
}

#[test]
fn a_clock_a_year_ahead_erases_nothing() {
    let machine = Machine::default();
    let mut writer = four_days(&machine);
    let retention = Retention { age: 3 * DAY + SECOND, ..KEEP_ALL };
    assert_eq!(writer.retain(retention, MIDNIGHT + 365 * DAY).unwrap(), Vec::<String>::new());
    assert_eq!(sums(&mut writer), [10, 11, 12, 13]);
}

/// A reader that began before midnight reads what it found, though the day's file is followed by another meanwhile, and
/// then dropped.
#[test]
fn a_reader_keeps_its_files_over_midnight_and_retention() {
    let data = tempfile::tempdir().unwrap();
    let journal = Folder::open(data.path().join("journal")).unwrap();
    let slots = SlotFolder::open(data.path().join("slots")).unwrap();
    let mut writer = Writer::open(journal, slots, &Telemetry::default()).unwrap().0;
    let evening = MIDNIGHT + DAY - 60 * SECOND;
    let mut filter = Filter::new(1, evening);
    deliver(&mut writer, &[filter.batch(10)], evening + 5 * SECOND);
    writer.commit(evening + 10 * SECOND).unwrap();
    let now = evening + 120 * SECOND;
    let read = |view: View| requests(&view.period(&std::sync::RwLock::default(), now).unwrap());
    let (first, second) = (writer.view(MIDNIGHT, now).unwrap(), writer.view(MIDNIGHT, now).unwrap());
    deliver(&mut writer, &[filter.batch(11)], now - 5 * SECOND);
    writer.commit(now).unwrap();
    assert_eq!(read(first), [("workload-1".to_owned(), 10)]);
    assert_eq!(read(writer.view(MIDNIGHT, now).unwrap()), [("workload-1".to_owned(), 21)]);
    // The second one still reads: its file is not dropped before it is done, and once nobody reads it, it is sealed.
    let none = Retention { bytes: 0, ..KEEP_ALL };
    assert_eq!(writer.retain(none, now + 2 * DAY).unwrap(), Vec::<String>::new());
    assert_eq!(read(second), [("workload-1".to_owned(), 10)]);
    deliver(&mut writer, &[filter.batch(12)], now + 5 * SECOND);
    writer.commit(now + 10 * SECOND).unwrap();
    let third = writer.view(MIDNIGHT, now).unwrap();
    assert_eq!(writer.retain(none, now + 2 * DAY).unwrap(), ["2026-11-24T230000.redb"]);
    assert_eq!(read(third), [("workload-1".to_owned(), 33)]);
}

/// What a file says of its format.
fn format(machine: &Machine, name: &str) -> u64 {
    let file = machine.folder("slots").open(name).unwrap();
    let database = redb::Builder::new().create_with_backend(file).unwrap();
    let meta = database.begin_read().unwrap().open_table(TableDefinition::<&str, u64>::new("meta")).unwrap();
    meta.get("format").unwrap().unwrap().value()
}

/// Batches of a hundred senders that nobody else is, each with one request.
fn hundred(group: u8, begun: u64) -> Vec<Vec<u8>> {
    let batch = |sender: u8| {
        let mut filter = Filter::new(sender, begun);
        filter.resource.sender.0[1] = group;
        filter.batch(1)
    };
    (1..=100).map(batch).collect()
}

/// Commits batches of a hundred new senders at a time until there are so many files; the requests in them.
fn until_there_are(files: usize, machine: &Machine, writer: &mut Writer<Place, Place>, retention: Retention) -> u64 {
    let mut sum = 0;
    for number in 0..200_u8 {
        let begun = MIDNIGHT + 60 * SECOND + u64::from(number) * SECOND;
        let group = hundred(number, begun);
        deliver(writer, &group, begun + 5 * SECOND);
        writer.commit(begun + 6 * SECOND).unwrap();
        assert_eq!(writer.retain(retention, begun + 6 * SECOND).unwrap(), Vec::<String>::new());
        sum += 100;
        if machine.stored().len() == files {
            return sum;
        }
    }
    panic!("no further file was begun: {:?}", machine.stored());
}

#[test]
fn a_day_that_is_much_of_what_may_be_kept_has_several_files_and_midnight_drops_no_more_than_it_must() {
    let machine = Machine::default();
    let mut writer = open(&machine);
    let retention = Retention { bytes: 32 << 20, ..KEEP_ALL };
    let sum = until_there_are(3, &machine, &mut writer, retention);
    let names = machine.stored();
    assert_eq!(names[0], "2026-11-24.redb");
    assert!(names[1..].iter().all(|name| name.starts_with("2026-11-24T00")), "{names:?}");
    assert_eq!(sums(&mut writer).iter().sum::<u64>(), sum);
    let after = MIDNIGHT + DAY + 60 * SECOND;
    let mut filter = Filter::new(250, after);
    deliver(&mut writer, &[filter.batch(7)], after + 5 * SECOND);
    writer.commit(after + 6 * SECOND).unwrap();
    assert_eq!(writer.retain(retention, after + 6 * SECOND).unwrap(), Vec::<String>::new(), "all of it fits");
    assert_eq!(machine.stored()[3], "2026-11-25.redb");
    assert_eq!(sums(&mut writer).iter().sum::<u64>(), sum + 7);
    drop(writer);
    for name in [&names[0], &names[1], "2026-11-25.redb"] {
        assert_eq!(
            format(&machine.restart(Survives::Nothing), name),
            3,
            "a version that leaves files out must not open {name}"
        );
    }
    let mut writer = open(&machine.restart(Survives::Nothing));
    assert_eq!(sums(&mut writer).iter().sum::<u64>(), sum + 7, "after a restart");
    let two = (machine.length("slots", &names[2]) + machine.length("slots", "2026-11-25.redb")) as u64;
    let dropped = writer.retain(Retention { bytes: two + 16_384, ..KEEP_ALL }, after + 7 * SECOND).unwrap();
    assert_eq!(dropped, names[..2], "the oldest parts go first");
    let kept = sums(&mut writer).iter().sum::<u64>();
    assert!(kept > 7 && kept < sum + 7 && kept % 100 == 7, "what the other files hold: {kept} of {sum}");
}

#[test]
fn where_everybody_who_sends_is_more_than_a_part_not_every_commit_begins_a_file() {
    let machine = Machine::default();
    let mut writer = open(&machine);
    let begun = MIDNIGHT + 60 * SECOND;
    let least = Retention { bytes: 0, ..KEEP_ALL };
    assert_eq!(writer.retain(least, begun).unwrap(), Vec::<String>::new());
    for group in 0..60 {
        deliver(&mut writer, &hundred(group, begun), begun + 5 * SECOND);
    }
    writer.commit(begun + 6 * SECOND).unwrap();
    assert!(machine.length("slots", "2026-11-24.redb") > 2 << 20, "more than the smallest part");
    for group in 60..64 {
        deliver(&mut writer, &hundred(group, begun), begun + 7 * SECOND);
        writer.commit(begun + 8 * SECOND).unwrap();
    }
    assert_eq!(machine.stored(), ["2026-11-24.redb"]);
}

/// The disk is smaller than what may be kept: without making room by itself the collector would answer 503 for ever.
#[test]
fn on_a_full_disk_the_oldest_files_make_room_and_batches_are_taken_again() {
    let machine = Machine::default();
    let mut writer = open(&machine);
    let hour = 3600 * SECOND;
    for number in 0..4_u8 {
        let begun = MIDNIGHT + u64::from(number) * hour;
        deliver(&mut writer, &hundred(number, begun), begun + 5 * SECOND);
        writer.commit(begun + 6 * SECOND).unwrap();
    }
    machine.limit(machine.bytes());
    let mut dropped = Vec::new();
    for second in 0..600_u64 {
        let now = MIDNIGHT + 4 * hour + second * SECOND;
        let taken = deliver(&mut writer, &hundred(u8::try_from(second % 250).unwrap() + 4, now - 5 * SECOND), now);
        drop(writer.commit(now));
        dropped.extend(writer.retain(KEEP_ALL, now).unwrap());
        if !dropped.is_empty() && taken.iter().all(|verdict| *verdict == Some(Verdict::Durable)) {
            assert_eq!(dropped[0], "2026-11-24.redb", "the oldest one first");
            assert!(dropped.len() < 4, "no more than made room: {dropped:?}");
            return;
        }
    }
    panic!("nothing was taken any more: {dropped:?}");
}
