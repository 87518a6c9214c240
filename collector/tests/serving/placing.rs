//! Places of the graph's nodes: the same for everybody who asks, whatever for, over restarts, and in a restored backup; anew only by an act.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::baselines::{fails, said};
use super::batches::{FLUSH, Filter};
use super::process::{Collector, folder, now};

/// Each node's lane, column and row, by its label; and what is said of the epoch.
fn placed(collector: &Collector, question: &str) -> (BTreeMap<String, Value>, Value) {
    let answer = collector.get(&format!("/api/v1/graph?since=10m{question}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let graph: Value = serde_json::from_slice(&answer.body).unwrap();
    let (nodes, lanes) = (&graph["nodes"], &graph["placing"]["lanes"]);
    let of = |(place, label): (usize, &Value)| {
        let lane = usize::try_from(nodes["lane"][place].as_u64().unwrap()).unwrap();
        assert_eq!(lanes["namespace"][lane], nodes["namespace"][place], "a lane is a namespace");
        let key = json!([lanes["place"][lane], nodes["column"][place], nodes["row"][place]]);
        (label.as_str().unwrap().to_owned(), key)
    };
    (nodes["label"].as_array().unwrap().iter().enumerate().map(of).collect(), graph["placing"].clone())
}

fn deliver(collector: &Collector, numbers: std::ops::Range<u8>) {
    for number in numbers {
        let mut filter = Filter::new(number, now() - 10 * FLUSH);
        assert_eq!(collector.deliver(&filter.batch(u64::from(number) * 10)).status, 200);
    }
}

fn renew(data: &Path) -> Value {
    serde_json::from_str(&said(&["placing", "renew", "--data", data.to_str().unwrap(), "--format", "json"])).unwrap()
}

#[test]
fn nobody_moves_whoever_comes_whatever_is_asked_and_after_a_restart() {
    let data = folder();
    let collector = Collector::start(data.path());
    assert_eq!(placed(&collector, "").1, Value::Null, "there is nothing to place");
    deliver(&collector, 1..5);
    let (first, epoch) = placed(&collector, "");
    assert_eq!((first.len(), &epoch["began_with"], &epoch["added"]), (5, &json!(5), &json!(0)));
    assert_eq!((&first["shop/workload-1"][1], &first["shop/orders"][1]), (&json!(0), &json!(1)));

    deliver(&collector, 5..7);
    // Who asks for a part of it sees those that came, and everybody else sees the same.
    let (part, grown) = placed(&collector, "&workload=shop/workload-5");
    assert_eq!((part.len(), &grown["epoch"], &grown["added"]), (2, &epoch["epoch"], &json!(2)));
    let (all, told) = placed(&collector, "");
    assert_eq!((all.len(), &told), (7, &grown));
    assert!(first.iter().chain(&part).all(|(label, place)| all[label] == *place), "{first:?} {part:?} {all:?}");

    assert!(collector.terminate().0.success());
    let collector = Collector::start(data.path());
    assert_eq!(placed(&collector, ""), (all, told));
}

#[test]
fn a_new_epoch_begins_when_a_person_asks_for_it_and_every_place_is_kept_when_it_cannot() {
    let data = folder();
    let collector = Collector::start(data.path());
    let of_data = data.path().to_str().unwrap();
    fails(&["placing", "renew", "--data", of_data], 4, "nothing was seen");
    deliver(&collector, 1..3);
    let (_, before) = placed(&collector, "");
    deliver(&collector, 3..6);
    assert_eq!(placed(&collector, "").1["added"], 3);
    let renewed = renew(data.path());
    assert_eq!((&renewed["schema"], &renewed["places"]), (&json!("hogusu.placing/v1"), &json!(6)));
    let (_, after) = placed(&collector, "");
    assert_ne!(after["epoch"], before["epoch"]);
    assert_eq!((&after["epoch"], &after["began_with"], &after["added"]), (&renewed["epoch"], &json!(6), &json!(0)));
    assert_eq!(collector.ask("POST", "/api/v1/placing").status, 405, "by no listening address");
    assert!(said(&["placing", "renew", "--data", of_data]).starts_with("laid out anew: epoch 20"));
    drop(collector);
    fails(&["placing", "renew", "--data", of_data], 3, "cannot reach the collector");
}

#[test]
fn a_restored_backup_has_the_same_places_and_a_broken_file_is_named_and_laid_aside() {
    let (data, elsewhere) = (folder(), folder());
    let collector = Collector::start(data.path());
    deliver(&collector, 1..4);
    placed(&collector, "");
    deliver(&collector, 4..6);
    let truth = placed(&collector, "");
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (backup, into) = (elsewhere.path().join("backup"), elsewhere.path().join("restored"));
    said(&["backup", &text(&backup), "--data", &text(data.path())]);
    assert!(collector.terminate().0.success());
    said(&["restore", &text(&backup), "--data", &text(&into)]);
    let copy = Collector::start(&into);
    assert_eq!(placed(&copy, ""), truth);
    assert!(copy.terminate().0.success());

    let file = into.join("placing.epoch");
    let mut bytes = std::fs::read(&file).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let copy = Collector::start(&into);
    let (places, epoch) = placed(&copy, "");
    assert_eq!((places.len(), &epoch["began_with"]), (6, &json!(6)), "a new epoch begins with all that is there");
    let log = copy.terminate().1;
    assert!(log.contains("placing.epoch") && log.contains("length or checksum is not that of its header"), "{log}");
    assert_eq!(std::fs::read(into.join("placing.epoch.damaged")).unwrap(), bytes);
}
