//! The mesh of ten thousand mixed exchanges: HTTP/1.1, HTTP/2, gRPC and TCP, over mutual TLS, one-way TLS and plaintext, with every
//! way not to arrive. What is sent through it is in `endings.rs`.

use std::net::SocketAddr;
use std::time::Duration;

use hogusu_tests::mesh::{Edge, Endpoints, Fleet, MeshBuilder, Protocol, Security, Service, Workload};
use serde_json::json;

pub const WEB: &str = "shop/web";
pub const CHECKOUT: &str = "shop/checkout";
pub const ORDERS: &str = "shop/orders";
pub const INVENTORY: &str = "stock/inventory";
pub const STORE: &str = "data/store";
pub const CRON: &str = "legacy/cron";
/// Without a proxy.
pub const BATCH: &str = "legacy/batch";

/// Long enough for a busy machine, and then exceeded by scripts that do not answer at all.
const TIMEOUT: Duration = Duration::from_secs(3);
const PER_TRY: Duration = Duration::from_millis(1200);

/// Adds everybody to the mesh. `absent` is an address where an application should be and nobody listens.
pub fn mesh(builder: MeshBuilder, absent: SocketAddr, equip: impl Fn(Workload) -> Workload) -> MeshBuilder {
    let workload = |key: &str| {
        let (namespace, name) = key.split_once('/').expect("a workload's key");
        Workload::new(namespace, name)
    };
    let none = json!({"thresholds": [{"max_requests": 0, "max_pending_requests": 0}]});
    // Envoy's own bound is 3 at a time; what exceeds it is not retried.
    let many_retries = json!({"thresholds": [{"max_retries": 100}]});
    // Retries are asked for and always refused: how the only attempt ended is how the request ended.
    let no_retry = json!({"thresholds": [{"max_retries": 0}]});
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
                .cluster_key("circuit_breakers", many_retries),
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
                .cluster_key("circuit_breakers", no_retry.clone()),
        )
        .edge(
            Edge::new(CHECKOUT, "meagre.stock")
                .retries("5xx", 1)
                .per_try_timeout(PER_TRY)
                .cluster_key("circuit_breakers", no_retry),
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
        .service(stock("meagre", Protocol::Http1, 8086))
        .service(Service::new("legacy", "batch", Protocol::Http1))
        .service(tcp("store", 16379))
        .service(tcp("closed", 16379))
        .service(tcp("ghost", 16379))
        .service(tcp("vault", 16380).deny_principal(checkout))
}
