//! How far each resolution reaches is told as it is: before anything is committed, once slots are rolled up, after files were dropped, and
//! after a restart.

use hogusu_collector::ingest::{Delivery, Verdict};
use hogusu_collector::store::{Extent, Reach, Retention};
use hogusu_collector::telemetry::{Metric, Telemetry};
use hogusu_collector::writer::Writer;
use tokio::sync::oneshot;

use super::batches::{Filter, MIDNIGHT, SECOND, deliver};
use super::machine::{Machine, Survives};
use super::rolling::{DAY, HOUR, ROLLED_ONLY, open, three_days};

/// Start and end of the slot that the batch of a day is in.
fn noon(day: u64) -> (u64, u64) {
    let noon = MIDNIGHT + day * DAY + 12 * HOUR;
    (noon, noon + 10 * SECOND)
}

/// From which day's batch to which one's each resolution reaches, in how many files.
fn assert_reaches(extent: Extent, wanted: [Option<(u64, u64, usize)>; 4], machine: &Machine) {
    for (reach, wanted) in extent.reaches.into_iter().zip(wanted) {
        let Some((first, last, files)) = wanted else {
            assert_eq!(reach, Reach::default());
            continue;
        };
        assert_eq!((reach.from, reach.to, reach.files), (noon(first).0, noon(last).1, files), "{extent:?}");
        assert!(reach.bytes > 0, "{extent:?}");
    }
    let bytes: usize = machine.names("slots").iter().map(|name| machine.length("slots", name)).sum();
    let told: u64 = extent.reaches.iter().map(|reach| reach.bytes).sum();
    assert_eq!((extent.bytes, told), (bytes as u64, bytes as u64), "every file is of one resolution");
}

#[test]
fn only_what_is_committed_is_in_reach() {
    let machine = Machine::default();
    let mut writer = open(&machine);
    assert_reaches(writer.extent(), [None; 4], &machine);
    let (start, end) = noon(0);
    deliver(&mut writer, &[Filter::new(1, start).batch(1)], end);
    assert_eq!(writer.extent(), Extent::default());
    writer.commit(end).unwrap();
    assert_reaches(writer.extent(), [Some((0, 0, 1)), None, None, None], &machine);
}

#[test]
fn each_resolution_reaches_as_far_as_its_own_files() {
    let machine = Machine::default();
    let writer = three_days(&machine, ROLLED_ONLY);
    // Minutes have a file for each day, hours one of the month, days one of the year; the last slots are still open.
    let wanted = [Some((2, 2, 1)), Some((0, 1, 2)), Some((0, 1, 1)), Some((0, 1, 1))];
    assert_reaches(writer.extent(), wanted, &machine);
    let telemetry = Telemetry::default();
    writer.measure(MIDNIGHT + 3 * DAY, &telemetry);
    let told = [Metric::OldestSlot, Metric::OldestMinute, Metric::OldestHour, Metric::OldestDay];
    assert_eq!(told.map(|metric| telemetry.get(metric)), [2, 0, 0, 0].map(|day| noon(day).0));
}

#[test]
fn what_was_dropped_is_out_of_reach_also_after_a_restart() {
    let machine = Machine::default();
    let [slots, _, hours, days] = ROLLED_ONLY.keep;
    let writer = three_days(&machine, Retention { keep: [slots, DAY + SECOND, hours, days], ..ROLLED_ONLY });
    let wanted = [Some((2, 2, 1)), Some((1, 1, 1)), Some((0, 1, 1)), Some((0, 1, 1))];
    assert_reaches(writer.extent(), wanted, &machine);
    drop(writer);
    let machine = machine.restart(Survives::Everything);
    assert_reaches(open(&machine).extent(), wanted, &machine);
}

#[test]
fn the_newest_slot_is_known_once_a_batch_is_acknowledged_and_after_a_restart_by_the_journal_or_the_store() {
    let (machine, (start, end)) = (Machine::default(), noon(0));
    let newest = |telemetry: &Telemetry| telemetry.get(Metric::NewestEvent);
    let (mut writer, telemetry) = (open(&machine), Telemetry::default());
    let (answer, mut verdict) = oneshot::channel();
    let body = Filter::new(1, start).batch(1).into();
    let delivery = Delivery { arrival: end, body, identity: None, waited: true, answer };
    writer.group(vec![delivery], &telemetry).unwrap();
    assert_eq!((verdict.try_recv().unwrap(), newest(&telemetry)), (Verdict::Durable, start));
    let opened = |machine: &Machine| {
        let telemetry = Telemetry::default();
        let writer = Writer::open(machine.folder("journal"), machine.folder("slots"), &telemetry).unwrap().0;
        (writer, telemetry)
    };
    assert_eq!(newest(&opened(&machine.restart(Survives::Nothing)).1), start, "the journal has it");
    writer.commit(end).unwrap();
    let (writer, telemetry) = opened(&machine.restart(Survives::Nothing));
    assert_eq!(newest(&telemetry), 0, "nothing is left in the journal");
    writer.measure(end, &telemetry);
    assert_eq!(newest(&telemetry), start, "the store has it");
}

#[test]
fn the_newest_slot_is_of_what_came_since_the_collectors_clock_was_set_back_also_after_a_restart() {
    let (machine, (start, end)) = (Machine::default(), noon(0));
    let newest = |telemetry: &Telemetry| telemetry.get(Metric::NewestEvent);
    let opened = |machine: &Machine| {
        let telemetry = Telemetry::default();
        let writer = Writer::open(machine.folder("journal"), machine.folder("slots"), &telemetry).unwrap().0;
        (writer, telemetry)
    };
    let take = |writer: &mut Writer<_, _>, telemetry: &Telemetry, number, (start, end)| {
        let (answer, mut verdict) = oneshot::channel();
        let body = Filter::new(number, start).batch(1).into();
        let delivery = Delivery { arrival: end, body, identity: None, waited: true, answer };
        writer.group(vec![delivery], telemetry).unwrap();
        assert_eq!(verdict.try_recv().unwrap(), Verdict::Durable);
    };
    let (mut writer, telemetry) = opened(&machine);
    // An hour ahead, with everybody's clock.
    take(&mut writer, &telemetry, 1, (start + HOUR, end + HOUR));
    writer.commit(end + HOUR).unwrap();
    writer.measure(end, &telemetry);
    assert_eq!(newest(&telemetry), start + HOUR, "nothing came since");
    take(&mut writer, &telemetry, 2, (start, end));
    writer.commit(end).unwrap();
    writer.measure(end, &telemetry);
    assert_eq!(newest(&telemetry), start, "it came since, and the store still holds the hour ahead");
    let (mut writer, telemetry) = opened(&machine.restart(Survives::Nothing));
    writer.measure(end, &telemetry);
    assert_eq!(newest(&telemetry), start + HOUR, "of what the store holds alone nobody knows better");
    take(&mut writer, &telemetry, 3, (start + 10 * SECOND, end + 10 * SECOND));
    assert_eq!(newest(&telemetry), start + 10 * SECOND);
}
