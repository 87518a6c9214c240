//! `hogusu report verify`: works a bundle out again, without asking anybody.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use clap::Args;

use super::super::CliError;
use crate::bundle::{self, BYTES, Consistent, digest};

/// Works out again, from the facts and policies in a bundle, every figure that it says, and names the first thing that differs.
///
/// Nothing is asked of a collector, and nothing is written. Without a digest that was kept elsewhere it is consistent at best.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu report verify november.tar --digest 0f3c…

Exit codes: 0 verified: it is consistent, and the bundle of that digest; 1 something differs, and is named, or this process failed;
2 the command line is wrong, or the file cannot be read; 5 consistent, origin not proven: no digest was given.")]
pub(super) struct Verify {
    /// The bundle.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// Its SHA-256, as `hogusu report compliance` or `sha256sum` told it and somebody kept it elsewhere.
    #[arg(long, value_name = "SHA256", value_parser = wanted)]
    digest: Option<String>,
}

fn wanted(text: &str) -> Result<String, String> {
    digest::parse(text).ok_or_else(|| "give 64 hexadecimal digits, with or without sha256: before them".to_owned())
}

/// What to print, and how it ends.
pub(super) fn run(options: &Verify) -> Result<(String, Result<(), CliError>), CliError> {
    let Consistent { digest, from, to, verdict, policies, edges } = bundle::verify(&read(options)?)?;
    let what = format!(
        "{from} to {to}: {}, by {policies} policies of {edges} edges; every figure is worked out again\nsha256:{digest}\n",
        verdict.as_str()
    );
    Ok(match &options.digest {
        Some(wanted) if *wanted == digest => (format!("verified\n{what}"), Ok(())),
        Some(_) => (String::new(), Err(CliError::AnotherBundle { digest })),
        None => (format!("consistent, origin not proven\n{what}"), Err(CliError::OriginNotProven)),
    })
}

/// Its bytes; one more than a bundle may have at most, so that what is longer is known to be.
fn read(options: &Verify) -> Result<Vec<u8>, CliError> {
    let path = &options.bundle;
    let unreadable = |error: std::io::Error| CliError::Usage(format!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}
