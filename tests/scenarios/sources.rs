//! Whose a request is, where somebody may say so: headers that name another address, extensions that read them, the PROXY protocol.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result};
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::map::Map;
use hogusu_tests::mesh::{Edge, Protocol, Security, Service, Workload};
use hogusu_tests::scenario;
use hogusu_tests::xds::extension;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::joined::{Joined, counting};
use crate::shop::logger;

/// A connection from `from` to the only port of a workload.
async fn connect(joined: &Joined, from: Ipv4Addr, to: &str) -> Result<TcpStream> {
    let placed = joined.mesh.layout().workload(to)?;
    let port = placed.ports.first().context("a port")?.number;
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    Ok(socket.connect((placed.address, port).into()).await?)
}

/// One request with this head line, answered with 200, the connection stays open.
async fn ask(stream: &mut TcpStream, header: &str) -> Result<()> {
    stream.write_all(format!("GET / HTTP/1.1\r\nhost: a\r\n{header}\r\n").as_bytes()).await?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).await.context("an answer's head")?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    anyhow::ensure!(head.starts_with("http/1.1 200"), "{head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0").trim().parse()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(())
}

/// Requests that the destination counts, by its word for their source, once there are so many.
async fn by_source(collector: &Collector, destination: &str, count: u64) -> Result<BTreeMap<String, u64>> {
    let limit = std::time::Duration::from_secs(40);
    eventually(&format!("{destination} counts {count}"), limit, async || {
        let map = match Map::of(collector).await {
            Ok(map) => map,
            Err(error) => return Seen::Never(format!("{error:#}")),
        };
        let mut sources = BTreeMap::new();
        for edge in map.edges().iter().filter(|edge| edge["destination"]["label"] == destination) {
            let counted = edge["destination_report"]["count"].as_u64().unwrap_or_default();
            *sources.entry(edge["source"]["label"].as_str().unwrap_or_default().to_owned()).or_default() += counted;
        }
        if sources.values().sum::<u64>() == count { Seen::Done(sources) } else { Seen::Waiting(format!("{sources:?}")) }
    })
    .await
}

/// Sets keys of the HTTP connection manager of every chain.
fn set_http(listener: &mut Value, key: &str, value: &Value) {
    for chain in listener["filter_chains"].as_array_mut().into_iter().flatten() {
        if let Some(manager) = chain["filters"].as_array_mut().and_then(|filters| filters.last_mut()) {
            manager["typed_config"][key] = value.clone();
        }
    }
}

fn use_remote_address(listener: &mut Value) {
    set_http(listener, "use_remote_address", &json!(true));
}

fn believe_a_header(listener: &mut Value) {
    let detection = extension(
        "envoy.http.original_ip_detection.custom_header",
        "envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig",
        json!({"header_name": "x-real-ip", "allow_extension_to_set_address_as_trusted": true}),
    );
    set_http(listener, "original_ip_detection_extensions", &json!([detection]));
}

fn take_proxy_protocol(listener: &mut Value) {
    listener["listener_filters"] = json!([extension(
        "envoy.filters.listener.proxy_protocol",
        "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
        json!({}),
    )]);
}

/// A workload without a proxy, one with one whose address strangers claim, and a destination of each kind.
async fn joined(
    workdir: &hogusu_tests::workdir::Workdir,
    protocol: Protocol,
    orders: Workload,
) -> Result<(Joined, Ipv4Addr)> {
    let joined = Joined::start(workdir, |builder| {
        builder
            .workload(counting("shop", "victim").concurrency(1))
            .workload(orders)
            .service(Service::new("shop", "orders", protocol).accept(&[Security::Plaintext]))
            .edge(Edge::new("shop/victim", "orders.shop").security(Security::Plaintext))
    })
    .await?;
    let victim = joined.mesh.layout().workload("shop/victim")?.address;
    Ok((joined, victim))
}

const ORDERS: &str = "shop/orders";

#[test]
fn requests_on_one_connection_are_its_sources_whichever_carried_a_header_that_names_another() {
    scenario::run("forwarded_for", async |workdir| {
        let (joined, victim) = joined(workdir, Protocol::Http1, counting("shop", "orders").concurrency(1)).await?;
        let (first, last) = (joined.mesh.another_address()?, joined.mesh.another_address()?);
        let forwarded = format!("x-forwarded-for: {victim}\r\n");
        for (from, order) in [(first, [true, false, false, true]), (last, [false, true, true, true])] {
            let mut stream = connect(&joined, from, ORDERS).await?;
            for is_named in order {
                ask(&mut stream, if is_named { &forwarded } else { "" }).await?;
            }
        }
        let sources = by_source(&joined.collector, ORDERS, 8).await?;
        assert_eq!(sources, BTreeMap::from([(first.to_string(), 4), (last.to_string(), 4)]), "none is the victim's");
        joined.stop().await
    });
}

#[test]
fn a_source_that_only_claims_an_address_is_in_doubt_and_a_remote_address_that_is_used_is_not() {
    scenario::run("claimed_addresses", async |workdir| {
        let orders = counting("shop", "orders").concurrency(1).change_listeners("inbound", believe_a_header);
        let (joined, victim) = joined(workdir, Protocol::Http1, orders).await?;
        let stranger = joined.mesh.another_address()?;
        let mut stream = connect(&joined, stranger, ORDERS).await?;
        for _ in 0..3 {
            ask(&mut stream, &format!("x-real-ip: {victim}\r\n")).await?;
        }
        let sources = by_source(&joined.collector, ORDERS, 3).await?;
        assert!(sources.keys().all(|source| source != "shop/victim" && *source != victim.to_string()), "{sources:?}");
        joined.stop().await
    });
    scenario::run("remote_address_used", async |workdir| {
        let orders = counting("shop", "orders").concurrency(1).change_listeners("inbound", use_remote_address);
        let (joined, victim) = joined(workdir, Protocol::Http1, orders).await?;
        let stranger = joined.mesh.another_address()?;
        let mut stream = connect(&joined, stranger, ORDERS).await?;
        ask(&mut stream, "").await?;
        ask(&mut stream, &format!("x-forwarded-for: {victim}\r\n")).await?;
        let sources = by_source(&joined.collector, ORDERS, 2).await?;
        assert_eq!(sources, BTreeMap::from([(stranger.to_string(), 2)]), "Envoy adds the header itself");
        joined.stop().await
    });
}

#[test]
fn where_peers_state_their_address_by_the_proxy_protocol_none_names_a_workload() {
    for protocol in [Protocol::Http1, Protocol::Tcp] {
        scenario::run("proxy_protocol", async |workdir| {
            let plugin = logger().key("trust", json!({"source_addresses": false}));
            let orders = Workload::new("shop", "orders").concurrency(1).plugin(plugin);
            let orders = orders.change_listeners("inbound", take_proxy_protocol);
            let (joined, victim) = joined(workdir, protocol, orders).await?;
            let stranger = joined.mesh.another_address()?;
            let mut stream = connect(&joined, stranger, ORDERS).await?;
            stream.write_all(format!("PROXY TCP4 {victim} {victim} 4444 80\r\n").as_bytes()).await?;
            if protocol == Protocol::Tcp {
                stream.write_all(b"close\n").await?;
                stream.read_to_end(&mut Vec::new()).await?;
            } else {
                ask(&mut stream, "").await?;
            }
            drop(stream);
            let sources = by_source(&joined.collector, ORDERS, 1).await?;
            assert!(sources.keys().all(|one| one != "shop/victim" && *one != victim.to_string()), "{sources:?}");
            joined.stop().await
        });
    }
}
