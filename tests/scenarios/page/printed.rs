//! Reads the table of `hogusu map` back and holds its numbers against the API's, each within the digits that it shows.

use serde_json::Value;

/// One row; ten cells, `-` for nothing.
#[derive(Clone, Debug)]
pub struct Row {
    pub source: String,
    pub destination: String,
    pub protocol: String,
    pub rate: String,
    pub failed: String,
    pub p50: String,
    pub p99: String,
    pub p99_destination: String,
    pub security: String,
}

impl Row {
    /// The rows between the head and the findings or the last line.
    pub fn of(table: &str) -> Vec<Self> {
        let rows = table.lines().skip_while(|line| !line.starts_with("SOURCE ")).skip(1);
        rows.map_while(Self::parse).collect()
    }

    fn parse(line: &str) -> Option<Self> {
        let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        let [source, destination, protocol, rate, failed, _, p50, p99, p99_destination, security] = *cells else {
            return None;
        };
        let [source, destination, protocol, rate] = [source, destination, protocol, rate].map(str::to_owned);
        let [failed, p50, p99, p99_destination, security] =
            [failed, p50, p99, p99_destination, security].map(str::to_owned);
        Some(Self { source, destination, protocol, rate, failed, p50, p99, p99_destination, security })
    }
}

/// The header's sums are the API's.
pub fn assert_totals(table: &str, totals: &Value) {
    let header: Vec<&str> = table.lines().take_while(|line| !line.starts_with("SOURCE ")).collect();
    let header = header.join("  ");
    for name in ["workloads", "edges", "requests", "connections"] {
        let wanted = format!("  {} {name}  ", totals[name]);
        assert!(format!("{header}  ").contains(&wanted), "{wanted:?} is not in {header}");
    }
}

/// A row says of its edge what the API says.
pub fn assert_row(row: &Row, edge: &Value) {
    let ends =
        [&edge["source"]["label"], &edge["destination"]["label"]].map(|label| label.as_str().unwrap_or_default());
    assert!(row.source == ends[0] && row.destination.starts_with(ends[1]), "{row:?} for {edge}");
    assert_eq!(row.protocol, edge["protocol"].as_str().unwrap_or_default(), "{row:?}");
    let (source, destination) = (&edge["source_report"], &edge["destination_report"]);
    let main = if source.is_null() { destination } else { source };
    match row.rate.strip_suffix(" closed") {
        Some(count) => assert_eq!(count, main["count"].to_string(), "{row:?}"),
        None => assert_shown(&row.rate, &main["rate_per_s"], row),
    }
    let failed = main["failed_ratio"].as_f64().map(|ratio| ratio * 100.0);
    assert_shown(row.failed.trim_end_matches(" %"), &failed.into(), row);
    if row.protocol != "tcp" {
        for (shown, seconds) in
            [(&row.p50, &source["p50_s"]), (&row.p99, &source["p99_s"]), (&row.p99_destination, &destination["p99_s"])]
        {
            assert_duration(shown, seconds, row);
        }
    }
    let wanted = match edge["security"]["state"].as_str() {
        Some("plaintext") => "PLAINTEXT, ",
        Some("mutual_tls") => "both sides",
        state => panic!("no such edge was sent: {state:?}"),
    };
    assert!(row.security.starts_with(wanted), "{row:?} for {}", edge["security"]);
}

fn assert_duration(shown: &str, seconds: &Value, row: &Row) {
    let units = [(" us", 1e6), (" ms", 1e3), (" s", 1.0)];
    let unit = units.iter().find_map(|(name, factor)| Some((shown.strip_suffix(name)?, factor)));
    let (number, factor) = unit.unwrap_or((shown, &1.0));
    assert_shown(number, &seconds.as_f64().map(|seconds| seconds * factor).into(), row);
}

/// `shown` is `exact` to half of its last digit; `-` is `null`.
fn assert_shown(shown: &str, exact: &Value, row: &Row) {
    let Some(exact) = exact.as_f64() else {
        assert_eq!(shown, "-", "nothing is known: {row:?}");
        return;
    };
    let number: f64 = shown.replace(',', "").parse().unwrap_or_else(|_| panic!("{shown:?} is no number: {row:?}"));
    let decimals = shown.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let half = 0.5 * 0.1_f64.powi(i32::try_from(decimals).unwrap_or(i32::MAX));
    assert!((number - exact).abs() <= half * 1.001, "{shown} is not {exact}: {row:?}");
}
