//! Files of a size that one person reads in one go.

use hogusu_tidy::rust::{header, product_lines};
use hogusu_tidy::tree::{File, assert_none, files, rust};

const LIMIT: usize = 400;

/// A header that holds these words says why the file is longer.
const EXCUSE: &str = "longer than 400 lines";

fn opening(file: &File) -> String {
    match file.extension() {
        "rs" => header(&file.text),
        _ => file.text.lines().take_while(|line| line.starts_with("//") || line.starts_with(" *")).collect(),
    }
}

#[test]
fn files_stay_below_400_lines_outside_their_tests() {
    let sources = files().into_iter().filter(|file| matches!(file.extension(), "rs" | "ts"));
    let length = |file: &File| match file.extension() {
        "rs" => product_lines(&file.text).len(),
        _ => file.text.lines().count(),
    };
    let offences: Vec<_> = sources
        .filter(|file| !matches!(file.name(), "tests.rs") && !file.name().ends_with(".test.ts"))
        .filter(|file| length(file) > LIMIT && !opening(file).to_lowercase().contains(EXCUSE))
        .map(|file| format!("{}: {} lines", file.path, length(&file)))
        .collect();
    assert_none("split it, or say in its header why it is longer than 400 lines", &offences);
}

#[test]
fn rust_files_open_with_what_they_hold() {
    let bare = rust().into_iter().filter(|file| !file.text.starts_with("//! "));
    assert_none("a Rust file opens with `//!`: what it holds, and what not", &bare.map(|f| f.path).collect::<Vec<_>>());
}
