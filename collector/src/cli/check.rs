//! `hogusu check`: asks the API server and the collector, has the answers judged, and shows what came of it.

mod cluster;
mod collector;
mod gather;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::CliError;
use super::address::Address;
use super::fetch::Collector;
use super::shape::Observability;
use crate::check::facts::Place;
use crate::check::report::{Report, State};
use crate::check::{judge, table};

const SERVICE: &str = "hogusu-collector";
const PORT: u16 = 4318;

/// Says what is wrong when proxies do not report as they should: each line passes, warns, fails, or is skipped with the reason.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Example: hogusu check --url http://127.0.0.1:4318 --kubernetes ~/.kube/config
         hogusu check observability --since 1h
         hogusu check --kubernetes in-cluster --format json | jq '.groups[].lines[] | select(.state == \"fail\")'

docs/troubleshooting.md explains each line. What could not be read is skipped, never guessed.
Exit codes: 0 nothing failed (a line may warn or be skipped); 1 a line failed; 2 the command line is wrong;
3 the collector cannot be reached (what could be checked is shown all the same).")]
pub(super) struct Check {
    #[command(subcommand)]
    of: Option<Of>,
    #[command(flatten)]
    address: Address,
    /// How to reach the API server: `in-cluster`, or a kubeconfig. Without it, lines about Kubernetes and Istio are skipped.
    #[arg(long, value_name = "in-cluster|FILE")]
    kubernetes: Option<PathBuf>,
    /// Namespace of the collector.
    #[arg(long, value_name = "NAMESPACE", default_value = "hogusu-system")]
    namespace: String,
    /// Istio's root namespace.
    #[arg(long, value_name = "NAMESPACE", default_value = "istio-system")]
    root_namespace: String,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// What else is checked.
#[derive(Debug, Subcommand)]
enum Of {
    Observability(Observability),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Table,
    /// `hogusu.check/v1`.
    Json,
}

/// What to print, and how it ends.
pub(super) fn run(options: &Check) -> (String, Result<(), CliError>) {
    if let Some(Of::Observability(asked)) = &options.of {
        return match asked.run() {
            Ok(text) => (text, Ok(())),
            Err(error) => (String::new(), Err(error)),
        };
    }
    match asked(options) {
        Err(error) => (String::new(), Err(error)),
        Ok((report, reached)) => match shown(&report, options.format) {
            Err(error) => (String::new(), Err(error)),
            Ok(text) => (text, reached.and(ended(&report))),
        },
    }
}

/// The report, and whether the collector could be reached.
fn asked(options: &Check) -> Result<(Report, Result<(), CliError>), CliError> {
    let place = Place {
        namespace: options.namespace.clone(),
        root_namespace: options.root_namespace.clone(),
        service: SERVICE.to_owned(),
        port: PORT,
        domain: None,
    };
    let collector = Collector::new(&options.address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (facts, reached) = runtime.block_on(gather::facts(&collector, options.kubernetes.as_deref(), place));
    Ok((judge(&facts), reached))
}

fn shown(report: &Report, format: Format) -> Result<String, CliError> {
    match format {
        Format::Table => Ok(table::draw(report)),
        Format::Json => super::json(report),
    }
}

fn ended(report: &Report) -> Result<(), CliError> {
    if report.result == State::Fail { Err(CliError::Failing { lines: report.counts.fail }) } else { Ok(()) }
}
