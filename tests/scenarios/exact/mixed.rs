//! The mesh and the plan of ten thousand mixed exchanges: every kind of ending on HTTP/1.1, HTTP/2, gRPC and TCP, over mutual TLS,
//! one-way TLS and plaintext.

use std::net::SocketAddr;
use std::time::Duration;

use hogusu_model::{Outcome, Protocol as Word};
use hogusu_tests::client::Answer;
use hogusu_tests::mesh::{Edge, Endpoints, Fleet, MeshBuilder, Protocol, Security, Service, Workload};
use hogusu_tests::script::{End, Script};
use hogusu_tests::tcp::{TcpEnd, TcpScript};
use serde_json::json;

use crate::exact::plan::{CLOSED_PORT, Row, Talk, TcpRow};
use crate::exact::words::*;

const WEB: &str = "shop/web";
const CHECKOUT: &str = "shop/checkout";
const ORDERS: &str = "shop/orders";
const INVENTORY: &str = "stock/inventory";
const STORE: &str = "data/store";
const CRON: &str = "legacy/cron";
/// Without a proxy.
const BATCH: &str = "legacy/batch";

/// Long enough for a busy machine, and then exceeded by scripts that do not answer at all.
const TIMEOUT: Duration = Duration::from_secs(3);
const PER_TRY: Duration = Duration::from_millis(1200);

/// The other side ended it; by FIN or RST is a matter of what it had not read yet.
const CUT_OFF: [TcpEnd; 2] = [TcpEnd::Closed, TcpEnd::Reset];

/// Adds everybody to the mesh. `absent` is an address where an application should be and nobody listens.
pub fn mesh(builder: MeshBuilder, absent: SocketAddr, equip: impl Fn(Workload) -> Workload) -> MeshBuilder {
    let workload = |key: &str| {
        let (namespace, name) = key.split_once('/').expect("a workload's key");
        Workload::new(namespace, name)
    };
    let none = json!({"thresholds": [{"max_requests": 0, "max_pending_requests": 0}]});
    // Envoy's own bound is 3 at a time; what exceeds it is not retried.
    let many_retries = json!({"thresholds": [{"max_retries": 100}]});
    let builder = [WEB, CHECKOUT, ORDERS, STORE].iter().fold(builder, |mesh, key| mesh.workload(equip(workload(key))));
    let builder = builder
        .workload(equip(workload(INVENTORY).application(8085, absent)))
        .workload(equip(workload(CRON).concurrency(1)))
        .workload(workload(BATCH).without_proxy());
    services(builder)
        .edge(Edge::new(WEB, "orders.shop").timeout(TIMEOUT).direct_response("/direct", 418))
        .edge(Edge::new(CHECKOUT, "returns.shop").timeout(TIMEOUT))
        .edge(Edge::new(WEB, "inventory.stock").timeout(TIMEOUT))
        .edge(Edge::new(ORDERS, "inventory.stock"))
        .edge(
            Edge::new(CHECKOUT, "audit.stock")
                .retries("5xx,reset", 2)
                .per_try_timeout(PER_TRY)
                .cluster_key("circuit_breakers", many_retries.clone()),
        )
        .edge(
            Edge::new(CHECKOUT, "pricing.stock")
                .endpoints(Endpoints::ClosedPortAndService)
                .retries("connect-failure", 3),
        )
        .edge(
            Edge::new(CHECKOUT, "closed.shop")
                .endpoints(Endpoints::ClosedPort)
                .retries("connect-failure", 1)
                .cluster_key("circuit_breakers", many_retries),
        )
        .edge(Edge::new(WEB, "ghost.shop").endpoints(Endpoints::None))
        .edge(Edge::new(WEB, "full.shop").cluster_key("circuit_breakers", none))
        .edge(Edge::new(WEB, "renamed.shop").accept_only("spiffe://cluster.local/ns/shop/sa/other"))
        .edge(Edge::new(CRON, "orders.shop").security(Security::Plaintext))
        .edge(Edge::new(CRON, "lookup.stock").security(Security::OneWay))
        .edge(Edge::new(WEB, "batch.legacy").security(Security::Plaintext).timeout(TIMEOUT))
        .edge(Edge::new(BATCH, "orders.shop"))
        .edge(Edge::new(WEB, "broken.stock"))
        .edge(Edge::new(WEB, "secret.stock"))
        .edge(Edge::new(WEB, "store.data"))
        .edge(Edge::new(CRON, "store.data").security(Security::Plaintext))
        .edge(Edge::new(CHECKOUT, "closed.data").endpoints(Endpoints::ClosedPort))
        .edge(Edge::new(CHECKOUT, "ghost.data").endpoints(Endpoints::None))
        .edge(Edge::new(CHECKOUT, "vault.data"))
        .fleet(Fleet::new(WEB, "far", 2, BATCH))
}

fn services(builder: MeshBuilder) -> MeshBuilder {
    let web = "spiffe://cluster.local/ns/shop/sa/web";
    let checkout = "spiffe://cluster.local/ns/shop/sa/checkout";
    let behind_orders = |name: &str, protocol| Service::new("shop", name, protocol).behind(&[ORDERS]);
    let stock = |name: &str, protocol, port| Service::new("stock", name, protocol).behind(&[INVENTORY]).ports(80, port);
    let tcp = |name: &str, port| Service::new("data", name, Protocol::Tcp).behind(&[STORE]).ports(6379, port);
    builder
        .service(Service::new("shop", "orders", Protocol::Http1).deny_path("/denied"))
        .service(behind_orders("returns", Protocol::Http2).ports(81, 8080))
        .service(behind_orders("closed", Protocol::Http1))
        .service(behind_orders("ghost", Protocol::Http1))
        .service(behind_orders("full", Protocol::Http2))
        .service(behind_orders("renamed", Protocol::Http1))
        .service(stock("inventory", Protocol::Grpc, 8080))
        .service(stock("audit", Protocol::Http2, 8081))
        .service(stock("pricing", Protocol::Http1, 8082))
        .service(stock("lookup", Protocol::Http1, 8083))
        .service(stock("secret", Protocol::Http1, 8084).deny_principal(web))
        .service(stock("broken", Protocol::Http1, 8085))
        .service(Service::new("legacy", "batch", Protocol::Http1))
        .service(tcp("store", 16379))
        .service(tcp("closed", 16379))
        .service(tcp("ghost", 16379))
        .service(tcp("vault", 16380).deny_principal(checkout))
}

/// Everything that is sent.
pub fn plan() -> Vec<Talk> {
    let mut talks = vec![
        every_http_ending(Talk::new(WEB, "orders.shop", ORDERS, 8080).connections(6))
            .row(
                Row::new(80, Script::default().body(1), Answer::Status(403), BLAMED)
                    .path("/denied")
                    .arrives(&[DENIED]),
            )
            .row(cascade(120, Script::grpc(0), Answer::Status(200), OK, OK_THERE))
            .row(cascade(30, Script::grpc(13), Answer::Status(502), BROKEN, BROKEN_THERE)),
        every_http_ending(Talk::new(CHECKOUT, "returns.shop", ORDERS, 8080).connections(6)),
        every_grpc_ending(Talk::new(WEB, "inventory.stock", INVENTORY, 8080).connections(6)),
        called_by_orders(),
        retried(),
    ];
    talks.extend(never_arriving());
    talks.extend(other_sources());
    talks.extend(connections());
    talks
}

fn cascade(
    count: usize,
    call: Script,
    answer: Answer,
    at_source: crate::exact::plan::Class,
    there: crate::exact::plan::Class,
) -> Row {
    let script = Script::default().call("inventory.stock", call).fail_with_calls();
    Row::new(count, script, answer, at_source).arrives(&[there])
}

fn every_http_ending(talk: Talk) -> Talk {
    talk.row(Row::new(1500, Script::default().body(3000), Answer::Status(200), OK).arrives(&[OK_THERE]))
        .row(Row::new(200, Script::status(204), Answer::Status(204), OK).arrives(&[OK_THERE]))
        .row(Row::new(100, Script::status(302), Answer::Status(302), OK).arrives(&[OK_THERE]))
        .row(Row::new(200, Script::status(404), Answer::Status(404), BLAMED).arrives(&[BLAMED_THERE]))
        .row(Row::new(60, Script::status(429), Answer::Status(429), BLAMED).arrives(&[BLAMED_THERE]))
        .row(Row::new(150, Script::status(500), Answer::Status(500), BROKEN).arrives(&[BROKEN_THERE]))
        .row(Row::new(60, Script::status(503), Answer::Status(503), BROKEN).arrives(&[BROKEN_THERE]))
        .row(Row::new(60, Script::ending(End::ResetBeforeHeaders), Answer::Status(503), BROKEN).arrives(&[RESET]))
        .row(Row::new(60, Script::ending(End::ResetMidBody), Answer::Broken(200), CUT).arrives(&[CUT_THERE]))
        .row(
            Row::new(6, Script::ending(End::NoAnswer), Answer::Status(504), TIMED_OUT)
                .attempts(&[UNANSWERED])
                .arrives(&[LEFT]),
        )
        .row(
            Row::new(30, Script::ending(End::NoAnswer), Answer::Gone, LEFT)
                .leave()
                .attempts(&[UNANSWERED])
                .arrives(&[LEFT]),
        )
}

fn every_grpc_ending(talk: Talk) -> Talk {
    let trailers_only = Script { end: End::TrailersOnly, ..Script::grpc(14) };
    talk.over(Word::Grpc)
        .row(Row::new(1500, Script::grpc(0).body(2000), Answer::Grpc(0), OK).arrives(&[OK_THERE]))
        .row(Row::new(100, Script::grpc(5), Answer::Grpc(5), BLAMED).arrives(&[BLAMED_THERE]))
        .row(Row::new(60, Script::grpc(7), Answer::Grpc(7), BLAMED).arrives(&[BLAMED_THERE]))
        .row(Row::new(100, Script::grpc(13), Answer::Grpc(13), BROKEN).arrives(&[BROKEN_THERE]))
        .row(Row::new(80, trailers_only, Answer::Grpc(14), BROKEN).arrives(&[BROKEN_THERE]))
        .row(Row::new(60, Script::ending(End::ResetBeforeHeaders), Answer::Grpc(14), BROKEN).arrives(&[RESET]))
        .row(Row::new(60, Script::ending(End::ResetMidBody), Answer::Broken(200), CUT).arrives(&[CUT_THERE]))
        .row(
            Row::new(6, Script::ending(End::NoAnswer), Answer::Grpc(14), TIMED_OUT)
                .attempts(&[UNANSWERED])
                .arrives(&[LEFT]),
        )
        .row(
            Row::new(30, Script::ending(End::NoAnswer), Answer::Gone, LEFT)
                .leave()
                .attempts(&[UNANSWERED])
                .arrives(&[LEFT]),
        )
}

/// What the orders application asks of inventory while it is asked itself; its own account says how often.
fn called_by_orders() -> Talk {
    Talk::new(ORDERS, "inventory.stock", INVENTORY, 8080)
        .over(Word::Grpc)
        .by_application()
        .row(Row::new(120, Script::grpc(0), Answer::Grpc(0), OK).arrives(&[OK_THERE]))
        .row(Row::new(30, Script::grpc(13), Answer::Grpc(13), BROKEN).arrives(&[BROKEN_THERE]))
}

/// Two retries; a try has a limit of its own, a request has none.
fn retried() -> Talk {
    let no_answer = Script::ending(End::NoAnswer);
    let after = |first: Script| Script::default().first_attempt(first);
    Talk::new(CHECKOUT, "audit.stock", INVENTORY, 8081)
        .connections(6)
        .row(Row::new(500, Script::default(), Answer::Status(200), OK).arrives(&[OK_THERE]))
        .row(
            Row::new(100, after(Script::status(503)), Answer::Status(200), OK)
                .attempts(&[BROKEN, OK])
                .arrives(&[BROKEN_THERE, OK_THERE]),
        )
        .row(
            Row::new(50, after(Script::ending(End::ResetBeforeHeaders)).first_attempt(Script::status(500)), Answer::Status(200), OK)
                .attempts(&[BROKEN, BROKEN, OK])
                .arrives(&[RESET, BROKEN_THERE, OK_THERE]),
        )
        .row(
            Row::new(40, Script::status(503), Answer::Status(503), BROKEN)
                .attempts(&[BROKEN; 3])
                .arrives(&[BROKEN_THERE; 3]),
        )
        .row(Row::new(6, after(no_answer.clone()), Answer::Status(200), OK).attempts(&[TRY_TIMED_OUT, OK]).arrives(&[LEFT, OK_THERE]))
        .row(Row::new(4, no_answer, Answer::Status(504), TIMED_OUT).attempts(&[TRY_TIMED_OUT; 3]).arrives(&[LEFT; 3]))
}

fn never_arriving() -> Vec<Talk> {
    let one = |count, status, class| Row::new(count, Script::default(), Answer::Status(status), class);
    vec![
        // One connection: its worker alternates between the closed port and the service, so that one retry is enough.
        Talk::new(CHECKOUT, "pricing.stock", INVENTORY, 8082).connections(1).row(one(100, 200, OK).arrives(&[OK_THERE])),
        Talk::new(CHECKOUT, "closed.shop", ORDERS, 8080).at_port(CLOSED_PORT).row(one(40, 503, REFUSED).attempts(&[])),
        Talk::new(WEB, "ghost.shop", "ghost.shop.svc.cluster.local:80", 80)
            .at_port(80)
            .row(one(60, 503, NOBODY_THERE).attempts(&[])),
        Talk::new(WEB, "full.shop", "full.shop.svc.cluster.local:80", 80)
            .at_port(80)
            .row(one(60, 503, TOO_MANY).attempts(&[unanswered(TOO_MANY)])),
        Talk::new(WEB, "renamed.shop", ORDERS, 8080).row(one(30, 503, UNTRUSTED).attempts(&[unanswered(UNTRUSTED)])),
        Talk::new(WEB, "orders.shop", "unknown", 0)
            .at_port(0)
            .row(Row::new(60, Script::default(), Answer::Status(418), OWN_ANSWER).path("/direct").attempts(&[])),
        Talk::new(WEB, "far", "unknown", 0)
            .at_port(0)
            .authority("nowhere.far.svc.cluster.local")
            .row(one(60, 404, NO_ROUTE).attempts(&[])),
        Talk::new(WEB, "broken.stock", INVENTORY, 8085).row(one(40, 503, BROKEN).arrives(&[REFUSED])),
        Talk::new(WEB, "secret.stock", INVENTORY, 8084).row(one(40, 503, RESET).attempts(&[unanswered(RESET)])),
    ]
}

fn other_sources() -> Vec<Talk> {
    let one = |count, status| Row::new(count, Script::status(status), Answer::Status(status), OK).arrives(&[OK_THERE]);
    let far = |host, destination| {
        let row = Row::new(50, Script::default(), Answer::Status(200), OK);
        Talk::new(WEB, "far", destination, 8080).authority(host).row(row)
    };
    vec![
        Talk::new(CRON, "orders.shop", ORDERS, 8080)
            .row(one(800, 200))
            .row(Row::new(60, Script::status(404), Answer::Status(404), BLAMED).arrives(&[BLAMED_THERE]))
            .row(Row::new(60, Script::status(500), Answer::Status(500), BROKEN).arrives(&[BROKEN_THERE])),
        Talk::new(CRON, "lookup.stock", INVENTORY, 8083)
            .row(one(600, 200))
            .row(Row::new(100, Script::status(404), Answer::Status(404), BLAMED).arrives(&[BLAMED_THERE])),
        Talk::new(BATCH, "orders.shop", ORDERS, 8080).row(one(200, 200)),
        Talk::new(WEB, "batch.legacy", BATCH, 8080)
            .row(Row::new(200, Script::default(), Answer::Status(200), OK))
            .row(Row::new(40, Script::status(503), Answer::Status(503), BROKEN))
            .row(Row::new(40, Script::ending(End::ResetBeforeHeaders), Answer::Status(503), RESET).attempts(&[unanswered(RESET)]))
            .row(Row::new(40, Script::ending(End::ResetMidBody), Answer::Broken(200), CUT))
            .row(Row::new(4, Script::ending(End::NoAnswer), Answer::Status(504), TIMED_OUT).attempts(&[UNANSWERED]))
            .row(Row::new(20, Script::ending(End::NoAnswer), Answer::Gone, LEFT).leave().attempts(&[UNANSWERED])),
        far("svc-00000.far.svc.cluster.local", "far/svc-00000"),
        far("svc-00001.far.svc.cluster.local", "far/svc-00001"),
    ]
}

fn connections() -> Vec<Talk> {
    use hogusu_model::AnsweredBy::Nobody;
    let talk = |source, service| Talk::new(source, service, STORE, 16379).over(Word::Tcp);
    let every_ending = |talk: Talk| {
        talk.tcp(TcpRow::new(200, (TcpScript::Echo, 5000), &[TcpEnd::Echoed], OK).arrives(OK_THERE))
            .tcp(TcpRow::new(50, (TcpScript::Close, 100), &CUT_OFF, OK).arrives(OK_THERE))
            .tcp(TcpRow::new(50, (TcpScript::Reset, 200), &CUT_OFF, CUT).arrives(CUT_THERE))
            .tcp(TcpRow::new(50, (TcpScript::Silent, 300), &[TcpEnd::Left], OK).arrives(OK_THERE))
    };
    vec![
        every_ending(talk(WEB, "store.data")),
        every_ending(talk(CRON, "store.data")),
        talk(CHECKOUT, "closed.data").at_port(CLOSED_PORT).tcp(TcpRow::new(
            40,
            (TcpScript::Echo, 10),
            &CUT_OFF,
            (Outcome::ConnectFailure, Nobody),
        )),
        Talk::new(CHECKOUT, "ghost.data", "ghost.data.svc.cluster.local:6379", 6379).over(Word::Tcp).at_port(6379).tcp(TcpRow::new(
            40,
            (TcpScript::Echo, 10),
            &CUT_OFF,
            (Outcome::NoHealthyUpstream, Nobody),
        )),
        Talk::new(CHECKOUT, "vault.data", STORE, 16380)
            .over(Word::Tcp)
            .tcp(TcpRow::new(40, (TcpScript::Echo, 10), &CUT_OFF, OK).arrives((Outcome::Denied, Nobody))),
    ]
}
