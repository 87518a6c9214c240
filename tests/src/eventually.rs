//! Bounded waiting for a condition. The only place of the harness that sleeps, and it reports the last value seen.

use std::fmt::Debug;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::Instant;

const INTERVAL: Duration = Duration::from_millis(20);

/// What one look at the world found.
#[derive(Debug)]
pub enum Seen<T, W> {
    /// The condition holds.
    Done(T),
    /// Not yet; the value is printed when time runs out.
    Waiting(W),
    /// It can never hold: stop at once with this reason.
    Never(String),
}

/// Looks again and again until `look` is done, for at most `limit`.
pub async fn eventually<T, W: Debug>(
    what: &str,
    limit: Duration,
    mut look: impl AsyncFnMut() -> Seen<T, W>,
) -> Result<T> {
    let end = Instant::now() + limit;
    loop {
        let last = match look().await {
            Seen::Done(value) => return Ok(value),
            Seen::Never(reason) => bail!("{what} cannot happen any more: {reason}"),
            Seen::Waiting(last) => last,
        };
        if Instant::now() >= end {
            bail!("{what} did not happen within {limit:?}; last seen: {last:?}");
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Waits until `read` gives exactly `wanted`.
pub async fn eventually_equals<T: Debug + PartialEq>(
    what: &str,
    limit: Duration,
    wanted: &T,
    mut read: impl AsyncFnMut() -> T,
) -> Result<()> {
    let title = format!("{what} = {wanted:?}");
    eventually(&title, limit, async || {
        let value = read().await;
        if value == *wanted { Seen::Done(()) } else { Seen::Waiting(value) }
    })
    .await
}
