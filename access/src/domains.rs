//! Where Istio's ConfigMap is not given, the mesh's trust domain is taken to be the default. A name that was seen may show another one, which
//! Istio then puts in the place of `cluster.local` in policies: both are tried, and what they differ in is not certain.

use crate::identity::parts;
use crate::policies::Policies;
use crate::rehearsal::Effect;
use crate::seen::Seen;

const MESH: &str = "Istio's ConfigMap (trustDomain, trustDomainAliases)";

/// A trust domain that was seen and that nobody gives.
fn unknown(seen: &Seen, all: &[&Policies]) -> Option<String> {
    let is_known = |domain: &str| {
        let knows = |policies: &Policies| policies.mesh.trust_domains().any(|known| known == domain);
        all.iter().all(|policies| policies.is_mesh_given || knows(policies))
    };
    let mut seen = seen.principals.iter().filter_map(|name| parts(name)).map(|[domain, _, _]| domain);
    seen.find(|domain| !is_known(domain)).map(str::to_owned)
}

/// What follows under the trust domain that is assumed, and where names show another, under that one.
pub(crate) fn under_each(
    seen: &Seen,
    (today, after): (Option<&Policies>, &Policies),
    follows: impl Fn(Option<&Policies>, &Policies) -> Vec<Effect>,
) -> Vec<Effect> {
    let effects = follows(today, after);
    let all: Vec<&Policies> = today.into_iter().chain([after]).collect();
    let Some(domain) = unknown(seen, &all) else { return effects };
    let others = follows(today.map(|today| today.in_domain(&domain)).as_ref(), &after.in_domain(&domain));
    let mut all: Vec<Effect> = others.iter().filter(|one| !effects.contains(one)).cloned().collect();
    let differing = effects.iter().filter(|one| !others.contains(one)).cloned();
    all.extend(differing);
    for effect in &mut all {
        effect.missing.insert(MESH.to_owned());
    }
    all.dedup();
    effects.into_iter().filter(|one| others.contains(one)).chain(all).collect()
}
