//! Mutual TLS on the way to the collector that is switched off: by the PeerAuthentication in force there, or by the DestinationRule
//! that is in force at a proxy which should send. Follows Istio's own rules of which object applies.

use std::collections::BTreeMap;

use super::catalogue::Check;
use super::facts::{DestinationRule, Labels, Mesh, Name, PeerAuthentication, Place, Pod};
use super::installation::known;
use super::report::Line;
use super::senders::Sending;
use super::table::counted;
use crate::kubernetes::scope::selects;

/// The line, for these senders.
pub(super) fn line(senders: &[Sending], mesh: &Mesh, place: &Place) -> Line {
    known(Check::MutualTls, &mesh.peer_authentications, |authentications| {
        known(Check::MutualTls, &mesh.destination_rules, |rules| {
            known(Check::MutualTls, &mesh.pods, |pods| {
                let mut against: Vec<_> = switched_off_here(authentications, pods, place).into_iter().collect();
                against.extend(switched_off_there(senders, rules, place));
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

/// Each DestinationRule in force by which a proxy asks without a certificate, with one of those proxies. What a namespace without
/// a proxy in scope and without rules of its own would take is judged too, for that is where the next proxy may be.
fn switched_off_there(senders: &[Sending], rules: &[DestinationRule], place: &Place) -> Vec<String> {
    let nobody = (Name::default(), Labels::new());
    let asking = senders.iter().map(|sender| (&sender.pod, &sender.labels)).chain([(&nobody.0, &nobody.1)]);
    let mut against: BTreeMap<(&Name, &str), Vec<&Name>> = BTreeMap::new();
    for (pod, labels) in asking {
        let Some((rule, mode)) = in_force(&pod.namespace, labels, rules, place) else { continue };
        if matches!(mode, "DISABLE" | "SIMPLE") {
            let asked = against.entry((&rule.name, mode)).or_default();
            asked.extend(Some(pod).filter(|pod| !pod.name.is_empty()));
        }
    }
    let described = |((rule, mode), pods): ((&Name, &str), Vec<&Name>)| {
        let asked = format!("DestinationRule {rule} asks the collector with TLS mode {mode}");
        pods.first()
            .map_or(asked.clone(), |first| format!("{asked} from {}, such as {first}", counted(pods.len(), "proxy")))
    };
    against.into_iter().map(described).collect()
}

/// The rule that Istio applies to a pod, and its mode: of the pod's namespace, else of the collector's, else of the root namespace;
/// there those with the most specific host, and of these one that chooses the pod, else the oldest that has a policy.
fn in_force<'a>(
    namespace: &str,
    labels: &Labels,
    rules: &'a [DestinationRule],
    place: &Place,
) -> Option<(&'a DestinationRule, &'a str)> {
    let wanted = place.host();
    let visible = |rule: &&DestinationRule| {
        let own = &rule.name.namespace;
        rule.export_to.is_empty()
            || rule.export_to.iter().any(|to| to == "*" || to == namespace || (to == "." && own == namespace))
    };
    let of = |home: &str| {
        let here = rules.iter().filter(|rule| rule.name.namespace == home).filter(visible);
        let mut found: Vec<_> =
            here.filter_map(|rule| Some((specificity(&qualified(rule, place), &wanted)?, rule))).collect();
        let most = found.iter().map(|(specificity, _)| *specificity).max()?;
        found.retain(|(specificity, _)| *specificity == most);
        Some(found.into_iter().map(|(_, rule)| rule).collect::<Vec<_>>())
    };
    let homes = [namespace, &place.namespace, &place.root_namespace];
    // Istio looks at the root namespace last, even for a proxy that is there.
    let mut found = homes.into_iter().skip(usize::from(namespace == place.root_namespace)).find_map(of)?;
    found.sort_by_key(|rule| (&rule.created, &rule.name));
    let chooses = |rule: &&&DestinationRule| {
        !rule.selector.is_empty() && rule.name.namespace == namespace && selects(&rule.selector, labels)
    };
    let chosen = found.iter().find(chooses);
    let rule = chosen.or_else(|| found.iter().find(|rule| rule.selector.is_empty() && rule.policy.is_some()))?;
    Some((rule, rule.policy.as_ref()?.at(place.port)))
}

/// A name without a dot is a Service of the rule's own namespace.
fn qualified(rule: &DestinationRule, place: &Place) -> String {
    if rule.host.contains('.') || rule.host == "*" {
        return rule.host.clone();
    }
    place.qualified(&rule.host, &rule.name.namespace)
}

/// How closely a host names the wanted one: whole, else by the length of what follows `*`; `None`: not at all.
fn specificity(host: &str, wanted: &str) -> Option<(bool, usize)> {
    let named = match host.strip_prefix('*') {
        Some(rest) => wanted.ends_with(rest),
        None => host == wanted,
    };
    named.then_some((!host.starts_with('*'), host.len()))
}
