//! The bootstrap: admin on a port that is learnt, Envoy clusters and listeners from files. A second form holds everything in one
//! document for `--mode validate`, which does not read discovery files.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::envoy::Setup;

/// What the proxy really runs with.
pub fn dynamic(setup: &Setup, folder: &Path) -> Value {
    let mut bootstrap = frame(setup);
    bootstrap["dynamic_resources"] = json!({
        "cds_config": discovery(folder, "cds"),
        "lds_config": discovery(folder, "lds"),
    });
    bootstrap
}

/// The same content as one static document.
pub fn complete(setup: &Setup) -> Value {
    let mut bootstrap = frame(setup);
    bootstrap["static_resources"] = json!({
        "clusters": setup.clusters.iter().map(untyped).collect::<Vec<_>>(),
        "listeners": setup.listeners.iter().map(untyped).collect::<Vec<_>>(),
    });
    bootstrap
}

pub(crate) fn discovery_file(folder: &Path, kind: &str) -> PathBuf {
    folder.join(kind).join("resources.json")
}

fn frame(setup: &Setup) -> Value {
    let mut bootstrap = json!({
        "node": setup.node,
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
        // The scenarios' own ceiling, far above what they open; without it Envoy warns on every start.
        "overload_manager": {"resource_monitors": [{
            "name": "envoy.resource_monitors.global_downstream_max_connections",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                "max_active_downstream_connections": 50_000,
            },
        }]},
    });
    if let Some(extra) = setup.bootstrap_extra.as_object() {
        for (key, value) in extra {
            bootstrap[key] = value.clone();
        }
    }
    bootstrap
}

fn discovery(folder: &Path, kind: &str) -> Value {
    json!({
        "resource_api_version": "V3",
        "path_config_source": {
            "path": discovery_file(folder, kind),
            "watched_directory": {"path": folder.join(kind)},
        },
    })
}

/// Discovery resources name their type; fields of a bootstrap do not.
fn untyped(resource: &Value) -> Value {
    let mut resource = resource.clone();
    if let Some(fields) = resource.as_object_mut() {
        fields.remove("@type");
    }
    resource
}
