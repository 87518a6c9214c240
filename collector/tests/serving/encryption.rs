//! TLS: batches and questions over an encrypted connection, and files that cannot be used.

use std::path::Path;
use std::sync::Arc;

use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::batches::{FLUSH, Filter};
use super::process::{Collector, command, folder, now};

/// Writes a certificate for `localhost` and its key; returns the certificate.
fn certificate(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    made.cert.der().clone()
}

fn with_tls(files: &Path, data: &Path) -> std::process::Command {
    let mut command = command(data);
    command.arg("--tls-cert").arg(files.join("cert.pem")).arg("--tls-key").arg(files.join("key.pem"));
    command
}

#[tokio::test]
async fn a_batch_over_tls_is_taken() {
    let (files, data) = (folder(), folder());
    let certificate = certificate(files.path());
    let collector = Collector::started(with_tls(files.path(), data.path()).spawn().unwrap(), "https");
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(collector.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    let body = Filter::new(1, now() - FLUSH).batch(5);
    let head = format!(
        "POST /v1/metrics HTTP/1.1\r\nhost: c\r\nconnection: close\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 OK"), "{}", String::from_utf8_lossy(&answer));
}

fn asked(collector: &Collector, arguments: &[&str]) -> std::process::Output {
    let url = format!("https://localhost:{}", collector.address.port());
    std::process::Command::new(env!("CARGO_BIN_EXE_hogusu")).args(arguments).args(["--url", &url]).output().unwrap()
}

#[test]
fn every_command_asks_over_tls_and_trusts_the_roots_that_it_is_given() {
    let (files, data) = (folder(), folder());
    certificate(files.path());
    let collector = Collector::started(with_tls(files.path(), data.path()).spawn().unwrap(), "https");
    let roots = files.path().join("cert.pem").display().to_string();
    for arguments in [&["map"][..], &["ready"], &["map", "--format", "json"]] {
        let output = asked(&collector, &[arguments, &["--ca", &roots]].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    let output = asked(&collector, &["check", "--ca", &roots]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("pass  the collector answers"), "{output:?}");

    let said = |output: std::process::Output, code: i32| {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), text.lines().count()), (Some(code), 1), "{text}");
        text
    };
    std::fs::write(files.path().join("none.pem"), "").unwrap();
    let none = files.path().join("none.pem").display().to_string();
    assert!(said(asked(&collector, &["ready", "--ca", &none]), 2).contains("there is no certificate in it"));
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem();
    std::fs::write(&none, other).unwrap();
    assert!(said(asked(&collector, &["ready", "--ca", &none]), 3).contains("--ca names the roots to trust"));
    let url = format!("http://{}", collector.address);
    let plain =
        std::process::Command::new(env!("CARGO_BIN_EXE_hogusu")).args(["ready", "--url", &url]).output().unwrap();
    assert!(said(plain, 3).contains("where it speaks TLS the URL begins with https://"));
}

#[test]
fn a_certificate_that_cannot_be_trusted_is_told_in_words_with_a_remedy() {
    let (files, data) = (folder(), folder());
    for (is_authority, name, wanted) in [
        (true, "localhost", "that of an authority (CA:TRUE), which proves no server; give it one of its own"),
        (false, "elsewhere", "its certificate does not name localhost; --url has to name it"),
    ] {
        let mut params = rcgen::CertificateParams::new([name.to_owned()]).unwrap();
        if is_authority {
            params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        }
        let key = rcgen::KeyPair::generate().unwrap();
        let made = params.self_signed(&key).unwrap();
        std::fs::write(files.path().join("cert.pem"), made.pem()).unwrap();
        std::fs::write(files.path().join("key.pem"), key.serialize_pem()).unwrap();
        let collector = Collector::started(with_tls(files.path(), data.path()).spawn().unwrap(), "https");
        let roots = files.path().join("cert.pem").display().to_string();
        let output = asked(&collector, &["map", "--ca", &roots]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains(wanted) && !said.contains("OtherError"), "{said}");
        collector.terminate();
    }
}

#[test]
fn files_that_are_no_certificate_are_refused_by_name() {
    let (files, data) = (folder(), folder());
    certificate(files.path());
    std::fs::write(files.path().join("cert.pem"), "no certificate").unwrap();
    let output = with_tls(files.path(), data.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("cert.pem"), "{said}");
}
