//! Periods that are watched: what is kept of them between two questions is what all of it says when it is read anew.

use std::collections::BTreeMap;

use hogusu_collector::allowance::Allowance;
use hogusu_collector::ingest::Verdict;
use hogusu_collector::period::{Period, Resolution};
use hogusu_collector::wanted::Wanted;
use hogusu_collector::writer::Writer;

use super::attribution;
use super::batches::{FLUSH, Filter, MIDNIGHT, SECOND, deliver};
use super::machine::Machine;
use super::place::Place;
use super::rolling::{HOUR, MINUTE, assert_same_counts, open};

const SLOT: u64 = 10 * SECOND;
/// The traffic goes over midnight, when a file ends, and an address changes hands soon after.
const BEGUN: u64 = MIDNIGHT - 3 * MINUTE;

/// Batches of a flush interval, and those of an earlier one, which come late.
fn bodies(filters: &mut [Filter; 3], round: u64) -> Vec<Vec<u8>> {
    let [changing, steady, late] = filters;
    let (start, count) = (BEGUN + round * FLUSH, 1 + round);
    for filter in [&mut *changing, &mut *steady, &mut *late] {
        filter.sequence += 1;
        filter.cumulative += count;
    }
    let earlier = start - MINUTE;
    vec![
        attribution::batch_over(changing, start, start + FLUSH, count),
        steady.batch_over(start, start + FLUSH, count),
        late.batch_over(earlier, earlier + FLUSH, count),
    ]
}

/// A question about a period, and what questions have taken when it is answered.
fn ask(writer: &mut Writer<Place, Place>, (from, to, now): (u64, u64, u64), allowance: &Allowance) -> Period {
    let wanted = Wanted::within(allowance);
    let view = writer.view_at(from, to, Resolution::Slot).unwrap().wanted(&wanted);
    view.period(&attribution::record(), now).unwrap()
}

#[test]
fn a_period_that_is_watched_while_batches_come_is_what_two_halves_of_it_say() {
    let mut writer = open(&Machine::default());
    let mut filters = [1, 2, 3].map(|number| Filter::new(number, BEGUN));
    let allowance = Allowance::default();
    let mut kept = BTreeMap::new();
    for round in 0..120 {
        let now = BEGUN + (round + 1) * FLUSH;
        for body in bodies(&mut filters, round) {
            assert_eq!(deliver(&mut writer, &[body], now), [Some(Verdict::Durable)]);
        }
        if round % 2 == 0 {
            writer.commit(now).unwrap();
        }
        if round % 3 == 0 {
            continue;
        }
        let to = now.next_multiple_of(SLOT);
        for (length, half) in [(5 * MINUTE, 2 * MINUTE), (HOUR, 58 * MINUTE)] {
            let watched = ask(&mut writer, (to - length, to, now), &allowance);
            kept.insert(length, allowance.taken());
            let halves = [(to - length, to - half), (to - half, to)];
            let halves = halves.map(|(from, to)| ask(&mut writer, (from, to, now), &allowance));
            assert_same_counts(&[watched], &halves, &format!("round {round}, {length} ns"));
        }
    }
    assert!(kept[&(5 * MINUTE)] > 0 && kept[&HOUR] > 0, "windows were kept: {kept:?}");
    assert!(writer.windows().let_go());
    assert_eq!(allowance.taken(), 0);
}
