//! Who a body says that it is from, read as far as it can be: for people, where the body itself is refused.

use crate::names::resource as name;
use crate::read::{Any, Fields, key_value};

/// What a body claims of its sender. Nothing of it is verified, and each may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claim {
    /// `service.instance.id`.
    pub sender: String,
    /// Envoy's node id.
    pub proxy: String,
    /// Namespace.
    pub namespace: String,
    /// Workload.
    pub workload: String,
    /// Pod.
    pub pod: String,
}

/// Reads it; what cannot be read is left out.
#[must_use]
pub fn claim(body: &[u8]) -> Claim {
    let mut claim = Claim::default();
    let resource = first(body, 1).and_then(|resource_metrics| first(resource_metrics, 1));
    let mut fields = Fields::of(resource.unwrap_or_default());
    while let Ok(Some((number, field))) = fields.next() {
        if number != 1 {
            continue;
        }
        let Ok((key, Any::Text(text))) = field.bytes().and_then(key_value) else { continue };
        let place = match key {
            name::INSTANCE => &mut claim.sender,
            name::PROXY => &mut claim.proxy,
            name::NAMESPACE => &mut claim.namespace,
            name::WORKLOAD => &mut claim.workload,
            name::POD => &mut claim.pod,
            _ => continue,
        };
        text.clone_into(place);
    }
    claim
}

/// The first field of this number that is a message.
fn first(message: &[u8], wanted: u32) -> Option<&[u8]> {
    let mut fields = Fields::of(message);
    while let Ok(Some((number, field))) = fields.next() {
        if number == wanted {
            return field.bytes().ok();
        }
    }
    None
}
