//! How steady edges are: what was planted is called so, chance is not called unstable, and of too few hours nothing is said.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hogusu_collector::analysis::steadiness::{FEWEST_HOURS, Hour, Steadiness};
use hogusu_collector::api::{Settings, router};
use hogusu_collector::period::{Period, Periods, Status, StoreError};
use hogusu_collector::report::unstable::{SteadyEdge, Unstable};
use hogusu_collector::wanted::Wanted;
use hogusu_model::Histogram;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::api::Fixed;
use crate::command_line::{served, text};
use crate::docs::is_described;
use crate::world::{MILLISECOND, SECOND, World};

const HOUR: u64 = 3_600 * SECOND;

/// So many answers, each as long as the function says of its number.
fn answers(count: u64, millis: impl Fn(u64) -> u64) -> Histogram {
    let mut found = Histogram::default();
    (0..count).for_each(|place| found.record(millis(place) * MILLISECOND));
    found
}

fn steadiness(hours: impl Iterator<Item = Histogram>) -> Option<Steadiness> {
    Steadiness::of(&hours.filter_map(|one| Hour::of(&one)).collect::<Vec<_>>())
}

#[test]
fn an_edge_whose_hours_differ_is_unstable_and_one_whose_hours_are_alike_is_steady() {
    let two = steadiness((0..24).map(|hour| answers(1_000, |_| if hour % 2 == 0 { 10 } else { 100 }))).unwrap();
    assert!(two.is_unstable() && two.spread > 1.0 && two.chance < 0.01, "{two:?}");
    assert!((two.least / MILLISECOND, two.most / MILLISECOND) >= (9, 95), "{two:?}");
    let one = steadiness((0..24).map(|_| answers(1_000, |place| 10 + place % 50))).unwrap();
    assert!(!one.is_unstable() && one.spread < 0.01 && (one.level / 1e6 - 59.0).abs() < 4.0, "{one:?}");
    let outlier = steadiness((0..24).map(|hour| answers(1_000, |_| if hour == 7 { 900 } else { 50 }))).unwrap();
    assert!(!outlier.is_unstable(), "one hour of twenty-four is no spread: {outlier:?}");
}

/// xorshift: the same on every machine.
fn chance(state: &mut u64) -> f64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 11) as f64 / (1_u64 << 53) as f64
}

#[test]
fn chance_alone_is_not_called_unstable() {
    // Pareto with a tail as heavy as durations may have: of 300 answers the P99 differs by half of itself from hour to hour.
    let mut state = 0x9e37_79b9_7f4a_7c15;
    let mut blamed = 0;
    for _ in 0..200 {
        let hours = (0..24).map(|_| {
            let mut one = Histogram::default();
            let nanos = |seconds: f64| u64::try_from(Duration::from_secs_f64(seconds).as_nanos()).unwrap();
            (0..300).for_each(|_| one.record(nanos(0.001 * chance(&mut state).powf(-1.0 / 1.2))));
            one
        });
        let found = steadiness(hours.collect::<Vec<_>>().into_iter()).unwrap();
        blamed += u32::from(found.is_unstable());
    }
    assert!(blamed <= 4, "{blamed} of 200");
}

#[test]
fn of_too_few_hours_or_answers_nothing_is_said() {
    assert_eq!(steadiness((1..FEWEST_HOURS).map(|_| answers(300, |_| 5))), None);
    assert!(steadiness((0..FEWEST_HOURS).map(|_| answers(300, |_| 5))).is_some());
    assert_eq!(Hour::of(&answers(299, |_| 5)), None);
}

/// Every hour has the same, but that cart takes 10 ms in one and 100 in the next.
struct Hourly;

impl Periods for Hourly {
    fn period(&self, from: u64, to: u64, wanted: &Wanted) -> Result<Period, StoreError> {
        let mut world = World::of(&["shop/web", "shop/cart", "shop/stock", "shop/rare"]);
        let is_even = (from / HOUR).is_multiple_of(2);
        world.calls("shop/web", "shop/cart", 1_000, if is_even { 10 } else { 100 });
        world.calls("shop/web", "shop/stock", 1_000, 50).calls("shop/web", "shop/rare", 200, 50);
        Fixed(world.attributed()).period(from, to, wanted)
    }

    fn status(&self) -> Status {
        Fixed(Period::default()).status()
    }
}

fn app() -> Router {
    router(Arc::new(Hourly), Settings::default())
}

async fn ask(target: &str) -> Value {
    let request = Request::get(target).body(Body::empty()).unwrap();
    let answer = app().oneshot(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&answer).unwrap()
}

#[tokio::test]
async fn the_planted_edge_is_the_only_one_that_is_called_unstable() {
    let answer = ask("/api/v1/unstable?since=24h").await;
    is_described(&answer, "/api/v1/unstable");
    let found: Unstable = serde_json::from_value(answer).unwrap();
    assert_eq!((found.hours, found.edges_in_all), (23, 3), "neither the first hour nor the last is whole");
    let told: Vec<_> =
        found.edges.iter().map(|one| (one.destination.as_str(), one.word.as_str(), one.hours_counted)).collect();
    let expected = [("shop/cart", "unstable", 23), ("shop/stock", "steady", 23), ("shop/rare", "not_enough_data", 0)];
    assert_eq!(told, expected);
    let SteadyEdge { report, spread, p99_median_s, answers, .. } = &found.edges[2];
    assert_eq!((report.as_str(), spread, p99_median_s, answers), ("source", &None, &None, &4_600));
}

#[tokio::test]
async fn a_period_without_a_whole_hour_is_refused_and_one_of_years_too() {
    for (target, part) in [("unstable", "no whole hour"), ("unstable?since=40d", "744 hours")] {
        let answer = ask(&format!("/api/v1/{target}")).await;
        assert_eq!(answer["error"]["code"], "bad_period", "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(part), "{answer}");
    }
}

#[tokio::test]
async fn the_command_shows_level_spread_and_chance() {
    let (output, _) = served(app(), &["unstable", "--since", "24h"]).await;
    let told = text(&output.stdout);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    for part in ["23 hours, 100 % of the time covered, batches lost: 0", "BY CHANCE", "not enough data", "unstable"] {
        assert!(told.contains(part), "{part} in:\n{told}");
    }
    assert!(told.lines().all(|line| line.chars().count() <= 118), "{told}");
}
