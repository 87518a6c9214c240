//! What no policy judges: exchanges of which none says how they were secured. A scope that leaves an edge out leaves no trace of it in any rate,
//! and of an edge that may be in it nothing is judged, so both are told beside them.

use crate::fact::{Class, Edge, Facts, Reporter};
use crate::policy::Policy;
use crate::report::Unjudged;
use crate::truth::Truth;

/// Exchanges on edges that are known to be in the scope of no policy whose rule is about the wire.
pub(crate) fn unjudged(policies: &[Policy], facts: &Facts) -> Unjudged {
    let of_wire: Vec<&Policy> = policies.iter().filter(|policy| policy.rule.is_of_wire()).collect();
    let is_judged = |edge: &&Edge| of_wire.iter().any(|policy| policy.scope.takes(edge) == Truth::True);
    let mut found = Unjudged::default();
    for edge in facts.edges.iter().filter(|edge| !is_judged(edge)) {
        let exchanges = most(edge, Class::is_connected);
        let sum = if edge.measure == "connections" { &mut found.connections } else { &mut found.requests };
        *sum = sum.saturating_add(exchanges);
        found.edges += u64::from(exchanges > 0);
        found.plaintext = found.plaintext.saturating_add(most(edge, |class| class.security == "plaintext"));
    }
    let Unjudged { requests, connections, edges, plaintext, .. } = found;
    found.statement = match edges {
        _ if facts.edges.is_empty() => "nothing was seen".to_owned(),
        0 => "each exchange is in the scope of a policy that says how it must be secured".to_owned(),
        _ => format!(
            "{requests} requests and {connections} connections on {edges} edges are not known to be in the scope of a policy that says how \
             they must be secured; {plaintext} of them were sent in plaintext"
        ),
    };
    found
}

/// By the end that tells of more.
fn most(edge: &Edge, chosen: impl Fn(&Class) -> bool + Copy) -> u64 {
    let of = |report: &Option<Reporter>| report.as_ref().map_or(0, |one| one.count(chosen));
    of(&edge.source_report).max(of(&edge.destination_report))
}
