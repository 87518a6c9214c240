//! `hogusu entries`, `hogusu impact`, `hogusu coupling`, `hogusu turnover`, `hogusu unstable`, `hogusu cascades` and `hogusu check observability`: what the shape of a mesh says, asked for over HTTP and rendered here.

use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::CliError;
use super::address::Address;
use super::arguments::{Include, workload};
use super::fetch::Collector;
use super::format::Format;
use super::span::Span;
use crate::report::shape::{coupling, entries, impact};
use crate::report::table::{
    cascades as cascading, observability as observable, shape as table, turnover as turned, unstable as steady,
};
use crate::report::{cascades, observability, turnover, unstable};

/// What each of them is asked with.
#[derive(Debug, Args)]
struct About {
    #[command(flatten)]
    address: Address,
    #[command(flatten)]
    span: Span,
    /// Traffic that is left out by default.
    #[arg(long, value_enum, value_delimiter = ',')]
    include: Vec<Include>,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Shows where traffic comes into the mesh, and what each entry point waits for: how deep, on whom, and which availability failures of that leave.
///
/// With --workload one of them, or any other workload, and all that its calls lead to.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu entries --since 1h
         hogusu entries --workload shop/web

docs/topology.md explains each number, its method and its limits.
Exit codes: 0 done; 1 this process failed; 2 the command line is wrong; 3 the collector cannot be reached;
4 it refused.")]
pub(super) struct Entries {
    /// Only this workload, with its calls, named as `hogusu map` shows it.
    #[arg(long, value_name = "[[K8S_CLUSTER/]NAMESPACE/]NAME", value_parser = workload)]
    workload: Option<String>,
    #[command(flatten)]
    about: About,
}

/// Shows what fails when all of a workload does: which entry points, how surely, and which share of their traffic.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu impact stock/inventory --since 5m

Whether a workload goes on without what it calls no edge shows: `possibly` is not `certainly`, and docs/topology.md says why.
Exit codes: 0 done; 1 this process failed; 2 the command line is wrong; 3 the collector cannot be reached;
4 it refused.")]
pub(super) struct Impact {
    /// What fails, named as `hogusu map` shows it.
    #[arg(value_name = "[[K8S_CLUSTER/]NAMESPACE/]NAME", value_parser = workload)]
    workload: String,
    #[command(flatten)]
    about: About,
}

/// Shows what to decouple first, with the reason, and what else couples the mesh: cycles, single points of failure, bottlenecks, chatty links.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu coupling --since 1h
         hogusu coupling --weights failures=5,depth=0 --limit 50 --format json | jq '.links[].reason'

docs/topology.md lists what links are ranked by, and the weights that are not named here.
Exit codes: 0 done; 1 this process failed; 2 the command line is wrong; 3 the collector cannot be reached;
4 it refused.")]
pub(super) struct Coupling {
    /// How much each value counts, from 0 to 1000, joined by commas.
    #[arg(long, value_name = "NAME=NUMBER,…", value_parser = weights)]
    weights: Option<String>,
    /// Links to show.
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    #[command(flatten)]
    about: About,
}

/// Shows which edges are new, idle or gone, against the period before, which is as long.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu turnover --since 24h

An edge that one of both periods does not have was only not seen there, unless all that one of its ends did was. hogusu diff tells changes
from chance.
Exit codes: 0 done; 1 this process failed; 2 the command line is wrong; 3 the collector cannot be reached;
4 it refused.")]
pub(super) struct Turnover {
    #[command(flatten)]
    about: About,
}

/// Shows how steady edges are: the spread of their hourly P99, beside its level and what chance makes of it.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu unstable --since 7d

Whole hours of the period are read, at most 31 days of them; docs/topology.md has the method.
Exit codes: 0 done; 1 this process failed; 2 the command line is wrong; 3 the collector cannot be reached;
4 it refused.")]
pub(super) struct Unstable {
    #[command(flatten)]
    about: About,
}

/// Shows which failing edge explains the failures of which others, and which is the first: inferred from counts.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu cascades --since 1h

Two failures that only coincide are not chained; docs/topology.md has the method and its limits.
Exit codes: 0 done; 1 this process failed; 2 the command line is wrong; 3 the collector cannot be reached;
4 it refused.")]
pub(super) struct Cascades {
    #[command(flatten)]
    about: About,
}

/// Shows what can be observed of each workload: reporting, traces, identities, attempts; what is missing, and what to do next.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu check observability --since 1h

docs/topology.md has the words. Nothing here fails: what is missing is told.
Exit codes: 0 done; 1 this process failed; 2 the command line is wrong; 3 the collector cannot be reached;
4 it refused.")]
pub(super) struct Observability {
    #[command(flatten)]
    about: About,
}

fn weights(text: &str) -> Result<String, String> {
    coupling::parse(text).map(|_| text.to_owned()).map_err(|why| why.to_string())
}

impl Entries {
    pub(super) fn run(&self) -> Result<String, CliError> {
        let own = self.workload.iter().map(|workload| ("workload", workload.clone()));
        self.about.ask(("/api/v1/entries", entries::SCHEMA), own, table::entries::draw)
    }
}

impl Impact {
    pub(super) fn run(&self) -> Result<String, CliError> {
        let own = [("workload", self.workload.clone())].into_iter();
        self.about.ask(("/api/v1/impact", impact::SCHEMA), own, table::impact::draw)
    }
}

impl Coupling {
    pub(super) fn run(&self) -> Result<String, CliError> {
        let weights = self.weights.iter().map(|weights| ("weights", weights.clone()));
        let own = weights.chain([("limit", self.limit.to_string())]);
        self.about.ask(("/api/v1/coupling", coupling::SCHEMA), own, table::coupling::draw)
    }
}

impl Turnover {
    pub(super) fn run(&self) -> Result<String, CliError> {
        self.about.ask(("/api/v1/turnover", turnover::SCHEMA), std::iter::empty(), turned::draw)
    }
}

impl Unstable {
    pub(super) fn run(&self) -> Result<String, CliError> {
        self.about.ask(("/api/v1/unstable", unstable::SCHEMA), std::iter::empty(), steady::draw)
    }
}

impl Cascades {
    pub(super) fn run(&self) -> Result<String, CliError> {
        self.about.ask(("/api/v1/cascades", cascades::SCHEMA), std::iter::empty(), cascading::draw)
    }
}

impl Observability {
    pub(super) fn run(&self) -> Result<String, CliError> {
        self.about.ask(("/api/v1/observability", observability::SCHEMA), std::iter::empty(), observable::draw)
    }
}

impl About {
    /// Asks at an address, whose answer has this schema.
    fn ask<T: DeserializeOwned + Serialize>(
        &self,
        (address, schema): (&str, &str),
        own: impl Iterator<Item = (&'static str, String)>,
        draw: fn(&T) -> String,
    ) -> Result<String, CliError> {
        let include: Vec<&str> = self.include.iter().map(|one| one.as_str()).collect();
        let include = (!include.is_empty()).then(|| ("include", include.join(",")));
        let span = self.span.named().into_iter().filter_map(|(name, value)| Some((name, value.cloned()?)));
        let question: Vec<(&'static str, String)> = span.chain(include).chain(own).collect();
        let collector = Collector::new(&self.address)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (url, body) = runtime.block_on(collector.get(address, &question))?;
        let wrong = |message: String| CliError::Refused { url: url.clone(), status: "200".to_owned(), message };
        let answer: serde_json::Value =
            serde_json::from_slice(&body).map_err(|error| wrong(format!("no answer: {error}")))?;
        if answer.get("schema").and_then(serde_json::Value::as_str) != Some(schema) {
            return Err(wrong(format!("an answer of another schema than {schema}")));
        }
        let read = serde_json::from_value(answer).map_err(|error| wrong(format!("no answer: {error}")))?;
        match self.format {
            Format::Json => super::json(&read),
            Format::Table => Ok(draw(&read)),
        }
    }
}
