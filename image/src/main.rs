//! `hogusu-image`: writes both images, their SBOMs and `digests.json` into a folder. `make image` runs it on what it has built.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use hogusu_image::labels::Origin;
use hogusu_image::layer::sha256;
use hogusu_image::layout::Image;
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
    /// The collector's static binary.
    #[arg(long, value_name = "FILE")]
    collector: PathBuf,
    /// What the collector's binary was built for.
    #[arg(long, value_name = "TRIPLE")]
    target: String,
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
    /// Of the manifest: what `oci://` is pinned to.
    digest: String,
    sbom: PathBuf,
    sbom_sha256: String,
    /// Of the file that the image is made for: what `https://` is pinned to, for the filter.
    content_sha256: String,
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
    let (module, binary) = (read(&arguments.module)?, read(&arguments.collector)?);
    let library = Part::new("generic", "rust-std", &arguments.rust).license("MIT OR Apache-2.0");
    let workspace = Path::new(".");
    let mut of_filter = Crates::of(workspace, MODULE_TARGET)?.compiled_into("hogusu-filter-wasm")?;
    of_filter.push(library.clone());
    let crates = Crates::of(workspace, &arguments.target)?;
    let mut of_collector = crates.compiled_into("hogusu-collector")?;
    of_collector.extend(sbom::page(Path::new("collector/ui/package-lock.json"))?);
    // The CA bundle.
    of_collector.push(crates.package("webpki-root-certs")?);
    of_collector.push(library);
    let out = &arguments.out;
    let filter = write("filter", filter::image(&module, &origin)?, &module, of_filter, out)?;
    let collector = collector::image(&binary, &arguments.target, &origin)?;
    let collector = write("collector", collector, &binary, of_collector, out)?;
    announce(&[filter, collector], out)
}

fn write(name: &'static str, image: Image, content: &[u8], parts: Vec<Part>, out: &Path) -> Result<Written, Error> {
    let (layout, sbom) = (out.join(name), out.join(format!("{name}.cdx.json")));
    let digest = image.write(&layout)?;
    sbom::write(&sbom, &format!("hogusu-{name}"), VERSION, &digest, parts)?;
    let sbom_sha256 = sha256(&read(&sbom)?);
    Ok(Written { name, layout, digest, sbom, sbom_sha256, content_sha256: sha256(content) })
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
