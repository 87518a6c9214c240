//! `hogusu series` through a running collector: points add up to the map, what is not known is no zero, what is refused says a remedy; by
//! labels as by ids, as CSV as in JSON.

use std::process::{Command, Output};

use serde_json::Value;

use super::batches::{FLUSH, Filter};
use super::process::{Collector, folder, now};

const SLOT: u64 = 10_000_000_000;
const MINUTE: u64 = 6 * SLOT;

fn hogusu(collector: &Collector, arguments: &[&str]) -> Output {
    let url = format!("http://{}", collector.address);
    Command::new(env!("CARGO_BIN_EXE_hogusu")).args(arguments).args(["--url", &url]).output().unwrap()
}

fn json(collector: &Collector, arguments: &[&str]) -> Value {
    let output = hogusu(collector, &[arguments, &["--format", "json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Three minutes ago, whole: a minute with one request more in each batch, half a minute of which nothing came, and another minute.
fn with_a_gap(collector: &Collector) -> (String, String, u64) {
    let begun = now() / MINUTE * MINUTE - 4 * MINUTE;
    let (mut filter, mut sum) = (Filter::new(1, begun), 0);
    for number in 0..30 {
        let body = filter.batch(1 + number);
        if (12..18).contains(&number) {
            continue;
        }
        sum += 1 + number;
        assert_eq!(collector.deliver(&body).status, 200);
    }
    let time = |nanos| hogusu_collector::report::Moment(nanos).to_string();
    (time(begun), time(begun + 30 * FLUSH), sum)
}

#[test]
fn points_add_up_to_the_map_and_a_gap_is_unknown_not_zero() {
    let data = folder();
    let collector = Collector::start(data.path());
    let (from, to, sum) = with_a_gap(&collector);
    let map = json(&collector, &["map", "--from", &from, "--to", &to]);
    assert_eq!(map["edges"][0]["source_report"]["count"], sum);
    let id = map["edges"][0]["id"].as_str().unwrap();
    for asked in [id, "shop/workload-1", "shop/workload-1 -> shop/orders:8080"] {
        let series = json(&collector, &["series", asked, "--from", &from, "--to", &to, "--step", "30s"]);
        assert_eq!((&series["resolution"], &series["step_s"]), (&"10s".into(), &30.0.into()));
        let points = series["lines"][0]["points"].as_array().unwrap();
        let exchanges: Vec<Option<u64>> = points.iter().map(|point| point["exchanges"].as_u64()).collect();
        assert_eq!(exchanges, [Some(21), Some(57), None, Some(129), Some(165)], "{asked}");
        assert_eq!(exchanges.iter().flatten().sum::<u64>(), sum);
        let covered: Vec<Option<f64>> = points.iter().map(|point| point["source_covered"].as_f64()).collect();
        assert_eq!(covered, [Some(1.0), Some(1.0), Some(0.0), Some(1.0), Some(1.0)], "{asked}");
        assert_eq!(points[0]["source_report"]["count"], 21);
        assert_eq!(points[0]["destination_covered"], Value::Null, "nobody tells of it");
    }
    let table = hogusu(&collector, &["series", id, "--from", &from, "--to", &to, "--step", "30s"]);
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(table.contains("  rate 1/s      ▂▄·▇█  0.70 to 5.50\n"), "{table}");
    assert!(table.contains("  covered %     ██▁██  0 to 100\n"), "{table}");
}

#[test]
fn a_series_that_cannot_be_is_refused_with_a_remedy() {
    let data = folder();
    let collector = Collector::start(data.path());
    let (from, to, _) = with_a_gap(&collector);
    let period = ["--from", &from, "--to", &to];
    for (arguments, code, part) in [
        (&["series", "shop/workload-1", "--step", "15s"][..], 4, "give a multiple of 10s"),
        (&["series", "shop/workload-1", "--step", "soon"][..], 2, "give a number and s, m, h or d"),
        (&["series", "a/b/c/d"][..], 2, "K8S_CLUSTER/NAMESPACE/NAME"),
        (&["series", "shop/workload-1 -> "][..], 2, "give 'SOURCE -> DESTINATION'"),
        (
            &["series", "shop/workload-1 -> shop/orders:1"][..],
            4,
            "name both ends as a map of the same period shows them",
        ),
    ] {
        let output = hogusu(&collector, &[arguments, &period].concat());
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        assert!(error.contains(part), "{arguments:?}: {error}");
    }
    let nobody = hogusu(&collector, &[&["series", "shop/nobody"][..], &period].concat());
    assert!(String::from_utf8_lossy(&nobody.stdout).contains("no exchanges of what was asked for"));
}

#[test]
fn of_the_time_of_a_folded_backlog_behind_its_beginning_nobody_says_that_there_was_nothing() {
    let data = folder();
    let collector = Collector::start(data.path());
    let begun = now() / MINUTE * MINUTE - 4 * MINUTE;
    let mut filter = Filter::new(1, begun);
    assert_eq!(collector.deliver(&filter.batch(21)).status, 200);
    (filter.sequence, filter.cumulative) = (2, 28);
    let folded = filter.batch_over(begun + FLUSH, begun + 2 * MINUTE, 7);
    assert_eq!(collector.deliver(&folded).status, 200);
    let time = |nanos| hogusu_collector::report::Moment(nanos).to_string();
    let (from, later, to) = (time(begun), time(begun + MINUTE), time(begun + 2 * MINUTE));
    let series =
        json(&collector, &["series", "shop/workload-1 -> shop/orders", "--from", &from, "--to", &to, "--step", "30s"]);
    let points = series["lines"][0]["points"].as_array().unwrap();
    let exchanges: Vec<Option<u64>> = points.iter().map(|point| point["exchanges"].as_u64()).collect();
    assert_eq!(exchanges, [Some(28), None, None, None], "{series}");
    let map = hogusu(&collector, &["map", "--from", &later, "--to", &to]);
    let map = String::from_utf8(map.stdout).unwrap();
    assert!(map.contains("exchanges in this period are not known: a backlog reaches into it"), "{map}");
    assert!(!map.contains("no exchanges"), "{map}");
}

#[test]
fn csv_is_the_same_from_the_command_and_the_api_and_a_gap_in_it_is_empty() {
    let data = folder();
    let collector = Collector::start(data.path());
    let (from, to, sum) = with_a_gap(&collector);
    let asked = ["series", "shop/workload-1 -> shop/orders", "--from", &from, "--to", &to, "--step", "30s"];
    let output = hogusu(&collector, &[&asked[..], &["--format", "csv"]].concat());
    let said = String::from_utf8(output.stdout).unwrap();
    let edge = "shop%2Fworkload-1%20-%3E%20shop%2Forders";
    let answer = collector.get(&format!("/api/v1/series?edge={edge}&from={from}&to={to}&step=30s&format=csv"));
    assert_eq!((answer.status, answer.text()), (200, said.clone()));
    let mut rows = said.lines().map(|row| row.split(',').collect::<Vec<_>>());
    let names = rows.next().unwrap();
    let rows: Vec<Vec<&str>> = rows.collect();
    let column = |name: &str| -> Vec<&str> {
        let place = names.iter().position(|column| *column == name).unwrap();
        rows.iter().map(|row| row[place]).collect()
    };
    for name in ["exchanges", "source_count"] {
        assert_eq!(column(name), ["21", "57", "", "129", "165"], "{name} in {said}");
        assert_eq!(column(name).iter().filter_map(|cell| cell.parse::<u64>().ok()).sum::<u64>(), sum);
    }
    assert_eq!(column("source_covered"), ["1", "1", "0", "1", "1"], "{said}");
    assert_eq!(column("destination_count"), [""; 5], "nobody tells of it: {said}");
}
