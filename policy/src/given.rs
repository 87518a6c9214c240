//! What a file gives must be something: a list of nothing and a field with nothing after it are slips that would widen or empty what they stand in.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A list with something in it.
///
/// # Errors
/// When nothing is.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let list = Vec::deserialize(from)?;
    if list.is_empty() {
        return Err(D::Error::custom(
            "an empty list selects nothing and looks as if it did: leave the field away, or write an entry",
        ));
    }
    Ok(list)
}

/// A field that may be left away, and is something where it is not.
///
/// # Errors
/// When it is nothing.
pub(crate) fn field<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}
