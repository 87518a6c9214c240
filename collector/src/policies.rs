//! Files of policies as they are named: each a file, or a folder of which every `.yaml`, `.yml` and `.json` is read, by name. What is
//! not read is told: a policy that is left out looks as if it were kept.
//!
//! Holds no clock: when it is now is an argument.

pub mod in_force;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use hogusu_policy::problem::At;
use hogusu_policy::read::FILE_BYTES;
use hogusu_policy::{File, Level, Problem, Read, read};

/// Files of one folder at most.
const FILES: usize = 1_000;
/// Bytes of all files together at most: they are in memory at once.
const ALL_BYTES: usize = 64 * 1024 * 1024;
/// How files of policies end, in small letters or not.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Why policies cannot be used, in one line: by file, line and remedy where it is a file's fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub String);

/// Reads them all; `now` is what exceptions end by, nanoseconds since the epoch.
///
/// # Errors
/// When one of them cannot be read at all, or they are longer than is read.
pub fn read_all(paths: &[PathBuf], now: u64) -> Result<Read, Unusable> {
    let (files, problems) = texts(paths)?;
    Ok(read_texts(&files, problems, now))
}

/// Their texts, and what is wrong with files that give none.
fn texts(paths: &[PathBuf]) -> Result<(Vec<File>, Vec<Problem>), Unusable> {
    let mut found = Found::default();
    for path in paths {
        if path.is_dir() {
            for inner in found.of_folder(path)? {
                found.file(&inner)?;
            }
        } else {
            found.file(path)?;
        }
    }
    Ok((found.files, found.problems))
}

fn read_texts(files: &[File], problems: Vec<Problem>, now: u64) -> Read {
    let mut read = read(files, now);
    read.problems.splice(0..0, problems);
    read
}

/// Reads them all, and wants each of them in order: a policy that is left out looks as if it were kept.
///
/// # Errors
/// As those of [`read_all`], and when anything is wrong with one of them, or there is none.
pub fn in_order(paths: &[PathBuf], now: u64) -> Result<Read, Unusable> {
    wanted(read_all(paths, now)?)
}

/// The texts of them all, where each is in order.
///
/// # Errors
/// As those of [`in_order`].
pub fn texts_in_order(paths: &[PathBuf], now: u64) -> Result<(Vec<File>, Vec<Problem>), Unusable> {
    let (files, problems) = texts(paths)?;
    wanted(read_texts(&files, problems.clone(), now))?;
    Ok((files, problems))
}

fn wanted(read: Read) -> Result<Read, Unusable> {
    let wrong: Vec<_> = read.problems.iter().filter(|problem| problem.level == Level::Error).collect();
    match wrong.first() {
        None if read.policies.is_empty() => Err(Unusable("there is no policy to judge by".to_owned())),
        None => Ok(read),
        Some(first) => {
            let more = if wrong.len() > 1 {
                format!(", and {} more; hogusu policy check names all", wrong.len() - 1)
            } else {
                String::new()
            };
            Err(Unusable(format!("{}{more}", first.line())))
        }
    }
}

/// Texts, and what is wrong with files that give none.
#[derive(Default)]
struct Found {
    files: Vec<File>,
    problems: Vec<Problem>,
    bytes: usize,
}

impl Found {
    /// The files of a folder that are read; the others are told.
    fn of_folder(&mut self, folder: &Path) -> Result<Vec<PathBuf>, Unusable> {
        let unreadable = |error: std::io::Error| Unusable(format!("{}: {error}", folder.display()));
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            entries.push(entry.map_err(unreadable)?.path());
        }
        // Hidden ones are of whoever made the folder, as a mounted ConfigMap's own links.
        entries.retain(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')));
        entries.sort();
        let (folders, others): (Vec<PathBuf>, Vec<PathBuf>) = entries.into_iter().partition(|path| path.is_dir());
        let files: Vec<PathBuf> = others.into_iter().filter(|path| self.is_read(path)).collect();
        let within: Vec<String> = folders.iter().map(|path| path.display().to_string()).collect();
        match files.len() {
            0 if self.problems.is_empty() => Err(Unusable(none(folder, &within))),
            many if many > FILES => Err(Unusable(format!("{} holds more than {FILES} files", folder.display()))),
            _ => {
                for name in within {
                    let said = "a folder within a folder is not read";
                    self.say(&name, Level::Error, said, "name it as well, or move it elsewhere");
                }
                Ok(files)
            }
        }
    }

    fn is_read(&mut self, path: &Path) -> bool {
        let name = path.display().to_string();
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        match std::fs::metadata(path) {
            Err(error) => self.say(&name, Level::Error, &error.to_string(), "mend it, or take it out of the folder"),
            Ok(found) if !found.is_file() => {
                self.say(&name, Level::Error, "it is no file", "take it out of the folder");
            }
            Ok(_) if ENDINGS.contains(&ending.as_str()) => return true,
            Ok(_) if ending == "md" => {}
            Ok(_) => {
                let remedy = "policies end in .yaml, .yml or .json";
                self.say(&name, Level::Warning, "it is not read", remedy);
            }
        }
        false
    }

    /// One byte more than is read at most, so that what is longer is known to be.
    fn file(&mut self, path: &Path) -> Result<(), Unusable> {
        let name = path.display().to_string();
        let unreadable = |error: std::io::Error| Unusable(format!("{name}: {error}"));
        let input: Box<dyn std::io::Read> = if path.as_os_str() == "-" {
            Box::new(std::io::stdin().lock())
        } else {
            Box::new(std::fs::File::open(path).map_err(unreadable)?)
        };
        let mut bytes = Vec::new();
        input.take(FILE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes > ALL_BYTES {
            return Err(Unusable(format!("files of policies are longer than {ALL_BYTES} bytes together")));
        }
        if bytes.len() > FILE_BYTES {
            let said = format!("it is longer than {FILE_BYTES} bytes");
            self.say(&name, Level::Error, &said, "split it into several files");
            return Ok(());
        }
        match String::from_utf8(bytes) {
            Ok(text) => self.files.push(File { name, text }),
            Err(error) => {
                let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
                let line = good.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
                let at = At { line, column: 1 };
                let remedy = "write it in UTF-8 and nothing else, not in UTF-16";
                self.problems.push(at.problem(&name, Level::Error, "it is not UTF-8", remedy));
            }
        }
        Ok(())
    }

    fn say(&mut self, name: &str, level: Level, said: &str, remedy: &str) {
        self.problems.push(At { line: 1, column: 1 }.problem(name, level, said, remedy));
    }
}

/// That a folder holds no policies, and which within it may.
fn none(folder: &Path, within: &[String]) -> String {
    let none = format!("{} holds no file of policies: none ends in .yaml, .yml or .json", folder.display());
    if within.is_empty() {
        none
    } else {
        format!("{none}; folders within it are not read, name one: {}", within.join(", "))
    }
}
