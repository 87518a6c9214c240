//! What was on the wire: who authenticated, and by which version of TLS.

use super::{Told, Word};
use crate::rule::{Floor, Side};
use crate::words::Cause;

/// A source sees that the server authenticated; whether the client had to, the destination alone. So a source's word can show that something
/// was violating, and never that it was compliant.
pub(super) fn mutual_tls(told: Told<'_>) -> Word {
    match (told.class.security.as_str(), told.by) {
        ("plaintext", _) => Word::Violating(Cause::Plaintext),
        ("mutual_tls", Side::Destination) => Word::Compliant,
        ("tls", Side::Destination) => Word::Violating(Cause::OneWayTls),
        ("mutual_tls" | "tls", Side::Source) => Word::Undecidable(Cause::ClientAuthentication),
        ("application_tls", _) => Word::Undecidable(Cause::ApplicationTls),
        _ => Word::Undecidable(Cause::Security),
    }
}

/// Both ends see the version that they agreed on.
pub(super) fn minimum_version(told: Told<'_>, floor: Floor) -> Word {
    match told.class.security.as_str() {
        "plaintext" => return Word::Violating(Cause::Plaintext),
        "application_tls" => return Word::Undecidable(Cause::ApplicationTls),
        "mutual_tls" | "tls" => {}
        _ => return Word::Undecidable(Cause::Security),
    }
    let newer = |is: bool| if is { Word::Compliant } else { Word::Violating(Cause::TlsTooOld) };
    match told.class.tls_version.as_str() {
        "TLSv1.3" => Word::Compliant,
        "TLSv1.2" => newer(floor <= Floor::V1_2),
        "TLSv1" | "TLSv1.1" => newer(false),
        _ => Word::Undecidable(Cause::TlsVersion),
    }
}
