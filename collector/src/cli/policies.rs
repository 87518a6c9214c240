//! Files of policies as the command line names them: each a file, or a folder of which every `.yaml` and `.yml` is read, by name.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use hogusu_policy::read::FILE_BYTES;
use hogusu_policy::{File, Level, Read, read};

use super::CliError;
use crate::serve;

/// Files of one folder at most.
const FILES: usize = 1_000;

/// Reads them all.
pub(super) fn read_all(paths: &[PathBuf]) -> Result<Read, CliError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            for inner in of_folder(path)? {
                files.push(file(&inner)?);
            }
        } else {
            files.push(file(path)?);
        }
    }
    Ok(read(&files, serve::now()))
}

/// Reads them all, and wants each of them in order: a policy that is left out looks as if it were kept.
pub(super) fn in_order(paths: &[PathBuf]) -> Result<Read, CliError> {
    let read = read_all(paths)?;
    let wrong: Vec<_> = read.problems.iter().filter(|problem| problem.level == Level::Error).collect();
    match wrong.first() {
        None if read.policies.is_empty() => Err(CliError::Usage("there is no policy to judge by".to_owned())),
        None => Ok(read),
        Some(first) => {
            let more = if wrong.len() > 1 {
                format!(", and {} more; hogusu policy check names all", wrong.len() - 1)
            } else {
                String::new()
            };
            Err(CliError::Usage(format!("{}{more}", first.line())))
        }
    }
}

fn of_folder(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let unreadable = |error: std::io::Error| CliError::Usage(format!("{}: {error}", folder.display()));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        if is_yaml && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    match paths.len() {
        0 => {
            Err(CliError::Usage(format!("{} holds no file of policies: none ends in .yaml or .yml", folder.display())))
        }
        many if many > FILES => Err(CliError::Usage(format!("{} holds more than {FILES} files", folder.display()))),
        _ => Ok(paths),
    }
}

/// One byte more than is read at most, so that what is longer is known to be.
fn file(path: &Path) -> Result<File, CliError> {
    let name = path.display().to_string();
    let unreadable = |error: std::io::Error| CliError::Usage(format!("{name}: {error}"));
    let input: Box<dyn std::io::Read> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(path).map_err(unreadable)?)
    };
    let mut text = String::new();
    input.take(FILE_BYTES as u64 + 1).read_to_string(&mut text).map_err(unreadable)?;
    Ok(File { name, text })
}
