//! TLS of the applications' own, through proxies that do not encrypt: with and without a server name, where listeners look into what
//! passes through and where they do not.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use hogusu_tests::map::Sent;
use hogusu_tests::mesh::{Edge, Protocol, Security, Service};
use hogusu_tests::scenario;
use hogusu_tests::xds::extension;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::joined::{Joined, counting, edge};

/// The first message of a TLS client that asks for `name`, or names nobody.
fn client_hello(name: Option<&str>) -> Vec<u8> {
    let mut extensions = Vec::new();
    if let Some(name) = name {
        let length = |more: usize| u16::try_from(name.len() + more).unwrap_or_default().to_be_bytes();
        extensions.extend([0, 0]);
        extensions.extend(length(5));
        extensions.extend(length(3));
        extensions.push(0);
        extensions.extend(length(0));
        extensions.extend(name.as_bytes());
    }
    // Supported versions: TLS 1.3 and 1.2.
    extensions.extend([0, 43, 0, 5, 4, 3, 4, 3, 3]);
    let mut hello = vec![3, 3];
    hello.extend([7; 32]);
    // No session, two ciphers, no compression.
    hello.extend([0, 0, 4, 0x13, 0x01, 0xc0, 0x2b, 1, 0]);
    hello.extend(u16::try_from(extensions.len()).unwrap_or_default().to_be_bytes());
    hello.extend(extensions);
    let framed = |kind: &[u8], length: usize| [kind, &u16::try_from(length).unwrap_or_default().to_be_bytes()].concat();
    let message = [framed(&[1, 0], hello.len()), hello].concat();
    [framed(&[22, 3, 1], message.len()), message].concat()
}

/// An application that sends back what it reads; it stands for a TLS server, whose bytes nobody on the way understands.
async fn echo() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut read, mut write) = stream.split();
                let _ = tokio::io::copy(&mut read, &mut write).await;
            });
        }
    });
    Ok(address)
}

/// So many connections that say this, each answered.
async fn say(to: SocketAddr, bytes: &[u8], times: usize) -> Result<()> {
    for _ in 0..times {
        let mut stream = TcpStream::connect(to).await?;
        stream.write_all(bytes).await?;
        let mut answer = vec![0; bytes.len()];
        stream.read_exact(&mut answer).await.context("the application answers")?;
    }
    Ok(())
}

fn look_inside(listener: &mut Value) {
    listener["listener_filters"] = json!([extension(
        "envoy.filters.listener.tls_inspector",
        "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector",
        json!({}),
    )]);
}

#[test]
fn bytes_that_are_tls_of_the_applications_own_are_not_called_plaintext() {
    scenario::run("applications_own_tls", async |workdir| {
        let application = echo().await?;
        let joined = Joined::start(workdir, |builder| {
            let inspecting = |name: &str| {
                let workload = counting("shop", name).concurrency(1);
                workload.change_listeners("outbound", look_inside).change_listeners("inbound", look_inside)
            };
            let plain = |source: &str, service: &str| Edge::new(source, service).security(Security::Plaintext);
            builder
                .workload(inspecting("web"))
                .workload(counting("shop", "blind").concurrency(1))
                .workload(inspecting("api").application(8443, application))
                .workload(counting("data", "dark").concurrency(1).application(8443, application))
                .service(Service::new("shop", "api", Protocol::Tcp).ports(443, 8443))
                .service(Service::new("data", "dark", Protocol::Tcp).ports(443, 8443))
                .edge(plain("shop/web", "api.shop"))
                .edge(plain("shop/blind", "api.shop"))
                .edge(plain("shop/web", "dark.data"))
                .edge(plain("shop/blind", "dark.data"))
        })
        .await?;
        let way = |source: &str, service: &str| joined.mesh.way(source, service);
        let named = client_hello(Some("API.example.com"));
        say(way("shop/web", "api.shop")?, &named, 5).await?;
        say(way("shop/blind", "api.shop")?, &named, 4).await?;
        say(way("shop/web", "dark.data")?, &named, 3).await?;
        say(way("shop/web", "dark.data")?, b"a line of a protocol in the clear\n", 1).await?;
        say(way("shop/blind", "dark.data")?, &named, 2).await?;
        let (api, dark) = ("shop/api", "data/dark");
        let map = joined
            .map(&[
                Sent::connections("shop/web", api, 5),
                Sent::connections("shop/blind", api, 4),
                Sent::connections("shop/web", dark, 4),
                Sent::connections("shop/blind", dark, 2),
            ])
            .await?;
        // Whoever looks knows; one side is enough.
        for (source, destination) in [("shop/web", api), ("shop/blind", api)] {
            let edge = edge(&map, source, destination);
            assert_eq!(edge["security"]["state"], "application_tls", "{edge}");
            assert_eq!(edge["security"]["server_names"], json!(["api.example.com"]), "{edge}");
            assert_eq!(edge["security"]["destination"]["plaintext"], 0, "{edge}");
        }
        let mixed = edge(&map, "shop/web", dark);
        assert_eq!(mixed["security"]["source"]["application_tls"], 3, "{mixed}");
        assert_eq!(mixed["security"]["state"], "plaintext", "one of four was: {mixed}");
        // Nobody looked: what is said is what was seen, in these words.
        assert_eq!(edge(&map, "shop/blind", dark)["security"]["state"], "plaintext");
        assert_eq!(
            map.findings("plaintext"),
            [
                "shop/blind -> data/dark:8443 is plaintext, or TLS that no proxy saw: 2 connections in this period",
                "shop/web -> data/dark:8443 is plaintext, or TLS that no proxy saw: 1 of 4 connections (25 %) in this period",
            ]
        );
        joined.stop().await
    });
}
