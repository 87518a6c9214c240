//! At every position of a scripted run the machine stops. It opens each time, with every acknowledged batch and nothing
//! invented; and when the senders deliver again what was not acknowledged, everything is counted exactly once.

use hogusu_collector::ingest::Verdict;
use hogusu_collector::telemetry::Telemetry;
use hogusu_collector::writer::commit::Job;
use hogusu_collector::writer::{OpenError, Writer};

use super::batches::{Filter, MIDNIGHT, SECOND, deliver, requests};
use super::machine::{Machine, Survives};
use super::place::Place;

const SENDERS: usize = 3;
const BATCHES: usize = 12;
/// The run crosses midnight, so that a file begins in the middle of it.
const BEGIN: u64 = MIDNIGHT - 30 * SECOND;

/// Batch `number` holds 4^number requests: the sum shows which batches are in it, and how often each.
fn bodies() -> Vec<Vec<Vec<u8>>> {
    (0..SENDERS)
        .map(|sender| {
            let mut filter = Filter::new(u8::try_from(sender).unwrap() + 1, BEGIN);
            (0..BATCHES).map(|number| filter.batch(4_u64.pow(u32::try_from(number).unwrap()))).collect()
        })
        .collect()
}

fn arrival(number: usize) -> u64 {
    BEGIN + (number as u64 + 1) * 5 * SECOND
}

fn open(machine: &Machine) -> Result<Writer<Place, Place>, OpenError> {
    Writer::open(machine.folder("journal"), machine.folder("slots"), &Telemetry::default()).map(|(writer, _)| writer)
}

/// Runs the script until its end or until the machine stops. Returns how many batches of each sender were acknowledged. Commits are worked on
/// while the next batches are taken.
fn run(machine: &Machine, bodies: &[Vec<Vec<u8>>]) -> Vec<usize> {
    let mut acknowledged = vec![0; SENDERS];
    let Ok(mut writer) = open(machine) else { return acknowledged };
    let mut underway = None;
    for number in 0..BATCHES {
        let group: Vec<_> = bodies.iter().map(|of_sender| of_sender[number].clone()).collect();
        let verdicts = deliver(&mut writer, &group, arrival(number));
        for (count, verdict) in acknowledged.iter_mut().zip(verdicts) {
            if verdict != Some(Verdict::Durable) {
                return acknowledged;
            }
            *count = number + 1;
        }
        // The acknowledgement of the first sender is lost: it delivers again.
        if number % 4 == 2 && deliver(&mut writer, &group[..1], arrival(number)) != [Some(Verdict::Durable)] {
            return acknowledged;
        }
        let landed = underway.take().map(|job: Job<Place>| job.run());
        if landed.is_some_and(|landed| writer.end_commit(landed, arrival(number)).is_err()) {
            return acknowledged;
        }
        if number % 3 == 1 {
            let Ok(job) = writer.begin_commit(arrival(number)) else { return acknowledged };
            underway = job;
        }
    }
    acknowledged
}

/// Which batches are counted, and that none is counted twice.
fn counted(writer: &mut Writer<Place, Place>) -> Vec<Vec<bool>> {
    let period = writer
        .view(BEGIN - 60 * SECOND, BEGIN + 300 * SECOND)
        .unwrap()
        .period(&std::sync::RwLock::default(), BEGIN + 300 * SECOND)
        .unwrap();
    assert!(
        period.senders.iter().all(|sender| sender.lost_batches == 0 && sender.lost_exchanges == 0),
        "nothing is lost"
    );
    let mut batches = vec![vec![false; BATCHES]; SENDERS];
    for (name, sum) in requests(&period) {
        let sender: usize = name.strip_prefix("workload-").unwrap().parse().unwrap();
        for (number, is_in) in batches[sender - 1].iter_mut().enumerate() {
            let times = sum >> (2 * number) & 3;
            assert!(times <= 1, "{name} batch {number} is counted {times} times");
            *is_in = times == 1;
        }
        assert!(sum >> (2 * BATCHES) == 0, "{name} counts more than was sent");
    }
    batches
}

fn check(machine: &Machine, acknowledged: &[usize], bodies: &[Vec<Vec<u8>>], place: &str) {
    let mut writer = open(machine).unwrap_or_else(|error| panic!("{place}: does not open: {error}"));
    for (sender, batches) in counted(&mut writer).iter().enumerate() {
        let in_order = batches.iter().take_while(|is_in| **is_in).count();
        assert_eq!(
            in_order,
            batches.iter().filter(|is_in| **is_in).count(),
            "{place}: sender {sender} has a hole: {batches:?}"
        );
        assert!(
            in_order >= acknowledged[sender],
            "{place}: sender {sender} has {in_order} of {} acknowledged",
            acknowledged[sender]
        );
    }
    for (of_sender, from) in bodies.iter().zip(acknowledged) {
        for (number, body) in of_sender.iter().enumerate().skip(*from) {
            assert_eq!(
                deliver(&mut writer, std::slice::from_ref(body), arrival(number)),
                [Some(Verdict::Durable)],
                "{place}"
            );
        }
    }
    assert!(
        counted(&mut writer).iter().flatten().all(|is_in| *is_in),
        "{place}: after delivering again everything is there"
    );
    writer.commit(arrival(BATCHES)).unwrap_or_else(|error| panic!("{place}: does not commit: {error}"));
    assert!(counted(&mut writer).iter().flatten().all(|is_in| *is_in), "{place}: after the commit everything is there");
}

#[test]
fn a_stop_at_any_position_loses_nothing_acknowledged_and_invents_nothing() {
    let bodies = bodies();
    let whole = Machine::default();
    assert_eq!(run(&whole, &bodies), vec![BATCHES; SENDERS]);
    assert_eq!(whole.stored().len(), 2, "the run begins a second file: {:?}", whole.stored());
    let positions = whole.position();
    assert!(positions > 100, "the run has only {positions} positions");
    for position in 0..positions {
        let machine = Machine::stopping_at(position);
        let acknowledged = run(&machine, &bodies);
        for survives in [
            Survives::Nothing,
            Survives::Everything,
            Survives::Some(position as u64),
            Survives::Some(!(position as u64)),
        ] {
            check(
                &machine.restart(survives),
                &acknowledged,
                &bodies,
                &format!("position {position}, survives {survives:?}"),
            );
        }
    }
}

#[test]
fn a_second_stop_while_opening_again_changes_nothing() {
    let bodies = bodies();
    let whole = Machine::default();
    run(&whole, &bodies);
    for position in (0..whole.position()).step_by(7) {
        let machine = Machine::stopping_at(position);
        let acknowledged = run(&machine, &bodies);
        for again in 0..12 {
            let restarted = machine.restart(Survives::Some(position as u64));
            restarted.stop_after(again);
            drop(open(&restarted));
            let place = format!("position {position}, again {again}");
            check(&restarted.restart(Survives::Some(again as u64)), &acknowledged, &bodies, &place);
        }
    }
}
