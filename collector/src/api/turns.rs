//! Whose turn it is: how many questions are worked on, how many wait and for how long, and how many one party may have.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::answer::Problem;
use super::places::{Place, Places};
use crate::limits;
use crate::peer::Party;
use crate::telemetry::{Metric, Telemetry};

/// All of them.
#[derive(Debug, Clone)]
pub(super) struct Turns {
    at_once: Arc<Semaphore>,
    long: Arc<Semaphore>,
    /// Of those that are worked on or wait.
    places: Places,
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

impl Turns {
    pub(super) fn new(telemetry: Arc<Telemetry>, wait: Duration) -> Self {
        Self {
            at_once: Arc::new(Semaphore::new(limits::QUESTIONS_AT_ONCE)),
            long: Arc::new(Semaphore::new(limits::LONG_QUESTIONS_AT_ONCE)),
            places: Places::new(limits::QUESTIONS, limits::QUESTIONS_OF_PEER),
            telemetry,
            wait,
        }
    }

    /// Waits for the turn of a question about a period of so many nanoseconds.
    pub(super) async fn take(&self, party: Party, length: u64) -> Result<Turn, Problem> {
        let place = self.places.take(party).ok_or_else(|| self.busy("more questions wait than are answered soon"))?;
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
