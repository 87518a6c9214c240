//! Metrics and attributes: every name in the sources is documented, and every documented name is in the sources.

use std::collections::BTreeSet;

use hogusu_tidy::markdown::code;
use hogusu_tidy::rust::{code as without_comment, literals, product_lines};
use hogusu_tidy::tree::{assert_none, exists, read, rust};
use hogusu_tidy::word::runs;

const DOCUMENTS: [&str; 3] = ["docs/metrics.md", "docs/traces.md", "docs/wire.md"];

const PRODUCT: [&str; 5] = ["model", "policy", "wire", "filter", "collector"];

/// Endings that the exposition format adds to a name.
const SERIES: [&str; 4] = ["_bucket", "_sum", "_count", "_total"];

/// Names with the product's prefix that are crates or files.
fn is_other(name: &str) -> bool {
    let endings = [".wasm", ".redb", ".lock", ".json", ".map", ".toml"];
    endings.iter().any(|ending| name.ends_with(ending))
        || ["hogusu_model", "hogusu_wire", "hogusu_filter", "hogusu_collector", "hogusu_policy", "hogusu_tests"]
            .iter()
            .any(|name_of| name.strip_prefix(name_of).is_some_and(|rest| rest.is_empty() || rest == "_wasm"))
}

/// The names `hogusu_...` and `hogusu....` in a text, labels and values cut off.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let run = runs(text, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.'));
    let trimmed = run.map(|run| run.trim_end_matches(['.', '_']));
    trimmed.filter(|run| {
        let rest = run.strip_prefix("hogusu_").or_else(|| run.strip_prefix("hogusu."));
        rest.is_some_and(|rest| !rest.is_empty()) && !is_other(run)
    })
}

/// Where each name stands in the product's sources, tests aside: whole string literals only.
fn in_sources() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for file in rust().iter().filter(|file| PRODUCT.iter().any(|product| file.is_under(product))) {
        if file.path.contains("/tests/") || file.name() == "tests.rs" {
            continue;
        }
        for (number, line) in product_lines(&file.text) {
            for literal in literals(without_comment(line)) {
                // A literal may be one name, or a line of the exposition format.
                let is_whole = |name: &&str| {
                    literal == *name || literal.contains(&format!("{name}{{")) || literal.contains(&format!("{name} "))
                };
                found.extend(
                    names(literal).filter(is_whole).map(|name| (name.to_owned(), format!("{}:{number}", file.path))),
                );
            }
        }
    }
    found
}

fn in_documents() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for path in DOCUMENTS.iter().filter(|path| exists(path)) {
        for code in code(&read(path)) {
            found.extend(names(code.text).map(|name| (name.to_owned(), format!("{path}:{}", code.line))));
        }
    }
    found
}

/// Whether a set has the name, as it is or without an ending of the exposition format.
fn has(set: &BTreeSet<(String, String)>, name: &str) -> bool {
    let base = SERIES.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    let same = |other: &str| {
        other == name || other == base || SERIES.iter().any(|ending| other.strip_suffix(ending) == Some(name))
    };
    set.iter().any(|(other, _)| same(other))
}

#[test]
fn names_in_sources_are_documented() {
    let documents = in_documents();
    let offences: Vec<_> = in_sources()
        .iter()
        .filter(|(name, _)| !has(&documents, name))
        .map(|(name, place)| format!("{place}: {name}"))
        .collect();
    assert_none("docs/metrics.md, docs/traces.md and docs/wire.md name every metric and attribute", &offences);
}

#[test]
fn documented_names_are_in_sources() {
    let sources = in_sources();
    let offences: Vec<_> = in_documents()
        .iter()
        .filter(|(name, _)| !has(&sources, name))
        .map(|(name, place)| format!("{place}: {name}"))
        .collect();
    assert_none("no source has this metric or attribute", &offences);
}
