//! Where what was seen speaks against what is said to be in force: then that is not all that was, or not for the whole time.

use crate::call::Call;
use crate::foreseen::because_of_wire;
use crate::peer::{Mode, standing};
use crate::policies::Policies;
use crate::possible::Possible;
use crate::rehearsal::{Because, Effect, EffectKind, Seen, peers};
use crate::truth::Missing;
use crate::verdict::Verdict;
use crate::wire::Wire;

/// What was seen and certainly could not be under these policies, and what could not have been refused.
#[must_use]
pub fn contradicts(seen: &Seen, today: &Policies) -> Vec<Effect> {
    let mut found = Vec::new();
    let at = |peer| today.decide(&seen.server.workload, &Call { peer, ..seen.call.clone() });
    let of = |kind, verdict, wire, count| Effect {
        kind,
        missing: Missing::new(),
        because: Because::Verdict(verdict),
        wire,
        principal: None,
        count,
    };
    for (&wire, &count) in seen.admitted.iter().filter(|(_, count)| **count > 0) {
        let verdicts: Vec<Verdict> = peers(seen, Some(wire)).into_iter().map(at).collect();
        if let Some(verdict) = verdicts.iter().find(|one| matches!(one, Verdict::Denied(_)))
            && verdicts.iter().all(|one| matches!(one, Verdict::Denied(_)))
        {
            found.push(of(EffectKind::Breaks, verdict.clone(), Some(wire), count));
        }
        let mode = standing(&today.peers, &seen.server.workload, seen.server.port, &today.mesh).mode;
        if seen.server.has_proxy == Some(true) && wire == Wire::Plaintext && mode.known() == Some(&Mode::Strict) {
            let because = because_of_wire(seen, &Possible::only(Wire::Refused), today);
            let missing = Missing::new();
            let kind = EffectKind::Breaks;
            found.push(Effect { kind, missing, because, wire: Some(wire), principal: None, count });
        }
    }
    if seen.denied > 0 {
        let verdicts: Vec<Verdict> = peers(seen, None).into_iter().map(at).collect();
        let is_allowed = |one: &Verdict| matches!(one, Verdict::Allowed(_));
        if let Some(verdict) = verdicts.first().filter(|_| verdicts.iter().all(is_allowed)) {
            found.push(of(EffectKind::Opens, verdict.clone(), None, seen.denied));
        }
    }
    found
}
