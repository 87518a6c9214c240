//! DestinationRule, as far as it chooses TLS. Of the rest of a traffic policy the names of fields are known, not what is in them.

use std::collections::BTreeMap;

use hogusu_yaml::{Content, Node};

use super::fields::{Fields, join};
use crate::destination::{ClientTls, DestinationRule, Traffic};
use crate::object::Object;

const SPEC: [&str; 5] = ["host", "trafficPolicy", "subsets", "exportTo", "workloadSelector"];
const TRAFFIC: [&str; 8] = [
    "loadBalancer",
    "connectionPool",
    "outlierDetection",
    "tls",
    "portLevelSettings",
    "tunnel",
    "proxyProtocol",
    "retryBudget",
];
const OF_PORT: [&str; 5] = ["port", "loadBalancer", "connectionPool", "outlierDetection", "tls"];
const TLS: [&str; 9] = [
    "mode",
    "clientCertificate",
    "privateKey",
    "caCertificates",
    "credentialName",
    "subjectAltNames",
    "sni",
    "insecureSkipVerify",
    "caCrl",
];

/// Reads `spec`.
pub(super) fn read(fields: &mut Fields<'_>, object: Object, spec: &Node) -> DestinationRule {
    fields.known(spec, "spec", &SPEC);
    let host = fields.text_at(spec, "spec", "host").unwrap_or_default().to_owned();
    if host.is_empty() {
        fields.error(spec.line, "spec.host", "it is missing", "write the service's name");
    }
    let traffic = spec.get("trafficPolicy").map(|node| traffic(fields, node, "spec.trafficPolicy"));
    let mut subsets = Vec::new();
    for (index, node) in fields.list(spec, "spec", "subsets").iter().enumerate() {
        let path = format!("spec.subsets[{index}]");
        fields.known(node, &path, &["name", "labels", "trafficPolicy"]);
        if let Some(own) = node.get("trafficPolicy") {
            subsets.push(self::traffic(fields, own, &join(&path, "trafficPolicy")));
        }
    }
    let has_workload_selector = spec.get("workloadSelector").is_some();
    let export_to = fields.texts(spec, "spec", "exportTo");
    DestinationRule { object, host, export_to, has_workload_selector, traffic, subsets }
}

fn traffic(fields: &mut Fields<'_>, node: &Node, path: &str) -> Traffic {
    fields.known(node, path, &TRAFFIC);
    let mut ports = BTreeMap::new();
    for (index, one) in fields.list(node, path, "portLevelSettings").iter().enumerate() {
        let path = format!("{path}.portLevelSettings[{index}]");
        fields.known(one, &path, &OF_PORT);
        match one.at(&["port", "number"]).and_then(number) {
            Some(port) => drop(ports.insert(port, tls(fields, one, &path))),
            None => fields.error(one.line, &join(&path, "port.number"), "it is no port", "write the service's port"),
        }
    }
    Traffic { tls: tls(fields, node, path), ports }
}

/// A port; `None` where it is none.
pub(super) fn number(node: &Node) -> Option<u16> {
    match &node.content {
        Content::Number(number) => {
            number.as_u64().and_then(|number| u16::try_from(number).ok()).filter(|port| *port > 0)
        }
        _ => None,
    }
}

fn tls(fields: &mut Fields<'_>, node: &Node, path: &str) -> Option<ClientTls> {
    let own = node.get("tls")?;
    let path = join(path, "tls");
    fields.known(own, &path, &TLS);
    match fields.text_at(own, &path, "mode") {
        // The first of its kind is what is not written.
        None | Some("DISABLE") => Some(ClientTls::Disable),
        Some("SIMPLE") => Some(ClientTls::Simple),
        Some("MUTUAL") => Some(ClientTls::Mutual),
        Some("ISTIO_MUTUAL") => Some(ClientTls::IstioMutual),
        Some(_) => {
            let remedy = "write DISABLE, SIMPLE, MUTUAL or ISTIO_MUTUAL";
            fields.error(own.line_of(&["mode"]), &join(&path, "mode"), "there is no such mode", remedy);
            None
        }
    }
}
