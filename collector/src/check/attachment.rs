//! Which proxies get a plugin object, and where two of them meet, by Istio's rule in [`crate::kubernetes::scope`]. One part of it is a
//! setting of istiod: whether labels choose gateways of the Kubernetes Gateway API. Where that is not known, what hangs on it is
//! said to hang on it.

use super::facts::{Known, Mesh, Place, Plugin, Pod, Unread};
use crate::kubernetes::plugin::Target;
use crate::kubernetes::pod::ProxyKind;
use crate::kubernetes::scope::{GATEWAY_LABEL, GATEWAY_SETTING, Named, Policy, Proxy, Rule};

/// Whether a proxy gets a plugin object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Applies {
    /// No.
    No,
    /// Unless istiod is set otherwise, and whether it is is not known.
    Unless,
    /// Yes.
    Yes,
}

/// Where two plugin objects meet.
pub(super) enum Meeting<'a> {
    /// Nowhere.
    None,
    /// At what both name, or wherever the one applies.
    Whole,
    /// At this pod at least.
    At(Applies, &'a Pod),
}

/// Istio's rule in one mesh.
pub(super) struct Attaching<'a> {
    root_namespace: &'a str,
    gateways_by_name: Known<bool>,
}

impl<'a> Attaching<'a> {
    pub(super) fn of(place: &'a Place, mesh: &Mesh) -> Self {
        Self { root_namespace: &place.root_namespace, gateways_by_name: gateways_by_name(mesh) }
    }

    const fn rule(&self, gateways_by_name: bool) -> Rule<'a> {
        Rule { root_namespace: self.root_namespace, gateways_by_name }
    }

    /// Whether the pod's proxy gets it. Services and ServiceEntries that it names are not followed to their waypoints.
    pub(super) fn applies(&self, plugin: &Plugin, pod: &Pod) -> Applies {
        let by = |gateways_by_name| {
            pod.has_proxy() && self.rule(gateways_by_name).attaches(plugin.policy(), pod.as_proxy(), |_| false)
        };
        match self.gateways_by_name {
            Ok(by_name) if by(by_name) => Applies::Yes,
            Err(_) if by(true) => Applies::Yes,
            Err(_) if by(false) => Applies::Unless,
            _ => Applies::No,
        }
    }

    /// By namespace and labels alone.
    pub(super) fn chooses(&self, plugin: &Plugin, pod: &Pod) -> bool {
        pod.is_running && self.rule(false).chooses(plugin.policy(), &pod.name.namespace, &pod.labels)
    }

    /// Whether some proxy gets both. Where only the pods could tell and they are not known, that is said.
    pub(super) fn meeting<'p>(
        &self,
        first: &Plugin,
        second: &Plugin,
        pods: &'p Known<Vec<Pod>>,
    ) -> Result<Meeting<'p>, Unread> {
        let is_one_namespace = first.name.namespace == second.name.namespace;
        let is_in_root = |plugin: &Plugin| plugin.name.namespace == self.root_namespace;
        if !is_one_namespace && !is_in_root(first) && !is_in_root(second) {
            return Ok(Meeting::None);
        }
        let takes_all = |plugin: &Plugin| plugin.targets.is_empty() && plugin.selector.is_empty();
        if (is_one_namespace && self.name_one(first, second)) || (takes_all(first) && takes_all(second)) {
            return Ok(Meeting::Whole);
        }
        let pods = pods.as_ref().map_err(Clone::clone)?;
        let both = |pod: &Pod| self.applies(first, pod).min(self.applies(second, pod));
        Ok(surest(pods, both).map_or(Meeting::None, |(applies, pod)| Meeting::At(applies, pod)))
    }

    /// Whether two plugin objects of one namespace name something that Istio attaches both to.
    fn name_one(&self, first: &Plugin, second: &Plugin) -> bool {
        let of_second = self.named(second);
        self.named(first).iter().any(|named| of_second.contains(named))
    }

    fn named<'p>(&self, plugin: &'p Plugin) -> Vec<Named<'p>> {
        let named = |target: &'p Target| self.rule(false).named(&plugin.name.namespace, target);
        plugin.targets.iter().filter_map(named).collect()
    }

    /// On what [`Applies::Unless`] hangs.
    pub(super) fn unless(&self) -> String {
        let why = self.gateways_by_name.as_ref().err().map_or_else(String::new, |unread| format!(" ({unread})"));
        format!("unless istiod runs with {GATEWAY_SETTING}=false{why}")
    }
}

/// The pod that gets it most surely, and of several the first.
pub(super) fn surest(pods: &[Pod], applies: impl Fn(&Pod) -> Applies) -> Option<(Applies, &Pod)> {
    let some = pods.iter().map(|pod| (applies(pod), pod)).filter(|(applies, _)| *applies != Applies::No);
    some.rev().max_by_key(|(applies, _)| *applies)
}

/// Which of several istiods serves a gateway is not known: they must agree.
fn gateways_by_name(mesh: &Mesh) -> Known<bool> {
    let unread = |what: &str, why: &str| Err(Unread { what: what.to_owned(), why: why.to_owned() });
    let istiods = mesh.istiods.as_ref().map_err(Clone::clone)?;
    let all = |wanted: bool| istiods.iter().all(|istiod| istiod.gateways_by_name == Some(wanted));
    match istiods.iter().find(|istiod| istiod.gateways_by_name.is_none()) {
        _ if istiods.is_empty() => unread("istiod", "no Deployment has the label app=istiod"),
        Some(istiod) => unread("that", &format!("Deployment {} takes its environment from elsewhere", istiod.name)),
        None if all(true) => Ok(true),
        None if all(false) => Ok(false),
        None => unread("which istiod serves it", "some run so and some do not"),
    }
}

impl Plugin {
    fn policy(&self) -> Policy<'_> {
        Policy { namespace: &self.name.namespace, selector: &self.selector, targets: &self.targets }
    }
}

impl Pod {
    /// The gateway of the Kubernetes Gateway API, or the waypoint, that it is one of.
    pub(super) fn gateway(&self) -> Option<&str> {
        self.labels.get(GATEWAY_LABEL).map(String::as_str)
    }

    fn as_proxy(&self) -> Proxy<'_> {
        let is_waypoint = self.proxy == Some(ProxyKind::Waypoint);
        Proxy { namespace: &self.name.namespace, labels: &self.labels, is_waypoint }
    }
}
