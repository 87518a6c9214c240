//! Names of files: they say what is inside.

use hogusu_tidy::tree::{assert_none, files};

/// Names that say nothing, so everything ends up in them.
const DRAWERS: [&str; 8] = ["util", "utils", "common", "helper", "helpers", "misc", "imp", "types"];

fn is_source(extension: &str) -> bool {
    matches!(extension, "rs" | "ts" | "mjs" | "js")
}

#[test]
fn modules_are_no_drawers() {
    let in_drawer =
        |path: &String| path.split('/').any(|part| DRAWERS.contains(&part.split('.').next().unwrap_or(part)));
    let sources = files().into_iter().filter(|file| is_source(file.extension())).map(|file| file.path);
    assert_none("name a module after its one idea", &sources.filter(in_drawer).collect::<Vec<_>>());
}

#[test]
fn modules_stand_beside_their_folders() {
    let found = files().into_iter().filter(|file| file.name() == "mod.rs").map(|file| file.path);
    assert_none("foo.rs beside foo/, no mod.rs", &found.collect::<Vec<_>>());
}
