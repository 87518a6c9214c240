//! Starts and stops: one process per folder, SIGTERM in order, `kill -9` without loss.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::batches::Filter;
use super::process::{Collector, PROTOBUF, command, files, folder, now, post, read};

const SECOND: u64 = 1_000_000_000;

#[test]
fn a_second_process_on_the_folder_is_refused_and_told_who_holds_it() {
    let data = folder();
    let collector = Collector::start(data.path());
    let second = command(data.path()).output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(3), "{said}");
    for part in [
        data.path().to_str().unwrap(),
        &format!("process {}", collector.id()),
        &collector.address.to_string(),
        "--data",
    ] {
        assert!(said.contains(part), "{said:?} does not name {part:?}");
    }
    assert_eq!(collector.get("/readyz").status, 200);
}

#[test]
fn a_process_that_cannot_listen_makes_no_folder_and_a_second_one_is_told_of_the_first() {
    let parent = folder();
    let (taken, new) = (TcpListener::bind("127.0.0.1:0").unwrap(), parent.path().join("new"));
    let address = taken.local_addr().unwrap().to_string();
    let output = command(&new).args(["--listen", &address]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("cannot listen on {address}")), "{said}");
    assert!(!new.exists());
    let collector = Collector::start(&new);
    let output = command(&new).args(["--listen", &collector.address.to_string()]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains(&format!("process {}", collector.id())), "{said}");
}

#[test]
fn a_data_folder_that_is_a_file_is_said_to_be_one() {
    let parent = folder();
    let file = parent.path().join("data");
    std::fs::write(&file, "mine").unwrap();
    let output = command(&file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("it is a file and no folder; --data names another one"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn a_name_in_place_of_an_address_to_listen_on_is_answered_with_what_is_wanted() {
    let output = command(folder().path()).args(["--listen", "localhost:7070"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("give an IP address and a port, as 127.0.0.1:7070 or [::1]:7070"), "{said}");
}

#[test]
fn the_folder_is_free_again_after_a_kill() {
    let data = folder();
    Collector::start(data.path()).kill();
    assert_eq!(Collector::start(data.path()).get("/readyz").status, 200);
}

#[test]
fn an_address_beyond_loopback_is_refused_without_tls() {
    let data = folder();
    let mut refused = command(data.path());
    let output = refused.args(["--listen", "0.0.0.0:0"]).stdout(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("0.0.0.0:0") && said.contains("--tls-cert"), "{said}");
}

#[test]
fn a_stop_by_sigterm_moves_everything_into_the_store() {
    let data = folder();
    let collector = Collector::start(data.path());
    let mut filter = Filter::new(1, now() - 10 * SECOND);
    assert_eq!(collector.deliver(&filter.batch(5)).status, 200);
    assert_eq!(collector.deliver(&filter.batch(6)).status, 200);
    let (status, log) = collector.terminate();
    assert!(status.success(), "{log}");
    assert_eq!(files(data.path(), "journal").len(), 1, "one segment is left");
    assert_eq!(files(data.path(), "journal")[0].1, 24, "and nothing is in it");
    assert_eq!(files(data.path(), "slots").len(), 1);
    let again = Collector::start(data.path());
    assert_eq!(again.counts(), [("workload-1".to_owned(), 11)]);
    assert_eq!(again.metric("hogusu_collector_batches_replayed_total"), 0.0);
}

#[test]
fn what_was_acknowledged_before_a_kill_is_there_after_it() {
    let data = folder();
    let collector = Collector::start(data.path());
    let mut filter = Filter::new(1, now() - 10 * SECOND);
    let (first, second) = (filter.batch(5), filter.batch(6));
    assert_eq!(collector.deliver(&first).status, 200);
    assert_eq!(collector.deliver(&second).status, 200);
    collector.kill();
    let again = Collector::start(data.path());
    assert_eq!(again.metric("hogusu_collector_batches_replayed_total"), 2.0);
    assert_eq!(again.deliver(&second).status, 200, "the acknowledgement may have been lost: it is delivered again");
    assert_eq!(again.counts(), [("workload-1".to_owned(), 11)]);
}

#[test]
fn idle_connections_do_not_hold_up_a_stop() {
    let data = folder();
    let collector = Collector::start(data.path());
    let silent = collector.connect();
    let mut kept = collector.connect();
    kept.write_all(b"GET /healthz HTTP/1.1\r\nhost: c\r\n\r\n").unwrap();
    assert_eq!(read(&mut kept).unwrap().status, 200);
    let begun = now();
    let (status, log) = collector.terminate();
    assert!(status.success(), "{log}");
    assert!(now() - begun < 5 * SECOND, "{log}");
    drop((silent, kept));
}

/// Waits until the collector says whether it is ready.
fn until_ready(collector: &Collector, ready: bool) {
    let begun = now();
    while (collector.get("/readyz").status == 200) != ready {
        assert!(now() - begun < 20 * SECOND, "it never says so");
        std::thread::yield_now();
    }
}

#[test]
fn a_data_folder_that_is_removed_under_it_is_noticed_before_anything_more_is_acknowledged() {
    let data = folder();
    let collector = Collector::start(data.path());
    let mut filter = Filter::new(1, now() - 10 * SECOND);
    assert_eq!(collector.deliver(&filter.batch(5)).status, 200);
    std::fs::remove_dir_all(data.path()).unwrap();
    let answer = collector.deliver(&filter.batch(6));
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.text().contains("was removed or replaced"), "{}", answer.text());
    assert!(answer.head.contains("retry-after"), "{}", answer.head);
    until_ready(&collector, false);
    assert_eq!(collector.get("/healthz").status, 200);
    let (status, log) = collector.terminate();
    assert_eq!(status.code(), Some(1), "{log}");
    assert_eq!(log.matches("no batch is taken any more").count(), 1, "{log}");
    assert!(log.contains("put it back"), "{log}");
}

#[test]
fn a_data_folder_that_was_moved_away_and_back_is_gone_on_with() {
    let data = folder();
    let inside = data.path().join("data");
    let elsewhere = data.path().join("elsewhere");
    let collector = Collector::start(&inside);
    let mut filter = Filter::new(1, now() - 10 * SECOND);
    assert_eq!(collector.deliver(&filter.batch(5)).status, 200);
    std::fs::rename(&inside, &elsewhere).unwrap();
    let next = filter.batch(6);
    assert_eq!(collector.deliver(&next).status, 503);
    // In its place stands one that looks the same.
    std::fs::create_dir_all(inside.join("journal")).unwrap();
    std::fs::write(inside.join("lock"), "").unwrap();
    assert_eq!(collector.deliver(&next).status, 503);
    std::fs::remove_dir_all(&inside).unwrap();
    std::fs::rename(&elsewhere, &inside).unwrap();
    until_ready(&collector, true);
    assert_eq!(collector.deliver(&next).status, 200);
    let (status, log) = collector.terminate();
    assert!(status.success(), "{log}");
    assert!(log.contains("the data folder is back"), "{log}");
    assert_eq!(Collector::start(&inside).counts(), [("workload-1".to_owned(), 11)]);
}

#[test]
fn an_expected_set_that_cannot_be_read_is_refused_by_name() {
    let data = folder();
    let file = data.path().join("expected.json");
    std::fs::write(&file, "{\"proxies\":[],\"other\":1}").unwrap();
    let output = command(data.path()).arg("--expect").arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(file.to_str().unwrap()) && said.contains("other"), "{said}");
}

/// Where the collector is at the moment.
type Place = Arc<Mutex<SocketAddr>>;

/// Delivers batches one after the other, each until it is acknowledged, and returns how many requests were in them.
fn load(number: u8, place: &Place, acknowledged: &AtomicU64, stop: &AtomicBool) -> u64 {
    let mut filter = Filter::new(number, now() - 300 * SECOND);
    let mut sent = 0;
    while !stop.load(Ordering::Relaxed) {
        let count = 1 + filter.sequence % 7;
        filter.sequence += 1;
        filter.cumulative += count;
        let start = filter.begun + filter.sequence * 10_000_000;
        let body = filter.batch_over(start, start + 10_000_000, count);
        sent += count;
        loop {
            let address = *place.lock().unwrap();
            if post(address, PROTOBUF, &body).is_ok_and(|answer| answer.status == 200) {
                break;
            }
        }
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
    sent
}

#[test]
fn ten_kills_under_load_lose_nothing_and_count_nothing_twice() {
    let data = folder();
    let mut collector = Collector::start(data.path());
    let place: Place = Arc::new(Mutex::new(collector.address));
    let (acknowledged, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let senders: Vec<_> = (1..=4_u8)
        .map(|number| {
            let (place, acknowledged, stop) = (Arc::clone(&place), Arc::clone(&acknowledged), Arc::clone(&stop));
            std::thread::spawn(move || load(number, &place, &acknowledged, &stop))
        })
        .collect();
    for kill in 1..=10_u64 {
        let enough = acknowledged.load(Ordering::Relaxed) + 20 + 13 * kill % 17;
        while acknowledged.load(Ordering::Relaxed) < enough {
            std::thread::yield_now();
        }
        collector.kill();
        collector = Collector::start(data.path());
        *place.lock().unwrap() = collector.address;
    }
    stop.store(true, Ordering::Relaxed);
    let sent: Vec<_> = senders.into_iter().map(|sender| sender.join().unwrap()).collect();
    let expected: Vec<_> = sent.iter().enumerate().map(|(at, sent)| (format!("workload-{}", at + 1), *sent)).collect();
    assert_eq!(collector.counts(), expected);
    let (status, log) = collector.terminate();
    assert!(status.success(), "{log}");
    assert_eq!(Collector::start(data.path()).counts(), expected);
}

#[test]
fn status_says_how_far_each_resolution_is_kept_and_reaches() {
    let data = folder();
    let reaches = |collector: &Collector| {
        let status: Value = serde_json::from_slice(&collector.get("/api/v1/status").body).unwrap();
        status["resolutions"].as_array().unwrap().clone()
    };
    let start = |arguments: &[&str]| {
        let mut command = command(data.path());
        Collector::started(command.args(arguments).spawn().unwrap(), "http")
    };
    let collector = start(&["--keep", "10s=3h", "--retention", "80d"]);
    let told = reaches(&collector);
    let kept: Vec<_> = told.iter().map(|reach| (reach["resolution"].as_str(), reach["keep_s"].as_f64())).collect();
    let day = 86_400.0;
    let wanted = [("10s", 10_800.0), ("1m", 3.0 * day), ("1h", 80.0 * day), ("1d", 80.0 * day)];
    assert_eq!(kept, wanted.map(|(resolution, keep)| (Some(resolution), Some(keep))), "retention bounds all of them");
    assert!(told.iter().all(|reach| reach["from"].is_null() && reach["files"] == 0), "{told:?}");
    let slot = 10 * SECOND;
    let begun = now() / slot * slot - slot;
    assert_eq!(collector.deliver(&Filter::new(1, begun).batch(1)).status, 200);
    collector.terminate();
    let told = reaches(&start(&[]));
    let moment = |nanos| Value::from(hogusu_collector::report::Moment(nanos).to_string());
    assert_eq!((&told[0]["from"], &told[0]["to"]), (&moment(begun), &moment(begun + slot)), "{told:?}");
    assert_eq!((&told[0]["files"], told[0]["bytes"].as_u64() > Some(0)), (&1.into(), true), "{told:?}");
    assert!(told[1]["from"].is_null(), "nothing is rolled up: {told:?}");
}

#[test]
fn check_says_of_an_empty_collector_that_nothing_was_ever_taken_and_how_many_declared_proxies_never_sent() {
    let data = folder();
    let expected = data.path().join("expected.json");
    std::fs::write(&expected, r#"{"workloads":[{"namespace":"shop","name":"workload-1","proxies":2}]}"#).unwrap();
    let child = command(data.path()).arg("--expect").arg(&expected).spawn().unwrap();
    let collector = Collector::started(child, "http");
    let url = format!("http://{}", collector.address);
    let line = || {
        let mut check = std::process::Command::new(env!("CARGO_BIN_EXE_hogusu"));
        let output = check.args(["check", "--url", &url, "--format", "json"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let report: hogusu_collector::check::report::Report = serde_json::from_slice(&output.stdout).unwrap();
        let line = report.lines().find(|line| line.id == "collector-batches").unwrap().clone();
        (line.state, line.said.join("\n"))
    };
    let (state, said) = line();
    assert_eq!(state, hogusu_collector::check::report::State::Warn);
    assert!(
        said.starts_with("no batch was ever taken: ") && said.contains("\n2 of 2 expected proxies sent nothing"),
        "{said}"
    );
    assert_eq!(collector.deliver(&Filter::new(1, now() - 10 * 1_000_000_000).batch(3)).status, 200);
    let (_, said) = line();
    assert!(said.starts_with("1 of 2 expected proxies sent nothing in the last 5 minutes"), "{said}");
}
