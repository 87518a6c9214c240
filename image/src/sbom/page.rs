//! Packages that the collector's page is built from, as npm's lock file pins them. What only builds it is not in it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::Part;
use crate::Error;

#[derive(Debug, Deserialize)]
struct Lock {
    packages: BTreeMap<String, Locked>,
}

#[derive(Debug, Deserialize)]
struct Locked {
    version: Option<String>,
    license: Option<String>,
    #[serde(default)]
    dependencies: BTreeMap<String, String>,
    #[serde(default)]
    dev: bool,
}

/// What the page holds; `lock` is its `package-lock.json`.
pub fn page(lock: &Path) -> Result<Vec<Part>, Error> {
    const FOLDER: &str = "node_modules/";
    let text = std::fs::read_to_string(lock).map_err(Error::file(lock))?;
    let Lock { packages } = serde_json::from_str(&text)?;
    // The package without a folder is the page itself.
    let inside = packages.iter().filter(|(folder, package)| !package.dev && folder.contains(FOLDER));
    let mut parts = BTreeMap::new();
    for (folder, package) in inside {
        let name = folder.rsplit(FOLDER).next().unwrap_or(folder);
        let version = package.version.as_ref().ok_or_else(|| missing(name, lock))?;
        parts.insert(name, (Part { license: package.license.clone(), ..Part::new("npm", name, version) }, package));
    }
    let references: BTreeMap<&str, String> =
        parts.iter().map(|(name, (part, _))| Ok((*name, part.reference()?))).collect::<Result<_, Error>>()?;
    let complete = parts.values().map(|(part, package)| {
        let needs = package.dependencies.keys().filter_map(|name| references.get(name.as_str()).cloned()).collect();
        Part { needs, ..part.clone() }
    });
    Ok(complete.collect())
}

fn missing(name: &str, lock: &Path) -> Error {
    Error::Missing { what: format!("the version of {name}"), place: lock.display().to_string() }
}
