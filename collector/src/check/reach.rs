//! The way from proxies to the collector: its Service, `Sidecar` objects that hide it, mutual TLS that is switched off. Follows
//! Istio's own rules of which object applies. A VirtualService that brings a hidden host back is not followed.

use std::collections::BTreeMap;

use super::catalogue::Check;
use super::facts::{DestinationRule, Facts, Known, Labels, Mesh, Name, PeerAuthentication, Place, Pod, Port, Sidecar};
use super::installation::known;
use super::plugins::{applies, selects};
use super::report::Line;
use crate::kubernetes::pod::ProxyKind;

/// Lines of the group Way to the collector.
pub(super) fn lines(facts: &Facts) -> Vec<Line> {
    let (place, mesh) = (&facts.place, &facts.mesh);
    vec![
        known(Check::CollectorService, &mesh.service, |ports| service(ports.as_deref(), place)),
        known(Check::Egress, &mesh.sidecars, |sidecars| {
            known(Check::Egress, &senders_to_be(facts), |senders| egress(senders, sidecars, place))
        }),
        mutual_tls(mesh, place),
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
        return Line::pass(Check::CollectorService, format!("{name}:{} ({})", port.number, port.name));
    }
    let text =
        format!("port {} of Service {name} is named {:?}: Istio does not know that it is HTTP", port.number, port.name);
    Line::fail(Check::CollectorService, text)
}

/// A sidecar that sends batches, or should.
struct Sending {
    pod: Name,
    labels: Labels,
}

/// Sidecars that the collector expects; where it does not know them, pods that a plugin object applies to.
fn senders_to_be(facts: &Facts) -> Known<Vec<Sending>> {
    let pods = facts.mesh.pods.as_ref().map_err(Clone::clone)?;
    let of = |pod: &Pod| Sending { pod: pod.name.clone(), labels: pod.labels.clone() };
    let expected = facts.collector.proxies.as_ref().ok().filter(|proxies| proxies.expected.is_some());
    if let Some(proxies) = expected {
        let by_name: BTreeMap<_, _> = pods.iter().map(|pod| (&pod.name, pod)).collect();
        let sidecars =
            proxies.proxies.iter().filter(|proxy| proxy.kind == "sidecar" && proxy.state != "not_observable");
        let found = sidecars.filter_map(|proxy| by_name.get(&Name::new(&proxy.namespace, &proxy.pod)).copied());
        return Ok(found.map(of).collect());
    }
    let plugins = facts.mesh.plugins.as_ref().map_err(Clone::clone)?;
    let measured = |pod: &&Pod| {
        pod.is_running
            && pod.proxy == Some(ProxyKind::Sidecar)
            && plugins.iter().any(|plugin| applies(plugin, pod, &facts.place))
    };
    Ok(pods.iter().filter(measured).map(of).collect())
}

/// Names each object that hides the collector once, with one of the pods it does it to.
fn egress(senders: &[Sending], sidecars: &[Sidecar], place: &Place) -> Line {
    let mut hidden: BTreeMap<&Name, Vec<&Sending>> = BTreeMap::new();
    for sender in senders {
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

fn mutual_tls(mesh: &Mesh, place: &Place) -> Line {
    known(Check::MutualTls, &mesh.peer_authentications, |authentications| {
        known(Check::MutualTls, &mesh.destination_rules, |rules| {
            known(Check::MutualTls, &mesh.pods, |pods| {
                let mut against: Vec<_> = switched_off_here(authentications, pods, place).into_iter().collect();
                against.extend(rules.iter().filter_map(|rule| switched_off_there(rule, place)));
                Line::fail_if_any(Check::MutualTls, against, "")
            })
        })
    })
}

/// The PeerAuthentication in force at the collector, where it takes certificates away.
fn switched_off_here(authentications: &[PeerAuthentication], pods: &[Pod], place: &Place) -> Option<String> {
    let collector = pods.iter().find(|pod| {
        pod.is_running
            && pod.name.namespace == place.namespace
            && pod.name.name.starts_with(&format!("{}-", place.service))
    });
    let nothing = Labels::new();
    let labels = collector.map_or(&nothing, |pod| &pod.labels);
    let oldest = |namespace: &str, chosen: &dyn Fn(&PeerAuthentication) -> bool| {
        let here = authentications.iter().filter(|one| one.name.namespace == namespace && chosen(one));
        here.min_by_key(|one| (&one.created, &one.name))
    };
    let own = oldest(&place.namespace, &|one| !one.selector.is_empty() && selects(&one.selector, labels));
    let wider = [
        oldest(&place.namespace, &|one| one.selector.is_empty()),
        oldest(&place.root_namespace, &|one| one.selector.is_empty()),
    ];
    let of_port = own.and_then(|one| one.ports.get(&place.port).map(|mode| (one, mode.as_str())));
    let inherited = std::iter::once(own).chain(wider).flatten().map(|one| (one, one.mode.as_str()));
    let (object, _) = of_port
        .into_iter()
        .chain(inherited)
        .find(|(_, mode)| !mode.is_empty() && *mode != "UNSET")
        .filter(|(_, mode)| *mode == "DISABLE")?;
    Some(format!("PeerAuthentication {} is in force at the collector and switches mutual TLS off", object.name))
}

/// A DestinationRule that makes proxies ask without a certificate.
fn switched_off_there(rule: &DestinationRule, place: &Place) -> Option<String> {
    let wanted = place.host();
    let short = [place.service.clone(), format!("{}.{}", place.service, place.namespace)];
    let named = match rule.host.strip_prefix('*') {
        Some(rest) => wanted.ends_with(rest),
        // A short name is looked up from the rule's own namespace.
        None if rule.host == short[0] => rule.name.namespace == place.namespace,
        None => rule.host == wanted || rule.host == short[1] || rule.host == format!("{}.svc", short[1]),
    };
    (named && matches!(rule.tls.as_str(), "DISABLE" | "SIMPLE"))
        .then(|| format!("DestinationRule {} asks the collector with TLS mode {}", rule.name, rule.tls))
}
