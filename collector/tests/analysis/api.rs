//! The API over HTTP semantics, in process: strict questions, pages, one edge, senders, status, headers.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use hogusu_collector::api::{Settings, router};
use hogusu_collector::period::{Period, Periods, Reach, Resolution, Status, StoreError};
use hogusu_collector::wanted::Wanted;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::world::{FROM, SECOND, TO, World, demo};

/// Answers every question with the same period, moved to where it is asked for.
pub(crate) struct Fixed(pub(crate) Period);

impl Periods for Fixed {
    fn period(&self, from: u64, to: u64, _: &Wanted) -> Result<Period, StoreError> {
        Ok(Period { from, to, ..self.0.clone() })
    }

    fn status(&self) -> Status {
        Status {
            now: TO - 3 * SECOND,
            started: FROM,
            sealed_to: TO - 10 * SECOND,
            oldest: FROM,
            newest: TO - 10 * SECOND,
            disk_bytes: 4_096,
            max_disk_bytes: 5 << 30,
            damaged_files: 0,
            retention: 7 * 86_400 * SECOND,
            resolutions: vec![(Resolution::Slot, 7_200 * SECOND, Reach { from: FROM, to: TO, files: 1, bytes: 4_096 })],
            ready: true,
        }
    }
}

pub(crate) async fn ask(world: World, target: &str) -> (StatusCode, HeaderMap, Value) {
    let app = router(Arc::new(Fixed(world.attributed())), Settings::default());
    let answer = app.oneshot(Request::get(target).body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

async fn refused(target: &str) -> (StatusCode, String) {
    let (status, headers, body) = ask(World::new(), target).await;
    let [code, message, remedy] = ["code", "message", "remedy"].map(|part| body["error"][part].as_str().unwrap());
    assert_eq!(headers["content-type"], "application/problem+json", "{target}");
    assert_eq!(body["type"], format!("urn:hogusu:problem:{code}"), "{target}");
    assert_eq!(body["title"].as_str().unwrap().to_lowercase(), code.replace('_', " "), "{target}");
    assert_eq!(body["status"], status.as_u16(), "{target}");
    assert_eq!(body["detail"], format!("{message}; {remedy}"), "{target}");
    (status, code.to_owned())
}

#[tokio::test]
async fn since_ends_with_the_slot_that_now_is_in() {
    let (status, headers, map) = ask(demo(), "/api/v1/map?since=5m").await;
    assert_eq!((status, &map["schema"]), (StatusCode::OK, &Value::from("hogusu.map/v1")));
    assert_eq!(
        (&map["from"], &map["to"]),
        (&Value::from("2026-11-24T14:02:00Z"), &Value::from("2026-11-24T14:07:00Z"))
    );
    assert_eq!(headers["content-type"], "application/json");
}

#[tokio::test]
async fn without_any_time_the_map_is_of_five_minutes() {
    let (_, _, map) = ask(demo(), "/api/v1/map").await;
    assert_eq!(map["from"], "2026-11-24T14:02:00Z");
}

#[tokio::test]
async fn times_are_taken_with_any_offset_and_answered_in_utc() {
    let (_, _, map) = ask(demo(), "/api/v1/map?from=2026-11-24T15:02:00%2B01:00&to=2026-11-24T14:07:00Z").await;
    assert_eq!(
        (&map["from"], &map["to"]),
        (&Value::from("2026-11-24T14:02:00Z"), &Value::from("2026-11-24T14:07:00Z"))
    );
}

#[tokio::test]
async fn what_cannot_be_understood_is_refused_by_name_and_never_ignored() {
    for (target, code) in [
        ("/api/v1/map?since=5", "bad_since"),
        ("/api/v1/map?since=0m", "bad_since"),
        ("/api/v1/map?since=-5m", "bad_since"),
        ("/api/v1/map?since=99999999999999999999d", "bad_since"),
        ("/api/v1/map?sinse=5m", "unknown_parameter"),
        ("/api/v1/map?since=5m&since=5m", "repeated_parameter"),
        ("/api/v1/map?since=5m&from=2026-11-24T14:02:00Z", "bad_period"),
        ("/api/v1/map?to=2026-11-24T14:02:00Z", "bad_period"),
        ("/api/v1/map?from=2026-11-24T14:02:00Z&to=2026-11-24T14:02:00Z", "bad_period"),
        ("/api/v1/map?from=2020-01-01T00:00:00Z", "bad_period"),
        ("/api/v1/map?from=yesterday", "bad_from"),
        ("/api/v1/map?from=2026-11-24T14:02:00Z&to=now", "bad_to"),
        ("/api/v1/map?limit=0", "bad_limit"),
        ("/api/v1/map?limit=1001", "bad_limit"),
        ("/api/v1/map?cursor=7", "bad_cursor"),
        ("/api/v1/map?include=everything", "bad_include"),
        ("/api/v1/map?include=probe,telemetry,probe", "bad_include"),
        ("/api/v1/map?namespace=", "bad_namespace"),
        ("/api/v1/map?namespace=%22a", "bad_namespace"),
        ("/api/v1/map?workload=shop/", "bad_workload"),
        ("/api/v1/map?workload=a/b/c/d", "bad_workload"),
        ("/api/v1/map?workload=%22a%22b", "bad_workload"),
        ("/api/v1/graph?limit=5", "unknown_parameter"),
        ("/api/v1/graph?workload=a/b/c/d", "bad_workload"),
        ("/api/v1/edges/0000000000000000?limit=5", "unknown_parameter"),
        ("/api/v1/senders?namespace=shop", "unknown_parameter"),
        ("/api/v1/status?since=5m", "unknown_parameter"),
        ("/api/v1/edges/%ff", "bad_address"),
    ] {
        assert_eq!(refused(target).await, (StatusCode::BAD_REQUEST, code.to_owned()), "{target}");
    }
}

#[tokio::test]
async fn a_parameter_that_is_no_utf_8_is_refused_at_every_address_and_not_read_as_another_name() {
    for address in ["map", "graph", "edges/0000000000000000", "series", "senders", "proxies", "status", "openapi.json"]
    {
        for question in ["edge=%FF", "workload=a%C3&since=5m", "%E2%82=1", "namespace=%ed%a0%80"] {
            let target = format!("/api/v1/{address}?{question}");
            assert_eq!(refused(&target).await, (StatusCode::BAD_REQUEST, "bad_address".to_owned()), "{target}");
        }
    }
    for name in ["caf%C3%A9", "100%25", "100%", "a+b"] {
        let (status, _, map) = ask(demo(), &format!("/api/v1/map?workload={name}")).await;
        assert_eq!(status, StatusCode::OK, "{name}: {map}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    assert_eq!(refused("/api/v1/edges/0000000000000000").await, (StatusCode::NOT_FOUND, "no_such_edge".to_owned()));
    assert_eq!(refused("/api/v2/map").await, (StatusCode::NOT_FOUND, "no_such_address".to_owned()));
}

#[tokio::test]
async fn pages_together_are_the_whole_map_once_in_the_same_order() {
    let (_, _, whole) = ask(demo(), "/api/v1/map").await;
    let ids = |map: &Value| map["edges"].as_array().unwrap().iter().map(|edge| edge["id"].clone()).collect::<Vec<_>>();
    assert!(whole["next_cursor"].is_null());
    let mut found = Vec::new();
    let mut target = "/api/v1/map?limit=2".to_owned();
    loop {
        let (_, _, page) = ask(demo(), &target).await;
        assert_eq!(page["totals"], whole["totals"]);
        assert!(page["edges"].as_array().unwrap().len() <= 2);
        found.extend(ids(&page));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        target = format!("/api/v1/map?limit=2&cursor={cursor}");
    }
    assert_eq!(found, ids(&whole));
}

#[tokio::test]
async fn a_cursor_pins_its_period() {
    let (_, _, page) = ask(demo(), "/api/v1/map?limit=2").await;
    let cursor = page["next_cursor"].as_str().unwrap();
    let same = format!("/api/v1/map?cursor={cursor}&from=2026-11-24T14:02:00Z&to=2026-11-24T14:07:00Z");
    assert_eq!(ask(demo(), &same).await.0, StatusCode::OK);
    let other = format!("/api/v1/map?cursor={cursor}&from=2026-11-24T14:03:00Z&to=2026-11-24T14:07:00Z");
    assert_eq!(refused(&other).await.1, "bad_cursor");
}

#[tokio::test]
async fn filters_take_edges_with_the_name_at_either_end_and_totals_follow() {
    let labels = |map: &Value| {
        let label =
            |edge: &Value| format!("{} -> {}", edge["source"]["label"], edge["destination"]["label"]).replace('"', "");
        map["edges"].as_array().unwrap().iter().map(label).collect::<Vec<_>>()
    };
    let (_, _, map) = ask(demo(), "/api/v1/map?namespace=data").await;
    assert_eq!(labels(&map), ["shop/checkout -> data/redis"]);
    assert_eq!((&map["totals"]["edges"], &map["totals"]["connections"]), (&Value::from(1), &Value::from(3)));
    let (_, _, map) = ask(demo(), "/api/v1/map?workload=cron").await;
    assert_eq!(labels(&map), ["legacy/cron -> stock/inventory"]);
    let (_, _, map) = ask(demo(), "/api/v1/map?workload=shop/gateway").await;
    assert_eq!(labels(&map), ["shop/gateway -> shop/checkout"]);
    assert!(map["findings"].as_array().unwrap().iter().all(|finding| finding["kind"] != "plaintext"));
}

#[tokio::test]
async fn included_traffic_is_on_the_map_and_no_longer_left_out() {
    let (_, _, map) = ask(demo(), "/api/v1/map").await;
    assert_eq!(map["totals"]["left_out"]["probe"], 150);
    let (_, _, with) = ask(demo(), "/api/v1/map?include=probe,telemetry").await;
    assert_eq!(with["totals"]["left_out"]["probe"], 0);
    assert_eq!(with["totals"]["requests"].as_u64().unwrap(), map["totals"]["requests"].as_u64().unwrap() + 150);
}

#[tokio::test]
async fn rates_divide_by_the_time_that_was_observed() {
    let mut world = demo();
    for sender in &mut world.period.senders {
        sender.first_start = FROM + 200 * SECOND;
    }
    let (_, _, map) = ask(world, "/api/v1/map?workload=cron").await;
    assert_eq!((&map["seconds"], &map["edges"][0]["destination_report"]["rate_per_s"]), (&100.0.into(), &6.0.into()));
}

#[tokio::test]
async fn one_edge_is_whole_with_its_findings() {
    let (_, _, map) = ask(demo(), "/api/v1/map").await;
    let first = &map["edges"][0];
    let (status, _, one) = ask(demo(), &format!("/api/v1/edges/{}", first["id"].as_str().unwrap())).await;
    assert_eq!((status, &one["schema"], &one["edge"]), (StatusCode::OK, &Value::from("hogusu.edge/v1"), first));
    assert_eq!(one["findings"][0]["kind"], "plaintext");
}

#[tokio::test]
async fn senders_are_listed_with_their_own_account() {
    let (_, _, page) = ask(demo(), "/api/v1/senders?limit=3").await;
    assert_eq!((&page["total"], page["senders"].as_array().unwrap().len()), (&Value::from(5), 3));
    let cursor = page["next_cursor"].as_str().unwrap();
    let (_, _, rest) = ask(demo(), &format!("/api/v1/senders?cursor={cursor}&limit=3")).await;
    let last = rest["senders"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["workload"], &last["state"]), (&Value::from("data/redis"), &Value::from("unclosed")));
    assert!(rest["next_cursor"].is_null());
}

#[tokio::test]
async fn every_answer_forbids_what_the_page_does_not_need() {
    for target in ["/api/v1/map", "/api/v1/map?since=x", "/", "/nothing-here"] {
        let (_, headers, _) = ask(World::new(), target).await;
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{target}: {policy}");
        assert!(policy.ends_with("require-trusted-types-for 'script'; trusted-types 'none'"), "{target}: {policy}");
        assert!(!policy.contains("unsafe"), "{target}: {policy}");
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin", "{target}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{target}");
    }
}

#[tokio::test]
async fn quantiles_and_shares_keep_their_sample_rules_on_the_way_out() {
    let (_, _, map) = ask(demo(), "/api/v1/map?workload=stock/inventory").await;
    let edges = map["edges"].as_array().unwrap();
    let grpc = edges.iter().find(|edge| edge["protocol"] == "grpc").unwrap();
    let side = &grpc["source_report"];
    assert_eq!((&side["count"], &side["failed"], &side["failed_ratio"]), (&12_000.into(), &300.into(), &0.025.into()));
    // 12,000 in the 360 s up to now, which lies after the period's end: 300 s count.
    assert_eq!(side["rate_per_s"], 40.0);
    // 9 ms lies in the bucket around 8.6 ms, within 4.4 %.
    let p99 = side["p99_s"].as_f64().unwrap();
    assert!((p99 - 0.009).abs() / 0.009 <= 0.0443, "{p99}");
    let refused =
        side["attempts"]["outcomes"].as_array().unwrap().iter().find(|one| one["outcome"] == "connect_failure");
    assert_eq!((&refused.unwrap()["count"], &refused.unwrap()["p99_s"]), (&4.into(), &Value::Null));
}
