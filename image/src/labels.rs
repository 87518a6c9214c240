//! What an image says of itself, in the keys of the image specification: in its configuration and in its manifest.

use std::collections::HashMap;

use oci_spec::image as oci;

/// Where an image comes from. The same for all images of one build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Version of the product.
    pub version: String,
    /// Commit that it was built from.
    pub revision: String,
    /// Where the sources are, if that is known.
    pub source: Option<String>,
    /// Time of the commit, RFC 3339.
    pub created: Option<String>,
}

impl Origin {
    pub(crate) fn labels(&self, title: &str, description: &str) -> HashMap<String, String> {
        let known = [
            (oci::ANNOTATION_TITLE, Some(title)),
            (oci::ANNOTATION_DESCRIPTION, Some(description)),
            (oci::ANNOTATION_LICENSES, Some("Apache-2.0")),
            (oci::ANNOTATION_VERSION, Some(self.version.as_str())),
            (oci::ANNOTATION_REVISION, Some(self.revision.as_str())),
            (oci::ANNOTATION_SOURCE, self.source.as_deref()),
            (oci::ANNOTATION_CREATED, self.created.as_deref()),
        ];
        known.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned()))).collect()
    }
}
