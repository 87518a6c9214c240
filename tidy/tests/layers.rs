//! Which crate may know which: the arrows of ARCHITECTURE.md, read off the manifests.

use hogusu_tidy::manifest::{Package, packages};
use hogusu_tidy::tree::assert_none;

/// Each crate, and the crates of this workspace that it may depend on.
const LAYERS: [(&str, &[&str]); 15] = [
    ("hogusu-model", &[]),
    ("hogusu-compare", &["hogusu-model"]),
    ("hogusu-placing", &[]),
    ("hogusu-topology", &[]),
    ("hogusu-policy", &["hogusu-model"]),
    ("hogusu-yaml", &[]),
    // What policies of a mesh decide: a model of its own, so not even ours.
    ("hogusu-access", &["hogusu-yaml"]),
    ("hogusu-wire", &["hogusu-model"]),
    ("hogusu-config", &["hogusu-model"]),
    ("hogusu-filter", &["hogusu-config", "hogusu-model"]),
    ("hogusu-filter-wasm", &["hogusu-filter", "hogusu-model", "hogusu-wire"]),
    (
        "hogusu-collector",
        &[
            "hogusu-access",
            "hogusu-compare",
            "hogusu-config",
            "hogusu-model",
            "hogusu-placing",
            "hogusu-policy",
            "hogusu-topology",
            "hogusu-wire",
            "hogusu-yaml",
        ],
    ),
    // It packs what others have built, and asks them nothing.
    ("hogusu-image", &[]),
    // The harness drives binaries; what it borrows are the product's words, never its filter inside the proxy.
    (
        "hogusu-tests",
        &["hogusu-access", "hogusu-collector", "hogusu-filter", "hogusu-image", "hogusu-model", "hogusu-wire"],
    ),
    ("hogusu-tidy", &[]),
];

/// Crates from outside that one of ours keeps to itself.
const KEPT: [(&str, &[&str]); 4] = [
    ("proxy-wasm", &["hogusu-filter-wasm"]),
    ("prost", &["hogusu-wire"]),
    ("petgraph", &["hogusu-topology"]),
    // Only tests check against it, so as a dev-dependency it may be anywhere.
    ("opentelemetry-proto", &["hogusu-tests"]),
];

#[test]
fn crates_depend_only_downwards() {
    let check = |package: &Package| {
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == package.name) else {
            return vec![format!("{} has no row in LAYERS: say what it may know", package.name)];
        };
        let ours = package.dependencies.iter().filter(|name| name.starts_with("hogusu-"));
        let wrong = ours.filter(|name| !allowed.contains(&name.as_str()));
        wrong.map(|name| format!("{} depends on {name}", package.name)).collect()
    };
    assert_none("a crate knows only the crates below it", &packages().iter().flat_map(check).collect::<Vec<_>>());
}

#[test]
fn model_depends_on_nothing() {
    let packages = packages();
    let model = packages.iter().find(|package| package.name == "hogusu-model").expect("the model is a member");
    assert_none("model holds values and arithmetic, and needs nobody", &model.dependencies);
}

#[test]
fn some_dependencies_have_one_home() {
    let check = |package: &Package| {
        let stray = |(name, homes): &&(&str, &[&str])| {
            package.dependencies.iter().any(|dependency| dependency == name) && !homes.contains(&package.name.as_str())
        };
        KEPT.iter()
            .filter(stray)
            .map(|(name, homes)| format!("{} depends on {name}, kept to {homes:?}", package.name))
            .collect::<Vec<_>>()
    };
    assert_none("one crate hides each of these", &packages().iter().flat_map(check).collect::<Vec<_>>());
}

#[test]
fn folders_are_named_as_their_crates() {
    let named = |package: &&Package| {
        let short = package.name.trim_start_matches("hogusu-");
        package.folder.replace('/', "-") != short
    };
    let wrong = packages().iter().filter(named).map(|p| format!("{} is {}", p.folder, p.name)).collect::<Vec<_>>();
    assert_none("folder = crate, without the product's name", &wrong);
}
