//! What was refused and perhaps would be let in. Nothing of it is certain: a map does not tell a policy's refusal from that of a token, of
//! an external authorizer or of another check, and has no count of who was refused.

use crate::call::Peer;
use crate::delta::of_refused;
use crate::foreseen::{because_of_wire, foreseen};
use crate::policies::Policies;
use crate::rehearsal::{Because, Effect, EffectKind, principal};
use crate::seen::Seen;
use crate::tokens::unasked;
use crate::truth::Missing;
use crate::verdict::Verdict;
use crate::wire::{Sent, Wire, received};

/// What is missing of every refused exchange.
pub(crate) const WHAT_REFUSED: &str = "what refused it: a policy, a token, or another check";
/// What is missing of who comes with a certificate for the first time.
const NAME: &str = "name of the source's certificate";
const WHO: &str = "who of them was refused";

/// Exchanges that were refused and perhaps would be let in.
pub(crate) fn opened(seen: &Seen, today: Option<&Policies>, after: &Policies) -> Vec<Effect> {
    if seen.denied == 0 {
        return Vec::new();
    }
    let all = seen.peers_refused();
    let is_one = all.len() == 1;
    let of_policies = all.into_iter().filter_map(|peer| of_peer(seen, peer, today, after));
    let mut found: Vec<Effect> =
        of_policies.chain(unasked(seen, today, after)).chain(proven(seen, today, after)).collect();
    for effect in &mut found {
        effect.missing.insert(WHAT_REFUSED.to_owned());
        if !is_one {
            effect.missing.insert(WHO.to_owned());
        }
    }
    found
}

fn of_peer(seen: &Seen, peer: Option<Peer>, today: Option<&Policies>, after: &Policies) -> Option<Effect> {
    let principal = principal(peer.as_ref());
    let call = seen.call_of(peer);
    let workload = &seen.server.workload;
    // Whom today's policies let in, they did not refuse.
    if today.is_some_and(|today| matches!(today.decide(workload, &call), Verdict::Allowed(_))) {
        return None;
    }
    let verdict = of_refused(today, after, workload, &call)?;
    let missing = match &verdict {
        Verdict::Denied(_) => return None,
        Verdict::Allowed(_) => Missing::new(),
        Verdict::Undecidable { missing, .. } => missing.clone(),
    };
    let because = Because::Verdict(verdict);
    Some(Effect { kind: EffectKind::Opens, missing, because, wire: None, principal, count: seen.denied })
}

/// Who asked in plaintext and shows a certificate then, which perhaps lets it in.
fn proven(seen: &Seen, today: Option<&Policies>, after: &Policies) -> Option<Effect> {
    let was_plain = seen.counted.get(&Wire::Plaintext).is_some_and(|count| *count > 0);
    let will_be = was_plain.then(|| foreseen(seen, Wire::Plaintext, today, after))?;
    let call = seen.call_of(None);
    let is_let_in = !matches!(after.decide(&seen.server.workload, &call), Verdict::Denied(_));
    (will_be.all.contains(&Wire::MutualTls) && is_let_in).then(|| Effect {
        kind: EffectKind::Opens,
        missing: Missing::from([NAME.to_owned()]),
        because: because_of_wire(seen, &will_be, after),
        wire: Some(Wire::Plaintext),
        principal: None,
        count: seen.denied,
    })
}

/// Connections that the listener refused, and perhaps would take.
pub(crate) fn unrefused(seen: &Seen, today: Option<&Policies>, after: &Policies) -> Option<Effect> {
    let plain = |policies: &Policies| received(Sent::Plain, &seen.server, policies.rules());
    let today = today.filter(|today| seen.refused > 0 && today.rules_differ(after))?;
    let (before, then) = (plain(today), plain(after));
    let is_let_in = before.all.contains(&Wire::Refused) && then.all.iter().any(|one| *one != Wire::Refused);
    (is_let_in && before != then).then(|| Effect {
        kind: EffectKind::Opens,
        missing: Missing::from(["what the refused connection was".to_owned()]),
        because: because_of_wire(seen, &then, after),
        wire: None,
        principal: None,
        count: seen.refused,
    })
}
