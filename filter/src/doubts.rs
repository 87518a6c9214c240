//! Requests whose source is in doubt: their address was named by a header, and the connection's own is not known yet. The next
//! request on the same connection may show it; until then, or the end of the flush interval, they wait here, a few at a time.

use hogusu_model::Exemplar;

use crate::exchange::Measured;
use crate::recorder::Pick;

/// Requests that may wait.
const MAX: usize = 64;

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
    waiting: Vec<Doubt>,
}

impl Doubts {
    /// Lets a request wait; the one that has waited longest, where there are too many.
    pub(crate) fn wait(&mut self, doubt: Doubt) -> Option<Doubt> {
        let oldest = (self.waiting.len() >= MAX).then(|| self.waiting.remove(0));
        self.waiting.push(doubt);
        oldest
    }

    /// Those of a connection, none of which waits any more.
    pub(crate) fn of(&mut self, connection: u64) -> Vec<Doubt> {
        self.waiting.extract_if(.., |doubt| doubt.connection == connection).collect()
    }

    /// All of them.
    pub(crate) fn all(&mut self) -> Vec<Doubt> {
        std::mem::take(&mut self.waiting)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}
