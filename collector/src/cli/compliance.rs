//! `hogusu compliance`: judges the facts of a running collector by policies, and ends as a gate of CI has to.

mod steps;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use hogusu_policy::evaluate::{Origin, evaluate, of};
use hogusu_policy::rate::{PerCent, Rate};
use hogusu_policy::render::{csv, junit, markdown, prometheus, table};
use hogusu_policy::report::{PolicyResult, Report};
use hogusu_policy::words::Verdict;

use super::address::Address;
use super::fetch::Collector;
use super::span::Span;
use super::{CliError, facts};
use crate::{policies, serve, shown};

/// Says which share of the calls that were really made is as policies ask, and how completely that was observed.
///
/// Every policy ends as compliant, violating or not proven: a period that is not complete proves nothing, whatever the rate. Beside each rate
/// stands its floor, which no loss can raise. A period by --since ends where nothing changes any more, some seconds before now.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu compliance --policy policies/strict --since 24h
         hogusu compliance --policy policies/strict --since 24h --fail-on violating,not-proven --format junit > compliance.xml
         hogusu compliance --policy mine.yaml --since 7d --fail-on below=99.9 --format markdown
         hogusu compliance --policy policies/strict --since 7d --step 1h

docs/compliance.md has the method, every state and each number. below compares each rate of requests and of connections, floor-below each floor.
Exit codes: 0 nothing that --fail-on names; 1 violating, below or floor-below, as --fail-on names it, or this process failed;
2 the command line or a file of policies is wrong; 3 the collector cannot be reached; 4 it refused;
5 not proven, as --fail-on names it, or nothing is there to tell by what it names.")]
pub(super) struct Compliance {
    #[command(flatten)]
    judging: Judging,
    /// Judge the period step by step, as 1h or 1d: each step's rate with what it rests on, the first and the last violation, and how long each edge was
    /// violating. Every step is judged by today's policies. Without an end the period ends where nothing changes any more.
    #[arg(long, value_name = "TIME", value_parser = super::arguments::since, conflicts_with = "fail_on")]
    step: Option<String>,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// What is judged, by which policies, and what ends the command otherwise than with 0.
#[derive(Debug, Args)]
pub(super) struct Judging {
    /// Policies: a file, or a folder of them; may be given more than once.
    #[arg(long = "policy", value_name = "FILE|FOLDER", required = true)]
    pub(super) policies: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) address: Address,
    #[command(flatten)]
    pub(super) span: Span,
    /// When to end otherwise than with 0: violating, not-proven, below=PER_CENT, floor-below=PER_CENT.
    #[arg(long, value_delimiter = ',', value_name = "WHAT", value_parser = fail_on)]
    pub(super) fail_on: Vec<FailOn>,
}

/// What ends a command otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FailOn {
    Violating,
    NotProven,
    Below(PerCent),
    FloorBelow(PerCent),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// One JSON object, `hogusu.compliance/v1`, with every edge.
    Json,
    /// A row for each policy, edge and state.
    Csv,
    /// For a review or an issue.
    Markdown,
    /// For the pages of CI: a suite for each policy, a case for each edge.
    Junit,
    /// For a textfile collector: numerators, denominators, completeness.
    Prometheus,
}

/// Reads what ends a command otherwise.
pub(super) fn fail_on(text: &str) -> Result<FailOn, String> {
    let known = "known: violating, not-proven, below=PER_CENT, floor-below=PER_CENT";
    let per_cent = |value: &str| match PerCent::parse(value) {
        Some(bound) if bound.is_like_a_share() => Err(format!(
            "{value} is less than one per cent, which nearly everything passes; write per cent, as below=99.9"
        )),
        Some(bound) => Ok(bound),
        None => Err(format!("{value} is no share in per cent; write 0 to 100, as below=99.9")),
    };
    match text.split_once('=') {
        None if text == "violating" => Ok(FailOn::Violating),
        None if text == "not-proven" => Ok(FailOn::NotProven),
        Some(("below", value)) => per_cent(value).map(FailOn::Below),
        Some(("floor-below", value)) => per_cent(value).map(FailOn::FloorBelow),
        _ => Err(known.to_owned()),
    }
}

/// What to print, and how it ends.
pub(super) fn run(options: &Compliance) -> Result<(String, Result<(), CliError>), CliError> {
    let read = policies::in_order(&options.judging.policies, serve::now())?;
    if let Some(step) = &options.step {
        return Ok((steps::run(options, step, &read)?, Ok(())));
    }
    let collector = Collector::new(&options.judging.address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (facts, query) = runtime.block_on(facts::fetch(&collector, &options.judging.span))?;
    let origin = Origin { version: env!("CARGO_PKG_VERSION"), query: &query };
    let report = evaluate(&read.policies, &read.problems, &facts, origin);
    let text = match options.format {
        Format::Table => shown::drawn(&report, table::draw),
        Format::Json => super::json(&report)?,
        Format::Csv => shown::drawn(&report, csv::draw),
        Format::Markdown => shown::drawn(&report, markdown::draw),
        Format::Junit => shown::drawn(&report, junit::draw),
        Format::Prometheus => shown::drawn(&report, prometheus::draw),
    };
    Ok((text, ended(&report, &options.judging.fail_on)))
}

/// What is violating comes first: where something is, it does not matter that something else is not proven. What a gate asks and nobody can tell
/// ends it as what is not proven does.
pub(super) fn ended(report: &Report, fail_on: &[FailOn]) -> Result<(), CliError> {
    let mut said: Vec<String> = fail_on.iter().flat_map(|one| found(report, one)).collect();
    said.dedup();
    if !said.is_empty() {
        return Err(CliError::Changed { said: said.join(", ") });
    }
    let is_open = |policy: &&PolicyResult| fail_on.iter().any(|wanted| is_open(policy, wanted));
    let open: Vec<&str> = report.policies.iter().filter(is_open).map(|one| one.id.as_str()).collect();
    if open.is_empty() { Ok(()) } else { Err(CliError::NotProven { policies: open.join(", ") }) }
}

/// Whether what is asked of a policy cannot be told: there is no rate where nothing was decided, or more than that cannot be, and no floor where
/// nothing was seen or lost.
fn is_open(policy: &PolicyResult, wanted: &FailOn) -> bool {
    let rates = [&policy.requests, &policy.connections];
    let is_decided = rates.iter().any(|rate| rate.decided > 0);
    let is_seen = rates.iter().any(|rate| rate.seen > 0);
    let is_mostly_open = rates.iter().any(|rate| rate.undecidable > rate.decided);
    match wanted {
        FailOn::NotProven => policy.verdict == Verdict::NotProven,
        FailOn::Violating => is_seen && !is_decided || is_mostly_open,
        FailOn::Below(_) => {
            !is_decided || is_mostly_open || rates.iter().any(|rate| rate.seen > 0 && rate.decided == 0)
        }
        FailOn::FloorBelow(_) => !is_seen && policy.requests.lost == 0,
    }
}

fn found(report: &Report, wanted: &FailOn) -> Vec<String> {
    match wanted {
        FailOn::NotProven => Vec::new(),
        FailOn::Violating => {
            let violating = report.policies.iter().filter(|policy| policy.verdict == Verdict::Violating);
            violating.map(|policy| format!("{}: violating", policy.id)).collect()
        }
        FailOn::Below(bound) => below(report, bound, ("", |rate| [rate.compliant, rate.decided])),
        FailOn::FloorBelow(bound) => {
            below(report, bound, ("floor of ", |rate| [rate.at_least, rate.seen.saturating_add(rate.lost)]))
        }
    }
}

/// A part of a rate and what it is a part of.
type Parts = fn(&Rate) -> [u64; 2];

/// Rates that are below a bound. Where nothing was seen of a policy and something was lost, that is all there is of it.
fn below(report: &Report, bound: &PerCent, (name, parts): (&str, Parts)) -> Vec<String> {
    let rates = report.policies.iter().flat_map(|policy| {
        let is_unseen = policy.requests.seen == 0 && policy.connections.seen == 0;
        let units = [("requests", policy.requests), ("connections", policy.connections)];
        let counts = move |(_, rate): &(&str, Rate)| rate.seen > 0 || is_unseen;
        units.into_iter().filter(counts).map(move |(unit, rate)| (policy, unit, parts(&rate)))
    });
    let judged = rates.filter(|(_, _, [part, whole])| bound.is_above(*part, *whole));
    let told = |(policy, unit, [part, whole]): (&PolicyResult, &str, [u64; 2])| {
        format!("{}: {name}{unit} {} is below {bound} %", policy.id, of(part, whole))
    };
    judged.map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_gate_is_read_or_refused() {
        assert_eq!(fail_on("violating"), Ok(FailOn::Violating));
        assert_eq!(fail_on("not-proven"), Ok(FailOn::NotProven));
        let bound = |text| PerCent::parse(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(fail_on("below=99.9"), Ok(FailOn::Below(bound("99.9"))));
        assert_eq!(fail_on("floor-below=0"), Ok(FailOn::FloorBelow(bound("0"))));
        for text in ["", "below", "below=101", "below=-1", "below=NaN", "below=0.999", "violating=1", "compliant"] {
            assert!(fail_on(text).is_err(), "{text}");
        }
    }
}
