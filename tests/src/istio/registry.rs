//! An image registry inside the lab, and the module in it as `make image` packs it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hogusu_image::filter;
use hogusu_image::labels::Origin;

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
        let layout = folder.join("filter");
        let origin = Origin { version: "1".to_owned(), revision: "lab".to_owned(), ..Origin::default() };
        let digest = filter::image(&std::fs::read(artefacts::wasm()?)?, &origin)?.write(&layout)?;
        let image = format!("{CONTROL_PLANE}:{PORT}/hogusu:1");
        let pushed = eventually("the image is pushed", START_LIMIT, async || {
            if let Some(status) = process.exit() {
                return Seen::Never(format!("the registry ended with {status}: {}", process.last_words(10)));
            }
            let mut push = namespaces.command(program("crane"));
            push.args(["push", "--insecure"]).arg(&layout).arg(&image);
            match output(push).await {
                Ok(said) => Seen::Done(said),
                Err(error) => Seen::Waiting(format!("{error:#}")),
            }
        })
        .await?;
        ensure!(pushed.trim().ends_with(&digest), "the registry has {pushed}, the layout is {digest}");
        let digest = digest.strip_prefix("sha256:").context("a digest of another kind")?.to_owned();
        Ok(Self { _process: process, url: format!("oci://{image}"), digest })
    }
}
