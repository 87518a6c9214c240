//! `hogusu-image`: writes both images, their SBOMs and `digests.json` into a folder. `make image` runs it on what it has built.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use hogusu_image::labels::Origin;
use hogusu_image::layer::sha256;
use hogusu_image::layout::{self, Image};
use hogusu_image::sbom::{self, Crates, Part};
use hogusu_image::{Error, collector, filter};
use serde::Serialize;

/// Target of the module.
const MODULE_TARGET: &str = "wasm32-wasip1";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Writes OCI layouts of the filter and the collector; run it in the workspace's folder.
#[derive(Debug, Parser)]
#[command(name = "hogusu-image", version)]
struct Arguments {
    /// The module.
    #[arg(long, value_name = "FILE")]
    module: PathBuf,
    /// The collector's static binaries, each as TRIPLE=FILE. Of one alone the image is for that machine only.
    #[arg(long, value_name = "TRIPLE=FILE", required = true, value_parser = built)]
    collector: Vec<(String, PathBuf)>,
    /// Version of the compiler, whose standard library is in both.
    #[arg(long, value_name = "VERSION")]
    rust: String,
    /// Commit that was built.
    #[arg(long, value_name = "COMMIT")]
    revision: String,
    /// Time of the commit, RFC 3339.
    #[arg(long, value_name = "TIME")]
    created: Option<String>,
    /// Where the sources are.
    #[arg(long, value_name = "URL")]
    source: Option<String>,
    /// Where the images go.
    #[arg(long, value_name = "FOLDER", default_value = "target/image")]
    out: PathBuf,
}

/// What was written, for whoever pushes it.
#[derive(Debug, Serialize)]
struct Written {
    name: &'static str,
    layout: PathBuf,
    /// What it is pinned to: for the filter the manifest's, which Istio compares; for the collector the index's, where there is one.
    digest: String,
    sbom: PathBuf,
    sbom_sha256: String,
    /// Of the file that the image is made for: what `https://` is pinned to, for the filter.
    content_sha256: String,
    /// Kinds of machines, and the digests of their manifests.
    platforms: BTreeMap<String, String>,
}

fn built(text: &str) -> Result<(String, PathBuf), String> {
    let (target, file) = text.split_once('=').ok_or("give what it was built for and the file, as TRIPLE=FILE")?;
    Ok((target.to_owned(), file.into()))
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(io::stderr(), "hogusu-image {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Error> {
    let origin = Origin {
        version: VERSION.to_owned(),
        revision: arguments.revision.clone(),
        source: arguments.source.clone(),
        created: arguments.created.clone(),
    };
    let module = read(&arguments.module)?;
    let library = Part::new("generic", "rust-std", &arguments.rust).license("MIT OR Apache-2.0");
    let workspace = Path::new(".");
    let mut of_filter = Crates::of(workspace, MODULE_TARGET)?.compiled_into("hogusu-filter-wasm")?;
    of_filter.push(library.clone());
    let (mut images, mut contents) = (Vec::new(), Vec::new());
    let mut of_collector = vec![library];
    for (target, file) in &arguments.collector {
        let (binary, crates) = (read(file)?, Crates::of(workspace, target)?);
        of_collector.extend(crates.compiled_into("hogusu-collector")?);
        // The CA bundle.
        of_collector.push(crates.package("webpki-root-certs")?);
        images.push(collector::image(&binary, target, &origin)?);
        contents.push(sha256(&binary));
    }
    of_collector.extend(sbom::page(Path::new("collector/ui/package-lock.json"))?);
    let out = &arguments.out;
    let filter = layout::write_index(vec![filter::image(&module, &origin)?], &out.join("filter"))?;
    // Istio's agent follows an index and compares the digest of what it finds there.
    let pinned = filter.manifests.first().map(|(_, digest)| digest.clone()).unwrap_or_default();
    let filter = finish("filter", &filter, pinned, sha256(&module), of_filter, out)?;
    let collector = written(images, &out.join("collector"))?;
    let pinned = collector.digest.clone();
    let content = contents.into_iter().next().unwrap_or_default();
    let collector = finish("collector", &collector, pinned, content, of_collector, out)?;
    announce(&[filter, collector], out)
}

/// An image for one kind of machine is its layout's only entry, as whoever runs it without a registry expects.
fn written(mut images: Vec<Image>, folder: &Path) -> Result<layout::Written, Error> {
    match images.pop() {
        Some(image) if images.is_empty() => {
            let machine = image.architecture.clone();
            let digest = image.write(folder)?;
            Ok(layout::Written { manifests: vec![(machine, digest.clone())], digest })
        }
        last => {
            images.extend(last);
            layout::write_index(images, folder)
        }
    }
}

fn finish(
    name: &'static str,
    image: &layout::Written,
    digest: String,
    content_sha256: String,
    parts: Vec<Part>,
    out: &Path,
) -> Result<Written, Error> {
    let (layout, sbom) = (out.join(name), out.join(format!("{name}.cdx.json")));
    sbom::write(&sbom, &format!("hogusu-{name}"), VERSION, &digest, parts)?;
    let sbom_sha256 = sha256(&read(&sbom)?);
    let platforms = image.manifests.iter().map(|(machine, digest)| (format!("linux/{machine}"), digest.clone()));
    Ok(Written { name, layout, digest, sbom, sbom_sha256, content_sha256, platforms: platforms.collect() })
}

/// One line for each image, and the file.
fn announce(images: &[Written], out: &Path) -> Result<(), Error> {
    let document = serde_json::json!({"schema": "hogusu.images/v1", "version": VERSION, "images": images});
    let path = out.join("digests.json");
    std::fs::write(&path, format!("{document:#}\n")).map_err(|error| Error::File { path, error })?;
    let mut lines = io::stdout().lock();
    for image in images {
        let written = writeln!(lines, "{} {}", image.layout.display(), image.digest);
        written.map_err(|error| Error::File { path: PathBuf::from("standard output"), error })?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| Error::File { path: path.to_owned(), error })
}
