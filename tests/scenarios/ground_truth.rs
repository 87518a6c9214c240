//! The harness against Envoy itself: every scripted ending shows in the load's account, the backends' account and both file access
//! logs. These scenarios need no filter; the others rely on what they establish.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use hogusu_tests::accesslog::{Entry, tally};
use hogusu_tests::backend::Served;
use hogusu_tests::client::{Answer, send_raw};
use hogusu_tests::mesh::{Edge, Endpoints, Mesh, MeshBuilder, Protocol, Service, Workload};
use hogusu_tests::scenario;
use hogusu_tests::script::{End, Script};
use hogusu_tests::workdir::Workdir;

/// A pair with a timeout of 300 ms.
async fn pair(workdir: &Workdir, protocol: Protocol, change: impl FnOnce(Edge) -> Edge) -> Result<Mesh> {
    let edge = Edge::new("shop/checkout", "orders.shop").timeout(Duration::from_millis(300));
    MeshBuilder::new("demo", workdir)?
        .workload(Workload::new("shop", "checkout"))
        .workload(Workload::new("shop", "orders"))
        .service(Service::new("shop", "orders", protocol).deny_path("/denied"))
        .edge(change(edge))
        .start()
        .await
}

/// (code, flags) -> count of one side.
fn side(mesh: &Mesh, workload: &str, direction: &str) -> Result<BTreeMap<(u64, String), u64>> {
    let mut entries = mesh.sidecar(workload).access_log().entries()?;
    entries.retain(|entry| entry.is(direction, "http"));
    Ok(tally(&entries, |entry: &Entry| (entry.code.unwrap_or_default(), entry.flags.clone())))
}

/// What the destination's application did, whatever it was asked.
fn served(mesh: &Mesh) -> BTreeMap<Served, u64> {
    let mut sums = BTreeMap::new();
    for ((_, served), count) in mesh.backend("shop/orders").account().served {
        *sums.entry(served).or_default() += count;
    }
    sums
}

fn counts(expected: &[(u64, &str, u64)]) -> BTreeMap<(u64, String), u64> {
    expected.iter().map(|(code, flags, count)| ((*code, (*flags).to_owned()), *count)).collect()
}

#[test]
fn http1_endings_show_in_every_account() {
    scenario::run("http1_endings", async |workdir| {
        let mesh = pair(workdir, Protocol::Http1, |edge| edge).await?;
        let account = mesh
            .load("shop/checkout", "orders.shop")?
            .connections(3)
            .requests(40, Script::default().body(3000))
            .requests(10, Script::status(404))
            .requests(10, Script::status(503))
            .requests(10, Script::ending(End::ResetBeforeHeaders))
            .requests(10, Script::ending(End::ResetMidBody))
            .requests(5, Script::ending(End::NoAnswer))
            .departures(5)
            .run()
            .await;
        mesh.settle().await?;
        assert_eq!(
            account.by_answer(),
            BTreeMap::from([
                (Answer::Status(200), 40),
                (Answer::Status(404), 10),
                (Answer::Status(503), 20),
                (Answer::Status(504), 5),
                (Answer::Broken(200), 10),
                (Answer::Gone, 5),
            ])
        );
        assert_eq!(
            side(&mesh, "shop/checkout", "outbound")?,
            counts(&[(0, "DC", 5), (200, "", 40), (200, "UPE", 10), (404, "", 10), (503, "", 20), (504, "UT", 5),])
        );
        assert_eq!(
            side(&mesh, "shop/orders", "inbound")?,
            counts(&[(0, "DC", 10), (200, "", 40), (200, "UPE", 10), (404, "", 10), (503, "", 10), (503, "UC", 10),])
        );
        assert_eq!(
            served(&mesh),
            BTreeMap::from([
                (Served::Answered(200), 40),
                (Served::Answered(404), 10),
                (Served::Answered(503), 10),
                (Served::ResetBeforeHeaders, 10),
                (Served::ResetMidBody, 10),
                (Served::Abandoned, 10),
            ])
        );
        mesh.stop().await
    });
}

#[test]
fn grpc_endings_show_in_every_account() {
    scenario::run("grpc_endings", async |workdir| {
        let mesh = pair(workdir, Protocol::Grpc, |edge| edge).await?;
        let account = mesh
            .load("shop/checkout", "orders.shop")?
            .connections(3)
            .requests(40, Script::grpc(0))
            .requests(10, Script::grpc(5))
            .requests(10, Script { end: End::TrailersOnly, ..Script::grpc(14) })
            .requests(10, Script::ending(End::ResetBeforeHeaders))
            .requests(10, Script::ending(End::ResetMidBody))
            .requests(5, Script::ending(End::NoAnswer))
            .departures(5)
            .run()
            .await;
        mesh.settle().await?;
        assert_eq!(
            account.by_answer(),
            BTreeMap::from([
                (Answer::Grpc(0), 40),
                (Answer::Grpc(5), 10),
                (Answer::Grpc(14), 25),
                (Answer::Broken(200), 10),
                (Answer::Gone, 5),
            ])
        );
        assert_eq!(
            side(&mesh, "shop/checkout", "outbound")?,
            counts(&[(0, "DR", 5), (200, "", 70), (200, "UR", 10), (200, "UT", 5)])
        );
        assert_eq!(side(&mesh, "shop/orders", "inbound")?, counts(&[(0, "DR", 10), (200, "", 60), (200, "UR", 20)]));
        assert_eq!(
            served(&mesh),
            BTreeMap::from([
                (Served::AnsweredGrpc(0), 40),
                (Served::AnsweredGrpc(5), 10),
                (Served::AnsweredGrpc(14), 10),
                (Served::ResetBeforeHeaders, 10),
                (Served::ResetMidBody, 10),
                (Served::Abandoned, 10),
            ])
        );
        mesh.stop().await
    });
}

#[test]
fn retries_are_seen_attempt_by_attempt() {
    scenario::run("retries", async |workdir| {
        let mesh = pair(workdir, Protocol::Http2, |edge| edge.retries("5xx,reset", 2)).await?;
        let account = mesh
            .load("shop/checkout", "orders.shop")?
            .requests(20, Script::default().first_attempt(Script::status(503)))
            .requests(
                10,
                Script::default()
                    .first_attempt(Script::ending(End::ResetBeforeHeaders))
                    .first_attempt(Script::status(500)),
            )
            .requests(5, Script::status(503))
            .run()
            .await;
        mesh.settle().await?;
        assert_eq!(account.by_answer(), BTreeMap::from([(Answer::Status(200), 30), (Answer::Status(503), 5)]));
        assert_eq!(side(&mesh, "shop/checkout", "outbound")?, counts(&[(200, "", 30), (503, "URX", 5)]));
        let attempts = mesh.sidecar("shop/checkout").access_log().entries()?;
        assert_eq!(attempts.iter().filter(|entry| entry.kind == "upstream").count(), 20 * 2 + 10 * 3 + 5 * 3);
        let served = mesh.backend("shop/orders").account();
        assert_eq!(served.arrived(), 20 * 2 + 10 * 3 + 5 * 3);
        assert_eq!(served.ended(Served::ResetBeforeHeaders), 10);
        let inbound = [(200, "", 30), (500, "", 10), (503, "", 35), (503, "UR", 10)];
        assert_eq!(side(&mesh, "shop/orders", "inbound")?, counts(&inbound));
        mesh.stop().await
    });
}

#[test]
fn unreachable_destinations_fail_as_their_kind() {
    scenario::run("unreachable", async |workdir| {
        let mut mesh = pair(workdir, Protocol::Http1, |edge| edge.endpoints(Endpoints::ClosedPort)).await?;
        let load = mesh.load("shop/checkout", "orders.shop")?.requests(5, Script::default());
        assert_eq!(load.run().await.answered(Answer::Status(503)), 5);
        mesh.change_edge("shop/checkout", "orders.shop", |edge| edge.endpoints = Endpoints::None).await?;
        assert_eq!(load.run().await.answered(Answer::Status(503)), 5);
        mesh.change_edge("shop/checkout", "orders.shop", |edge| edge.endpoints = Endpoints::OfService).await?;
        assert_eq!(load.run().await.answered(Answer::Status(200)), 5);
        mesh.settle().await?;
        assert_eq!(side(&mesh, "shop/checkout", "outbound")?, counts(&[(200, "", 5), (503, "UF", 5), (503, "UH", 5)]));
        assert_eq!(side(&mesh, "shop/orders", "inbound")?, counts(&[(200, "", 5)]));
        mesh.stop().await
    });
}

#[test]
fn a_proxys_own_answers_are_told_apart() {
    scenario::run("own_answers", async |workdir| {
        let full = serde_json::json!({"thresholds": [{"max_requests": 0, "max_pending_requests": 0}]});
        let mesh = MeshBuilder::new("demo", workdir)?
            .workload(Workload::new("shop", "checkout"))
            .workload(Workload::new("shop", "orders"))
            .service(Service::new("shop", "orders", Protocol::Http2).deny_path("/denied"))
            .service(Service::new("shop", "full", Protocol::Http2).behind(&["shop/orders"]))
            .edge(Edge::new("shop/checkout", "orders.shop").direct_response("/direct", 418))
            .edge(Edge::new("shop/checkout", "full.shop").cluster_key("circuit_breakers", full))
            .start()
            .await?;
        for (service, path, status) in
            [("orders.shop", "/direct", 418), ("orders.shop", "/denied/x", 403), ("full.shop", "/", 503)]
        {
            let load = mesh.load("shop/checkout", service)?.path(path).requests(4, Script::default());
            assert_eq!(load.run().await.answered(Answer::Status(status)), 4, "{path}");
        }
        mesh.settle().await?;
        let outbound = [(403, "", 4), (418, "", 4), (503, "UO", 4)];
        assert_eq!(side(&mesh, "shop/checkout", "outbound")?, counts(&outbound));
        assert_eq!(side(&mesh, "shop/orders", "inbound")?, counts(&[(403, "", 4)]));
        mesh.stop().await
    });
}

#[test]
fn requests_that_are_no_requests_are_logged_too() {
    scenario::run("no_requests", async |workdir| {
        let mesh = pair(workdir, Protocol::Http1, |edge| edge).await?;
        let to = mesh.way("shop/checkout", "orders.shop")?;
        for (bytes, code) in [
            (&b"NONSENSE\r\n\r\n"[..], "400"),
            (b"GET / HTTP/1.1\r\n\r\n", "400"),
            (b"GET / HTTP/9.9\r\nhost: a\r\n\r\n", "426"),
        ] {
            let answer = String::from_utf8_lossy(&send_raw(to, bytes).await?).into_owned();
            assert!(answer.starts_with(&format!("HTTP/1.1 {code}")), "{answer}");
        }
        let load = mesh.load("shop/checkout", "orders.shop")?.header("x-big", &"x".repeat(100_000));
        assert_eq!(load.requests(3, Script::default()).run().await.answered(Answer::Status(431)), 3);
        mesh.settle().await?;
        let outbound = [(400, "", 1), (400, "DPE", 1), (426, "DPE", 1), (431, "DPE", 3)];
        assert_eq!(side(&mesh, "shop/checkout", "outbound")?, counts(&outbound));
        mesh.stop().await
    });
}
