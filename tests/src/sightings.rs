//! A board on which backends say "request X has arrived" and clients "the headers of X are here", so that resets and departures
//! happen after what they must follow, without guessing a time.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// A client that cannot report (another process) must not hold a backend for ever.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sight {
    Arrived,
    HeadersSeen,
}

#[derive(Default)]
struct Board {
    seen: Mutex<HashSet<(Sight, String)>>,
    changed: Notify,
}

static BOARD: LazyLock<Board> = LazyLock::new(Board::default);

pub fn report(sight: Sight, id: &str) {
    BOARD.seen.lock().unwrap_or_else(PoisonError::into_inner).insert((sight, id.to_owned()));
    BOARD.changed.notify_waiters();
}

/// Waits for the report, for a bounded time; whether it came.
pub async fn wait_for(sight: Sight, id: &str) -> bool {
    let key = (sight, id.to_owned());
    let waiting = async {
        loop {
            let changed = BOARD.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if BOARD.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(&key) {
                return;
            }
            changed.await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.is_ok()
}
