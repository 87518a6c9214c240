//! Whatever was kept, added and taken off before: a window says what a fresh sum says.

mod world;

use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::{SeriesData, SeriesKey};

use self::world::{BEGUN, Chance, File, SLOT};
use super::super::names::name_of;
use super::super::{Reader, StoreError, Windows};
use super::{PartKey, Window};
use crate::aggregate::Excerpt;
use crate::allowance::Allowance;
use crate::limits::{WATCHED_IDLE_NANOS, WATCHED_NANOS};
use crate::ownership::Owners;
use crate::wanted::{Unwanted, Wanted};

type Rows = BTreeMap<(String, SeriesKey, usize), SeriesData>;

/// What an excerpt says, whatever the order in which it does.
fn said(excerpt: Excerpt) -> (u64, BTreeSet<String>, BTreeSet<SeriesKey>, Rows) {
    let reporters: Vec<String> = excerpt.reporters.iter().map(|one| format!("{one:?}")).collect();
    let series: Vec<SeriesKey> = excerpt.series.iter().map(|key| SeriesKey::clone(key)).collect();
    let list = excerpt.rows.into_list().into_iter();
    let rows: Rows =
        list.map(|((one, key, owner), data)| ((reporters[one].clone(), series[key].clone(), owner), data)).collect();
    (excerpt.late_parts, reporters.into_iter().collect(), series.into_iter().collect(), rows)
}

fn fresh(reader: &Reader, period: (u64, u64), owners: &Owners) -> Excerpt {
    let mut excerpt = Excerpt::default();
    reader.rows(period, owners, &Wanted::default(), &mut excerpt).unwrap();
    excerpt
}

fn kept(window: &Window, reader: &Reader, period: (u64, u64), owners: &Owners) -> Excerpt {
    let mut excerpt = Excerpt::default();
    window.rows(reader, period, owners, &Wanted::default(), &mut excerpt).unwrap();
    excerpt
}

/// How often what happened in the runs.
#[derive(Debug, Default)]
struct Tally {
    asked: u64,
    caught_up: u64,
    moved: u64,
    cancelled: u64,
    inexact: u64,
    backwards: u64,
}

/// Asks one file's window for a period, after a question that was given up, if that is so.
fn ask(
    (window, reader): (&mut Window, &Reader),
    period: (u64, u64),
    (owners, given_up): (&Owners, Option<u64>),
    tally: &mut Tally,
    place: &str,
) {
    if let Some(parts) = given_up {
        let (before, mut left) = (window.parts.len(), parts);
        let check = || {
            left = left.checked_sub(1).ok_or(StoreError::Unwanted(Unwanted::Left))?;
            Ok(())
        };
        // An earlier question, or a later one.
        let (from, to) = if parts.is_multiple_of(3) {
            (period.0 + SLOT, period.1 + SLOT)
        } else {
            (period.0 - 4 * SLOT, period.1 - 4 * SLOT)
        };
        let is_cancelled = window.follow(reader, (from, to), check).is_err();
        tally.cancelled += u64::from(is_cancelled && window.parts.len() != before);
    }
    let before = window.parts.clone();
    tally.asked += 1;
    if !window.catch_up(reader, period, &Wanted::default()).unwrap() {
        return;
    }
    tally.caught_up += 1;
    let (stayed, left): (Vec<&PartKey>, Vec<&PartKey>) =
        before.keys().partition(|part| window.parts.contains_key(part));
    tally.moved += u64::from(!stayed.is_empty() && !left.is_empty());
    tally.backwards += u64::from(!stayed.is_empty() && left.last() > stayed.last());
    tally.inexact += window.lines.iter().filter(|(_, sum)| !sum.is_exact()).count() as u64;
    assert_eq!(said(kept(window, reader, period, owners)), said(fresh(reader, period, owners)), "{place}");
}

fn run(seed: u64, tally: &mut Tally) {
    let mut chance = Chance(seed);
    let has_exemplars = !seed.is_multiple_of(4);
    let mut files = vec![File::new(1_000)];
    let mut windows: Vec<Option<Window>> = vec![None];
    let mut older: Option<(usize, Reader)> = None;
    let mut slot = BEGUN;
    for step in 0..60 {
        slot += chance.below(3);
        if step > 0 && chance.is_one_in(20) {
            files.push(File::new(1_000 + 3_600 * files.len() as u64));
            windows.push(None);
        }
        let newest = files.len() - 1;
        let commits = 1 + chance.below(3);
        (0..commits).for_each(|_| files[newest].commit(&chance.commit(slot, has_exemplars)));
        let (length, back) = match chance.below(10) {
            0 => (chance.below(30), chance.below(30)),
            1 => (12, chance.below(3)),
            _ => (12, 0),
        };
        let period = ((slot + 1 - back - length) * SLOT, (slot + 1 - back) * SLOT);
        let owners = chance.owners(slot);
        for (place, (file, window)) in files.iter().zip(&mut windows).enumerate() {
            let reader = file.reader();
            let window = window.get_or_insert_with(|| Window::of(&reader, &Wanted::default()));
            let given_up = chance.is_one_in(4).then(|| chance.below(6));
            let said = format!("seed {seed}, step {step}, file {place}");
            ask((window, &reader), period, (&owners, given_up), tally, &said);
            if let Some((of, reader)) = older.as_ref().filter(|(of, _)| *of == place) {
                ask((window, reader), period, (&owners, None), tally, &format!("{said}, older reader of {of}"));
            }
        }
        if chance.is_one_in(6) {
            older = Some((newest, files[newest].reader()));
        }
    }
}

#[test]
fn a_window_that_is_kept_is_what_a_fresh_sum_says() {
    let mut tally = Tally::default();
    (0..20).for_each(|seed| run(seed, &mut tally));
    let Tally { asked, caught_up, moved, cancelled, inexact, backwards } = tally;
    assert!(caught_up * 4 > asked * 3, "mostly the window answers: {tally:?}");
    assert!(moved > 300 && cancelled > 100 && inexact > 100 && backwards > 5, "everything happened: {tally:?}");
}

/// Two files of one name, with the same numbers of parts and other counts.
#[test]
fn a_file_of_the_same_name_is_not_taken_for_the_one_before() {
    let (mut before, mut after) = (File::new(1_000), File::new(1_000));
    before.commit(&Chance(1).commit(BEGUN, true));
    after.commit(&Chance(2).commit(BEGUN, true));
    let (period, owners, wanted) = (((BEGUN - 29) * SLOT, (BEGUN + 1) * SLOT), Owners::default(), Wanted::default());
    let mut window = Window::of(&before.reader(), &wanted);
    for file in [&before, &after, &before] {
        let reader = file.reader();
        assert!(window.catch_up(&reader, period, &wanted).unwrap());
        assert_eq!(said(kept(&window, &reader, period, &owners)), said(fresh(&reader, period, &owners)));
    }
    let of = |file: &File| said(fresh(&file.reader(), period, &owners));
    assert_ne!(of(&before), of(&after));
}

/// A file, and a question about five minutes of it within an allowance.
struct Asked {
    file: File,
    windows: Windows,
    allowance: Allowance,
}

impl Asked {
    const NOW: u64 = (BEGUN + 1) * SLOT;

    fn of(bytes: u64) -> Self {
        let mut file = File::new(1_000);
        let mut chance = Chance(7);
        (0..5).for_each(|_| file.commit(&chance.commit(BEGUN, true)));
        Self { file, windows: Windows::default(), allowance: Allowance::new(bytes) }
    }

    /// What questions have taken while this one is, and after it.
    fn ask(&self, now: u64) -> Result<(u64, u64), StoreError> {
        let (wanted, reader, owners) = (Wanted::within(&self.allowance), self.file.reader(), Owners::default());
        let (mut excerpt, to) = (Excerpt::default(), Self::NOW);
        let period = (to - WATCHED_NANOS[0], to);
        self.windows.rows([(&reader, &mut excerpt)].into_iter(), (period.0, to, now), &owners, &wanted)?;
        assert_eq!(said(excerpt), said(fresh(&reader, period, &owners)));
        let during = self.allowance.taken();
        drop(wanted);
        Ok((during, self.allowance.taken()))
    }
}

#[test]
fn what_is_kept_takes_of_what_questions_may_take_until_nobody_asks_for_it() {
    let asked = Asked::of(u64::MAX);
    let (during, after) = asked.ask(Asked::NOW).unwrap();
    assert!(after > 0 && during > after, "{during} {after}");
    assert_eq!(asked.ask(Asked::NOW).unwrap(), (during, after), "what is kept is not taken twice");
    asked.windows.forget(Asked::NOW + WATCHED_IDLE_NANOS);
    assert_eq!(asked.allowance.taken(), after);
    asked.windows.forget(Asked::NOW + WATCHED_IDLE_NANOS + 1);
    assert_eq!(asked.allowance.taken(), 0);
    let own = during - after;
    assert_eq!(
        asked.ask(Asked::NOW + WATCHED_IDLE_NANOS).unwrap(),
        (own, 0),
        "of a period that is over nothing is kept"
    );
}

#[test]
fn a_question_about_the_future_leaves_the_windows_of_now() {
    let asked = Asked::of(u64::MAX);
    let (_, after) = asked.ask(Asked::NOW).unwrap();
    let (wanted, owners) = (Wanted::within(&asked.allowance), Owners::default());
    let to = Asked::NOW + 10 * WATCHED_NANOS[0];
    let period = (to - WATCHED_NANOS[0], to, Asked::NOW);
    asked.windows.rows(std::iter::empty(), period, &owners, &wanted).unwrap();
    assert_eq!(asked.allowance.taken(), after);
}

#[test]
fn where_there_is_no_room_nothing_is_kept_and_the_question_is_answered() {
    let (during, after) = Asked::of(u64::MAX).ask(Asked::NOW).unwrap();
    let own = during - after;
    let little = Asked::of(own.max(after) - 1);
    assert!(little.ask(Asked::NOW).is_err(), "not even the question has room");
    let enough = Asked::of(own);
    assert!(after < own, "the window has room alone");
    assert!(enough.ask(Asked::NOW).is_err(), "and leaves the question none");
    assert!(enough.windows.let_go(), "so it is let go");
    assert_eq!(enough.allowance.taken(), 0);
    assert_eq!(enough.ask(Asked::NOW).unwrap(), (own, 0), "and not made again at once");
    assert!(!enough.windows.let_go());
}

#[test]
fn a_file_that_is_found_damaged_is_named_and_nothing_of_it_is_kept() {
    let asked = Asked::of(u64::MAX);
    assert!(asked.ask(Asked::NOW).unwrap().1 > 0);
    asked.file.garble();
    let error = asked.ask(Asked::NOW).unwrap_err();
    assert!(matches!(&error, StoreError::Damaged { file, .. } if *file == name_of(1_000)), "{error}");
    assert_eq!(asked.allowance.taken(), 0);
}
