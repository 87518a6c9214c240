//! Exchanges that one end reports under another protocol: a filter between the two proxies' words changed what they are, as
//! a gateway of gRPC-Web, a transcoder or a tunnel does. Each end's edge is then alone, although both ends report.

use std::collections::BTreeSet;

use foldhash::HashMap;
use hogusu_model::edge::End;
use hogusu_model::{Protocol, Reporter};

use super::Ends;
use crate::analysis::edge::{Edge, Side};
use crate::analysis::flow::is_tcp;
use crate::analysis::numbered::EndId;

/// What the other end calls the exchanges of an edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translated {
    /// In words.
    pub why: String,
    /// One end counts connections, the other one requests: their numbers are no measure for each other.
    pub is_of_other_measure: bool,
}

/// Of each edge, in their order, what the other end calls it; `None` where that end uses the same protocol or says nothing.
#[must_use]
pub fn of(edges: &[Edge], ends: &[Ends]) -> Vec<Option<Translated>> {
    let mut places: HashMap<(EndId, u16), Vec<&Edge>> = HashMap::default();
    for (edge, ends) in edges.iter().zip(ends) {
        if let End::Workload(_) = &edge.key.destination {
            places.entry((ends.destination, edge.key.port)).or_default().push(edge);
        }
    }
    let of_edge = |(edge, ends): (&Edge, &Ends)| {
        let End::Workload(_) = &edge.key.destination else { return None };
        translated(edge, places.get(&(ends.destination, edge.key.port))?)
    };
    edges.iter().zip(ends).map(of_edge).collect()
}

/// What the end that does not report `edge` calls it, among the edges of the same place.
fn translated(edge: &Edge, neighbours: &[&Edge]) -> Option<Translated> {
    // Only what was answered came to the other end for certain, and as what it was.
    let (other, end) = match (&edge.source_report, &edge.destination_report) {
        (Some(side), None) if side.is_answered() => (Reporter::Destination, "destination"),
        (None, Some(side)) if side.is_answered() => (Reporter::Source, "source"),
        _ => return None,
    };
    let of_kin = neighbours.iter().filter(|near| is_kin(edge, near));
    let is_reported = |near: &&&Edge| report(near, other).is_some_and(Side::is_answered);
    let protocols: BTreeSet<Protocol> = of_kin.filter(is_reported).map(|near| near.key.protocol).collect();
    if protocols.is_empty() || protocols.contains(&edge.key.protocol) {
        return None;
    }
    let is_of_other_measure = protocols.iter().all(|protocol| is_tcp(*protocol) != is_tcp(edge.key.protocol));
    let words: Vec<&str> = protocols.iter().map(|protocol| protocol.as_str()).collect();
    let why = format!("the {end}'s proxy reports them as {}", words.join(" and "));
    Some(Translated { why, is_of_other_measure })
}

const fn report(edge: &Edge, side: Reporter) -> Option<&Side> {
    match side {
        Reporter::Source => edge.source_report.as_ref(),
        Reporter::Destination => edge.destination_report.as_ref(),
    }
}

/// True for edges of one source, or of sources that share a principal.
fn is_kin(one: &Edge, other: &Edge) -> bool {
    let is_same = matches!(&one.key.source, End::Workload(_)) && one.key.source == other.key.source;
    is_same || !one.source.principals.is_disjoint(&other.source.principals)
}
