//! A change rehearsed on what was seen: which exchanges would break, which would be let in, and which would be less secure.

use crate::call::Peer;
use crate::contradiction::barred;
use crate::delta::{TODAY, of_admitted};
use crate::domains::under_each;
use crate::foreseen::{because_of_wire, foreseen};
use crate::object::Place;
use crate::opened::{opened, unrefused};
use crate::peer::Mode;
use crate::policies::Policies;
use crate::possible::Possible;
use crate::relabelled::{BECOMES, changed, relabelled, remade};
use crate::renamed::{doubt_of_names, renamed};
use crate::seen::{LetIn, Seen};
use crate::tokens::unproven;
use crate::truth::Missing;
use crate::verdict::Verdict;
use crate::wire::Wire;

/// What is missing where something was let in that today's policies refuse.
const ANYWAY: &str = "what let it in, which today's policies refuse";

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
    /// That a policy selects pods by their labels, which the change changes.
    Labels {
        /// Which one, `KIND NAMESPACE/NAME`.
        policy: String,
        /// Where it stands.
        place: Place,
    },
    /// That the change changes the pods of an end, in words, in what no policy selects by.
    Pods(String),
    /// That certificates have other names after the change, by the trust domain's.
    TrustDomain(String),
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
    let mut effects = under_each(seen, (today, after), |today, after| of_change(seen, today, after));
    for effect in &mut effects {
        doubt_of_names(effect, today, after);
        effect.missing.extend(seen.doubts.iter().cloned());
        effect.missing.extend(seen.remade.iter().map(|what| changed(what)));
        if seen.becomes.is_some() {
            effect.missing.insert(BECOMES.to_owned());
        }
    }
    effects
}

fn of_change(seen: &Seen, today: Option<&Policies>, after: &Policies) -> Vec<Effect> {
    let change = Change { today, after };
    let mut effects = Vec::new();
    for (&wire, &count) in &seen.counted {
        let let_in = seen.let_in(count);
        let is_barred = today.is_some_and(|today| barred(seen, wire, today).is_some());
        // What today's policies refuse and perhaps nobody let in is not cut by a change.
        if wire == Wire::Refused || let_in.most == 0 || (is_barred && let_in.least == 0) {
            continue;
        }
        let anyway = is_barred.then(|| ANYWAY.to_owned());
        let certain = of_wire(seen, wire, let_in, change).into_iter();
        effects.extend(certain.map(|mut effect| {
            effect.missing.extend(anyway.clone());
            effect
        }));
    }
    effects.extend(of_unclear(seen, change));
    effects.extend(unproven(seen, today, after));
    effects.extend(opened(seen, today, after));
    effects.extend(unrefused(seen, today, after));
    effects.extend(relabelled(seen, after));
    effects.extend(remade(seen));
    effects.extend(renamed(seen, today, after));
    effects
}

/// Connections of which nobody says what they were: all that may happen to one of any kind, once each, and nothing of it is certain.
fn of_unclear(seen: &Seen, change: Change<'_>) -> Vec<Effect> {
    let let_in = seen.let_in(seen.unclear);
    let mut found: Vec<Effect> = Vec::new();
    if let_in.most == 0 {
        return found;
    }
    // What today's policies refuse was another one, or was not let in.
    let kinds = [Wire::MutualTls, Wire::Plaintext];
    let is_open = |wire: &Wire| change.today.is_none_or(|today| barred(seen, *wire, today).is_none());
    let all = kinds.into_iter().filter(is_open).flat_map(|wire| of_wire(seen, wire, let_in, change));
    for mut effect in all {
        effect.missing.insert("how the connection was secured".to_owned());
        (effect.wire, effect.principal) = (None, None);
        if !found.contains(&effect) {
            found.push(effect);
        }
    }
    found
}

fn of_wire(seen: &Seen, wire: Wire, let_in: LetIn, change: Change<'_>) -> Vec<Effect> {
    let will_be = foreseen(seen, wire, change.today, change.after);
    let mut effects = Vec::new();
    let worst = |kind: EffectKind, is_meant: fn(Wire) -> bool| {
        let affected = will_be.all.iter().filter(|one| is_meant(**one)).count();
        let mut missing = if affected == will_be.all.len() { Missing::new() } else { will_be.missing.clone() };
        missing.extend(seen.doubt(let_in, 1));
        let because = because_of_wire(seen, &will_be, change.after);
        let count = let_in.most;
        (affected > 0).then_some(Effect { kind, missing, because, wire: Some(wire), principal: None, count })
    };
    effects.extend(worst(EffectKind::Breaks, |one| one == Wire::Refused));
    if wire == Wire::MutualTls {
        effects.extend(worst(EffectKind::Weakens, |one| matches!(one, Wire::Plaintext | Wire::OtherTls)));
    }
    if will_be.all.iter().any(|one| *one != Wire::Refused) {
        let peers = seen.peers(wire);
        for peer in &peers {
            let doubt = seen.doubt(let_in, peers.len());
            let effect = refused(seen, wire, peer.as_ref(), let_in, (&will_be, &doubt), change);
            effects.extend(effect);
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

/// What a policy would refuse of what gets through, of those who ask as `peer`; `doubt`: why perhaps none of them was let in.
fn refused(
    seen: &Seen,
    wire: Wire,
    peer: Option<&Peer>,
    let_in: LetIn,
    (will_be, doubt): (&Possible<Wire>, &Missing),
    change: Change<'_>,
) -> Option<Effect> {
    let is_denied = |one: &Verdict| matches!(one, Verdict::Denied(_));
    let is_refused = |today: &Policies| is_denied(&today.decide(&seen.server.workload, &seen.call_of(peer.cloned())));
    // Whom today's policies refuse, others of the edge were let in beside.
    let is_one_of_others = !doubt.is_empty() && change.today.is_some_and(is_refused);
    if seen.server.has_proxy == Some(false) || is_one_of_others {
        return None;
    }
    let open = will_be.all.iter().filter(|one| **one != Wire::Refused);
    let verdicts: Vec<Verdict> = open.map(|one| of_peer(seen, wire, *one, peer, change)).collect();
    let missing_of = |one: &Verdict| match one {
        Verdict::Allowed(_) => None,
        Verdict::Denied(_) => Some(Missing::new()),
        Verdict::Undecidable { missing, .. } => Some(missing.clone()),
    };
    let telling = verdicts.iter().filter_map(|one| Some((one, missing_of(one)?)));
    let (verdict, mut missing) = telling.min_by_key(|(_, missing)| missing.len())?;
    if !verdicts.iter().all(is_denied) {
        missing.extend(will_be.missing.iter().cloned());
    }
    if seen.server.has_proxy.is_none() {
        missing.insert("whether the destination has a proxy".to_owned());
    }
    missing.extend(doubt.iter().cloned());
    let because = Because::Verdict(verdict.clone());
    let (kind, principal, count) = (EffectKind::Breaks, principal(peer), let_in.most);
    Some(Effect { kind, missing, because, wire: Some(wire), principal, count })
}

/// What is decided about those who asked as `peer` over `was`, where the connection will be `will_be`.
fn of_peer(seen: &Seen, was: Wire, will_be: Wire, peer: Option<&Peer>, Change { today, after }: Change<'_>) -> Verdict {
    let workload = &seen.server.workload;
    if was == will_be {
        return of_admitted(today, after, workload, &seen.call_of(peer.cloned()));
    }
    // Whoever asks shows another face than the one that was let in: nothing that was seen speaks for it.
    let peer = match (will_be, seen.principals.as_slice()) {
        (Wire::MutualTls, [only]) if !seen.has_unnamed => Some(Peer::Certificate(only.clone())),
        (Wire::MutualTls, _) => None,
        _ => Some(Peer::Nobody),
    };
    match (after.decide(workload, &seen.call_of(peer)), today) {
        (Verdict::Denied(reason), None) => Verdict::Undecidable { missing: Missing::from([TODAY.to_owned()]), reason },
        (verdict, _) => verdict,
    }
}

pub(crate) fn principal(peer: Option<&Peer>) -> Option<String> {
    match peer {
        Some(Peer::Certificate(name)) => Some(name.clone()),
        _ => None,
    }
}
