//! Plugin objects: which of them are ours, whom they cover, and which revision of the configuration they ask for.

use std::collections::BTreeMap;

use kube::core::DynamicObject;
use serde_json::Value;

/// Our plugin's name in Istio's objects.
const PLUGIN_NAME: &str = "hogusu";

/// A plugin object of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plugin {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Revision of the configuration that it asks for.
    pub revision: Option<String>,
    /// Labels that a pod must have.
    pub selector: BTreeMap<String, String>,
    /// What it is attached to by name; then the selector does not matter.
    pub targets: Vec<Target>,
}

/// What a plugin object is attached to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `Gateway`, `GatewayClass`, `Service` or `ServiceEntry`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

impl Plugin {
    /// Reads a WasmPlugin or a TrafficExtension; `None` for one that is not ours.
    #[must_use]
    pub fn of(object: &DynamicObject) -> Option<Self> {
        let spec = object.data.get("spec")?;
        let wasm = spec.get("wasm").unwrap_or(spec);
        if text(wasm.get("pluginName")) != Some(PLUGIN_NAME) {
            return None;
        }
        let labels = spec.get("selector").and_then(|selector| selector.get("matchLabels")).and_then(Value::as_object);
        let label = |(key, value): (&String, &Value)| Some((key.clone(), text(Some(value))?.to_owned()));
        Some(Self {
            namespace: object.metadata.namespace.clone().unwrap_or_default(),
            name: object.metadata.name.clone().unwrap_or_default(),
            revision: text(wasm.get("pluginConfig").and_then(|config| config.get("revision"))).map(str::to_owned),
            selector: labels.into_iter().flatten().filter_map(label).collect(),
            targets: targets(spec),
        })
    }

    /// `namespace/name`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

/// One target by its older name, or several.
fn targets(spec: &Value) -> Vec<Target> {
    let several = spec.get("targetRefs").and_then(Value::as_array).into_iter().flatten();
    let target = |value: &Value| {
        let part = |key| text(value.get(key)).map(str::to_owned);
        Some(Target { kind: part("kind")?, name: part("name")? })
    };
    several.chain(spec.get("targetRef")).filter_map(target).collect()
}

fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty())
}
