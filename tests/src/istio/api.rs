//! The API server's own HTTP interface, for the objects of the lab itself: a call costs milliseconds, and a start of kubectl half a
//! second of CPU. Objects in and out as JSON; knows no kind.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper::{Method, Request, Response, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::istio::window::Window;

pub const JSON: &str = "application/json";
pub const YAML: &str = "application/yaml";
const APPLY: &str = "application/apply-patch+yaml";
/// Who owns the fields that are applied; with force, for some of them had another owner.
const OWNER: &str = "fieldManager=lab&force=true";

/// Where the API server is, who we are there, and whom we trust.
#[derive(Debug)]
pub struct Api {
    window: Window,
    token: &'static str,
    trust: Arc<ClientConfig>,
}

impl Api {
    /// The server on this port of the network of process `inside`, whose certificate has this root.
    pub async fn new(inside: i32, port: u16, root: &Path, token: &'static str) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(root).with_context(|| format!("reading {}", root.display()))?)?;
        let trust = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let trust = trust.with_safe_default_protocol_versions()?.with_root_certificates(roots);
        let mut trust = trust.with_no_client_auth();
        trust.alpn_protocols = vec![b"h2".to_vec()];
        let window = Window::open(inside, ([127, 0, 0, 1], port).into()).await?;
        Ok(Self { window, token, trust: Arc::new(trust) })
    }

    /// A connection for some calls in a row: one that rests is closed by the server after a while.
    pub async fn connect(&self) -> Result<Connection> {
        let stream = TcpStream::connect(self.window.address()).await?;
        // Headers and body are two writes: the second would wait for the first one's acknowledgement.
        stream.set_nodelay(true)?;
        let stream = TlsConnector::from(Arc::clone(&self.trust)).connect(ServerName::try_from("127.0.0.1")?, stream);
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream.await?)).await?;
        Ok(Connection { sender, token: self.token, driver: tokio::spawn(async move { drop(connection.await) }) })
    }
}

#[derive(Debug)]
pub struct Connection {
    sender: http2::SendRequest<Full<Bytes>>,
    token: &'static str,
    driver: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// The whole answer to GET, or an error with what the server said.
    pub async fn get(&mut self, path: &str) -> Result<Bytes> {
        whole(self.send(Method::GET, path, JSON, Bytes::new()).await?).await
    }

    /// The answer's status alone, as soon as it begins.
    pub async fn status(&mut self, path: &str) -> Result<u16> {
        Ok(self.send(Method::GET, path, JSON, Bytes::new()).await?.status().as_u16())
    }

    /// Creates what `body` says, which is of this content type; what was created.
    pub async fn create(&mut self, path: &str, content: &str, body: String) -> Result<Bytes> {
        whole(self.send(Method::POST, path, content, body.into()).await?).await
    }

    /// Creates or changes an object, or its subresource, as `kubectl apply --server-side` does.
    pub async fn apply(&mut self, object: &Value, subresource: &str) -> Result<()> {
        let path = format!("{}{subresource}?{OWNER}", path_of(object)?);
        let answer = self.send(Method::PATCH, &path, APPLY, object.to_string().into()).await?;
        whole(answer).await.map(drop).with_context(|| object.to_string())
    }

    /// Deletes at once: no kubelet would confirm that a pod ended.
    pub async fn delete(&mut self, path: &str) -> Result<()> {
        let answer = self.send(Method::DELETE, &format!("{path}?gracePeriodSeconds=0"), JSON, Bytes::new()).await?;
        whole(answer).await.map(drop)
    }

    /// Deletes an object.
    pub async fn withdraw(&mut self, object: &Value) -> Result<()> {
        self.delete(&path_of(object)?).await
    }

    async fn send(&mut self, method: Method, path: &str, content: &str, body: Bytes) -> Result<Response<Incoming>> {
        let uri = Uri::builder().scheme("https").authority("127.0.0.1").path_and_query(path).build()?;
        let request = Request::builder().method(method).uri(uri).header("content-type", content);
        let request = request.header("accept", JSON).header("authorization", format!("Bearer {}", self.token));
        self.sender.ready().await?;
        Ok(self.sender.send_request(request.body(Full::new(body))?).await?)
    }
}

async fn whole(answer: Response<Incoming>) -> Result<Bytes> {
    let status = answer.status();
    let said = answer.into_body().collect().await?.to_bytes();
    if !status.is_success() {
        bail!("the API server answered {status}: {}", String::from_utf8_lossy(&said));
    }
    Ok(said)
}

/// Where an object lies.
fn path_of(object: &Value) -> Result<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let version = text(&object["apiVersion"]).context("an apiVersion")?;
    let root = if version.contains('/') { "apis" } else { "api" };
    let namespace =
        text(&object["metadata"]["namespace"]).map(|name| format!("namespaces/{name}/")).unwrap_or_default();
    let kinds = plural(&text(&object["kind"]).context("a kind")?);
    let name = text(&object["metadata"]["name"]).context("a name")?;
    Ok(format!("/{root}/{version}/{namespace}{kinds}/{name}"))
}

/// What Kubernetes makes of a kind in its paths.
fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    match kind.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if kind.ends_with('s') => format!("{kind}es"),
        _ => format!("{kind}s"),
    }
}
