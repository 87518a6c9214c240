//! A collector behind a gateway that speaks TLS, asks for a client certificate and a bearer token, and has it below a path: what commands
//! show there, to nobody else, and what they say where it is not enough.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::server::TlsStream;

use super::client_certificates::{Authority, Client};
use super::process::{Collector, folder};

const TOKEN: &str = "dG9rZW4-of_a.test~";

/// Lets who shows a certificate of the mesh and the token through to a collector, below `/hogusu`; what is below `/moved` it says to be
/// elsewhere.
struct Gateway {
    url: String,
    /// Heads of the requests that came.
    heads: Arc<Mutex<Vec<String>>>,
    /// What it says to be elsewhere.
    elsewhere: TcpListener,
    _runtime: tokio::runtime::Runtime,
}

impl Gateway {
    fn start(mesh: &Authority, collector: SocketAddr, version: &'static SupportedProtocolVersion) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
        elsewhere.set_nonblocking(true).unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let moved = format!("http://{}/", elsewhere.local_addr().unwrap());
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let (accept, seen) = (acceptor(mesh, version), Arc::clone(&heads));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                // Who is refused ends it.
                let Ok(stream) = accept.accept(stream).await else { continue };
                drop(answer(stream, collector, &moved, &seen).await);
            }
        });
        Self { url, heads, elsewhere, _runtime: runtime }
    }

    fn ask(&self, path: &str, arguments: &[&str], token: Option<&str>) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hogusu"));
        command.args(arguments).args(["--url", &format!("{}{path}", self.url)]).env_remove("HOGUSU_TOKEN");
        command.envs(token.map(|token| ("HOGUSU_TOKEN", token))).output().unwrap()
    }
}

fn acceptor(mesh: &Authority, version: &'static SupportedProtocolVersion) -> TlsAcceptor {
    let (certificate, key) = mesh.server();
    let mut roots = RootCertStore::empty();
    roots.add(mesh.root.der().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
    let config = ServerConfig::builder_with_protocol_versions(&[version]).with_client_cert_verifier(verifier);
    let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).unwrap()))
}

async fn answer(
    mut stream: TlsStream<TcpStream>,
    collector: SocketAddr,
    moved: &str,
    heads: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    heads.lock().unwrap().push(head.clone());
    let target = head.strip_prefix("GET ").unwrap().split(' ').next().unwrap();
    let refused = |status: &str| format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let answer = match target.strip_prefix("/hogusu/") {
        _ if target.starts_with("/moved/") => {
            format!("HTTP/1.1 302 Found\r\nlocation: {moved}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                .into_bytes()
        }
        _ if !head.contains(&format!("\r\nauthorization: Bearer {TOKEN}\r\n")) => {
            refused("401 Unauthorized").into_bytes()
        }
        None => refused("404 Not Found").into_bytes(),
        Some(path) => {
            let mut upstream = TcpStream::connect(collector).await?;
            let asked = format!("GET /{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
            upstream.write_all(asked.as_bytes()).await?;
            let mut answer = Vec::new();
            upstream.read_to_end(&mut answer).await?;
            answer
        }
    };
    stream.write_all(&answer).await?;
    stream.shutdown().await
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    std::fs::write(folder.join(name), text).unwrap();
    folder.join(name).display().to_string()
}

/// Options that name a certificate and its key.
fn shown(folder: &Path, (certificate, key): &Client) -> Vec<String> {
    let certificate = write(folder, "client.pem", &certificate.pem());
    let key = write(folder, "client-key.pem", &key.serialize_pem());
    ["--client-certificate".to_owned(), certificate, "--client-key".to_owned(), key].to_vec()
}

fn said(output: &Output, code: i32) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), text.lines().count()), (Some(code), 1), "{text}");
    assert!(!text.contains(TOKEN), "{text}");
    text
}

const SPIFFE: &str = "spiffe://cluster.local/ns/ops/sa/reader";

#[test]
fn every_command_asks_below_a_path_with_certificate_and_token() {
    let (mesh, files, data) = (Authority::new(), folder(), folder());
    let collector = Collector::start(data.path());
    let gateway = Gateway::start(&mesh, collector.address, &TLS13);
    let roots = write(files.path(), "roots.pem", &mesh.root.pem());
    let certificate = shown(files.path(), &mesh.workload(&[SPIFFE]));
    let token = write(files.path(), "token", &format!("{TOKEN}\n"));
    let way: Vec<&str> = ["--ca", &roots].into_iter().chain(certificate.iter().map(String::as_str)).collect();
    for (arguments, path) in [
        (&["map"][..], "/api/v1/map"),
        (&["series", "shop/cart"], "/api/v1/series"),
        (&["baseline", "list"], "/api/v1/baselines"),
        (&["ready"], "/readyz"),
    ] {
        for (file, environment) in [(&["--token-file", &token][..], None), (&[], Some(TOKEN))] {
            let output = gateway.ask("/hogusu/", &[arguments, &way, file].concat(), environment);
            assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
            let head = gateway.heads.lock().unwrap().pop().unwrap();
            assert!(head.starts_with(&format!("GET /hogusu{path}")), "{head}");
        }
    }
    let output = gateway.ask("/hogusu", &[&["check", "--token-file", &token][..], &way].concat(), Some("another"));
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(table.contains("pass  the collector answers"), "the file comes before the environment: {output:?}");
    // A collector of which no week is kept cannot compare.
    let diff = gateway.ask("/hogusu", &[&["diff", "before", "--token-file", &token][..], &way].concat(), None);
    assert!(said(&diff, 4).contains("/hogusu/api/v1/diff?"));
}

#[test]
fn whoever_is_not_let_in_learns_what_to_show_and_never_what_was_shown() {
    let (mesh, other, files, data) = (Authority::new(), Authority::new(), folder(), folder());
    let collector = Collector::start(data.path());
    let roots = write(files.path(), "roots.pem", &mesh.root.pem());
    for version in [&TLS12, &TLS13] {
        let gateway = Gateway::start(&mesh, collector.address, version);
        let ask = |path: &str, options: &[String], token| {
            let options: Vec<&str> = options.iter().map(String::as_str).collect();
            gateway.ask(path, &[&["map", "--ca", &roots][..], &options].concat(), token)
        };
        let told = said(&ask("/hogusu", &[], Some(TOKEN)), 3);
        assert!(told.contains("--client-certificate and --client-key give one"), "{told}");
        let strange = shown(files.path(), &other.workload(&[SPIFFE]));
        let told = said(&ask("/hogusu", &strange, Some(TOKEN)), 3);
        assert!(told.contains("it does not take the certificate of --client-certificate"), "{told}");

        let known = shown(files.path(), &mesh.workload(&[SPIFFE]));
        let told = said(&ask("/hogusu", &known, None), 4);
        assert!(told.contains("401") && told.contains("--token-file or HOGUSU_TOKEN gives a token"), "{told}");
        let told = said(&ask("/hogusu", &known, Some("wrong-token")), 4);
        assert!(told.contains("the token of HOGUSU_TOKEN") && !told.contains("wrong-token"), "{told}");
        let told = said(&ask("/moved", &known, Some(TOKEN)), 4);
        assert!(told.contains("it points to http://127.0.0.1:"), "{told}");
        let followed = gateway.elsewhere.accept().map(|_| ()).map_err(|error| error.kind());
        assert_eq!(followed, Err(std::io::ErrorKind::WouldBlock), "a token is carried nowhere else");
    }
}

#[test]
fn files_and_ways_that_do_not_do_are_refused_before_anybody_is_asked() {
    let (mesh, files) = (Authority::new(), folder());
    let (certificate, _) = mesh.workload(&[SPIFFE]);
    let certificate = write(files.path(), "client.pem", &certificate.pem());
    let key = write(files.path(), "key.pem", &mesh.workload(&[SPIFFE]).1.serialize_pem());
    let token = write(files.path(), "token", TOKEN);
    let broken = write(files.path(), "broken", &format!("{TOKEN}\u{1b}[2J"));
    let empty = write(files.path(), "empty", "\n");
    let none = files.path().join("none").display().to_string();
    for (options, wanted) in [
        (&["--url", "http://192.0.2.1:1", "--token-file", &token][..], "is not sent to 192.0.2.1 in plaintext"),
        (&["--token-file", &none], none.as_str()),
        (&["--token-file", &broken], "/broken: a token is one line without"),
        (&["--token-file", &empty], "/empty: there is no token in it"),
        (&["--client-certificate", &certificate], "--client-key"),
        (&["--client-certificate", &certificate, "--client-key", &key], "--client-certificate is for a --url"),
        (
            &["--url", "https://127.0.0.1:1", "--client-certificate", &certificate, "--client-key", &key],
            "it is not the key of",
        ),
        (&["--url", "https://127.0.0.1:1", "--client-certificate", &certificate, "--client-key", &none], none.as_str()),
        (
            &["--url", "https://127.0.0.1:1", "--client-certificate", &empty, "--client-key", &key],
            "there is no certificate in it",
        ),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hogusu"));
        let output = command.arg("map").args(options).env_remove("HOGUSU_TOKEN").output().unwrap();
        let told = said(&output, 2);
        assert!(told.contains(wanted), "{options:?}: {told}");
    }
}

#[test]
fn a_damaged_certificate_or_key_is_named_with_a_remedy_by_commands_and_by_serve_before_anybody_connects() {
    let (mesh, files, data) = (Authority::new(), folder(), folder());
    let (certificate, key) = mesh.workload(&[SPIFFE]);
    let (certificate, key) = (certificate.pem(), key.serialize_pem());
    let pem = |kind: &str, base64: &str| format!("-----BEGIN {kind}-----\n{base64}\n-----END {kind}-----\n");
    let junk = pem("CERTIFICATE", "anVuayBqdW5rIGp1bms=");
    let good = (write(files.path(), "good.pem", &certificate), write(files.path(), "good-key.pem", &key));
    let of_certificates = [
        ("nothing.pem", "no PEM at all\n".to_owned(), "there is no certificate in it; give PEM"),
        ("junk.pem", junk.clone(), "certificate 1 of 1 in it is damaged; write the file again"),
        ("void.pem", pem("CERTIFICATE", ""), "certificate 1 of 1 in it is damaged"),
        ("chain.pem", format!("{certificate}{junk}"), "certificate 2 of 2 in it is damaged"),
        ("cut.pem", pem("CERTIFICATE", "!!!!"), "give certificates as PEM"),
    ];
    let of_keys = [
        ("locked.pem", pem("ENCRYPTED PRIVATE KEY", "anVuaw=="), "there is no private key in it, or it is encrypted"),
        ("junk-key.pem", pem("PRIVATE KEY", "anVuayBqdW5rIGp1bms="), "give one of RSA, ECDSA or Ed25519"),
        ("other-key.pem", mesh.workload(&[SPIFFE]).1.serialize_pem(), "it is not the key of"),
    ];
    let certificates = of_certificates.map(|(name, text, wanted)| {
        let file = write(files.path(), name, &text);
        ([file.clone(), good.1.clone()], file, wanted)
    });
    let keys = of_keys.map(|(name, text, wanted)| {
        let file = write(files.path(), name, &text);
        ([good.0.clone(), file.clone()], file, wanted)
    });
    for ([certificate, key], file, wanted) in certificates.into_iter().chain(keys) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hogusu"));
        command.args(["ready", "--url", "https://127.0.0.1:1", "--ca", &good.0]);
        command.args(["--client-certificate", &certificate, "--client-key", &key]);
        let mut serve = super::process::command(data.path());
        serve.args(["--tls-cert", &certificate, "--tls-key", &key]);
        for mut command in [command, serve] {
            let told = said(&command.output().unwrap(), 2);
            assert!(told.contains(&file) && told.contains(wanted), "{command:?}: {told}");
        }
    }
}
