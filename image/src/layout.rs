//! An image on disk as an OCI layout: blobs by digest, the index, the marker. Does not know what the image is for.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::str::FromStr as _;

use oci_spec::image::{
    Arch, Config, Descriptor, ImageConfigurationBuilder, ImageIndex, ImageIndexBuilder, ImageManifestBuilder,
    MediaType, OciLayoutBuilder, Os, PlatformBuilder, RootFsBuilder, SCHEMA_VERSION, Sha256Digest,
};

use crate::layer::{Layer, sha256};
use crate::{Error, json};

/// An image of one layer.
#[derive(Debug)]
pub struct Image {
    /// Which machines it is for.
    pub architecture: Arch,
    /// Which others it runs on as it is.
    pub others: Vec<Arch>,
    /// RFC 3339.
    pub created: Option<String>,
    /// How it is run, without labels.
    pub config: Config,
    /// Its files.
    pub layer: Layer,
    /// What it says of itself, in configuration and manifest.
    pub labels: HashMap<String, String>,
}

/// What was written of images for several kinds of machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Digest of the index, by which every machine finds its own.
    pub digest: String,
    /// Each kind of machine, and the digest of its manifest.
    pub manifests: Vec<(Arch, String)>,
}

/// Writes a layout of one index that names all of them into `folder`, in place of what is there.
pub fn write_index(images: Vec<Image>, folder: &Path) -> Result<Written, Error> {
    let mut manifests = Vec::new();
    let digest = lay_out(folder, |blobs| {
        let mut listed = Vec::new();
        for image in images {
            let machines = [vec![image.architecture.clone()], image.others.clone()].concat();
            let manifest = image.write_blobs(blobs)?;
            for machine in machines {
                manifests.push((machine.clone(), manifest.digest().to_string()));
                listed.push(on(manifest.clone(), machine)?);
            }
        }
        blob(blobs, MediaType::ImageIndex, &json::bytes(&index(listed)?)?)
    })?;
    Ok(Written { digest, manifests })
}

/// A layout whose one entry is what `fill` writes among the blobs; the digest of that.
fn lay_out(folder: &Path, fill: impl FnOnce(&Path) -> Result<Descriptor, Error>) -> Result<String, Error> {
    // What is there stays until the new one is whole.
    let draft = folder.with_extension("draft");
    remove(&draft)?;
    let blobs = draft.join("blobs/sha256");
    fs::create_dir_all(&blobs).map_err(Error::file(&blobs))?;
    let entry = fill(&blobs)?;
    let digest = entry.digest().to_string();
    write(&draft.join("index.json"), &json::bytes(&index(vec![entry])?)?)?;
    let marker = OciLayoutBuilder::default().image_layout_version("1.0.0").build()?;
    write(&draft.join("oci-layout"), &json::bytes(&marker)?)?;
    remove(folder)?;
    fs::rename(&draft, folder).map_err(Error::file(folder))?;
    Ok(digest)
}

fn index(entries: Vec<Descriptor>) -> Result<ImageIndex, Error> {
    let index = ImageIndexBuilder::default().schema_version(SCHEMA_VERSION).media_type(MediaType::ImageIndex);
    Ok(index.manifests(entries).build()?)
}

/// A manifest, named for this kind of machine.
fn on(mut manifest: Descriptor, machine: Arch) -> Result<Descriptor, Error> {
    manifest.set_platform(Some(PlatformBuilder::default().architecture(machine).os(Os::Linux).build()?));
    Ok(manifest)
}

impl Image {
    /// Writes a layout of this image alone into `folder`, in place of what is there, and returns the manifest's digest (`sha256:...`).
    pub fn write(self, folder: &Path) -> Result<String, Error> {
        lay_out(folder, |blobs| {
            let machine = self.architecture.clone();
            on(self.write_blobs(blobs)?, machine)
        })
    }

    /// Layer, configuration and manifest, each by its digest.
    fn write_blobs(mut self, blobs: &Path) -> Result<Descriptor, Error> {
        let layer = blob(blobs, MediaType::ImageLayerGzip, &self.layer.blob)?;
        let files =
            RootFsBuilder::default().typ("layers").diff_ids(vec![format!("sha256:{}", self.layer.diff_id)]).build()?;
        self.config.set_labels(Some(self.labels.clone()));
        let mut configuration = ImageConfigurationBuilder::default()
            .architecture(self.architecture)
            .os(Os::Linux)
            .config(self.config)
            .rootfs(files)
            .build()?;
        configuration.set_created(self.created);
        let configuration = blob(blobs, MediaType::ImageConfig, &json::bytes(&configuration)?)?;
        let manifest = ImageManifestBuilder::default()
            .schema_version(SCHEMA_VERSION)
            .media_type(MediaType::ImageManifest)
            .config(configuration)
            .layers(vec![layer])
            .annotations(self.labels)
            .build()?;
        blob(blobs, MediaType::ImageManifest, &json::bytes(&manifest)?)
    }
}

fn blob(blobs: &Path, kind: MediaType, bytes: &[u8]) -> Result<Descriptor, Error> {
    let digest = sha256(bytes);
    write(&blobs.join(&digest), bytes)?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    Ok(Descriptor::new(kind, size, Sha256Digest::from_str(&digest)?))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(Error::file(path))
}

fn remove(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file(folder)(error)),
        _ => Ok(()),
    }
}
