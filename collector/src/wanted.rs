//! Whether anybody still waits for an answer. What may take long asks in its loops, and stops when nobody does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asked by who works. By default the answer is wanted for ever.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    given_up: Arc<AtomicBool>,
}

/// Held by who waits: when it is dropped, the answer is no longer wanted.
#[derive(Debug)]
pub struct Waiting {
    given_up: Arc<AtomicBool>,
}

/// Nobody waits for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nobody waits for the answer any more")]
pub struct Unwanted;

impl Wanted {
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
        if self.given_up.load(Ordering::Relaxed) { Err(Unwanted) } else { Ok(()) }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.given_up.store(true, Ordering::Relaxed);
    }
}
