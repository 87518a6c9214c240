//! Which service accounts several workloads have, as far as the facts of a period show. A workload in two k8s clusters is one.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::identity::parse_spiffe;

use crate::fact::{Edge, End};
use crate::judge::{Told, reports};
use crate::rule::Side;

/// Workloads by namespace and service account.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    workloads: BTreeMap<(String, String), BTreeSet<String>>,
    /// Those of which an end says that another workload has it, which may be at no end of an edge.
    shared: BTreeSet<(String, String)>,
}

impl Accounts {
    /// Reads all edges: accounts that workloads are said to have, and those of their verified certificates.
    #[must_use]
    pub fn of(edges: &[Edge]) -> Self {
        let mut accounts = Self::default();
        for edge in edges {
            for end in [&edge.source, &edge.destination] {
                for account in &end.service_accounts {
                    accounts.add(&end.namespace, account, end);
                }
                let shared = end.shared_accounts.iter().map(|account| (end.namespace.clone(), account.clone()));
                accounts.shared.extend(shared);
            }
            for (by, report) in reports(edge) {
                for class in report.into_iter().flat_map(|report| &report.classes) {
                    let told = Told { edge, by, class };
                    for (side, end) in [(Side::Source, &edge.source), (Side::Destination, &edge.destination)] {
                        if let Some((_, namespace, account)) = told.principal(side).and_then(parse_spiffe) {
                            accounts.add(namespace, account, end);
                        }
                    }
                }
            }
        }
        accounts
    }

    /// True where more than one workload has it.
    #[must_use]
    pub fn is_shared(&self, namespace: &str, account: &str) -> bool {
        let key = (namespace.to_owned(), account.to_owned());
        self.shared.contains(&key) || self.workloads.get(&key).is_some_and(|workloads| workloads.len() > 1)
    }

    /// True where more than one workload is known to have it, by the word of their own proxies or of the API server: a certificate that somebody
    /// shows under another's name says nothing of that.
    #[must_use]
    pub fn is_stated_twice(&self, namespace: &str, account: &str) -> bool {
        self.shared.contains(&(namespace.to_owned(), account.to_owned()))
    }

    fn add(&mut self, namespace: &str, account: &str, end: &End) {
        if end.is_workload() && !end.name.is_empty() {
            let key = (namespace.to_owned(), account.to_owned());
            self.workloads.entry(key).or_default().insert(format!("{}/{}", end.namespace, end.name));
        }
    }
}
