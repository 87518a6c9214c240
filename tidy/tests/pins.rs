//! Versions that stand in two files are the same, and the Makefile keeps its own rules.

use hogusu_tidy::manifest::parse;
use hogusu_tidy::tree::{assert_none, files, read};

#[test]
fn every_part_of_the_peer_has_the_builders_version() {
    let makefile = read("Makefile");
    let version = makefile.lines().find_map(|line| line.strip_prefix("OTELCOL_BUILDER := ")).expect("a pinned builder");
    let config = read("otelcol/builder.yaml");
    let modules = config.lines().filter(|line| line.contains("gomod:"));
    let other = modules.filter(|line| !line.ends_with(version)).map(str::to_owned).collect::<Vec<_>>();
    assert_none("otelcol/builder.yaml names the Makefile's OTELCOL_BUILDER", &other);
}

#[test]
fn the_manifest_names_the_pinned_toolchain() {
    let pinned = parse("rust-toolchain.toml")["toolchain"]["channel"].as_str().expect("a channel").to_owned();
    let manifest = parse("Cargo.toml");
    let stated = manifest["workspace"]["package"]["rust-version"].as_str().expect("a rust-version");
    assert!(pinned.starts_with(stated), "rust-toolchain.toml pins {pinned}, Cargo.toml states {stated}");
}

#[test]
fn crates_share_the_workspaces_version_and_are_not_published() {
    let manifests = files().into_iter().filter(|file| file.name() == "Cargo.toml" && !file.folder().is_empty());
    let inherits = |text: &str| {
        ["version", "license", "publish"].iter().all(|key| text.contains(&format!("{key}.workspace = true")))
    };
    let offences: Vec<_> = manifests.filter(|file| !inherits(&file.text)).map(|file| file.path).collect();
    assert_none("version, license and publish come from the workspace", &offences);
}

#[test]
fn recipes_are_at_most_three_lines() {
    let makefile = read("Makefile").replace("\\\n", " ");
    let (mut offences, mut target, mut length) = (Vec::new(), String::new(), 0);
    for line in makefile.lines() {
        if line.starts_with('\t') {
            length += 1;
        } else {
            (target, length) = (line.split(':').next().unwrap_or_default().to_owned(), 0);
        }
        if length == 4 {
            offences.push(target.clone());
        }
    }
    assert_none("a longer recipe is a script in make/", &offences);
}
