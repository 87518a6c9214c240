//! Backups through a running collector and the command line: the same answers after a restore, and what is refused with which exit code.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::baselines::{fails, said, save};
use super::batches::Filter;
use super::hours::{four_hours, time};
use super::process::{Collector, PROTOBUF, command, files, folder, now};

const SECOND: u64 = 1_000_000_000;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

/// A map and everything beside it, without what is of the moment or of the process.
fn answers(collector: &Collector, first: u64, to: u64) -> Vec<Value> {
    let to = hogusu_collector::report::Moment(to);
    let period = format!("from={}&to={to}", time(first));
    let targets = [
        format!("/api/v1/map?{period}&limit=500"),
        format!("/api/v1/senders?{period}"),
        "/api/v1/baselines".to_owned(),
        format!("/api/v1/diff?a=before&b={}/{}", time(first + 2), time(first + 4)),
    ];
    let answer = |target: &String| {
        let answer = collector.get(target);
        assert_eq!(answer.status, 200, "{target}: {}", answer.text());
        let mut value: Value = serde_json::from_slice(&answer.body).unwrap();
        if let Some(object) = value.as_object_mut() {
            for of_the_moment in ["now", "sealed_to"] {
                object.remove(of_the_moment);
            }
        }
        value
    };
    targets.iter().map(answer).collect()
}

#[test]
fn a_restored_backup_answers_as_the_running_collector_did() {
    let (data, elsewhere) = (folder(), folder());
    let (collector, first) = four_hours(data.path());
    assert!(save(data.path(), "before", &time(first), &time(first + 2)).status.success());
    let begun = now() - 60 * SECOND;
    let mut filter = Filter::new(2, begun);
    for count in [3, 4, 5] {
        assert_eq!(collector.deliver(&filter.batch(count)).status, 200);
    }
    let truth = answers(&collector, first, begun + 15 * SECOND);
    let backup = elsewhere.path().join("backup");
    let made = said(&["backup", text(&backup), "--data", text(data.path()), "--format", "json"]);
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!((&made["schema"], &made["folder"]), (&"hogusu.backup_summary/v1".into(), &text(&backup).into()));
    assert_eq!(collector.post(PROTOBUF, &filter.batch(700)).status, 200, "it goes on");
    assert_eq!((mode(&backup), mode(&backup.join("slots"))), (0o700, 0o700));
    for part in ["journal", "slots", "baselines"] {
        let of_part = files(&backup, part);
        assert!(!of_part.is_empty() && of_part.iter().all(|(path, _)| mode(path) == 0o600), "{part}: {of_part:?}");
    }
    let (into, original) = (elsewhere.path().join("restored"), text(data.path()));
    fails(&["restore", text(&backup), "--data", original], 4, "holds");
    let restored = said(&["restore", text(&backup), "--data", text(&into)]);
    assert!(restored.starts_with("restored 20") && restored.contains(" files, "), "{restored}");
    assert_eq!(mode(&into), 0o700);
    // As the example has it.
    let mut of_one_word = Command::new(env!("CARGO_BIN_EXE_hogusu"));
    of_one_word.current_dir(elsewhere.path()).args(["restore", text(&backup), "--data", "hogusu-data"]);
    assert!(of_one_word.output().unwrap().status.success() && elsewhere.path().join("hogusu-data/slots").is_dir());
    let copy = Collector::started(
        command(&into).arg("--expect").arg(data.path().join("expected.json")).spawn().unwrap(),
        "http",
    );
    assert_eq!(answers(&copy, first, begun + 15 * SECOND), truth);
    let log = copy.terminate().1;
    assert!(!log.contains("damaged") && !log.contains("ERROR"), "{log}");
    fails(&["restore", text(&backup), "--data", text(&into)], 4, "holds");
}

#[test]
fn what_cannot_be_backed_up_or_restored_is_refused_with_a_remedy() {
    let (data, elsewhere) = (folder(), folder());
    let collector = Collector::start(data.path());
    assert_eq!(collector.deliver(&Filter::new(1, now() - 10 * SECOND).batch(3)).status, 200);
    let of = |name: &str| elsewhere.path().join(name);
    let original = text(data.path());
    fails(&["backup", "here", "--data", original], 2, "give an absolute path");
    fails(&["backup", text(&data.path().join("inside")), "--data", original], 4, "it is in the data folder");
    assert!(!data.path().join("inside").exists());
    symlink(data.path().join("slots"), of("link")).unwrap();
    fails(&["backup", text(&of("link")), "--data", original], 4, "it is in the data folder");
    fails(&["backup", text(&of("a/b")), "--data", original], 4, "give a new or empty folder");
    std::fs::create_dir(of("full")).unwrap();
    std::fs::write(of("full/mine.txt"), "mine").unwrap();
    fails(&["backup", text(&of("full")), "--data", original], 4, "it holds mine.txt; give a new or empty folder");
    assert_eq!(std::fs::read_dir(of("full")).unwrap().count(), 1, "nothing of it was touched");
    std::fs::create_dir(of("empty")).unwrap();
    let made = said(&["backup", text(&of("empty")), "--data", original]);
    assert!(made.starts_with("backup of 20"), "{made}");
    fails(&["backup", text(&of("empty")), "--data", original], 4, "it holds");

    fails(&["restore", text(&of("full")), "--data", text(&of("new"))], 4, "there is no backup.json");
    fails(&["restore", text(&of("empty")), "--data", text(&of("empty/data"))], 2, "one within the other");
    fails(&["restore", text(&of("empty")), "--data", original], 4, "holds");
    let serving = command(&of("empty")).output().unwrap();
    let error = String::from_utf8_lossy(&serving.stderr).into_owned();
    assert!(
        serving.status.code() == Some(1) && error.contains("`hogusu restore` makes a data folder of it"),
        "{error}"
    );
    let segment = files(&of("empty"), "journal")[0].0.clone();
    let sound = std::fs::read(&segment).unwrap();
    std::fs::remove_file(&segment).unwrap();
    symlink("/etc/hostname", &segment).unwrap();
    let name = segment.file_name().unwrap().to_str().unwrap();
    fails(&["restore", text(&of("empty")), "--data", text(&of("new"))], 4, "it is no plain file");
    std::fs::remove_file(&segment).unwrap();
    let mut hurt = sound.clone();
    hurt[30] ^= 1;
    std::fs::write(&segment, &hurt).unwrap();
    fails(
        &["restore", text(&of("empty")), "--data", text(&of("new"))],
        4,
        &format!("journal/{name} of the backup is damaged"),
    );
    assert!(!of("new").exists(), "nothing was made");
    std::fs::write(&segment, &sound).unwrap();
    std::fs::write(of("empty/lock"), "").unwrap();
    said(&["restore", text(&of("empty")), "--data", text(&of("new"))]);
    std::fs::write(of("new/restore.unfinished"), "").unwrap();
    let serving = command(&of("new")).output().unwrap();
    let error = String::from_utf8_lossy(&serving.stderr).into_owned();
    assert!(serving.status.code() == Some(1) && error.contains("a restore into it was not finished"), "{error}");
    said(&["restore", text(&of("empty")), "--data", text(&of("new"))]);
    assert_eq!(Collector::start(&of("new")).counts(), [("workload-1".to_owned(), 3)]);

    collector.kill();
    fails(&["backup", text(&of("late")), "--data", original], 3, "is `hogusu serve` running with that folder?");
}

#[test]
fn what_is_refused_leaves_nothing_behind_in_a_backup() {
    let (data, elsewhere) = (folder(), folder());
    let collector = Collector::start(data.path());
    assert_eq!(collector.deliver(&Filter::new(1, now() - 10 * SECOND).batch(3)).status, 200);
    let backup = elsewhere.path().join("backup");
    said(&["backup", text(&backup), "--data", text(data.path())]);
    let names = || {
        let mut names: Vec<_> = std::fs::read_dir(&backup).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    symlink(&backup, elsewhere.path().join("link")).unwrap();
    let inside = ["backup/a/b/c", "backup/slots/a", "none/../backup/a/b", "link/a/b"];
    for place in inside {
        let target = elsewhere.path().join(place);
        fails(&["restore", text(&backup), "--data", text(&target)], 2, "one within the other");
        assert_eq!(names(), before, "{place}");
        assert!(!backup.join("slots/a").exists() && !elsewhere.path().join("none").exists(), "{place}");
    }
    let taken = collector.address.to_string();
    for listen in ["127.0.0.1:0", &taken] {
        let mut serving = Command::new(env!("CARGO_BIN_EXE_hogusu"));
        serving.args(["serve", "--listen", listen, "--data", text(&backup)]);
        let output = serving.output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains("`hogusu restore` makes a data folder of it"), "{error}");
        assert_eq!((output.status.code(), names()), (Some(1), before.clone()), "{error}");
    }
    said(&["restore", text(&backup), "--data", text(&elsewhere.path().join("new/one"))]);
}

#[test]
fn neither_a_backup_nor_a_data_folder_is_made_in_one_that_is_somebody_elses() {
    let (data, other, elsewhere) = (folder(), folder(), folder());
    let collector = Collector::start(data.path());
    let neighbour = Collector::start(other.path());
    assert_eq!(collector.deliver(&Filter::new(1, now() - 10 * SECOND).batch(3)).status, 200);
    let [backup, second] = ["backup", "second"].map(|name| elsewhere.path().join(name));
    for made in [&backup, &second] {
        said(&["backup", text(made), "--data", text(data.path())]);
    }
    std::fs::create_dir(other.path().join("mine")).unwrap();
    symlink(other.path().join("mine"), elsewhere.path().join("link")).unwrap();
    for (place, what) in [
        (other.path().join("inside"), "which is a data folder; give one elsewhere"),
        (other.path().join("slots/inside"), "which is a data folder; give one elsewhere"),
        (elsewhere.path().join("link/inside"), "which is a data folder; give one elsewhere"),
        (second.join("inside"), "which is a backup; give one elsewhere"),
    ] {
        fails(&["backup", text(&place), "--data", text(data.path())], 4, what);
        assert!(!place.exists(), "{}", place.display());
        let what = what.replace("give one", "give a data folder");
        fails(&["restore", text(&backup), "--data", text(&place)], 2, &what);
        assert!(!place.exists(), "{}", place.display());
    }
    // Of one that nobody runs it holds too.
    assert!(neighbour.terminate().0.success());
    let place = other.path().join("inside");
    fails(&["restore", text(&backup), "--data", text(&place)], 2, "which is a data folder");
}

#[test]
fn backups_are_asked_for_by_the_socket_of_the_data_folder_alone() {
    let data = folder();
    let collector = Collector::start(data.path());
    assert_eq!(collector.ask("POST", "/api/v1/backups").status, 405);
    let help = Command::new(env!("CARGO_BIN_EXE_hogusu")).args(["backup", "--help"]).output().unwrap();
    assert!(String::from_utf8(help.stdout).unwrap().contains("Example: hogusu backup /"));
}
