//! Whose turn it is: how many questions are worked on, how many wait and for how long, and how many one party may have.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::answer::Problem;
use crate::limits;
use crate::peer::Party;
use crate::telemetry::{Metric, Telemetry};

/// All of them.
#[derive(Debug, Clone)]
pub(super) struct Turns {
    at_once: Arc<Semaphore>,
    long: Arc<Semaphore>,
    places: Arc<Semaphore>,
    parties: Arc<Mutex<HashMap<Party, usize>>>,
    telemetry: Arc<Telemetry>,
    wait: Duration,
}

/// A question's turn. It belongs to who works on it, not to who waits for the answer: as long as there is work, it is taken.
#[derive(Debug)]
pub(super) struct Turn {
    _place: Place,
    _long: Option<OwnedSemaphorePermit>,
    _at_once: OwnedSemaphorePermit,
    telemetry: Arc<Telemetry>,
}

/// A place among those that are worked on or wait.
#[derive(Debug)]
struct Place {
    party: Party,
    parties: Arc<Mutex<HashMap<Party, usize>>>,
    _one_of_all: OwnedSemaphorePermit,
}

impl Turns {
    pub(super) fn new(telemetry: Arc<Telemetry>, wait: Duration) -> Self {
        Self {
            at_once: Arc::new(Semaphore::new(limits::QUESTIONS_AT_ONCE)),
            long: Arc::new(Semaphore::new(limits::LONG_QUESTIONS_AT_ONCE)),
            places: Arc::new(Semaphore::new(limits::QUESTIONS)),
            parties: Arc::default(),
            telemetry,
            wait,
        }
    }

    /// Waits for the turn of a question about a period of so many nanoseconds.
    pub(super) async fn take(&self, party: Party, length: u64) -> Result<Turn, Problem> {
        let place = self.place(party).ok_or_else(|| self.busy("more questions wait than are answered soon"))?;
        let is_long = length > limits::LONG_QUESTION_NANOS;
        let turn = async {
            // First among the long ones: while one waits there, it keeps no short one waiting.
            let long = if is_long { Some(Arc::clone(&self.long).acquire_owned().await?) } else { None };
            Ok((long, Arc::clone(&self.at_once).acquire_owned().await?))
        };
        let (long, at_once) = tokio::time::timeout(self.wait, turn)
            .await
            .map_err(|_late| self.busy("the questions before this one take too long"))?
            .map_err(|_closed: tokio::sync::AcquireError| Problem::unavailable("the collector is stopping"))?;
        self.telemetry.add(Metric::Questions, 1);
        Ok(Turn { _place: place, _long: long, _at_once: at_once, telemetry: Arc::clone(&self.telemetry) })
    }

    fn place(&self, party: Party) -> Option<Place> {
        let one_of_all = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let mut parties = self.parties.lock().unwrap_or_else(PoisonError::into_inner);
        let of_party = parties.entry(party.clone()).or_default();
        if *of_party >= limits::QUESTIONS_OF_PEER {
            return None;
        }
        *of_party += 1;
        Some(Place { party, parties: Arc::clone(&self.parties), _one_of_all: one_of_all })
    }

    fn busy(&self, message: &str) -> Problem {
        self.telemetry.add(Metric::QuestionsRefused, 1);
        Problem::busy(message)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.telemetry.subtract(Metric::Questions, 1);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut parties = self.parties.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_party) = parties.get_mut(&self.party) {
            *of_party -= 1;
            if *of_party == 0 {
                parties.remove(&self.party);
            }
        }
    }
}
