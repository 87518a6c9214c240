//! How quick the page is on large meshes, in Chromium, on made-up answers.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use hogusu_tests::workdir::workspace_root;
use serde::Deserialize;

use crate::report::Row;

/// What `collector/ui/browser/figures.mjs` prints, milliseconds.
#[derive(Debug, Deserialize)]
struct Figures {
    drawn_300_ms: f64,
    drawn_5000_ms: f64,
    search_ms: f64,
    longest_task_ms: f64,
}

pub fn rows() -> Result<Vec<Row>> {
    let ui = workspace_root().join("collector/ui");
    let mut command = Command::new("npm");
    command.args(["--silent", "run", "figures"]).current_dir(ui).stderr(Stdio::inherit());
    let output = command.output().context("npm")?;
    ensure!(output.status.success(), "the page's figures: {}", output.status);
    let figures: Figures = serde_json::from_slice(&output.stdout).context("the page's figures")?;
    let row = |name: &str, value: f64, goal: f64| Row::new(name, value, "ms").goal(goal);
    Ok(vec![
        row("page, 300 workloads: drawn after", figures.drawn_300_ms, 2_000.0),
        row("page, 5,000 workloads: usable after", figures.drawn_5000_ms, 3_000.0),
        row("page, 5,000 workloads: from search to panel", figures.search_ms, 300.0),
        row("page, 5,000 workloads: longest task then", figures.longest_task_ms, 200.0),
    ])
}
