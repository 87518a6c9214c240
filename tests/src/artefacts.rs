//! Finds what the scenarios run: the Envoy binary, the Wasm module, the collector's binary, and their peer.
//! Builds nothing.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::workdir::workspace_root;

/// `ENVOY`, else `.tools/bin/envoy`.
pub fn envoy() -> Result<PathBuf> {
    find("Envoy", "ENVOY", &[".tools/bin/envoy"], "make setup-demo")
}

/// `HOGUSU_WASM`, else `target/wasm/hogusu.wasm`.
pub fn wasm() -> Result<PathBuf> {
    find("the Wasm module", "HOGUSU_WASM", &["target/wasm/hogusu.wasm"], "make build")
}

/// `HOGUSU_BIN`, else the release build, else the debug build.
pub fn hogusu() -> Result<PathBuf> {
    find("the collector", "HOGUSU_BIN", &["target/release/hogusu", "target/debug/hogusu"], "make build")
}

/// `OTELCOL`, else `.tools/bin/otelcol`.
pub fn opentelemetry_collector() -> Result<PathBuf> {
    find("the OpenTelemetry Collector", "OTELCOL", &[".tools/bin/otelcol"], "make setup-e2e")
}

fn find(what: &str, variable: &str, places: &[&str], remedy: &str) -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        let path = PathBuf::from(path);
        if !path.is_file() {
            bail!("{variable} names {}, which is no file", path.display());
        }
        return Ok(path);
    }
    let mut candidates = places.iter().map(|place| workspace_root().join(place));
    match candidates.find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => bail!("{what} is missing: none of {places:?} exists; run `{remedy}` or set {variable}"),
    }
}
