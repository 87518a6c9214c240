//! Which files answer a question: each file of slots is read from one place, and all of the answer at one resolution. Pure.

use std::collections::BTreeSet;

use super::Resolution;
use super::rolled::Contents;

/// What a question is answered from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    /// Rolled-up files of this resolution are read, and of slots what those do not hold.
    pub(super) resolution: Resolution,
    /// Start of the period that is answered.
    pub(super) from: u64,
    /// Its end.
    pub(super) to: u64,
}

/// Chooses the finest resolution, no finer than `finest`, at which everything of [from, to) is still there; where it is at none, the one
/// at which the least is missing. `slots` are the files of slots that are there, by when they began. The period is rounded outwards where
/// rolled-up files hold something beyond it that cannot be told apart.
pub(super) fn plan(
    (from, to): (u64, u64),
    finest: Resolution,
    slots: &BTreeSet<u64>,
    rolled: &[(Resolution, &Contents)],
) -> Plan {
    let candidates = Resolution::ALL.into_iter().filter(|resolution| *resolution >= finest);
    let candidates = candidates.map(|resolution| {
        let plan = around((from, to), resolution, rolled);
        (missing(plan, slots, rolled), plan)
    });
    let least = candidates.min_by_key(|(missing, _)| *missing);
    least.map_or(Plan { resolution: finest, from, to }, |(_, plan)| plan)
}

fn around((from, to): (u64, u64), resolution: Resolution, rolled: &[(Resolution, &Contents)]) -> Plan {
    let (start, end) = resolution.around(from, to);
    let met = || rolled.iter().filter(|(of, contents)| *of == resolution && contents.meets(start, end));
    if met().next().is_none() {
        return Plan { resolution: Resolution::Slot, from, to };
    }
    let from = if met().any(|(_, contents)| contents.from < from) { start } else { from };
    let to = if met().any(|(_, contents)| contents.to > to) { end } else { to };
    Plan { resolution, from, to }
}

/// How many files of slots are known to have held something of the period, and can be read neither as such nor rolled up.
fn missing(plan: Plan, slots: &BTreeSet<u64>, rolled: &[(Resolution, &Contents)]) -> usize {
    let met = |(earliest, latest): &(u64, u64)| *earliest < plan.to && *latest > plan.from;
    let known = rolled.iter().flat_map(|(_, contents)| &contents.held);
    let known: BTreeSet<u64> = known.filter(|(_, events)| met(events)).map(|(stamp, _)| *stamp).collect();
    let is_held = |stamp: &u64| {
        rolled.iter().any(|(resolution, contents)| *resolution == plan.resolution && contents.held.contains_key(stamp))
    };
    known.iter().filter(|stamp| !slots.contains(stamp) && !is_held(stamp)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600 * 1_000_000_000;

    fn holding(hours: std::ops::Range<u64>) -> Contents {
        let held = hours.clone().map(|hour| (hour * 3600, (hour * HOUR, (hour + 1) * HOUR))).collect();
        Contents { from: hours.start * HOUR, to: hours.end * HOUR, longest: 0, held }
    }

    fn chosen(period: (u64, u64), finest: Resolution, slots: &[u64], rolled: &[(Resolution, Contents)]) -> Plan {
        let slots = slots.iter().map(|hour| hour * 3600).collect();
        let rolled: Vec<_> = rolled.iter().map(|(resolution, contents)| (*resolution, contents)).collect();
        plan(period, finest, &slots, &rolled)
    }

    #[test]
    fn what_is_there_in_slots_is_read_as_finely_as_is_asked() {
        let rolled = [(Resolution::Minute, holding(0..3)), (Resolution::Hour, holding(0..3))];
        let period = (HOUR + 10, 2 * HOUR - 10);
        let plan = chosen(period, Resolution::Slot, &[0, 1, 2, 3], &rolled);
        assert_eq!(plan, Plan { resolution: Resolution::Slot, from: period.0, to: period.1 });
        let plan = chosen(period, Resolution::Hour, &[0, 1, 2, 3], &rolled);
        assert_eq!(plan, Plan { resolution: Resolution::Hour, from: HOUR, to: 2 * HOUR });
    }

    #[test]
    fn what_slots_do_not_hold_any_more_is_read_at_the_finest_resolution_that_holds_all_of_it() {
        let rolled = [(Resolution::Minute, holding(2..4)), (Resolution::Hour, holding(0..4))];
        let of = |from: u64, to: u64| chosen((from * HOUR, to * HOUR), Resolution::Slot, &[4], &rolled).resolution;
        assert_eq!(of(2, 5), Resolution::Minute);
        assert_eq!(of(1, 5), Resolution::Hour);
        assert_eq!(of(5, 6), Resolution::Slot, "nothing else is in it");
    }

    #[test]
    fn where_everything_is_missing_somewhere_the_least_is_missing() {
        let rolled = [(Resolution::Minute, holding(0..3)), (Resolution::Day, holding(2..4))];
        assert_eq!(chosen((0, 4 * HOUR), Resolution::Slot, &[], &rolled).resolution, Resolution::Minute);
    }

    #[test]
    fn a_period_beyond_which_nothing_was_rolled_up_is_answered_as_it_was_asked() {
        let rolled = [(Resolution::Day, holding(5..7))];
        let period = (4 * HOUR, 8 * HOUR);
        let plan = chosen(period, Resolution::Day, &[7], &rolled);
        assert_eq!(plan, Plan { resolution: Resolution::Day, from: period.0, to: period.1 });
    }
}
