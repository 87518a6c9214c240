//! Edges over time as CSV (RFC 4180), for spreadsheets and data frames: a row for each point. What is not known is an empty cell, never 0.
//!
//! Names come from outside, and spreadsheets take a cell for a formula by how it begins, in quotes or not: such a one gets an apostrophe
//! before it, as OWASP advises.

use std::fmt::{Display, Write};

use super::series::{Counts, Line, Point, Series};
use crate::shown;

/// Of the edge, of the stretch; then of each end.
const COLUMNS: [&str; 13] = [
    "edge",
    "source",
    "destination",
    "port",
    "protocol",
    "measure",
    "from",
    "to",
    "exchanges",
    "source_covered",
    "destination_covered",
    "folded",
    "security",
];
const COLUMNS_OF_END: [&str; 9] =
    ["count", "rate_per_s", "failed", "failed_of", "failed_ratio", "p50_s", "p90_s", "p99_s", "mutual_tls"];
const ROW_BYTES: usize = 256;
/// What a formula begins with, in wide letters too. A tab or a line's end, which do as well, stand in no cell.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// All points, those of one edge after those of another, with a line of names before them.
#[must_use]
pub fn series(series: &Series) -> String {
    let points: usize = series.lines.iter().map(|line| line.points.len()).sum();
    let mut text = String::with_capacity((points + 2) * ROW_BYTES);
    let of_end = |end: &'static str| COLUMNS_OF_END.iter().map(move |column| format!("{end}_{column}"));
    let names: Vec<String> =
        COLUMNS.iter().map(|name| (*name).to_owned()).chain(of_end("source")).chain(of_end("destination")).collect();
    text.push_str(&names.join(","));
    text.push_str("\r\n");
    for line in &series.lines {
        let edge = Cells::default().of_edge(line).0;
        for point in &line.points {
            text.push_str(&edge);
            text.push_str(&Cells::default().of_point(point).0);
            // The last cell has a comma too.
            text.pop();
            text.push_str("\r\n");
        }
    }
    text
}

/// Cells of a row, a comma behind each.
#[derive(Default)]
struct Cells(String);

impl Cells {
    fn of_edge(self, line: &Line) -> Self {
        let port = (line.port > 0).then_some(line.port);
        let ends = self.text(&line.edge).text(&line.source.label).text(&line.destination.label);
        ends.number(port).text(&line.protocol).text(&line.measure)
    }

    fn of_point(self, point: &Point) -> Self {
        let security = point.security.as_ref();
        let mutual = |counts: Option<super::edge::SecurityCounts>| counts.map(|counts| counts.mutual_tls);
        // A source cannot say of TLS whether it was mutual.
        let of_source = security.and_then(|security| security.source).filter(|source| source.tls == 0);
        let cells = self.text(&point.from.to_string()).text(&point.to.to_string()).number(point.exchanges);
        let cells = cells.number(point.source_covered).number(point.destination_covered).number(Some(point.folded));
        let cells = cells.text(security.map_or("", |security| &security.state));
        let cells = cells.of_end(point.source_report.as_ref(), mutual(of_source));
        let destination = mutual(security.and_then(|security| security.destination));
        cells.of_end(point.destination_report.as_ref(), destination)
    }

    fn of_end(self, counts: Option<&Counts>, mutual_tls: Option<u64>) -> Self {
        let Some(counts) = counts else {
            return COLUMNS_OF_END.iter().fold(self, |cells, _| cells.number(None::<u64>));
        };
        let cells = self.number(Some(counts.count)).number(Some(counts.rate_per_s)).number(Some(counts.failed));
        let cells = cells.number(Some(counts.failed_of)).number(counts.failed_ratio).number(counts.p50_s);
        cells.number(counts.p90_s).number(counts.p99_s).number(mutual_tls)
    }

    fn number(mut self, number: Option<impl Display>) -> Self {
        if let Some(number) = number {
            // Writing to a String cannot fail.
            let _ignored = write!(self.0, "{number}");
        }
        self.0.push(',');
        self
    }

    /// As it is shown to people, so that no cell holds a line's end or anything else that does not show.
    fn text(mut self, text: &str) -> Self {
        let shown = shown::name(text);
        let guard = if shown.starts_with(FORMULA) { "'" } else { "" };
        let is_plain = |char: char| char.is_alphanumeric() || "-._:/".contains(char);
        if guard.is_empty() && shown.chars().all(is_plain) {
            self.0.push_str(&shown);
        } else {
            let _ignored = write!(self.0, "\"{guard}{}\"", shown.replace('"', "\"\""));
        }
        self.0.push(',');
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::edge::{End, Security, SecurityCounts};
    use super::super::moment::Moment;
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn line(source: &str, points: Vec<Point>) -> Line {
        let end = |label: &str| End { label: label.to_owned(), ..End::default() };
        Line {
            edge: "6a09e667f3bcc908".to_owned(),
            source: end(source),
            destination: end("shop/cart"),
            port: 0,
            protocol: "http".to_owned(),
            measure: "requests".to_owned(),
            points,
        }
    }

    fn written(lines: Vec<Line>) -> Vec<String> {
        let text = series(&Series { lines, ..Series::default() });
        let rows = text.strip_suffix("\r\n").unwrap().split("\r\n").map(str::to_owned).collect::<Vec<_>>();
        assert!(rows.iter().all(|row| !row.contains(['\r', '\n'])), "{rows:?}");
        rows
    }

    /// Cells as a reader of RFC 4180 takes them.
    fn cells(row: &str) -> Vec<String> {
        let (mut cells, mut is_quoted, mut rest) = (vec![String::new()], false, row.chars().peekable());
        while let Some(char) = rest.next() {
            match char {
                '"' if is_quoted && rest.next_if_eq(&'"').is_some() => cells.last_mut().unwrap().push('"'),
                '"' => is_quoted = !is_quoted,
                ',' if !is_quoted => cells.push(String::new()),
                other => cells.last_mut().unwrap().push(other),
            }
        }
        cells
    }

    #[test]
    fn a_row_is_a_point_and_what_is_not_known_is_empty() {
        let counts = Counts {
            count: 30,
            rate_per_s: 0.5,
            failed: 0,
            failed_of: 30,
            failed_ratio: Some(0.0),
            p50_s: Some(0.008_896_786),
            p90_s: Some(0.01),
            p99_s: None,
            outcomes: Vec::new(),
        };
        let mutual = SecurityCounts { mutual_tls: 30, tls: 0, application_tls: 0, plaintext: 0, unknown: 0 };
        let security = Security {
            state: "mutual_tls".to_owned(),
            statement: String::new(),
            source: None,
            destination: Some(mutual),
            server_names: Vec::new(),
        };
        let known = Point {
            to: Moment(60 * SECOND),
            exchanges: Some(30),
            source_covered: Some(1.0),
            security: Some(security),
            destination_report: Some(counts),
            ..Point::default()
        };
        let quiet = Point { exchanges: Some(0), ..Point::default() };
        let rows = written(vec![line("shop/web", vec![known, quiet, Point::default()])]);
        assert_eq!(rows.len(), 4);
        assert!(rows[0].starts_with("edge,source,destination,port,protocol,measure,from,to,exchanges,"), "{}", rows[0]);
        assert!(rows[0].ends_with(",destination_p99_s,destination_mutual_tls"), "{}", rows[0]);
        assert_eq!(
            rows[1],
            format!(
                "6a09e667f3bcc908,shop/web,shop/cart,,http,requests,1970-01-01T00:00:00Z,1970-01-01T00:01:00Z,30,1,,0,mutual_tls{}30,0.5,0,30,0,0.008896786,0.01,,30",
                ",".repeat(10)
            )
        );
        let empty = ",".repeat(18);
        assert!(rows[2].ends_with(&format!("Z,0,,,0,{empty}")), "none, and known to be none: {}", rows[2]);
        assert!(rows[3].ends_with(&format!("Z,,,,0,{empty}")), "nothing is known: {}", rows[3]);
        assert!(rows.iter().all(|row| cells(row).len() == COLUMNS.len() + 2 * COLUMNS_OF_END.len()), "{rows:?}");
    }

    #[test]
    fn no_name_is_a_formula_breaks_a_row_or_is_lost() {
        for (label, cell) in [
            ("=1+2", "'=1+2"),
            ("+web", "'+web"),
            ("-web", "'-web"),
            ("@web", "'@web"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("\t=1", "\\u{9}=1"),
            ("\r\n=1", "\\u{d}\\u{a}=1"),
            ("\"=cmd|' /C calc'!A0\"", "\"=cmd|' /C calc'!A0\""),
            ("\"a,b\"", "\"a,b\""),
            ("a;=1", "a;=1"),
            ("shop/web", "shop/web"),
        ] {
            let rows = written(vec![line(label, vec![Point::default()])]);
            assert_eq!(cells(&rows[1])[1], cell, "{}", rows[1]);
        }
    }
}
