//! `hogusu placing`: lays the graph out anew, for everybody who looks at it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::CliError;
use super::acts::act;
use super::format::Format;
use crate::api::placing::Renewed;

/// Places of workloads in the picture of the mesh, which a running collector keeps so that nothing moves.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu placing renew --data /var/lib/hogusu

Everything that was seen in the last seven days gets a new place; whoever looks at the map sees it at the next refresh.
It goes through a socket in the collector's data folder.
Exit codes: 0 done; 1 this process failed; 2 the command line is wrong; 3 nobody listens on the socket of --data;
4 it refused, as where nothing was seen or the disk is full: then every place is as it was.")]
pub(super) struct Placing {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Begins a new placing epoch.
    Renew {
        /// Data folder of the running collector.
        #[arg(long, value_name = "FOLDER", default_value = "hogusu-data")]
        data: PathBuf,
        /// How to show it.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
}

pub(super) fn run(options: &Placing) -> Result<String, CliError> {
    let Act::Renew { data, format } = &options.act;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(act(data, "POST", "/api/v1/placing", String::new()))?;
    let renewed: Renewed = serde_json::from_slice(&answer).map_err(std::io::Error::other)?;
    if *format == Format::Json {
        return super::json(&renewed);
    }
    Ok(format!("laid out anew: epoch {}, {} places\n", renewed.epoch, renewed.places))
}
