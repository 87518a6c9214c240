//! Who is in the demo's mesh, and who asks whom. Traffic itself is in `traffic.rs`.

use std::net::SocketAddr;

use anyhow::Result;
use hogusu_tests::demo::WORKLOADS;
use hogusu_tests::mesh::{Edge, MeshBuilder, Protocol, Security, Service, Workload};
use hogusu_tests::workdir::Workdir;
use serde_json::json;

pub fn mesh(builder: MeshBuilder, redis: SocketAddr) -> MeshBuilder {
    let builder = WORKLOADS.iter().fold(builder, |builder, (namespace, name)| {
        let workload = Workload::new(namespace, name).access_logger().concurrency(1 + u32::from(*namespace == "stock"));
        let workload = if *name == "redis" { workload.application(6379, redis) } else { workload };
        builder.workload(workload)
    });
    builder
        .service(Service::new("shop", "checkout", Protocol::Http1))
        .service(Service::new("shop", "cart", Protocol::Http1))
        .service(Service::new("stock", "inventory", Protocol::Grpc).ports(9000, 9090))
        .service(Service::new("stock", "pricing", Protocol::Http1))
        .service(Service::new("stock", "catalog", Protocol::Http1))
        .service(Service::new("data", "ledger", Protocol::Http2))
        .service(Service::new("data", "redis", Protocol::Tcp).ports(6379, 6379))
        .edge(Edge::new("shop/frontend", "checkout.shop"))
        .edge(Edge::new("shop/frontend", "cart.shop"))
        .edge(Edge::new("shop/checkout", "inventory.stock"))
        .edge(Edge::new("shop/checkout", "pricing.stock"))
        .edge(Edge::new("shop/checkout", "redis.data"))
        .edge(Edge::new("shop/cart", "inventory.stock").without_endpoint_metadata())
        .edge(Edge::new("stock/pricing", "catalog.stock"))
        .edge(Edge::new("stock/catalog", "ledger.data"))
        .edge(Edge::new("data/audit", "pricing.stock"))
        .edge(Edge::new("legacy/cron", "catalog.stock").security(Security::Plaintext))
}

/// The file of proxies that should report, for `--expect`.
pub fn expected(workdir: &Workdir) -> Result<String> {
    let workloads: Vec<_> =
        WORKLOADS.iter().map(|(namespace, name)| json!({"namespace": namespace, "name": name, "proxies": 1})).collect();
    let path = workdir.path().join("expected.json");
    std::fs::write(&path, json!({"workloads": workloads}).to_string())?;
    Ok(path.display().to_string())
}
