//! PeerAuthentication and RequestAuthentication.

use std::collections::BTreeMap;

use hogusu_yaml::Node;

use super::fields::{Fields, join};
use super::target;
use crate::object::Object;
use crate::peer::{Mode, PeerAuthentication};
use crate::policies::RequestAuthentication;

/// Reads `spec` of a PeerAuthentication.
pub(super) fn peer(fields: &mut Fields<'_>, object: Object, spec: &Node) -> PeerAuthentication {
    fields.known(spec, "spec", &["selector", "mtls", "portLevelMtls"]);
    let selector = target::selector(fields, spec);
    let mode = spec.get("mtls").map_or(Mode::Unset, |mtls| mode(fields, mtls, "spec.mtls"));
    let mut ports = BTreeMap::new();
    if let Some(levels) = spec.get("portLevelMtls") {
        let line = spec.line_of(&["portLevelMtls"]);
        if selector.is_empty() {
            let said = "it needs a selector, and the API server refuses it without";
            fields.error(line, "spec.portLevelMtls", said, "write selector.matchLabels");
        }
        if levels.entries().is_empty() {
            fields.error(line, "spec.portLevelMtls", "it is empty, which the API server refuses", "leave it out");
        }
        for entry in levels.entries() {
            let path = join("spec.portLevelMtls", &entry.key);
            let mode = self::mode(fields, &entry.value, &path);
            match entry.key.parse::<u16>() {
                Ok(port) if port > 0 => drop(ports.insert(port, mode)),
                _ => fields.error(entry.line, &path, "it is no port", "write the workload's port, from 1 to 65535"),
            }
        }
    }
    PeerAuthentication { object, selector, mode, ports }
}

fn mode(fields: &mut Fields<'_>, node: &Node, path: &str) -> Mode {
    fields.known(node, path, &["mode"]);
    match fields.text_at(node, path, "mode") {
        None | Some("UNSET") => Mode::Unset,
        Some("DISABLE") => Mode::Disable,
        Some("PERMISSIVE") => Mode::Permissive,
        Some("STRICT") => Mode::Strict,
        Some(_) => {
            let remedy = "write UNSET, DISABLE, PERMISSIVE or STRICT";
            fields.error(node.line_of(&["mode"]), &join(path, "mode"), "there is no such mode", remedy);
            Mode::Unset
        }
    }
}

/// Reads `spec` of a RequestAuthentication, as far as it says whom it is about.
pub(super) fn request(fields: &mut Fields<'_>, object: Object, spec: &Node) -> RequestAuthentication {
    fields.known(spec, "spec", &["selector", "targetRef", "targetRefs", "jwtRules"]);
    let rules = spec.get("jwtRules").map_or_else(String::new, |rules| rules.json().to_string());
    RequestAuthentication { object, target: target::read(fields, spec), rules }
}
