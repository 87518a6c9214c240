//! Bodies on their way in: how many arrive at the same time, how many bytes they hold, and which one goes first when there are
//! too many.
//!
//! One that arrives slowly gives its place to another: to hold many open costs whoever does it, and nobody else. Those of the
//! party that has most go first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::Problem;
use crate::limits;
use crate::peer::Party;
use crate::shares::{Exhausted, Share, Shares};

/// All of them.
#[derive(Debug, Clone)]
pub struct Bodies {
    arriving: Arc<Mutex<Arriving>>,
    shares: Shares,
    unpacking: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Arriving {
    next: u64,
    bodies: HashMap<u64, Body>,
}

#[derive(Debug)]
struct Body {
    party: Party,
    /// Its connection, where that is one peer's own.
    connection: Option<u64>,
    begun: u64,
    bytes: usize,
    leave: Arc<Notify>,
}

/// The place of a body that arrives.
#[derive(Debug)]
pub(super) struct Place {
    number: u64,
    arriving: Arc<Mutex<Arriving>>,
    leave: Arc<Notify>,
}

impl Bodies {
    /// At most so many bytes at a time.
    pub(super) fn new(bytes: usize) -> Self {
        let unpacking = Arc::new(Semaphore::new(limits::UNPACKING));
        Self { arriving: Arc::default(), shares: Shares::new(bytes), unpacking }
    }

    /// How many arrive.
    #[must_use]
    pub fn arriving(&self) -> usize {
        lock(&self.arriving).bodies.len()
    }

    /// Bytes that have arrived of them.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.shares.taken()
    }

    /// A place for a body, at `now`.
    ///
    /// # Errors
    /// When there is none, and no slow body that would make room.
    pub(super) fn place(&self, party: Party, connection: Option<u64>, now: u64) -> Result<Place, Problem> {
        let mut arriving = lock(&self.arriving);
        let count = |of: &dyn Fn(&Body) -> bool| arriving.bodies.values().filter(|body| of(body)).count();
        let of_connection = |body: &Body| connection.is_some() && body.connection == connection;
        let of_party = |body: &Body| body.party == party;
        let slow = if count(&of_connection) >= limits::BODIES_OF_CONNECTION {
            Some(arriving.slowest(&of_connection, now))
        } else if count(&of_party) >= limits::BODIES_OF_PEER {
            Some(arriving.slowest(&of_party, now))
        } else if arriving.bodies.len() >= limits::BODIES {
            Some(arriving.slowest_of_most(now))
        } else {
            None
        };
        match slow {
            Some(None) => return Err(Problem::busy()),
            Some(Some(number)) => arriving.send_away(number),
            None => {}
        }
        let (number, leave) = (arriving.next, Arc::new(Notify::new()));
        arriving.next += 1;
        let body = Body { party, connection, begun: now, bytes: 0, leave: Arc::clone(&leave) };
        arriving.bodies.insert(number, body);
        Ok(Place { number, arriving: Arc::clone(&self.arriving), leave })
    }

    /// Nothing yet, of the bytes that may arrive at the same time.
    pub(super) fn share(&self, party: Party) -> Share {
        self.shares.share(party)
    }

    /// The turn of a body to be decompressed; `None` when there are no more.
    pub(super) async fn unpacking(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.unpacking).acquire_owned().await.ok()
    }

    /// Counts bytes that arrived. Where there is no room for them, slow bodies are sent away, those that hold most first.
    ///
    /// # Errors
    /// When there is still none.
    pub(super) fn grow(&self, share: &mut Share, place: &Place, bytes: usize, now: u64) -> Result<(), Problem> {
        let mut arriving = lock(&self.arriving);
        if let Some(body) = arriving.bodies.get_mut(&place.number) {
            body.bytes = body.bytes.saturating_add(bytes);
        }
        match share.grow(bytes) {
            Ok(()) => Ok(()),
            Err(Exhausted) => {
                // Its bytes are back when its task has noticed; whoever comes next finds them.
                if let Some(number) = arriving.largest_slow(place.number, now) {
                    arriving.send_away(number);
                }
                Err(Problem::busy())
            }
        }
    }
}

impl Arriving {
    fn slow<'a>(&'a self, of: &dyn Fn(&Body) -> bool, now: u64) -> impl Iterator<Item = (&'a u64, &'a Body)> {
        let is_slow = move |body: &Body| now.saturating_sub(body.begun) >= limits::SLOW_BODY_NANOS;
        self.bodies.iter().filter(move |(_, body)| is_slow(body)).filter(|(_, body)| of(body))
    }

    fn slowest(&self, of: &dyn Fn(&Body) -> bool, now: u64) -> Option<u64> {
        self.slow(of, now).min_by_key(|(number, body)| (body.begun, **number)).map(|(number, _)| *number)
    }

    fn slowest_of_most(&self, now: u64) -> Option<u64> {
        let mut counts: HashMap<&Party, usize> = HashMap::new();
        self.slow(&|_| true, now).for_each(|(_, body)| *counts.entry(&body.party).or_default() += 1);
        let most = counts.into_iter().max_by_key(|(_, count)| *count).map(|(party, _)| party.clone())?;
        self.slowest(&|body| body.party == most, now)
    }

    fn largest_slow(&self, but: u64, now: u64) -> Option<u64> {
        let others = self.slow(&|_| true, now).filter(|(number, _)| **number != but);
        others.max_by_key(|(_, body)| body.bytes).map(|(number, _)| *number)
    }

    fn send_away(&mut self, number: u64) {
        if let Some(body) = self.bodies.remove(&number) {
            body.leave.notify_one();
        }
    }
}

impl Place {
    /// Resolves when the body must make room for others.
    pub(super) async fn sent_away(&self) {
        self.leave.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.arriving).bodies.remove(&self.number);
    }
}

fn lock(arriving: &Mutex<Arriving>) -> MutexGuard<'_, Arriving> {
    arriving.lock().unwrap_or_else(PoisonError::into_inner)
}
