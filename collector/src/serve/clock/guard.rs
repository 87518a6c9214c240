//! Whether the wall clock can be right: it must go on with the monotonic clock, and begin no earlier than what the store holds.
//!
//! One that jumps is in doubt. Meanwhile time goes on from where it was, nothing is dropped by age, and batches are to come again. What
//! senders' clocks show decides: for the new time, or for the old one, which then is kept. Where nobody says anything, the new time is
//! taken after a minute.

const SECOND: u64 = 1_000_000_000;

/// From this difference on the clock jumped: 1 min. What is less is taken over.
pub(in crate::serve) const JUMP: u64 = 60 * SECOND;
/// How long senders are listened to before one side is taken.
const HEARING: u64 = 15 * SECOND;
/// How long a new time waits for somebody to confirm it.
const PATIENCE: u64 = 60 * SECOND;
/// A store whose newest batch is older than this says nothing of now.
const SILENCE: u64 = 7 * 24 * 3_600 * SECOND;

/// The clocks at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    pub(super) wall: u64,
    pub(super) monotonic: u64,
}

/// What came of a look at the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// It jumped, or began before what the store holds: from here to there.
    Doubt(u64, u64),
    /// It came back, or was confirmed as it is now.
    Believed(u64),
    /// Senders say that it is wrong: time goes on from where it was.
    Disbelieved(u64),
}

/// The guard.
#[derive(Debug)]
pub(super) struct Guard {
    anchor: Reading,
    doubt: Option<Doubt>,
}

#[derive(Debug, Clone, Copy)]
struct Doubt {
    since: u64,
    /// Batches whose sender's clock shows the new time, and the time that goes on.
    votes: [u64; 2],
    /// At a start, when the store's newest batch arrived: something newer than now, or nothing since long. There is no time that goes on.
    store: Option<u64>,
    is_settled: bool,
}

impl Doubt {
    const fn new(since: u64, store: Option<u64>) -> Self {
        Self { since, votes: [0; 2], store, is_settled: false }
    }
}

impl Guard {
    /// At a start; `newest` is when the newest batch arrived that the store knows, 0 where it is empty.
    pub(super) fn begin(now: Reading, newest: u64) -> (Self, Option<Event>) {
        let is_odd = newest > now.wall.saturating_add(JUMP) || newest.saturating_add(SILENCE) < now.wall;
        let doubt = (newest > 0 && is_odd).then(|| Doubt::new(now.monotonic, Some(newest)));
        (Self { anchor: now, doubt }, doubt.map(|_| Event::Doubt(newest, now.wall)))
    }

    /// The time that is believed.
    pub(super) fn read(&mut self, now: Reading) -> (u64, Option<Event>) {
        let going_on = self.going_on(now);
        if now.wall.abs_diff(going_on) <= JUMP {
            let came_back = self.doubt.filter(|doubt| doubt.store.is_none());
            if came_back.is_some() {
                self.doubt = None;
            }
            self.anchor = now;
            return (now.wall, came_back.map(|_| Event::Believed(now.wall)));
        }
        let is_new = self.doubt.is_none();
        let doubt = self.doubt.get_or_insert(Doubt::new(now.monotonic, None));
        let (age, [for_new, for_old]) = (now.monotonic.saturating_sub(doubt.since), doubt.votes);
        if (age >= HEARING && for_new > for_old) || (age >= PATIENCE && for_old == 0) {
            (self.anchor, self.doubt) = (now, None);
            return (now.wall, Some(Event::Believed(now.wall)));
        }
        if age >= HEARING && for_old > 0 && !doubt.is_settled {
            doubt.is_settled = true;
            return (going_on, Some(Event::Disbelieved(going_on)));
        }
        (going_on, is_new.then_some(Event::Doubt(going_on, now.wall)))
    }

    /// True while senders are to be asked what their clocks show.
    pub(super) const fn is_in_doubt(&self) -> bool {
        self.doubt.is_some()
    }

    /// True while a start waits for a sender that confirms its time.
    pub(super) fn is_unproven(&self) -> bool {
        self.doubt.is_some_and(|doubt| doubt.store.is_some())
    }

    /// Takes what a sender's clock shows; true when its batch can be taken.
    pub(super) fn hear(&mut self, shown: u64, now: Reading) -> (bool, Option<Event>) {
        let going_on = self.going_on(now);
        let Some(doubt) = &mut self.doubt else { return (true, None) };
        let [for_new, for_old] = &mut doubt.votes;
        let is_old = match doubt.store {
            // Nobody is far off the store and the new time alike by chance.
            Some(newest) => shown >= newest.saturating_sub(JUMP) && shown <= newest.saturating_add(SILENCE),
            None => shown.abs_diff(going_on) <= JUMP,
        };
        if shown.abs_diff(now.wall) <= JUMP {
            *for_new += 1;
        } else if is_old {
            *for_old += 1;
        }
        if doubt.store.is_some() {
            // There is no other time: one that agrees is enough. Of those that fit the store instead, the clock must be set right.
            let [for_new, for_old] = doubt.votes;
            let is_late = now.monotonic.saturating_sub(doubt.since) >= PATIENCE;
            let is_over = for_new > 0 || (for_old == 0 && is_late);
            if is_over {
                self.doubt = None;
            }
            return (is_over, is_over.then_some(Event::Believed(now.wall)));
        }
        (doubt.is_settled, None)
    }

    const fn going_on(&self, now: Reading) -> u64 {
        self.anchor.wall.saturating_add(now.monotonic.saturating_sub(self.anchor.monotonic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGUN: u64 = 1_795_525_200 * SECOND;
    const YEAR: u64 = 365 * 24 * 3_600 * SECOND;

    /// The clocks `seconds` after the start, the wall clock off by so much.
    const fn at(seconds: u64, off: u64) -> Reading {
        Reading { wall: BEGUN + seconds * SECOND + off, monotonic: (seconds + 5) * SECOND }
    }

    fn guard() -> Guard {
        Guard::begin(at(0, 0), 0).0
    }

    #[test]
    fn small_steps_are_taken_over() {
        let mut guard = guard();
        for (seconds, off) in [(1, 0), (2, 59 * SECOND), (3, 100 * SECOND), (4, 60 * SECOND)] {
            assert_eq!(guard.read(at(seconds, off)), (at(seconds, off).wall, None));
        }
        assert!(!guard.is_in_doubt());
    }

    #[test]
    fn a_year_ahead_for_twelve_seconds_changes_nothing_and_takes_nothing() {
        let mut guard = guard();
        for seconds in 10..22 {
            let now = at(seconds, YEAR);
            let event = (seconds == 10).then_some(Event::Doubt(at(seconds, 0).wall, now.wall));
            assert_eq!(guard.read(now), (at(seconds, 0).wall, event));
            assert_eq!(guard.hear(at(seconds, 0).wall, now), (false, None));
        }
        assert_eq!(guard.read(at(22, 0)), (at(22, 0).wall, Some(Event::Believed(at(22, 0).wall))));
        assert!(!guard.is_in_doubt());
    }

    #[test]
    fn a_clock_that_senders_confirm_is_believed_soon() {
        let mut guard = guard();
        assert!(matches!(guard.read(at(10, YEAR)).1, Some(Event::Doubt(..))));
        for seconds in 11..25 {
            assert_eq!(guard.hear(at(seconds, YEAR).wall, at(seconds, YEAR)), (false, None));
        }
        assert_eq!(guard.read(at(25, YEAR)), (at(25, YEAR).wall, Some(Event::Believed(at(25, YEAR).wall))));
        assert_eq!(guard.hear(at(26, 0).wall, at(26, YEAR)), (true, None));
    }

    #[test]
    fn a_clock_that_senders_contradict_is_not_believed_and_batches_are_taken_again() {
        let mut guard = guard();
        assert_eq!(guard.read(at(10, YEAR)).0, at(10, 0).wall);
        assert_eq!(guard.hear(at(12, 0).wall, at(12, YEAR)), (false, None));
        assert_eq!(guard.read(at(25, YEAR)), (at(25, 0).wall, Some(Event::Disbelieved(at(25, 0).wall))));
        assert_eq!(guard.hear(at(26, 0).wall, at(26, YEAR)), (true, None));
        assert_eq!(guard.read(at(9_000, YEAR)), (at(9_000, 0).wall, None));
    }

    #[test]
    fn where_nobody_says_anything_a_new_time_is_taken_after_a_minute() {
        let mut guard = guard();
        assert_eq!(guard.read(at(10, YEAR)).0, at(10, 0).wall);
        assert_eq!(guard.read(at(69, YEAR)).0, at(69, 0).wall);
        assert_eq!(guard.read(at(70, YEAR)).0, at(70, YEAR).wall);
    }

    #[test]
    fn a_start_before_what_the_store_holds_waits_for_a_sender() {
        let (mut guard, event) = Guard::begin(at(0, 0), BEGUN + YEAR);
        assert_eq!(event, Some(Event::Doubt(BEGUN + YEAR, BEGUN)));
        assert_eq!(guard.hear(at(1, YEAR).wall, at(1, 0)), (false, None));
        assert_eq!(guard.hear(at(2, 0).wall, at(2, 0)), (true, Some(Event::Believed(at(2, 0).wall))));
        assert!(!Guard::begin(at(0, 0), BEGUN - SECOND).0.is_in_doubt());
    }

    #[test]
    fn a_start_a_year_after_the_store_is_believed_when_nothing_fits_the_store_better() {
        let begin = || Guard::begin(at(0, YEAR), BEGUN - 3_600 * SECOND).0;
        let mut wrong = begin();
        for seconds in [1, 30, 90, 9_000] {
            assert_eq!(
                wrong.hear(at(seconds, 0).wall, at(seconds, YEAR)),
                (false, None),
                "the senders go on from the store"
            );
        }
        assert!(wrong.is_unproven());
        let mut alone = begin();
        assert_eq!(alone.hear(5, at(1, YEAR)), (false, None));
        assert!(alone.hear(5, at(61, YEAR)).0, "one that shows neither time decides nothing");
    }
}
