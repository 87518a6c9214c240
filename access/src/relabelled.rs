//! Pods that a change gives other labels: which policies are about them then was not observed.

use std::collections::BTreeMap;

use crate::authorization::Target;
use crate::object::{Object, Place};
use crate::policies::{Kind, Policies};
use crate::rehearsal::{Because, Effect, EffectKind};
use crate::seen::Seen;
use crate::truth::Missing;

/// What is missing of pods that a change changes.
pub(crate) const BECOMES: &str = "what the change makes of the destination's pods";

/// What may happen where a policy selects pods by their new labels and not by those of today, or the other way round.
pub(crate) fn relabelled(seen: &Seen, after: &Policies) -> Vec<Effect> {
    let Some((policy, place)) = seen.becomes.is_some().then(|| reselecting(seen, after)).flatten() else {
        return Vec::new();
    };
    let all = seen.counted.values().copied().fold(seen.unclear, u64::saturating_add);
    let affected = [(EffectKind::Breaks, seen.let_in(all).most), (EffectKind::Opens, seen.denied)];
    let of = |(kind, count): (EffectKind, u64)| Effect {
        kind,
        missing: Missing::from([BECOMES.to_owned()]),
        because: Because::Labels { policy: policy.clone(), place: place.clone() },
        wire: seen.only_wire(),
        principal: seen.only_principal(),
        count,
    };
    affected.into_iter().filter(|(_, count)| *count > 0).map(of).collect()
}

/// The first policy that is about other pods then.
fn reselecting(seen: &Seen, after: &Policies) -> Option<(String, Place)> {
    let labels = seen.becomes.as_ref()?;
    let workload = &seen.server.workload;
    let is_other = |object: &Object, selector: &BTreeMap<String, String>| {
        let is_near = object.namespace == workload.namespace || object.namespace == after.mesh.root_namespace;
        is_near && labels.selected_by(selector) != workload.selected_by(selector)
    };
    let of_target = |object: &Object, target: &Target| match target {
        Target::Labels(labels) => is_other(object, labels),
        Target::References(_) => false,
    };
    let named = |kind: Kind, object: &Object| (format!("{} {}", kind.as_str(), object.label()), object.place.clone());
    let authorization = after.authorizations.iter().find(|one| of_target(&one.object, &one.target));
    let peer = after.peers.iter().find(|one| is_other(&one.object, &one.selector));
    let request = after.requests.iter().find(|one| of_target(&one.object, &one.target));
    authorization
        .map(|one| named(Kind::AuthorizationPolicy, &one.object))
        .or_else(|| peer.map(|one| named(Kind::PeerAuthentication, &one.object)))
        .or_else(|| request.map(|one| named(Kind::RequestAuthentication, &one.object)))
}

/// What is missing of ends that a change changes in what no policy selects by.
pub(crate) fn changed(what: &str) -> String {
    format!("what the change makes of {what}")
}

/// What may happen where a change changes pods in what no policy selects by: whether they have a proxy, and which name it shows.
pub(crate) fn remade(seen: &Seen) -> Option<Effect> {
    let all = seen.counted.values().copied().fold(seen.unclear, u64::saturating_add);
    let count = seen.let_in(all).most;
    let what = seen.remade.first().filter(|_| count > 0)?;
    Some(Effect {
        kind: EffectKind::Breaks,
        missing: Missing::from([changed(what)]),
        because: Because::Pods(what.clone()),
        wire: seen.only_wire(),
        principal: seen.only_principal(),
        count,
    })
}
