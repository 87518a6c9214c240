//! Layouts as others read them: the same input gives the same bytes, every blob is what its name says, and nobody is root.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use hogusu_image::labels::Origin;
use hogusu_image::layer::sha256;
use hogusu_image::layout::{Image, write_index};
use hogusu_image::{Error, collector, filter};
use serde_json::Value;
use tempfile::TempDir;

const TARGET: &str = "x86_64-unknown-linux-musl";
const BINARY: &[u8] = b"\x7fELF";

fn origin() -> Origin {
    Origin {
        version: "1.2.3".to_owned(),
        revision: "abc".to_owned(),
        source: Some("https://example.com/hogusu".to_owned()),
        created: Some("2026-11-24T00:00:00Z".to_owned()),
    }
}

fn collector_image() -> Image {
    collector::image(BINARY, TARGET, &origin()).unwrap()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn blob(layout: &Path, descriptor: &Value) -> Vec<u8> {
    let digest = descriptor["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
    fs::read(layout.join("blobs/sha256").join(digest)).unwrap()
}

/// Manifest and configuration.
fn documents(layout: &Path) -> (Value, Value) {
    let index = read(&layout.join("index.json"));
    let manifest: Value = serde_json::from_slice(&blob(layout, &index["manifests"][0])).unwrap();
    let configuration = serde_json::from_slice(&blob(layout, &manifest["config"])).unwrap();
    (manifest, configuration)
}

/// Path, mode, owner and time of every entry, and what it holds.
fn entries(layout: &Path) -> BTreeMap<String, (u32, u64, u64, Vec<u8>)> {
    let (manifest, _) = documents(layout);
    let layer = blob(layout, &manifest["layers"][0]);
    let mut archive = tar::Archive::new(GzDecoder::new(layer.as_slice()));
    let entry = |entry: std::io::Result<tar::Entry<'_, GzDecoder<&[u8]>>>| {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        let header = entry.header();
        let (mode, owner, time) = (header.mode().unwrap(), header.uid().unwrap(), header.mtime().unwrap());
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        (path, (mode, owner, time, content))
    };
    archive.entries().unwrap().map(entry).collect()
}

#[test]
fn the_same_input_gives_the_same_digest_wherever_it_is_written() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str| collector_image().write(&folder.path().join(name)).unwrap();
    let first = write("here");
    assert_eq!([write("there"), write("here")], [first.clone(), first]);
    let other = collector::image(b"other", TARGET, &origin()).unwrap().write(&folder.path().join("other")).unwrap();
    assert_ne!(write("here"), other);
}

#[test]
fn every_blob_is_named_by_its_digest_and_the_index_names_the_manifest() {
    let folder = TempDir::new().unwrap();
    let layout = folder.path().join("collector");
    let digest = collector_image().write(&layout).unwrap();
    let index = read(&layout.join("index.json"));
    assert_eq!((index["manifests"].as_array().unwrap().len(), &index["manifests"][0]["digest"]), (1, &digest.into()));
    let blobs: Vec<_> = fs::read_dir(layout.join("blobs/sha256")).unwrap().map(Result::unwrap).collect();
    assert_eq!(blobs.len(), 3);
    for blob in blobs {
        assert_eq!(sha256(&fs::read(blob.path()).unwrap()), blob.file_name().into_string().unwrap());
    }
    assert_eq!(read(&layout.join("oci-layout")), serde_json::json!({"imageLayoutVersion": "1.0.0"}));
}

#[test]
fn a_layers_diff_id_is_that_of_the_archive_inside() {
    let folder = TempDir::new().unwrap();
    let layout = folder.path().join("filter");
    filter::image(b"module", &origin()).unwrap().write(&layout).unwrap();
    let (manifest, configuration) = documents(&layout);
    let mut archive = Vec::new();
    GzDecoder::new(blob(&layout, &manifest["layers"][0]).as_slice()).read_to_end(&mut archive).unwrap();
    assert_eq!(configuration["rootfs"]["diff_ids"][0], format!("sha256:{}", sha256(&archive)));
}

#[test]
fn the_filters_image_is_one_layer_with_the_module_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let layout = folder.path().join("filter");
    filter::image(b"module", &origin()).unwrap().write(&layout).unwrap();
    let (manifest, _) = documents(&layout);
    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 1);
    assert_eq!(layers[0]["mediaType"], "application/vnd.oci.image.layer.v1.tar+gzip");
    let expected = BTreeMap::from([("plugin.wasm".to_owned(), (0o644, 0, 0, b"module".to_vec()))]);
    assert_eq!(entries(&layout), expected);
}

#[test]
fn the_collector_runs_as_nobody_special_and_may_write_to_its_data_folder_alone() {
    let folder = TempDir::new().unwrap();
    let layout = folder.path().join("collector");
    collector_image().write(&layout).unwrap();
    let (_, configuration) = documents(&layout);
    let config = &configuration["config"];
    assert_eq!(
        (config["User"].as_str(), config["Entrypoint"][0].as_str()),
        (Some("65532:65532"), Some("/usr/bin/hogusu"))
    );
    let entries = entries(&layout);
    let owned: Vec<_> =
        entries.iter().filter(|(_, (_, owner, _, _))| *owner == 65_532).map(|(path, _)| path.as_str()).collect();
    assert_eq!(owned, ["var/lib/hogusu"]);
    assert!(entries.values().all(|(mode, ..)| mode & 0o022 == 0), "{entries:?}");
    assert_eq!(entries["usr/bin/hogusu"], (0o755, 0, 0, BINARY.to_vec()));
    let certificates = String::from_utf8(entries["etc/ssl/certs/ca-certificates.crt"].3.clone()).unwrap();
    assert!(pem::parse_many(&certificates).unwrap().len() > 50);
}

#[test]
fn version_commit_and_sources_are_in_configuration_and_manifest() {
    let folder = TempDir::new().unwrap();
    let layout = folder.path().join("collector");
    collector_image().write(&layout).unwrap();
    let (manifest, configuration) = documents(&layout);
    for labels in [&manifest["annotations"], &configuration["config"]["Labels"]] {
        let label = |name: &str| labels[format!("org.opencontainers.image.{name}")].as_str();
        let found = [label("version"), label("revision"), label("source")];
        assert_eq!(found, [Some("1.2.3"), Some("abc"), Some("https://example.com/hogusu")]);
    }
    assert_eq!(
        (&configuration["architecture"], &configuration["created"]),
        (&"amd64".into(), &"2026-11-24T00:00:00Z".into())
    );
}

#[test]
fn one_index_names_the_collectors_image_for_both_kinds_of_machines() {
    let folder = TempDir::new().unwrap();
    let layout = folder.path().join("collector");
    let arm = collector::image(b"arm", "aarch64-unknown-linux-musl", &origin()).unwrap();
    let written = write_index(vec![collector_image(), arm], &layout).unwrap();
    let entries = &read(&layout.join("index.json"))["manifests"];
    // One entry, so that tools push it whole.
    assert_eq!((entries.as_array().unwrap().len(), &entries[0]["digest"]), (1, &written.digest.as_str().into()));
    assert_eq!(entries[0]["mediaType"], "application/vnd.oci.image.index.v1+json");
    let index: Value = serde_json::from_slice(&blob(&layout, &entries[0])).unwrap();
    let mut found = Vec::new();
    for manifest in index["manifests"].as_array().unwrap() {
        let inner: Value = serde_json::from_slice(&blob(&layout, manifest)).unwrap();
        let configuration: Value = serde_json::from_slice(&blob(&layout, &inner["config"])).unwrap();
        assert_eq!(manifest["platform"]["architecture"], configuration["architecture"]);
        assert_eq!(manifest["platform"]["os"], "linux");
        found.push(configuration["architecture"].as_str().unwrap().to_owned());
    }
    assert_eq!(found, ["amd64", "arm64"]);
    assert_eq!(written.manifests.iter().map(|(machine, _)| machine.to_string()).collect::<Vec<_>>(), found);
}

#[test]
fn the_filters_one_manifest_is_named_for_both_kinds_of_machines() {
    let folder = TempDir::new().unwrap();
    let layout = folder.path().join("filter");
    let alone = filter::image(b"module", &origin()).unwrap().write(&folder.path().join("alone")).unwrap();
    let written = write_index(vec![filter::image(b"module", &origin()).unwrap()], &layout).unwrap();
    let machines: Vec<_> = written.manifests.iter().map(|(machine, digest)| (machine.to_string(), digest)).collect();
    assert_eq!(machines, [("amd64".to_owned(), &alone), ("arm64".to_owned(), &alone)]);
    let index: Value =
        serde_json::from_slice(&blob(&layout, &read(&layout.join("index.json"))["manifests"][0])).unwrap();
    let named = |number: usize| {
        (&index["manifests"][number]["digest"], &index["manifests"][number]["platform"]["architecture"])
    };
    assert_eq!(
        [named(0), named(1)],
        [(&alone.as_str().into(), &"amd64".into()), (&alone.as_str().into(), &"arm64".into())]
    );
}

#[test]
fn a_machine_without_a_name_in_images_is_refused() {
    let refused = collector::image(BINARY, "sparc-unknown-linux-gnu", &origin());
    assert!(matches!(refused, Err(Error::Architecture(target)) if target == "sparc-unknown-linux-gnu"));
}
