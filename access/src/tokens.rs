//! What a change of RequestAuthentications may refuse: a token that nobody looked at is then proven, and who sends an invalid one is refused,
//! whatever else is in force. What tokens requests carry is never recorded.

use crate::attachment::attaches;
use crate::call::Chain;
use crate::policies::{Policies, RequestAuthentication};
use crate::rehearsal::{Because, Effect, EffectKind};
use crate::seen::Seen;
use crate::truth::{Missing, Truth};

/// Requests that a RequestAuthentication that is new, or another than it was, perhaps refuses.
pub(crate) fn unproven(seen: &Seen, today: Option<&Policies>, after: &Policies) -> Option<Effect> {
    let all = seen.counted.values().copied().fold(seen.unclear, u64::saturating_add);
    let count = seen.let_in(all).most;
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
    let (wire, principal) = (seen.only_wire(), seen.only_principal());
    Some(Effect { kind: EffectKind::Breaks, missing, because, wire, principal, count })
}

/// Requests that a RequestAuthentication perhaps refused, which goes, or becomes another.
pub(crate) fn unasked(seen: &Seen, today: Option<&Policies>, after: &Policies) -> Option<Effect> {
    let is_kept = |one: &RequestAuthentication| after.requests.iter().any(|new| new.means_the_same(one));
    let is_about = |one: &RequestAuthentication| {
        attaches(&one.object, &one.target, &seen.server.workload, &seen.call, &after.mesh) != Truth::No
    };
    let today = today.filter(|_| seen.call.chain != Some(Chain::Tcp))?;
    let one = today.requests.iter().find(|one| !is_kept(one) && is_about(one))?;
    let missing = Missing::from(["validity of the requests' tokens".to_owned()]);
    let because = Because::Token { policy: one.object.label(), place: one.object.place.clone() };
    Some(Effect { kind: EffectKind::Opens, missing, because, wire: None, principal: None, count: seen.denied })
}
