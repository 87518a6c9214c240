//! Who says that an address was whose, and from when to when.

use std::collections::BTreeMap;
use std::net::IpAddr;

use hogusu_model::{Proxy, Workload};

use crate::aggregate::Sender;
use crate::kubernetes::pod::Tenure;

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The workload's own proxy.
    Proxy,
    /// The API server.
    Kubernetes,
}

/// One word on an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The address.
    pub address: IpAddr,
    /// The k8s cluster in which it was; empty: not known.
    pub k8s_cluster: String,
    /// Whose it was; `None`: a node's, which is that of everything that runs on its network or comes through it.
    pub workload: Option<Workload>,
    /// Who says so.
    pub source: Source,
    /// Start, nanoseconds since the epoch.
    pub from: u64,
    /// Up to here it is certain.
    pub firm_to: u64,
    /// End, exclusive: from `firm_to` on it holds only where nobody says otherwise.
    pub to: u64,
    /// It may have ended later than that: nobody watched.
    pub is_end_unseen: bool,
}

/// What senders say of their proxies' addresses.
pub fn of_senders<'a>(senders: impl IntoIterator<Item = &'a Sender>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for sender in senders {
        let covered = (sender.progress.first_start, sender.progress.last_end);
        claims.extend(of_proxy(&sender.resource.proxy, covered, sender.flush_interval()));
    }
    claims
}

/// A sender speaks for its proxy's addresses from its first batch to its last, and for two flush intervals more.
pub fn of_proxy(proxy: &Proxy, (from, firm_to): (u64, u64), flush_interval: u64) -> impl Iterator<Item = Claim> {
    let named = Some(proxy).filter(|proxy| !proxy.workload.is_empty());
    let addresses = named.into_iter().flat_map(|proxy| proxy.addresses.split(',')).filter_map(parse);
    let to = firm_to.saturating_add(flush_interval.saturating_mul(2));
    addresses.map(move |address| Claim {
        address,
        k8s_cluster: proxy.workload.cluster.clone(),
        workload: Some(proxy.workload.clone()),
        source: Source::Proxy,
        from,
        firm_to,
        to,
        is_end_unseen: false,
    })
}

/// The API server speaks for a pod's addresses as long as the pod has them, and for those of its node.
pub fn of_tenures<'a>(tenures: impl IntoIterator<Item = &'a Tenure>, k8s_cluster: &str) -> Vec<Claim> {
    let mut claims = Vec::new();
    let mut nodes: BTreeMap<IpAddr, Vec<(u64, u64)>> = BTreeMap::new();
    for tenure in tenures {
        let to = tenure.to.unwrap_or(u64::MAX);
        for address in &tenure.pod.node_addresses {
            nodes.entry(*address).or_default().push((tenure.from, to));
        }
        claims.extend(tenure.pod.addresses.iter().map(|address| Claim {
            address: *address,
            k8s_cluster: k8s_cluster.to_owned(),
            workload: Some(tenure.workload(k8s_cluster)),
            source: Source::Kubernetes,
            from: tenure.from,
            firm_to: to,
            to,
            is_end_unseen: tenure.uncertain,
        }));
    }
    for (address, stretches) in nodes {
        claims.extend(joined(stretches).into_iter().map(|(from, to)| Claim {
            address,
            k8s_cluster: k8s_cluster.to_owned(),
            workload: None,
            source: Source::Kubernetes,
            from,
            firm_to: to,
            to,
            is_end_unseen: false,
        }));
    }
    claims
}

/// Stretches of time without those that overlap or touch: a node has many pods.
fn joined(mut stretches: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    stretches.sort_unstable();
    let mut whole: Vec<(u64, u64)> = Vec::new();
    for (from, to) in stretches {
        match whole.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => whole.push((from, to)),
        }
    }
    whole
}

/// An address as written by a proxy; an IPv4 address mapped into IPv6 is the IPv4 address.
pub(super) fn parse(text: &str) -> Option<IpAddr> {
    text.trim().parse::<IpAddr>().ok().map(|address| address.to_canonical())
}
