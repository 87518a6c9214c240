//! Handshakes that the destination's proxy refuses, or that never end: Envoy logs them like any other connection, with the certificate
//! that was shown. Nobody is secured by them, and nobody is named.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use hogusu_tests::map::{Map, Sent};
use hogusu_tests::mesh::{Edge, Protocol, Security, Service, Workload};
use hogusu_tests::scenario;
use hogusu_tests::tcp::TcpScript;
use hogusu_tests::xds::plugin::{Hook, Plugin};
use hogusu_tests::xds::tls::TlsVersion;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::joined::{Joined, counting, edge};
use crate::shop::logger;

const STORE: &str = "data/store";

/// `outcome[reason]/answered_by` and the count, of one side.
fn ends(report: &Value) -> Vec<(String, u64)> {
    let one = |one: &Value| {
        let reason = one["reason"].as_str().map_or_else(String::new, |reason| format!("[{reason}]"));
        let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
        let end = format!("{}{reason}/{}", text("outcome"), text("answered_by"));
        (end, one["count"].as_u64().unwrap_or_default())
    };
    report["outcomes"].as_array().into_iter().flatten().map(one).collect()
}

/// A connection from an address of the mesh's own, outside of any proxy.
async fn connect(joined: &Joined, from: std::net::Ipv4Addr, to: &str) -> Result<TcpStream> {
    let placed = joined.mesh.layout().workload(to)?;
    let port = placed.ports.first().map_or(0, |port| port.number);
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    Ok(socket.connect((placed.address, port).into()).await?)
}

/// Says something in plaintext and waits until the proxy closes.
async fn speak_plaintext(mut stream: TcpStream) -> Result<()> {
    stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await?;
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said).await;
    Ok(())
}

fn connections<'a>(source: &'a str, destination: &'a str, at_source: u64, at_destination: u64) -> Sent<'a> {
    Sent { at_source, at_destination, ..Sent::connections(source, destination, 0) }
}

/// Connections of the source to the store, as the destination counts them.
fn refused_at(map: &Map, source: &str) -> u64 {
    map.count(source, STORE, "connections", "destination_report")
}

/// Nothing of the edge is asserted by its destination.
fn assert_unproven(map: &Map, source: &str, destination: &str, count: u64) {
    let edge = edge(map, source, destination);
    let unknown = json!({"mutual_tls": 0, "tls": 0, "application_tls": 0, "plaintext": 0, "unknown": count});
    assert_eq!(edge["security"]["destination"], unknown, "{edge}");
    assert_eq!(edge["destination_report"]["principals"], json!({"source": [], "destination": []}), "{edge}");
}

#[test]
fn a_tcp_handshake_that_the_destination_refuses_is_a_tls_failure_of_nobody() {
    scenario::run("refused_handshakes", async |workdir| {
        let old = |edge: Edge| edge.tls(TlsVersion::V1_2);
        let joined = Joined::start(workdir, |builder| {
            builder
                .workload(counting("shop", "checkout").concurrency(1))
                .workload(counting("evil", "checkout").concurrency(1).foreign_certificate())
                .workload(counting("evil", "web").concurrency(1).foreign_certificate())
                .workload(counting("shop", "bare").concurrency(1))
                .workload(counting("data", "store").concurrency(1))
                .service(Service::new("data", "store", Protocol::Tcp).accept(&[Security::Mutual]))
                .edge(Edge::new("shop/checkout", "store.data"))
                .edge(Edge::new("evil/checkout", "store.data"))
                .edge(old(Edge::new("evil/web", "store.data")))
                .edge(Edge::new("shop/bare", "store.data").without_client_certificate())
        })
        .await?;
        for (source, count) in [("shop/checkout", 3), ("evil/checkout", 4), ("evil/web", 5), ("shop/bare", 6)] {
            // One after the other: a proxy gives up all that wait for a connection when one to the same host fails.
            for _ in 0..count {
                joined.mesh.tcp_load(source, "store.data")?.connections(1, TcpScript::Echo, 100).run().await;
            }
        }
        let (plain, scan) = (joined.mesh.another_address()?, joined.mesh.another_address()?);
        speak_plaintext(connect(&joined, plain, STORE).await?).await?;
        drop(connect(&joined, scan, STORE).await?);
        let (plain, scan) = (plain.to_string(), scan.to_string());
        let sent = [
            Sent::connections("shop/checkout", STORE, 3),
            Sent::connections("evil/web", STORE, 5),
            connections(&plain, STORE, 0, 1),
            connections(&scan, STORE, 0, 1),
        ];
        // Under TLS 1.3 a source may lose the connection before it read a byte: that is a check of a port to it.
        let refused = [("evil/checkout", 4), ("shop/bare", 6)];
        let map = joined
            .map_when(&sent, |map| refused.iter().all(|(source, count)| refused_at(map, source) == *count))
            .await?;

        let good = edge(&map, "shop/checkout", STORE);
        assert_eq!(good["security"]["state"], "mutual_tls", "{good}");
        assert_eq!(ends(&good["destination_report"]), [("ok/application".to_owned(), 3)]);
        for (source, count, at_source, reason) in [
            // Under TLS 1.3 the source's handshake is over before the destination's verdict, which its proxy shows nowhere.
            ("evil/checkout", 4, "ok/upstream", "unknown_issuer"),
            ("evil/web", 5, "tls_failure[certificate_refused]/nobody", "unknown_issuer"),
            ("shop/bare", 6, "ok/upstream", "certificate_missing"),
        ] {
            assert_unproven(&map, source, STORE, count);
            let edge = edge(&map, source, STORE);
            let wanted = format!("tls_failure[{reason}]/nobody");
            assert_eq!(ends(&edge["destination_report"]), [(wanted, count)], "{source}");
            assert!(ends(&edge["source_report"]).iter().all(|(end, _)| end == at_source), "{source}: {edge}");
            assert_eq!(edge["security"]["state"], "unknown", "{edge}");
            assert_ne!(edge["agreement"]["state"], "disagree", "{edge}");
            assert!(map.findings("failing").iter().any(|text| text.contains(source)), "{:?}", map.0["findings"]);
        }
        assert_unproven(&map, &plain, STORE, 1);
        let spoke = edge(&map, &plain, STORE);
        assert_eq!(ends(&spoke["destination_report"]), [("tls_failure[not_tls]/nobody".to_owned(), 1)]);
        assert_unproven(&map, &scan, STORE, 1);
        let scanned = edge(&map, &scan, STORE);
        assert_eq!(ends(&scanned["destination_report"]), [("client_gone/nobody".to_owned(), 1)]);
        joined.stop().await
    });
}

#[test]
fn an_http_handshake_that_the_destination_refuses_shows_in_its_listeners_log_and_is_counted_once() {
    scenario::run("refused_http_handshakes", async |workdir| {
        let seeing =
            |workload: Workload| workload.plugin(Plugin::new(Hook::ListenerLog).key("flush_interval_ms", json!(1000)));
        let joined = Joined::start(workdir, |builder| {
            builder
                .workload(counting("shop", "checkout").concurrency(1))
                .workload(counting("evil", "checkout").concurrency(1).foreign_certificate())
                .workload(seeing(counting("shop", "orders").concurrency(1)))
                .workload(seeing(counting("data", "store").concurrency(1)))
                .service(Service::new("shop", "orders", Protocol::Http1).accept(&[Security::Mutual]))
                .service(Service::new("data", "store", Protocol::Tcp).accept(&[Security::Mutual]))
                .edge(Edge::new("shop/checkout", "orders.shop"))
                .edge(Edge::new("evil/checkout", "orders.shop"))
                .edge(Edge::new("evil/checkout", "store.data"))
        })
        .await?;
        joined.ask("shop/checkout", "orders.shop", 5, 200).await?;
        joined.ask("evil/checkout", "orders.shop", 4, 503).await?;
        for _ in 0..3 {
            joined.mesh.tcp_load("evil/checkout", "store.data")?.connections(1, TcpScript::Echo, 100).run().await;
        }
        let orders = "shop/orders";
        let sent = [
            Sent::requests("shop/checkout", orders, 5),
            Sent { at_destination: 0, ..Sent::requests("evil/checkout", orders, 4) },
            connections("evil/checkout", orders, 0, 4),
        ];
        let map = joined.map_when(&sent, |map| refused_at(map, "evil/checkout") == 3).await?;
        let refused: Vec<_> = map.edges().iter().filter(|edge| edge["destination"]["label"] == orders).collect();
        let tcp = refused.iter().find(|edge| edge["protocol"] == "tcp").map_or(Value::Null, |edge| (*edge).clone());
        let wanted = [("tls_failure[unknown_issuer]/nobody".to_owned(), 4)];
        assert_eq!(ends(&tcp["destination_report"]), wanted, "{tcp}");
        assert_eq!(tcp["security"]["state"], "unknown", "{tcp}");
        joined.stop().await
    });
}

/// An application that speaks first, and then waits for the other end to leave.
async fn greeter() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.write_all(GREETING).await;
                let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            });
        }
    });
    Ok(address)
}

/// The first message of a client that could go on.
fn client_hello() -> Result<Vec<u8>> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let mut hello = Vec::new();
    ClientConnection::new(Arc::new(config), ServerName::try_from("store")?)?.write_tls(&mut hello)?;
    Ok(hello)
}

const GREETING: &[u8] = b"220 ready\r\n";

/// Reads the greeting and leaves without a word, half of the times by a reset.
async fn be_greeted(to: SocketAddr, times: usize) -> Result<()> {
    for time in 0..times {
        let mut stream = TcpStream::connect(to).await?;
        let mut greeting = vec![0; GREETING.len()];
        stream.read_exact(&mut greeting).await?;
        if time % 2 == 1 {
            stream.set_zero_linger()?;
        }
    }
    Ok(())
}

#[test]
fn whoever_only_read_what_the_application_said_first_neither_failed_nor_was_secured() {
    scenario::run("greeted", async |workdir| {
        let application = greeter().await?;
        let joined = Joined::start(workdir, |builder| {
            let store = counting("data", "store").concurrency(1).application(5432, application);
            let service = Service::new("data", "store", Protocol::Tcp).ports(5432, 5432);
            builder
                .workload(counting("shop", "checkout").concurrency(1))
                .workload(counting("shop", "web").concurrency(1))
                .workload(store)
                .service(service.accept(&[Security::Mutual, Security::OneWay]))
                .edge(Edge::new("shop/checkout", "store.data"))
                .edge(Edge::new("shop/web", "store.data").security(Security::OneWay))
        })
        .await?;
        for source in ["shop/checkout", "shop/web"] {
            be_greeted(joined.mesh.way(source, "store.data")?, 6).await?;
        }
        // Half a handshake: no more than a ClientHello, and the application's greeting went nowhere.
        let stranger = joined.mesh.another_address()?;
        let mut half = connect(&joined, stranger, STORE).await?;
        half.write_all(&client_hello()?).await?;
        half.read_exact(&mut [0; 5]).await?;
        drop(half);
        let stranger = stranger.to_string();
        let sent = [
            Sent::connections("shop/checkout", STORE, 6),
            Sent::connections("shop/web", STORE, 6),
            connections(&stranger, STORE, 0, 1),
        ];
        let map = joined.map(&sent).await?;
        for (source, count) in [("shop/checkout", 6), ("shop/web", 6), (stranger.as_str(), 1)] {
            let edge = edge(&map, source, STORE);
            assert_eq!(ends(&edge["destination_report"]), [("client_gone/nobody".to_owned(), count)], "{edge}");
            assert_unproven(&map, source, STORE, count);
        }
        for source in ["shop/checkout", "shop/web"] {
            let edge = edge(&map, source, STORE);
            assert_eq!(ends(&edge["source_report"]), [("ok/upstream".to_owned(), 6)], "{edge}");
            assert_eq!((&edge["security"]["state"], &edge["agreement"]["state"]), (&json!("tls"), &json!("agree")));
        }
        assert_eq!(map.findings("failing"), [""; 0]);
        joined.stop().await
    });
}

/// Takes whatever certificate a client shows.
fn accept_untrusted(listener: &mut Value) {
    for chain in listener["filter_chains"].as_array_mut().into_iter().flatten() {
        let validation = &mut chain["transport_socket"]["typed_config"]["common_tls_context"]["validation_context"];
        validation["trust_chain_verification"] = json!("ACCEPT_UNTRUSTED");
    }
}

#[test]
fn where_certificates_are_said_to_be_unverified_none_makes_mutual_tls_nor_names_anybody() {
    scenario::run("unverified_certificates", async |workdir| {
        let doubting = logger().key("trust", json!({"client_certificates": false}));
        let store = Workload::new("data", "store").concurrency(1).plugin(doubting.clone());
        let orders = Workload::new("shop", "orders").concurrency(1).plugin(doubting);
        let joined = Joined::start(workdir, |builder| {
            builder
                .workload(counting("evil", "checkout").concurrency(1).foreign_certificate())
                .workload(store.change_listeners("inbound", accept_untrusted))
                .workload(orders.change_listeners("inbound", accept_untrusted))
                .service(Service::new("data", "store", Protocol::Tcp).accept(&[Security::Mutual]))
                .service(Service::new("shop", "orders", Protocol::Http1).accept(&[Security::Mutual]))
                .edge(Edge::new("evil/checkout", "store.data"))
                .edge(Edge::new("evil/checkout", "orders.shop"))
        })
        .await?;
        joined.mesh.tcp_load("evil/checkout", "store.data")?.connections(3, TcpScript::Echo, 100).run().await;
        joined.ask("evil/checkout", "orders.shop", 4, 200).await?;
        let sent = [Sent::connections("evil/checkout", STORE, 3), Sent::requests("evil/checkout", "shop/orders", 4)];
        let map = joined.map(&sent).await?;
        for (destination, count) in [(STORE, 3), ("shop/orders", 4)] {
            let edge = edge(&map, "evil/checkout", destination);
            let security = &edge["security"];
            assert_eq!((&security["state"], &security["destination"]["tls"]), (&json!("tls"), &json!(count)), "{edge}");
            assert_eq!(edge["destination_report"]["principals"]["source"], json!([]), "{edge}");
        }
        joined.stop().await
    });
}
