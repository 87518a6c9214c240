//! What can be observed of workloads: what is there is told, what is missing says what to do, and what is not measured is never called fine.

use hogusu_collector::report::observability::{Observability, Observable};
use hogusu_model::{Exemplar, Hook, Peer};

use crate::api::ask;
use crate::command_line::{hogusu, text};
use crate::docs::is_described;
use crate::world::{FROM, MILLISECOND, Report, SECOND, World, demo};

/// Web hands its trace on to orders, whose call to stock has another one; cron has no proxy; orders has an upstream log.
fn world() -> World {
    let mut world = World::of(&["shop/web", "shop/orders", "shop/stock"]);
    let traced = |mut report: Report, trace: u8| {
        let trace = [trace; 16];
        report.data.exemplar = Some(Exemplar { trace, nanos: 44 * MILLISECOND, at: FROM + 7 * SECOND });
        report
    };
    let outside = Report::destination("any/one", "shop/web").plaintext().count(100, 50);
    world.row("shop/web", &traced(outside.with(|key| key.peer = Peer::default()), 1));
    world.row("shop/web", &traced(Report::source("shop/web", "shop/orders").count(100, 40), 1));
    world.row("shop/orders", &Report::destination("shop/web", "shop/orders").count(100, 39));
    world.row("shop/orders", &traced(Report::source("shop/orders", "shop/stock").count(100, 5), 2));
    world.row("shop/stock", &Report::destination("shop/orders", "shop/stock").count(100, 4));
    world.row("shop/stock", &Report::destination("ops/cron", "shop/stock").plaintext().count(25, 4));
    world.proxy("shop/orders", "10.0.0.2").hook = Hook::UpstreamLog;
    let attempts = Report::source("shop/orders", "shop/stock").attempts().count(100, 5);
    world.row_by(Hook::UpstreamLog, "shop/orders", &attempts);
    world
}

async fn told() -> Observability {
    serde_json::from_value(ask(world(), "/api/v1/observability?since=5m").await.2).unwrap()
}

fn of<'a>(found: &'a Observability, name: &str) -> &'a Observable {
    found.workloads.iter().find(|one| one.workload == name).unwrap()
}

#[tokio::test]
async fn each_workload_says_what_is_there_and_what_is_missing() {
    let found = told().await;
    assert_eq!(found.workloads_in_all, 4);
    let parts = |name: &str| {
        let one = of(&found, name);
        let identified = (one.identified, one.identified_of);
        (one.reporting.as_str(), one.traces.as_str(), identified, one.attempts.as_str(), one.missing.join(" "))
    };
    let missing = |words: &str| words.to_owned();
    assert_eq!(parts("shop/web"), ("whole", "continued", (0, 100), "not_measured", missing("identity attempts")));
    assert_eq!(parts("shop/orders"), ("whole", "not_proven", (100, 100), "measured", missing("")));
    assert_eq!(parts("shop/stock"), ("whole", "not_proven", (100, 125), "no_calls", missing("identity")));
    let cron = ("never", "not_seen", (0, 0), "not_measured", missing("reporting traces attempts"));
    assert_eq!(parts("ops/cron"), cron);
    assert_eq!(found.workloads[0].workload, "ops/cron", "most is missing of it");
}

#[tokio::test]
async fn what_is_missing_says_what_to_do_and_alerts_are_never_called_fine() {
    let found = told().await;
    let missing: Vec<_> = found.missing.iter().map(|one| (one.what.as_str(), one.workloads)).collect();
    assert_eq!(missing, [("reporting", 1), ("identity", 2), ("traces", 1), ("attempts", 2), ("alerts", 4)]);
    let (output, _) = hogusu(world(), &["check", "observability", "--since", "5m"]).await;
    let told = text(&output.stdout);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    let told_in_words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["ops/cron 25 never - not seen not measured", "hogusu check --kubernetes", "alerts of 4 workloads"] {
        assert!(told_in_words.contains(part), "{part} in:\n{told}");
    }
    assert!(told.lines().all(|line| line.chars().count() <= 118), "{told}");
}

#[tokio::test]
async fn every_field_is_described() {
    is_described(&ask(demo(), "/api/v1/observability").await.2, "/api/v1/observability");
}
