//! Whether to go on with an answer: whether anybody still waits for it, and whether it fits into what answers may take. What may take long asks in its
//! loops, and stops when not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::allowance::{Allowance, Drawn, Exceeded};

/// Asked by who works. By default the answer is wanted for ever, whatever it takes.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    given_up: Arc<AtomicBool>,
    drawn: Option<Arc<Drawn>>,
}

/// Drawn by who waits: when it is dropped, the answer is no longer wanted.
#[derive(Debug)]
pub struct Waiting {
    given_up: Arc<AtomicBool>,
}

/// Why an answer is not worked on any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unwanted {
    /// Nobody waits for it.
    #[error("nobody waits for the answer any more")]
    Left,
    /// It takes more memory than there is for it.
    #[error(transparent)]
    Exceeded(#[from] Exceeded),
}

impl Wanted {
    /// An answer that takes what it needs of this room.
    #[must_use]
    pub fn within(allowance: &Allowance) -> Self {
        Self { given_up: Arc::default(), drawn: Some(Arc::new(allowance.begin())) }
    }

    /// Part of the answer: wanted as long as all of it is, and what it takes is given back when it is done.
    #[must_use]
    pub fn part(&self) -> Self {
        let drawn = self.drawn.as_ref().map(|drawn| Arc::new(drawn.allowance().begin()));
        Self { given_up: Arc::clone(&self.given_up), drawn }
    }

    /// Makes the answer wanted only as long as the value lives that is returned.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        Waiting { given_up: Arc::clone(&self.given_up) }
    }

    /// Whether to go on.
    ///
    /// # Errors
    /// When nobody waits.
    pub fn check(&self) -> Result<(), Unwanted> {
        if self.given_up.load(Ordering::Relaxed) { Err(Unwanted::Left) } else { Ok(()) }
    }

    /// Whether to go on with so many bytes more in memory.
    ///
    /// # Errors
    /// When nobody waits, or there is no memory left for them.
    pub fn take(&self, bytes: u64) -> Result<(), Unwanted> {
        self.check()?;
        Ok(self.drawn.as_ref().map_or(Ok(()), |drawn| drawn.draw(bytes))?)
    }

    /// What the answer takes, for who keeps it; `None` where nobody counts.
    #[must_use]
    pub fn drawn(&self) -> Option<Arc<Drawn>> {
        self.drawn.clone()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.given_up.store(true, Ordering::Relaxed);
    }
}
