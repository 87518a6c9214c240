//! What a change makes clients send to whom its other policies are not about: to another k8s cluster, whose own policies decide there, and
//! to what is no workload with a proxy. Nothing of it is certain.

use hogusu_access::{DestinationRule, Policies};

use super::Row;
use super::rows::POSSIBLE;
use crate::report::Edge;

/// What is missing where a client's own k8s cluster has configured it.
const OTHER: &str = "what is configured in the source's k8s cluster, which decides what it sends";
/// What is missing of a destination of no known k8s cluster.
const UNKNOWN: &str = "the destination's k8s cluster";
/// What is missing where nobody tells what takes a connection.
const TAKES: &str = "whether the destination takes what the DestinationRule chooses";

/// Why nothing of an edge is certain, for what is known of k8s clusters.
pub(super) fn doubts(edge: &Edge, today: Option<&Policies>, after: &Policies, cluster: Option<&str>) -> Vec<String> {
    let (source, destination) = (edge.source.cluster.as_str(), edge.destination.end.cluster.as_str());
    let decides_what_is_sent = today.is_none_or(|today| today.rules_differ(after));
    let is_other = edge.source.kind == "workload" && source != destination && decides_what_is_sent;
    let is_unknown = cluster.is_some() && destination.is_empty();
    [(is_other, OTHER), (is_unknown, UNKNOWN)]
        .into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, why)| why.to_owned())
        .collect()
}

/// What may break for a DestinationRule alone, for the destination is no workload, or is one of another k8s cluster than `cluster`, which the
/// files are of.
pub(super) fn sent(edge: &Edge, today: Option<&Policies>, after: &Policies, cluster: Option<&str>) -> Option<Row> {
    let end = &edge.destination.end;
    let is_of = |own: &str| cluster.is_none_or(|cluster| own.is_empty() || own == cluster);
    let is_policed = end.kind == "workload" && is_of(&end.cluster);
    let count = edge.source_report.as_ref().map_or(0, |side| side.count);
    if is_policed || count == 0 || !is_of(&edge.source.cluster) {
        return None;
    }
    let rule = edge.destination.services.iter().find_map(|service| changed(service, today, after))?;
    let object = &rule.object;
    Some(Row {
        edge_id: edge.id.clone(),
        source: edge.source.label.clone(),
        destination: end.label.clone(),
        port: edge.destination.port,
        protocol: edge.protocol.clone(),
        connection: String::new(),
        principal: None,
        count,
        last_seen: None,
        certainty: POSSIBLE.to_owned(),
        undecidable: vec![TAKES.to_owned()],
        because: format!("DestinationRule {} chooses TLS for what was asked", object.label()),
        place: Some(format!("{}:{}", object.place.file, object.place.line)),
    })
}

/// A DestinationRule for a host that says of TLS what none says without the change, or goes with it.
fn changed<'a>(service: &str, today: Option<&'a Policies>, after: &'a Policies) -> Option<&'a DestinationRule> {
    let host = service.rsplit_once(':').map_or(service, |(host, _)| host);
    let about = |rule: &&DestinationRule| rule.is_for(host) && rule.says_tls();
    let before = today.map_or(&[][..], |today| &today.destinations);
    let is_among = |rule: &DestinationRule, all: &[DestinationRule]| all.iter().any(|other| rule.means_the_same(other));
    let comes = after.destinations.iter().filter(about).find(|rule| !is_among(rule, before));
    comes.or_else(|| before.iter().filter(about).find(|rule| !is_among(rule, &after.destinations)))
}
