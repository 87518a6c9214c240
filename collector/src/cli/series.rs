//! `hogusu series`: an edge, or those of a workload, over time.

use clap::{Args, ValueEnum};

use super::CliError;
use super::address::Address;
use super::arguments::{since as length, workload};
use super::fetch::Collector;
use super::span::Span;
use crate::label::{between, with_port};
use crate::report::edge::End;
use crate::report::series::{Counts, Line, Point, SCHEMA, Series as Report};
use crate::report::{Ends, csv, words};
use crate::series::sparkline::sparkline;
use crate::shown;

/// Points that stand side by side: with what stands before and behind them, a line of a table.
const SIDE_BY_SIDE: usize = 80;
const NO_END: &str = "an end is missing; give 'SOURCE -> DESTINATION' as a map shows them";

/// An edge over time: rates, failures, quantiles, mutual TLS, and how complete they are.
///
/// A point of which nothing is known is `·`, never zero.
#[derive(Debug, Args)]
#[command(after_help = "Example: hogusu series shop/cart --since 1h
         hogusu series 'shop/web -> shop/cart:8080' --since 1h --format csv > cart.csv
         hogusu series 6a09e667f3bcc908 --since 7d --step 1h --format json

Quantiles are read off histograms: within 4.4 %. Each stretch is read as a map of its own, so many of them take as long.
Exit codes: 0 done; 1 this process failed; 2 the command line is wrong; 3 the collector cannot be reached;
4 it refused.")]
pub(super) struct Series {
    /// An edge: by its ends as the map shows them ('A -> B', perhaps with :PORT), or by its id as the map's JSON has it (16
    /// hexadecimal digits). Or a workload: then each of its edges.
    #[arg(value_name = "EDGE|WORKLOAD", value_parser = asked)]
    asked: String,
    #[command(flatten)]
    address: Address,
    #[command(flatten)]
    span: Span,
    /// How long a stretch is; without it there are about a hundred.
    #[arg(long, value_name = "TIME", value_parser = length)]
    step: Option<String>,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// The API's own answer.
    Json,
    /// A row for each point, for spreadsheets; what is not known is empty.
    Csv,
}

fn asked(text: &str) -> Result<String, String> {
    let is_there = |given: bool| if given { Ok(text.to_owned()) } else { Err(NO_END.to_owned()) };
    match between::split(text) {
        Some(_) => is_there(Ends::parse(text).is_some()),
        None if is_id(text) => Ok(text.to_owned()),
        None => workload(text),
    }
}

fn is_edge(text: &str) -> bool {
    is_id(text) || between::split(text).is_some()
}

fn is_id(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(super) fn run(options: &Series) -> Result<String, CliError> {
    let collector = Collector::new(&options.address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let about = if is_edge(&options.asked) { "edge" } else { "workload" };
    let given =
        [(about, Some(&options.asked)), ("step", options.step.as_ref())].into_iter().chain(options.span.named());
    let question: Vec<(&str, String)> = given.filter_map(|(name, value)| Some((name, value?.clone()))).collect();
    let (url, body) = runtime.block_on(collector.get("/api/v1/series", &question))?;
    let wrong = |message: String| CliError::Refused { url: url.clone(), status: "200".to_owned(), message };
    let series: Report = serde_json::from_slice(&body).map_err(|error| wrong(format!("not a series: {error}")))?;
    if series.schema != SCHEMA {
        return Err(wrong(format!("a series of schema {}, not {SCHEMA}", series.schema)));
    }
    match options.format {
        Format::Table => Ok(told(&series)),
        Format::Json => super::json(&series),
        Format::Csv => Ok(csv::series(&series)),
    }
}

fn told(series: &Report) -> String {
    shown::drawn(series, table)
}

/// A line of bars for each measure of each edge, with the least and the most of it.
fn table(series: &Report) -> String {
    let mut text =
        format!("{} to {}, steps of {} s, read by {}\n", series.from, series.to, series.step_s, series.resolution);
    for line in &series.lines {
        let Line { source, destination, protocol, measure, points, .. } = line;
        text.push_str(&format!(
            "\n{} -> {} {protocol} {measure}\n",
            source.label,
            with_its_port(destination, line.port)
        ));
        let rate = |point: &Point| match (main(point), point.exchanges) {
            (Some(counts), _) => Some(counts.rate_per_s),
            (None, known) => known.map(|_none| 0.0),
        };
        let of_main = |read: fn(&Counts) -> Option<f64>| move |point: &Point| main(point).and_then(read);
        let measures = [
            bars("rate 1/s", points, rate),
            bars("failed %", points, of_main(|counts| counts.failed_ratio.map(|ratio| ratio * 100.0))),
            bars("p50 ms", points, of_main(|counts| counts.p50_s.map(|seconds| seconds * 1e3))),
            bars("p99 ms", points, of_main(|counts| counts.p99_s.map(|seconds| seconds * 1e3))),
            bars("mutual TLS %", points, mutual_tls),
            bars("covered %", points, covered),
        ];
        side_by_side(&mut text, points, &measures.into_iter().flatten().collect::<Vec<_>>());
        let folded: u64 = points.iter().map(|point| point.folded).max().unwrap_or_default();
        if folded > 0 {
            let told = "exchanges at most of a stretch count in an earlier one, in which their backlog began";
            text.push_str(&format!("  {folded} {told}\n"));
        }
    }
    if series.lines.is_empty() {
        // How much of it anybody covered stands at the points of lines alone: without any, a name that was not seen says as much.
        let why = words::why_nothing(true, series.is_name_seen, None);
        text.push_str(&format!("\nno exchanges of what was asked for in this period{why}\n"));
    }
    text
}

/// A workload with the port that is asked; of all others the port is in the label, where it is known.
fn with_its_port(destination: &End, port: u16) -> String {
    with_port(&destination.label, if destination.kind == "workload" { port } else { 0 })
}

/// What the source counted, or else the destination.
fn main(point: &Point) -> Option<&Counts> {
    point.source_report.as_ref().or(point.destination_report.as_ref())
}

/// Of what is known of connections, by the destination's word, for it verifies. A source cannot say of TLS whether it was mutual: where it
/// alone reports any, nothing is known.
fn mutual_tls(point: &Point) -> Option<f64> {
    let security = point.security.as_ref()?;
    let counts = security.destination.or(security.source.filter(|source| source.tls == 0))?;
    let known = counts.mutual_tls + counts.tls + counts.application_tls + counts.plaintext;
    (known > 0).then(|| counts.mutual_tls as f64 * 100.0 / known as f64)
}

/// Of the end that is covered worse.
fn covered(point: &Point) -> Option<f64> {
    let shares = [point.source_covered, point.destination_covered].into_iter().flatten();
    shares.reduce(f64::min).map(|share| share * 100.0)
}

/// What is drawn of an edge: a name, its bars, and from the least to the most.
type Bars = (&'static str, Vec<char>, String);

fn bars(name: &'static str, points: &[Point], read: impl Fn(&Point) -> Option<f64>) -> Option<Bars> {
    let values: Vec<Option<f64>> = points.iter().map(read).collect();
    let known = || values.iter().flatten().copied();
    let (least, most) = (known().reduce(f64::min)?, known().reduce(f64::max)?);
    Some((name, sparkline(&values).chars().collect(), format!("{} to {}", short(least), short(most))))
}

/// All of an edge, side by side; what is wider than a terminal goes on below, from a time that is said.
fn side_by_side(text: &mut String, points: &[Point], measures: &[Bars]) {
    for (place, part) in points.chunks(SIDE_BY_SIDE).enumerate() {
        if let Some(first) = part.first().filter(|_| points.len() > SIDE_BY_SIDE) {
            text.push_str(&format!("  from {}\n", first.from));
        }
        for (name, bars, range) in measures {
            let bars: String = bars.iter().skip(place * SIDE_BY_SIDE).take(part.len()).collect();
            text.push_str(&format!("  {name:<13} {bars}  {range}\n"));
        }
    }
}

/// Three digits, or as many as stand before the point.
fn short(value: f64) -> String {
    let decimals = if value >= 100.0 || value == value.round() {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Moment;
    use crate::report::edge::{Security, SecurityCounts};
    use crate::report::table::WIDTH;

    fn shown(source: Option<SecurityCounts>, destination: Option<SecurityCounts>) -> Option<f64> {
        let (state, statement, server_names) = (String::new(), String::new(), Vec::new());
        let security = Some(Security { state, statement, source, destination, server_names });
        mutual_tls(&Point { security, ..Point::default() })
    }

    #[test]
    fn bars_that_are_wider_than_a_terminal_go_on_below_from_a_time_that_is_said() {
        let points = |number: u64| -> Vec<Point> {
            let point = |place| Point { from: Moment(place * 30_000_000_000), folded: place, ..Point::default() };
            (0..number).map(point).collect()
        };
        let shown = |number| {
            let (points, mut text) = (points(number), String::new());
            let measures: Vec<Bars> = ["rate 1/s", "covered %"]
                .into_iter()
                .filter_map(|name| bars(name, &points, |point| Some(point.folded as f64)))
                .collect();
            side_by_side(&mut text, &points, &measures);
            assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
            text
        };
        let one = shown(80);
        assert!(one.lines().count() == 2 && !one.contains("from"), "{one}");
        let three = shown(200);
        let bars_of = |name: &str| -> String {
            let lines = three.lines().filter(|line| line.trim_start().starts_with(name));
            lines.filter_map(|line| line.get(16..)?.split(' ').next()).collect()
        };
        let whole: Vec<Option<f64>> = (0..200).map(|value| Some(f64::from(value))).collect();
        assert_eq!([bars_of("rate"), bars_of("covered")], [sparkline(&whole), sparkline(&whole)]);
        let from: Vec<&str> = three.lines().filter(|line| line.contains("from")).collect();
        assert_eq!(from, ["  from 1970-01-01T00:00:00Z", "  from 1970-01-01T00:40:00Z", "  from 1970-01-01T01:20:00Z"]);
    }

    #[test]
    fn an_edge_is_called_as_the_map_calls_it_and_no_name_steers_who_reads() {
        let line = |kind: &str, label: &str| Line {
            edge: String::new(),
            source: End { label: "shop/evil\u{1b}[31m\u{202e}\nFINDINGS 1".to_owned(), ..End::default() },
            destination: End { kind: kind.to_owned(), label: label.to_owned(), ..End::default() },
            port: 80,
            protocol: "http".to_owned(),
            measure: "requests".to_owned(),
            points: Vec::new(),
        };
        let lines = vec![line("workload", "shop/cart"), line("service", "s3.example.com:80")];
        let text = told(&Report { lines, ..Report::default() });
        let named: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("shop/evil")).collect();
        let source = "\\u{1b}[31m\\u{202e}\\u{a}FINDINGS 1";
        let wanted = ["shop/cart:80", "s3.example.com:80"].map(|end| format!("{source} -> {end} http requests"));
        assert_eq!(named, wanted, "{text}");
    }

    #[test]
    fn what_a_source_alone_says_of_tls_is_no_share_of_mutual_tls() {
        let none = SecurityCounts { mutual_tls: 0, tls: 0, application_tls: 0, plaintext: 0, unknown: 0 };
        let [tls, plain] = [SecurityCounts { tls: 9, ..none }, SecurityCounts { plaintext: 9, ..none }];
        let half = SecurityCounts { mutual_tls: 5, tls: 5, unknown: 90, ..none };
        assert_eq!(shown(Some(tls), None), None, "it may have been mutual");
        assert_eq!(shown(Some(SecurityCounts { tls: 1, ..plain }), None), None, "some of it may");
        assert_eq!(shown(Some(plain), None), Some(0.0));
        assert_eq!(shown(Some(tls), Some(half)), Some(50.0), "of what is known");
        assert_eq!(shown(None, Some(SecurityCounts { unknown: 3, ..none })), None);
    }
}
