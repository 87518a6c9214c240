//! The clock, and whether it can be right.

mod guard;

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::telemetry::nanos;
pub(super) use guard::JUMP;
use guard::{Event, Guard, Reading};

/// The process has one clock.
static GUARD: Mutex<Option<Guard>> = Mutex::new(None);

/// Wall time, nanoseconds since the epoch, as far as it is believed.
pub(super) fn now() -> u64 {
    let now = reading();
    let mut guard = GUARD.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(guard) = guard.as_mut() else { return now.wall };
    let (time, event) = guard.read(now);
    event.iter().for_each(tell);
    time
}

/// From here on the clock must be plausible; `newest` is when the newest batch arrived that the store knows, 0 where it is empty.
pub(super) fn begin(newest: u64) {
    let (guard, event) = Guard::begin(reading(), newest);
    event.iter().for_each(tell);
    *GUARD.lock().unwrap_or_else(PoisonError::into_inner) = Some(guard);
}

/// False while the clock is in doubt and a batch must come again; `shown` tells what its sender's clock shows.
pub(super) fn takes(shown: impl FnOnce() -> Option<u64>) -> bool {
    let now = reading();
    let mut guard = GUARD.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(guard) = guard.as_mut() else { return true };
    if !guard.is_in_doubt() {
        return true;
    }
    // One that says nothing says it of no time.
    let (is_taken, event) = guard.hear(shown().unwrap_or_default(), now);
    event.iter().for_each(tell);
    is_taken
}

/// True while the clock is in doubt.
pub(super) fn is_in_doubt() -> bool {
    GUARD.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(Guard::is_in_doubt)
}

/// True while a start waits for a sender that confirms its time.
pub(super) fn is_unproven() -> bool {
    GUARD.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(Guard::is_unproven)
}

fn tell(event: &Event) {
    let (is_wrong, at, what) = match event {
        Event::Doubt(_, to) => (
            true,
            *to,
            "the wall clock jumped, or does not fit the store: batches are answered 503 until senders' clocks tell which time is right",
        ),
        Event::Believed(at) => (false, *at, "the wall clock is believed again"),
        Event::Disbelieved(at) => (
            true,
            *at,
            "senders' clocks contradict the wall clock: time goes on from before it jumped; set this machine's clock right",
        ),
    };
    let at = crate::report::Moment(at).to_string();
    if is_wrong {
        tracing::error!(at, "{what}");
    } else {
        tracing::warn!(at, "{what}");
    }
}

#[expect(clippy::disallowed_methods, reason = "the composition root's clock")]
fn reading() -> Reading {
    static BEGUN: OnceLock<Instant> = OnceLock::new();
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, nanos);
    Reading { wall, monotonic: nanos(BEGUN.get_or_init(Instant::now).elapsed()) }
}

/// Measures how long something takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "the composition root's clock")]
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// Nanoseconds since the start.
    pub(super) fn nanos(self) -> u64 {
        nanos(self.0.elapsed())
    }
}
