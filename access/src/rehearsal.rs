//! A change rehearsed on what was seen: which exchanges would break, which would be let in, and which would be less secure.

use std::collections::BTreeMap;

use crate::call::{Call, Peer};
use crate::delta::{TODAY, of_admitted, of_refused};
use crate::foreseen::{because_of_wire, foreseen};
use crate::object::Place;
use crate::peer::Mode;
use crate::policies::Policies;
use crate::possible::Possible;
use crate::tokens::unproven;
use crate::truth::Missing;
use crate::verdict::Verdict;
use crate::wire::{Client, Sent, Server, Wire, received};

/// What was seen of one source and one port of a workload, alike in all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Who asked.
    pub client: Client,
    /// Who was asked.
    pub server: Server,
    /// What is known of the exchanges; who asked stands in `principals`.
    pub call: Call,
    /// Names of the source's certificates; none: not recorded.
    pub principals: Vec<String>,
    /// Exchanges that were let in, by what the connection was; [`Wire::Refused`] is none of them.
    pub admitted: BTreeMap<Wire, u64>,
    /// Let in over connections of which nobody says what they were.
    pub unclear: u64,
    /// Exchanges that a policy refused.
    pub denied: u64,
    /// Connections that the server's listener refused.
    pub refused: u64,
}

/// What would happen to some of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// What.
    pub kind: EffectKind,
    /// What is not recorded, and would tell whether it happens; none: it is certain.
    pub missing: Missing,
    /// What decides.
    pub because: Because,
    /// What the connection was.
    pub wire: Option<Wire>,
    /// Name of the source's certificate, where it is what was looked at.
    pub principal: Option<String>,
    /// Exchanges of this kind that were seen: at most so many are affected.
    pub count: u64,
}

/// What would happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EffectKind {
    /// What was let in would be refused.
    Breaks,
    /// What was refused would be let in.
    Opens,
    /// What was mutual TLS would be less.
    Weakens,
}

/// What decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// A rule, or that none matches.
    Verdict(Verdict),
    /// What is sent and what is accepted: the policy whose mode counts, `NAMESPACE/NAME`; empty: Istio's default.
    Wire {
        /// What the connection would be.
        after: Vec<Wire>,
        /// What the server would accept.
        accepts: Vec<Mode>,
        /// By which policy.
        policy: String,
    },
    /// That tokens are proven.
    Token {
        /// By which RequestAuthentication, `NAMESPACE/NAME`.
        policy: String,
        /// Where it stands.
        place: Place,
    },
}

/// What a change would do to what was seen. `today`: what was in force then; `None`: not known, and `after` is the change alone.
#[must_use]
pub fn rehearse(seen: &Seen, today: Option<&Policies>, after: &Policies) -> Vec<Effect> {
    let mut effects = Vec::new();
    for (&wire, &count) in seen.admitted.iter().filter(|(wire, count)| **count > 0 && **wire != Wire::Refused) {
        effects.extend(of_wire(seen, wire, count, today, after));
    }
    effects.extend(of_unclear(seen, today, after));
    effects.extend(unproven(seen, today, after));
    if seen.denied > 0 {
        for peer in peers(seen, None) {
            effects.extend(opened(seen, peer, today, after));
        }
    }
    effects.extend(unrefused(seen, today, after));
    effects
}

/// Connections of which nobody says what they were: all that may happen to one of any kind, and nothing of it is certain.
fn of_unclear(seen: &Seen, today: Option<&Policies>, after: &Policies) -> Vec<Effect> {
    if seen.unclear == 0 {
        return Vec::new();
    }
    let all =
        [Wire::MutualTls, Wire::Plaintext].into_iter().flat_map(|wire| of_wire(seen, wire, seen.unclear, today, after));
    all.filter(|effect| effect.kind == EffectKind::Breaks)
        .map(|mut effect| {
            effect.missing.insert("how the connection was secured".to_owned());
            effect.wire = None;
            effect
        })
        .collect()
}

/// Connections that the listener refused, and perhaps would take.
fn unrefused(seen: &Seen, today: Option<&Policies>, after: &Policies) -> Option<Effect> {
    let plain = |policies: &Policies| received(Sent::Plain, &seen.server, policies.rules());
    let today = today.filter(|today| seen.refused > 0 && today.rules_differ(after))?;
    let (before, then) = (plain(today), plain(after));
    let is_let_in = before.all.contains(&Wire::Refused) && then.all.iter().any(|one| *one != Wire::Refused);
    is_let_in.then(|| Effect {
        kind: EffectKind::Opens,
        missing: Missing::from(["what the refused connection was".to_owned()]),
        because: because_of_wire(seen, &then, after),
        wire: None,
        principal: None,
        count: seen.refused,
    })
}

/// Who asked, as each connection of a kind shows it.
pub(crate) fn peers(seen: &Seen, wire: Option<Wire>) -> Vec<Option<Peer>> {
    match wire {
        Some(Wire::Plaintext | Wire::OtherTls) => vec![Some(Peer::Nobody)],
        _ if seen.principals.is_empty() => vec![None],
        _ => seen.principals.iter().map(|name| Some(Peer::Certificate(name.clone()))).collect(),
    }
}

fn of_wire(seen: &Seen, wire: Wire, count: u64, today: Option<&Policies>, after: &Policies) -> Vec<Effect> {
    let will_be = foreseen(seen, wire, today, after);
    let mut effects = Vec::new();
    let worst = |kind: EffectKind, is_meant: fn(Wire) -> bool| {
        let affected = will_be.all.iter().filter(|one| is_meant(**one)).count();
        let missing = if affected == will_be.all.len() { Missing::new() } else { will_be.missing.clone() };
        let because = because_of_wire(seen, &will_be, after);
        (affected > 0).then_some(Effect { kind, missing, because, wire: Some(wire), principal: None, count })
    };
    effects.extend(worst(EffectKind::Breaks, |one| one == Wire::Refused));
    if wire == Wire::MutualTls {
        effects.extend(worst(EffectKind::Weakens, |one| matches!(one, Wire::Plaintext | Wire::OtherTls)));
    }
    let is_open = will_be.all.iter().any(|one| *one != Wire::Refused);
    if is_open {
        for peer in peers(seen, Some(wire)) {
            effects.extend(refused(seen, wire, peer.as_ref(), count, &will_be, Change { today, after }));
        }
    }
    effects
}

/// Today's policies, where they are known, and those after the change.
#[derive(Debug, Clone, Copy)]
struct Change<'a> {
    today: Option<&'a Policies>,
    after: &'a Policies,
}

/// What a policy would refuse of what gets through, of those who ask as `peer`.
fn refused(
    seen: &Seen,
    wire: Wire,
    peer: Option<&Peer>,
    count: u64,
    will_be: &Possible<Wire>,
    change: Change<'_>,
) -> Option<Effect> {
    if seen.server.has_proxy == Some(false) {
        return None;
    }
    let open = will_be.all.iter().filter(|one| **one != Wire::Refused);
    let verdicts: Vec<Verdict> = open.map(|one| of_peer(seen, wire, *one, peer, change)).collect();
    let is_denied = |one: &&Verdict| matches!(one, Verdict::Denied(_));
    let missing_of = |one: &Verdict| match one {
        Verdict::Allowed(_) => None,
        Verdict::Denied(_) => Some(Missing::new()),
        Verdict::Undecidable { missing, .. } => Some(missing.clone()),
    };
    let telling = verdicts.iter().filter_map(|one| Some((one, missing_of(one)?)));
    let (verdict, mut missing) = telling.min_by_key(|(_, missing)| missing.len())?;
    if verdicts.iter().filter(is_denied).count() < verdicts.len() {
        missing.extend(will_be.missing.iter().cloned());
    }
    if seen.server.has_proxy.is_none() {
        missing.insert("whether the destination has a proxy".to_owned());
    }
    let because = Because::Verdict(verdict.clone());
    Some(Effect { kind: EffectKind::Breaks, missing, because, wire: Some(wire), principal: principal(peer), count })
}

/// What is decided about those who asked as `peer` over `was`, where the connection will be `will_be`.
fn of_peer(seen: &Seen, was: Wire, will_be: Wire, peer: Option<&Peer>, Change { today, after }: Change<'_>) -> Verdict {
    let workload = &seen.server.workload;
    if was == will_be {
        return of_admitted(today, after, workload, &Call { peer: peer.cloned(), ..seen.call.clone() });
    }
    // Whoever asks shows another face than the one that was let in: nothing that was seen speaks for it.
    let peer = match (will_be, seen.principals.as_slice()) {
        (Wire::MutualTls, [only]) => Some(Peer::Certificate(only.clone())),
        (Wire::MutualTls, _) => None,
        _ => Some(Peer::Nobody),
    };
    match (after.decide(workload, &Call { peer, ..seen.call.clone() }), today) {
        (Verdict::Denied(reason), None) => Verdict::Undecidable { missing: Missing::from([TODAY.to_owned()]), reason },
        (verdict, _) => verdict,
    }
}

fn opened(seen: &Seen, peer: Option<Peer>, today: Option<&Policies>, after: &Policies) -> Option<Effect> {
    let principal = principal(peer.as_ref());
    let call = Call { peer, ..seen.call.clone() };
    let verdict = of_refused(today, after, &seen.server.workload, &call)?;
    let missing = match &verdict {
        Verdict::Denied(_) => return None,
        Verdict::Allowed(_) => Missing::new(),
        Verdict::Undecidable { missing, .. } => missing.clone(),
    };
    let because = Because::Verdict(verdict);
    Some(Effect { kind: EffectKind::Opens, missing, because, wire: None, principal, count: seen.denied })
}

fn principal(peer: Option<&Peer>) -> Option<String> {
    match peer {
        Some(Peer::Certificate(name)) => Some(name.clone()),
        _ => None,
    }
}
