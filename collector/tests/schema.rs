//! The API asked by a stranger: Schemathesis reads what it says of itself, asks a running collector in every way that it can think of, and
//! holds each answer to its description. Not a part of `cargo test`, for it needs Schemathesis: `make schema-test` runs it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

#[path = "storage/batches.rs"]
#[expect(dead_code, reason = "each test binary uses its part")]
mod batches;
#[path = "serving/hours.rs"]
mod hours;
#[path = "serving/process.rs"]
#[expect(dead_code, reason = "each test binary uses its part")]
mod process;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use batches::{FLUSH, Filter};
use hours::{four_hours, time};
use process::{Collector, folder, now};

const CONFIGURATION: &str = include_str!("schema/schemathesis.toml");
/// What the API says of itself; that it is what is served is for another test.
const DOCUMENT: &str = include_str!("../../docs/openapi.json");
/// The answer without an end: Schemathesis reads answers whole, and would wait for each until its time is over. What it says is held to its
/// description by `analysis/events.rs` and `serving/events.rs`.
const ENDLESS: &str = "/api/v1/events";

/// What only a running collector tells: ids of its edges, periods that it holds, times.
fn dictionaries(collector: &Collector, first: u64) -> String {
    let map = format!("/api/v1/map?from={}&to={}", time(first), time(first + 40));
    let map: Value = serde_json::from_slice(&collector.get(&map).body).unwrap();
    let edges: Vec<&Value> = map["edges"].as_array().unwrap().iter().map(|edge| &edge["id"]).collect();
    assert_eq!(edges.len(), 2, "{map}");
    let (before, after) =
        (format!("{}/{}", time(first), time(first + 2)), format!("{}/{}", time(first + 2), time(first + 4)));
    // Lists of text are written alike in JSON and in TOML.
    format!(
        "edges.values = {}\nperiods.values = {}\nstarts.values = {}\nends.values = {}\n",
        json!(edges),
        json!(["before", "after", before, after]),
        json!([time(first), time(first + 1)]),
        json!([time(first + 2), time(first + 4), time(first + 40)])
    )
}

/// Traffic of these minutes, beside the hours of yesterday and two baselines.
fn something_of_everything(data: &Path) -> (Collector, u64) {
    let (collector, first) = four_hours(data);
    let mut filter = Filter::new(2, now() / FLUSH * FLUSH - 12 * FLUSH);
    for number in 0..10 {
        assert_eq!(collector.deliver(&filter.batch(1 + number)).status, 200);
    }
    for (name, from) in [("before", first), ("after", first + 2)] {
        let mut save = Command::new(env!("CARGO_BIN_EXE_hogusu"));
        save.args(["baseline", "save", name, "--from", &time(from), "--to", &time(from + 2), "--data"]).arg(data);
        assert!(save.status().unwrap().success());
    }
    (collector, first)
}

/// Where `make setup-schema` installs it.
fn schemathesis() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    let place = root.join(".tools/schemathesis/bin/schemathesis");
    assert!(place.is_file(), "Schemathesis is not installed; run `make setup-schema`");
    place
}

/// The document, of what can be read whole.
fn document() -> Value {
    let mut document: Value = serde_json::from_str(DOCUMENT).unwrap();
    assert!(document["paths"].as_object_mut().unwrap().remove(ENDLESS).is_some(), "{ENDLESS} is not described");
    document
}

/// Parameters that go with each other, and with any value of the others.
const TOGETHER: [&str; 10] = ["id", "name", "a", "b", "limit", "from", "to", "include", "edge", "step"];

/// The document as somebody would use it who wants answers: with no parameter that excludes another, and with those that are needed or
/// need each other.
fn narrowed() -> Value {
    let mut document = document();
    for operations in document["paths"].as_object_mut().unwrap().values_mut() {
        let parameters = operations["get"]["parameters"].as_array_mut().unwrap();
        parameters.retain(|one| one["required"] == true || TOGETHER.contains(&one["name"].as_str().unwrap()));
        parameters.iter_mut().for_each(|one| one["required"] = true.into());
    }
    document
}

/// Has Schemathesis ask by this document, and returns what was asked and answered.
fn asks(collector: &Collector, document: &Value, configuration: &str, mode: &str) -> Value {
    let place = folder();
    let at = |name: &str| place.path().join(name);
    std::fs::write(at("schemathesis.toml"), configuration).unwrap();
    std::fs::write(at("openapi.json"), document.to_string()).unwrap();
    let mut command = Command::new(schemathesis());
    command.args(["--config-file", "schemathesis.toml", "run", "openapi.json", "--mode", mode]);
    command.args(["--url", &format!("http://{}", collector.address)]);
    command.args(["--report", "har", "--report-har-path", "asked.har"]);
    let ended = command.current_dir(place.path()).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{said}{}", String::from_utf8_lossy(&ended.stderr));
    serde_json::from_slice(&std::fs::read(at("asked.har")).unwrap()).unwrap()
}

/// Described addresses that no question got a 200 of: what was not answered was not held to anything.
fn unanswered(collector: &Collector, asked: &Value) -> Vec<String> {
    let document = document();
    let origin = format!("http://{}", collector.address);
    let answered = asked["log"]["entries"].as_array().unwrap().iter().filter(|one| one["response"]["status"] == 200);
    let paths: Vec<&str> =
        answered.filter_map(|one| one["request"]["url"].as_str()?.strip_prefix(&origin)?.split('?').next()).collect();
    let is_at = |path: &str, address: &str| {
        let (path, address): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), address.split('/').collect());
        path.len() == address.len() && path.iter().zip(address).all(|(one, at)| at.starts_with('{') || *one == at)
    };
    let addresses = document["paths"].as_object().unwrap().keys();
    addresses.filter(|address| !paths.iter().any(|path| is_at(path, address))).cloned().collect()
}

#[test]
fn every_answer_is_as_the_api_describes_it_and_none_is_a_server_error() {
    let data = folder();
    let (collector, first) = something_of_everything(data.path());
    let configuration = format!("{CONFIGURATION}{}", dictionaries(&collector, first));
    let asked = asks(&collector, &document(), &configuration, "all");
    let mut answers = asked["log"]["entries"].as_array().unwrap().iter();
    assert!(answers.any(|one| one["response"]["status"] == 304), "nobody was told that he has the answer");
    let asked = asks(&collector, &narrowed(), &configuration, "positive");
    let never = unanswered(&collector, &asked);
    assert!(never.is_empty(), "no answer was looked at but refusals: {never:?}");
}
