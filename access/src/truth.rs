//! Answers in three values, by Kleene's tables. What is not known names the fields that are missing; nothing is ever guessed.

use std::collections::BTreeSet;

/// Names of fields that are not recorded, as policies call them.
pub type Missing = BTreeSet<String>;

/// Yes, no, or not to be known without these fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// It depends on these.
    Unknown(Missing),
}

impl Truth {
    /// It depends on this field.
    #[must_use]
    pub fn unknown(field: impl Into<String>) -> Self {
        Self::Unknown(Missing::from([field.into()]))
    }

    /// One `no` makes it no; else what is unknown stays.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, other) | (other, Self::Yes) => other,
            (Self::Unknown(one), Self::Unknown(other)) => Self::Unknown(&one | &other),
        }
    }

    /// One `yes` makes it yes; else what is unknown stays.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        !(!self).and(!other)
    }

    /// All of them; yes of none.
    pub fn all(of: impl IntoIterator<Item = Self>) -> Self {
        let mut so_far = Self::Yes;
        for one in of {
            so_far = so_far.and(one);
            if so_far == Self::No {
                break;
            }
        }
        so_far
    }

    /// At least one of them; no of none.
    pub fn any(of: impl IntoIterator<Item = Self>) -> Self {
        !Self::all(of.into_iter().map(|one| !one))
    }
}

impl From<bool> for Truth {
    fn from(is_so: bool) -> Self {
        if is_so { Self::Yes } else { Self::No }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            unknown @ Self::Unknown(_) => unknown,
        }
    }
}
