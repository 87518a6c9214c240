//! A slot: a fixed stretch of event time in the collector. A batch belongs to the slot its start falls into.

/// Width of a slot in nanoseconds: 10 s.
pub const SLOT_NANOS: u64 = 10_000_000_000;

/// A slot, by its start in units of [`SLOT_NANOS`] since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u64);

impl Slot {
    /// The slot that holds the instant `nanos` since the epoch.
    #[must_use]
    pub const fn of(nanos: u64) -> Self {
        Self(nanos / SLOT_NANOS)
    }

    /// Start of the slot, nanoseconds since the epoch.
    #[must_use]
    pub const fn start(self) -> u64 {
        self.0.saturating_mul(SLOT_NANOS)
    }

    /// End of the slot, exclusive.
    #[must_use]
    pub const fn end(self) -> u64 {
        self.start().saturating_add(SLOT_NANOS)
    }
}
