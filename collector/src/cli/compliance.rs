//! `hogusu compliance`: judges the facts of a running collector by policies, and ends as a gate of CI has to.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use hogusu_policy::evaluate::{Origin, evaluate, is_below, of};
use hogusu_policy::rate::Rate;
use hogusu_policy::render::{csv, junit, markdown, prometheus, table};
use hogusu_policy::report::Report;
use hogusu_policy::words::Verdict;

use super::address::Address;
use super::fetch::Collector;
use super::span::Span;
use super::{CliError, facts, policies};
use crate::shown;

/// Says which share of the calls that were really made is as policies ask, and how completely that was observed.
///
/// Every policy ends as compliant, violating or not proven: a period that is not complete proves nothing, whatever the rate. Beside each rate
/// stands its floor, which no loss can raise. A period by --since ends where nothing changes any more, some seconds before now.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu compliance --policy policies/strict --since 24h
         hogusu compliance --policy policies/strict --since 24h --fail-on violating,not-proven --format junit > compliance.xml
         hogusu compliance --policy mine.yaml --since 7d --fail-on below=99.9 --format markdown

docs/compliance.md has the method, every state and each number. below compares each rate of requests and of connections, floor-below each floor.
Exit codes: 0 nothing that --fail-on names; 1 violating, below or floor-below, as --fail-on names it, or this process failed;
2 the command line or a file of policies is wrong; 3 the collector cannot be reached; 4 it refused;
5 not proven, as --fail-on names it.")]
pub(super) struct Compliance {
    /// Policies: a file, or a folder of them; may be given more than once.
    #[arg(long = "policy", value_name = "FILE|FOLDER", required = true)]
    policies: Vec<PathBuf>,
    #[command(flatten)]
    address: Address,
    #[command(flatten)]
    span: Span,
    /// When to end otherwise than with 0: violating, not-proven, below=PER_CENT, floor-below=PER_CENT.
    #[arg(long, value_delimiter = ',', value_name = "WHAT", value_parser = fail_on)]
    fail_on: Vec<FailOn>,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// What ends a command otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
enum FailOn {
    Violating,
    NotProven,
    Below(f64),
    FloorBelow(f64),
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

fn fail_on(text: &str) -> Result<FailOn, String> {
    let known = "known: violating, not-proven, below=PER_CENT, floor-below=PER_CENT";
    let per_cent = |value: &str| match value.parse::<f64>() {
        Ok(number) if (0.0..=100.0).contains(&number) => Ok(number),
        _ => Err(format!("{value} is no share in per cent; write 0 to 100, as below=99.9")),
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
    let read = policies::in_order(&options.policies)?;
    let collector = Collector::new(&options.address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (facts, query) = runtime.block_on(facts::fetch(&collector, &options.span))?;
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
    Ok((text, ended(&report, &options.fail_on)))
}

/// What is violating comes first: where something is, it does not matter that something else is not proven.
fn ended(report: &Report, fail_on: &[FailOn]) -> Result<(), CliError> {
    let mut said: Vec<String> = fail_on.iter().flat_map(|one| found(report, *one)).collect();
    said.dedup();
    if !said.is_empty() {
        return Err(CliError::Changed { said: said.join(", ") });
    }
    let unproven: Vec<&str> =
        report.policies.iter().filter(|one| one.verdict == Verdict::NotProven).map(|one| one.id.as_str()).collect();
    if fail_on.contains(&FailOn::NotProven) && !unproven.is_empty() {
        return Err(CliError::NotProven { policies: unproven.join(", ") });
    }
    Ok(())
}

fn found(report: &Report, wanted: FailOn) -> Vec<String> {
    let rates = report
        .policies
        .iter()
        .flat_map(|policy| [(policy, "requests", policy.requests), (policy, "connections", policy.connections)]);
    let parts = |rate: &Rate, is_floor: bool| match is_floor {
        true => (rate.at_least, rate.seen.saturating_add(rate.lost)),
        false => (rate.compliant, rate.decided),
    };
    let below = |bound: f64, is_floor: bool| {
        let name = if is_floor { "floor of " } else { "" };
        let judged = rates.filter(|(_, _, rate)| rate.seen > 0).filter_map(|(policy, unit, rate)| {
            let (part, whole) = parts(&rate, is_floor);
            is_below(part, whole, bound)
                .then(|| format!("{}: {name}{unit} {} is below {bound} %", policy.id, of(part, whole)))
        });
        judged.collect()
    };
    match wanted {
        FailOn::NotProven => Vec::new(),
        FailOn::Violating => {
            let violating = report.policies.iter().filter(|policy| policy.verdict == Verdict::Violating);
            violating.map(|policy| format!("{}: violating", policy.id)).collect()
        }
        FailOn::Below(bound) => below(bound, false),
        FailOn::FloorBelow(bound) => below(bound, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_gate_is_read_or_refused() {
        assert_eq!(fail_on("violating"), Ok(FailOn::Violating));
        assert_eq!(fail_on("not-proven"), Ok(FailOn::NotProven));
        assert_eq!(fail_on("below=99.9"), Ok(FailOn::Below(99.9)));
        assert_eq!(fail_on("floor-below=0"), Ok(FailOn::FloorBelow(0.0)));
        for text in ["", "below", "below=101", "below=-1", "below=NaN", "violating=1", "compliant"] {
            assert!(fail_on(text).is_err(), "{text}");
        }
    }
}
