//! What a question reads is counted against what questions may take, wherever it lies; and given back.

use std::sync::RwLock;

use hogusu_collector::allowance::Allowance;
use hogusu_collector::ingest::Verdict;
use hogusu_collector::limits::memory::{LEAST, Memory};
use hogusu_collector::store::StoreError;
use hogusu_collector::telemetry::Telemetry;
use hogusu_collector::wanted::{Unwanted, Wanted};
use hogusu_collector::writer::Writer;

use super::batches::{Filter, MIDNIGHT, SECOND, deliver};
use super::machine::Machine;
use super::place::Place;

const BEGUN: u64 = MIDNIGHT + 3600 * SECOND;
const SENDERS: u8 = 40;

fn open(machine: &Machine) -> Writer<Place, Place> {
    Writer::open(machine.folder("journal"), machine.folder("slots"), &Telemetry::default()).unwrap().0
}

/// A writer whom so many senders told of one series each.
fn told() -> Writer<Place, Place> {
    let mut writer = open(&Machine::default());
    for number in 1..=SENDERS {
        let verdicts = deliver(&mut writer, &[Filter::new(number, BEGUN).batch(1)], BEGUN + 5 * SECOND);
        assert_eq!(verdicts, [Some(Verdict::Durable)]);
    }
    writer
}

/// What a question about all of it takes within this allowance; `None` where that is too little.
fn asked(writer: &mut Writer<Place, Place>, allowance: &Allowance) -> Option<u64> {
    let wanted = Wanted::within(allowance);
    let view = writer.view(BEGUN, BEGUN + 10 * SECOND).unwrap().wanted(&wanted);
    match view.period(&RwLock::default(), BEGUN + 60 * SECOND) {
        Ok(period) => {
            assert_eq!(period.rows.len(), usize::from(SENDERS));
            Some(allowance.taken())
        }
        Err(StoreError::Unwanted(Unwanted::Exceeded(_))) => None,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_question_takes_no_more_than_questions_may_and_gives_it_back_be_it_of_memory_or_of_a_file() {
    let mut writer = told();
    for place in ["memory", "a file"] {
        let whole = Allowance::default();
        let taken = asked(&mut writer, &whole).unwrap_or_else(|| panic!("from {place}, whatever it takes"));
        assert_eq!(whole.taken(), 0, "it is given back");
        let (enough, little) = (Allowance::new(taken), Allowance::new(taken - 1));
        assert_eq!(asked(&mut writer, &enough), Some(taken), "from {place}");
        assert_eq!((asked(&mut writer, &little), little.taken()), (None, 0), "from {place}");
        writer.commit(BEGUN + 30 * SECOND).unwrap();
    }
}

#[test]
fn with_little_memory_fewer_senders_are_remembered_and_nobody_who_speaks_is_forgotten() {
    let bounds = Memory::of(LEAST).ingest;
    let mut writer = open(&Machine::default()).bounded(bounds);
    let mut taken = 0;
    loop {
        let mut filter = Filter::new(1, BEGUN);
        filter.resource.sender.0[..4].copy_from_slice(&u32::try_from(taken).unwrap().to_le_bytes());
        match &deliver(&mut writer, &[filter.batch(1)], BEGUN + 5 * SECOND)[..] {
            [Some(Verdict::Durable)] => taken += 1,
            [Some(Verdict::NoPlace { .. })] => break,
            other => panic!("{other:?}"),
        }
        if taken % 1_000 == 0 {
            writer.commit(BEGUN + 30 * SECOND).unwrap();
        }
    }
    let known = writer.aggregate().senders().len();
    assert_eq!((known, taken), (bounds.senders, bounds.senders), "one is taken for each place");
}
