//! A simulation as a table for people, and as Markdown for a pull request.

use super::rows::CERTAIN;
use super::{Row, Simulation};
use crate::analysis::numerals::grouped;
use crate::shown;

const COLUMNS: usize = 7;
const HEADINGS: [&str; COLUMNS] =
    ["CERTAINTY", "SOURCE", "DESTINATION", "CONNECTION", "SEEN", "BECAUSE", "UNDECIDABLE"];

/// Rows of a list that are drawn for people, at most.
const MOST_ROWS: usize = 1_000;
/// The same for a pull request, whose comments hold 65,536 characters.
const MOST_IN_COMMENT: usize = 50;

/// How a simulation is drawn.
struct Style {
    rows: fn(&[Row]) -> String,
    line: fn(&str) -> String,
    bullet: &'static str,
    most: usize,
}

/// For people at a terminal.
#[must_use]
pub fn table(simulation: &Simulation) -> String {
    let style = Style { rows: as_table, line: str::to_owned, bullet: "", most: MOST_ROWS };
    shown::drawn(simulation, |simulation| drawn(simulation, &style))
}

/// For a pull request.
#[must_use]
pub fn markdown(simulation: &Simulation) -> String {
    let style = Style { rows: as_markdown, line: as_it_stands, bullet: "- ", most: MOST_IN_COMMENT };
    shown::drawn(simulation, |simulation| drawn(simulation, &style))
}

fn drawn(simulation: &Simulation, Style { rows, line, bullet, most }: &Style) -> String {
    let mut out = format!("{}\n{bullet}{}\n", said(simulation), line(&coverage(simulation)));
    let notes: Vec<&String> = simulation.limits.iter().chain(&simulation.warnings).collect();
    for note in notes.iter().take(*most) {
        out.push_str(&format!("{bullet}{}\n", line(note)));
    }
    out.push_str(&more(notes.len(), *most, bullet));
    let parts = [
        ("would break", &simulation.would_break),
        ("would open", &simulation.would_open),
        ("would weaken", &simulation.would_weaken),
        ("not as --current says", &simulation.contradictions),
    ];
    for (name, all) in parts.into_iter().filter(|(_, all)| !all.is_empty()) {
        let name = if bullet.is_empty() { name.to_uppercase() } else { format!("### {name}\n") };
        let first = all.get(..*most).unwrap_or(all);
        out.push_str(&format!("\n{name}\n{}{}", rows(first), more(all.len(), *most, "\n")));
    }
    out
}

/// What is left out.
fn more(count: usize, most: usize, before: &str) -> String {
    let left = count.saturating_sub(most) as u64;
    if left == 0 { String::new() } else { format!("{before}{} more; --format json has all\n", grouped(left)) }
}

/// The first line: what would break, and what else is listed.
fn said(simulation: &Simulation) -> String {
    let period = format!("from {} to {}", simulation.from, simulation.to);
    let first = match simulation.result.as_str() {
        "nothing_seen" => {
            return format!("Nothing was seen {period}: nothing is known of what would break");
        }
        "unseen" => format!("Nothing that was seen {period} would break"),
        _ => {
            let (certain, possible) = counts(&simulation.would_break);
            format!("{certain} would certainly break, {possible} perhaps, of what was seen {period}")
        }
    };
    let others = [
        ("would open", &simulation.would_open),
        ("would weaken", &simulation.would_weaken),
        ("not as --current says", &simulation.contradictions),
    ];
    let listed = others.into_iter().filter(|(_, rows)| !rows.is_empty());
    let counted = listed.map(|(name, rows)| {
        let (certain, possible) = counts(rows);
        format!("; {name}: {certain} certainly, {possible} perhaps")
    });
    first + &counted.collect::<String>()
}

/// How many are certain, and how many possible.
fn counts(rows: &[Row]) -> (String, String) {
    let certain = rows.iter().filter(|row| row.certainty == CERTAIN).count();
    (grouped(certain as u64), grouped(rows.len().saturating_sub(certain) as u64))
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
    let line = |cells: &[String; COLUMNS]| format!("| {} |\n", cells.join(" | "));
    let head = [HEADINGS.map(str::to_lowercase), HEADINGS.map(|_| "---".to_owned())];
    let rows: Vec<_> = rows.iter().map(|row| cells(row).map(|cell| as_it_stands(&cell))).collect();
    head.iter().chain(&rows).map(line).collect()
}

/// A text of which Markdown reads nothing as its own: as code where it has anything but words. What ends code or a cell is written as
/// [`shown`] writes what has no glyph.
pub(crate) fn as_it_stands(text: &str) -> String {
    let is_plain = |char: char| char.is_alphanumeric() || " .,:;/()-'\"=".contains(char);
    let is_link = ["http:", "https:", "ftp:", "www."].iter().any(|link| text.to_ascii_lowercase().contains(link));
    if text.chars().all(is_plain) && !is_link && !text.is_empty() {
        return text.to_owned();
    }
    format!("`{}`", text.replace('`', "\\u{60}").replace('|', "\\u{7c}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_name_is_markdown() {
        assert_eq!(as_it_stands("shop/web:8080"), "shop/web:8080");
        assert_eq!(as_it_stands("a|b`c"), "`a\\u{7c}b\\u{60}c`");
        for text in ["<details>", "@org/team", "x](http://a)", "\\|", "*a*", "http://a.example", "#1", "mutual_tls"] {
            assert!(as_it_stands(text).starts_with('`'), "{text}");
        }
    }
}
