//! What a change of RequestAuthentications may refuse: a token that nobody looked at is then proven, and who sends an invalid one is refused,
//! whatever else is in force. What tokens requests carry is never recorded.

use crate::attachment::attaches;
use crate::call::Chain;
use crate::policies::{Policies, RequestAuthentication};
use crate::rehearsal::{Because, Effect, EffectKind, Seen};
use crate::truth::{Missing, Truth};

/// Requests that a RequestAuthentication that is new, or another than it was, perhaps refuses.
pub(crate) fn unproven(seen: &Seen, today: Option<&Policies>, after: &Policies) -> Option<Effect> {
    let count = seen.admitted.values().copied().fold(seen.unclear, u64::saturating_add);
    if count == 0 || seen.call.chain == Some(Chain::Tcp) || seen.server.has_proxy == Some(false) {
        return None;
    }
    let is_kept =
        |one: &RequestAuthentication, today: &Policies| today.requests.iter().any(|old| old.means_the_same(one));
    let is_new = |one: &&RequestAuthentication| today.is_none_or(|today| !is_kept(one, today));
    let is_about = |one: &&RequestAuthentication| {
        attaches(&one.object, &one.target, &seen.server.workload, &seen.call, &after.mesh) != Truth::No
    };
    let one = after.requests.iter().filter(is_new).find(is_about)?;
    let missing = Missing::from(["validity of the requests' tokens".to_owned()]);
    let because = Because::Token { policy: one.object.label(), place: one.object.place.clone() };
    Some(Effect { kind: EffectKind::Breaks, missing, because, wire: None, principal: None, count })
}
