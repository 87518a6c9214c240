//! `hogusu compliance` as a gate of CI, and the files that it reads: what cannot be told passes no gate, and nothing is left out without a word.

use std::path::Path;
use std::process::{Command, Output};

use hogusu_model::{Security, TlsVersion};

use crate::command_line::{hogusu, text};
use crate::compliance::{POLICIES, attributed, good};
use crate::world::{Report, World};

async fn code(world: World, fail_on: &'static [&'static str]) -> (Option<i32>, String, String) {
    let (output, _) = hogusu(attributed(world), [&["compliance", "--policy", POLICIES], fail_on].concat().leak()).await;
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
async fn a_gate_that_asks_for_a_rate_where_there_is_none_is_not_passed() {
    let mut undecided = World::of(&["shop/web", "shop/cart"]);
    undecided.row("shop/web", &Report::source("shop/web", "shop/cart").count(100, 5));
    for fail_on in ["violating,below=99.9", "below=99.9", "violating"] {
        let (code, _, told) = code(undecided.clone(), vec!["--fail-on", fail_on].leak()).await;
        assert_eq!(code, Some(5), "{fail_on}: {told}");
    }
    let nothing = World::of(&["shop/web"]);
    for (fail_on, wanted) in [("below=99.9", 5), ("floor-below=99.9", 5), ("violating", 0)] {
        let (code, _, told) = code(nothing.clone(), vec!["--fail-on", fail_on].leak()).await;
        assert_eq!(code, Some(wanted), "{fail_on}: {told}");
    }
}

#[tokio::test]
async fn one_that_is_compliant_passes_no_gate_for_many_that_cannot_be_told() {
    let undecided = |report: Report| report.count(100_000, 5);
    let mut requests = World::of(&["shop/web", "shop/cart"]);
    requests.calls("shop/web", "shop/cart", 1, 5);
    requests.row("shop/web", &undecided(Report::source("shop/web", "shop/cart")));
    let mut connections = World::of(&["shop/web", "shop/cart"]);
    connections.calls("shop/web", "shop/cart", 100, 5);
    connections.row("shop/web", &undecided(Report::source("shop/web", "shop/cart").tcp()));
    for world in [requests, connections] {
        for fail_on in ["violating", "violating,below=99.9", "below=0"] {
            let (code, _, told) = code(world.clone(), vec!["--fail-on", fail_on].leak()).await;
            assert_eq!(code, Some(5), "{fail_on}: {told}");
        }
    }
}

#[tokio::test]
async fn where_there_is_nothing_but_loss_the_floor_is_below() {
    let mut lost = World::of(&["shop/web", "shop/cart"]);
    let cart = lost.sender("shop/cart");
    (cart.lost_batches, cart.lost_exchanges) = (2, 5_100);
    let (code, table, told) = code(lost, &["--fail-on", "violating,floor-below=99.9"]).await;
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("mutual-tls: floor of requests 0 of 5100 (0 %) is below 99.9 %"), "{told}");
    assert!(table.contains("requests    0 of 0 (-), floor 0 %"), "{table}");
}

#[tokio::test]
async fn a_bound_in_per_cent_is_held_exactly_and_none_below_one_is_taken() {
    let mut world = World::of(&["shop/web", "shop/cart"]);
    world.calls("shop/web", "shop/cart", 40_959, 5);
    for report in [Report::source("shop/web", "shop/cart"), Report::destination("shop/web", "shop/cart")] {
        let name = if report.key.security == Security::Tls { "shop/web" } else { "shop/cart" };
        world.row(name, &report.plaintext().count(41, 5));
    }
    assert_eq!(code(world.clone(), &["--fail-on", "below=99.9"]).await.0, Some(0), "40959 of 41000 is 99.9 %");
    assert_eq!(code(world.clone(), &["--fail-on", "below=99.9000001"]).await.0, Some(1));
    let (code, _, told) = code(world, &["--fail-on", "below=0.999"]).await;
    assert_eq!(code, Some(2));
    assert!(told.contains("less than one per cent"), "{told}");
}

#[tokio::test]
async fn what_no_policy_of_the_wire_judges_is_in_every_report() {
    let mut world = good();
    let to_nobody = |key: &mut hogusu_model::SeriesKey| {
        (key.peer.workload, key.tls_version) = (hogusu_model::Workload::default(), TlsVersion::None);
        key.peer.address = "10.3.3.3".to_owned();
        key.service.host.clear();
    };
    world.row("shop/web", &Report::source("shop/web", "any/one").plaintext().with(to_nobody).count(4_000, 5));
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/strict/");
    for (file, wanted) in [
        (
            "mutual-tls.yaml",
            "4000 requests and 0 connections on 1 edges are not known to be in the scope of a policy that says how they must be secured; 4000 of them were sent in plaintext",
        ),
        (
            "confirmed.yaml",
            "4100 requests and 0 connections on 2 edges are not known to be in the scope of a policy that says how they must be secured; 4000 of them were sent in plaintext",
        ),
    ] {
        let arguments = vec!["compliance", "--policy", format!("{folder}{file}").leak()].leak();
        let (output, _) = hogusu(attributed(world.clone()), arguments).await;
        let table = text(&output.stdout);
        assert!(table.contains(wanted), "{table}{}", text(&output.stderr));
        assert!(table.contains("NOT PROVEN"), "4,000 calls in plaintext may go to a workload: {table}");
    }
}

fn check(path: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hogusu")).args(["policy", "check"]).arg(path).output().unwrap()
}

#[test]
fn a_folder_leaves_no_file_out_without_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str| folder.path().join(name);
    let good = |id: &str| {
        format!("schema: hogusu.policy/v1\nid: {id}\nquestion: q\nseverity: high\nowner: o\nrule: mutual_tls\n")
    };
    std::fs::write(of("a.yaml"), good("a")).unwrap();
    std::fs::write(of("d.YAML"), good("d")).unwrap();
    std::fs::write(of("e.json"), "{\"schema\": \"hogusu.policy/v1\", \"id\": \"e\", \"question\": \"q\", \"severity\": \"high\", \"owner\": \"o\", \"rule\": \"mutual_tls\"}").unwrap();
    std::fs::write(of("README.md"), "# Ours").unwrap();
    std::fs::write(of(".hidden.yaml"), "nothing").unwrap();
    let all = check(folder.path());
    assert_eq!(
        (all.status.code(), text(&all.stdout).as_str()),
        (Some(0), "3 policies in order, 0 errors, 0 warnings\n")
    );
    std::fs::write(of("old.yaml.bak"), good("old")).unwrap();
    std::os::unix::fs::symlink(of("not-there"), of("b.yaml")).unwrap();
    std::fs::create_dir(of("sub")).unwrap();
    std::fs::write(of("sub/c.yaml"), "invalid").unwrap();
    std::fs::write(of("f.yaml"), [b"id: x\n".as_slice(), &[0xff, 0xfe]].concat()).unwrap();
    let mut long = "# ä".repeat(4 * 1024 * 1024);
    long.insert(0, '#');
    std::fs::write(of("g.yaml"), long).unwrap();
    let some = check(folder.path());
    let told = text(&some.stdout);
    assert_eq!(some.status.code(), Some(1), "{told}");
    for part in [
        "b.yaml:1:1: error: ",
        "sub:1:1: error: a folder within a folder is not read; name it as well",
        "f.yaml:2:1: error: it is not UTF-8; ",
        "g.yaml:1:1: error: it is longer than 10485760 bytes; ",
        "old.yaml.bak:1:1: warning: it is not read; ",
        "3 policies in order, 4 errors, 1 warnings",
    ] {
        assert!(told.contains(part), "{part}\nis not in\n{told}");
    }
}

#[test]
fn a_folder_of_folders_says_which_may_be_named() {
    let sets = check(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../policies")));
    let told = text(&sets.stderr);
    assert_eq!(sets.status.code(), Some(2), "{told}");
    assert!(told.contains("name one: ") && told.contains("policies/baseline, "), "{told}");
}
