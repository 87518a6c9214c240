//! Classes by the names that scripts give them.

use hogusu_model::AnsweredBy::{Application, LocalProxy, Nobody, Upstream};
use hogusu_model::Outcome;

use crate::exact::plan::Class;

/// What the application's answers are to the source, and to the destination.
pub const OK: Class = (Outcome::Ok, Upstream);
pub const OK_THERE: Class = (Outcome::Ok, Application);
pub const BLAMED: Class = (Outcome::ClientError, Upstream);
pub const BLAMED_THERE: Class = (Outcome::ClientError, Application);
pub const BROKEN: Class = (Outcome::ServerError, Upstream);
pub const BROKEN_THERE: Class = (Outcome::ServerError, Application);
/// The application went away, and its proxy said so.
pub const RESET: Class = (Outcome::ResetBeforeHeaders, LocalProxy);
pub const CUT: Class = (Outcome::ResetAfterHeaders, Upstream);
pub const CUT_THERE: Class = (Outcome::ResetAfterHeaders, Application);
pub const TIMED_OUT: Class = (Outcome::Timeout, LocalProxy);
pub const LEFT: Class = (Outcome::ClientGone, Nobody);
pub const UNANSWERED: Class = (Outcome::Unanswered, Nobody);
pub const DENIED: Class = (Outcome::Denied, LocalProxy);
pub const REFUSED: Class = (Outcome::ConnectFailure, LocalProxy);
/// An attempt on a port that nobody listens on.
pub const REFUSED_ATTEMPT: Class = unanswered(REFUSED);
/// An attempt beyond its own limit of time.
pub const TRY_TIMED_OUT: Class = unanswered(TIMED_OUT);
pub const UNTRUSTED: Class = (Outcome::TlsFailure, LocalProxy);
pub const NOBODY_THERE: Class = (Outcome::NoHealthyUpstream, LocalProxy);
pub const NO_ROUTE: Class = (Outcome::NoRoute, LocalProxy);
pub const TOO_MANY: Class = (Outcome::Overflow, LocalProxy);
/// The source's proxy answers itself, as its route says.
pub const OWN_ANSWER: Class = (Outcome::ClientError, LocalProxy);

/// An attempt to which there was no answer: what the proxy then tells its downstream belongs to the request.
pub const fn unanswered((outcome, _): Class) -> Class {
    (outcome, Nobody)
}
