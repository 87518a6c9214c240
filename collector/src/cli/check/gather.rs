//! Every fact that a check needs, asked for once. What cannot be read is kept with its reason. Judges nothing.

use std::path::Path;

use serde_json::Value;

use super::cluster::Cluster;
use crate::check::facts::{Facts, Known, Mesh, Place, Plugin, Right};
use crate::check::objects;
use crate::cli::CliError;
use crate::cli::fetch::Collector;
use crate::kubernetes::objects::Kind;

/// What whoever runs the check must be able to list.
const LOOKED_AT: [(&str, &str); 10] = [
    ("", "pods"),
    ("", "services"),
    ("apps", "deployments"),
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("extensions.istio.io", "wasmplugins"),
    ("extensions.istio.io", "trafficextensions"),
    ("networking.istio.io", "envoyfilters"),
    ("networking.istio.io", "sidecars"),
    ("networking.istio.io", "destinationrules"),
    ("security.istio.io", "peerauthentications"),
];

/// Asks the API server and the collector; whether the collector could be reached stands beside.
pub(super) async fn facts(
    collector: &Collector,
    kubernetes: Option<&Path>,
    place: Place,
) -> (Facts, Result<(), CliError>) {
    let cluster = Cluster::open(kubernetes).await;
    let mesh = mesh(&cluster, &place).await;
    let domain = mesh.plugins.as_ref().ok().and_then(|plugins| place.domain_by(plugins));
    let place = Place { domain, ..place };
    let (collector, reached) = super::collector::ask(collector).await;
    (Facts { place, mesh, collector }, reached)
}

async fn mesh(cluster: &Cluster, place: &Place) -> Mesh {
    let account = format!("system:serviceaccount:{}:{}", place.namespace, place.service);
    let service = format!("/api/v1/namespaces/{}/services/{}", place.namespace, place.service);
    Mesh {
        server: version(cluster).await,
        own_rights: rights(cluster, None, &LOOKED_AT, &["list"]).await,
        collector_rights: rights(cluster, Some(&account), &watched(), &["list", "watch"]).await,
        definitions: definitions(cluster).await,
        istiods: all(cluster, "istiod", "/apis/apps/v1/deployments?labelSelector=app%3Distiod", objects::istiod).await,
        pods: all(cluster, "pods", "/api/v1/pods", objects::pod).await.map(|pods| pods.into_iter().flatten().collect()),
        plugins: plugins(cluster).await,
        envoy_filters: all(cluster, "EnvoyFilters", FILTERS, objects::envoy_filter).await,
        sidecars: all(cluster, "Sidecar objects", SIDECARS, objects::sidecar).await,
        peer_authentications: all(cluster, "PeerAuthentications", AUTHENTICATIONS, objects::peer_authentication).await,
        destination_rules: all(cluster, "DestinationRules", RULES, objects::destination_rule).await,
        service: cluster.get("the collector's Service", &service).await.map(|found| found.as_ref().map(objects::ports)),
    }
}

const FILTERS: &str =
    "/apis/networking.istio.io/v1alpha3/envoyfilters?labelSelector=app.kubernetes.io%2Fpart-of%3Dhogusu";
const SIDECARS: &str = "/apis/networking.istio.io/v1/sidecars";
const RULES: &str = "/apis/networking.istio.io/v1/destinationrules";
const AUTHENTICATIONS: &str = "/apis/security.istio.io/v1/peerauthentications";
const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WASM_PLUGINS: &str = "/apis/extensions.istio.io/v1alpha1/wasmplugins";
const TRAFFIC_EXTENSIONS: &str = "/apis/extensions.istio.io/v1alpha1/trafficextensions";

async fn all<T>(cluster: &Cluster, what: &str, path: &str, read: impl Fn(&Value) -> T) -> Known<Vec<T>> {
    Ok(cluster.list(what, path).await?.iter().map(read).collect())
}

async fn version(cluster: &Cluster) -> Known<String> {
    let answer = cluster.get("the API server's version", "/version").await?;
    let version = answer.as_ref().and_then(|answer| answer.get("gitVersion")).and_then(Value::as_str);
    Ok(version.unwrap_or_default().to_owned())
}

/// Istio's, by name: whole definitions are large.
async fn definitions(cluster: &Cluster) -> Known<Vec<String>> {
    let name = |one: &Value| one.pointer("/metadata/name").and_then(Value::as_str).map(str::to_owned);
    Ok(cluster.list("custom resource definitions", DEFINITIONS).await?.iter().filter_map(name).collect())
}

async fn plugins(cluster: &Cluster) -> Known<Vec<Plugin>> {
    let mut plugins = all(cluster, "WasmPlugins", WASM_PLUGINS, objects::wasm_plugin).await?;
    plugins.extend(all(cluster, "TrafficExtensions", TRAFFIC_EXTENSIONS, objects::traffic_extension).await?);
    Ok(plugins.into_iter().flatten().collect())
}

/// What the collector watches.
fn watched() -> Vec<(&'static str, &'static str)> {
    let group = |kind: Kind| match kind {
        Kind::WasmPlugins | Kind::TrafficExtensions => "extensions.istio.io",
        Kind::Pods | Kind::Nodes | Kind::Namespaces | Kind::Services => "",
    };
    Kind::ALL.into_iter().map(|kind| (group(kind), kind.as_str())).collect()
}

async fn rights(cluster: &Cluster, user: Option<&str>, wanted: &[(&str, &str)], verbs: &[&str]) -> Known<Vec<Right>> {
    let mut rights = Vec::new();
    for (group, resource) in wanted {
        let mut refused = Vec::new();
        for verb in verbs {
            if !cluster.may(user, verb, group, resource).await? {
                refused.push((*verb).to_owned());
            }
        }
        let resource = if group.is_empty() { (*resource).to_owned() } else { format!("{resource}.{group}") };
        rights.push(Right { resource, refused });
    }
    Ok(rights)
}
