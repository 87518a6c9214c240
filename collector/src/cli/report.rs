//! `hogusu report`: reports of compliance as documents, and bundles that anybody can work out again.

mod compliance;
mod verify;

use clap::{Args, Subcommand};

use super::CliError;

/// Makes reports of compliance as documents, and works out again what a bundle says.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: hogusu report compliance --policy policies/strict --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z --out november.html
         hogusu report compliance --policy policies/strict --since 24h --format bundle --out day.tar
         hogusu report verify day.tar --digest SHA256

docs/compliance.md has the method, each format and the members of a bundle."
)]
pub(super) struct Report {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    Compliance(Box<compliance::Compliance>),
    Verify(verify::Verify),
}

/// What to print, and how it ends.
pub(super) fn run(options: &Report) -> Result<(String, Result<(), CliError>), CliError> {
    match &options.act {
        Act::Compliance(options) => compliance::run(options),
        Act::Verify(options) => verify::run(options),
    }
}
