//! What can go wrong when an image is written.

use std::io;
use std::path::{Path, PathBuf};

/// Why an image or its SBOM could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder.
    #[error("could not use {}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// An entry of a layer.
    #[error("could not put {path} into a layer: {error}")]
    Layer {
        /// The entry's path in the image.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// A document of the image specification.
    #[error("could not describe the image: {0}")]
    Specification(#[from] oci_spec::OciSpecError),
    /// A document as JSON.
    #[error("could not write JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A target whose architecture has no name in images.
    #[error("could not name the architecture of {0}: images are made for x86_64 and aarch64")]
    Architecture(String),
    /// What cargo knows of the dependencies.
    #[error("could not ask cargo for the dependencies: {0}")]
    Cargo(#[from] cargo_metadata::Error),
    /// What cargo compiles into a package.
    #[error("could not ask cargo what is compiled in: {0}")]
    Tree(String),
    /// Something that should be in a list of dependencies.
    #[error("could not find {what} in {place}")]
    Missing {
        /// What is missing.
        what: String,
        /// Where it was expected.
        place: String,
    },
    /// The SBOM.
    #[error("could not write the SBOM: {0}")]
    Sbom(String),
}

impl Error {
    /// Names the file that an error of the system is about.
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |error| Self::File { path: path.to_owned(), error }
    }
}
