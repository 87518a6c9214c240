//! Policies that say how a client connects: the part of Istio's DestinationRule that chooses TLS, and which of several is looked at.

use std::collections::{BTreeMap, BTreeSet};

use crate::inventory::Inventory;
use crate::mesh::Mesh;
use crate::object::{Object, oldest};
use crate::possible::Possible;

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationRule {
    /// Its name, place and age.
    pub object: Object,
    /// `host`, as written.
    pub host: String,
    /// `exportTo`; empty: everybody.
    pub export_to: Vec<String>,
    /// It is for some clients of its namespace only.
    pub has_workload_selector: bool,
    /// `trafficPolicy`.
    pub traffic: Option<Traffic>,
    /// Policies of subsets, which stand in place of the rule's own for what is routed to them.
    pub subsets: Vec<Traffic>,
}

/// The TLS of a traffic policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    /// `tls.mode`.
    pub tls: Option<ClientTls>,
    /// `portLevelSettings`, by port of the service.
    pub ports: BTreeMap<u16, Option<ClientTls>>,
}

/// `tls.mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientTls {
    /// No TLS.
    Disable,
    /// TLS as it is given, without a client certificate.
    Simple,
    /// TLS as it is given, with one.
    Mutual,
    /// The mesh's own mutual TLS.
    IstioMutual,
}

/// How rules say a client connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Chosen {
    /// No rule says: the mesh chooses.
    Automatic,
    /// A rule says.
    Said(ClientTls),
}

/// What is asked, and from where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// Namespace of the client.
    pub(crate) from: &'a str,
    /// Host of the service, whole.
    pub(crate) host: &'a str,
    /// Namespace of the service.
    pub(crate) namespace: &'a str,
    /// Port of the service.
    pub(crate) port: Option<u16>,
}

impl DestinationRule {
    /// How well it fits: one without `*` comes before all others, and a longer one before a shorter. A name without a dot is a service
    /// of the rule's own namespace, whatever the domain of the k8s cluster.
    fn fit(&self, host: &str) -> Option<(bool, usize)> {
        let is_short = !self.host.contains(['.', '*']);
        let short = format!("{}.{}.svc.", self.host, self.object.namespace);
        if self.host == host || is_short && host.starts_with(&short) {
            return Some((true, host.len()));
        }
        self.host.strip_prefix('*').filter(|suffix| host.ends_with(suffix)).map(|suffix| (false, suffix.len()))
    }

    /// Whether its host is this one.
    #[must_use]
    pub fn is_for(&self, host: &str) -> bool {
        self.fit(host).is_some()
    }

    /// Whether its host may be that of a service of this namespace: of none that files do not have beside others of the namespace.
    pub(crate) fn may_be_for(&self, namespace: &str, inventory: &Inventory) -> bool {
        let labels: Vec<&str> = self.host.split('.').collect();
        let (name, own) = match labels.as_slice() {
            [name] => (*name, self.object.namespace.as_str()),
            [name, own, "svc", ..] => (*name, *own),
            _ => return true,
        };
        let is_there = || inventory.service(own, name).is_some() || !inventory.has_services(own);
        self.host.contains('*') || (own == namespace && is_there())
    }

    /// Whether two do the same, wherever they stand and however old they are.
    #[must_use]
    pub fn means_the_same(&self, other: &Self) -> bool {
        let of = |one: &Self| (one.host.clone(), one.export_to.clone(), one.has_workload_selector);
        let is_one = self.object.namespace == other.object.namespace && self.object.name == other.object.name;
        is_one && of(self) == of(other) && (&self.traffic, &self.subsets) == (&other.traffic, &other.subsets)
    }

    /// Whether it says anything of TLS.
    #[must_use]
    pub fn says_tls(&self) -> bool {
        let says = |one: &Traffic| *one != Traffic::default();
        self.has_workload_selector || self.traffic.iter().chain(&self.subsets).any(says)
    }

    fn is_seen_from(&self, namespace: &str, mesh: &Mesh) -> bool {
        let own = self.object.namespace == namespace;
        let export_to = if self.export_to.is_empty() { &mesh.export_to } else { &self.export_to };
        export_to.is_empty() || export_to.iter().any(|to| to == "*" || to == namespace || (to == "." && own))
    }
}

/// How rules say that a client connects to a port of a service.
pub(crate) fn chosen(all: &[DestinationRule], asked: Asked<'_>, mesh: &Mesh) -> Possible<Chosen> {
    let root = mesh.root_namespace.as_str();
    let local: Vec<&DestinationRule> = fitting(all, asked, asked.from, mesh);
    if local.iter().any(|rule| rule.has_workload_selector) {
        let all = [Chosen::Automatic, Chosen::Said(ClientTls::Disable), Chosen::Said(ClientTls::Simple)];
        let all = all.into_iter().chain([ClientTls::Mutual, ClientTls::IstioMutual].map(Chosen::Said));
        return Possible::of(all, "labels of the source's pods, which a DestinationRule selects");
    }
    let searched: &[&str] =
        if asked.from == root { &[asked.namespace, root] } else { &[asked.from, asked.namespace, root] };
    let found: Vec<Vec<&DestinationRule>> = searched
        .iter()
        .map(|namespace| fitting(all, asked, namespace, mesh))
        .map(|rules| rules.into_iter().filter(|rule| !rule.has_workload_selector).collect::<Vec<_>>())
        .filter(|rules| !rules.is_empty())
        .collect();
    match found.as_slice() {
        [] => Possible::only(Chosen::Automatic),
        // Whether a client in the root namespace looks there first depends on how its rules are exported.
        [first, .., last] if asked.from == root => {
            let both = of_rules(first, asked).all.into_iter().chain(of_rules(last, asked).all);
            Possible::of(both.collect::<Vec<_>>(), "which DestinationRule a client in the root namespace takes")
        }
        [first, ..] => of_rules(first, asked),
    }
}

/// The rules of a namespace with the most specific host that fits.
fn fitting<'a>(all: &'a [DestinationRule], asked: Asked<'_>, namespace: &str, mesh: &Mesh) -> Vec<&'a DestinationRule> {
    let seen = all.iter().filter(|rule| rule.object.namespace == namespace && rule.is_seen_from(asked.from, mesh));
    let fits: Vec<_> = seen.filter_map(|rule| Some((rule.fit(asked.host)?, rule))).collect();
    let best = fits.iter().map(|(fit, _)| *fit).max();
    fits.into_iter().filter(|(fit, _)| Some(*fit) == best).map(|(_, rule)| rule).collect()
}

/// The oldest rule's traffic policy counts, and what subsets say where something is routed to them. Rules that are exported to others are not
/// put together, and then it is seen to be another than the oldest.
fn of_rules(rules: &[&DestinationRule], asked: Asked<'_>) -> Possible<Chosen> {
    let exports: BTreeSet<BTreeSet<&String>> = rules.iter().map(|rule| rule.export_to.iter().collect()).collect();
    let (first, mut missing) = if exports.len() > 1 {
        (rules.to_vec(), "which DestinationRule of one host counts where exportTo differs")
    } else {
        let first = oldest(rules.to_vec(), |rule| &rule.object);
        (first, "metadata.creationTimestamp of DestinationRules of one host")
    };
    let mut found = Vec::new();
    for rule in &first {
        match &rule.traffic {
            Some(traffic) => found.extend(of_traffic(traffic, asked.port).all),
            // Whether a younger one's counts where the oldest has none is not said.
            None => {
                found.push(Chosen::Automatic);
                let others = rules.iter().filter_map(|rule| rule.traffic.as_ref());
                found.extend(others.flat_map(|traffic| of_traffic(traffic, asked.port).all));
            }
        }
    }
    let subsets: Vec<Chosen> = rules
        .iter()
        .flat_map(|rule| &rule.subsets)
        .filter(|traffic| **traffic != Traffic::default())
        .flat_map(|traffic| of_traffic(traffic, asked.port).all)
        .collect();
    if !subsets.is_empty() {
        missing = "subset of the DestinationRule that is routed to";
        found.extend(subsets);
    } else if let ([only], None) = (found.as_slice(), asked.port) {
        return Possible::only(*only);
    } else if asked.port.is_none() && first.len() == 1 {
        missing = "port of the service";
    }
    Possible::of(found, missing)
}

fn of_traffic(traffic: &Traffic, port: Option<u16>) -> Possible<Chosen> {
    let whole = traffic.tls.map_or(Chosen::Automatic, Chosen::Said);
    let at = |entry: &Option<ClientTls>| match (entry, traffic.tls) {
        (Some(tls), _) => Possible::only(Chosen::Said(*tls)),
        // What a port leaves out it does not inherit; yet whoever looks at endpoints falls back to it, and sends plaintext.
        (None, Some(ClientTls::Disable | ClientTls::Simple)) => Possible::only(Chosen::Said(ClientTls::Disable)),
        (None, None) => Possible::only(Chosen::Automatic),
        (None, Some(_)) => Possible::of([Chosen::Automatic, whole], "what a port's settings without tls inherit"),
    };
    match port {
        Some(port) => traffic.ports.get(&port).map_or_else(|| Possible::only(whole), at),
        None if traffic.ports.is_empty() => Possible::only(whole),
        None => {
            let all = traffic.ports.values().flat_map(|entry| at(entry).all).chain([whole]);
            Possible::of(all.collect::<Vec<_>>(), "port of the service")
        }
    }
}
