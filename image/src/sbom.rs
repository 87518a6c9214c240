//! What an image is made of, as CycloneDX JSON: crates that are compiled in, packages that the page is built from, and what comes with
//! them. No time and no random number goes in. Hashes of single files are not listed.

mod crates;
mod page;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use cyclonedx_bom::models::component::{Classification, Component, Components};
use cyclonedx_bom::models::dependency::{Dependencies, Dependency};
use cyclonedx_bom::models::hash::{Hash, HashAlgorithm, HashValue, Hashes};
use cyclonedx_bom::models::license::{LicenseChoice, Licenses};
use cyclonedx_bom::models::metadata::Metadata;
use cyclonedx_bom::prelude::{Bom, Purl, SpdxExpression};

use crate::Error;

pub use crates::Crates;
pub use page::page;

/// A part of an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// Registry that it comes from, as package URLs name it: `cargo`, `npm`, `generic`.
    pub registry: &'static str,
    /// Its name there.
    pub name: String,
    /// Its version there.
    pub version: String,
    /// SPDX expression, where it states one.
    pub license: Option<String>,
    /// Package URLs of parts that it needs.
    pub needs: Vec<String>,
}

impl Part {
    /// A part that needs nothing else.
    pub fn new(registry: &'static str, name: impl Into<String>, version: impl Into<String>) -> Self {
        Self { registry, name: name.into(), version: version.into(), license: None, needs: Vec::new() }
    }

    /// With its license, an SPDX expression.
    #[must_use]
    pub fn license(mut self, license: impl Into<String>) -> Self {
        self.license = Some(license.into());
        self
    }

    fn purl(&self) -> Result<Purl, Error> {
        // An npm scope is the namespace of a package URL; a builder of names would escape its slash.
        match self.name.strip_prefix('@').and_then(|name| name.split_once('/')) {
            Some((scope, name)) => {
                let url = format!("pkg:{}/%40{scope}/{name}@{}", self.registry, self.version);
                url.parse().map_err(|()| Error::Sbom(format!("{url} is no package URL")))
            }
            None => Purl::new(self.registry, &self.name, &self.version).map_err(|error| Error::Sbom(error.to_string())),
        }
    }

    /// The reference by which others name it.
    pub(crate) fn reference(&self) -> Result<String, Error> {
        Ok(self.purl()?.to_string())
    }

    fn component(&self) -> Result<Component, Error> {
        let mut component = Component::new(Classification::Library, &self.name, &self.version, Some(self.reference()?));
        component.purl = Some(self.purl()?);
        component.licenses = match &self.license {
            None => None,
            Some(license) => {
                // Old crates write MIT/Apache-2.0.
                let expression = SpdxExpression::parse_lax(license.clone());
                let expression = expression.map_err(|error| Error::Sbom(format!("{}: {error}", self.name)))?;
                Some(Licenses(vec![LicenseChoice::Expression(expression)]))
            }
        };
        Ok(component)
    }
}

/// Writes the SBOM of an image: its name and version, the manifest's digest (`sha256:...`), and its parts.
/// A part that is in it for several kinds of machines is one.
pub fn write(path: &Path, name: &str, version: &str, digest: &str, parts: Vec<Part>) -> Result<(), Error> {
    let parts = joined(parts);
    let mut image = Component::new(Classification::Container, name, version, Some(format!("{name}@{digest}")));
    let hex = digest.trim_start_matches("sha256:").to_owned();
    image.hashes = Some(Hashes(vec![Hash { alg: HashAlgorithm::SHA_256, content: HashValue(hex) }]));
    let bom = Bom {
        serial_number: None,
        metadata: Some(Metadata { component: Some(image), ..Metadata::default() }),
        components: Some(Components(parts.iter().map(Part::component).collect::<Result<_, _>>()?)),
        dependencies: Some(Dependencies(parts.iter().map(dependency).collect::<Result<_, _>>()?)),
        ..Bom::default()
    };
    let mut bytes = Vec::new();
    bom.output_as_json_v1_5(&mut bytes).map_err(|error| Error::Sbom(error.to_string()))?;
    bytes.push(b'\n');
    std::fs::write(path, bytes).map_err(Error::file(path))
}

fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut joined: BTreeMap<(&str, String, String), Part> = BTreeMap::new();
    for part in parts {
        match joined.entry((part.registry, part.name.clone(), part.version.clone())) {
            Entry::Occupied(known) => known.into_mut().needs.extend(part.needs),
            Entry::Vacant(new) => drop(new.insert(part)),
        }
    }
    joined.into_values().collect()
}

fn dependency(part: &Part) -> Result<Dependency, Error> {
    let mut dependencies = part.needs.clone();
    dependencies.sort();
    dependencies.dedup();
    Ok(Dependency { dependency_ref: part.reference()?, dependencies })
}
