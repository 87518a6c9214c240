//! An image registry inside the lab, and the module in it as Istio pulls it: one layer that holds `plugin.wasm`.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::artefacts;
use crate::eventually::{Seen, eventually};
use crate::istio::CONTROL_PLANE;
use crate::istio::namespaces::{Namespaces, output};
use crate::istio::programs::program;
use crate::process::Process;

const PORT: u16 = 5000;
const START_LIMIT: Duration = Duration::from_secs(30);

/// A registry with one image.
#[derive(Debug)]
pub struct Registry {
    _process: Process,
    /// `oci://` and its tag.
    pub url: String,
    /// Digest of the manifest, without its `sha256:`.
    pub digest: String,
}

impl Registry {
    pub(super) async fn start(namespaces: &Namespaces, folder: &Path) -> Result<Self> {
        let mut command = namespaces.command(program("crane"));
        command.args(["registry", "serve", "--address", &format!("{CONTROL_PLANE}:{PORT}")]);
        let process = Process::spawn("registry", command, folder)?;
        let layer = layer(folder).await?;
        let image = format!("{CONTROL_PLANE}:{PORT}/hogusu:1");
        let pushed = eventually("the image is pushed", START_LIMIT, async || {
            if let Some(status) = process.exit() {
                return Seen::Never(format!("the registry ended with {status}: {}", process.last_words(10)));
            }
            let mut push = namespaces.command(program("crane"));
            push.args(["append", "--insecure", "--oci-empty-base", "-t", &image, "-f"]).arg(&layer);
            match output(push).await {
                Ok(said) => Seen::Done(said),
                Err(error) => Seen::Waiting(format!("{error:#}")),
            }
        })
        .await?;
        let digest =
            pushed.trim().rsplit_once("@sha256:").with_context(|| format!("no digest in {pushed}"))?.1.to_owned();
        Ok(Self { _process: process, url: format!("oci://{image}"), digest })
    }
}

async fn layer(folder: &Path) -> Result<std::path::PathBuf> {
    std::fs::copy(artefacts::wasm()?, folder.join("plugin.wasm"))?;
    let layer = folder.join("layer.tar.gz");
    let mut command = Command::new("tar");
    command.arg("-C").arg(folder).arg("-czf").arg(&layer).arg("plugin.wasm");
    output(command).await?;
    Ok(layer)
}
