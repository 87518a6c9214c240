//! At every position of a baseline that is being saved the machine stops: it is there whole, or not at all, and another one is unharmed.

use hogusu_collector::baseline::{BaselineError, Baselines, End, Head, Line, Name, SCHEMA};
use hogusu_compare::HourRecord;

use super::machine::{Machine, Survives};

const HOURS: u64 = 3;
const FIRST: u64 = 20_781 * 24;

/// Saves three hours by a name.
pub(crate) fn save(machine: &Machine, name: &str) -> Result<u64, BaselineError> {
    let baselines = Baselines::open(machine.folder("baselines"))?;
    let head = Head { schema: SCHEMA.to_owned(), name: name.to_owned(), from: FIRST, hours: HOURS, saved: 1 };
    let mut saving = baselines.begin(&Name::parse(name).unwrap(), &head)?;
    for hour in FIRST..FIRST + HOURS {
        saving.line(&Line::Hour(HourRecord { hour, ..HourRecord::default() }))?;
    }
    saving.finish(End::default())
}

/// Whether it is there; it is whole then.
pub(crate) fn is_saved(machine: &Machine, name: &str) -> bool {
    let baselines = Baselines::open(machine.folder("baselines")).unwrap();
    match baselines.period(&Name::parse(name).unwrap()) {
        Ok((head, _)) => head.hours == HOURS,
        Err(BaselineError::Missing(_)) => false,
        Err(error) => panic!("{name}: {error}"),
    }
}

#[test]
fn a_stop_at_any_position_of_a_save_leaves_it_whole_or_not_there() {
    let begun = Machine::default();
    save(&begun, "one").unwrap();
    let begun = begun.restart(Survives::Nothing);
    let whole = begun.restart(Survives::Nothing);
    save(&whole, "two").unwrap();
    assert!(whole.position() >= 5, "{} positions", whole.position());
    for position in 0..=whole.position() {
        for survives in [
            Survives::Nothing,
            Survives::Everything,
            Survives::Some(position as u64),
            Survives::Some(!(position as u64)),
        ] {
            let machine = begun.restart(Survives::Nothing);
            machine.stop_after(position);
            let is_said = save(&machine, "two").is_ok();
            let machine = machine.restart(survives);
            let place = format!("position {position}, {survives:?}");
            assert!(is_saved(&machine, "one"), "{place}: the other one");
            let is_there = is_saved(&machine, "two");
            assert!(is_there || !is_said, "{place}: it was said to be saved");
            assert!(!machine.names("baselines").contains(&"unfinished.new".to_owned()), "{place}: what is left of it");
            let again = save(&machine, "two");
            assert!(
                if is_there { matches!(again, Err(BaselineError::Exists(_))) } else { again.is_ok() },
                "{place}: {again:?}"
            );
            assert!(is_saved(&machine, "two"), "{place}");
        }
    }
}
