//! What was seen of one workload, told apart into who was let in by a certificate's name, and everybody else.

use std::collections::BTreeMap;

use hogusu_access::{Seen, Wire};
use hogusu_policy::fact;

use super::cuts::{self, Found};
use super::{Evidence, Rule, name};
use crate::report::Edge;

/// Exchanges of an edge that are alike.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) edge: &'a Edge,
    pub(super) facts: Option<&'a fact::Edge>,
    pub(super) seen: Seen,
}

impl Group<'_> {
    /// Exchanges, refused ones among them.
    pub(super) fn all(&self) -> u64 {
        self.seen.counted.values().copied().fold(self.seen.unclear, u64::saturating_add)
    }

    /// Those that were certainly let in.
    pub(super) fn let_in(&self) -> u64 {
        self.all().saturating_sub(self.seen.denied).saturating_sub(self.seen.unanswered)
    }

    /// The name and the port that a rule can be made of; else why there is none.
    pub(super) fn identity(&self) -> Result<(&str, u16), String> {
        let seen = &self.seen;
        if seen.call.chain.is_none() {
            let theirs = self.edge.security.destination.map_or(0, |counts| counts.plaintext);
            let said = match theirs {
                0 => "only the source tells of it, and who it is is proven to the destination alone",
                _ => "plaintext by the source's word, some of it perhaps what the destination tells of, too",
            };
            return Err(said.to_owned());
        }
        match seen.only_wire() {
            Some(Wire::MutualTls) => {}
            Some(Wire::Plaintext) => {
                let probes = if self.is_of_probes() { "; all of it probes, by their user agent" } else { "" };
                return Err(format!("plaintext: no certificate says who asks{probes}"));
            }
            Some(Wire::OtherTls) => {
                return Err("TLS of the applications' own: no certificate that the proxy saw".to_owned());
            }
            Some(Wire::Refused) | None => return Err("what the connection was is not known".to_owned()),
        }
        let [principal] = seen.principals.as_slice() else {
            return Err("the name of the certificate was not recorded".to_owned());
        };
        if seen.has_unnamed {
            return Err("whose certificates had which name was not recorded".to_owned());
        }
        let principal = name::principal(principal)
            .ok_or_else(|| "the certificate's name is none that Istio matches exactly".to_owned())?;
        let port = seen.call.port.ok_or_else(|| "the workload's port is not known".to_owned())?;
        if self.let_in() == 0 {
            return Err("it ended before the application answered: nothing tells that it was let in".to_owned());
        }
        Ok((principal, port))
    }

    /// True where all in plaintext says of itself that it is a probe.
    fn is_of_probes(&self) -> bool {
        let report = self.facts.and_then(|facts| facts.destination_report.as_ref());
        let plain = report.into_iter().flat_map(|report| &report.classes).filter(|one| one.security == "plaintext");
        plain.map(|one| one.traffic == "probe").reduce(|one, other| one && other).unwrap_or_default()
    }

    fn evidence(&self) -> Evidence {
        let is_by_source = self.edge.source_report.as_ref().is_some_and(|side| side.count > 0);
        Evidence {
            edge_id: self.edge.id.clone(),
            source: self.edge.source.label.clone(),
            protocol: self.edge.protocol.clone(),
            exchanges: self.let_in(),
            reported_by: if is_by_source { "both" } else { "destination" }.to_owned(),
            agreement: self.edge.agreement.state.clone(),
            stability: None,
        }
    }
}

/// The rules, and whoever none of them lets in.
pub(super) fn told_apart(groups: &[Group<'_>]) -> (Vec<Rule>, Found) {
    let mut by_name: BTreeMap<(&str, u16), Vec<&Group<'_>>> = BTreeMap::new();
    for group in groups {
        if let Ok(identity) = group.identity() {
            by_name.entry(identity).or_default().push(group);
        }
    }
    let mut found = Found::default();
    for group in groups {
        let because = group.identity().err();
        let is_admitted = because.is_none() || named(group).is_some_and(|identity| by_name.contains_key(&identity));
        found.add(group, because.filter(|_| !is_admitted), is_admitted);
    }
    // Of those that perhaps were let in under the same name, none may be cut by a method either.
    let is_alike = |group: &&Group<'_>, identity| named(group) == Some(identity) && group.all() > group.seen.denied;
    let is_grpc = |identity| {
        let mut alike = groups.iter().filter(|group| is_alike(group, identity));
        alike.all(|group| group.seen.call.method.as_deref() == Some("POST"))
    };
    let rules = by_name.iter().map(|(identity, groups)| rule(*identity, groups, is_grpc(*identity))).collect();
    (rules, found)
}

/// The name and the port of what is proven by a certificate, whether it was let in or not.
fn named<'a>(group: &'a Group<'_>) -> Option<(&'a str, u16)> {
    let seen = &group.seen;
    let is_proven = seen.only_wire() == Some(Wire::MutualTls) && seen.call.chain.is_some() && !seen.has_unnamed;
    let [principal] = seen.principals.as_slice() else { return None };
    name::principal(principal).zip(seen.call.port).filter(|_| is_proven)
}

fn rule((principal, port): (&str, u16), groups: &[&Group<'_>], is_grpc: bool) -> Rule {
    let exchanges = groups.iter().fold(0_u64, |sum, group| sum.saturating_add(group.let_in()));
    Rule {
        principal: principal.to_owned(),
        port,
        methods: if is_grpc { vec!["POST".to_owned()] } else { Vec::new() },
        exchanges,
        edges: groups.iter().map(|group| group.evidence()).collect(),
        notes: cuts::notes(principal, groups),
    }
}
