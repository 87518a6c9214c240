//! Bundles of reports: worked out again by anybody, to the figure; whatever is changed in one is found and named, and hostile ones are refused.

use std::process::{Command, Output};

use hogusu_collector::bundle::{self, Inputs, digest};
use hogusu_policy::fact::{Class, Completeness, Edge, End, Reporter};
use hogusu_policy::{Facts, File};

use crate::command_line::{hogusu, text};
use crate::compliance::{POLICIES, attributed, planted};

/// 2026-11-24T14:07:00Z.
const END: u64 = 1_795_529_220_000_000_000;
const POLICY: &str = "schema: hogusu.policy/v1\nid: mutual-tls\nquestion: Is each call over mutual TLS?\nseverity: high\nowner: platform\nrule: mutual_tls\n";

fn facts() -> Facts {
    let end = |name: &str| End {
        kind: "workload".to_owned(),
        namespace: "shop".to_owned(),
        name: name.to_owned(),
        label: format!("shop/{name}"),
        ..End::default()
    };
    let class = |security: &str, count| Class {
        security: security.to_owned(),
        outcome: "ok".to_owned(),
        answered_by: "application".to_owned(),
        traffic: "mesh".to_owned(),
        count,
        ..Class::default()
    };
    let classes = vec![class("mutual_tls", 140), class("plaintext", 21)];
    let edge = Edge {
        id: "e1".to_owned(),
        source: end("web"),
        destination: end("cart"),
        protocol: "http".to_owned(),
        measure: "requests".to_owned(),
        destination_report: Some(Reporter { classes, ..Reporter::default() }),
        ..Edge::default()
    };
    Facts {
        mesh: "demo".to_owned(),
        from: "2026-11-24T14:02:00Z".to_owned(),
        to: "2026-11-24T14:07:00Z".to_owned(),
        end: END,
        // A share that no decimal fraction is.
        completeness: Completeness { covered_s: 1.0 / 3.0, ..Completeness::default() },
        edges: vec![edge],
    }
}

fn inputs() -> Inputs {
    let file = |name: &str, text: String| File { name: name.to_owned(), text };
    let other = POLICY.replace("id: mutual-tls", "id: other");
    let files = vec![file("../../etc/passwd", format!("# as it is written \u{e4}\n{POLICY}")), file("b.yaml", other)];
    Inputs::new((files, Vec::new()), (&facts(), "/api/v1/facts".to_owned()), None).unwrap()
}

fn made() -> Vec<u8> {
    let inputs = inputs();
    bundle::make(&inputs, &inputs.judge().unwrap()).unwrap()
}

/// Members of a tar: where each header is, its name, and how long its content is.
fn members(bundle: &[u8]) -> Vec<(usize, String, usize)> {
    let (mut at, mut found) = (0, Vec::new());
    while bundle[at] != 0 {
        let name = text(&bundle[at..at + 100]).trim_end_matches('\0').to_owned();
        let bytes = usize::from_str_radix(&text(&bundle[at + 124..at + 135]), 8).unwrap();
        found.push((at, name, bytes));
        at += 512 + bytes.div_ceil(512) * 512;
    }
    found
}

#[test]
fn a_bundle_is_a_tar_without_times_that_others_read_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.tar");
    std::fs::write(&path, made()).unwrap();
    let tar = |arguments: &[&str]| Command::new("tar").args(arguments).arg("-f").arg(&path).output().unwrap();
    let names =
        "manifest.json\norigin.json\npolicies/0001.yaml\npolicies/0002.yaml\nfacts.json\nresult.json\nsample.json\n";
    assert_eq!(text(&tar(&["-t"]).stdout), names);
    let policy = Command::new("tar").arg("-xOf").arg(&path).arg("policies/0001.yaml").output().unwrap();
    assert_eq!(text(&policy.stdout), format!("# as it is written \u{e4}\n{POLICY}"));
    let listed = text(&tar(&["-tv", "--utc"]).stdout);
    assert!(listed.lines().all(|line| line.contains("1970-01-01 00:00")), "{listed}");
}

#[test]
fn the_same_facts_and_policies_give_the_same_bundle_to_the_byte_and_it_is_consistent() {
    let bundle = made();
    assert_eq!(bundle, made());
    let found = bundle::verify(&bundle).unwrap();
    assert_eq!((found.digest, found.edges, found.policies), (digest::hex(&bundle), 1, 2));
}

#[test]
fn one_changed_byte_in_any_member_is_found_and_named() {
    let bundle = made();
    for (at, name, bytes) in members(&bundle) {
        let inside = at + 512;
        for place in (at..at + 512).step_by(3).chain((inside..inside + bytes).step_by(7)).chain([inside + bytes - 1]) {
            let mut changed = bundle.clone();
            changed[place] ^= 1;
            let found = bundle::verify(&changed).expect_err(&name);
            assert_eq!(found.member, name, "byte {place} of {at}: {found}");
        }
    }
    for place in 0..bundle.len() {
        let mut changed = bundle.clone();
        changed[place] = changed[place].wrapping_add(1);
        assert!(bundle::verify(&changed).is_err(), "byte {place}");
    }
}

#[test]
fn a_figure_that_the_facts_do_not_come_to_is_found_though_every_digest_is_right() {
    let inputs = inputs();
    let good = inputs.judge().unwrap();
    let mut forged = good.clone();
    forged.report.policies[0].requests.compliant = 161;
    let found = bundle::verify(&bundle::make(&inputs, &forged).unwrap()).unwrap_err();
    assert_eq!(found.to_string(), "result.json: /policies/0/requests/compliant is 161, and 140 by the facts");
    let mut forged = good.clone();
    forged.report.policies[0].results.clear();
    let found = bundle::verify(&bundle::make(&inputs, &forged).unwrap()).unwrap_err();
    assert_eq!(found.to_string(), "result.json: /policies/0/results has 0 entries, and 1 by the facts");
    let mut forged = good;
    forged.sample.rows.pop();
    assert_eq!(bundle::verify(&bundle::make(&inputs, &forged).unwrap()).unwrap_err().member, "sample.json");
}

#[test]
fn hostile_bundles_are_refused_within_bounds() {
    let bundle = made();
    for end in (0..bundle.len()).step_by(64) {
        assert!(bundle::verify(&bundle[..end]).is_err(), "cut at {end}");
    }
    for more in [&bundle[..], &[0; 512], b"x"] {
        let found = bundle::verify(&[&bundle[..], more].concat()).unwrap_err();
        assert_eq!(found.member, "the bundle");
    }
    // A member that stands twice, and one that leads out of its folder.
    let (at, _, bytes) = members(&bundle)[4].clone();
    let twice = [&bundle[..at], &bundle[at..at + 512 + bytes.div_ceil(512) * 512], &bundle[at..]].concat();
    assert_eq!(bundle::verify(&twice).unwrap_err().member, "result.json");
    let mut outside = bundle.clone();
    outside[at..at + 10].copy_from_slice(b"../../evil");
    assert_eq!(bundle::verify(&outside).unwrap_err().member, "facts.json");
    // The manifest says that it is as long as a header can say.
    let mut long = bundle;
    long[124..135].copy_from_slice(b"77777777777");
    assert_eq!(bundle::verify(&long).unwrap_err().member, "manifest.json");
    assert_eq!(bundle::verify(&[0xff; 4096]).unwrap_err().member, "manifest.json");
}

fn verify(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hogusu")).args(["report", "verify"]).args(arguments).output().unwrap()
}

#[tokio::test]
async fn only_with_the_digest_that_was_kept_elsewhere_is_a_bundle_verified() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("day.tar").to_str().unwrap().to_owned();
    let (world, ..) = planted();
    let arguments = ["report", "compliance", "--policy", POLICIES, "--format", "bundle", "--out", path.clone().leak()];
    let (output, _) = hogusu(attributed(world), arguments.to_vec().leak()).await;
    let said = text(&output.stdout);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    let digest = digest::hex(&std::fs::read(&path).unwrap());
    assert!(said.contains(&format!("violating, sha256:{digest}; keep this digest elsewhere")), "{said}");
    let cases = [
        (vec![path.as_str()], 5, "consistent, origin not proven\n"),
        (vec![path.as_str(), "--digest", &digest], 0, "verified\n"),
        (
            vec![path.as_str(), "--digest", "sha256:0000000000000000000000000000000000000000000000000000000000000000"],
            1,
            "",
        ),
        (vec![path.as_str(), "--digest", "12"], 2, ""),
        (vec!["no/such/bundle"], 2, ""),
        (vec![concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")], 1, ""),
    ];
    for (arguments, code, said) in cases {
        let output = verify(&arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stdout).starts_with(said), "{arguments:?}: {}", text(&output.stdout));
    }
}
