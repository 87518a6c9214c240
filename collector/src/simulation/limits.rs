//! What bounds a rehearsal, in words: what was not seen, what is not recorded, and what is taken for granted.

use hogusu_access::{Age, Object, Policies, TODAY};

use crate::report::observed::Observed;
use crate::report::side::as_f64;

/// A period of which less than this share was observed is said to be so.
const SHARE: f64 = 0.99;

/// All that applies.
pub(super) fn limits(observed: &Observed, has_facts: bool, today: Option<&Policies>, after: &Policies) -> Vec<String> {
    let mut limits = vec![
        "what did not happen in the period, or passed no proxy that reports, is not rehearsed".to_owned(),
        "methods other than gRPC's, paths, headers, hosts and addresses of sources are not in a map: where they decide, it is undecidable".to_owned(),
    ];
    limits.push(
        "a count is that of one end, the destination's where it tells: the other may have counted more".to_owned(),
    );
    limits.push("of a service that is asked for by name the same is taken for all exchanges of its edge".to_owned());
    limits.extend(unobserved(observed));
    let silent = observed.completeness.proxies.silent.len();
    if silent > 0 {
        limits.push(format!("{silent} proxies fell silent or were never seen: what they saw is not rehearsed"));
    }
    if !has_facts {
        limits.push("facts of the edges could not be had whole: where an edge has several names, or refused exchanges, it is undecidable whose were let in".to_owned());
    }
    limits.push(if today.is_some() {
        "the policies of --current are taken to have been in force in the whole period".to_owned()
    } else {
        format!("{TODAY} are not known (--current): an ALLOW may be the first one or a further one")
    });
    limits.extend(today.and_then(|today| younger(observed, today)));
    if !after.is_mesh_given {
        let mesh = &after.mesh;
        limits.push(format!(
            "Istio's ConfigMap is not among the files: trust domain {}, root namespace {} and automatic mutual TLS are taken, as by default",
            mesh.trust_domain, mesh.root_namespace
        ));
    }
    limits
}

fn unobserved(observed: &Observed) -> Option<String> {
    let whole = as_f64(observed.to.0.saturating_sub(observed.from.0)) / 1e9;
    (observed.seconds < whole * SHARE).then(|| {
        format!(
            "anything was told of {:.0} s of the period's {whole:.0} s, in stretches of the map's length: what comes less often was perhaps not seen",
            observed.seconds
        )
    })
}

/// Policies that were made within the period.
fn younger(observed: &Observed, today: &Policies) -> Option<String> {
    let begin = i64::try_from(observed.from.0 / 1_000_000_000).unwrap_or(i64::MAX);
    let is_younger = |object: &&Object| matches!(object.age, Age::At(made) if made > begin);
    let count = today.objects().filter(is_younger).count();
    let first = today.objects().find(is_younger)?;
    Some(format!(
        "{count} policies of --current were made within the period, {} among them: what was seen before was seen without them",
        first.label()
    ))
}
