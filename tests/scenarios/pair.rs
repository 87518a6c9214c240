//! The thinnest mesh: one source, one destination, mutual TLS.

use hogusu_tests::accesslog::tally;
use hogusu_tests::client::Answer;
use hogusu_tests::mesh::{Edge, MeshBuilder, Protocol, Service, Workload};
use hogusu_tests::scenario;
use hogusu_tests::script::Script;

#[test]
fn one_pair_counts_exactly() {
    scenario::run("one_pair_counts_exactly", async |workdir| {
        let mesh = MeshBuilder::new("demo", workdir)?
            .workload(Workload::new("shop", "checkout"))
            .workload(Workload::new("shop", "orders"))
            .service(Service::new("shop", "orders", Protocol::Http1))
            .edge(Edge::new("shop/checkout", "orders.shop"))
            .start()
            .await?;
        let load = mesh.load("shop/checkout", "orders.shop")?.connections(4);
        let account = load.requests(300, Script::default()).requests(30, Script::status(500)).run().await;
        mesh.settle().await?;

        assert_eq!(account.answered(Answer::Status(200)), 300);
        assert_eq!(account.answered(Answer::Status(500)), 30);
        for (workload, direction) in [("shop/checkout", "outbound"), ("shop/orders", "inbound")] {
            let mut entries = mesh.sidecar(workload).access_log().entries()?;
            entries.retain(|entry| entry.is(direction, "http"));
            let by_code = tally(&entries, |entry| entry.code);
            assert_eq!(by_code.into_iter().collect::<Vec<_>>(), [(Some(200), 300), (Some(500), 30)]);
        }
        assert_eq!(mesh.backend("shop/orders").account().arrived(), account.sent());
        mesh.stop().await
    });
}
