//! TLS files that change under a running collector.

use std::path::Path;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::client_certificates::{Authority, Client, ask, batch, connect, get, started, started_with};
use super::identity::filter;
use super::process::{Collector, command, folder, now};

const PATIENCE_NANOS: u64 = 20_000_000_000;
const ORDERS: &str = "spiffe://cluster.local/ns/shop/sa/orders";

/// Puts another mesh's files where the collector's are; the key last.
fn put(mesh: &Authority, files: &Path) {
    put_with(mesh, &mesh.server(), files);
}

fn put_with(mesh: &Authority, (certificate, key): &Client, files: &Path) {
    std::fs::write(files.join("roots.pem"), mesh.root.pem()).unwrap();
    std::fs::write(files.join("cert.pem"), certificate.pem()).unwrap();
    std::fs::write(files.join("key.pem"), key.serialize_pem()).unwrap();
}

/// Asks until a connection meets a certificate of this mesh.
async fn until_met(collector: &Collector, mesh: &Authority) {
    let begun = now();
    while ask(collector, mesh, None, &get("/healthz")).await.is_err() {
        assert!(now() - begun < PATIENCE_NANOS, "the new certificate is not in force");
        tokio::task::yield_now().await;
    }
}

async fn kept(stream: &mut TlsStream<TcpStream>) -> String {
    stream.write_all(b"GET /api/v1/status HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        let mut some = [0; 4096];
        let length = stream.read(&mut some).await.unwrap();
        assert!(length > 0, "the connection was lost");
        answer.extend_from_slice(&some[..length]);
    }
    String::from_utf8(answer).unwrap()
}

fn tls(answer: &str) -> Value {
    let status: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    status["tls"].clone()
}

#[tokio::test]
async fn certificate_key_and_roots_are_read_again_and_no_connection_is_lost() {
    let (files, data, before, after) = (folder(), folder(), Authority::new(), Authority::new());
    let collector = started(&before, files.path(), data.path());
    let mut old = connect(&collector, &before, None).await.unwrap();
    let first = tls(&kept(&mut old).await);
    assert!(first["loaded"].is_string() && first["refused"].is_null(), "{first}");
    put(&after, files.path());
    until_met(&collector, &after).await;
    assert!(ask(&collector, &before, None, &get("/healthz")).await.is_err(), "the old certificate is gone");
    // Senders are verified by the new roots, and the connection of before still answers.
    let client: Client = after.workload(&[ORDERS]);
    let answer = ask(&collector, &after, Some(&client), &batch(&filter(1, "orders").batch(5))).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let second = tls(&kept(&mut old).await);
    assert!(second["loaded"].as_str() > first["loaded"].as_str() && second["refused"].is_null(), "{second}");
}

#[tokio::test]
async fn files_that_cannot_be_used_change_nothing_and_are_complained_about_until_they_can() {
    let (files, data, before, after) = (folder(), folder(), Authority::new(), Authority::new());
    let collector = started(&before, files.path(), data.path());
    let (certificate, _) = after.server();
    // A certificate without its key.
    std::fs::write(files.path().join("cert.pem"), certificate.pem()).unwrap();
    let begun = now();
    let metrics = loop {
        let metrics = ask(&collector, &before, None, &get("/metrics")).await.unwrap();
        if metrics.contains("\nhogusu_collector_tls_files_refused 1") {
            break metrics;
        }
        assert!(now() - begun < PATIENCE_NANOS, "{metrics}");
    };
    assert!(metrics.contains("hogusu_collector_tls_loads_total{result=\"failed\"} 1"), "{metrics}");
    let status = ask(&collector, &before, None, &get("/api/v1/status")).await.unwrap();
    assert!(tls(&status)["refused"].as_str().unwrap().contains("cert.pem"), "{status}");
    put(&after, files.path());
    until_met(&collector, &after).await;
    let metrics = ask(&collector, &after, None, &get("/metrics")).await.unwrap();
    assert!(metrics.contains("\nhogusu_collector_tls_files_refused 0"), "{metrics}");
    let (status, log) = collector.terminate();
    assert!(status.success() && log.matches("new TLS files cannot be used").count() == 1, "{log}");
}

#[tokio::test]
async fn sighup_reads_them_at_once_and_ends_nothing() {
    let (files, data, before, after) = (folder(), folder(), Authority::new(), Authority::new());
    let collector = started(&before, files.path(), data.path());
    put(&after, files.path());
    let told = std::process::Command::new("kill").args(["-HUP", &collector.id().to_string()]).status().unwrap();
    assert!(told.success());
    until_met(&collector, &after).await;
    let metrics = ask(&collector, &after, None, &get("/metrics")).await.unwrap();
    assert!(metrics.contains("\nhogusu_collector_tls_files_refused 0"), "{metrics}");
}

#[tokio::test]
async fn the_names_in_its_certificate_are_known_by_which_it_may_be_asked() {
    let (files, data, mesh) = (folder(), folder(), Authority::new());
    let collector = started(&mesh, files.path(), data.path());
    let by = |host: &str| format!("GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").into_bytes();
    let (own, other) = (by("collector.test"), by("other.test"));
    assert!(!ask(&collector, &mesh, None, &own).await.unwrap().starts_with("HTTP/1.1 421"));
    assert!(ask(&collector, &mesh, None, &other).await.unwrap().starts_with("HTTP/1.1 421"));
}

#[tokio::test]
async fn a_certificate_that_is_not_valid_is_used_and_its_file_and_date_are_told_at_the_start_and_when_it_is_read_again()
{
    let (files, data, mesh) = (folder(), folder(), Authority::new());
    let file = files.path().join("cert.pem");
    let early = started_with(command(data.path()), &mesh, mesh.server_of(2100, 2101), files.path());
    let (status, log) = early.terminate();
    let wanted = format!("the certificate in {} does not begin before 2100-01-01T00:00:00Z", file.display());
    assert!(status.success() && log.contains(&wanted), "{log}");
    let collector = started_with(command(data.path()), &mesh, mesh.server_of(2000, 2100), files.path());
    let metrics = ask(&collector, &mesh, None, &get("/metrics")).await.unwrap();
    assert!(metrics.contains("\nhogusu_collector_tls_certificate_end_timestamp_seconds 4102444800\n"), "{metrics}");
    put_with(&mesh, &mesh.server_of(2000, 2021), files.path());
    let begun = now();
    while ask(&collector, &mesh, None, &get("/healthz")).await.is_ok() {
        assert!(now() - begun < PATIENCE_NANOS, "the new certificate is not in force");
        tokio::task::yield_now().await;
    }
    let (status, log) = collector.terminate();
    let wanted = format!("the certificate in {} ended at 2021-01-01T00:00:00Z", file.display());
    assert!(status.success() && log.matches(&wanted).count() == 1, "{log}");
}
