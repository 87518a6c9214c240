//! The scripted application behind a sidecar, HTTP/1.1 and HTTP/2 (and so gRPC) on one port. It does what the request's script
//! says and keeps an exact account. TCP backends are in `tcp.rs`.

mod account;
mod answer;
mod calls;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::client::Connection;
use crate::script::{End, LOAD_ID_HEADER, SCRIPT_HEADER, Script};
use crate::sightings::{self, Sight};

use account::Entry;
pub use account::{Account, Served};
use answer::{Answered, Broken};
pub use calls::{Directory, Route};

#[derive(Debug)]
pub struct Backend {
    address: SocketAddr,
    state: Arc<State>,
    acceptor: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    account: Mutex<Account>,
    attempts: Mutex<HashMap<String, usize>>,
    directory: Directory,
    default_script: Mutex<Script>,
    idle: Mutex<HashMap<String, Vec<Connection>>>,
}

impl State {
    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend {
    /// Listens on `at` (port 0: one is learnt).
    pub async fn start(at: SocketAddr, directory: Directory) -> Result<Self> {
        let listener = TcpListener::bind(at).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State { directory, ..State::default() });
        let acceptor = tokio::spawn(accept(listener, Arc::clone(&state)));
        Ok(Self { address, state, acceptor })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn account(&self) -> Account {
        self.state.account().clone()
    }

    /// What requests without a script get.
    pub fn set_default(&self, script: Script) {
        *self.state.default_script.lock().unwrap_or_else(PoisonError::into_inner) = script;
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let state = Arc::clone(&state);
        connections.spawn(async move {
            let service = service_fn(move |request| serve(Arc::clone(&state), request));
            // A broken connection is what scripts ask for: nothing to report.
            let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(state: Arc<State>, request: Request<Incoming>) -> Result<Response<Answered>, Broken> {
    let id = header(request.headers(), LOAD_ID_HEADER).unwrap_or_default();
    let script = match header(request.headers(), SCRIPT_HEADER) {
        Some(label) => Script::parse(&label).unwrap_or_else(|_| Script::status(400)),
        None => state.default_script.lock().unwrap_or_else(PoisonError::into_inner).clone(),
    };
    let script = attempt(&state, &id, script);
    let entry = Entry::open(&state, script.label());
    // The request's end: a client that only half sent is not answered.
    if request.into_body().collect().await.is_err() {
        return Err(Broken);
    }
    if script.end == End::NoAnswer {
        sightings::report(Sight::Arrived, &id);
        std::future::pending::<()>().await;
    }
    let called_well = calls::call_all(&state, &script.calls, &id).await;
    if script.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(script.delay_ms)).await;
    }
    if script.end == End::ResetBeforeHeaders {
        entry.close(Served::ResetBeforeHeaders);
        return Err(Broken);
    }
    let failed = script.fail_with_calls && !called_well;
    Ok(match script.grpc {
        Some(status) => answer::grpc(entry, &script, if failed { 14 } else { status }),
        None => answer::http(entry, &script, if failed { 502 } else { script.status }, id),
    })
}

/// Chooses what this attempt of a request gets.
fn attempt(state: &State, id: &str, script: Script) -> Script {
    if script.first_attempts.is_empty() {
        return script;
    }
    let mut attempts = state.attempts.lock().unwrap_or_else(PoisonError::into_inner);
    let number = attempts.entry(id.to_owned()).or_default();
    let chosen = script.attempt(*number).clone();
    *number += 1;
    Script { first_attempts: Vec::new(), ..chosen }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}
