//! Three values, as Kleene has them: what is not known stays not known until something else decides, and then it is said what is missing.

use crate::words::Cause;

/// True, false, or not to be told for want of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// This is missing.
    Unknown(Cause),
}

impl Truth {
    /// Of what is known.
    #[must_use]
    pub const fn of(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }

    /// Both; the first thing that is missing is named.
    #[must_use]
    pub fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::False => Self::False,
            Self::True => other(),
            Self::Unknown(_) => match other() {
                Self::False => Self::False,
                Self::True | Self::Unknown(_) => self,
            },
        }
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: impl FnOnce() -> Self) -> Self {
        self.not().and(|| other().not()).not()
    }

    /// The contrary; of what is not known nothing is known.
    #[must_use]
    pub const fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown(missing) => Self::Unknown(missing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNKNOWN: Truth = Truth::Unknown(Cause::Zone);
    const ALL: [Truth; 3] = [Truth::False, UNKNOWN, Truth::True];

    const fn rank(truth: Truth) -> u8 {
        match truth {
            Truth::False => 0,
            Truth::Unknown(_) => 1,
            Truth::True => 2,
        }
    }

    #[test]
    fn and_is_the_least_and_or_the_greatest() {
        for a in ALL {
            for b in ALL {
                assert_eq!(rank(a.and(|| b)), rank(a).min(rank(b)), "{a:?} and {b:?}");
                assert_eq!(rank(a.or(|| b)), rank(a).max(rank(b)), "{a:?} or {b:?}");
            }
        }
    }

    #[test]
    fn the_contrary_of_the_unknown_is_unknown() {
        assert_eq!(UNKNOWN.not(), UNKNOWN);
        assert_eq!(Truth::True.not(), Truth::False);
    }
}
