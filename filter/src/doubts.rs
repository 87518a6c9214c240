//! Requests whose source is in doubt: their address was named by a header, and the connection's own is not known yet. The next
//! request on the same connection may show it; until then, or the end of the flush interval, they wait here, a few at a time.

use std::collections::VecDeque;

use hogusu_model::Exemplar;

use crate::exchange::Measured;
use crate::recorder::Pick;

/// Requests that may wait: beyond, the oldest counts as of an unknown source (docs/configuration.md says so).
const MAX: usize = 512;

/// A request that waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doubt {
    /// Its connection's id.
    pub(crate) connection: u64,
    /// On an edge without a source, where it counts when nothing more is learnt.
    pub(crate) pick: Pick,
    pub(crate) measured: Measured,
    pub(crate) exemplar: Option<Exemplar>,
}

#[derive(Debug, Default)]
pub(crate) struct Doubts {
    /// The oldest first.
    waiting: VecDeque<Doubt>,
}

impl Doubts {
    /// Lets a request wait; the one that has waited longest, where there are too many.
    pub(crate) fn wait(&mut self, doubt: Doubt) -> Option<Doubt> {
        let oldest = if self.waiting.len() >= MAX { self.waiting.pop_front() } else { None };
        self.waiting.push_back(doubt);
        oldest
    }

    /// Those of a connection, none of which waits any more.
    pub(crate) fn of(&mut self, connection: u64) -> VecDeque<Doubt> {
        let (found, others) = self.all().into_iter().partition(|doubt| doubt.connection == connection);
        self.waiting = others;
        found
    }

    /// All of them.
    pub(crate) fn all(&mut self) -> VecDeque<Doubt> {
        std::mem::take(&mut self.waiting)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}
