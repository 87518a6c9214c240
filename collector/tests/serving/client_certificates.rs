//! The collector's own mutual TLS: the client certificate's SPIFFE id is who sends.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::identity::filter;
use super::process::{Collector, command, folder};

/// A certificate and its key.
pub(super) type Client = (rcgen::Certificate, KeyPair);

/// A mesh's certificate authority.
pub(super) struct Authority {
    pub(super) root: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap();
        Self { root, issuer: Issuer::new(params, key) }
    }

    /// A certificate with these names and its key, PEM.
    fn leaf(&self, names: Vec<SanType>) -> Client {
        self.leaf_of(CertificateParams::new(Vec::new()).unwrap(), names)
    }

    fn leaf_of(&self, mut params: CertificateParams, names: Vec<SanType>) -> Client {
        params.subject_alt_names = names;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    /// The collector's own.
    pub(super) fn server(&self) -> Client {
        self.leaf(["localhost", "collector.test"].map(|name| SanType::DnsName(name.try_into().unwrap())).to_vec())
    }

    /// The same, valid from the beginning of one year to that of another.
    pub(super) fn server_of(&self, from: i32, to: i32) -> Client {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        (params.not_before, params.not_after) = (rcgen::date_time_ymd(from, 1, 1), rcgen::date_time_ymd(to, 1, 1));
        self.leaf_of(params, vec![SanType::DnsName("localhost".try_into().unwrap())])
    }

    pub(super) fn workload(&self, uris: &[&str]) -> Client {
        self.leaf(uris.iter().map(|uri| SanType::URI(Ia5String::try_from(*uri).unwrap())).collect())
    }
}

/// A collector that asks for certificates of `mesh`.
pub(super) fn started(mesh: &Authority, files: &Path, data: &Path) -> Collector {
    started_by(command(data), mesh, files)
}

/// The same, of a command that has its doors.
pub(super) fn started_by(command: Command, mesh: &Authority, files: &Path) -> Collector {
    started_with(command, mesh, mesh.server(), files)
}

/// The same, of one that shows this certificate.
pub(super) fn started_with(
    mut command: Command,
    mesh: &Authority,
    (certificate, key): Client,
    files: &Path,
) -> Collector {
    std::fs::write(files.join("cert.pem"), certificate.pem()).unwrap();
    std::fs::write(files.join("key.pem"), key.serialize_pem()).unwrap();
    std::fs::write(files.join("roots.pem"), mesh.root.pem()).unwrap();
    for (flag, file) in [("--tls-cert", "cert.pem"), ("--tls-key", "key.pem"), ("--tls-client-ca", "roots.pem")] {
        command.arg(flag).arg(files.join(file));
    }
    Collector::started(command.spawn().unwrap(), "https")
}

/// A connection with this client certificate to a collector whose own certificate is of the mesh.
pub(super) async fn connect(
    collector: &Collector,
    mesh: &Authority,
    client: Option<&Client>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(mesh.root.der().clone()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots);
    let config = match client {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
            config.with_client_auth_cert(chain, PrivateKeyDer::Pkcs8(key.serialize_der().into())).unwrap()
        }
    };
    let stream = TcpStream::connect(collector.address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// Sends a request with this client certificate; the answer, or how the connection ended.
pub(super) async fn ask(
    collector: &Collector,
    mesh: &Authority,
    client: Option<&Client>,
    request: &[u8],
) -> std::io::Result<String> {
    let mut stream = connect(collector, mesh, client).await?;
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

pub(super) fn batch(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /v1/metrics HTTP/1.1\r\nhost: c\r\nconnection: close\r\ncontent-type: application/x-protobuf\r\n\
         x-forwarded-client-cert: URI=spiffe://cluster.local/ns/shop/sa/orders\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

pub(super) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").into_bytes()
}

#[tokio::test]
async fn a_batch_must_claim_its_certificates_identity() {
    let (files, data, mesh) = (folder(), folder(), Authority::new());
    let collector = started(&mesh, files.path(), data.path());
    let body = batch(&filter(1, "orders").batch(5));
    let orders = "spiffe://cluster.local/ns/shop/sa/orders";
    let web = mesh.leaf(vec![SanType::DnsName("orders.shop".try_into().unwrap())]);
    for (client, code) in [
        (Some(mesh.workload(&["spiffe://cluster.local/ns/shop/sa/thief"])), "identity_mismatch"),
        (Some(mesh.workload(&["spiffe://cluster.local/ns/bank/sa/orders"])), "identity_mismatch"),
        (Some(mesh.workload(&[orders, "spiffe://cluster.local/ns/shop/sa/thief"])), "identity_unverified"),
        (Some(web), "identity_unverified"),
        // The header means nothing where certificates are verified here.
        (None, "identity_unverified"),
    ] {
        let answer = ask(&collector, &mesh, client.as_ref(), &body).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains(code), "{answer}");
    }
    let answer = ask(&collector, &mesh, Some(&mesh.workload(&[orders])), &body).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let metrics = ask(&collector, &mesh, None, &get("/metrics")).await.unwrap();
    for line in [
        "hogusu_collector_identity_refused_total{reason=\"mismatch\"} 2",
        "hogusu_collector_identity_refused_total{reason=\"unverified\"} 3",
        "hogusu_collector_batches_total{result=\"accepted\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
}

#[tokio::test]
async fn a_certificate_of_another_authority_does_not_connect() {
    let (files, data, mesh) = (folder(), folder(), Authority::new());
    let collector = started(&mesh, files.path(), data.path());
    let foreign = Authority::new().workload(&["spiffe://cluster.local/ns/shop/sa/orders"]);
    let answer = ask(&collector, &mesh, Some(&foreign), &batch(&filter(1, "orders").batch(5))).await;
    assert!(answer.as_ref().map_or(true, String::is_empty), "{answer:?}");
    let metrics = ask(&collector, &mesh, None, &get("/metrics")).await.unwrap();
    assert!(metrics.contains("hogusu_collector_batches_total{result=\"accepted\"} 0"), "{metrics}");
}

#[test]
fn roots_that_cannot_be_read_are_refused_by_name_and_one_kind_of_trust_is_enough() {
    let (files, data, mesh) = (folder(), folder(), Authority::new());
    drop(started(&mesh, files.path(), data.path()));
    let run = |roots: &Path, more: &[&str]| {
        let mut command = command(data.path());
        command.arg("--tls-cert").arg(files.path().join("cert.pem")).arg("--tls-key").arg(files.path().join("key.pem"));
        let output = command.arg("--tls-client-ca").arg(roots).args(more).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let none = files.path().join("none.pem");
    let (code, said) = run(&none, &[]);
    assert!(code == Some(2) && said.contains("none.pem"), "{said}");
    std::fs::write(&none, "").unwrap();
    let (code, said) = run(&none, &[]);
    assert!(code == Some(2) && said.contains("none.pem"), "{said}");
    let (code, said) = run(&files.path().join("roots.pem"), &["--trust-forwarded-client-cert"]);
    assert!(code == Some(2) && said.contains("--trust-forwarded-client-cert"), "{said}");
}
