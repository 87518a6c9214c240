//! The collector's image: one static binary, a CA bundle, a user that is not root, a folder for its data; no shell.

use oci_spec::image::{Arch, Config, ConfigBuilder};
use pem::{EncodeConfig, LineEnding, Pem};

use crate::Error;
use crate::labels::Origin;
use crate::layer::{Draft, Layer, Owner, ROOT};
use crate::layout::Image;

/// Where the binary is.
pub const BINARY: &str = "/usr/bin/hogusu";
/// Where data go; the one place that the user may write to.
pub const DATA: &str = "/var/lib/hogusu";
/// User and group of the process, as in other images without a shell.
pub const USER: Owner = 65_532;

/// The image of this binary, which was built for `target` (`x86_64-unknown-linux-musl`).
pub fn image(binary: &[u8], target: &str, origin: &Origin) -> Result<Image, Error> {
    Ok(Image {
        architecture: architecture(target)?,
        others: Vec::new(),
        created: origin.created.clone(),
        config: config()?,
        layer: layer(binary)?,
        labels: origin.labels("hogusu-collector", "Hogusu's collector: keeps and shows the edges of a service mesh"),
    })
}

fn architecture(target: &str) -> Result<Arch, Error> {
    match target.split('-').next() {
        Some("x86_64") => Ok(Arch::Amd64),
        Some("aarch64") => Ok(Arch::ARM64),
        _ => Err(Error::Architecture(target.to_owned())),
    }
}

/// By itself it listens on loopback, where a sidecar reaches it.
fn config() -> Result<Config, Error> {
    let command = ["serve", "--listen", "127.0.0.1:4318", "--data", DATA];
    let config = ConfigBuilder::default()
        .user(format!("{USER}:{USER}"))
        .env(vec!["PATH=/usr/bin".to_owned()])
        .entrypoint(vec![BINARY.to_owned()])
        .cmd(command.map(str::to_owned).to_vec())
        .working_dir(DATA)
        .build()?;
    Ok(config)
}

fn layer(binary: &[u8]) -> Result<Layer, Error> {
    let mut layer = Draft::default();
    for folder in ["etc", "etc/ssl", "etc/ssl/certs", "usr", "usr/bin", "var", "var/lib"] {
        layer.folder(folder, 0o755, ROOT)?;
    }
    layer
        .folder(inside(DATA), 0o700, USER)?
        .file("etc/passwd", 0o644, format!("hogusu:x:{USER}:{USER}:hogusu:{DATA}:/sbin/nologin\n").as_bytes())?
        .file("etc/group", 0o644, format!("hogusu:x:{USER}:\n").as_bytes())?
        .file("etc/ssl/certs/ca-certificates.crt", 0o644, certificates().as_bytes())?
        .file(inside(BINARY), 0o755, binary)?;
    layer.finish()
}

/// A path as a layer names it.
fn inside(path: &str) -> &str {
    path.trim_start_matches('/')
}

/// Mozilla's roots as the lock file pins them, not those of the machine that builds.
fn certificates() -> String {
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
    let pems: Vec<_> = roots.map(|root| Pem::new("CERTIFICATE", root.as_ref())).collect();
    pem::encode_many_config(&pems, EncodeConfig::new().set_line_ending(LineEnding::LF))
}
