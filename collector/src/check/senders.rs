//! The proxies that send batches, or should: those whose way to the collector is judged.

use std::collections::BTreeMap;

use super::attachment::{Applies, Attaching};
use super::facts::{Facts, Known, Labels, Name, Pod};
use crate::kubernetes::pod::ProxyKind;

/// A proxy that sends batches, or should.
pub(super) struct Sending {
    pub(super) pod: Name,
    pub(super) labels: Labels,
    pub(super) kind: ProxyKind,
}

/// Proxies that the collector expects; where it does not know them, pods that a plugin object applies to. Where istiod's setting
/// for gateways is not known, those that its default would add are among them, as the collector itself expects them.
pub(super) fn senders_to_be(facts: &Facts) -> Known<Vec<Sending>> {
    let pods = facts.mesh.pods.as_ref().map_err(Clone::clone)?;
    let of = |pod: &Pod| Some(Sending { pod: pod.name.clone(), labels: pod.labels.clone(), kind: pod.proxy? });
    let expected = facts.collector.proxies.as_ref().ok().filter(|proxies| proxies.expected.is_some());
    if let Some(proxies) = expected {
        let by_name: BTreeMap<_, _> = pods.iter().map(|pod| (&pod.name, pod)).collect();
        let observable = proxies.proxies.iter().filter(|proxy| proxy.state != "not_observable");
        let found = observable.filter_map(|proxy| by_name.get(&Name::new(&proxy.namespace, &proxy.pod)).copied());
        return Ok(found.filter_map(of).collect());
    }
    let plugins = facts.mesh.plugins.as_ref().map_err(Clone::clone)?;
    let attaching = Attaching::of(&facts.place, &facts.mesh);
    let measured = |pod: &&Pod| plugins.iter().any(|plugin| attaching.applies(plugin, pod) != Applies::No);
    Ok(pods.iter().filter(measured).filter_map(of).collect())
}
