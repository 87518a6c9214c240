//! A gate in front of a real collector: lets each request pass, drops it before or after the collector has it, holds it
//! back, or answers by itself. Keeps what came through; reads nothing of it.

use std::collections::VecDeque;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::client;

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pass {
    /// To the collector, and its answer back.
    Forward,
    /// The connection closes; the collector never hears of it.
    DropBefore,
    /// The collector takes it and answers; the answer is lost.
    DropAfter,
    /// Waits, then to the collector.
    Delay(Duration),
    /// The collector takes it; the answer is 200 with bytes that are no OTLP answer.
    GarbledAnswer,
    /// Bytes that are no HTTP; the collector never hears of it.
    NoHttp,
    /// This status; the collector never hears of it.
    Status(u16),
    /// 503 with this Retry-After, likewise.
    RetryAfter(u32),
    /// Never an answer, likewise.
    Hang,
}

/// One request that came to the gate.
#[derive(Clone, Debug)]
pub struct Passage {
    pub pass: Pass,
    pub body: Bytes,
    /// What the collector answered, where it was asked and has answered.
    pub status: Option<u16>,
    /// Since the gate opened.
    pub at: Duration,
}

#[derive(Debug)]
pub struct Gate {
    address: SocketAddr,
    state: Arc<State>,
    acceptor: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    collector: SocketAddr,
    begin: tokio::time::Instant,
    passages: Mutex<Vec<Passage>>,
    script: Mutex<(VecDeque<Pass>, Pass)>,
}

impl State {
    fn script(&self) -> MutexGuard<'_, (VecDeque<Pass>, Pass)> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn passages(&self) -> MutexGuard<'_, Vec<Passage>> {
        self.passages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Pass {
        let mut script = self.script();
        script.0.pop_front().unwrap_or_else(|| script.1.clone())
    }
}

impl Gate {
    /// Listens on `at`; everything passes to `collector` until told otherwise.
    pub async fn start(at: SocketAddr, collector: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(at).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            collector,
            begin: tokio::time::Instant::now(),
            passages: Mutex::default(),
            script: Mutex::new((VecDeque::new(), Pass::Forward)),
        });
        let acceptor = tokio::spawn(accept(listener, Arc::clone(&state)));
        Ok(Self { address, state, acceptor })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What becomes of the next requests, in order; afterwards the standing rule holds.
    pub fn script(&self, passes: &[Pass]) {
        self.state.script().0.extend(passes.iter().cloned());
    }

    /// The standing rule; forgets a script.
    pub fn always(&self, pass: Pass) {
        *self.state.script() = (VecDeque::new(), pass);
    }

    pub fn passages(&self) -> Vec<Passage> {
        self.state.passages().clone()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        connections.spawn(async move {
            // A dropped request is an error of the connection: that is the script.
            let _ = serve(stream, state).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) -> Result<()> {
    let stream = stream.into_std()?;
    // The same socket beside hyper: for bytes that hyper would never write.
    let beside = Arc::new(stream.try_clone()?);
    let io = TokioIo::new(TcpStream::from_std(stream)?);
    let service = service_fn(move |request| take(Arc::clone(&state), Arc::clone(&beside), request));
    Ok(hyper::server::conn::http1::Builder::new().half_close(true).serve_connection(io, service).await?)
}

async fn take(
    state: Arc<State>,
    beside: Arc<std::net::TcpStream>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let pass = state.next();
    let number = {
        let mut passages = state.passages();
        passages.push(Passage { pass: pass.clone(), body: body.clone(), status: None, at: state.begin.elapsed() });
        passages.len() - 1
    };
    let ask = async || {
        let answer = client::fetch(state.collector, Request::from_parts(head, Full::new(body))).await?;
        state.passages()[number].status = Some(answer.status().as_u16());
        anyhow::Ok(answer)
    };
    let own = |status| Response::builder().status(status).header("content-type", "application/x-protobuf");
    Ok(match pass {
        Pass::Forward => ask().await?.map(Full::new),
        Pass::Delay(delay) => {
            tokio::time::sleep(delay).await;
            ask().await?.map(Full::new)
        }
        Pass::DropBefore => anyhow::bail!("dropped before the collector, as scripted"),
        Pass::DropAfter => {
            ask().await?;
            anyhow::bail!("the acknowledgement is lost, as scripted")
        }
        Pass::GarbledAnswer => {
            ask().await?;
            own(200).body(Full::new(Bytes::from_static(b"\xff\x00<html>")))?
        }
        Pass::NoHttp => {
            (&*beside).write_all(b"\x16\x03\x01\x00\x05\xff\xff\r\n\r\n<html>")?;
            anyhow::bail!("no HTTP was answered, as scripted")
        }
        Pass::Status(status) => own(status).body(Full::default())?,
        Pass::RetryAfter(seconds) => own(503).header("retry-after", seconds).body(Full::default())?,
        Pass::Hang => std::future::pending().await,
    })
}
