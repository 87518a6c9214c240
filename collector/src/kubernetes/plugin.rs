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

/// What a plugin object is attached to, as it is written; what Istio makes of it is in [`super::scope`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// API group; empty: that of Services.
    pub group: String,
    /// `Gateway`, `GatewayClass`, `Service` or `ServiceEntry`.
    pub kind: String,
    /// Its namespace; empty: the plugin object's.
    pub namespace: String,
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
            targets: Target::all(spec),
        })
    }

    /// `namespace/name`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

impl Target {
    /// Those of a plugin object's `spec`: several, else the one by its older name.
    #[must_use]
    pub fn all(spec: &Value) -> Vec<Self> {
        let several = spec.get("targetRefs").and_then(Value::as_array).filter(|several| !several.is_empty());
        match several {
            Some(several) => several.iter().map(Self::of).collect(),
            None => spec.get("targetRef").filter(|one| one.is_object()).map(Self::of).into_iter().collect(),
        }
    }

    fn of(value: &Value) -> Self {
        let part = |key| text(value.get(key)).unwrap_or_default().to_owned();
        Self { group: part("group"), kind: part("kind"), namespace: part("namespace"), name: part("name") }
    }
}

fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty())
}
