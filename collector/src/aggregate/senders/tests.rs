//! At the bound: who speaks is never forgotten, who is new waits, and a repetition is recognised or refused.

use hogusu_model::{Hook, Proxy};

use super::*;

const SECOND: u64 = 1_000_000_000;
const NOW: u64 = 1_000_000 * SECOND;

fn resource() -> (Arc<[u8]>, Arc<Resource>) {
    let resource = Resource {
        sender: SenderId([0; 16]),
        proxy: Proxy::default(),
        hook: Hook::AccessLog,
        filter_version: String::new(),
        filter_digest: String::new(),
        revision: String::new(),
        wire_version: 1,
        flush_interval_ms: 5_000,
        marks: false,
    };
    (Arc::from(&b"resource"[..]), Arc::new(resource))
}

fn id(number: usize) -> SenderId {
    SenderId((number as u128).to_be_bytes())
}

fn header(sequence: u64) -> BatchHeader {
    BatchHeader { start: NOW, end: NOW + 5 * SECOND, sequence, ..BatchHeader::default() }
}

/// Enters senders; the last batch of each arrived at `last_arrival`.
fn enter(senders: &mut Senders, numbers: std::ops::Range<usize>, last_arrival: u64, closed: bool) {
    let resource = resource();
    for number in numbers {
        let (sender, is_new) = senders.enter(id(number), resource.clone(), Progress::default);
        assert!(is_new);
        sender.progress = Progress { sequence: 7, last_end: last_arrival, last_arrival, closed, ..Progress::default() };
    }
    drop(senders.take_changed());
}

#[test]
fn what_changed_while_a_commit_was_worked_on_is_remembered_whole() {
    let mut senders = Senders::default();
    enter(&mut senders, 0..2, NOW, true);
    let (_, is_new) = senders.enter(id(1), resource(), Progress::default);
    assert!(!is_new);
    senders.committed(NOW + limits::SENDER_CLOSED_NANOS);
    assert_eq!(senders.known().keys().collect::<Vec<_>>(), [&id(1)], "the store does not hold its last batch");
    assert_eq!(senders.take_changed(), [id(1)].into());
}

#[test]
fn nobody_who_speaks_is_forgotten_and_who_is_new_waits_until_others_ended() {
    let mut senders = Senders::default();
    enter(&mut senders, 0..limits::SENDERS - 10, NOW, false);
    enter(&mut senders, limits::SENDERS - 10..limits::SENDERS, NOW, true);
    assert_eq!(senders.admit(id(limits::SENDERS), &header(1)), Err(Stranger::NoPlace(limits::SENDERS)));
    assert_eq!(senders.admit(id(0), &header(8)), Ok(()), "those known go on");
    senders.committed(NOW + 5 * SECOND);
    assert_eq!(senders.known().len(), limits::SENDERS - 10, "only those that ended made room");
    assert_eq!(senders.admit(id(limits::SENDERS), &header(1)), Ok(()));
    assert!(
        (0..limits::SENDERS).all(|number| senders.has(id(number), &header(7)) && !senders.has(id(number), &header(8)))
    );
}

#[test]
fn one_that_was_silent_goes_on_where_it_was() {
    let mut senders = Senders::default();
    enter(&mut senders, 0..1, NOW, false);
    senders.committed(NOW + limits::SENDER_SILENCE_NANOS);
    assert!(senders.known().is_empty());
    let (sender, is_new) = senders.enter(id(0), resource(), || unreachable!("it is remembered"));
    assert!(is_new);
    assert_eq!((sender.progress.sequence, sender.progress.last_end), (7, NOW));
}

#[test]
fn where_not_even_a_brief_memory_is_left_what_may_be_a_repetition_is_refused() {
    let mut senders = Senders::default();
    let past = Past { sequence: 7, cumulative: 70, first_start: NOW, last_end: NOW, closed: true };
    for number in 0..limits::PAST_SENDERS {
        Arc::make_mut(&mut senders.remembered.past).insert(id(number), Past { last_end: NOW + number as u64, ..past });
    }
    Arc::make_mut(&mut senders.remembered.past).insert(id(usize::MAX), Past { last_end: NOW - SECOND, ..past });
    senders.committed(NOW + SECOND);
    assert_eq!((senders.remembered.past.len(), senders.remembered.forgotten_to), (limits::PAST_SENDERS, NOW - SECOND));
    let old = BatchHeader { end: NOW - SECOND, ..header(7) };
    assert_eq!(senders.admit(id(usize::MAX), &old), Err(Stranger::MaybeForgotten));
    assert_eq!(senders.admit(id(usize::MAX - 1), &header(1)), Ok(()), "who is new is taken");
    assert!(senders.has(id(3), &old), "who is remembered is recognised");
}

#[test]
fn a_sender_that_ended_takes_no_more_than_a_brief_memory() {
    let mut senders = Senders::default();
    enter(&mut senders, 0..5, NOW, true);
    assert!(senders.bytes > 5 * size_of::<Resource>());
    senders.committed(NOW + limits::SENDER_CLOSED_NANOS);
    assert_eq!((senders.known().len(), senders.bytes, senders.remembered.past.len()), (0, 0, 5));
}
