//! JSON whose bytes depend on nothing but its content: the specification's types keep labels in hash maps.

use serde::Serialize;

use crate::Error;

/// Keys in alphabetical order, indented.
pub(crate) fn bytes(document: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut value = serde_json::to_value(document)?;
    value.sort_all_objects();
    let mut bytes = serde_json::to_vec_pretty(&value)?;
    bytes.push(b'\n');
    Ok(bytes)
}
