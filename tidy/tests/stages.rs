//! The collector's stages: a module uses only modules that stand above it in `collector/src/lib.rs`.

use hogusu_tidy::rust::{code, product_lines};
use hogusu_tidy::tree::{assert_none, read, rust};
use hogusu_tidy::word::runs;

const FOLDER: &str = "collector/src";

/// The modules of the library in the order they are declared.
fn stages() -> Vec<String> {
    let text = read(&format!("{FOLDER}/lib.rs"));
    let declared = text.lines().filter_map(|line| {
        let line = line.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
        line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';'))
    });
    declared.map(str::to_owned).collect()
}

/// What a line names right after `crate::`, alone or in braces.
fn used(line: &str) -> Vec<&str> {
    let after = code(line).split("crate::").skip(1);
    after
        .flat_map(|rest| match rest.strip_prefix('{') {
            Some(list) => list.split(',').filter_map(|item| first_word(item.trim())).collect::<Vec<_>>(),
            None => first_word(rest).into_iter().collect(),
        })
        .collect()
}

fn first_word(text: &str) -> Option<&str> {
    runs(text, |c| c.is_ascii_alphanumeric() || c == '_').next()
}

#[test]
fn a_stage_uses_only_stages_above_it() {
    let stages = stages();
    let place = |name: &str| stages.iter().position(|stage| stage == name);
    let mut offences = Vec::new();
    for file in rust().iter().filter(|file| file.is_under(FOLDER)) {
        let inner = &file.path[FOLDER.len() + 1..];
        let stage = inner.split('/').next().unwrap_or_default().trim_end_matches(".rs");
        let Some(own) = place(stage) else { continue };
        for (number, line) in product_lines(&file.text) {
            for name in used(line).into_iter().filter(|name| place(name).is_some_and(|other| other > own)) {
                offences.push(format!("{}:{number}: {stage} uses {name}", file.path));
            }
        }
    }
    assert_none("stages stand in flow order in collector/src/lib.rs, and look only upwards", &offences);
}

#[test]
fn uses_in_braces_are_seen() {
    assert_eq!(used("use crate::{journal::Entry, store};"), ["journal", "store"]);
    assert_eq!(used("    let x: crate::period::Period = y; // crate::serve"), ["period"]);
}
