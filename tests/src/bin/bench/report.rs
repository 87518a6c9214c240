//! What the bench found: rows with goals, printed as a table and written as JSON.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

/// Which way a figure should go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    Lower,
    Higher,
}

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub name: String,
    pub value: f64,
    pub unit: &'static str,
    pub goal: Option<f64>,
    pub better: Better,
    pub met: Option<bool>,
    /// How the figure came about; for the eyes only.
    #[serde(skip)]
    pub note: String,
}

impl Row {
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, goal: None, better: Better::Lower, met: None, note: String::new() }
    }

    pub fn higher(mut self) -> Self {
        self.better = Better::Higher;
        self
    }

    /// At most this (or at least, where higher is better).
    pub fn goal(mut self, goal: f64) -> Self {
        self.goal = Some(goal);
        self.met = Some(match self.better {
            Better::Lower => self.value <= goal,
            Better::Higher => self.value >= goal,
        });
        self
    }

    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

pub fn print(rows: &[Row]) {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let unit = rows.iter().map(|row| row.unit.len()).max().unwrap_or(0);
    println!("{:width$}  {:>12}  {:unit$}  {:>8}  {:6}  how", "what", "value", "unit", "goal", "");
    for row in rows {
        let goal = row.goal.map_or(String::new(), number);
        let met = match row.met {
            None => "",
            Some(true) => "met",
            Some(false) => "MISSED",
        };
        let (name, value, note) = (&row.name, number(row.value), &row.note);
        println!("{name:width$}  {value:>12}  {:unit$}  {goal:>8}  {met:6}  {note}", row.unit);
    }
}

/// Three significant digits (four of what is less than one), and never fewer than the integer part has.
fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor();
    let decimals = ((if magnitude < 0.0 { 3.0 } else { 2.0 }) - magnitude).clamp(0.0, 7.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

pub fn write(rows: &[Row], path: &Path) -> Result<()> {
    let json = serde_json::to_vec_pretty(rows)?;
    std::fs::write(path, json).with_context(|| format!("writing {}", path.display()))
}
