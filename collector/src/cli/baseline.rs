//! `hogusu baseline`: keeps a period by a name, lists what is kept, shows, hands out and removes it.

use std::io::Read;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use flate2::read::GzDecoder;
use serde::de::DeserializeOwned;

use super::CliError;
use super::acts::act;
use super::address::Address;
use super::arguments::moment;
use super::fetch::Collector;
use super::format::Format;
use crate::report::changes::{Baseline as Entry, Baselines, Shown};
use crate::shown;

const PATH: &str = "/api/v1/baselines";

/// Keeps a period of whole hours by a name, beyond retention, to compare others with.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: hogusu baseline save before-cut-over --data /var/lib/hogusu --from 2026-11-17T00:00:00Z --to 2026-11-24T00:00:00Z
         hogusu baseline list
         hogusu diff before-cut-over

docs/diff.md says what a baseline holds. Saving and removing go through a socket in the collector's data folder.
Exit codes: 0 done; 1 this process failed; 2 the command line is wrong; 3 the collector cannot be reached;
4 it refused, as where the name is taken, unknown or damaged, or the period is not kept."
)]
pub(super) struct Baseline {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Keeps a period.
    Save {
        /// What it is called: up to 64 of a-z, 0-9, and behind the first one - _ and .
        name: String,
        /// Data folder of the running collector.
        #[arg(long, value_name = "FOLDER", default_value = "hogusu-data")]
        data: PathBuf,
        /// Start, a whole hour, as 2026-11-17T00:00:00Z.
        #[arg(long, value_name = "TIME", value_parser = moment)]
        from: String,
        /// End, a whole hour.
        #[arg(long, value_name = "TIME", value_parser = moment)]
        to: String,
    },
    /// Names those that are kept.
    List {
        #[command(flatten)]
        address: Address,
        /// How to show it.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Sums one up.
    Show {
        /// Which one.
        name: String,
        #[command(flatten)]
        address: Address,
        /// How to show it.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Writes all of one to stdout: lines of JSON.
    Export {
        /// Which one.
        name: String,
        #[command(flatten)]
        address: Address,
    },
    /// Removes one for good.
    Rm {
        /// Which one.
        name: String,
        /// Data folder of the running collector.
        #[arg(long, value_name = "FOLDER", default_value = "hogusu-data")]
        data: PathBuf,
    },
}

pub(super) fn run(options: &Baseline) -> Result<String, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match &options.act {
        Act::Save { name, data, from, to } => {
            let body = serde_json::json!({"name": name, "from": from, "to": to}).to_string();
            let answer = runtime.block_on(act(data, "POST", PATH, body))?;
            let saved: Entry = serde_json::from_slice(&answer).map_err(std::io::Error::other)?;
            Ok(format!("saved {}\n", line(&saved)))
        }
        Act::Rm { name, data } => {
            let target = format!("{PATH}/{}", super::fetch::encoded(name));
            runtime.block_on(act(data, "DELETE", &target, String::new()))?;
            Ok(format!("removed {}\n", shown::word(name)))
        }
        Act::List { address, format } => {
            let found: Baselines = answered(&runtime, address, PATH)?;
            if *format == Format::Json { super::json(&found) } else { Ok(shown::drawn(&found, listed)) }
        }
        Act::Show { name, address, format } => {
            let found: Shown = answered(&runtime, address, &format!("{PATH}/{}", super::fetch::encoded(name)))?;
            if *format == Format::Json { super::json(&found) } else { Ok(shown::drawn(&found, summed_up)) }
        }
        Act::Export { name, address } => {
            let collector = Collector::new(address)?;
            let target = format!("{PATH}/{}/export", super::fetch::encoded(name));
            let (_, body) = runtime.block_on(collector.get(&target, &[]))?;
            let mut lines = String::new();
            GzDecoder::new(&*body).read_to_string(&mut lines)?;
            Ok(shown::json(lines))
        }
    }
}

fn answered<T: DeserializeOwned>(
    runtime: &tokio::runtime::Runtime,
    address: &Address,
    target: &str,
) -> Result<T, CliError> {
    let collector = Collector::new(address)?;
    let (url, body) = runtime.block_on(collector.get(target, &[]))?;
    serde_json::from_slice(&body).map_err(|error| CliError::Refused {
        url,
        status: "200".to_owned(),
        message: format!("not what was asked for: {error}"),
    })
}

fn listed(found: &Baselines) -> String {
    if found.baselines.is_empty() {
        return "no baselines; `hogusu baseline save` keeps one\n".to_owned();
    }
    found.baselines.iter().map(|entry| format!("{}\n", line(entry))).collect()
}

fn line(entry: &Entry) -> String {
    let size = format!("{} bytes", entry.bytes);
    match (entry.from, entry.to, entry.saved) {
        (Some(from), Some(to), Some(saved)) => {
            format!("{}  {from} to {to}, saved {}, {size}", entry.name, saved.second())
        }
        _ => format!("{}  {size}: {}", entry.name, entry.problem.as_deref().unwrap_or("it cannot be read")),
    }
}

fn summed_up(found: &Shown) -> String {
    let (period, complete) = (&found.period, &found.period.completeness);
    let mut text = format!(
        "{}  {} to {}, saved {}\n{:.0} of {:.0} s covered, {} batches lost, {} senders unclosed{}\n{} edges\n",
        found.name,
        period.from,
        period.to,
        found.saved.second(),
        complete.covered_seconds,
        complete.expected_seconds,
        complete.lost_batches,
        complete.unclosed_senders,
        if complete.is_known { "" } else { "; who should report is not known" },
        period.edges,
    );
    for edge in &found.edges {
        let counted = &edge.counted;
        text.push_str(&format!(
            "{}  {} counted, {} of {} failed, {}\n",
            edge.label, counted.count, counted.failed, counted.judged, edge.security
        ));
    }
    text
}
