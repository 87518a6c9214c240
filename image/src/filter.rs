//! The filter's image as Istio's agent takes it: one layer that holds `plugin.wasm` and nothing else.

use oci_spec::image::{Arch, Config};

use crate::Error;
use crate::labels::Origin;
use crate::layer::Draft;
use crate::layout::Image;

/// The name that Istio's agent looks for.
pub const MODULE: &str = "plugin.wasm";

/// The image of this module.
///
/// A module runs on any machine, but an image names one, and runtimes that mount it as a volume know no `wasm`: it names the
/// commonest, and the same manifest is the other's too.
pub fn image(module: &[u8], origin: &Origin) -> Result<Image, Error> {
    let mut layer = Draft::default();
    layer.file(MODULE, 0o644, module)?;
    Ok(Image {
        architecture: Arch::Amd64,
        others: vec![Arch::ARM64],
        created: origin.created.clone(),
        config: Config::default(),
        layer: layer.finish()?,
        labels: origin.labels("hogusu-filter", "Hogusu's filter: measures the edges of a service mesh inside Envoy"),
    })
}
