//! What policies are judged by, edge by edge (`hogusu.facts/v1`): of each end what it says of which class of exchanges, and what is known of the
//! ends themselves without their certificates, which are to be judged. [`hogusu_policy::fact`] has the shape of an edge.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use hogusu_model::edge::End;
use hogusu_model::{Hook, Workload};
use hogusu_policy::fact;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::build;
use super::observed::Observed;
use crate::analysis::clusters::Clusters;
use crate::analysis::edge::{Edge, Party, Side};
use crate::analysis::evidence::Evidence;
use crate::analysis::expected::Expected;
use crate::analysis::numbered::Principals;
use crate::analysis::outside::{self, Addresses};
use crate::analysis::told::Told;
use crate::analysis::twice::marked_alone;
use crate::label;
use crate::period::Period;

/// Name and version of this shape.
pub const SCHEMA: &str = "hogusu.facts/v1";

/// Workloads that are named of those that told of part of a period only.
const PARTIAL: usize = 20;

/// Facts of a period, page by page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Its period. `totals` are of all edges, probes and telemetry among them.
    #[serde(flatten)]
    pub observed: Observed,
    /// How much of it was told of at all.
    pub told: fact::Told,
    /// Worst first, as on the map.
    pub edges: Vec<fact::Edge>,
    /// How to ask for the next page; `None` on the last one.
    pub next_cursor: Option<String>,
}

impl Facts {
    /// As policies are judged by them, without its further pages.
    #[must_use]
    pub fn population(self) -> hogusu_policy::Facts {
        let Self { observed, told, edges, .. } = self;
        hogusu_policy::Facts {
            from: observed.from.to_string(),
            to: observed.to.to_string(),
            end: observed.to.0,
            completeness: completeness(&observed, &told),
            mesh: observed.mesh,
            edges,
        }
    }
}

/// What is known of workloads by their own proxies and the API server.
#[derive(Debug, Default)]
pub(super) struct Known {
    workloads: HashMap<Workload, Words>,
    /// Where the period ends, or now where that is earlier.
    end: u64,
    /// How much of it was told of.
    told: fact::Told,
    /// Which of the mesh's own addresses are public ones.
    public: Public,
}

#[derive(Debug, Default)]
struct Words {
    accounts: BTreeSet<String>,
    /// Those that another workload of its namespace has too.
    shared: Vec<String>,
    trust_domain: String,
    /// End of what its proxies covered, of those that did not end in order.
    heard: Option<u64>,
    /// The same of those that did.
    closed: Option<u64>,
    /// Some of its proxies tell of it.
    reports: bool,
}

impl Known {
    pub(super) fn of(period: &Period, expected: Option<&Expected>) -> Self {
        let clusters = Clusters::of(period);
        let mut known = Self {
            workloads: HashMap::new(),
            end: period.to.min(period.now),
            told: told(period, expected),
            public: Public::of(period),
        };
        for reporter in &period.reporters {
            let words = known.words(clusters.own(&reporter.workload).into_owned());
            words.take(&reporter.service_account, &reporter.trust_domain);
        }
        for sender in &period.senders {
            let words = known.words(clusters.own(&sender.proxy.workload).into_owned());
            words.take(&sender.proxy.service_account, &sender.proxy.trust_domain);
            // Attempts and refusals alone are not a proxy's traffic.
            if !matches!(sender.hook, Hook::UpstreamLog | Hook::ListenerLog) {
                words.reports = true;
                let end = if sender.closed { &mut words.closed } else { &mut words.heard };
                *end = (*end).max(Some(sender.last_end));
            }
        }
        for (workload, recorded) in period.cluster.iter().flat_map(|cluster| &cluster.workloads) {
            let accounts = recorded.service_accounts.iter().filter(|account| !account.is_empty());
            known.words(workload.clone()).accounts.extend(accounts.cloned());
        }
        known.share();
        known
    }

    /// Finds which accounts several workloads of a namespace have, whatever their k8s cluster.
    fn share(&mut self) {
        let mut names: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for (workload, words) in &self.workloads {
            for account in &words.accounts {
                let names = names.entry((workload.namespace.clone(), account.clone())).or_default();
                names.insert(workload.name.clone());
            }
        }
        for (workload, words) in &mut self.workloads {
            let is_shared = |account: &&String| {
                let names = names.get(&(workload.namespace.clone(), (*account).clone()));
                names.is_some_and(|names| names.len() > 1)
            };
            words.shared = words.accounts.iter().filter(is_shared).cloned().collect();
        }
    }

    pub(super) const fn told(&self) -> &fact::Told {
        &self.told
    }

    fn words(&mut self, workload: Workload) -> &mut Words {
        self.workloads.entry(workload).or_default()
    }

    /// Seconds that nothing was heard of it. Who ended in order left nothing out, nor did whoever fell silent before that.
    fn age(&self, words: &Words) -> Option<f64> {
        let last = words.heard.filter(|heard| words.closed.is_none_or(|closed| closed < *heard));
        let silent = last.map_or(0, |heard| self.end.saturating_sub(heard));
        words.reports.then(|| build::seconds(silent))
    }

    fn end(&self, joint: &End, party: &Party) -> fact::End {
        let [kind, cluster, namespace, name] = build::named(joint).map(str::to_owned);
        let words = if let End::Workload(workload) = joint { self.workloads.get(workload) } else { None };
        fact::End {
            kind,
            cluster,
            namespace,
            name,
            label: party.label.clone(),
            is_outside: false,
            service_accounts: words.map(|words| words.accounts.iter().cloned().collect()).unwrap_or_default(),
            shared_accounts: words.map(|words| words.shared.clone()).unwrap_or_default(),
            hosts: Vec::new(),
            trust_domain: words.map(|words| words.trust_domain.clone()).unwrap_or_default(),
            zones: party.zones.iter().cloned().collect(),
            named_by: party.named_by.iter().map(|how| how.as_str().to_owned()).collect(),
            age_s: words.and_then(|words| self.age(words)),
        }
    }

    /// Writes an edge out.
    pub(super) fn edge(&self, edge: &Edge, principals: &Principals) -> fact::Edge {
        let report =
            |side: &Option<Side>| side.as_ref().filter(|side| side.count() > 0).map(|side| reporter(side, principals));
        let mut source = self.end(&edge.key.source, &edge.source);
        let mut destination = self.end(&edge.key.destination, &edge.destination);
        // Who tells of itself of as many needs nobody's guess.
        let count = |side: &Option<Side>| side.as_ref().map_or(0, Side::count);
        let [by_source, by_destination] = [&edge.source_report, &edge.destination_report].map(count);
        if edge.source.is_cluster_guessed && by_destination > by_source {
            source.cluster.clear();
        }
        if edge.destination.is_cluster_guessed && by_source > by_destination {
            destination.cluster.clear();
        }
        destination.is_outside = is_outside(&edge.key.destination, &edge.addresses, self.public);
        let hosts: BTreeSet<&str> = edge.services.iter().map(|service| service.host.as_str()).collect();
        destination.hosts = hosts.into_iter().map(str::to_owned).collect();
        fact::Edge {
            id: build::id(edge),
            source,
            destination,
            protocol: edge.key.protocol.as_str().to_owned(),
            port: edge.key.port,
            measure: format!("{}s", edge.noun()),
            source_report: report(&edge.source_report),
            destination_report: report(&edge.destination_report),
            agreement: fact::Agreement {
                state: edge.agreement.state.as_str().to_owned(),
                reasons: edge.agreement.reasons.clone(),
            },
        }
    }
}

/// A host is known to be outside of the mesh where its name is none of Kubernetes' and every address that it was reached by is a public one: a
/// name alone may be that of a `ServiceEntry` whose endpoints are workloads. Where pods have public addresses, or addresses are not known, that
/// says nothing.
fn is_outside(destination: &End, addresses: &Addresses, public: Public) -> bool {
    let End::Service(host) = destination else { return false };
    let is_of_kubernetes = host.split('.').any(|label| label == "svc" || label == "pod");
    let is_public = |address: &String| address.parse().is_ok_and(|address| public.tells(address));
    let is_reached = !addresses.are_more && !addresses.kept.is_empty() && addresses.kept.iter().all(is_public);
    host.contains('.') && !is_of_kubernetes && is_reached
}

/// Which addresses of a family tell that nobody of the mesh has them: public ones, where the mesh's own of that family are known and are none.
#[derive(Debug, Clone, Copy, Default)]
struct Public {
    v4: bool,
    v6: bool,
}

impl Public {
    fn of(period: &Period) -> Self {
        let stated = period.senders.iter().flat_map(|sender| sender.proxy.addresses.split(','));
        let own: Vec<IpAddr> = stated.filter_map(|one| one.trim().parse::<IpAddr>().ok()).collect();
        let tells = |is_of: fn(&IpAddr) -> bool| {
            let mut of_family = own.iter().map(IpAddr::to_canonical).filter(is_of).peekable();
            of_family.peek().is_some() && !of_family.any(outside::is_public)
        };
        Self { v4: tells(IpAddr::is_ipv4), v6: tells(IpAddr::is_ipv6) }
    }

    fn tells(self, address: IpAddr) -> bool {
        outside::is_public(address) && if address.to_canonical().is_ipv4() { self.v4 } else { self.v6 }
    }
}

impl Words {
    fn take(&mut self, account: &str, trust_domain: &str) {
        if !account.is_empty() && !self.accounts.contains(account) {
            self.accounts.insert(account.to_owned());
        }
        if self.trust_domain.is_empty() {
            trust_domain.clone_into(&mut self.trust_domain);
        }
    }
}

fn reporter(side: &Side, principals: &Principals) -> fact::Reporter {
    let class = |(evidence, count): (&Evidence, &u64)| fact::Class {
        security: evidence.security.as_str().to_owned(),
        tls_version: evidence.tls_version.as_str().to_owned(),
        source_principal: principals.of(evidence.source_principal).to_owned(),
        destination_principal: principals.of(evidence.destination_principal).to_owned(),
        outcome: evidence.outcome.as_str().to_owned(),
        reason: evidence.reason.as_str().to_owned(),
        answered_by: evidence.answered_by.as_str().to_owned(),
        traffic: evidence.traffic.as_str().to_owned(),
        count: *count,
    };
    fact::Reporter {
        classes: side.evidence.iter().map(class).collect(),
        contradictions: side.contradictions.iter().cloned().collect(),
    }
}

/// How much of a period was told of at all.
fn told(period: &Period, expected: Option<&Expected>) -> fact::Told {
    let told = Told::of(period, expected);
    let length = period.to.saturating_sub(period.from);
    let mut partial: Vec<_> = told.by_workload.iter().filter(|(_, part)| **part < length).collect();
    partial.sort_by_key(|(workload, part)| (**part, *workload));
    let named = |(workload, part): (&Workload, &u64)| fact::Partial {
        workload: label::workload(&workload.namespace, &workload.name),
        told_s: build::seconds(*part),
    };
    let folded = period.folded.iter().filter(|(_, one)| one.start < period.from && one.end > period.from);
    fact::Told {
        observed_s: build::seconds(told.by_any),
        workloads: told.by_workload.len() as u64,
        // A sum of nothing would be -0.0.
        workloads_s: told.by_workload.values().map(|part| build::seconds(*part)).fold(0.0, |sum, part| sum + part),
        partial: partial.into_iter().take(PARTIAL).map(named).collect(),
        listeners_s: told.by_listeners.map(build::seconds),
        refusals_s: build::seconds(period.to.saturating_sub(period.refusals_from.max(period.from))),
        refused: period.refused_since,
        folded: folded.map(|(_, one)| one.exchanges).fold(0, u64::saturating_add),
        marked_alone: marked_alone(period),
        unexpected: told.unexpected,
    }
}

/// How complete a period is, as policies are told.
#[must_use]
pub fn completeness(observed: &Observed, told: &fact::Told) -> fact::Completeness {
    let (complete, batches) = (&observed.completeness, &observed.completeness.batches);
    let silent = |one: &super::map::Silent| if one.proxy.is_empty() { one.workload.clone() } else { one.proxy.clone() };
    fact::Completeness {
        reporting: complete.proxies.reporting,
        expected: complete.proxies.expected,
        not_observable: complete.proxies.not_observable,
        silent: complete.proxies.silent.iter().map(silent).collect(),
        statement: complete.proxies.statement.clone(),
        covered_s: complete.time_covered.covered_s,
        expected_s: complete.time_covered.expected_s,
        period_s: build::seconds(observed.to.0.saturating_sub(observed.from.0)),
        unsealed_s: build::seconds(observed.to.0.saturating_sub(observed.sealed_to.0.max(observed.from.0))),
        told: told.clone(),
        lost_batches: batches.lost,
        lost_exchanges: batches.lost_exchanges,
        refused_batches: batches.refused.max(told.refused),
        unclosed_senders: batches.unclosed_senders,
        damaged_files: batches.damaged_files,
        overflow: observed.totals.overflow,
        observing_refused: complete.refused_connections.observing,
        sidecars: complete.refused_connections.sidecars,
    }
}
