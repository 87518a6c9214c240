//! Stands in for a collector: takes OTLP/HTTP bodies, keeps the raw bytes, and answers as scripted. Decodes nothing.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::eventually::{Seen, eventually};

/// What the next request gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// 200 with an empty OTLP answer.
    Accept,
    Status(u16),
    /// 503 with this Retry-After.
    RetryAfter(u32),
    /// Never answers.
    Hang,
    /// Takes the body, then closes the connection: accepted, but the acknowledgement is lost.
    DropAcknowledgement,
    /// 200 with bytes that are no OTLP answer.
    Garbage,
}

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub reply: Reply,
    /// Order of arrival at this sink.
    pub at: Duration,
}

impl Received {
    /// Whether the sender was told that it arrived.
    pub fn acknowledged(&self) -> bool {
        matches!(self.reply, Reply::Accept | Reply::Garbage)
    }
}

#[derive(Debug)]
pub struct OtlpSink {
    address: SocketAddr,
    state: Arc<State>,
    acceptor: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    begin: tokio::time::Instant,
    received: Mutex<Vec<Received>>,
    script: Mutex<(VecDeque<Reply>, Reply)>,
}

impl State {
    fn received(&self) -> MutexGuard<'_, Vec<Received>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_reply(&self) -> Reply {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        script.0.pop_front().unwrap_or_else(|| script.1.clone())
    }
}

impl OtlpSink {
    /// Listens on `at` (port 0: one is learnt) and accepts everything until told otherwise.
    pub async fn start(at: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(at).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            begin: tokio::time::Instant::now(),
            received: Mutex::default(),
            script: Mutex::new((VecDeque::new(), Reply::Accept)),
        });
        let acceptor = tokio::spawn(accept(listener, Arc::clone(&state)));
        Ok(Self { address, state, acceptor })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next replies, in order; afterwards the standing one.
    pub fn script(&self, replies: &[Reply]) {
        self.state.script.lock().unwrap_or_else(PoisonError::into_inner).0.extend(replies.iter().cloned());
    }

    /// The standing reply; forgets scripted ones.
    pub fn reply_always(&self, reply: Reply) {
        *self.state.script.lock().unwrap_or_else(PoisonError::into_inner) = (VecDeque::new(), reply);
    }

    pub fn received(&self) -> Vec<Received> {
        self.state.received().clone()
    }

    /// Waits until `done` holds for what has arrived.
    pub async fn wait_until(
        &self,
        what: &str,
        limit: Duration,
        mut done: impl FnMut(&[Received]) -> bool,
    ) -> Result<Vec<Received>> {
        eventually(what, limit, async || {
            let received = self.received();
            if done(&received) {
                return Seen::Done(received);
            }
            Seen::Waiting(received.iter().map(|one| one.body.len()).collect::<Vec<_>>())
        })
        .await
    }
}

impl Drop for OtlpSink {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        connections.spawn(async move {
            let service = service_fn(move |request| take(Arc::clone(&state), request));
            // A dropped acknowledgement is an error of the connection: that is the script.
            let mut http = Builder::new(TokioExecutor::new());
            http.http1().half_close(true);
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn take(state: Arc<State>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let reply = state.next_reply();
    state.received().push(Received {
        path: head.uri.path().to_owned(),
        headers: head.headers,
        body,
        reply: reply.clone(),
        at: state.begin.elapsed(),
    });
    let answer = Response::builder().header("content-type", "application/x-protobuf");
    let answer = match reply {
        Reply::Accept => answer.status(200).body(Full::default()),
        Reply::Status(status) => answer.status(status).body(Full::default()),
        Reply::RetryAfter(seconds) => answer.status(503).header("retry-after", seconds).body(Full::default()),
        Reply::Garbage => answer.status(200).body(Full::new(Bytes::from_static(b"\xff\x00<html>"))),
        Reply::DropAcknowledgement => anyhow::bail!("the acknowledgement is lost, as scripted"),
        Reply::Hang => std::future::pending().await,
    };
    Ok(answer?)
}
