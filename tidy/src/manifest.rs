//! Cargo manifests: the workspace's members and what each depends on outside its tests.

use toml::Table;

use crate::tree;

/// One package of the workspace.
#[derive(Debug)]
pub struct Package {
    pub name: String,
    pub folder: String,
    /// Normal and build dependencies for any target; dev-dependencies are the tests' own affair.
    pub dependencies: Vec<String>,
    pub dev_dependencies: Vec<String>,
}

/// A manifest as a table.
pub fn parse(path: &str) -> Table {
    tree::read(path).parse().unwrap_or_else(|error| panic!("{path} is no manifest: {error}"))
}

/// Every member of the workspace.
pub fn packages() -> Vec<Package> {
    let root = parse("Cargo.toml");
    let members = root["workspace"]["members"].as_array().expect("a list of members");
    members.iter().map(|member| package(member.as_str().expect("a member's folder"))).collect()
}

fn package(folder: &str) -> Package {
    let manifest = parse(&format!("{folder}/Cargo.toml"));
    let name = manifest["package"]["name"].as_str().expect("a package name").to_owned();
    let mut dependencies = [names(&manifest, "dependencies"), names(&manifest, "build-dependencies")].concat();
    for (_, target) in manifest.get("target").and_then(|targets| targets.as_table()).into_iter().flatten() {
        dependencies.extend(names(target.as_table().expect("a target's table"), "dependencies"));
    }
    Package { name, folder: folder.to_owned(), dependencies, dev_dependencies: names(&manifest, "dev-dependencies") }
}

/// The packages of one dependency table; a renamed one counts under its real name.
fn names(manifest: &Table, table: &str) -> Vec<String> {
    let Some(table) = manifest.get(table).and_then(|table| table.as_table()) else { return Vec::new() };
    let real = |(name, value): (&String, &toml::Value)| {
        value.get("package").and_then(|package| package.as_str()).unwrap_or(name).to_owned()
    };
    table.iter().map(real).collect()
}
