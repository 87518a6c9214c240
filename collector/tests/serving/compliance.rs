//! Policies of a running collector: it says of a period what `hogusu compliance` says of it by the same files, refuses to start with bad ones,
//! keeps what was in force when they change for the worse, and shows as metrics what each number rests on.

use std::path::Path;
use std::process::{Command, Output};

use hogusu_policy::Report;
use hogusu_policy::over_time::OverTime;
use tempfile::TempDir;

use super::batches::{FLUSH, Filter};
use super::process::{Collector, command, folder, now};

const MINUTE: u64 = 60_000_000_000;
const GOOD: &str = "schema: hogusu.policy/v1\nid: mutual-tls\nquestion: Is every call encrypted?\nseverity: high\nowner: platform\nrule: mutual_tls\n";

fn policies(text: &str) -> TempDir {
    let policies = folder();
    std::fs::write(policies.path().join("mesh.yaml"), text).unwrap();
    policies
}

fn serving(data: &Path, policies: &Path) -> Collector {
    Collector::started(command(data).arg("--policy").arg(policies).spawn().unwrap(), "http")
}

fn hogusu(collector: &Collector, arguments: &[&str]) -> Output {
    let url = format!("http://{}", collector.address);
    Command::new(env!("CARGO_BIN_EXE_hogusu")).args(arguments).args(["--url", &url]).output().unwrap()
}

/// Batches of a minute, up to two minutes ago.
fn deliver(collector: &Collector) -> (String, String) {
    let begun = now() / MINUTE * MINUTE - 3 * MINUTE;
    let mut filter = Filter::new(1, begun);
    for number in 0..12 {
        assert_eq!(collector.deliver(&filter.batch(1 + number)).status, 200);
    }
    let time = |nanos| hogusu_collector::report::Moment(nanos).to_string();
    (time(begun), time(begun + 12 * FLUSH))
}

fn judged(collector: &Collector, query: &str) -> Report {
    let answer = collector.get(&format!("/api/v1/compliance?{query}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

fn comes(wanted: impl Fn() -> bool) {
    let begun = now();
    while !wanted() {
        assert!(now() - begun < MINUTE, "it does not come");
        std::thread::yield_now();
    }
}

#[test]
fn the_collector_says_byte_for_byte_what_the_command_says_of_the_same_period_by_the_same_files() {
    let (data, strict) = (folder(), Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/strict"));
    let collector = serving(data.path(), &strict);
    let (from, to) = deliver(&collector);
    let arguments =
        ["compliance", "--policy", strict.to_str().unwrap(), "--from", &from, "--to", &to, "--format", "json"];
    let output = hogusu(&collector, &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report = judged(&collector, &format!("from={from}&to={to}"));
    assert!(report.population.edges > 0 && report.policies.iter().any(|policy| policy.requests.seen > 0));
    let written = serde_json::to_string_pretty(&report).unwrap() + "\n";
    assert_eq!(written, String::from_utf8(output.stdout).unwrap());
}

#[test]
fn a_period_that_is_asked_for_by_its_length_ends_where_nothing_changes_any_more() {
    let (data, policies) = (folder(), policies(GOOD));
    let collector = serving(data.path(), policies.path());
    deliver(&collector);
    let report = judged(&collector, "since=10m");
    assert_eq!((report.completeness.unsealed_s, report.completeness.period_s), (0.0, 600.0));
    assert!(report.policies[0].requests.seen > 0);
}

#[test]
fn a_collector_without_policies_says_so_and_what_to_do() {
    let data = folder();
    let collector = Collector::start(data.path());
    let answer = collector.get("/api/v1/compliance");
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("no_policies") && answer.text().contains("--policy"), "{}", answer.text());
    assert!(!collector.get("/metrics").text().contains("hogusu_compliance_"));
}

#[test]
fn files_with_an_error_are_refused_at_the_start_by_file_line_and_remedy() {
    let (data, policies) = (folder(), policies(&GOOD.replace("mutual_tls", "mutual_tsl")));
    let output = command(data.path()).arg("--policy").arg(policies.path()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("mesh.yaml:6:") && said.contains("mutual_tsl") && said.contains("write one of"), "{said}");
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0, "nothing was made for it");
}

#[test]
fn a_change_for_the_worse_leaves_what_was_in_force_and_shows_in_log_and_metrics_until_it_is_mended() {
    let (data, policies) = (folder(), policies(GOOD));
    let file = policies.path().join("mesh.yaml");
    let collector = serving(data.path(), policies.path());
    let ids = || judged(&collector, "since=5m").policies.into_iter().map(|policy| policy.id).collect::<Vec<_>>();
    assert_eq!(ids(), ["mutual-tls"]);
    std::fs::write(&file, GOOD.replace("severity: high", "severity: loud")).unwrap();
    comes(|| collector.metric("hogusu_collector_policy_files_refused ") == 1.0);
    assert_eq!(ids(), ["mutual-tls"], "those before stay");
    assert_eq!(collector.metric("hogusu_collector_policy_loads_total{result=\"failed\"} "), 1.0);
    std::fs::write(&file, GOOD.replace("id: mutual-tls", "id: encrypted")).unwrap();
    comes(|| ids() == ["encrypted"]);
    comes(|| collector.metric("hogusu_collector_policy_files_refused ") == 0.0);
    comes(|| collector.get("/metrics").text().contains("policy=\"encrypted\""));
    assert!(!collector.get("/metrics").text().contains("policy=\"mutual-tls\""), "what is gone is not shown");
    let (_, log) = collector.terminate();
    assert!(log.contains("those before them stay in force") && log.contains("mesh.yaml:4:"), "{log}");
}

#[test]
fn metrics_of_a_policy_are_its_numerators_denominators_and_completeness_and_that_it_is_not_proven() {
    let (data, policies) = (folder(), policies(GOOD));
    let first = serving(data.path(), policies.path());
    deliver(&first);
    first.terminate();
    let collector = serving(data.path(), policies.path());
    comes(|| collector.metric("hogusu_collector_policy_judgements_total{result=\"ok\"} ") >= 1.0);
    let report = judged(&collector, "since=5m");
    let requests = &report.policies[0].requests;
    let metric = |name: &str| collector.metric(name);
    assert!(requests.seen > 0);
    let of = |state: &str| {
        metric(&format!("hogusu_compliance_units{{policy=\"mutual-tls\",unit=\"requests\",state=\"{state}\"}} "))
    };
    let counts = ["compliant", "violating", "excepted", "undecidable", "unobserved"].map(of);
    let known = [requests.compliant, requests.violating, requests.excepted, requests.undecidable, requests.unobserved];
    assert_eq!(counts, known.map(|count| f64::from(u32::try_from(count).unwrap())));
    for name in ["decided", "seen", "lost", "at_least"] {
        metric(&format!("hogusu_compliance_{name}{{policy=\"mutual-tls\",unit=\"requests\"}} "));
    }
    assert_eq!(metric("hogusu_compliance_verdict{policy=\"mutual-tls\",verdict=\"not_proven\"} "), 1.0);
    assert!(metric("hogusu_compliance_seconds{state=\"period\"} ") == 300.0);
    assert!(metric("hogusu_collector_policy_judged_to_timestamp_seconds ") > 0.0);
}

#[test]
fn more_policies_than_a_collector_shows_are_refused_with_how_many_it_takes() {
    let many: String = (0..251).map(|number| GOOD.replace("mutual-tls", &format!("p{number}")) + "---\n").collect();
    let (data, policies) = (folder(), policies(many.trim_end_matches("---\n")));
    let output = command(data.path()).arg("--policy").arg(policies.path()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("251 policies are more than the 250"), "{said}");
}

#[test]
fn step_by_step_a_period_adds_up_to_the_whole_and_what_is_no_step_is_refused_with_one_that_is() {
    let (data, policies) = (folder(), policies(GOOD));
    let collector = serving(data.path(), policies.path());
    let (from, to) = deliver(&collector);
    let files = policies.path().to_str().unwrap().to_owned();
    let asked = ["compliance", "--policy", &files, "--from", &from, "--to", &to];
    let step = |step: &'static str, format: &'static str| {
        hogusu(&collector, &[&asked[..], &["--step", step, "--format", format]].concat())
    };
    let output = step("20s", "json");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let over: OverTime = serde_json::from_slice(&output.stdout).unwrap();
    let seen: Vec<u64> = over.policies[0].points.iter().map(|point| point.requests.seen).collect();
    let whole = judged(&collector, &format!("from={from}&to={to}")).policies[0].requests.seen;
    assert_eq!((seen.len(), seen.iter().sum::<u64>()), (3, whole));
    assert!(whole > 0 && over.judged_by.contains("past traffic"));
    let table = String::from_utf8(step("20s", "table").stdout).unwrap();
    assert!(table.contains("of 3 steps 0 violating, 3 not proven") && table.contains("past traffic"), "{table}");
    for (wanted, format, said) in
        [("15s", "table", "give a multiple of 10s"), ("20s", "junit", "--step is shown as table or json")]
    {
        let refused = step(wanted, format);
        let told = String::from_utf8(refused.stderr).unwrap();
        assert!(refused.status.code() == Some(2) && told.contains(said), "{told}");
    }
    let long = ["compliance", "--policy", &files, "--since", "30d", "--step", "10s"];
    let told = String::from_utf8(hogusu(&collector, &long).stderr).unwrap();
    assert!(told.contains("or longer"), "{told}");
}
