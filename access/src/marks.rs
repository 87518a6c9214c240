//! What the template of pods says of their proxy beside labels: annotations that steer it, and whether there is nothing but it.

use std::collections::BTreeMap;

/// What a template says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// Annotations that steer the proxy.
    pub annotations: BTreeMap<String, String>,
    /// Its only container is the proxy.
    pub is_proxy_alone: bool,
    /// Its service account; empty where there is no template.
    pub service_account: String,
}

const TEMPLATES: &str = "inject.istio.io/templates";
const EXCLUDED: &str = "traffic.sidecar.istio.io/excludeInboundPorts";
const INCLUDED: &str = "traffic.sidecar.istio.io/includeInboundPorts";
const INJECT: &str = "sidecar.istio.io/inject";
const CAPTURE: &str = "sidecar.istio.io/interceptionMode";
const DATAPLANE: &str = "istio.io/dataplane-mode";

impl Marks {
    /// Keys of annotations that are looked at.
    pub(crate) const KEYS: [&str; 6] = [TEMPLATES, EXCLUDED, INCLUDED, INJECT, CAPTURE, DATAPLANE];

    /// Whether the proxy stands before others.
    #[must_use]
    pub fn is_gateway(&self) -> bool {
        let is_named = |all: &String| all.split(',').any(|one| one.trim() == "gateway");
        self.is_proxy_alone || self.annotations.get(TEMPLATES).is_some_and(is_named)
    }

    /// What of it a change changes, in words; `None`: nothing.
    pub(crate) fn changes(&self, after: &Self) -> Option<String> {
        let keys = self.annotations.keys().chain(after.annotations.keys());
        let differs = |key: &&String| self.annotations.get(*key) != after.annotations.get(*key);
        let annotation = keys.filter(differs).min().map(|key| format!("annotation {key}"));
        let account = (self.service_account != after.service_account).then(|| "service account".to_owned());
        let containers = (self.is_proxy_alone != after.is_proxy_alone).then(|| "containers".to_owned());
        annotation.or(account).or(containers)
    }

    /// The annotation by which nothing is perhaps enforced at a port of the pods, in words.
    #[must_use]
    pub fn unpoliced(&self, port: Option<u16>) -> Option<String> {
        let names = |value: &str| {
            let is_it = |one: &str| one.trim() == "*" || port.is_none_or(|port| one.trim() == port.to_string());
            value.split(',').filter(|one| !one.trim().is_empty()).any(is_it)
        };
        let lets_past = |(key, value): &(&String, &String)| match key.as_str() {
            EXCLUDED => names(value),
            INCLUDED => port.is_none() || !names(value),
            INJECT => value.as_str() == "false",
            CAPTURE => value.as_str() == "NONE",
            DATAPLANE => true,
            _ => false,
        };
        let (key, value) = self.annotations.iter().find(lets_past)?;
        Some(format!("what annotation {key}: \"{value}\" of the destination's pods lets past their proxy"))
    }
}
