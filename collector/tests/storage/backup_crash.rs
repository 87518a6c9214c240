//! At every position of a backup, and of a restore, the machine stops: the collector's own data is unharmed, and what looks whole is whole.

use std::sync::RwLock;

use hogusu_collector::backup::{RestoreError, make, restore, unserved};
use hogusu_collector::store::Files;
use hogusu_collector::wanted::Wanted;
use hogusu_collector::writer::Writer;

use super::attribution;
use super::backup::{OF_TWO_HOURS, RESTORED, backup, copy, counted, open_restored, restore_all, restored, two_hours};
use super::baseline::{is_saved, save};
use super::machine::{Machine, Survives};
use super::place::Place;
use super::rolling::open;

/// What may survive, in turn.
fn survives(position: usize) -> Survives {
    [Survives::Nothing, Survives::Everything, Survives::Some(position as u64)][position % 3]
}

/// A collector with everything that is copied.
fn collector() -> (Machine, Writer<Place, Place>) {
    let machine = Machine::default();
    save(&machine, "before").unwrap();
    let writer = two_hours(&machine);
    (machine, writer)
}

/// A backup, until its end or until the machine stops.
fn back_up(machine: &Machine, writer: &Writer<Place, Place>) -> bool {
    let Ok(snapshot) = writer.snapshot() else { return false };
    make::begin(&backup(machine).root).is_ok()
        && copy(machine, snapshot, &attribution::record(), &Wanted::default()).is_ok()
}

fn check_restored(machine: &Machine, place: &str) {
    assert_eq!(counted(&mut open_restored(machine)), OF_TWO_HOURS, "{place}");
    assert_eq!(machine.names("restored/baselines"), ["before.baseline"], "{place}");
    assert!(machine.names("restored").contains(&"kubernetes.redb".to_owned()), "{place}");
}

#[test]
fn a_stop_at_any_position_of_a_backup_harms_nothing_and_what_looks_whole_is_whole() {
    let (whole, writer) = collector();
    let begun = whole.position();
    assert!(back_up(&whole, &writer));
    let positions = whole.position() - begun;
    assert!(positions > 60, "{positions} positions");
    let mut made = 0;
    for position in 0..=positions {
        let (machine, writer) = collector();
        machine.stop_after(position);
        let is_said = back_up(&machine, &writer);
        let machine = machine.restart(survives(position));
        let place = format!("position {position}, {:?}", survives(position));
        match restore_all(&machine) {
            Ok(_) => {
                check_restored(&machine, &place);
                made += 1;
            }
            Err(RestoreError::NoBackup(_)) => assert!(!is_said, "{place}: it was said to be made"),
            Err(error) => panic!("{place}: it looks whole: {error}"),
        }
        assert_eq!(counted(&mut open(&machine)), OF_TWO_HOURS, "{place}: the collector's own data");
        assert!(is_saved(&machine, "before"), "{place}");
    }
    assert!(made > 0, "the last position may leave a whole one");
}

#[test]
fn a_stop_at_any_position_of_a_restore_leaves_nothing_that_is_served_as_a_whole() {
    let (whole, writer) = collector();
    assert!(back_up(&whole, &writer));
    drop(writer);
    let source = whole.restart(Survives::Nothing);
    let again = source.restart(Survives::Nothing);
    restore_all(&again).unwrap();
    let positions = again.position();
    assert!(positions > 20, "{positions} positions");
    for position in 0..=positions {
        let machine = source.restart(Survives::Nothing);
        machine.stop_after(position);
        let is_said = restore_all(&machine).is_ok();
        let machine = machine.restart(survives(position));
        let place = format!("position {position}, {:?}", survives(position));
        let names = machine.names("restored");
        if unserved(&names).is_some() || names.is_empty() {
            assert!(!is_said, "{place}: it was said to be restored");
            let is_empty = RESTORED.iter().all(|folder| machine.names(folder).is_empty());
            assert!(unserved(&names).is_some() || is_empty, "{place}: a part looks like a whole");
            restore_all(&machine).unwrap_or_else(|error| panic!("{place}: {error}"));
        }
        check_restored(&machine, &place);
        restore::check(&backup(&machine)).unwrap_or_else(|error| panic!("{place}: the backup itself: {error}"));
        let occupied = restore::begin(&restored(&machine).root).unwrap_err();
        assert!(matches!(occupied, RestoreError::Occupied { .. }), "{place}: {occupied}");
    }
}

#[test]
fn a_folder_with_anything_in_it_is_taken_for_nothing() {
    let (machine, writer) = collector();
    drop(Files::open(&machine.folder("backup"), "mine.txt").unwrap());
    assert_eq!(
        make::begin(&backup(&machine).root).unwrap_err().to_string(),
        "it holds mine.txt; give a new or empty folder"
    );
    Files::remove(&machine.folder("backup"), "mine.txt").unwrap();
    assert!(back_up(&machine, &writer));
    let error = make::begin(&backup(&machine).root).unwrap_err().to_string();
    assert!(error.contains("backup.json"), "{error}");
    let left = copy(&machine, writer.snapshot().unwrap(), &RwLock::default(), &Wanted::default());
    assert!(left.is_ok() && unserved(&machine.names("backup")).is_some());
}
