//! `bench`: what the filter and the collector cost, beside what Envoy and the OpenTelemetry Collector cost, from one run.
//!
//! `bench [--quick] [--only PATTERN]`. Prints a table and writes `target/bench.json`. `--quick` is a smoke test whose figures mean
//! nothing; `--only` runs the groups whose name contains the pattern: cost, memory, entry, size, wire, ingest, hostile,
//! mesh, questions, history, page.

mod access_log_receiver;
mod account;
mod batches;
mod configurations;
mod cost;
mod cpu;
mod edges;
mod fleet;
mod history;
mod hostile;
mod ingest;
mod lines;
mod mesh;
mod nginx;
mod numbers;
mod opentelemetry;
mod page;
mod pair;
mod questions;
mod report;
mod sender;
mod surroundings;
mod wire_bytes;

use std::process::Command;

use anyhow::{Context, Result, bail};
use hogusu_tests::artefacts;
use hogusu_tests::workdir::{Workdir, workspace_root};

use crate::report::Row;
use crate::surroundings::Bench;

const GROUPS: [&str; 11] =
    ["cost", "memory", "entry", "size", "wire", "ingest", "hostile", "mesh", "questions", "history", "page"];

struct Options {
    quick: bool,
    only: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = options()?;
    raise_file_limit();
    let bench = Bench { workdir: Workdir::create("bench")?, quick: options.quick };
    let mut rows = Vec::new();
    for group in GROUPS {
        if options.only.as_ref().is_none_or(|pattern| group.contains(pattern.as_str())) {
            eprintln!("bench: {group}");
            rows.extend(measure(group, &bench).await.with_context(|| format!("measuring {group}"))?);
        }
    }
    report::print(&rows);
    report::write(&rows, &workspace_root().join("target/bench.json"))?;
    bench.workdir.succeed();
    Ok(())
}

async fn measure(group: &str, bench: &Bench) -> Result<Vec<Row>> {
    match group {
        "cost" => Box::pin(cost::rows(bench)).await,
        "memory" => Box::pin(edges::memory(bench)).await,
        "entry" => Box::pin(edges::longest_entry(bench)).await,
        "size" => size(),
        "wire" => Box::pin(wire_bytes::rows(bench)).await,
        "ingest" => Box::pin(ingest::rows(bench)).await,
        "hostile" => Box::pin(hostile::rows(bench)).await,
        "mesh" => Box::pin(mesh::rows(bench)).await,
        "history" => history::rows(bench),
        "page" => page::rows(),
        _ => Box::pin(questions::rows(bench)).await,
    }
}

fn size() -> Result<Vec<Row>> {
    let length = std::fs::metadata(artefacts::wasm()?)?.len();
    Ok(vec![Row::new("size of the Wasm module", length as f64 / 1e3, "kB")])
}

fn options() -> Result<Options> {
    let mut options = Options { quick: false, only: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => options.quick = true,
            "--only" => options.only = Some(arguments.next().context("--only needs a pattern")?),
            _ => bail!("usage: bench [--quick] [--only PATTERN]"),
        }
    }
    Ok(options)
}

/// Thousands of edges are thousands of connections; children inherit the limit. Where it cannot be raised, they say what is missing.
fn raise_file_limit() {
    let process = std::process::id().to_string();
    let hard = Command::new("prlimit")
        .args(["--pid", &process, "--nofile", "--output", "HARD", "--noheadings", "--raw"])
        .output();
    let Some(hard) = hard.ok().and_then(|output| String::from_utf8(output.stdout).ok()) else { return };
    let limit = hard.trim().parse().unwrap_or(1024_u64).min(60_000);
    let raised = Command::new("prlimit").args(["--pid", &process, &format!("--nofile={limit}:")]).status();
    if !raised.is_ok_and(|status| status.success()) {
        eprintln!("bench: the limit of open files stays as it is");
    }
}
