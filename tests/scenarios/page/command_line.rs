//! `hogusu map` as a process: every format against the API's answer of the same period, and how it ends.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use hogusu_tests::artefacts;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::mesh::Mesh;
use hogusu_tests::process::Process;
use serde_json::Value;

use super::printed::{Row, assert_row, assert_totals};

const WIDTH: usize = 118;
/// Long for a command that only reads, on a machine that is busy.
const PROMPT: Duration = Duration::from_secs(15);

/// Where the command runs and whom it asks.
pub struct At {
    pub folder: PathBuf,
    pub url: String,
}

/// How a command ended, and what it wrote.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

async fn hogusu(at: &At, arguments: &[&str]) -> Result<Ended> {
    let mut command = Command::new(artefacts::hogusu()?);
    command.args(arguments);
    let process = Process::spawn("hogusu", command, &at.folder)?;
    let status = process.wait(PROMPT).await?;
    let (out, err) = (std::fs::read_to_string(process.stdout())?, std::fs::read_to_string(process.stderr())?);
    // The next command begins with empty files.
    std::fs::remove_file(process.stdout())?;
    std::fs::remove_file(process.stderr())?;
    Ok(Ended { code: status.code(), out, err })
}

fn period(map: &Value) -> [&str; 2] {
    ["from", "to"].map(|name| map[name].as_str().expect("a map has a period"))
}

/// The map of the period of `seen`, once that is over and sealed: from then on every reader sees the same.
pub async fn settled(collector: &Collector, seen: &Value) -> Result<Value> {
    let [from, to] = period(seen);
    let question = format!("/api/v1/map?from={from}&to={to}");
    eventually("the period is sealed", Duration::from_secs(60), async || match collector.json(&question).await {
        Ok(map) if map["sealed_to"].as_str() >= Some(to) => Seen::Done(map),
        Ok(map) => Seen::Waiting(map["sealed_to"].to_string()),
        Err(error) => Seen::Never(format!("{error:#}")),
    })
    .await
}

/// Table, JSON, DOT and Mermaid carry the edges and numbers of `map`.
pub async fn prints(at: &At, map: &Value) -> Result<()> {
    let [from, to] = period(map);
    let edges = map["edges"].as_array().expect("a map has edges");
    let print = async |format: &str| -> Result<String> {
        let ended = hogusu(at, &["map", "--url", &at.url, "--from", from, "--to", to, "--format", format]).await?;
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{format}");
        Ok(ended.out)
    };
    let json: Value = serde_json::from_str(&print("json").await?)?;
    assert_eq!(json, *map, "the JSON is the API's answer");

    let table = print("table").await?;
    for line in table.lines() {
        assert!(line.chars().count() <= WIDTH, "{} columns: {line}", line.chars().count());
    }
    assert_totals(&table, &map["totals"]);
    let rows = Row::of(&table);
    assert_eq!(rows.len(), edges.len(), "{table}");
    for (row, edge) in rows.iter().zip(edges) {
        assert_row(row, edge);
    }
    for (number, finding) in map["findings"].as_array().into_iter().flatten().take(3).enumerate() {
        let text = finding["text"].as_str().unwrap_or_default();
        let unwrapped = table.replace("\n  ", " ");
        assert!(unwrapped.contains(&format!("{} {text}", number + 1)), "{text} is not in\n{table}");
    }
    assert!(table.ends_with(&format!("\npage: {}\n", at.url)), "{table}");

    let (dot, mermaid) = (print("dot").await?, print("mermaid").await?);
    assert_eq!(dot.matches(" -> ").count(), edges.len(), "{dot}");
    assert_eq!(mermaid.lines().filter(|line| line.contains("|\"")).count(), edges.len(), "{mermaid}");
    for (row, edge) in rows.iter().zip(edges) {
        let share = format!("failed {}, ", row.failed);
        let security = row.security.as_str();
        let protocol = edge["protocol"].as_str().unwrap_or_default();
        for drawing in [&dot, &mermaid] {
            let drawn = |line: &&str| line.contains(&share) && line.contains(security) && line.contains(protocol);
            assert!(drawing.lines().any(|line| drawn(&line)), "{row:?} is not in\n{drawing}");
        }
    }
    Ok(())
}

/// Exit codes and help as `hogusu map --help` documents them.
pub async fn ends_as_documented(at: &At, mesh: &Mesh) -> Result<()> {
    // An address of the mesh's own that nobody has.
    let nobody = format!("http://{}:7070", mesh.another_address()?);
    for (arguments, code, said) in [
        (&["map", "--url", &nobody][..], 3, "cannot reach"),
        (&["map", "--url", &at.url, "--since", "soon"], 2, "--since"),
        (&["map", "--url", &at.url, "--format", "svg"], 2, "--format"),
        (&["map", "--url", &at.url, "--edges"], 2, "--edges"),
        (&["map", "--url", "nowhere"], 2, "nowhere"),
        (&["map", "--url", &at.url, "--from", "2020-01-01T00:00:00Z"], 4, "401 days"),
    ] {
        let ended = hogusu(at, arguments).await?;
        assert_eq!((ended.code, ended.out.as_str()), (Some(code), ""), "{arguments:?}: {ended:?}");
        assert!(ended.err.contains(said) && ended.err.lines().count() == 1, "{arguments:?}: {ended:?}");
    }
    let help = hogusu(at, &["map", "--help"]).await?;
    assert_eq!((help.code, help.err.as_str()), (Some(0), ""));
    for documented in
        ["Example: hogusu map ", "Exit codes: 0 done;", "2 the command line is wrong", "3 the collector cannot"]
    {
        assert!(help.out.contains(documented), "{documented:?} is not in\n{}", help.out);
    }
    Ok(())
}
