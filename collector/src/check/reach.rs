//! The way from proxies to the collector: its Service, and `Sidecar` objects that hide it. Follows Istio's own rules of which object
//! applies. A VirtualService that brings a hidden host back is not followed. Mutual TLS on the way is judged in [`super::mutual_tls`].

use std::collections::BTreeMap;

use super::catalogue::Check;
use super::facts::{Facts, Name, Place, Port, Sidecar};
use super::installation::known;
use super::mutual_tls;
use super::report::Line;
use super::senders::{Sending, senders_to_be};
use crate::kubernetes::pod::ProxyKind;
use crate::kubernetes::scope::selects;
use crate::shown::{quoted, word};

/// Lines of the group Way to the collector.
pub(super) fn lines(facts: &Facts) -> Vec<Line> {
    let (place, mesh) = (&facts.place, &facts.mesh);
    let senders = senders_to_be(facts);
    vec![
        known(Check::CollectorService, &mesh.service, |ports| service(ports.as_deref(), place)),
        known(Check::Egress, &mesh.sidecars, |sidecars| {
            known(Check::Egress, &senders, |senders| egress(senders, sidecars, place))
        }),
        known(Check::MutualTls, &senders, |senders| mutual_tls::line(senders, mesh, place)),
    ]
}

fn service(ports: Option<&[Port]>, place: &Place) -> Line {
    let name = Name::new(&place.namespace, &place.service);
    let Some(ports) = ports else { return Line::fail(Check::CollectorService, format!("there is no Service {name}")) };
    let Some(port) = ports.iter().find(|port| port.number == place.port) else {
        return Line::fail(Check::CollectorService, format!("Service {name} has no port {}", place.port));
    };
    let is_http =
        |word: &str| word == "http" || word.starts_with("http-") || word == "http2" || word.starts_with("http2-");
    if is_http(&port.name) || is_http(&port.protocol) || port.protocol == "kubernetes.io/h2c" {
        return Line::pass(Check::CollectorService, format!("{name}:{} ({})", port.number, word(&port.name)));
    }
    let text = format!(
        "port {} of Service {name} is named {}: Istio does not know that it is HTTP",
        port.number,
        quoted(&port.name)
    );
    Line::fail(Check::CollectorService, text)
}

/// Names each object that hides the collector once, with one of the pods it does it to. Gateways take no such object.
fn egress(senders: &[Sending], sidecars: &[Sidecar], place: &Place) -> Line {
    let senders: Vec<_> = senders.iter().filter(|sender| sender.kind == ProxyKind::Sidecar).collect();
    let mut hidden: BTreeMap<&Name, Vec<&Sending>> = BTreeMap::new();
    for sender in &senders {
        if let Some(sidecar) = in_force(sender, sidecars, place).filter(|one| !shows(one, &sender.pod.namespace, place))
        {
            hidden.entry(&sidecar.name).or_default().push(sender);
        }
    }
    let described = |(name, from): (&Name, Vec<&Sending>)| {
        let first = from.first().map(|sender| sender.pod.to_string()).unwrap_or_default();
        let number = super::table::counted(from.len(), "sidecar");
        format!("Sidecar {name} hides {}/{} from {number}, such as {first}", place.namespace, place.host())
    };
    let seen = super::table::counted(senders.len(), "sidecar");
    Line::fail_if_any(Check::Egress, hidden.into_iter().map(described).collect(), seen)
}

/// The object that Istio applies to a pod: one that chooses it, else that of its namespace, else that of the root namespace;
/// of several the oldest.
fn in_force<'a>(sender: &Sending, sidecars: &'a [Sidecar], place: &Place) -> Option<&'a Sidecar> {
    let oldest = |chosen: &dyn Fn(&Sidecar) -> bool| {
        sidecars.iter().filter(|one| chosen(one)).min_by_key(|one| (&one.created, &one.name))
    };
    let in_namespace = |one: &Sidecar, namespace: &str| one.name.namespace == namespace;
    let own = &sender.pod.namespace;
    oldest(&|one| in_namespace(one, own) && !one.selector.is_empty() && selects(&one.selector, &sender.labels))
        .or_else(|| oldest(&|one| in_namespace(one, own) && one.selector.is_empty()))
        .or_else(|| oldest(&|one| in_namespace(one, &place.root_namespace) && one.selector.is_empty()))
}

/// Whether an egress listener lets the collector's Service through, for pods of `namespace`.
fn shows(sidecar: &Sidecar, namespace: &str, place: &Place) -> bool {
    if sidecar.egress.is_empty() {
        return true;
    }
    let listeners = sidecar.egress.iter().filter(|(port, _)| port.is_none_or(|port| port == place.port));
    listeners.flat_map(|(_, hosts)| hosts).any(|host| admits(host, namespace, place))
}

/// `NAMESPACE/HOST`: the namespace by name, `*`, `.` (its own) or `~` (none); the host whole, `*`, or with `*` for its first part.
fn admits(written: &str, own: &str, place: &Place) -> bool {
    let Some((namespace, host)) = written.split_once('/') else { return false };
    let there = match namespace {
        "*" => true,
        "." => own == place.namespace,
        other => other == place.namespace,
    };
    let wanted = place.host();
    let named = match host.strip_prefix('*') {
        Some("") => true,
        Some(rest) => wanted.ends_with(rest),
        None => host == wanted,
    };
    there && named
}
