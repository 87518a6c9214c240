//! Where what was seen speaks against what is said to be in force: then that is not all that was, or not for the whole time.

use crate::domains::under_each;
use crate::foreseen::because_of_wire;
use crate::opened::WHAT_REFUSED;
use crate::peer::{Mode, standing};
use crate::policies::Policies;
use crate::possible::Possible;
use crate::rehearsal::{Because, Effect, EffectKind};
use crate::seen::Seen;
use crate::truth::Missing;
use crate::verdict::Verdict;
use crate::wire::Wire;
use crate::workload::Proxy;

/// What was seen and certainly could not be under these policies; and what they could not have refused, where something else perhaps did.
#[must_use]
pub fn contradicts(seen: &Seen, today: &Policies) -> Vec<Effect> {
    let mut found = under_each(seen, (None, today), |_, today| under(seen, today));
    for effect in &mut found {
        effect.missing.extend(seen.doubts.iter().cloned());
    }
    found
}

fn under(seen: &Seen, today: &Policies) -> Vec<Effect> {
    let mut found = Vec::new();
    let of =
        |kind, because, wire, count| Effect { kind, missing: Missing::new(), because, wire, principal: None, count };
    for (&wire, &count) in seen.counted.iter().filter(|(_, count)| **count > 0) {
        let least = seen.let_in(count).least;
        if let Some(verdict) = barred(seen, wire, today).filter(|_| least > 0) {
            found.push(of(EffectKind::Breaks, Because::Verdict(verdict), Some(wire), least));
        }
        // A gateway takes its TLS from its own object, and what goes through a tunnel is mutual TLS.
        let is_sidecar = seen.server.has_proxy == Some(true) && seen.server.workload.proxy == Proxy::Sidecar;
        let mode = standing(&today.peers, &seen.server.workload, seen.server.port, &today.mesh).mode;
        if is_sidecar && wire == Wire::Plaintext && mode.known() == Some(&Mode::Strict) {
            let because = because_of_wire(seen, &Possible::only(Wire::Refused), today);
            found.push(of(EffectKind::Breaks, because, Some(wire), count));
        }
    }
    if seen.denied > 0 {
        let at = |peer| today.decide(&seen.server.workload, &seen.call_of(peer));
        let verdicts: Vec<Verdict> = seen.peers_refused().into_iter().map(at).collect();
        let is_allowed = |one: &Verdict| matches!(one, Verdict::Allowed(_));
        if let Some(verdict) = verdicts.first().filter(|_| verdicts.iter().all(is_allowed)) {
            let mut effect = of(EffectKind::Opens, Because::Verdict(verdict.clone()), None, seen.denied);
            effect.missing.insert(WHAT_REFUSED.to_owned());
            found.push(effect);
        }
    }
    found
}

/// Why policies certainly refuse whoever asks over such a connection; `None` where they perhaps do not.
pub(crate) fn barred(seen: &Seen, wire: Wire, policies: &Policies) -> Option<Verdict> {
    let at = |peer| policies.decide(&seen.server.workload, &seen.call_of(peer));
    let verdicts: Vec<Verdict> = seen.peers(wire).into_iter().map(at).collect();
    let is_all = verdicts.iter().all(|one| matches!(one, Verdict::Denied(_)));
    verdicts.into_iter().next().filter(|_| is_all)
}
