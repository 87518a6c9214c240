//! The harness's edges in every state of security, as Envoy itself logs them: what each side can see, and what it cannot.

use anyhow::Result;
use hogusu_tests::accesslog::Entry;
use hogusu_tests::client::Answer;
use hogusu_tests::load::Account;
use hogusu_tests::mesh::{Edge, Mesh, MeshBuilder, Protocol, Security, Service, Workload};
use hogusu_tests::scenario;
use hogusu_tests::script::Script;
use hogusu_tests::tcp::{TcpEnd, TcpScript};
use hogusu_tests::xds::tls::TlsVersion;

const CHECKOUT: &str = "spiffe://cluster.local/ns/shop/sa/checkout";
const ORDERS: &str = "spiffe://cluster.local/ns/shop/sa/orders";

async fn send(mesh: &Mesh, source: &str, service: &str) -> Result<Account> {
    Ok(mesh.load(source, service)?.requests(3, Script::default()).run().await)
}

/// The HTTP entries of one workload in one direction.
fn entries(mesh: &Mesh, workload: &str, direction: &str) -> Result<Vec<Entry>> {
    let mut entries = mesh.sidecar(workload).access_log().entries()?;
    entries.retain(|entry| entry.is(direction, "http"));
    Ok(entries)
}

#[test]
fn every_way_into_one_port_is_told_apart() {
    scenario::run("every_way_into_one_port", async |workdir| {
        let edge = |source: &str, security| Edge::new(source, "orders.shop").security(security);
        let mesh = MeshBuilder::new("demo", workdir)?
            .workload(Workload::new("shop", "checkout"))
            .workload(Workload::new("shop", "web").concurrency(1))
            .workload(Workload::new("shop", "cron").concurrency(1))
            .workload(Workload::new("legacy", "batch").without_proxy())
            .workload(Workload::new("shop", "orders"))
            .service(Service::new("shop", "orders", Protocol::Http1))
            .edge(edge("shop/checkout", Security::Mutual).tls(TlsVersion::V1_2))
            .edge(edge("shop/web", Security::OneWay))
            .edge(edge("shop/cron", Security::Plaintext))
            .edge(edge("legacy/batch", Security::Plaintext))
            .start()
            .await?;
        for source in ["shop/checkout", "shop/web", "shop/cron", "legacy/batch"] {
            assert_eq!(send(&mesh, source, "orders.shop").await?.answered(Answer::Status(200)), 3, "{source}");
        }
        mesh.settle().await?;
        let seen: Vec<_> = entries(&mesh, "shop/orders", "inbound")?
            .iter()
            .map(|entry| (entry.downstream_tls.clone(), entry.downstream_peer_san.clone()))
            .collect();
        let times = |tls: &str, san: &str| seen.iter().filter(|(t, s)| t == tls && s == san).count();
        assert_eq!((times("TLSv1.2", CHECKOUT), times("TLSv1.3", ""), times("", "")), (3, 3, 6));
        let one_way = &entries(&mesh, "shop/web", "outbound")?[0];
        assert_eq!((one_way.upstream_tls.as_str(), one_way.upstream_peer_san.as_str()), ("TLSv1.3", ORDERS));
        let batch = mesh.layout().workload("legacy/batch")?.address.to_string();
        let from_batch = entries(&mesh, "shop/orders", "inbound")?
            .iter()
            .filter(|entry| entry.downstream_remote.starts_with(&batch))
            .count();
        assert_eq!(from_batch, 3);
        mesh.stop().await
    });
}

#[test]
fn a_relay_makes_the_two_ends_contradict() {
    scenario::run("a_relay", async |workdir| {
        let mesh = MeshBuilder::new("demo", workdir)?
            .workload(Workload::new("shop", "checkout"))
            .workload(Workload::new("shop", "orders"))
            .service(Service::new("shop", "orders", Protocol::Http2))
            .edge(Edge::new("shop/checkout", "orders.shop").security(Security::PlaintextThenMutual))
            .start()
            .await?;
        assert_eq!(send(&mesh, "shop/checkout", "orders.shop").await?.answered(Answer::Status(200)), 3);
        mesh.settle().await?;
        assert_eq!(entries(&mesh, "shop/checkout", "outbound")?[0].upstream_tls, "");
        assert_eq!(entries(&mesh, "shop/orders", "inbound")?[0].downstream_peer_san, CHECKOUT);
        mesh.stop().await
    });
}

#[test]
fn untrusted_and_unexpected_certificates_fail_the_connection() {
    scenario::run("untrusted_certificates", async |workdir| {
        let mesh = MeshBuilder::new("demo", workdir)?
            .workload(Workload::new("shop", "checkout"))
            .workload(Workload::new("shop", "orders"))
            .workload(Workload::new("evil", "orders").foreign_certificate())
            .service(Service::new("shop", "orders", Protocol::Http1).accept(&[Security::Mutual]))
            .service(Service::new("shop", "renamed", Protocol::Http1).behind(&["shop/orders"]))
            .service(Service::new("evil", "orders", Protocol::Http1))
            .edge(Edge::new("shop/checkout", "renamed.shop").accept_only("spiffe://cluster.local/ns/shop/sa/other"))
            .edge(Edge::new("shop/checkout", "orders.evil"))
            .edge(Edge::new("shop/checkout", "orders.shop").security(Security::Plaintext))
            .start()
            .await?;
        for service in ["renamed.shop", "orders.evil", "orders.shop"] {
            assert_eq!(send(&mesh, "shop/checkout", service).await?.answered(Answer::Status(503)), 3, "{service}");
        }
        mesh.settle().await?;
        let entries = entries(&mesh, "shop/checkout", "outbound")?;
        let failed = |service: &str, text: &str| {
            entries
                .iter()
                .filter(|entry| entry.cluster.contains(service) && entry.upstream_failure.contains(text))
                .count()
        };
        assert_eq!(failed("renamed.shop", "CERTIFICATE_VERIFY_FAILED"), 3);
        assert_eq!(failed("orders.evil", "CERTIFICATE_VERIFY_FAILED"), 3);
        assert_eq!(entries.iter().filter(|entry| entry.flags == "UC").count(), 3);
        mesh.stop().await
    });
}

#[test]
fn two_workloads_share_an_account_and_one_serves_two_services() {
    scenario::run("shared_account", async |workdir| {
        let mesh = MeshBuilder::new("demo", workdir)?
            .workload(Workload::new("shop", "web").service_account("front"))
            .workload(Workload::new("shop", "mobile").service_account("front"))
            .workload(Workload::new("shop", "orders"))
            .service(Service::new("shop", "orders", Protocol::Http1))
            .service(Service::new("shop", "returns", Protocol::Grpc).behind(&["shop/orders"]).ports(9080, 8080))
            .edge(Edge::new("shop/web", "orders.shop"))
            .edge(Edge::new("shop/mobile", "returns.shop").without_endpoint_metadata())
            .start()
            .await?;
        assert_eq!(send(&mesh, "shop/web", "orders.shop").await?.answered(Answer::Status(200)), 3);
        let grpc = mesh.load("shop/mobile", "returns.shop")?.requests(3, Script::grpc(0)).run().await;
        assert_eq!(grpc.answered(Answer::Grpc(0)), 3);
        mesh.settle().await?;
        let inbound = entries(&mesh, "shop/orders", "inbound")?;
        let front = "spiffe://cluster.local/ns/shop/sa/front";
        assert_eq!(
            inbound
                .iter()
                .filter(|entry| entry.downstream_peer_san == front && entry.cluster == "inbound|8080||")
                .count(),
            6
        );
        let clusters: Vec<_> =
            entries(&mesh, "shop/mobile", "outbound")?.iter().map(|entry| entry.cluster.clone()).collect();
        assert_eq!(clusters, vec!["outbound|9080||returns.shop.svc.cluster.local"; 3]);
        mesh.stop().await
    });
}

#[test]
fn tcp_connections_end_as_scripted() {
    scenario::run("tcp_endings", async |workdir| {
        let mesh = MeshBuilder::new("demo", workdir)?
            .workload(Workload::new("shop", "checkout"))
            .workload(Workload::new("data", "store"))
            .service(Service::new("data", "store", Protocol::Tcp).ports(6379, 16379))
            .edge(Edge::new("shop/checkout", "store.data"))
            .start()
            .await?;
        let account = mesh
            .tcp_load("shop/checkout", "store.data")?
            .connections(20, TcpScript::Echo, 5000)
            .connections(5, TcpScript::Close, 0)
            .connections(5, TcpScript::Reset, 0)
            .connections(5, TcpScript::Silent, 0)
            .run()
            .await;
        mesh.settle().await?;
        assert_eq!(account[&(TcpScript::Echo, TcpEnd::Echoed)], 20);
        assert_eq!(account[&(TcpScript::Silent, TcpEnd::Left)], 5);
        assert_eq!(account.values().sum::<u64>(), 35);
        assert_eq!(mesh.tcp_backend("data/store").account().values().sum::<u64>(), 35);
        for (workload, direction) in [("shop/checkout", "outbound"), ("data/store", "inbound")] {
            let entries = mesh.sidecar(workload).access_log().entries()?;
            assert_eq!(entries.iter().filter(|entry| entry.is(direction, "tcp")).count(), 35);
            assert!(entries.iter().all(|entry| entry.duration.is_some()), "every connection has a duration");
        }
        mesh.stop().await
    });
}
