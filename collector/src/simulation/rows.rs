//! Effects on exchanges of an edge as rows: what they are, why, and where the rule stands.

use hogusu_access::{Because, Effect, Mode, Reason, RuleId, Seen, Verdict, Wire};

use super::Row;
use crate::report::Edge;

pub(super) const CERTAIN: &str = "certain";
pub(super) const POSSIBLE: &str = "possible";

/// What is missing of a destination whose labels nobody gives: neither which policies select it, nor what its proxy is.
const LABELS: &str = "labels of the destination's pods";

/// Adds a row, or its count to one that says the same.
pub(super) fn add(rows: &mut Vec<Row>, row: Row) {
    // Rows of one edge stand together, at the end.
    let mut of_edge = rows.iter().rev().take_while(|one| one.edge_id == row.edge_id);
    let is_alike = |one: &Row| Row { count: row.count, ..one.clone() } == row;
    let alike = of_edge.position(is_alike).and_then(|place| rows.len().checked_sub(place + 1));
    match alike.and_then(|place| rows.get_mut(place)) {
        Some(one) => one.count = one.count.saturating_add(row.count),
        None => rows.push(row),
    }
}

pub(super) fn row(edge: &Edge, seen: &Seen, mut effect: Effect) -> Row {
    if seen.server.workload.labels.is_none() {
        effect.missing.insert(LABELS.to_owned());
    }
    let certainty = if effect.missing.is_empty() { CERTAIN } else { POSSIBLE };
    Row {
        edge_id: edge.id.clone(),
        source: edge.source.label.clone(),
        destination: edge.destination.end.label.clone(),
        port: edge.destination.port,
        protocol: edge.protocol.clone(),
        connection: effect.wire.map(|wire| wire.as_str().to_owned()).unwrap_or_default(),
        principal: effect.principal.clone(),
        count: effect.count,
        last_seen: None,
        certainty: certainty.to_owned(),
        because: because(&effect.because),
        place: place(&effect.because),
        undecidable: effect.missing.into_iter().collect(),
    }
}

fn because(because: &Because) -> String {
    match because {
        Because::Verdict(Verdict::Allowed(reason) | Verdict::Denied(reason) | Verdict::Undecidable { reason, .. }) => {
            reason.to_string()
        }
        Because::Labels { policy, .. } => format!("{policy} selects other labels than before"),
        Because::Pods(what) => format!("the change changes {what}"),
        Because::TrustDomain(domain) => format!("certificates are of trust domain {domain} then"),
        Because::Token { policy, .. } => format!("RequestAuthentication {policy} refuses an invalid token"),
        Because::Wire { after, accepts, policy } => {
            let words: Vec<&str> = after.iter().copied().map(Wire::as_str).collect();
            let modes: Vec<&str> = accepts.iter().copied().map(mode).collect();
            let by = if policy.is_empty() { String::new() } else { format!(" by PeerAuthentication {policy}") };
            format!("{} at a port that is {}{by}", words.join(" or "), modes.join(" or "))
        }
    }
}

const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Unset => "UNSET",
        Mode::Disable => "DISABLE",
        Mode::Permissive => "PERMISSIVE",
        Mode::Strict => "STRICT",
    }
}

fn place(because: &Because) -> Option<String> {
    match because {
        Because::Token { place, .. } | Because::Labels { place, .. } => Some(format!("{}:{}", place.file, place.line)),
        Because::Verdict(Verdict::Allowed(reason) | Verdict::Denied(reason) | Verdict::Undecidable { reason, .. }) => {
            rule(reason).map(|rule| format!("{}:{}", rule.place.file, rule.place.line))
        }
        Because::Wire { .. } | Because::Pods(_) | Because::TrustDomain(_) => None,
    }
}

/// The rule that decides; of policies none of whose rules matches, the first.
fn rule(reason: &Reason) -> Option<&RuleId> {
    match reason {
        Reason::Rule(rule) => Some(rule),
        Reason::NoMatch(all) => all.first(),
        Reason::NoPolicy | Reason::Unchanged => None,
    }
}
