//! A report with all that it was worked out from, as one file that anybody can work out again: policies as they were written, facts, result and
//! sample, and the digest of each. docs/compliance.md has its members. Pure: bytes in, bytes out.

mod difference;
pub mod digest;
mod inputs;
mod manifest;
mod tar;
mod verify;

pub use inputs::{Inputs, Judged, Origin};
pub use manifest::SCHEMA;
pub use verify::{Consistent, Differs, verify};

use serde::Serialize;

use self::digest::hex;
use self::manifest::{Entry, Manifest};

/// Bytes of a bundle at most: all of it is in memory at once.
pub const BYTES: usize = 512 * 1024 * 1024;
/// Files of policies at most.
const FILES: usize = 9_999;

const ORIGIN: &str = "origin.json";
const FACTS: &str = "facts.json";
const RESULT: &str = "result.json";
const SAMPLE: &str = "sample.json";
/// Folder of files of policies.
const POLICIES: &str = "policies";

/// A member's name, its path as it was given, and what is in it.
type Member = (String, Option<String>, Vec<u8>);

/// The bytes of a bundle: the same of the same inputs.
///
/// # Errors
/// When it would be larger than is read again.
pub fn make(inputs: &Inputs, judged: &Judged) -> Result<Vec<u8>, String> {
    if inputs.files.len() > FILES {
        return Err(format!("a bundle holds {FILES} files of policies at most"));
    }
    let members = members(inputs, judged).map_err(|error| error.to_string())?;
    let entry = |(file, path, bytes): &Member| Entry {
        file: file.clone(),
        path: path.clone(),
        bytes: bytes.len() as u64,
        sha256: hex(bytes),
    };
    let manifest = Manifest::new(&inputs.origin.version, members.iter().map(entry).collect()).bytes();
    let mut out = Vec::new();
    add(&mut out, manifest::NAME, &manifest);
    members.iter().for_each(|(name, _, bytes)| add(&mut out, name, bytes));
    out.extend(tar::END);
    if out.len() > BYTES || manifest.len() > manifest::BYTES {
        return Err(format!(
            "the bundle would be larger than {BYTES} bytes; ask for a shorter period, or for fewer policies"
        ));
    }
    Ok(out)
}

/// All members after the manifest, in their order.
fn members(inputs: &Inputs, judged: &Judged) -> Result<Vec<Member>, serde_json::Error> {
    let mut members = vec![(ORIGIN.to_owned(), None, written(&inputs.origin)?)];
    for (place, file) in inputs.files.iter().enumerate() {
        members.push((policy_name(place), Some(file.name.clone()), file.text.clone().into_bytes()));
    }
    members.push((FACTS.to_owned(), None, inputs.facts.clone()));
    members.push((RESULT.to_owned(), None, written(&judged.report)?));
    members.push((SAMPLE.to_owned(), None, written(&judged.sample)?));
    Ok(members)
}

/// The name of a file of policies in a bundle.
fn policy_name(place: usize) -> String {
    format!("{POLICIES}/{:04}.yaml", place + 1)
}

/// A value as it is written in a bundle.
fn written(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn add(out: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    out.extend(tar::header(name, bytes.len() as u64));
    out.extend(bytes);
    out.resize(out.len() + tar::padding(bytes.len()), 0);
}
