//! Rolling up: what minutes, hours and days say of a period is what its slots said, whatever came late, changed hands or was interrupted.

use std::collections::{BTreeMap, BTreeSet};
use std::slice::from_ref;
use std::sync::RwLock;

use hogusu_collector::ingest::Verdict;
use hogusu_collector::kubernetes::record::Record;
use hogusu_collector::ownership::Owner;
use hogusu_collector::period::{Period, Reporter};
use hogusu_collector::store::{Resolution, Retention};
use hogusu_collector::telemetry::{Metric, Telemetry};
use hogusu_collector::writer::Writer;
use hogusu_model::{SeriesData, SeriesKey};

use super::attribution;
use super::batches::{Filter, MIDNIGHT, SECOND, deliver, requests};
use super::machine::{Machine, Survives};
use super::place::Place;

pub(crate) const MINUTE: u64 = 60 * SECOND;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;
pub(crate) const KEEP_ALL: Retention = Retention { keep: [u64::MAX; 4], age: u64::MAX, bytes: u64::MAX };
/// Nothing is kept in slots that is kept otherwise.
pub(crate) const ROLLED_ONLY: Retention = Retention { keep: [0, u64::MAX, u64::MAX, u64::MAX], ..KEEP_ALL };

pub(crate) fn open(machine: &Machine) -> Writer<Place, Place> {
    Writer::open(machine.folder("journal"), machine.folder("slots"), &Telemetry::default()).unwrap().0
}

/// Rolls up everything that is due. How many files that were.
pub(crate) fn roll_up(
    writer: &mut Writer<Place, Place>,
    retention: Retention,
    record: &RwLock<Record>,
    now: u64,
) -> usize {
    let mut files = 0;
    while let Some(job) = writer.begin_roll_up(retention, now).unwrap() {
        job.run(record, now).unwrap();
        files += 1;
    }
    files
}

type Counts<'a> = BTreeMap<(&'a Reporter, &'a SeriesKey, String), SeriesData>;

/// The counts of periods by what they are about, wherever they are listed.
fn counts(periods: &[Period]) -> Counts<'_> {
    let mut counts = Counts::new();
    for period in periods {
        for row in &period.rows {
            let owner: &Owner = &period.owners[row.owner];
            let key = (&period.reporters[row.reporter], &*row.key, format!("{owner:?}"));
            counts.entry(key).or_default().merge(&row.data);
        }
    }
    counts
}

pub(crate) fn assert_same_counts(some: &[Period], others: &[Period], place: &str) {
    assert_eq!(counts(some), counts(others), "{place}: counts");
}

pub(crate) fn assert_same(rolled: &Period, slots: &Period, place: &str) {
    assert_same_counts(from_ref(rolled), from_ref(slots), place);
    assert_eq!(rolled.senders, slots.senders, "{place}: senders");
    assert_eq!(rolled.folded, slots.folded, "{place}: folded");
    assert_eq!(rolled.earlier, slots.earlier, "{place}: earlier");
    assert_eq!(rolled.conflicts, slots.conflicts, "{place}: conflicts");
}

/// A small generator of numbers (splitmix64): runs can be repeated.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % bound
    }
}

/// Senders that send late, fold, lose batches and sleep. What it wants of an address begins soon after midnight, when that one changes
/// hands.
pub(crate) struct Traffic {
    pub(crate) chance: Chance,
    filters: Vec<Filter>,
    /// Up to where each has sent.
    sent_to: Vec<u64>,
    pub(crate) now: u64,
}

impl Traffic {
    pub(crate) fn new(seed: u64) -> Self {
        let filters: Vec<Filter> = (1..=4).map(|number| Filter::new(number, MIDNIGHT)).collect();
        Self { chance: Chance(seed), sent_to: vec![MIDNIGHT; filters.len()], filters, now: MIDNIGHT + 5 * SECOND }
    }

    /// The next batch, which arrives now.
    pub(crate) fn batch(&mut self) -> Vec<u8> {
        let step = [5 * SECOND, MINUTE, 20 * MINUTE, 3 * HOUR][usize::try_from(self.chance.below(4)).unwrap()];
        self.now += 1 + self.chance.below(step);
        let who = usize::try_from(self.chance.below(self.filters.len() as u64)).unwrap();
        let (filter, sent_to) = (&mut self.filters[who], &mut self.sent_to[who]);
        let behind = self.now - *sent_to;
        let start = match self.chance.below(4) {
            // It goes on where it was, be that long ago.
            0..=2 if behind > 5 * SECOND => *sent_to,
            // It slept, or what it had was dropped.
            _ => (self.now - 5 * SECOND).max(*sent_to),
        };
        let length = if self.chance.below(8) == 0 { self.now - start } else { 5 * SECOND };
        let end = (start + length.max(1)).min(self.now.max(start + 1));
        let count = 1 + self.chance.below(1_000);
        filter.sequence += 1 + u64::from(self.chance.below(10) == 0);
        filter.cumulative += count;
        *sent_to = end;
        if who == 0 { attribution::batch_over(filter, start, end, count) } else { filter.batch_over(start, end, count) }
    }
}

/// One run: a collector that rolls up and drops slots as it goes, beside one that keeps them all.
fn whatever_is_asked_is_the_same(seed: u64) -> BTreeSet<Resolution> {
    let mut machine = Machine::default();
    let (mut writer, mut twin) = (open(&machine), open(&Machine::default()));
    let record = attribution::record();
    let mut traffic = Traffic::new(seed);
    let (mut rolled, mut read) = (0, BTreeSet::new());
    for number in 0..120 {
        let body = traffic.batch();
        for writer in [&mut writer, &mut twin] {
            assert_eq!(deliver(writer, from_ref(&body), traffic.now), [Some(Verdict::Durable)]);
        }
        if traffic.chance.below(3) == 0 {
            writer.commit(traffic.now).unwrap();
            twin.commit(traffic.now).unwrap();
        }
        if traffic.chance.below(6) == 0 {
            rolled += roll_up(&mut writer, ROLLED_ONLY, &record, traffic.now);
            let retention = if traffic.chance.below(2) == 0 { ROLLED_ONLY } else { KEEP_ALL };
            writer.retain(retention, traffic.now).unwrap();
        }
        if number % 40 == 20 {
            drop(writer);
            machine = machine.restart(Survives::Everything);
            writer = open(&machine);
        }
        if number % 10 == 9 {
            let (length, back) = (traffic.chance.below(3 * DAY), traffic.chance.below(2 * DAY));
            let to = (traffic.now - back.min(traffic.now - MIDNIGHT - SECOND)).max(MIDNIGHT + MINUTE);
            for (from, to) in [(to.saturating_sub(length), to), (MIDNIGHT, traffic.now + SECOND)] {
                let finest = Resolution::ALL[usize::try_from(traffic.chance.below(4)).unwrap()];
                let view = writer.view_at(from, to, finest).unwrap();
                let answer = view.period(&record, traffic.now).unwrap();
                read.insert(answer.resolution);
                let same = twin.view_at(answer.from, answer.to, Resolution::Slot).unwrap();
                let same = same.period(&record, traffic.now).unwrap();
                assert_same(&answer, &same, &format!("seed {seed}, batch {number}, {finest:?}, {from} to {to}"));
            }
        }
    }
    assert!(rolled > 3, "seed {seed}: files were rolled up: {rolled}");
    let days = machine.names("slots").into_iter().filter(|name| name.starts_with("days-")).count();
    assert_eq!(days, 1, "seed {seed}");
    read
}

#[test]
fn any_period_at_any_resolution_is_what_its_slots_said() {
    let read: BTreeSet<Resolution> = (0..8).flat_map(whatever_is_asked_is_the_same).collect();
    assert_eq!(read, Resolution::ALL.into(), "each was read");
}

/// Hours 0, 1 and 2 after midnight, each with batches that hold 4^number requests: the sum shows which are in it, and how often each.
const NUMBERS: usize = 9;

fn script() -> Vec<(Vec<u8>, u64)> {
    let mut filter = Filter::new(1, MIDNIGHT);
    let mut script = Vec::new();
    for number in 0..NUMBERS {
        let start = MIDNIGHT + number as u64 * 20 * MINUTE;
        let count = 4_u64.pow(u32::try_from(number).unwrap());
        filter.sequence += 1;
        filter.cumulative += count;
        script.push((filter.batch_over(start, start + 5 * SECOND, count), start + 5 * SECOND));
    }
    script
}

/// Takes, commits, rolls up and drops slots until the machine stops. How many batches were acknowledged.
fn run(machine: &Machine, script: &[(Vec<u8>, u64)]) -> usize {
    let opened = Writer::open(machine.folder("journal"), machine.folder("slots"), &Telemetry::default());
    let Ok((mut writer, _)) = opened else { return 0 };
    for (number, (body, arrival)) in script.iter().enumerate() {
        if deliver(&mut writer, from_ref(body), *arrival) != [Some(Verdict::Durable)] {
            return number;
        }
        let rolled = writer.commit(*arrival).is_ok().then(|| writer.begin_roll_up(ROLLED_ONLY, *arrival));
        let rolled = match rolled {
            Some(Ok(job)) => job.is_none_or(|job| job.run(&RwLock::default(), *arrival).is_ok()),
            _ => false,
        };
        if !rolled || writer.retain(ROLLED_ONLY, *arrival).is_err() {
            return number + 1;
        }
    }
    script.len()
}

fn check(machine: &Machine, acknowledged: usize, script: &[(Vec<u8>, u64)], place: &str) {
    let opened = Writer::open(machine.folder("journal"), machine.folder("slots"), &Telemetry::default());
    let mut writer = opened.unwrap_or_else(|error| panic!("{place}: does not open: {error}")).0;
    let now = MIDNIGHT + 4 * HOUR;
    let sum = |writer: &mut Writer<Place, Place>, finest| -> u64 {
        let view = writer.view_at(MIDNIGHT, now, finest).unwrap();
        requests(&view.period(&RwLock::default(), now).unwrap()).iter().map(|(_, count)| count).sum()
    };
    let of = |batches: usize| (4_u64.pow(u32::try_from(batches).unwrap()) - 1) / 3;
    for finest in Resolution::ALL {
        let sum = sum(&mut writer, finest);
        assert!((acknowledged..=script.len()).any(|batches| of(batches) == sum), "{place}: {finest:?}: {sum}");
    }
    for (body, arrival) in script {
        assert_eq!(deliver(&mut writer, from_ref(body), *arrival), [Some(Verdict::Durable)], "{place}");
    }
    writer.commit(now).unwrap_or_else(|error| panic!("{place}: does not commit: {error}"));
    roll_up(&mut writer, ROLLED_ONLY, &RwLock::default(), now);
    writer.retain(ROLLED_ONLY, now).unwrap();
    for finest in Resolution::ALL {
        assert_eq!(sum(&mut writer, finest), of(script.len()), "{place}: {finest:?}, when all is rolled up");
    }
}

#[test]
fn a_stop_at_any_position_of_a_roll_up_counts_everything_once_at_every_resolution() {
    let script = script();
    let whole = Machine::default();
    assert_eq!(run(&whole, &script), script.len());
    let names = whole.names("slots");
    assert!(
        names.contains(&"minutes-2026-11-24.redb".to_owned()) && !names.contains(&"2026-11-24.redb".to_owned()),
        "{names:?}"
    );
    let positions = whole.position();
    assert!(positions > 150, "{positions} positions");
    for position in 0..positions {
        let machine = Machine::stopping_at(position);
        let acknowledged = run(&machine, &script);
        let lots = [Survives::Nothing, Survives::Everything, Survives::Some(position as u64)];
        let survives = lots[position % 3];
        check(&machine.restart(survives), acknowledged, &script, &format!("position {position}, {survives:?}"));
    }
}

/// Three days of one batch each at noon, rolled up and kept so, and what they count.
pub(crate) fn three_days(machine: &Machine, retention: Retention) -> Writer<Place, Place> {
    let mut writer = open(machine);
    for day in 0..3 {
        let noon = MIDNIGHT + day * DAY + 12 * HOUR;
        let mut filter = Filter::new(u8::try_from(day).unwrap() + 1, noon);
        deliver(&mut writer, &[filter.batch(4_u64.pow(u32::try_from(day).unwrap()))], noon + 5 * SECOND);
        writer.commit(noon + 10 * SECOND).unwrap();
        roll_up(&mut writer, retention, &RwLock::default(), noon + 10 * SECOND);
        writer.retain(retention, noon + 10 * SECOND).unwrap();
    }
    writer
}

#[test]
fn what_is_rolled_up_is_still_the_oldest_that_is_kept() {
    let machine = Machine::default();
    let writer = three_days(&machine, ROLLED_ONLY);
    assert!(!machine.names("slots").contains(&"2026-11-24T120000.redb".to_owned()), "its slots are gone");
    let oldest = |writer: &Writer<Place, Place>| {
        let telemetry = Telemetry::default();
        writer.measure(MIDNIGHT + 3 * DAY, &telemetry);
        telemetry.get(Metric::OldestEvent)
    };
    assert_eq!(oldest(&writer), MIDNIGHT + 12 * HOUR);
    drop(writer);
    assert_eq!(oldest(&open(&machine.restart(Survives::Nothing))), MIDNIGHT + 12 * HOUR, "after a restart");
}

#[test]
fn a_short_retention_holds_for_what_is_rolled_up_too() {
    let machine = Machine::default();
    let retention = Retention { age: DAY + SECOND, ..ROLLED_ONLY };
    let mut writer = three_days(&machine, retention);
    let names = machine.names("slots");
    assert!(names.contains(&"days-2026-11-25.redb".to_owned()), "files of a day: {names:?}");
    assert!(!names.iter().any(|name| name.contains("2026-11-24")), "nothing is left of the first day: {names:?}");
    let now = MIDNIGHT + 3 * DAY;
    let period = writer.view(MIDNIGHT, now).unwrap().period(&RwLock::default(), now).unwrap();
    assert_eq!(requests(&period).into_iter().map(|(_, count)| count).collect::<Vec<_>>(), [4, 16]);
}

/// A page that is written anew takes room twice.
#[test]
fn who_is_known_already_is_not_written_again_by_a_roll_up() {
    let machine = Machine::default();
    let mut writer = open(&machine);
    let mut filters: Vec<Filter> = (1..=u8::MAX).map(|number| Filter::new(number, MIDNIGHT)).collect();
    filters.iter_mut().for_each(|filter| filter.resource.proxy.pod = "pod".repeat(80));
    let mut changes = Vec::new();
    for start in (0..4).map(|hour| MIDNIGHT + hour * HOUR) {
        let bodies: Vec<_> = filters.iter().map(|filter| filter.presence(start, start + 5 * SECOND)).collect();
        deliver(&mut writer, &bodies, start + 5 * SECOND);
        writer.commit(start + 5 * SECOND).unwrap();
        let before = machine.position();
        assert_eq!(roll_up(&mut writer, KEEP_ALL, &RwLock::default(), start + MINUTE), changes.len().min(1));
        changes.push(machine.position() - before);
    }
    assert!(changes[1] > 100 && changes[3] * 2 < changes[1], "the file of each hour: {changes:?} changes of the disk");
}

/// A flipped bit of a rolled-up file is found at the start: the answer is right from what else holds it, or the file is named.
#[test]
fn a_flipped_bit_of_a_rolled_up_file_is_named_or_changes_no_answer() {
    let machine = Machine::default();
    drop(three_days(&machine, ROLLED_ONLY));
    let now = MIDNIGHT + 3 * DAY;
    let ask = |writer: &mut Writer<Place, Place>, finest| {
        writer.view_at(MIDNIGHT, now, finest).unwrap().period(&RwLock::default(), now).unwrap()
    };
    let truth = requests(&ask(&mut open(&machine.restart(Survives::Everything)), Resolution::Day));
    assert_eq!(truth.len(), 3);
    let (mut chance, mut named) = (Chance(1), BTreeSet::new());
    for file in machine.names("slots").iter().filter(|name| !name.starts_with("2026")) {
        for _ in 0..24 {
            let damaged = machine.restart(Survives::Everything);
            let bit = usize::try_from(chance.below(damaged.length("slots", file) as u64 * 8)).unwrap();
            damaged.flip_bit("slots", file, bit);
            let mut writer = open(&damaged);
            for finest in Resolution::ALL {
                let answer = ask(&mut writer, finest);
                named.extend(answer.damaged.iter().map(|damaged| damaged.file.clone()));
                if answer.damaged.is_empty() {
                    assert_eq!(requests(&answer), truth, "{file}, bit {bit}, {finest:?}");
                }
                let sum = |counts: &[(String, u64)]| counts.iter().map(|(_, count)| count).sum::<u64>();
                assert!(sum(&requests(&answer)) <= sum(&truth), "{file}, bit {bit}, {finest:?}: nothing twice");
            }
        }
    }
    for kind in ["minutes", "hours", "days"] {
        assert!(named.iter().any(|name| name.starts_with(&format!("slots/{kind}"))), "{kind}: {named:?}");
    }
}
