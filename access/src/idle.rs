//! Policies that are about nobody: a selector that selects no workload that is known, a port or a host that none has. Without workloads and
//! services nothing can be said.

use std::collections::BTreeMap;

use crate::authorization::Target;
use crate::destination::DestinationRule;
use crate::inventory::ServiceFacts;
use crate::object::Object;
use crate::peer::PeerAuthentication;
use crate::policies::Policies;
use crate::read::Problem;
use crate::truth::Truth;
use crate::workload::GATEWAY_NAME;

/// Those of these policies, each as a warning.
#[must_use]
pub fn idle(policies: &Policies) -> Vec<Problem> {
    let mut found = Vec::new();
    for one in &policies.peers {
        found.extend(ignored(policies, one));
        found.extend(no_port(policies, one));
        found.extend(problem(policies, "PeerAuthentication", &one.object, &one.selector));
    }
    found.extend(policies.destinations.iter().filter_map(|one| no_host(policies, one)));
    let authorizations = policies.authorizations.iter().map(|one| ("AuthorizationPolicy", &one.object, &one.target));
    let requests = policies.requests.iter().map(|one| ("RequestAuthentication", &one.object, &one.target));
    for (kind, object, target) in authorizations.chain(requests) {
        found.extend(match target {
            Target::Labels(labels) => problem(policies, kind, object, labels),
            Target::References(_) => unattached(policies, kind, object),
        });
    }
    found
}

fn problem(policies: &Policies, kind: &str, object: &Object, selector: &BTreeMap<String, String>) -> Option<Problem> {
    let is_root = object.namespace == policies.mesh.root_namespace;
    let mut near = policies
        .inventory
        .workloads
        .iter()
        .filter(|((namespace, _), _)| is_root || *namespace == object.namespace)
        .peekable();
    let is_known = near.peek().is_some();
    let is_selected = near.any(|(_, labels)| labels.selected_by(selector) != Truth::No);
    (is_known && !is_selected && !selector.is_empty()).then(|| {
        let said = format!("{kind} {} selects no workload of these files", object.label());
        let remedy = "compare it with the labels of the pods that are meant".to_owned();
        warning(object, "spec.selector.matchLabels", said, remedy)
    })
}

fn warning(object: &Object, path: &str, said: String, remedy: String) -> Problem {
    Problem { is_error: false, place: object.place.clone(), path: path.to_owned(), said, remedy }
}

/// A selector where all namespaces are meant.
fn ignored(policies: &Policies, one: &PeerAuthentication) -> Option<Problem> {
    one.level(&policies.mesh).is_none().then(|| {
        let said =
            format!("PeerAuthentication {} has a selector in the root namespace: it is ignored", one.object.label());
        warning(&one.object, "spec.selector", said, "write it in the namespace of the pods that are meant".to_owned())
    })
}

/// A port of a Service where one of pods is meant.
fn no_port(policies: &Policies, one: &PeerAuthentication) -> Option<Problem> {
    let of_namespace = |(key, _): &(&(String, String), &ServiceFacts)| key.0 == one.object.namespace;
    let services: Vec<_> = policies.inventory.services.iter().filter(of_namespace).collect();
    let targets: Vec<Option<u16>> =
        services.iter().flat_map(|(_, facts)| &facts.ports).map(|port| port.target).collect();
    // A target that goes by a name may be any.
    let is_no_target = |port: &&u16| targets.iter().all(|target| target.is_some_and(|target| target != **port));
    let mut wrong = one.ports.keys().filter(is_no_target);
    wrong.find_map(|port| {
        let is_it = |facts: &ServiceFacts| facts.ports.iter().find(|own| own.port == *port).and_then(|own| own.target);
        let (key, target) = services.iter().find_map(|(key, facts)| Some((key, is_it(facts)?)))?;
        let said = format!("{port} is a port of Service {}/{}, whose pods listen on {target}", key.0, key.1);
        let remedy = format!("write {target}: portLevelMtls is about ports of pods");
        Some(warning(&one.object, "spec.portLevelMtls", said, remedy))
    })
}

/// A host that is a service's name cut short, or one that stands for a service that there is not.
fn no_host(policies: &Policies, one: &DestinationRule) -> Option<Problem> {
    if let Some((name, namespace)) = service_of(one) {
        let is_missing = policies.inventory.has_services(namespace)
            && policies.inventory.service(namespace, name).is_none()
            && !name.contains('*');
        return is_missing.then(|| {
            let said = format!("DestinationRule {} is for no Service of these files: {}", one.object.label(), one.host);
            let remedy = format!("compare it with the names of Services of namespace {namespace}");
            warning(&one.object, "spec.host", said, remedy)
        });
    }
    let (name, namespace) = one.host.trim_end_matches(".svc").split_once('.')?;
    policies.inventory.service(namespace, name)?;
    let said = format!("no service has the host {}", one.host);
    let remedy = format!("write {name}.{namespace}.svc.cluster.local, with the k8s cluster's own domain");
    Some(warning(&one.object, "spec.host", said, remedy))
}

/// Name and namespace of the service that a host stands for: `name`, or `name.namespace.svc.` and the k8s cluster's domain. Of any other it is
/// not known whether it is one of the mesh.
fn service_of(one: &DestinationRule) -> Option<(&str, &str)> {
    let mut labels = one.host.split('.');
    match (labels.next()?, labels.next(), labels.next(), labels.next()) {
        (name, None, ..) => Some((name, &one.object.namespace)),
        (name, Some(namespace), Some("svc"), Some(_)) => Some((name, namespace)),
        _ => None,
    }
}

/// References where these files have nothing that takes policies by them: neither a waypoint nor a gateway of the Gateway API. A sidecar does
/// not.
fn unattached(policies: &Policies, kind: &str, object: &Object) -> Option<Problem> {
    let (workloads, ambiguous) = (&policies.inventory.workloads, &policies.inventory.ambiguous);
    let is_attached = workloads.values().any(|labels| labels.known.contains_key(GATEWAY_NAME)) || !ambiguous.is_empty();
    (!workloads.is_empty() && !is_attached).then(|| {
        let said = format!(
            "{kind} {} goes by targetRefs, and these files have neither a waypoint nor a gateway of the Gateway API",
            object.label()
        );
        let remedy = "select pods by spec.selector, or give the waypoint's Deployment too: sidecars take no targetRefs";
        warning(object, "spec.targetRefs", said, remedy.to_owned())
    })
}
