//! What runs as the application inside a pod of the Istio lab: scripted backends, a file server, HTTP load, TCP load, gRPC streams
//! that stay open. One word says which, one JSON argument says how; the account of a load is its output. SIGTERM ends a load
//! early, with its account.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use hogusu_tests::backend::{Backend, Directory};
use hogusu_tests::load::Load;
use hogusu_tests::script::Script;
use hogusu_tests::streams::GrpcStreams;
use hogusu_tests::tcp::{TcpBackend, TcpLoad, TcpScript};
use http_body_util::Full;
use hyper::Response;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Servers {
    #[serde(default)]
    http: Vec<SocketAddr>,
    #[serde(default)]
    tcp: Vec<SocketAddr>,
    file: Option<FileServer>,
}

/// One file, whatever the path that is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileServer {
    listen: SocketAddr,
    path: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpPlan {
    to: SocketAddr,
    authority: String,
    path: String,
    connections: usize,
    period_ms: Option<u64>,
    shares: Vec<(usize, Script)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TcpPlan {
    to: SocketAddr,
    shares: Vec<(String, usize, usize)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StreamPlan {
    to: SocketAddr,
    authority: String,
    count: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (mode, plan) = (arguments.next().context("which?")?, arguments.next().context("how?")?);
    match mode.as_str() {
        "serve" => serve(serde_json::from_str(&plan)?).await,
        "load" => load(serde_json::from_str(&plan)?).await,
        "tcp-load" => tcp_load(serde_json::from_str(&plan)?).await,
        "streams" => streams(serde_json::from_str(&plan)?).await,
        other => bail!("unknown word {other}"),
    }
}

async fn serve(servers: Servers) -> Result<()> {
    let mut backends = Vec::new();
    for address in servers.http {
        backends.push(Backend::start(address, Directory::default()).await?);
    }
    let mut tcp_backends = Vec::new();
    for address in servers.tcp {
        tcp_backends.push(TcpBackend::start(address).await?);
    }
    if let Some(file) = servers.file {
        let content =
            Bytes::from(std::fs::read(&file.path).with_context(|| format!("reading {}", file.path.display()))?);
        tokio::spawn(serve_file(TcpListener::bind(file.listen).await?, content));
    }
    println!("ready");
    signal(SignalKind::terminate())?.recv().await;
    Ok(())
}

async fn serve_file(listener: TcpListener, content: Bytes) {
    while let Ok((stream, _)) = listener.accept().await {
        let content = content.clone();
        tokio::spawn(async move {
            let answer = service_fn(|_| {
                let content = content.clone();
                async move { Ok::<_, Infallible>(Response::new(Full::new(content))) }
            });
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await
        });
    }
}

async fn load(plan: HttpPlan) -> Result<()> {
    let mut load = Load::http1(plan.to, &plan.authority).path(&plan.path).connections(plan.connections);
    for (count, script) in plan.shares {
        load = load.requests(count, script);
    }
    if let Some(period) = plan.period_ms {
        load = load.over(Duration::from_millis(period));
    }
    let mut terminated = signal(SignalKind::terminate())?;
    let account = load
        .start()
        .finish_until(async {
            let _ = terminated.recv().await;
        })
        .await;
    println!("{}", serde_json::to_value(&account)?["ends"]);
    Ok(())
}

async fn tcp_load(plan: TcpPlan) -> Result<()> {
    let mut load = TcpLoad::new(plan.to);
    for (word, count, bytes) in plan.shares {
        let script = TcpScript::parse(&word).with_context(|| format!("no script {word}"))?;
        load = load.connections(count, script, bytes);
    }
    let account = load.run().await;
    let rows: Vec<_> =
        account.iter().map(|((script, end), count)| (script.word(), format!("{end:?}"), count)).collect();
    println!("{}", serde_json::to_string(&rows)?);
    Ok(())
}

/// Streams of one connection: each sends a message and stays open until SIGTERM, then ends in order and is answered.
async fn streams(plan: StreamPlan) -> Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    let streams = GrpcStreams::open(plan.to, &plan.authority, plan.count).await?;
    println!("open");
    terminated.recv().await;
    println!("{}", streams.finish().await);
    Ok(())
}
