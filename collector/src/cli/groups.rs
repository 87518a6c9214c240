//! `hogusu groups`: edges put together by what their ends belong to, asked for over HTTP and rendered here.

use clap::Args;

use super::CliError;
use super::address::Address;
use super::arguments::{Include, namespace, workload};
use super::fetch::Collector;
use super::format::Format;
use super::kind::{KindOfEdge, words};
use super::span::Span;
use crate::report::groups::{By, Groups as Report, SCHEMA};
use crate::report::table;

/// Shows what happens between namespaces, or what else workloads belong to, worst first.
///
/// Numbers are of each edge's report by its source, else by its destination. Requests and connections are never added.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu groups --since 1h
         hogusu groups --by zone --security plaintext --format json | jq '.groups[].edges'

An end of which nobody knows what it belongs to is `?`, with what it is; one whose pods ran in several zones is of all of them together.
Exit codes: 0 done; 1 this process failed; 2 the command line is wrong; 3 the collector cannot be reached;
4 it refused.")]
pub(super) struct Groups {
    #[command(flatten)]
    address: Address,
    #[command(flatten)]
    span: Span,
    /// What ends belong to.
    #[arg(long, value_parser = words(&By::ALL, By::as_str), default_value = By::default().as_str())]
    by: String,
    /// Edges with an end in this namespace.
    #[arg(long, value_name = "NAMESPACE", value_parser = namespace)]
    namespace: Option<String>,
    /// Edges with this workload at an end, named as `hogusu map` shows it.
    #[arg(long, value_name = "[[K8S_CLUSTER/]NAMESPACE/]NAME", value_parser = workload)]
    workload: Option<String>,
    #[command(flatten)]
    kind: KindOfEdge,
    /// Traffic that is left out by default.
    #[arg(long, value_enum, value_delimiter = ',')]
    include: Vec<Include>,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

pub(super) fn run(options: &Groups) -> Result<String, CliError> {
    let collector = Collector::new(&options.address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (url, body) = runtime.block_on(collector.get("/api/v1/groups", &question(options)))?;
    let wrong = |message: String| CliError::Refused { url: url.clone(), status: "200".to_owned(), message };
    let groups: Report = serde_json::from_slice(&body).map_err(|error| wrong(format!("no groups: {error}")))?;
    if groups.schema != SCHEMA {
        return Err(wrong(format!("groups of schema {}, not {SCHEMA}", groups.schema)));
    }
    match options.format {
        Format::Table => Ok(table::groups::draw(&groups)),
        Format::Json => super::json(&groups),
    }
}

fn question(options: &Groups) -> Vec<(&'static str, String)> {
    let include: Vec<&str> = options.include.iter().map(|one| one.as_str()).collect();
    let given = [
        ("by", Some(options.by.clone())),
        ("namespace", options.namespace.clone()),
        ("workload", options.workload.clone()),
        ("include", (!include.is_empty()).then(|| include.join(","))),
    ];
    let asked = options.span.named().into_iter().chain(options.kind.named());
    let asked = asked.map(|(name, value)| (name, value.cloned())).chain(given);
    asked.filter_map(|(name, value)| Some((name, value?))).collect()
}
