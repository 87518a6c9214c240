//! `hogusu map` as people run it: the real binary against the API on a port of its own.

use std::process::{Command, Output};
use std::sync::Arc;

use axum::Router;
use hogusu_collector::api::{Settings, router};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::api::{Fixed, ask};
use crate::world::{World, demo};

/// Serves `world` and runs `hogusu` with these arguments and `--url`.
pub(crate) async fn hogusu(world: World, arguments: &'static [&'static str]) -> (Output, String) {
    served(router(Arc::new(Fixed(world.period)), Settings::default()), arguments).await
}

/// The same of an API.
pub(crate) async fn served(app: Router, arguments: &'static [&'static str]) -> (Output, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let output = run(arguments, Some(url.clone())).await;
    server.abort();
    (output, url)
}

async fn run(arguments: &'static [&'static str], url: Option<String>) -> Output {
    let run = move || {
        let url = url.iter().flat_map(|url| ["--url", url]);
        Command::new(env!("CARGO_BIN_EXE_hogusu")).args(arguments).args(url).output().unwrap()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn the_table_is_drawn_from_the_api() {
    let (output, url) = hogusu(demo(), &["map"]).await;
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    let table = text(&output.stdout);
    assert!(table.contains("legacy/cron    stock/inventory  http"), "{table}");
    assert!(table.ends_with(&format!("next: hogusu map --namespace stock --url {url}\npage: {url}\n")), "{table}");
}

#[tokio::test]
async fn every_page_is_fetched() {
    let mut world = World::new();
    for number in 0..1_234 {
        world.calls("shop/gateway", &format!("shop/s{number}"), 1, 9);
    }
    let (output, _) = hogusu(world, &["map", "--format", "json"]).await;
    let map: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(map["edges"].as_array().unwrap().len(), 1_234);
    assert_eq!((&map["totals"]["edges"], map["next_cursor"].is_null()), (&1_234.into(), true));
}

#[tokio::test]
async fn filters_and_formats_reach_the_collector() {
    let (output, _) = hogusu(demo(), &["map", "--since", "5m", "--namespace", "data", "--format", "dot"]).await;
    let dot = text(&output.stdout);
    assert_eq!(dot.matches(" -> ").count(), 1, "{dot}");
    let (output, _) = hogusu(demo(), &["map", "--workload", "legacy/cron", "--format", "mermaid"]).await;
    assert!(text(&output.stdout).starts_with("flowchart LR\n"));
    let (output, _) = hogusu(demo(), &["map", "--include", "probe,telemetry", "--format", "json"]).await;
    let map: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(map["totals"]["left_out"]["probe"], 0);
}

/// A workload that reports and has nothing to do with anybody, beside those of the demo.
fn with_idle() -> World {
    let mut world = demo();
    let idle = World::of(&["shop/idle"]).period.senders.remove(0);
    world.period.senders.push(idle);
    world
}

#[tokio::test]
async fn a_name_that_nobody_has_is_told_from_a_workload_that_exchanged_nothing() {
    const KNOWN: &str = "\nno exchanges of what was asked for in this period\n";
    for (arguments, told) in [
        (&["map", "--workload", "shop/idle"][..], KNOWN),
        (&["map", "--workload", "idle"], KNOWN),
        (&["map", "--workload", "stock/inventory:1"], KNOWN),
        (
            &["map", "--workload", "shop/idel"],
            "in this period: nothing of that name was seen in it, neither reporting nor met by others",
        ),
        (
            &["map", "--namespace", "shpo"],
            "in this period: nothing of that name was seen in it, neither reporting nor met by others",
        ),
        (&["series", "shop/idle"], KNOWN),
        (
            &["series", "shop/idel"],
            "in this period: nothing of that name was seen in it, neither reporting nor met by others",
        ),
    ] {
        let (output, _) = hogusu(with_idle(), arguments).await;
        let said = text(&output.stdout);
        assert!(output.status.success() && said.contains(told), "{arguments:?}: {said}{}", text(&output.stderr));
    }
    for (question, seen) in
        [("workload=shop/idel", Value::Bool(false)), ("workload=shop/idle", Value::Bool(true)), ("", Value::Null)]
    {
        let (_, _, map) = ask(with_idle(), &format!("/api/v1/map?{question}")).await;
        assert_eq!(map["is_name_seen"], seen, "{question}");
    }
}

#[tokio::test]
async fn a_workload_that_told_of_no_moment_of_the_period_is_not_said_to_have_exchanged_nothing() {
    let mut world = with_idle();
    world.sender("shop/idle").covered = 0;
    let (output, _) = hogusu(world.clone(), &["map", "--workload", "shop/idle"]).await;
    let said = text(&output.stdout);
    assert!(said.contains("nothing of that name was seen in it, neither reporting nor met by others"), "{said}");
    // The demo's probes are left out, and may have met anybody.
    assert!(said.contains("what is left out not looked at (--include probe,telemetry)"), "{said}");
    let (_, _, map) = ask(world, "/api/v1/map?workload=shop/idle").await;
    assert_eq!(map["is_name_seen"], false);
}

#[tokio::test]
async fn what_is_not_there_is_said_to_have_been_asked_for_and_the_next_command_asks_what_this_one_did_not() {
    let (output, url) = hogusu(demo(), &["map", "--since", "5m", "--workload", "shop/web"]).await;
    let said = text(&output.stdout);
    assert!(
        said.contains("\nno exchanges of what was asked for in this period: nothing of that name was seen in it"),
        "{said}"
    );
    let next = format!("next: hogusu map --all --workload shop/web --url {url} --since 5m\npage: {url}\n");
    assert!(said.ends_with(&next), "{said}");
    let (output, url) = hogusu(demo(), &["map", "--all", "--namespace", "stock"]).await;
    let said = text(&output.stdout);
    assert!(said.ends_with(&format!("\npage: {url}\n")), "{said}");
}

#[tokio::test]
async fn a_failure_is_one_line_on_stderr_and_a_documented_exit_code() {
    let (refused, _) = hogusu(demo(), &["map", "--from", "2020-01-01T00:00:00Z"]).await;
    assert_eq!(refused.status.code(), Some(4));
    assert!(text(&refused.stderr).contains("400 Bad Request: the period is longer than 401 days"), "{refused:?}");
    let wrong = run(&["map", "--since", "soon"], None).await;
    assert_eq!(wrong.status.code(), Some(2));
    let nothing = run(&["map", "--workload", "a/b/c/d"], None).await;
    assert_eq!(nothing.status.code(), Some(2));
    assert!(
        text(&nothing.stderr).contains("it has more than three parts; give K8S_CLUSTER/NAMESPACE/NAME"),
        "{nothing:?}"
    );
    let no_url = run(&["map", "--url", "127.0.0.1:1"], None).await;
    assert_eq!(no_url.status.code(), Some(2));
    // A port that was bound and given back: nobody listens there.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let unreachable = run(&["map"], Some(url)).await;
    assert_eq!(unreachable.status.code(), Some(3));
    for output in [refused, wrong, nothing, no_url, unreachable] {
        assert_eq!((text(&output.stdout), text(&output.stderr).lines().count()), (String::new(), 1), "{output:?}");
    }
}

#[tokio::test]
async fn a_collector_behind_a_path_is_asked_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().nest("/mesh/hogusu", router(Arc::new(Fixed(demo().period)), Settings::default()));
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    for path in ["/mesh/hogusu", "/mesh/hogusu/"] {
        let output = run(&["map", "--format", "json"], Some(format!("{url}{path}"))).await;
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let map: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(map["schema"], "hogusu.map/v1");
    }
    let output = run(&["map"], Some(url)).await;
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(4) && said.contains("--url takes the path that leads to one"), "{output:?}");
    server.abort();
}

#[tokio::test]
async fn what_a_server_says_of_an_error_stays_in_its_line() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let forged =
        serde_json::json!({"error": {"message": "no\n\u{1b}[2Kdone, all is well\u{202e}", "remedy": "\r"}}).to_string();
    let answer = axum::routing::get(move || async move { (axum::http::StatusCode::BAD_REQUEST, forged) });
    let server = tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    let output = run(&["map"], Some(url)).await;
    let said = text(&output.stderr);
    assert!(
        said.ends_with("no\\u{a}\\u{1b}[2Kdone, all is well\\u{202e}; \\u{d}\n") && said.lines().count() == 1,
        "{said:?}"
    );
    server.abort();
}

#[tokio::test]
async fn every_command_explains_itself_with_an_example_and_its_exit_codes() {
    for arguments in [&["serve", "--help"][..], &["map", "--help"]] {
        let output = run(arguments, None).await;
        let help = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0));
        assert!(help.contains("Example: hogusu ") && help.contains("Exit codes:"), "{help}");
    }
}
