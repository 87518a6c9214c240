//! Crates that are compiled into a package, as the lock file pins them. Build scripts, macros and tests are not in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand, Node, Package, PackageId};

use super::Part;
use crate::Error;

/// The workspace's packages and all they depend on, for one target.
#[derive(Debug)]
pub struct Crates {
    workspace: PathBuf,
    target: String,
    packages: BTreeMap<PackageId, Package>,
    nodes: BTreeMap<PackageId, Node>,
}

impl Crates {
    /// Asks cargo, without the network and without changing the lock file.
    pub fn of(workspace: &Path, target: &str) -> Result<Self, Error> {
        let options = ["--locked", "--offline", "--filter-platform", target].map(str::to_owned).to_vec();
        let metadata =
            MetadataCommand::new().manifest_path(workspace.join("Cargo.toml")).other_options(options).exec()?;
        let Metadata { packages, resolve, .. } = metadata;
        let nodes = resolve.map(|resolve| resolve.nodes).unwrap_or_default();
        Ok(Self {
            workspace: workspace.to_owned(),
            target: target.to_owned(),
            packages: packages.into_iter().map(|package| (package.id.clone(), package)).collect(),
            nodes: nodes.into_iter().map(|node| (node.id.clone(), node)).collect(),
        })
    }

    /// The package of this name alone.
    pub fn package(&self, name: &str) -> Result<Part, Error> {
        let package = self.packages.values().find(|package| package.name == name).ok_or_else(|| missing(name))?;
        Ok(part(package))
    }

    /// The package of this name and everything that is compiled into it.
    pub fn compiled_into(&self, name: &str) -> Result<Vec<Part>, Error> {
        let linked = self.linked_with(name)?;
        let is_linked = |package: &&Package| linked.contains(&(package.name.to_string(), package.version.to_string()));
        let inside: BTreeMap<&PackageId, Part> =
            self.packages.values().filter(is_linked).map(|package| (&package.id, part(package))).collect();
        let mut complete = Vec::new();
        for (id, part) in &inside {
            let node = self.nodes.get(id).ok_or_else(|| missing(&id.repr))?;
            let needs = node.dependencies.iter().filter_map(|need| inside.get(need));
            complete.push(Part { needs: needs.map(Part::reference).collect::<Result<_, _>>()?, ..part.clone() });
        }
        if complete.is_empty() { Err(missing(name)) } else { Ok(complete) }
    }

    /// Names and versions. The metadata's own list has what any member's features ask for; `cargo tree` knows this member's.
    fn linked_with(&self, name: &str) -> Result<BTreeSet<(String, String)>, Error> {
        let mut tree = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        tree.args(["tree", "--locked", "--offline", "--edges", "normal,no-proc-macro", "--prefix", "none"]);
        tree.args(["--package", name, "--target", &self.target]).current_dir(&self.workspace);
        let output = tree.output().map_err(Error::file(Path::new("cargo tree")))?;
        if !output.status.success() {
            return Err(Error::Tree(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let package = |line: &str| {
            let mut words = line.split(' ');
            Some((words.next()?.to_owned(), words.next()?.trim_start_matches('v').to_owned()))
        };
        Ok(text.lines().filter_map(package).collect())
    }
}

fn part(package: &Package) -> Part {
    let part = Part::new("cargo", package.name.as_str(), package.version.to_string());
    Part { license: package.license.clone(), ..part }
}

fn missing(what: &str) -> Error {
    Error::Missing { what: what.to_owned(), place: "cargo metadata".to_owned() }
}
