//! What a window takes of what questions may take, as long as it lives.

use crate::allowance::{Drawn, Exceeded};
use crate::wanted::Wanted;

/// What it takes.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// `None` where nobody counts.
    drawn: Option<Drawn>,
    bytes: u64,
}

impl Room {
    /// Room where this question has its own.
    pub(super) fn beside(wanted: &Wanted) -> Self {
        Self { drawn: wanted.drawn().map(|drawn| drawn.allowance().begin()), bytes: 0 }
    }

    /// Something takes so many bytes in place of so many.
    pub(super) fn change(&mut self, before: u64, after: u64) -> Result<(), Exceeded> {
        self.bytes = self.bytes.saturating_sub(before).saturating_add(after);
        let missing = |drawn: &Drawn| self.bytes.saturating_sub(drawn.bytes());
        self.drawn.as_ref().filter(|drawn| missing(drawn) > 0).map_or(Ok(()), |drawn| drawn.draw(missing(drawn)))
    }

    /// Gives back what is not needed any more.
    pub(super) fn give_back(&self) {
        if let Some(drawn) = &self.drawn {
            drawn.keep(self.bytes);
        }
    }

    /// Gives back everything.
    pub(super) fn empty(&mut self) {
        self.bytes = 0;
        self.give_back();
    }
}
