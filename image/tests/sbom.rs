//! The SBOM of the collector, of this very workspace.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use hogusu_image::sbom::{self, Crates};
use serde_json::Value;
use tempfile::TempDir;

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn written(path: &Path) -> Value {
    let crates = Crates::of(Path::new(WORKSPACE), "x86_64-unknown-linux-musl").unwrap();
    let mut parts = crates.compiled_into("hogusu-collector").unwrap();
    parts.extend(sbom::page(&Path::new(WORKSPACE).join("collector/ui/package-lock.json")).unwrap());
    sbom::write(path, "hogusu-collector", "1.2.3", &format!("sha256:{}", "ab".repeat(32)), parts).unwrap();
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn it_lists_what_is_compiled_in_and_not_what_compiles_or_tests() {
    let folder = TempDir::new().unwrap();
    let bom = written(&folder.path().join("a.json"));
    assert_eq!((bom["bomFormat"].as_str(), bom["specVersion"].as_str()), (Some("CycloneDX"), Some("1.5")));
    let components = bom["components"].as_array().unwrap();
    let names: Vec<_> = components.iter().filter_map(|component| component["name"].as_str()).collect();
    for inside in ["hogusu-model", "tokio", "ring", "preact", "@preact/signals-core"] {
        assert!(names.contains(&inside), "{inside} is missing in {names:?}");
    }
    for outside in ["serde_derive", "syn", "proptest", "vite", "cc", "zlib-rs", "hogusu-tests"] {
        assert!(!names.contains(&outside), "{outside} is no part of the binary: {names:?}");
    }
    let scoped = components.iter().find(|component| component["name"] == "@preact/signals-core").unwrap();
    assert!(scoped["purl"].as_str().unwrap().starts_with("pkg:npm/%40preact/signals-core@"), "{scoped}");
    for component in components {
        assert!(component["licenses"][0]["expression"].is_string(), "{component}");
    }
}

#[test]
fn every_dependency_that_it_names_is_one_of_its_parts() {
    let folder = TempDir::new().unwrap();
    let bom = written(&folder.path().join("a.json"));
    let known: Vec<_> = bom["components"].as_array().unwrap().iter().map(|component| &component["bom-ref"]).collect();
    let needed = bom["dependencies"].as_array().unwrap().iter().filter_map(|one| one["dependsOn"].as_array()).flatten();
    let needed: Vec<_> = needed.collect();
    assert!(needed.len() > 50 && needed.iter().all(|one| known.contains(one)), "{needed:?}");
}

#[test]
fn it_is_the_same_each_time_and_names_no_folder_of_this_machine() {
    let folder = TempDir::new().unwrap();
    written(&folder.path().join("a.json"));
    written(&folder.path().join("b.json"));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("a.json"), read("b.json"));
    assert!(!read("a.json").contains(env!("CARGO_MANIFEST_DIR").trim_end_matches("/image")));
}
