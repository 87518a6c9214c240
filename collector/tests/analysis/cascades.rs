//! Failures that are passed on, through the API and the command: the planted chain from its first link on, and nothing else.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hogusu_collector::api::{Settings, router};
use hogusu_collector::period::{Period, Periods, Status, StoreError};
use hogusu_collector::report::cascades::Cascades;
use hogusu_collector::wanted::Wanted;
use hogusu_model::{AnsweredBy, Outcome, Peer};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::api::Fixed;
use crate::command_line::{served, text};
use crate::docs::is_described;
use crate::world::{FROM, Report, SECOND, World};

const SLOT: u64 = 10 * SECOND;

/// Stock is refused, then silent, then gone, for six slots of thirty: orders answers with errors, and web too. Mail fails at another time, by itself. Some calls that
/// found no endpoint at all are stock's too.
struct Outage;

impl Outage {
    fn world(slot: u64) -> World {
        let mut world = World::of(&["edge/gw", "shop/web", "shop/orders", "shop/stock", "shop/mail"]);
        let (count, is_out) = (40 + (slot * 7) % 13, (12..18).contains(&slot));
        let chain = [("edge/gw", "shop/web"), ("shop/web", "shop/orders"), ("shop/orders", "shop/stock")];
        for (source, destination) in chain {
            if !is_out {
                world.calls(source, destination, count, 5);
                continue;
            }
            let report = Report::source(source, destination);
            let report = match (destination, slot) {
                ("shop/stock", 12..14) => report.ended(Outcome::ConnectFailure, AnsweredBy::LocalProxy),
                ("shop/stock", 14) => report.ended(Outcome::Timeout, AnsweredBy::LocalProxy),
                ("shop/stock", _) => {
                    let nowhere = report.ended(Outcome::NoHealthyUpstream, AnsweredBy::LocalProxy);
                    nowhere.with(|key| key.peer = Peer::default())
                }
                _ => report.ended(Outcome::ServerError, AnsweredBy::Upstream),
            };
            world.row(source, &report.count(count, 5));
        }
        let mail = Report::source("shop/web", "shop/mail");
        let fails = (22..26).contains(&slot);
        let mail = if fails { mail.ended(Outcome::ServerError, AnsweredBy::Upstream) } else { mail };
        world.row("shop/web", &mail.count(20, 5));
        world
    }
}

impl Periods for Outage {
    fn period(&self, from: u64, to: u64, wanted: &Wanted) -> Result<Period, StoreError> {
        Fixed(Self::world(from.saturating_sub(FROM) / SLOT).attributed()).period(from, to, wanted)
    }

    fn status(&self) -> Status {
        Fixed(Period::default()).status()
    }
}

fn app() -> Router {
    router(Arc::new(Outage), Settings::default())
}

async fn ask(target: &str) -> Value {
    let request = Request::get(target).body(Body::empty()).unwrap();
    let answer = app().oneshot(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&answer).unwrap()
}

#[tokio::test]
async fn the_dead_destination_is_the_first_and_who_failed_with_it_is_hit() {
    let answer = ask("/api/v1/cascades?since=5m").await;
    is_described(&answer, "/api/v1/cascades");
    let found: Cascades = serde_json::from_value(answer).unwrap();
    assert_eq!((found.stretches, found.is_long_enough, found.cascades_in_all), (30, true, 1));
    assert_eq!((found.failing, found.failing_alone), (4, 1), "mail fails by itself");
    let one = &found.cascades[0];
    let failed: u64 = (12..18).map(|slot| 40 + (slot * 7) % 13).sum();
    assert_eq!((one.first.source.as_str(), one.first.destination.as_str()), ("shop/orders", "shop/stock"));
    assert_eq!((one.first.failed, one.first_not_answered), (failed, failed), "who found no endpoint asked stock too");
    let hit: Vec<_> = one
        .hit
        .iter()
        .map(|hit| (hit.link.source.as_str(), hit.level, hit.explained_by.as_str(), hit.link.failed))
        .collect();
    assert_eq!(hit, [("shop/web", 1, "shop/stock", failed), ("edge/gw", 2, "shop/orders", failed)]);
    assert!(one.hit.iter().all(|hit| hit.share_explained > 0.99 && hit.together > 0.99));
}

#[tokio::test]
async fn of_a_period_that_is_too_short_nothing_is_told() {
    let found: Cascades = serde_json::from_value(ask("/api/v1/cascades?since=2m").await).unwrap();
    assert_eq!((found.is_long_enough, found.cascades.len()), (false, 0));
}

#[tokio::test]
async fn the_command_names_the_first_link_and_says_that_it_infers() {
    let (output, _) = served(app(), &["cascades", "--since", "5m"]).await;
    let told = text(&output.stdout);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    for part in [
        "1 first: shop/orders -> shop/stock",
        "none answered by its destination",
        "30 stretches of 10 s",
        "4 links with failures, 1 of them in no cascade",
        "Inferred from counts",
    ] {
        assert!(told.contains(part), "{part} in:\n{told}");
    }
    assert!(told.lines().all(|line| line.chars().count() <= 118), "{told}");
}
