//! Documents that are there, and say what is there: paths, links, make targets, flags, tests.

use std::collections::BTreeSet;

use hogusu_tidy::markdown::{anchors, code, links};
use hogusu_tidy::tree::{File, assert_none, documents, exists, files, is_generated, read};
use hogusu_tidy::word::{expand_braces, flags, make_targets, runs};

const REQUIRED: [&str; 12] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "LICENSE",
    "docs/wire.md",
    "docs/storage.md",
    "docs/api.md",
    "docs/metrics.md",
    "docs/privacy.md",
    "docs/failure.md",
];

/// Endings that make a slashed word a path of this repository.
const ENDINGS: [&str; 13] = ["rs", "md", "toml", "ts", "mjs", "html", "css", "yaml", "yml", "json", "sh", "txt", "png"];

#[test]
fn required_documents_are_there() {
    let is_empty = |path: &&&str| !exists(path) || read(path).trim().is_empty();
    let missing: Vec<_> = REQUIRED.iter().filter(is_empty).map(|path| (*path).to_owned()).collect();
    assert_none("missing or empty", &missing);
}

/// What a code span says about a path of this repository, if it is one.
fn path_in(span: &str, top: &BTreeSet<String>) -> Vec<String> {
    let path = span.split("::").next().unwrap_or(span);
    let path = path.rsplit_once(':').filter(|(_, line)| line.parse::<u32>().is_ok()).map_or(path, |(path, _)| path);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | '{' | '}' | ',' | '*');
    if path.starts_with('/') || !path.chars().all(plain) {
        return Vec::new();
    }
    let first = path.split('/').next().unwrap_or_default();
    let ending = path.trim_end_matches('/').rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_path = path.contains('/') && (top.contains(first) || ENDINGS.contains(&ending));
    if is_path || ending == "md" { expand_braces(path) } else { Vec::new() }
}

/// Whether a path, perhaps with a `*` in its last part, leads to something written or built here.
fn leads_somewhere(path: &str, folder: &str) -> bool {
    let whole = path.split_once('*').map_or(path, |(head, _)| head.rsplit_once('/').map_or("", |(parent, _)| parent));
    is_generated(path) || exists(whole) || !folder.is_empty() && exists(&format!("{folder}/{whole}"))
}

#[test]
fn paths_lead_somewhere() {
    let top: BTreeSet<String> =
        files().iter().filter_map(|file| file.path.split_once('/').map(|(first, _)| first.to_owned())).collect();
    let mut offences = Vec::new();
    for file in documents() {
        for span in code(&file.text).into_iter().filter(|code| !code.fenced) {
            let lost = path_in(span.text, &top).into_iter().filter(|path| !leads_somewhere(path, file.folder()));
            offences.extend(lost.map(|path| format!("{}:{}: {path}", file.path, span.line)));
        }
    }
    assert_none("a document names a path that is not there", &offences);
}

#[test]
fn links_lead_somewhere() {
    let mut offences = Vec::new();
    for file in documents() {
        for (line, target) in links(&file.text) {
            if !target.contains("://") && !target.starts_with("mailto:") && !resolves(&file, target) {
                offences.push(format!("{}:{line}: {target}", file.path));
            }
        }
    }
    assert_none("a relative link leads nowhere", &offences);
}

fn resolves(from: &File, target: &str) -> bool {
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let place = if path.is_empty() { from.path.clone() } else { join(from.folder(), path) };
    let has_anchor = |anchor: &str| !place.ends_with(".md") || anchors(&read(&place)).iter().any(|a| a == anchor);
    exists(&place) && anchor.is_none_or(has_anchor)
}

/// A relative path seen from a folder, with `..` resolved.
fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn make_targets_exist() {
    let makefile = read("Makefile");
    let exists = |target: &str| makefile.lines().any(|line| line.starts_with(&format!("{target}:")));
    let mut offences = Vec::new();
    let mut check = |path: &str, line: usize, text: &str| {
        let unknown = make_targets(text).into_iter().filter(|target| !exists(target));
        offences.extend(unknown.map(|target| format!("{path}:{line}: make {target}")));
    };
    for file in documents() {
        code(&file.text).iter().for_each(|code| check(&file.path, code.line, code.text));
    }
    // Messages and comments of sources name targets too.
    for file in
        files().iter().filter(|file| matches!(file.extension(), "rs" | "ts" | "sh" | "yaml") && !file.is_under("tidy"))
    {
        for (index, line) in file.text.lines().enumerate() {
            line.split('`').skip(1).step_by(2).for_each(|span| check(&file.path, index + 1, span));
            line.split('"').skip(1).step_by(2).for_each(|literal| check(&file.path, index + 1, literal));
        }
    }
    assert_none("the Makefile has no such target", &offences);
}

/// The part of a command line that `hogusu` itself reads, if it is the command.
fn hogusu_arguments(line: &str) -> Option<&str> {
    let command = line.trim().trim_start_matches("$ ").trim_start_matches("target/release/");
    command.strip_prefix("hogusu ").map(|rest| rest.split(['|', '#', '>', '&']).next().unwrap_or(rest))
}

#[test]
fn flags_exist() {
    let sources: Vec<File> =
        files().into_iter().filter(|file| file.extension() != "md" && !file.is_under("tidy")).collect();
    let collector: String =
        sources.iter().filter(|file| file.is_under("collector/src")).map(|f| f.text.as_str()).collect();
    let of_hogusu = |flag: &str| {
        let field = format!(" {}:", flag.trim_start_matches('-').replace('-', "_"));
        matches!(flag, "--help" | "--version") || collector.contains(flag) || collector.contains(&field)
    };
    let of_anybody = |flag: &str| of_hogusu(flag) || sources.iter().any(|file| file.text.contains(flag));
    let mut offences = Vec::new();
    for file in documents() {
        for code in code(&file.text) {
            let unknown: Vec<_> = match hogusu_arguments(code.text) {
                Some(arguments) => flags(arguments).into_iter().filter(|flag| !of_hogusu(flag)).collect(),
                None if code.text.starts_with("--") => {
                    flags(code.text).into_iter().filter(|flag| !of_anybody(flag)).collect()
                }
                None => Vec::new(),
            };
            offences.extend(unknown.into_iter().map(|flag| format!("{}:{}: {flag}", file.path, code.line)));
        }
    }
    assert_none("no command here has this flag", &offences);
}

/// Long snake-case words in code type are names of tests and functions.
#[test]
fn tests_that_guard_a_rule_exist() {
    let sources: Vec<File> =
        files().into_iter().filter(|file| matches!(file.extension(), "rs" | "ts" | "mjs" | "yaml" | "toml")).collect();
    let mut offences = Vec::new();
    for file in
        documents().into_iter().filter(|file| matches!(file.path.as_str(), "ARCHITECTURE.md" | "CONTRIBUTING.md"))
    {
        for span in code(&file.text).into_iter().filter(|code| !code.fenced) {
            let words = runs(span.text, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            let names = words.filter(|word| word.matches('_').count() >= 3);
            let lost = names.filter(|name| !sources.iter().any(|source| source.text.contains(name)));
            offences.extend(lost.map(|name| format!("{}:{}: {name}", file.path, span.line)));
        }
    }
    assert_none("no source has this name", &offences);
}
