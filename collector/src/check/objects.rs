//! Objects of the API server, as JSON, to what a check needs of them. A field that is absent or of another kind is empty.

use std::collections::BTreeMap;

use serde_json::Value;

use super::facts::{
    Condition, DestinationRule, EnvoyFilter, Istiod, Labels, Message, Name, PeerAuthentication, Plugin, Pod, Port,
    Sidecar, TlsPolicy,
};
use super::installation::tag;
use crate::kubernetes::object::{PodObject, runs_plugins};
use crate::kubernetes::plugin::Target;
use crate::kubernetes::scope::GATEWAY_SETTING;

/// The `pluginName` by which a plugin object is ours.
const PLUGIN_NAME: &str = "hogusu";

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn labels(value: &Value, pointer: &str) -> Labels {
    let pairs = value.pointer(pointer).and_then(Value::as_object).into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

fn number(value: Option<&Value>) -> Option<u16> {
    value?.as_u64().and_then(|number| u16::try_from(number).ok())
}

fn name(value: &Value) -> Name {
    Name { namespace: text(value, "/metadata/namespace"), name: text(value, "/metadata/name") }
}

/// A pod; `None` for what is none.
#[must_use]
pub fn pod(value: &Value) -> Option<Pod> {
    let pod: k8s_openapi::api::core::v1::Pod = serde_json::from_value(value.clone()).ok()?;
    let object = PodObject::of(&pod)?;
    let spec = pod.spec.as_ref();
    // A native sidecar is an init container.
    let containers =
        spec.into_iter().flat_map(|spec| spec.containers.iter().chain(spec.init_containers.iter().flatten()));
    let proxy = containers.filter(|container| runs_plugins(container)).find_map(|container| container.image.clone());
    Some(Pod {
        name: Name { namespace: object.namespace, name: object.name },
        labels: object.labels,
        proxy: object.proxy,
        proxy_image: proxy.unwrap_or_default(),
        is_running: object.is_running,
    })
}

/// An istiod, from its Deployment.
#[must_use]
pub fn istiod(value: &Value) -> Istiod {
    let labelled = value.pointer("/metadata/labels").and_then(|labels| {
        let names = ["app.kubernetes.io/version", "operator.istio.io/version"];
        names.iter().find_map(|name| labels.get(*name)?.as_str().filter(|version| *version != "unknown"))
    });
    let images = list(value, "/spec/template/spec/containers").map(|container| text(container, "/image"));
    let tagged = || images.into_iter().find_map(|image| tag(&image).map(str::to_owned));
    let version = labelled.map(str::to_owned).or_else(tagged);
    Istiod { name: name(value), version, gateways_by_name: gateways_by_name(value) }
}

/// The last word on it in the environment of a Deployment's containers; `None` where that stands elsewhere.
fn gateways_by_name(value: &Value) -> Option<bool> {
    let containers = || list(value, "/spec/template/spec/containers");
    let environment = containers().flat_map(|container| list(container, "/env"));
    match environment.filter(|one| text(one, "/name") == GATEWAY_SETTING).last() {
        Some(one) if one.get("valueFrom").is_some() => None,
        // As Go reads it.
        Some(one) => Some(["0", "f", "F", "false", "False", "FALSE"].contains(&text(one, "/value").as_str())),
        None => containers().all(|container| list(container, "/envFrom").next().is_none()).then_some(false),
    }
}

/// A WasmPlugin of ours.
#[must_use]
pub fn wasm_plugin(value: &Value) -> Option<Plugin> {
    plugin("WasmPlugin", value, "/spec")
}

/// A TrafficExtension of ours.
#[must_use]
pub fn traffic_extension(value: &Value) -> Option<Plugin> {
    plugin("TrafficExtension", value, "/spec/wasm")
}

/// Selector, targets, phase and match stand in `spec`, what is about the module under `module`.
fn plugin(kind: &str, value: &Value, module: &str) -> Option<Plugin> {
    let of_module = |field: &str| text(value, &format!("{module}/{field}"));
    if of_module("pluginName") != PLUGIN_NAME {
        return None;
    }
    Some(Plugin {
        kind: kind.to_owned(),
        name: name(value),
        selector: labels(value, "/spec/selector/matchLabels"),
        targets: value.get("spec").map(Target::all).unwrap_or_default(),
        url: of_module("url"),
        sha256: of_module("sha256"),
        configuration: value.pointer(&format!("{module}/pluginConfig")).filter(|given| !given.is_null()).cloned(),
        phase: text(value, "/spec/phase"),
        fail_strategy: of_module("failStrategy"),
        filter_type: of_module("type"),
        modes: list(value, "/spec/match").map(|one| text(one, "/mode")).collect(),
        conditions: list(value, "/status/conditions").map(condition).collect(),
        messages: list(value, "/status/validationMessages").map(message).collect(),
    })
}

fn condition(value: &Value) -> Condition {
    let parts = [text(value, "/reason"), text(value, "/message")];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Condition { kind: text(value, "/type"), status: text(value, "/status"), text: parts.join(": ") }
}

/// Istiod writes levels in capitals, and a code without its name.
fn message(value: &Value) -> Message {
    let parts = [text(value, "/type/code"), text(value, "/type/name"), text(value, "/documentationUrl")];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Message { level: text(value, "/level").to_uppercase(), text: parts.join(" ") }
}

/// An EnvoyFilter.
#[must_use]
pub fn envoy_filter(value: &Value) -> EnvoyFilter {
    EnvoyFilter { name: name(value), priority: value.pointer("/spec/priority").and_then(Value::as_i64) }
}

/// A `Sidecar`.
#[must_use]
pub fn sidecar(value: &Value) -> Sidecar {
    let listener = |one: &Value| {
        let hosts = list(one, "/hosts").filter_map(Value::as_str).map(str::to_owned).collect();
        (number(one.pointer("/port/number")), hosts)
    };
    Sidecar {
        name: name(value),
        created: text(value, "/metadata/creationTimestamp"),
        selector: labels(value, "/spec/workloadSelector/labels"),
        egress: list(value, "/spec/egress").map(listener).collect(),
    }
}

/// A PeerAuthentication.
#[must_use]
pub fn peer_authentication(value: &Value) -> PeerAuthentication {
    let ports = value.pointer("/spec/portLevelMtls").and_then(Value::as_object).into_iter().flatten();
    let port = |(number, mode): (&String, &Value)| Some((number.parse().ok()?, text(mode, "/mode")));
    PeerAuthentication {
        name: name(value),
        created: text(value, "/metadata/creationTimestamp"),
        selector: labels(value, "/spec/selector/matchLabels"),
        mode: text(value, "/spec/mtls/mode"),
        ports: ports.filter_map(port).collect::<BTreeMap<_, _>>(),
    }
}

/// A DestinationRule.
#[must_use]
pub fn destination_rule(value: &Value) -> DestinationRule {
    let port = |one: &Value| Some((number(one.pointer("/port/number"))?, text(one, "/tls/mode")));
    let policy = value.pointer("/spec/trafficPolicy").filter(|given| !given.is_null()).map(|policy| TlsPolicy {
        mode: text(policy, "/tls/mode"),
        ports: list(policy, "/portLevelSettings").filter_map(port).collect(),
    });
    DestinationRule {
        name: name(value),
        created: text(value, "/metadata/creationTimestamp"),
        host: text(value, "/spec/host"),
        selector: labels(value, "/spec/workloadSelector/matchLabels"),
        export_to: list(value, "/spec/exportTo").filter_map(Value::as_str).map(str::to_owned).collect(),
        policy,
    }
}

/// Ports of a Service.
#[must_use]
pub fn ports(value: &Value) -> Vec<Port> {
    let port = |one: &Value| {
        let number = number(one.pointer("/port"))?;
        Some(Port { name: text(one, "/name"), number, protocol: text(one, "/appProtocol") })
    };
    list(value, "/spec/ports").filter_map(port).collect()
}
