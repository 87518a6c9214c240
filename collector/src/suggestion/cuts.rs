//! Whom the rules do not let in, and what is to be known of those whom they do.

use std::collections::BTreeSet;

use hogusu_access::Wire;

use super::Cut;
use super::admitted::Group;

/// Who is not let in.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) cuts: Vec<Cut>,
    pub(super) refused: Vec<Cut>,
}

impl Found {
    /// `because`: why no rule lets it in.
    pub(super) fn add(&mut self, group: &Group<'_>, because: Option<String>, is_admitted: bool) {
        let through = group.all().saturating_sub(group.seen.denied);
        if through > 0 {
            self.cuts.extend(because.map(|because| cut(group, through, because)));
        }
        let stopped = group.seen.denied.saturating_add(group.seen.refused);
        if stopped > 0 {
            let because = if is_admitted {
                "refused in the period; a rule lets this name in at this port, for it was let in, too"
            } else {
                "refused in the period"
            };
            self.refused.push(cut(group, stopped, because.to_owned()));
        }
    }
}

fn cut(Group { edge, seen, .. }: &Group<'_>, exchanges: u64, because: String) -> Cut {
    // What anybody says of a connection that no certificate secures is a claim.
    let is_proven = seen.only_wire() == Some(Wire::MutualTls) && seen.call.chain.is_some();
    let principal = seen.principals.first().filter(|_| is_proven && seen.principals.len() == 1);
    Cut {
        edge_id: edge.id.clone(),
        source: edge.source.label.clone(),
        destination: edge.destination.end.label.clone(),
        port: edge.destination.port,
        connection: seen.only_wire().map_or("unknown", Wire::as_str).to_owned(),
        principal: principal.cloned(),
        exchanges,
        because,
    }
}

/// What is to be known of a name.
pub(super) fn notes(principal: &str, groups: &[&Group<'_>]) -> Vec<String> {
    let mut notes = Vec::new();
    let sources: BTreeSet<&str> = groups.iter().map(|group| group.edge.source.label.as_str()).collect();
    let account = principal.rsplit('/').next().unwrap_or_default();
    let facts = || groups.iter().filter_map(|group| group.facts);
    if sources.len() > 1 {
        notes.push("several sources show this name: the rule lets in all of them, and whoever else has it".to_owned());
    } else if facts().any(|facts| facts.source.shared_accounts.iter().any(|shared| shared == account)) {
        notes.push("another workload has this service account: the rule lets it in, too".to_owned());
    }
    if principal.ends_with("/sa/default") {
        notes.push("a default service account: every workload of its namespace without its own has it".to_owned());
    }
    let reports = facts().filter_map(|facts| facts.destination_report.as_ref());
    if reports.flat_map(|report| &report.contradictions).any(|name| name.ends_with(principal)) {
        notes.push("the certificate is another's than the map's source: the certificate counts here".to_owned());
    }
    notes
}
