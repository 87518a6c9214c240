//! A change of the mesh's trust domain: certificates get other names, one by one as they are renewed, and policies are written for both.

use crate::call::Peer;
use crate::identity::parts;
use crate::policies::Policies;
use crate::rehearsal::{Because, Effect, EffectKind};
use crate::seen::Seen;
use crate::truth::Missing;
use crate::verdict::Verdict;
use crate::wire::Wire;

const NAMES: &str = "names of certificates after the trust domain's change";

/// The trust domain before and after, where a change changes it.
fn domains<'a>(today: Option<&'a Policies>, after: &'a Policies) -> Option<(&'a str, &'a str)> {
    let before = today?.mesh.trust_domain.as_str();
    let then = after.mesh.trust_domain.as_str();
    (before != then).then_some((before, then))
}

/// Nothing that rests on a name is certain while names change.
pub(crate) fn doubt_of_names(effect: &mut Effect, today: Option<&Policies>, after: &Policies) {
    if domains(today, after).is_some() && matches!(effect.because, Because::Verdict(_)) {
        effect.missing.insert(NAMES.to_owned());
    }
}

/// What may happen to those who ask under their new names.
pub(crate) fn renamed(seen: &Seen, today: Option<&Policies>, after: &Policies) -> Vec<Effect> {
    let Some((before, then)) = domains(today, after) else { return Vec::new() };
    let count = seen.let_in(seen.counted.get(&Wire::MutualTls).copied().unwrap_or_default()).most;
    let names = if seen.principals.is_empty() || seen.has_unnamed { vec![None] } else { Vec::new() };
    let named = seen.principals.iter().filter_map(|name| parts(name)).filter(|[domain, _, _]| *domain == before);
    let named = named.map(|[_, namespace, account]| Some(format!("spiffe://{then}/ns/{namespace}/sa/{account}")));
    let of = |name: Option<String>| {
        let call = seen.call_of(name.clone().map(Peer::Certificate));
        let is_refused = !matches!(after.decide(&seen.server.workload, &call), Verdict::Allowed(_));
        (is_refused && count > 0).then(|| Effect {
            kind: EffectKind::Breaks,
            missing: Missing::from([NAMES.to_owned()]),
            because: Because::TrustDomain(then.to_owned()),
            wire: Some(Wire::MutualTls),
            principal: name,
            count,
        })
    };
    named.chain(names).filter_map(of).collect()
}
