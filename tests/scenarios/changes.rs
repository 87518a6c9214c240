//! The harness's moving parts: chains of calls, many hosts, configuration changed under load, proxies killed and started again.

use std::time::Duration;

use hogusu_tests::client::Answer;
use hogusu_tests::mesh::{Edge, Fleet, MeshBuilder, Protocol, Service, Workload};
use hogusu_tests::scenario;
use hogusu_tests::script::Script;

#[test]
fn a_failure_three_hops_down_reaches_the_top() {
    scenario::run("chain", async |workdir| {
        let mesh = MeshBuilder::new("demo", workdir)?
            .workload(Workload::new("shop", "checkout").concurrency(1))
            .workload(Workload::new("stock", "inventory").concurrency(1))
            .workload(Workload::new("stock", "pricing").concurrency(1))
            .service(Service::new("stock", "inventory", Protocol::Http1))
            .service(Service::new("stock", "pricing", Protocol::Grpc))
            .edge(Edge::new("shop/checkout", "inventory.stock"))
            .edge(Edge::new("stock/inventory", "pricing.stock"))
            .start()
            .await?;
        let well = Script::default().call("pricing.stock", Script::grpc(0).delay_ms(5));
        let ill = Script::default().call("pricing.stock", Script::grpc(13)).fail_with_calls();
        let load = mesh.load("shop/checkout", "inventory.stock")?.connections(2).requests(20, well).requests(10, ill);
        let account = load.run().await;
        mesh.settle().await?;
        assert_eq!((account.answered(Answer::Status(200)), account.answered(Answer::Status(502))), (20, 10));
        let calls = &mesh.backend("stock/inventory").account().calls["pricing.stock"];
        assert_eq!((calls.answered(Answer::Grpc(0)), calls.answered(Answer::Grpc(13))), (20, 10));
        let pricing = mesh.sidecar("stock/pricing").access_log().entries()?;
        assert_eq!(pricing.iter().filter(|entry| entry.grpc_status == Some(13)).count(), 10);
        mesh.stop().await
    });
}

#[test]
fn listeners_change_under_load_without_a_lost_entry() {
    scenario::run("listeners_change", async |workdir| {
        let mut mesh = MeshBuilder::new("demo", workdir)?
            .workload(Workload::new("shop", "checkout"))
            .workload(Workload::new("shop", "orders"))
            .service(Service::new("shop", "orders", Protocol::Http2))
            .edge(Edge::new("shop/checkout", "orders.shop"))
            .start()
            .await?;
        let load = mesh.load("shop/checkout", "orders.shop")?.connections(3).over(Duration::from_secs(4));
        let running = load.requests(1000, Script::default().delay_ms(5)).start();
        let stderr_log = serde_json::json!({
            "name": "envoy.access_loggers.stderr",
            "typed_config": {"@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StderrAccessLog"},
        });
        for workload in ["shop/orders", "shop/checkout"] {
            mesh.reconfigure(workload, |workload| workload.extra_access_logs = vec![stderr_log.clone()]).await?;
            mesh.reconfigure(workload, |workload| workload.extra_access_logs = Vec::new()).await?;
        }
        let account = running.finish().await;
        mesh.settle().await?;
        assert_eq!(account.answered(Answer::Status(200)), 1000, "{:?}", account.by_answer());
        for (workload, direction) in [("shop/checkout", "outbound"), ("shop/orders", "inbound")] {
            let entries = mesh.sidecar(workload).access_log().entries()?;
            assert_eq!(entries.iter().filter(|entry| entry.is(direction, "http")).count(), 1000, "{workload}");
        }
        mesh.stop().await
    });
}

#[test]
fn proxies_come_back_after_kill_and_stop() {
    scenario::run("proxies_come_back", async |workdir| {
        let mut mesh = MeshBuilder::new("demo", workdir)?
            .workload(Workload::new("shop", "checkout"))
            .workload(Workload::new("shop", "orders"))
            .service(Service::new("shop", "orders", Protocol::Http1))
            .edge(Edge::new("shop/checkout", "orders.shop"))
            .start()
            .await?;
        let send = async |mesh: &hogusu_tests::mesh::Mesh| -> anyhow::Result<u64> {
            let load = mesh.load("shop/checkout", "orders.shop")?.requests(10, Script::default());
            Ok(load.run().await.answered(Answer::Status(200)))
        };
        assert_eq!(send(&mesh).await?, 10);
        mesh.settle().await?;
        mesh.kill_sidecar("shop/orders").await?;
        assert_eq!(send(&mesh).await?, 0);
        mesh.restart_sidecar("shop/orders").await?;
        mesh.stop_sidecar("shop/checkout").await?;
        mesh.restart_sidecar("shop/checkout").await?;
        assert_eq!(send(&mesh).await?, 10);
        mesh.settle().await?;
        let inbound = mesh.sidecar("shop/orders").access_log().entries()?;
        assert_eq!(inbound.len(), 20);
        mesh.stop().await
    });
}

#[test]
fn thousands_of_hosts_go_through_one_listener() {
    scenario::run("thousands_of_hosts", async |workdir| {
        let mesh = MeshBuilder::new("demo", workdir)?
            .workload(Workload::new("shop", "checkout"))
            .workload(Workload::new("far", "one").without_proxy())
            .fleet(Fleet::new("shop/checkout", "far", 5000, "far/one"))
            .start()
            .await?;
        let load = mesh.fleet_load("shop/checkout", "far")?.connections(4).requests(5000, Script::default());
        assert_eq!(load.run().await.answered(Answer::Status(200)), 5000);
        mesh.settle().await?;
        let entries = mesh.sidecar("shop/checkout").access_log().entries()?;
        let clusters: std::collections::BTreeSet<_> =
            entries.iter().filter(|entry| entry.kind == "http").map(|entry| entry.cluster.clone()).collect();
        assert_eq!(clusters.len(), 5000);
        mesh.stop().await
    });
}
