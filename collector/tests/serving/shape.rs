//! `hogusu impact` and `hogusu entries` through a running collector: what it took is what they tell, and a lost batch makes one entry point
//! uncertain and no other.

use std::process::Command;

use serde_json::Value;

use super::batches::{FLUSH, Filter};
use super::process::{Collector, command, folder, now};

const SLOT: u64 = 10_000_000_000;
const BATCHES: u64 = 12;

fn json(collector: &Collector, arguments: &[&str]) -> Value {
    let url = format!("http://{}", collector.address);
    let mut program = Command::new(env!("CARGO_BIN_EXE_hogusu"));
    let output = program.args(arguments).args(["--format", "json", "--url", &url]).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_lost_batch_makes_the_impact_on_its_workload_uncertain_and_on_no_other() {
    let (data, declared) = (folder(), folder());
    let expected = declared.path().join("expected.json");
    let workloads = [1, 2].map(|number| format!(r#"{{"namespace":"shop","name":"workload-{number}","proxies":1}}"#));
    std::fs::write(&expected, format!(r#"{{"workloads":[{}]}}"#, workloads.join(","))).unwrap();
    let child = command(data.path()).arg("--expect").arg(&expected).spawn().unwrap();
    let collector = Collector::started(child, "http");
    let begun = now() / SLOT * SLOT - BATCHES * FLUSH;
    for number in [1, 2] {
        let mut filter = Filter::new(number, begun);
        for place in 0..BATCHES {
            let body = filter.batch(u64::from(number) * 10);
            // One of the second workload is never delivered.
            if (number, place) != (2, 5) {
                assert_eq!(collector.deliver(&body).status, 200);
            }
        }
    }
    let time = |nanos| hogusu_collector::report::Moment(nanos).to_string();
    let period = ["--from", &time(begun), "--to", &time(begun + BATCHES * FLUSH)];
    let found = json(&collector, &[&["impact", "shop/orders"][..], &period].concat());
    let hit = |place: usize| {
        let hit = &found["entries"][place];
        (hit["workload"].as_str().unwrap(), hit["certainty"].as_str().unwrap(), hit["requests"].as_u64().unwrap())
    };
    assert_eq!(found["completeness"]["batches"]["lost"], 1, "{found:#}");
    assert_eq!([hit(0), hit(1)], [("shop/workload-1", "certain", 120), ("shop/workload-2", "as_observed", 220)]);
    let entries = json(&collector, &[&["entries"][..], &period].concat());
    assert_eq!(
        (&entries["entries"][0]["workload"], &entries["entries"][0]["depth"]),
        (&"shop/workload-2".into(), &1.into())
    );
}
