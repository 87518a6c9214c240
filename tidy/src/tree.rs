//! The files of the repository: what a person wrote, without what is built, installed or kept by git.

use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold nothing written by hand.
const GENERATED: [&str; 6] = [".git", ".tools", "target", "node_modules", "dist", "test-results"];

/// One text file, by its path from the root with `/` between the parts.
#[derive(Debug)]
pub struct File {
    pub path: String,
    pub text: String,
}

impl File {
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    pub fn extension(&self) -> &str {
        self.name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// The file's folder, empty for the root.
    pub fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    pub fn is_under(&self, folder: &str) -> bool {
        self.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// Where the repository is.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tidy is a folder of the repository").to_owned()
}

/// Every text file, sorted by path. Files that are no UTF-8 (pictures, captured bytes) are left out.
pub fn files() -> Vec<File> {
    let mut found = Vec::new();
    collect(&root(), "", &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<File>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display()));
    for entry in entries {
        let entry = entry.expect("an entry of a listed folder");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
        let kind = entry.file_type().expect("the kind of a listed entry");
        if kind.is_dir() && !GENERATED.contains(&name.as_str()) {
            collect(&entry.path(), &path, found);
        } else if kind.is_file()
            && let Ok(text) = fs::read_to_string(entry.path())
        {
            found.push(File { path, text });
        }
    }
}

/// Every Rust source.
pub fn rust() -> Vec<File> {
    let mut files = files();
    files.retain(|file| file.extension() == "rs");
    files
}

/// The documents that people read: Markdown at the root and under `docs/`.
pub fn documents() -> Vec<File> {
    let mut files = files();
    files.retain(|file| file.extension() == "md" && (file.folder().is_empty() || file.path.starts_with("docs/")));
    files
}

/// Whether a file or folder is there, generated or not.
pub fn exists(path: &str) -> bool {
    root().join(path).exists()
}

/// Whether a path leads into what is built or installed.
pub fn is_generated(path: &str) -> bool {
    path.split('/').any(|part| GENERATED.contains(&part))
}

/// The text of one file that has to be there.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
}

/// Fails with all offences at once, one a line, under the rule they break.
#[track_caller]
pub fn assert_none(rule: &str, offences: &[String]) {
    assert!(offences.is_empty(), "{rule}\n  {}\n", offences.join("\n  "));
}
