//! Kubernetes and Istio: versions, definitions, rights.

use std::collections::BTreeSet;

use super::catalogue::Check;
use super::facts::{Known, Mesh, Right, Unread};
use super::report::Line;
use crate::shown::word;

/// Minor versions of Kubernetes 1: the oldest that serves what is asked, and the newest that was tried.
const KUBERNETES: Made = Made { oldest: 29, expected: 29, newest: 36, why_newest: "was tried" };
/// Minor versions of Istio 1: the oldest whose proxies the filter can read, the oldest that is expected to work in every part, the
/// newest that is. What was tried is a commit between two of them.
const ISTIO: Made = Made { oldest: 24, expected: 27, newest: 31, why_newest: "is expected to work" };

/// Definitions without which the chart cannot be applied.
const NEEDED: [&str; 6] = [
    "authorizationpolicies.security.istio.io",
    "destinationrules.networking.istio.io",
    "envoyfilters.networking.istio.io",
    "peerauthentications.security.istio.io",
    "sidecars.networking.istio.io",
    "wasmplugins.extensions.istio.io",
];

struct Made {
    oldest: u32,
    expected: u32,
    newest: u32,
    /// What the newest is the newest of.
    why_newest: &'static str,
}

/// Lines of the groups Kubernetes and Istio.
pub(super) fn lines(mesh: &Mesh) -> Vec<Line> {
    vec![
        match &mesh.server {
            Ok(version) => Line::pass(Check::ApiServer, version),
            Err(unread) if unread.why.starts_with(NOT_ASKED) => Line::skipped(Check::ApiServer, unread),
            Err(unread) => Line::fail(Check::ApiServer, unread.to_string()),
        },
        known(Check::ServerVersion, &mesh.server, |version| {
            versions(Check::ServerVersion, &KUBERNETES, &[(String::new(), version.clone())])
        }),
        known(Check::OwnRights, &mesh.own_rights, |rights| {
            Line::warn_if_any(Check::OwnRights, refused(rights, "you"), granted(rights))
        }),
        known(Check::CollectorRights, &mesh.collector_rights, |rights| {
            Line::fail_if_any(Check::CollectorRights, refused(rights, "it"), granted(rights))
        }),
        istiod_version(mesh),
        proxy_versions(mesh),
        known(Check::Definitions, &mesh.definitions, |definitions| definitions_line(definitions)),
    ]
}

/// How the reason begins when no API server was named at all.
pub const NOT_ASKED: &str = "no access to Kubernetes was given";

/// A line about a fact, or that it is not known.
pub(super) fn known<T>(check: Check, fact: &Known<T>, judge: impl FnOnce(&T) -> Line) -> Line {
    fact.as_ref().map_or_else(|unread| Line::skipped(check, unread), judge)
}

fn refused(rights: &[Right], who: &str) -> Vec<String> {
    let refused = rights.iter().filter(|right| !right.refused.is_empty());
    refused.map(|right| format!("{who} may not {} {}", right.refused.join(" or "), right.resource)).collect()
}

fn granted(rights: &[Right]) -> String {
    let names: Vec<_> = rights.iter().map(|right| right.resource.split('.').next().unwrap_or_default()).collect();
    names.join(", ")
}

fn istiod_version(mesh: &Mesh) -> Line {
    known(Check::IstioVersion, &mesh.istiods, |istiods| {
        let told = istiods.iter().filter_map(|istiod| Some((istiod.name.to_string(), istiod.version.clone()?)));
        let told: Vec<_> = told.collect();
        let why = if istiods.is_empty() {
            "no Deployment has the label app=istiod"
        } else {
            "no istiod's labels or image name one"
        };
        if told.is_empty() { unknown(Check::IstioVersion, why) } else { versions(Check::IstioVersion, &ISTIO, &told) }
    })
}

fn proxy_versions(mesh: &Mesh) -> Line {
    known(Check::ProxyVersion, &mesh.pods, |pods| {
        let images: BTreeSet<_> =
            pods.iter().filter(|pod| pod.has_proxy()).map(|pod| pod.proxy_image.clone()).collect();
        let told: Vec<_> =
            images.into_iter().filter_map(|image| tag(&image).map(|tag| (String::new(), tag.to_owned()))).collect();
        if told.iter().all(|(_, version)| minor(version).is_none()) {
            return unknown(Check::ProxyVersion, "no image of a proxy has a tag that names one");
        }
        versions(Check::ProxyVersion, &ISTIO, &told)
    })
}

fn unknown(check: Check, why: &str) -> Line {
    Line::skipped(check, &Unread { what: "the version".to_owned(), why: why.to_owned() })
}

/// Below the oldest: fail; outside of what is expected to work: warn.
fn versions(check: Check, made: &Made, told: &[(String, String)]) -> Line {
    let (mut failing, mut doubtful, mut fine) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (whose, version) in told {
        let shown = word(version);
        let named = if whose.is_empty() { shown.into_owned() } else { format!("{whose}: {shown}") };
        match minor(version) {
            None => doubtful.push(format!("{named} is no version that can be read")),
            Some(number) if number < made.oldest => failing.push(format!("{named} is older than 1.{}", made.oldest)),
            Some(number) if number < made.expected => {
                let oldest = made.expected;
                doubtful.push(format!(
                    "{named} is older than 1.{oldest}, the oldest that is expected to work in every part"
                ));
            }
            Some(number) if number > made.newest => {
                let Made { newest, why_newest, .. } = made;
                doubtful.push(format!("{named} is newer than 1.{newest}, the newest that {why_newest}"));
            }
            Some(_) => {
                fine.insert(named);
            }
        }
    }
    Line::worst(check, failing, doubtful, fine.into_iter().collect::<Vec<_>>().join(", "))
}

/// The minor version of `v1.36.3` or `1.30.1-distroless`.
fn minor(version: &str) -> Option<u32> {
    let mut parts = version.trim_start_matches('v').split(['.', '-', '+']);
    if parts.next()? != "1" {
        return None;
    }
    parts.next()?.parse().ok()
}

/// The tag of an image; one that is named by digest alone has none.
pub fn tag(image: &str) -> Option<&str> {
    let named = image.split('@').next().unwrap_or(image);
    let last = named.rsplit('/').next().unwrap_or(named);
    last.split_once(':').map(|(_, tag)| tag)
}

fn definitions_line(definitions: &[String]) -> Line {
    let has = |name: &str| definitions.iter().any(|definition| definition == name);
    let missing: Vec<_> = NEEDED.iter().filter(|name| !has(name)).map(|name| format!("{name} is missing")).collect();
    let extension = "trafficextensions.extensions.istio.io";
    let also = if has(extension) { "with TrafficExtension" } else { "without TrafficExtension: WasmPlugin serves" };
    Line::fail_if_any(Check::Definitions, missing, also)
}
