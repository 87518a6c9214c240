//! Senders' clocks that cannot be right: what they count lies where it arrived, and their skew is told.

use hogusu_collector::ingest::Verdict;
use hogusu_collector::period::Period;
use hogusu_collector::telemetry::Telemetry;
use hogusu_collector::writer::Writer;
use hogusu_model::{BatchHeader, Counters};

use super::batches::{FLUSH, Filter, MIDNIGHT, SECOND, deliver, requests};
use super::machine::{Machine, Survives};
use super::place::Place;

const BEGUN: u64 = MIDNIGHT + 3_600 * SECOND;
const DAY: u64 = 24 * 3_600 * SECOND;

/// A proxy whose clock shows `ahead` more than the collector's, and how it sends.
struct Proxy {
    filter: Filter,
    ahead: i128,
    steps: u64,
    /// False for a filter that does not say what its clock shows.
    says: bool,
}

impl Proxy {
    fn new(number: u8, ahead: i128) -> Self {
        Self { filter: Filter::new(number, 0), ahead, steps: 0, says: true }
    }

    /// The batch over [at, at + 5 s) of the collector's time, written when it ends.
    fn batch(&mut self, at: u64, count: u64) -> Vec<u8> {
        self.filter.sequence += 1;
        self.filter.cumulative += count;
        let shown = |at: u64| u64::try_from(i128::from(at) + self.ahead).unwrap();
        let header = BatchHeader {
            start: shown(at),
            end: shown(at + FLUSH),
            sent: if self.says { shown(at + FLUSH) } else { 0 },
            sequence: self.filter.sequence,
            cumulative: self.filter.cumulative,
            last: false,
            counters: Counters { clock_steps: self.steps, ..Counters::default() },
        };
        self.filter.write(&header, count)
    }
}

fn open(machine: &Machine) -> Writer<Place, Place> {
    Writer::open(machine.folder("journal"), machine.folder("slots"), &Telemetry::default()).unwrap().0
}

fn take(writer: &mut Writer<Place, Place>, body: Vec<u8>, arrival: u64) {
    assert_eq!(deliver(writer, &[body], arrival), [Some(Verdict::Durable)]);
}

fn period(writer: &mut Writer<Place, Place>, from: u64, to: u64, now: u64) -> Period {
    writer.view(from, to).unwrap().period(&std::sync::RwLock::default(), now).unwrap()
}

/// Six batches, half a minute; each arrives 0.3 s after its end.
fn half_a_minute(writer: &mut Writer<Place, Place>, proxy: &mut Proxy, from: u64) {
    for at in (from..from + 30 * SECOND).step_by(usize::try_from(FLUSH).unwrap()) {
        let body = proxy.batch(at, 3);
        take(writer, body, at + FLUSH + 3 * SECOND / 10);
    }
}

#[test]
fn a_clock_that_is_ahead_or_far_behind_is_not_believed_and_nothing_is_refused() {
    let (hour, month) = (3_600 * i128::from(SECOND), 30 * i128::from(DAY));
    for ahead in [hour, 10 * i128::from(DAY), month, -10 * i128::from(DAY), -i128::from(MIDNIGHT)] {
        let machine = Machine::default();
        let mut writer = open(&machine);
        half_a_minute(&mut writer, &mut Proxy::new(1, ahead), BEGUN);
        let look = |writer: &mut _| period(writer, BEGUN, BEGUN + 40 * SECOND, BEGUN + 41 * SECOND);
        let seen = look(&mut writer);
        assert_eq!(requests(&seen), [("workload-1".to_owned(), 18)], "{ahead}");
        let sender = &seen.senders[0];
        assert!(sender.covered >= 29 * SECOND && !sender.unclosed, "{ahead}: {sender:?}");
        assert_eq!((i128::from(sender.clock_skew_ns) + ahead) / i128::from(SECOND), 0, "{ahead}");
        assert_eq!(sender.clock_shift_ns, sender.clock_skew_ns, "it is said that they were moved");
        writer.commit(BEGUN + 41 * SECOND).unwrap();
        assert_eq!(look(&mut open(&machine.restart(Survives::Nothing))), look(&mut writer), "from the store");
    }
}

#[test]
fn a_clock_ten_minutes_behind_is_told_from_a_delay_by_the_second_batch() {
    let mut writer = open(&Machine::default());
    let mut proxy = Proxy::new(1, -600 * i128::from(SECOND));
    half_a_minute(&mut writer, &mut proxy, BEGUN);
    half_a_minute(&mut writer, &mut proxy, BEGUN + 30 * SECOND);
    let seen = period(&mut writer, BEGUN, BEGUN + 60 * SECOND, BEGUN + 61 * SECOND);
    assert_eq!(requests(&seen), [("workload-1".to_owned(), 33)]);
    let before = period(&mut writer, BEGUN - 600 * SECOND, BEGUN, BEGUN + 61 * SECOND);
    assert_eq!(requests(&before), [("workload-1".to_owned(), 3)], "the first may as well have been held up");
    assert_eq!(seen.senders[0].clock_shift_ns / 1_000_000_000, 600);
}

#[test]
fn a_sender_that_does_not_say_what_its_clock_shows_is_there_by_arrival() {
    let mut writer = open(&Machine::default());
    let mut proxy = Proxy { says: false, ..Proxy::new(1, -600 * i128::from(SECOND)) };
    half_a_minute(&mut writer, &mut proxy, BEGUN);
    let seen = period(&mut writer, BEGUN, BEGUN + 40 * SECOND, BEGUN + 41 * SECOND);
    let sender = &seen.senders[0];
    assert_eq!((requests(&seen).len(), sender.clock_skew_ns / 1_000_000_000), (0, 600));
    assert!(sender.covered < sender.expected, "not complete: {sender:?}");
}

#[test]
fn a_batch_that_was_held_up_keeps_its_own_time() {
    let mut writer = open(&Machine::default());
    let mut proxy = Proxy::new(1, 0);
    half_a_minute(&mut writer, &mut proxy, BEGUN);
    let held = proxy.batch(BEGUN + 30 * SECOND, 5);
    take(&mut writer, held, BEGUN + 3 * 3_600 * SECOND);
    let seen = period(&mut writer, BEGUN + 30 * SECOND, BEGUN + 40 * SECOND, BEGUN + 4 * 3_600 * SECOND);
    assert_eq!((requests(&seen), seen.late_parts), (vec![("workload-1".to_owned(), 5)], 1));
}

#[test]
fn a_clock_that_is_set_right_is_believed_from_then_on() {
    let mut writer = open(&Machine::default());
    let mut proxy = Proxy::new(1, 30 * i128::from(DAY));
    half_a_minute(&mut writer, &mut proxy, BEGUN);
    (proxy.ahead, proxy.steps) = (0, 1);
    half_a_minute(&mut writer, &mut proxy, BEGUN + 30 * SECOND);
    let seen = period(&mut writer, BEGUN, BEGUN + 60 * SECOND, BEGUN + 61 * SECOND);
    assert_eq!(requests(&seen), [("workload-1".to_owned(), 36)]);
    let sender = &seen.senders[0];
    assert_eq!((sender.clock_skew_ns, sender.clock_shift_ns), (300_000_000, 0));
    assert_eq!(sender.clock_set_at, BEGUN + 35 * SECOND + 300_000_000);
    assert!(sender.covered >= 59 * SECOND && sender.lost_batches == 0, "{sender:?}");
}

#[test]
fn a_backlog_of_more_than_a_week_is_taken_whole_and_covers_the_last_week() {
    let mut writer = open(&Machine::default());
    let mut filter = Filter::new(1, BEGUN);
    take(&mut writer, filter.batch(3), BEGUN + 5 * SECOND);
    let (start, end) = (BEGUN + 5 * SECOND, BEGUN + 9 * DAY);
    (filter.sequence, filter.cumulative) = (2, 10);
    take(&mut writer, filter.batch_over(start, end, 7), end + SECOND);
    let seen = period(&mut writer, BEGUN, end, end + 2 * SECOND);
    assert_eq!(requests(&seen), [("workload-1".to_owned(), 10)]);
    assert!(seen.senders[0].covered <= 7 * DAY + 5 * SECOND);
}
