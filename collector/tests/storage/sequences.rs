//! Sequences: duplicates, gaps, presence, late parts, senders that end or fall silent.

use hogusu_collector::ingest::{Delivery, Verdict};
use hogusu_collector::period::{Folded, Period, SenderInPeriod};
use hogusu_collector::telemetry::Telemetry;
use hogusu_collector::writer::Writer;
use hogusu_model::{BatchHeader, Hook, Reporter, SenderId};
use tokio::sync::oneshot;

use super::batches::{FLUSH, Filter, MIDNIGHT, SECOND, deliver, requests};
use super::machine::{Machine, Survives};
use super::place::Place;

const BEGUN: u64 = MIDNIGHT + 3600 * SECOND;

/// A writer whose every answer is asked three times: from memory, after a commit, and after a restart from the disk.
struct Collector {
    machine: Machine,
    writer: Option<Writer<Place, Place>>,
}

impl Collector {
    fn new() -> Self {
        let machine = Machine::default();
        let writer = Some(open(&machine));
        Self { machine, writer }
    }

    /// Somebody reads after each batch, so that what was taken is in many generations.
    fn take(&mut self, body: Vec<u8>, arrival: u64) {
        let writer = self.writer.as_mut().unwrap();
        assert_eq!(deliver(writer, &[body], arrival), [Some(Verdict::Durable)]);
        drop(writer.view(arrival, arrival + SECOND).unwrap());
    }

    /// The period, the same from memory, from the journal, while a commit is worked on, from the store, and from the store after a
    /// restart.
    fn period(&mut self, from: u64, to: u64, now: u64) -> Period {
        let look = |writer: &mut Writer<Place, Place>| {
            writer.view(from, to).unwrap().period(&std::sync::RwLock::default(), now).unwrap()
        };
        let from_memory = look(self.writer.as_mut().unwrap());
        assert_eq!(look(&mut open(&self.machine.restart(Survives::Nothing))), from_memory, "from the journal");
        let restarted = self.machine.restart(Survives::Nothing);
        let mut writer = open(&restarted);
        if let Some(job) = writer.begin_commit(now).unwrap() {
            assert_eq!(look(&mut writer), from_memory, "while a commit is on its way");
            assert!(writer.begin_commit(now).unwrap().is_none(), "one at a time");
            let landed = job.run();
            assert_eq!(look(&mut writer), from_memory, "when the store holds it and the writer does not know");
            writer.end_commit(landed, now).unwrap();
        }
        assert_eq!(look(&mut writer), from_memory, "from the store");
        drop(writer);
        assert_eq!(
            look(&mut open(&restarted.restart(Survives::Nothing))),
            from_memory,
            "from the store after a restart"
        );
        from_memory
    }

    fn sender(&mut self, from: u64, to: u64, now: u64) -> SenderInPeriod {
        let period = self.period(from, to, now);
        assert_eq!(period.senders.len(), 1);
        period.senders[0].clone()
    }
}

fn open(machine: &Machine) -> Writer<Place, Place> {
    Writer::open(machine.folder("journal"), machine.folder("slots"), &Telemetry::default()).unwrap().0
}

#[test]
fn a_repeated_batch_is_acknowledged_and_counted_once() {
    let mut collector = Collector::new();
    let mut filter = Filter::new(1, BEGUN);
    let (first, second) = (filter.batch(3), filter.batch(4));
    for body in [&first, &first, &second, &second, &first] {
        collector.take(body.clone(), BEGUN + 10 * SECOND);
    }
    let period = collector.period(BEGUN, BEGUN + 10 * SECOND, BEGUN + 12 * SECOND);
    assert_eq!(requests(&period), [("workload-1".to_owned(), 7)]);
    assert_eq!(period.senders[0].covered, 10 * SECOND);
}

#[test]
fn a_repetition_within_one_group_is_counted_once() {
    let mut collector = Collector::new();
    let body = Filter::new(1, BEGUN).batch(3);
    let verdicts = deliver(collector.writer.as_mut().unwrap(), &[body.clone(), body.clone(), body], BEGUN + 5 * SECOND);
    assert_eq!(verdicts, vec![Some(Verdict::Durable); 3]);
    let period = collector.period(BEGUN, BEGUN + 10 * SECOND, BEGUN + 12 * SECOND);
    assert_eq!(requests(&period), [("workload-1".to_owned(), 3)]);
}

#[test]
fn a_gap_is_a_lost_batch_with_its_exchanges_and_uncovered_time() {
    let mut collector = Collector::new();
    let mut filter = Filter::new(1, BEGUN);
    collector.take(filter.batch(3), BEGUN + 5 * SECOND);
    drop((filter.batch(20), filter.batch(30)));
    collector.take(filter.batch(4), BEGUN + 20 * SECOND);
    let sender = collector.sender(BEGUN, BEGUN + 20 * SECOND, BEGUN + 32 * SECOND);
    assert_eq!((sender.lost_batches, sender.lost_exchanges), (2, 50));
    assert_eq!((sender.covered, sender.expected), (10 * SECOND, 20 * SECOND));
    let before = collector.period(BEGUN, BEGUN + 10 * SECOND, BEGUN + 32 * SECOND);
    assert_eq!(before.senders[0].lost_batches, 0, "the loss is in the slot of the batch that showed it");
}

#[test]
fn presence_covers_time_without_a_sequence_and_repeating_it_changes_nothing() {
    let mut collector = Collector::new();
    let mut filter = Filter::new(1, BEGUN);
    for _ in 0..2 {
        collector.take(filter.presence(BEGUN, BEGUN + 5 * SECOND), BEGUN + 5 * SECOND);
    }
    filter.begun = BEGUN + 5 * SECOND;
    collector.take(filter.batch(2), BEGUN + 10 * SECOND);
    let sender = collector.sender(BEGUN, BEGUN + 10 * SECOND, BEGUN + 21 * SECOND);
    assert_eq!((sender.covered, sender.expected, sender.lost_batches), (10 * SECOND, 10 * SECOND, 0));
}

#[test]
fn presence_that_the_first_batch_overtook_still_covers_its_time() {
    let mut collector = Collector::new();
    let mut filter = Filter::new(1, BEGUN + 5 * SECOND);
    collector.take(filter.batch(2), BEGUN + 10 * SECOND);
    for _ in 0..2 {
        collector.take(filter.presence(BEGUN, BEGUN + 5 * SECOND), BEGUN + 11 * SECOND);
    }
    let sender = collector.sender(BEGUN, BEGUN + 10 * SECOND, BEGUN + 21 * SECOND);
    assert_eq!((sender.covered, sender.expected, sender.first_start), (10 * SECOND, 10 * SECOND, BEGUN));
}

#[test]
fn a_batch_that_comes_long_after_its_slot_is_a_late_part() {
    let mut collector = Collector::new();
    let mut filter = Filter::new(1, BEGUN);
    collector.take(filter.batch(3), BEGUN + 5 * SECOND);
    collector.take(filter.batch(4), BEGUN + 41 * SECOND);
    let period = collector.period(BEGUN, BEGUN + 10 * SECOND, BEGUN + 50 * SECOND);
    assert_eq!(period.late_parts, 1);
    assert_eq!(requests(&period), [("workload-1".to_owned(), 7)]);
}

#[test]
fn a_batch_that_is_late_by_a_day_is_found_by_its_own_time() {
    let mut collector = Collector::new();
    let mut filter = Filter::new(1, BEGUN);
    collector.take(filter.batch(3), BEGUN + 30 * 3600 * SECOND);
    let period = collector.period(BEGUN, BEGUN + 10 * SECOND, BEGUN + 30 * 3600 * SECOND);
    assert_eq!((period.late_parts, requests(&period)), (1, vec![("workload-1".to_owned(), 3)]));
    let elsewhere =
        collector.period(BEGUN + 29 * 3600 * SECOND, BEGUN + 31 * 3600 * SECOND, BEGUN + 31 * 3600 * SECOND);
    assert_eq!(elsewhere.rows, []);
}

#[test]
fn time_folded_over_many_slots_is_covered_in_each_of_them() {
    let mut collector = Collector::new();
    let mut filter = Filter::new(1, BEGUN);
    filter.sequence = 1;
    filter.cumulative = 9;
    collector.take(filter.batch_over(BEGUN, BEGUN + 3600 * SECOND, 9), BEGUN + 3600 * SECOND);
    let sender = collector.sender(BEGUN + 1800 * SECOND, BEGUN + 1860 * SECOND, BEGUN + 3601 * SECOND);
    assert_eq!((sender.covered, sender.expected), (60 * SECOND, 60 * SECOND));
    let silent = collector.period(BEGUN + 1800 * SECOND, BEGUN + 1860 * SECOND, BEGUN + 3601 * SECOND);
    let folded = Folded { start: BEGUN, end: BEGUN + 3600 * SECOND, exchanges: 9 };
    assert_eq!((silent.folded, silent.rows), (vec![(SenderId([1; 16]), folded)], vec![]), "it says why it is silent");
}

#[test]
fn a_sender_that_ended_in_order_is_expected_up_to_its_end_only() {
    let mut collector = Collector::new();
    let mut filter = Filter::new(1, BEGUN);
    collector.take(filter.batch(3), BEGUN + 5 * SECOND);
    filter.sequence = 2;
    let end = BEGUN + 7 * SECOND;
    let header = BatchHeader {
        start: BEGUN + 5 * SECOND,
        end,
        sequence: 2,
        cumulative: 3,
        last: true,
        ..BatchHeader::default()
    };
    collector.take(filter.write(&header, 0), end);
    let sender = collector.sender(BEGUN, BEGUN + 60 * SECOND, BEGUN + 120 * SECOND);
    assert!(sender.closed && !sender.unclosed);
    assert_eq!((sender.covered, sender.expected), (7 * SECOND, 7 * SECOND));
}

#[test]
fn a_sender_that_falls_silent_is_unclosed_and_its_time_is_uncovered() {
    let mut collector = Collector::new();
    let mut filter = Filter::new(1, BEGUN);
    collector.take(filter.batch(3), BEGUN + 5 * SECOND);
    let running = collector.sender(BEGUN, BEGUN + 60 * SECOND, BEGUN + 20 * SECOND);
    assert!(!running.unclosed);
    let silent = collector.sender(BEGUN, BEGUN + 60 * SECOND, BEGUN + 100 * SECOND);
    assert!(silent.unclosed);
    assert_eq!((silent.covered, silent.expected), (5 * SECOND, 60 * SECOND));
    let later = collector.sender(BEGUN + 60 * SECOND, BEGUN + 120 * SECOND, BEGUN + 200 * SECOND);
    assert!(later.unclosed);
    assert_eq!((later.covered, later.expected), (0, 0), "silent in the whole period: said, but not counted in time");
    let much_later = collector.period(BEGUN + 7200 * SECOND, BEGUN + 7260 * SECOND, BEGUN + 7300 * SECOND);
    assert_eq!(much_later.senders, []);
}

#[test]
fn what_a_silent_sender_should_have_covered_by_now_grows_by_slots_and_not_with_each_question() {
    let mut collector = Collector::new();
    collector.take(Filter::new(1, BEGUN).batch(3), BEGUN + 5 * SECOND);
    let mut expected = |second| collector.sender(BEGUN, BEGUN + 3_600 * SECOND, BEGUN + second * SECOND).expected;
    let told: std::collections::BTreeSet<u64> = (100..110).map(&mut expected).collect();
    assert!(told.len() <= 2 && told.iter().all(|nanos| nanos % (10 * SECOND) == 0), "{told:?}");
    assert_eq!(expected(110), told.first().unwrap() + 10 * SECOND);
}

#[test]
fn a_silent_sender_is_expected_until_its_successor_began() {
    let mut collector = Collector::new();
    let mut filter = Filter::new(1, BEGUN);
    collector.take(filter.batch(3), BEGUN + 5 * SECOND);
    let mut successor = filter.clone();
    successor.resource.sender = SenderId([9; 16]);
    (successor.sequence, successor.cumulative, successor.begun) = (0, 0, BEGUN + 30 * SECOND);
    for number in 1..=6 {
        collector.take(successor.batch(1), BEGUN + 30 * SECOND + number * FLUSH);
    }
    let period = collector.period(BEGUN, BEGUN + 60 * SECOND, BEGUN + 72 * SECOND);
    let of = |id: [u8; 16]| period.senders.iter().find(|sender| sender.id == SenderId(id)).unwrap();
    assert_eq!((of([1; 16]).covered, of([1; 16]).expected), (5 * SECOND, 30 * SECOND));
    assert_eq!((of([9; 16]).covered, of([9; 16]).expected), (30 * SECOND, 30 * SECOND));
}

#[test]
fn two_hooks_whose_filters_tell_what_both_count_are_never_a_guess() {
    let mut collector = Collector::new();
    let mut logger = Filter::new(1, BEGUN);
    logger.resource.marks = true;
    let mut filter = logger.clone();
    (filter.resource.sender, filter.resource.hook) = (SenderId([2; 16]), Hook::HttpFilter);
    collector.take(logger.batch(3), BEGUN + 5 * SECOND);
    collector.take(filter.batch(4), BEGUN + 5 * SECOND);
    assert_eq!(collector.period(BEGUN, BEGUN + 10 * SECOND, BEGUN + 12 * SECOND).conflicts, []);
}

#[test]
fn two_hooks_that_count_the_same_side_of_a_proxy_at_the_same_time_are_a_conflict() {
    let mut collector = Collector::new();
    let mut logger = Filter::new(1, BEGUN);
    let mut filter = logger.clone();
    filter.resource.sender = SenderId([2; 16]);
    filter.resource.hook = Hook::HttpFilter;
    collector.take(logger.batch(3), BEGUN + 5 * SECOND);
    collector.take(filter.presence(BEGUN, BEGUN + 5 * SECOND), BEGUN + 5 * SECOND);
    assert_eq!(collector.period(BEGUN, BEGUN + 10 * SECOND, BEGUN + 12 * SECOND).conflicts, []);
    filter.begun = BEGUN + 5 * SECOND;
    collector.take(filter.batch(3), BEGUN + 10 * SECOND);
    assert_eq!(
        collector.period(BEGUN, BEGUN + 10 * SECOND, BEGUN + 12 * SECOND).conflicts,
        [],
        "one took the place of the other"
    );
    collector.take(logger.batch(3), BEGUN + 10 * SECOND);
    let period = collector.period(BEGUN, BEGUN + 10 * SECOND, BEGUN + 12 * SECOND);
    let conflicts = &period.conflicts;
    assert_eq!(conflicts.len(), 1);
    assert_eq!((conflicts[0].side, conflicts[0].hooks), (Reporter::Source, (Hook::AccessLog, Hook::HttpFilter)));
    let apart = period.reporters.iter().filter(|reporter| reporter.proxy == filter.resource.proxy.id).count();
    assert_eq!(apart, 2, "both hooks' rows are kept apart from those of other pods");
}

#[test]
fn hooks_of_two_k8s_clusters_with_one_node_id_are_no_conflict() {
    let mut collector = Collector::new();
    let mut logger = Filter::new(1, BEGUN);
    let mut filter = logger.clone();
    filter.resource.sender = SenderId([2; 16]);
    filter.resource.proxy.workload.cluster = "c2".to_owned();
    filter.resource.hook = Hook::HttpFilter;
    for sender in [&mut logger, &mut filter] {
        collector.take(sender.batch(3), BEGUN + 5 * SECOND);
    }
    let period = collector.period(BEGUN, BEGUN + 60 * SECOND, BEGUN + 100 * SECOND);
    assert_eq!(period.conflicts, [], "what each counted is of a proxy of its own");
}

#[test]
fn a_refused_batch_leaves_no_trace_and_its_group_is_taken() {
    let mut collector = Collector::new();
    let good = Filter::new(1, BEGUN).batch(3);
    let mut bad = Filter::new(2, BEGUN).batch(3);
    bad.truncate(bad.len() - 1);
    let verdicts = deliver(collector.writer.as_mut().unwrap(), &[bad, good], BEGUN + 5 * SECOND);
    assert!(matches!(&verdicts[..], [Some(Verdict::Refused { .. }), Some(Verdict::Durable)]), "{verdicts:?}");
    let period = collector.period(BEGUN, BEGUN + 10 * SECOND, BEGUN + 12 * SECOND);
    assert_eq!(requests(&period), [("workload-1".to_owned(), 3)]);
    assert_eq!(period.senders.len(), 1);
}

/// Delivers a batch as it comes from the network, and says how it was answered by then.
fn arrive(writer: &mut Writer<Place, Place>, body: Vec<u8>, arrival: u64) -> oneshot::Receiver<Verdict> {
    let (answer, verdict) = oneshot::channel();
    writer
        .group(
            vec![Delivery { arrival, body: body.into(), identity: None, waited: false, answer }],
            &Telemetry::default(),
        )
        .unwrap();
    verdict
}

#[test]
fn a_batch_that_overtook_another_waits_for_it_and_nothing_is_lost() {
    let mut collector = Collector::new();
    let mut filter = Filter::new(1, BEGUN);
    let (first, second, third) = (filter.batch(3), filter.batch(4), filter.batch(5));
    let writer = collector.writer.as_mut().unwrap();
    let at = BEGUN + 15 * SECOND;
    let mut late = [arrive(writer, third, at), arrive(writer, second, at)];
    assert!(writer.is_holding() && late.iter_mut().all(|verdict| verdict.try_recv().is_err()), "not acknowledged yet");
    assert_eq!(arrive(writer, first, at + 1).try_recv(), Ok(Verdict::Durable));
    while writer.is_holding() {
        let released = writer.release(at + 2);
        assert!(!released.is_empty(), "the next one is always ripe");
        writer.group(released, &Telemetry::default()).unwrap();
    }
    assert!(late.iter_mut().all(|verdict| verdict.try_recv() == Ok(Verdict::Durable)));
    let period = collector.period(BEGUN, BEGUN + 20 * SECOND, BEGUN + 22 * SECOND);
    assert_eq!(requests(&period), [("workload-1".to_owned(), 12)]);
    assert_eq!((period.senders[0].lost_batches, period.senders[0].covered), (0, 15 * SECOND));
}

#[test]
fn a_batch_whose_predecessor_never_comes_is_taken_after_a_moment_with_its_gap() {
    let mut collector = Collector::new();
    let mut filter = Filter::new(1, BEGUN);
    let (first, _lost, third) = (filter.batch(3), filter.batch(4), filter.batch(5));
    collector.take(first, BEGUN + 15 * SECOND);
    let writer = collector.writer.as_mut().unwrap();
    let at = BEGUN + 15 * SECOND;
    let mut verdict = arrive(writer, third, at);
    assert!(writer.release(at + SECOND / 4).is_empty());
    let released = writer.release(at + SECOND / 2);
    writer.group(released, &Telemetry::default()).unwrap();
    assert_eq!(verdict.try_recv(), Ok(Verdict::Durable));
    let sender = collector.sender(BEGUN, BEGUN + 20 * SECOND, BEGUN + 22 * SECOND);
    assert_eq!((sender.lost_batches, sender.lost_exchanges), (1, 4));
}
