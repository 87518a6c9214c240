//! A simulation as a table for people, and as Markdown for a pull request.

use super::{Row, Simulation};
use crate::analysis::numerals::grouped;
use crate::shown;

const COLUMNS: usize = 7;
const HEADINGS: [&str; COLUMNS] =
    ["CERTAINTY", "SOURCE", "DESTINATION", "CONNECTION", "SEEN", "BECAUSE", "UNDECIDABLE"];

/// For people at a terminal.
#[must_use]
pub fn table(simulation: &Simulation) -> String {
    shown::drawn(simulation, |simulation| drawn(simulation, as_table, ""))
}

/// For a pull request.
#[must_use]
pub fn markdown(simulation: &Simulation) -> String {
    shown::drawn(simulation, |simulation| drawn(simulation, as_markdown, "- "))
}

fn drawn(simulation: &Simulation, rows: fn(&[Row]) -> String, bullet: &str) -> String {
    let mut out = format!("{}\n{bullet}{}\n", said(simulation), coverage(simulation));
    for line in simulation.limits.iter().chain(&simulation.warnings) {
        out.push_str(&format!("{bullet}{line}\n"));
    }
    let parts = [
        ("would break", &simulation.would_break),
        ("would open", &simulation.would_open),
        ("would weaken", &simulation.would_weaken),
        ("not as --current says", &simulation.contradictions),
    ];
    for (name, all) in parts.into_iter().filter(|(_, all)| !all.is_empty()) {
        let name = if bullet.is_empty() { name.to_uppercase() } else { format!("### {name}\n") };
        out.push_str(&format!("\n{name}\n{}", rows(all)));
    }
    out
}

fn said(simulation: &Simulation) -> String {
    let count = |certainty: &str| simulation.would_break.iter().filter(|row| row.certainty == certainty).count() as u64;
    let (certain, possible) = (grouped(count("certain")), grouped(count("possible")));
    match simulation.result.as_str() {
        "unseen" => format!("Nothing that was seen from {} to {} would break", simulation.from, simulation.to),
        _ => format!(
            "{certain} would certainly break, {possible} perhaps, of what was seen from {} to {}",
            simulation.from, simulation.to
        ),
    }
}

fn coverage(simulation: &Simulation) -> String {
    let complete = &simulation.completeness;
    format!(
        "read as {}; {} edges looked at, {} left out; {}; {} batches lost",
        simulation.assumed,
        grouped(simulation.edges),
        grouped(simulation.left_out),
        complete.proxies.statement,
        grouped(complete.batches.lost),
    )
}

fn cells(row: &Row) -> [String; COLUMNS] {
    let destination = if row.port > 0 { format!("{}:{}", row.destination, row.port) } else { row.destination.clone() };
    let place = row.place.as_ref().map_or_else(String::new, |place| format!(" ({place})"));
    let principal = row.principal.as_ref().map_or_else(String::new, |name| format!(" {name}"));
    [
        row.certainty.clone(),
        row.source.clone(),
        destination,
        format!("{}{principal}", if row.connection.is_empty() { "-" } else { &row.connection }),
        row.last_seen.map_or_else(|| grouped(row.count), |last| format!("{}, up to {last}", grouped(row.count))),
        format!("{}{place}", row.because),
        if row.undecidable.is_empty() { "-".to_owned() } else { row.undecidable.join("; ") },
    ]
}

fn as_table(rows: &[Row]) -> String {
    let rows: Vec<_> = rows.iter().map(cells).collect();
    let mut widths = HEADINGS.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &[String; COLUMNS]| {
        let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    std::iter::once(&HEADINGS.map(str::to_owned)).chain(&rows).map(line).collect()
}

fn as_markdown(rows: &[Row]) -> String {
    let line = |cells: &[String; COLUMNS]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let head = [HEADINGS.map(str::to_lowercase), HEADINGS.map(|_| "---".to_owned())];
    let rows: Vec<_> = rows.iter().map(cells).collect();
    head.iter().chain(&rows).map(line).collect()
}
