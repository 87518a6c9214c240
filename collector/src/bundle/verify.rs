//! Whether a bundle is what it says: each byte where its manifest has it, and each figure what its own facts and policies come to. What is read
//! may be anybody's: nothing is opened or written by a name in it, and nothing is longer than the bundle itself.
//!
//! It says nothing of where a bundle comes from: who can change one can make another that is consistent. That is what a digest is for that was
//! kept elsewhere.

use hogusu_policy::File;
use hogusu_policy::read::FILE_BYTES;
use hogusu_policy::words::Verdict;
use serde_json::Value;

use super::digest::hex;
use super::inputs::{Inputs, Judged, Origin};
use super::manifest::{self, Manifest};
use super::{BYTES, FACTS, FILES, ORIGIN, RESULT, SAMPLE, difference, policy_name, tar, written};

/// A bundle that comes to what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistent {
    /// SHA-256 of all of it, in hexadecimal digits.
    pub digest: String,
    /// Its period.
    pub from: String,
    /// Its end.
    pub to: String,
    /// What it comes to.
    pub verdict: Verdict,
    /// Policies that it judges by.
    pub policies: usize,
    /// Edges that it judges.
    pub edges: u64,
}

/// The first thing of a bundle that is not what it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{member}: {said}")]
pub struct Differs {
    /// The member it is in, or `the bundle`.
    pub member: String,
    /// What is wrong.
    pub said: String,
}

impl Differs {
    fn new(member: &str, said: impl Into<String>) -> Self {
        Self { member: member.to_owned(), said: said.into() }
    }
}

/// Works everything out again.
///
/// # Errors
/// With the first thing that differs.
pub fn verify(bundle: &[u8]) -> Result<Consistent, Differs> {
    if bundle.len() > BYTES {
        return Err(Differs::new("the bundle", format!("it is longer than {BYTES} bytes")));
    }
    let (manifest, members) = members(bundle)?;
    let inputs = inputs(&manifest, &members)?;
    let judged = inputs.judge().map_err(|(member, said)| Differs::new(member, said))?;
    compare(&manifest, &members, &judged)?;
    let report = judged.report;
    Ok(Consistent {
        digest: hex(bundle),
        from: report.from,
        to: report.to,
        verdict: report.verdict,
        policies: report.policies.len(),
        edges: report.population.edges,
    })
}

/// The manifest, and the members that it names, each as it must be.
fn members(bundle: &[u8]) -> Result<(Manifest, Vec<&[u8]>), Differs> {
    let bytes = tar::size(bundle).filter(|bytes| *bytes <= manifest::BYTES as u64);
    let Some(bytes) = bytes else {
        return Err(Differs::new(manifest::NAME, "no header of it is at the beginning, so this is no bundle"));
    };
    let mut rest = bundle;
    let manifest =
        Manifest::read(take(&mut rest, manifest::NAME, bytes)?).map_err(|said| Differs::new(manifest::NAME, said))?;
    order(&manifest)?;
    let mut members = Vec::new();
    for entry in &manifest.files {
        let found = take(&mut rest, &entry.file, entry.bytes)?;
        if hex(found) != entry.sha256 {
            return Err(Differs::new(&entry.file, "its SHA-256 is not the one that the manifest says"));
        }
        members.push(found);
    }
    if rest == tar::END {
        Ok((manifest, members))
    } else {
        Err(Differs::new("the bundle", "something else than its end stands after its last member"))
    }
}

/// The next member. Its header and what fills its last block are as they are written, to the byte.
fn take<'a>(rest: &mut &'a [u8], name: &str, bytes: u64) -> Result<&'a [u8], Differs> {
    let cut = || Differs::new(name, "the bundle ends within it");
    let (header, after) = rest.split_at_checked(tar::BLOCK).ok_or_else(cut)?;
    if header != tar::header(name, bytes) {
        return Err(Differs::new(name, "its header in the tar is not as it is written"));
    }
    let bytes = usize::try_from(bytes).map_err(|_| cut())?;
    let (found, after) = after.split_at_checked(bytes).ok_or_else(cut)?;
    let (filled, after) = after.split_at_checked(tar::padding(bytes)).ok_or_else(cut)?;
    if filled.iter().any(|byte| *byte != 0) {
        return Err(Differs::new(name, "something stands between its end and the next member"));
    }
    *rest = after;
    Ok(found)
}

/// Members have their own names, each once, in their order; whatever else a manifest names is not read.
fn order(manifest: &Manifest) -> Result<(), Differs> {
    let policies = manifest.files.len().saturating_sub(4);
    if policies > FILES {
        return Err(Differs::new(manifest::NAME, format!("it names more than {FILES} files of policies")));
    }
    let names = [ORIGIN.to_owned()].into_iter().chain((0..policies).map(policy_name));
    let names = names.chain([FACTS, RESULT, SAMPLE].map(str::to_owned));
    let mut found = manifest.files.iter();
    for name in names {
        let is_policy = ![ORIGIN, FACTS, RESULT, SAMPLE].contains(&name.as_str());
        let entry = found.next().filter(|entry| entry.file == name && entry.path.is_some() == is_policy);
        if entry.is_none() {
            return Err(Differs::new(manifest::NAME, format!("it does not name {name} where it stands in a bundle")));
        }
    }
    Ok(())
}

fn inputs(manifest: &Manifest, members: &[&[u8]]) -> Result<Inputs, Differs> {
    let wrong = |name: &str, error: &dyn std::fmt::Display| Differs::new(name, format!("it cannot be read: {error}"));
    let origin: Origin =
        serde_json::from_slice(of(manifest, members, ORIGIN)).map_err(|error| wrong(ORIGIN, &error))?;
    let mut files = Vec::new();
    for (entry, bytes) in manifest.files.iter().zip(members) {
        let Some(path) = &entry.path else { continue };
        if bytes.len() > FILE_BYTES {
            return Err(Differs::new(&entry.file, format!("it is longer than {FILE_BYTES} bytes")));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| wrong(&entry.file, &error))?;
        files.push(File { name: path.clone(), text: text.to_owned() });
    }
    Ok(Inputs { files, facts: of(manifest, members, FACTS).to_vec(), origin })
}

/// The member of that name; nothing where there is none.
fn of<'a>(manifest: &Manifest, members: &[&'a [u8]], name: &str) -> &'a [u8] {
    let found = manifest.files.iter().zip(members).find(|(entry, _)| entry.file == name);
    found.map_or(&[], |(_, bytes)| *bytes)
}

/// Result and sample are what the facts come to, and every member is written as it is here.
fn compare(manifest: &Manifest, members: &[&[u8]], judged: &Judged) -> Result<(), Differs> {
    let unwritten = |error: serde_json::Error| Differs::new(RESULT, error.to_string());
    for (name, own) in [(RESULT, written(&judged.report)), (SAMPLE, written(&judged.sample))] {
        let (told, own) = (of(manifest, members, name), own.map_err(unwritten)?);
        if told == own {
            continue;
        }
        let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes);
        let told = read(told).map_err(|error| Differs::new(name, format!("it cannot be read: {error}")))?;
        let own = read(&own).map_err(unwritten)?;
        let said = difference::first(&told, &own)
            .unwrap_or_else(|| "it says the same, but is not written as it is here".to_owned());
        let (made, here) = (&manifest.version, env!("CARGO_PKG_VERSION"));
        let by =
            if made == here { String::new() } else { format!("; it was made by version {made}, and this is {here}") };
        return Err(Differs::new(name, said + &by));
    }
    Ok(())
}
