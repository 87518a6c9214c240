//! `hogusu policy`: whether files of policies are in order, and what they say of one edge, what a change of Istio's policies would do, and which policies
//! what was seen bears out.

mod manifests;
mod simulate;
mod suggest;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use hogusu_policy::accounts::Accounts;
use hogusu_policy::{Problem, edge_result, explain};
use serde::{Deserialize, Serialize};

use super::address::Address;
use super::fetch::Collector;
use super::span::Span;
use super::{CliError, facts};
use crate::report::series::Series;
use crate::{policies, serve, shown};

/// Checks and explains policies of your own, rehearses changes of Istio's, and suggests some from what was seen.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu policy check policies/strict
         hogusu policy explain 'shop/web -> shop/cart' --policy policies/strict --since 1h
         hogusu policy simulate --current today.yaml --change deny-all.yaml --since 30d

docs/policy-format.md has every field of a file, docs/compliance.md what each rule asserts, docs/access.md how Istio's policies are read.
simulate and suggest have exit codes of their own: see their --help. Those of check and explain: 0 no file is wrong, though there may be warnings; 1 a file is wrong, or this process failed;
2 the command line is wrong, or a file cannot be read; 3 the collector cannot be reached; 4 it refused, or there is no such edge.")]
pub(super) struct Policy {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Says what is wrong with files, by file, line and column, and what to do. Nothing is asked of a collector.
    Check {
        /// Files, or folders of them; `-` is standard input.
        #[arg(value_name = "FILE|FOLDER", required = true)]
        files: Vec<PathBuf>,
        /// How to say it.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    Explain(Box<Explain>),
    Simulate(Box<simulate::Simulate>),
    Suggest(Box<suggest::Suggest>),
}

/// Says what each policy says of an edge, and by whose word.
#[derive(Debug, Args)]
struct Explain {
    /// Its id, or both ends as a map prints them: SOURCE -> DESTINATION.
    edge: String,
    /// Policies: a file, or a folder of them; may be given more than once.
    #[arg(long = "policy", value_name = "FILE|FOLDER", required = true)]
    policies: Vec<PathBuf>,
    #[command(flatten)]
    address: Address,
    #[command(flatten)]
    span: Span,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines.
    Text,
    /// One JSON object.
    Json,
}

/// A question about all traffic: what says that it is a probe's or telemetry, or is declared to be left out, is policed like everything else.
const ALL_TRAFFIC: (&str, &str) = ("include", "probe,telemetry,declared");

/// When an edge was seen within a period, which stands in `from` and `to`.
async fn series(collector: &Collector, period: &[(&str, String)], edge: &str) -> Result<Series, CliError> {
    let about = [("edge", edge.to_owned()), (ALL_TRAFFIC.0, ALL_TRAFFIC.1.to_owned())];
    let question: Vec<(&str, String)> = period.iter().cloned().chain(about).collect();
    let (url, body) = collector.get("/api/v1/series", &question).await?;
    let wrong = |error: serde_json::Error| CliError::Refused {
        url: url.clone(),
        status: "200".to_owned(),
        message: format!("not a series: {error}"),
    };
    serde_json::from_slice(&body).map_err(wrong)
}

/// What `hogusu policy check` found, `hogusu.policy_check/v1`.
#[derive(Debug, Serialize, Deserialize)]
struct Checked {
    schema: String,
    policies: Vec<String>,
    problems: Vec<Problem>,
}

/// What to print, and how it ends.
pub(super) fn run(options: &Policy) -> Result<(String, Result<(), CliError>), CliError> {
    match &options.act {
        Act::Check { files, format } => check(files, *format),
        Act::Explain(options) => Ok((explained(options)?, Ok(()))),
        Act::Simulate(options) => simulate::run(options),
        Act::Suggest(options) => suggest::run(options),
    }
}

fn check(files: &[PathBuf], format: Format) -> Result<(String, Result<(), CliError>), CliError> {
    let read = policies::read_all(files, serve::now())?;
    let lines = read.problems.iter().filter(|problem| problem.level == hogusu_policy::Level::Error).count();
    let checked = Checked {
        schema: "hogusu.policy_check/v1".to_owned(),
        policies: read.policies.iter().map(|policy| policy.id.clone()).collect(),
        problems: read.problems,
    };
    let text = match format {
        Format::Json => super::json(&checked)?,
        Format::Text => shown::drawn(&checked, |checked| {
            let lines: String = checked.problems.iter().map(|problem| problem.line() + "\n").collect();
            let warnings = checked.problems.len()
                - checked.problems.iter().filter(|one| one.level == hogusu_policy::Level::Error).count();
            format!(
                "{lines}{} policies in order, {} errors, {warnings} warnings\n",
                checked.policies.len(),
                checked.problems.len() - warnings
            )
        }),
    };
    Ok((text, if lines > 0 { Err(CliError::Failing { lines }) } else { Ok(()) }))
}

fn explained(options: &Explain) -> Result<String, CliError> {
    let asked = &options.edge;
    let read = policies::in_order(&options.policies, serve::now())?;
    let collector = Collector::new(&options.address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (facts, query) = runtime.block_on(facts::fetch(&collector, &options.span))?;
    let accounts = Accounts::of(&facts.edges);
    let told = shown::told(asked);
    let found: Vec<_> = facts.edges.iter().filter(|edge| edge.id == *asked || edge.is_called(&told)).collect();
    if found.is_empty() {
        let message =
            "no edge of the period is called so; hogusu map has their names, --since a longer period".to_owned();
        return Err(CliError::Refused {
            url: format!("{}{query}", collector.url()),
            status: "200".to_owned(),
            message,
        });
    }
    let explained = found.into_iter().map(|edge| {
        let results =
            read.policies.iter().map(|policy| (policy, edge_result::judge(policy, edge, &accounts, facts.end)));
        explain::of(edge, results)
    });
    let explained = explain::Explained { schema: explain::SCHEMA.to_owned(), edges: explained.collect() };
    match options.format {
        Format::Json => super::json(&explained),
        Format::Text => Ok(shown::drawn(&explained, explain::draw)),
    }
}
