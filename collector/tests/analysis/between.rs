//! An edge over time by the labels of its ends: what a map prints finds that edge, what may be several is not guessed, and what is none is
//! said; and its points as CSV.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use hogusu_collector::api::{Settings, router};
use hogusu_collector::report::{Map, Selection, build};
use hogusu_collector::shown;
use hogusu_model::{Peer, Protocol};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::api::{Fixed, ask};
use crate::labels::asked_by;
use crate::world::{Report, World, demo};

fn target(edge: &str, more: &str) -> String {
    let encoded: String = edge.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("/api/v1/series?step=5m&edge={encoded}{more}")
}

/// Ids of the edges that are answered.
async fn found(world: &World, edge: &str) -> Vec<String> {
    let (status, _, body) = ask(world.clone(), &target(edge, "")).await;
    assert_eq!(status, StatusCode::OK, "{edge}: {body}");
    body["lines"].as_array().unwrap().iter().map(|line| line["edge"].as_str().unwrap().to_owned()).collect()
}

/// Status, code, message and remedy of a refusal.
async fn refused(world: &World, edge: &str) -> (u16, String, String) {
    let (status, _, body) = ask(world.clone(), &target(edge, "")).await;
    let [code, message, remedy] = ["code", "message", "remedy"].map(|part| body["error"][part].as_str().unwrap());
    (status.as_u16(), code.to_owned(), format!("{message}; {remedy}"))
}

fn map(world: &World) -> Map {
    build::map(&world.attributed(), None, &Selection::default())
}

/// Ends of every kind, with names that try to be others.
fn tricky() -> World {
    let mut world = asked_by(&[
        ("", "prod/web"),
        ("prod", "web"),
        ("shop", "a -> b"),
        ("", "unknown"),
        ("shop", "=1+2"),
        ("shop", "\u{1b}[2J"),
        ("", "10.9.9.9"),
    ]);
    world.row(
        "shop/orders",
        &Report::destination("shop/orders", "shop/orders").count(9, 9).plaintext().with(|key| {
            key.peer = Peer { address: "10.9.9.9".to_owned(), ..Peer::default() };
        }),
    );
    let outside = Report::source("shop/orders", "shop/orders").count(9, 9).with(|key| {
        key.peer = Peer { address: "203.0.113.1".to_owned(), ..Peer::default() };
        key.service.host = "api.example.com".to_owned();
    });
    world.row("shop/orders", &outside);
    world
}

#[tokio::test]
async fn what_a_map_prints_of_an_edge_finds_that_edge_and_no_other() {
    for world in [tricky(), demo()] {
        let edges = map(&world).edges;
        assert!(edges.len() >= 5, "{edges:#?}");
        for edge in edges {
            let destination = hogusu_collector::report::words::destination(&edge);
            let printed = format!("{} -> {destination}", edge.source.label);
            for printed in [printed.clone(), shown::name(&printed).into_owned(), printed.replace(" -> ", "->")] {
                if printed.contains("a->b") {
                    continue;
                }
                assert_eq!(found(&world, &printed).await, std::slice::from_ref(&edge.id), "{printed}");
            }
        }
    }
}

#[tokio::test]
async fn ends_are_asked_for_as_workloads_are_where_they_need_no_more() {
    let world = demo();
    let id = &found(&world, "shop/checkout -> stock/inventory").await[0];
    for asked in ["checkout -> inventory", "c1/shop/checkout -> inventory:9090", "shop/checkout->stock/inventory:9090"]
    {
        assert_eq!(found(&world, asked).await, std::slice::from_ref(id), "{asked}");
    }
}

#[tokio::test]
async fn several_edges_between_two_ends_are_listed_to_choose_from_and_a_port_tells_them_apart() {
    let mut world = World::of(&["shop/web", "stock/inventory"]);
    world.calls("shop/web", "stock/inventory", 10, 9);
    let grpc = |key: &mut hogusu_model::SeriesKey| (key.protocol, key.port) = (Protocol::Grpc, 9090);
    world.row("shop/web", &Report::source("shop/web", "stock/inventory").count(5, 9).with(grpc));
    let edges = map(&world).edges;
    assert_eq!(edges.len(), 2);
    let (status, code, told) = refused(&world, "shop/web -> stock/inventory").await;
    assert_eq!((status, &*code), (400, "ambiguous_edge"));
    assert!(told.starts_with("shop/web -> stock/inventory may be any of 2 edges; give one's id: "), "{told}");
    for edge in edges {
        let (id, protocol, port) = (&edge.id, &edge.protocol, edge.destination.port);
        let listed = format!("{id} (shop/web -> stock/inventory:{port} {protocol})");
        assert!(told.contains(&listed), "{listed} in {told}");
        let asked = format!("shop/web -> stock/inventory:{port}");
        assert_eq!(found(&world, &asked).await, std::slice::from_ref(id));
        assert_eq!(found(&world, id).await, std::slice::from_ref(id));
    }
}

#[tokio::test]
async fn an_edge_that_is_not_there_is_told_with_a_remedy() {
    let world = demo();
    for asked in
        ["shop/checkout -> shop/nobody", "stock/inventory -> shop/checkout", "shop/checkout -> stock/inventory:1"]
    {
        let (status, code, told) = refused(&world, asked).await;
        assert_eq!((status, &*code), (404, "no_such_edge"), "{told}");
        let says = told.starts_with(&format!("no edge {asked} between 2026-")) && told.contains("as a map of the same");
        assert!(says, "{told}");
    }
    for asked in ["shop/checkout -> ", "-> stock/inventory"] {
        let (status, code, told) = refused(&world, asked).await;
        assert_eq!((status, &*code), (400, "bad_edge"), "{told}");
    }
}

#[tokio::test]
async fn points_are_told_as_csv_where_that_is_asked_for() {
    let edge = "shop/checkout -> stock/inventory";
    let app = router(Arc::new(Fixed(demo().attributed())), Settings::default());
    let question = Request::get(target(edge, "&format=csv")).body(Body::empty()).unwrap();
    let (parts, body) = app.oneshot(question).await.unwrap().into_parts();
    assert_eq!(parts.headers["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(parts.headers["content-disposition"], "attachment; filename=\"hogusu-series.csv\"");
    assert_eq!(parts.headers["x-content-type-options"], "nosniff");
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    let rows: Vec<&str> = text.split("\r\n").collect();
    assert!(rows.len() == 4 && rows[3].is_empty() && rows[0].starts_with("edge,source,destination,"), "{text}");
    assert!(rows[1].contains(",shop/checkout,stock/inventory,9090,grpc,requests,2026-11-24T14:0"), "{text}");
    let (_, _, json) = ask(demo(), &target(edge, "&format=json")).await;
    assert_eq!(json["lines"][0]["points"].as_array().unwrap().len(), 2);
    let (status, _, wrong) = ask(demo(), &target(edge, "&format=xml")).await;
    assert_eq!((status, &wrong["error"]["code"]), (StatusCode::BAD_REQUEST, &"bad_format".into()));
}
