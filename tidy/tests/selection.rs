//! Each library is compiled once: every command selects the same packages, and tests ask for no features that others do not.

use std::collections::BTreeSet;
use std::process::Command;

use hogusu_tidy::tree::{assert_none, read, root};

/// Commands of cargo that compile.
const COMPILING: [&str; 5] = ["cargo build", "cargo test", "cargo clippy", "cargo doc", "cargo run"];

#[test]
fn every_recipe_for_this_machine_selects_the_whole_workspace() {
    let is_offence = |line: &&str| {
        let is_compiling = COMPILING.iter().any(|command| line.contains(command));
        is_compiling && !line.contains("--target") && !line.contains("$(ALL)")
    };
    // What runs in the proxy and in Node has targets of its own, on the next line where it is long.
    let makefile = read("Makefile").replace("\\\n", " ");
    let offences: Vec<String> =
        makefile.lines().filter(is_offence).filter(|line| !line.contains("wasm32")).map(str::to_owned).collect();
    assert_none("recipes that select other packages than $(ALL)", &offences);
}

/// Every library with its features, as cargo resolves them for this kind of dependencies.
fn features(kinds: &str) -> BTreeSet<String> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["tree", "--locked", "--offline", "--workspace", "--prefix", "none", "--edges", kinds]);
    command.args(["--format", "{p}|{f}"]).current_dir(root());
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("names are text");
    text.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

#[test]
fn a_library_has_the_same_features_whether_tests_are_built_or_not() {
    let (with, without) = (features("normal,build,dev"), features("normal,build"));
    let names: BTreeSet<&str> = without.iter().filter_map(|line| line.split('|').next()).collect();
    let is_known = |line: &&String| line.split('|').next().is_some_and(|name| names.contains(name));
    let offences: Vec<String> = with.iter().filter(is_known).filter(|line| !without.contains(*line)).cloned().collect();
    assert_none("libraries that tests give other features: name what asks for them in tests/Cargo.toml", &offences);
}
