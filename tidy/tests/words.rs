//! Words that have no place here: paths of somebody's machine, and promises of later work.

use hogusu_tidy::tree::{File, assert_none, files};

/// Folders of one machine; a reader has none of them.
const MACHINE: [&str; 5] = ["/root/", "/work/", "/home/", "/Users/", "C:\\"];

/// Places that a document should name by a variable or relative to the repository.
const LITERAL: [&str; 2] = ["/tmp/", "/var/tmp/"];

const PROMISES: [&str; 4] = ["TODO", "FIXME", "XXX", "HACK"];

/// What a person wrote; lock files and this crate aside, for it names what it forbids.
fn written() -> Vec<File> {
    let mut files = files();
    files.retain(|file| !file.is_under("tidy") && !matches!(file.name(), "Cargo.lock" | "package-lock.json"));
    files
}

fn lines_with(file: &File, found: impl Fn(&str) -> bool) -> Vec<String> {
    let numbered = file.text.lines().enumerate().filter(|(_, line)| found(line));
    numbered.map(|(index, line)| format!("{}:{}: {}", file.path, index + 1, line.trim())).collect()
}

/// A whole path begins there: `/work/x`, but not `https://host/work/x` or `artwork/x`.
fn begins_with(line: &str, folder: &str) -> bool {
    line.match_indices(folder)
        .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '}' | '.' | '-' | '_')))
}

fn has_word(line: &str, word: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(is_letter) && !line[at + word.len()..].starts_with(is_letter))
}

#[test]
fn nothing_names_a_folder_of_one_machine() {
    let on_machine = |line: &str| MACHINE.iter().any(|folder| begins_with(line, folder));
    let offences: Vec<_> = written().iter().flat_map(|file| lines_with(file, on_machine)).collect();
    assert_none("paths are relative to the repository", &offences);
}

#[test]
fn documents_name_no_temporary_folder() {
    let literal = |line: &str| LITERAL.iter().any(|folder| begins_with(line, folder));
    let documents = written().into_iter().filter(|file| file.extension() == "md");
    let offences: Vec<_> = documents.flat_map(|file| lines_with(&file, literal)).collect();
    assert_none("a document names a folder of the reader's choice, such as DIR", &offences);
}

#[test]
fn nothing_is_put_off_in_a_comment() {
    let promises = |line: &str| PROMISES.iter().any(|word| has_word(line, word));
    let offences: Vec<_> = written().iter().flat_map(|file| lines_with(file, promises)).collect();
    assert_none("do it, or write an issue", &offences);
}
