//! Who the two ends of an edge are: workloads that share an account, services that share a workload, ends of which
//! nothing but certificate and address is known.

use hogusu_tests::map::Sent;
use hogusu_tests::mesh::{Edge, Protocol, Service, Workload};
use hogusu_tests::scenario;
use serde_json::json;

use super::{Joined, counting, edge, one_sided};

const ORDERS: &str = "shop/orders";

#[test]
fn workloads_of_one_account_are_told_apart_and_one_workload_shows_all_its_services() {
    scenario::run("shared_account_on_the_map", async |workdir| {
        let joined = Joined::start(workdir, |builder| {
            builder
                .workload(counting("shop", "web").service_account("front"))
                .workload(counting("shop", "mobile").service_account("front"))
                .workload(counting("shop", "orders"))
                .service(Service::new("shop", "orders", Protocol::Http1))
                .service(Service::new("shop", "returns", Protocol::Http1).behind(&[ORDERS]).ports(9080, 8080))
                .edge(Edge::new("shop/web", "orders.shop"))
                .edge(Edge::new("shop/web", "returns.shop"))
                .edge(Edge::new("shop/mobile", "returns.shop"))
        })
        .await?;
        joined.ask("shop/web", "orders.shop", 20, 200).await?;
        joined.ask("shop/web", "returns.shop", 10, 200).await?;
        joined.ask("shop/mobile", "returns.shop", 7, 200).await?;
        let (web, mobile) = (Sent::requests("shop/web", ORDERS, 30), Sent::requests("shop/mobile", ORDERS, 7));
        let map = joined.map(&[web, mobile]).await?;

        let front = joined.spiffe("shop/web")?;
        assert_eq!(front, joined.spiffe("shop/mobile")?, "the two cannot be told apart by their certificates");
        let (orders, returns) = ("orders.shop.svc.cluster.local:80", "returns.shop.svc.cluster.local:9080");
        for (source, services) in [("shop/web", json!([orders, returns])), ("shop/mobile", json!([returns]))] {
            let edge = edge(&map, source, ORDERS);
            assert_eq!(edge["source"]["service_account"], "front", "{edge}");
            for side in ["source_report", "destination_report"] {
                let principals = json!({"source": [front], "destination": [joined.spiffe(ORDERS)?]});
                assert_eq!(edge[side]["principals"], principals, "{edge}");
            }
            assert_eq!(edge["destination"]["services"], services, "{edge}");
            assert_eq!(edge["destination"]["port"], 8080, "the workload's port, not the services': {edge}");
            assert_eq!(edge["agreement"]["state"], "agree", "{edge}");
            // Requests are compared per principal, never split between those who share it.
            assert_eq!(edge["agreement"]["requests_at_destination"], 37, "{edge}");
        }
        assert_eq!(map.edges().len(), 2, "{}", map.0);
        joined.stop().await
    });
}

#[test]
fn without_metadata_an_end_is_known_by_its_address_and_its_certificate() {
    scenario::run("identity_without_metadata", async |workdir| {
        let joined = Joined::start(workdir, |builder| {
            builder
                .workload(counting("shop", "checkout"))
                .workload(counting("shop", "orders").service_account("order-taker"))
                .workload(Workload::new("shop", "silent").concurrency(1))
                .service(Service::new("shop", "orders", Protocol::Http1))
                .service(Service::new("shop", "silent", Protocol::Http1))
                .edge(Edge::new("shop/checkout", "orders.shop").without_endpoint_metadata())
                .edge(Edge::new("shop/checkout", "silent.shop").without_endpoint_metadata())
        })
        .await?;
        joined.ask("shop/checkout", "orders.shop", 9, 200).await?;
        joined.ask("shop/checkout", "silent.shop", 4, 200).await?;
        let port = joined.mesh.layout().workload("shop/silent")?.port(8080)?.number;
        let address = format!("{}:{port}", joined.address("shop/silent")?);
        let reported = Sent::requests("shop/checkout", ORDERS, 9);
        let map = joined.map(&[reported, one_sided("shop/checkout", &address, 4, 0)]).await?;

        // Who reports states its own addresses: so the address is a workload, and the certificate confirms it.
        let orders = &edge(&map, "shop/checkout", ORDERS)["destination"];
        assert_eq!((&orders["kind"], &orders["service_account"]), (&json!("workload"), &json!("order-taker")));
        assert_eq!(orders["principals"], json!([joined.spiffe(ORDERS)?]));
        // Who does not report stays an address: a certificate names an account, not a workload.
        let silent = &edge(&map, "shop/checkout", &address)["destination"];
        assert_eq!((&silent["kind"], &silent["service_account"]), (&json!("address"), &json!("silent")));
        assert_eq!(silent["principals"], json!([joined.spiffe("shop/silent")?]));
        assert_eq!(silent["services"], json!(["silent.shop.svc.cluster.local:80"]));
        assert!(map.findings("disagreement").is_empty(), "{}", map.0["findings"]);
        joined.stop().await
    });
}
