//! Files of Istio's policies, workloads and services, read for a rehearsal; what is wrong with them, by file and line.

use std::io::Read;
use std::path::PathBuf;
use std::string::FromUtf8Error;

use hogusu_access::{LONGEST_FILE, Policies, Problem, Role, Source, read};

use crate::cli::CliError;
use crate::{shown, simulation};

/// Problems of files that are told in one go.
const TOLD: usize = 20;

/// Reads files; whatever is wrong with them is told, and nothing is concluded from them. What is only perhaps not meant goes with the
/// answer.
pub(super) fn policies(files: &[PathBuf], role: Role, warnings: &mut Vec<String>) -> Result<Policies, CliError> {
    let mut sources = Vec::new();
    for file in files {
        let name = file.display().to_string();
        let unreadable = |error: std::io::Error| {
            let name = shown::word(&name);
            CliError::Usage(format!(
                "{name}: {error} -> name a file of manifests that can be read, or - for standard input"
            ))
        };
        let input: Box<dyn Read> = if file.as_os_str() == "-" {
            Box::new(std::io::stdin().lock())
        } else {
            Box::new(std::fs::File::open(file).map_err(unreadable)?)
        };
        let mut bytes = Vec::new();
        // One byte more shows that it is too long.
        let most = u64::try_from(LONGEST_FILE).unwrap_or(u64::MAX).saturating_add(1);
        input.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
        // What is cut off may end within a character.
        let is_too_long = bytes.len() > LONGEST_FILE;
        let text = match String::from_utf8(bytes) {
            Err(error) if is_too_long => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            Err(error) => return Err(CliError::Usage(no_text(&name, &error))),
            Ok(text) => text,
        };
        sources.push(Source { name, text });
    }
    let read = read(&sources, role);
    let wrong: Vec<String> = read.problems.iter().filter(|problem| problem.is_error).map(told).collect();
    if wrong.is_empty() {
        warnings.extend(read.problems.iter().map(simulation::warning));
        return Ok(read.policies);
    }
    let more = wrong.len().saturating_sub(TOLD);
    let more = if more > 0 { format!("; {more} more") } else { String::new() };
    Err(CliError::Usage(wrong.into_iter().take(TOLD).collect::<Vec<_>>().join("; ") + &more))
}

/// Where a file is no text.
fn no_text(name: &str, error: &FromUtf8Error) -> String {
    let before = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
    let line = before.filter(|byte| **byte == b'\n').count() + 1;
    format!("{}:{line}: it is no text in UTF-8 -> write manifests as text, in UTF-8", shown::word(name))
}

fn told(problem: &Problem) -> String {
    let path = if problem.path.is_empty() { String::new() } else { format!("{}: ", shown::word(&problem.path)) };
    let file = shown::word(&problem.place.file);
    format!("{file}:{}: {path}{} -> {}", problem.place.line, problem.said, problem.remedy)
}
