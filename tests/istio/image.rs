//! The collector's image, as `make image` wrote it: run as a kubelet would run it, from its own layer and nothing else.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hogusu_tests::client;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::namespaces::output;
use hogusu_tests::process::Process;
use hogusu_tests::workdir::{Workdir, workspace_root};
use serde_json::Value;

use crate::as_root;

const LIMIT: Duration = Duration::from_secs(30);

/// A read-only root of the layer's files and a volume, without `/proc` and `/dev`; nobody special runs in it.
const CONTAINER: &str = r#"
    root=$1 volume=$2 user=$3; shift 3
    mount --bind "$root" "$root"
    mount --bind "$volume" "$root/var/lib/hogusu"
    mount -o remount,bind,ro "$root"
    exec setpriv --no-new-privs chroot --userspec="$user" "$root" "$@"
"#;

/// The image on disk.
struct Image {
    root: PathBuf,
    user: String,
    program: String,
}

impl Image {
    async fn unpack(folder: &Path) -> Result<Self> {
        let layout = workspace_root().join("target/image/collector");
        let index = read(&layout.join("index.json")).context("run `make image-trial`")?;
        let manifest = read(&blob(&layout, &index["manifests"][0])?)?;
        let config = &read(&blob(&layout, &manifest["config"])?)?["config"];
        let text = |value: &Value| value.as_str().map(str::to_owned).context("a string in the configuration");
        let mut unpack = Command::new("tar");
        unpack.arg("-xzpf").arg(blob(&layout, &manifest["layers"][0])?).arg("-C").arg(folder);
        output(unpack).await?;
        let (user, program) = (text(&config["User"])?, text(&config["Entrypoint"][0])?);
        Ok(Self { root: folder.to_owned(), user, program })
    }

    fn command(&self, volume: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-ec", CONTAINER, "sh"]).arg(&self.root).arg(volume).arg(&self.user);
        command.arg(&self.program).args(arguments);
        command
    }
}

fn blob(layout: &Path, descriptor: &Value) -> Result<PathBuf> {
    let digest = descriptor["digest"].as_str().and_then(|digest| digest.strip_prefix("sha256:"));
    Ok(layout.join("blobs/sha256").join(digest.context("a digest")?))
}

fn read(path: &Path) -> Result<Value> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// A volume as Kubernetes hands it out: the user's own.
async fn volume(workdir: &Workdir, image: &Image) -> Result<PathBuf> {
    let folder = workdir.folder("volume")?;
    let mut give = Command::new("chown");
    give.arg(&image.user).arg(&folder);
    output(give).await?;
    Ok(folder)
}

#[test]
fn the_collectors_image_needs_nothing_but_its_layer_and_a_volume() {
    as_root("image", async |workdir| {
        let image = Image::unpack(&workdir.folder("root")?).await?;
        ensure!(!image.root.join("bin").exists() && !image.root.join("lib").exists(), "there is more than a binary");
        let volume = volume(workdir, &image).await?;
        let serve = ["serve", "--listen", "127.0.0.1:0", "--data", "/var/lib/hogusu"];
        let process = Process::spawn("image", image.command(&volume, &serve), &workdir.folder("logs")?)?;
        let address = eventually("the collector announces its address", LIMIT, async || {
            if let Some(status) = process.exit() {
                return Seen::Never(format!("it ended with {status}: {}", process.last_words(15)));
            }
            let said = std::fs::read_to_string(process.stdout()).unwrap_or_default();
            let line = said.lines().next().and_then(|line| serde_json::from_str::<Value>(line).ok());
            let address = line.and_then(|line| line["listen"][0].as_str()?.parse().ok());
            address.map_or(Seen::Waiting(said), Seen::Done)
        })
        .await?;
        for path in ["/readyz", "/api/v1/map?since=5m", "/"] {
            assert_eq!(client::get(address, path).await?.status().as_u16(), 200, "{path}");
        }
        // As a probe does it, inside the container.
        output(image.command(&volume, &["ready", "--url", &format!("http://{address}")])).await?;
        ensure!(process.stop().await?.success(), "{}", process.last_words(15));
        ensure!(volume.join("journal").is_dir(), "its data are not in the volume");
        Ok(())
    });
}
