//! Connections: accepted within bounds, with or without TLS, and ended in order when the collector stops.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::reload::Secure;
use super::socket::{Patient, Socket};
use super::{ServeError, descriptors, tls};
use crate::ingest::ClientCertificate;
use crate::limits;
use crate::peer::{Party, Peer};
use crate::telemetry::{Metric, Telemetry};

/// Time for a TLS handshake.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// Runs the streams of HTTP/2, each within its time. One that is given up is reset, with what was not read of its answer; its
/// connection goes on.
#[derive(Debug, Clone, Copy)]
struct Streams {
    time: Duration,
}

impl<F> hyper::rt::Executor<F> for Streams
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let time = self.time;
        tokio::spawn(async move {
            if tokio::time::timeout(time, stream).await.is_err() {
                tracing::debug!("a stream did not end in time");
            }
        });
    }
}

/// Where connections come in, and what is served to them.
#[derive(Debug)]
pub(super) struct Entrance {
    pub(super) listener: TcpListener,
    pub(super) app: Router,
}

/// How connections are served.
pub(super) struct Server {
    http: Builder<Streams>,
    tls: Option<Secure>,
}

impl Server {
    /// A server with these bounds, and with TLS where it is given.
    pub(super) fn new(tls: Option<Secure>) -> Self {
        let mut http = Builder::new(Streams { time: limits::STREAM_TIME });
        http.http1()
            // A proxy whose filter ends closes the connection right behind its last batch: that batch is whole all the same.
            .half_close(true)
            .timer(TokioTimer::new())
            .header_read_timeout(limits::HEAD_TIME)
            .max_headers(limits::HEADERS)
            .max_buf_size(limits::HEAD_BYTES);
        http.http2()
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(limits::HEAD_BYTES).unwrap_or(u32::MAX))
            .max_concurrent_streams(limits::STREAMS)
            .keep_alive_interval(limits::HEAD_TIME);
        Self { http, tls }
    }

    /// Serves until `stop`, then lets running requests end. All entrances share one bound on connections.
    pub(super) async fn run(
        self,
        entrances: Vec<Entrance>,
        telemetry: Arc<Telemetry>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        let connections = descriptors::connections();
        let (places, most_of_party) =
            (Arc::new(Semaphore::new(connections)), connections.div_ceil(limits::SHARE_OF_PEER));
        let (of_party, numbers) = (Mutex::default(), AtomicU64::new(0));
        let shared = Arc::new(Shared { server: self, telemetry, places, most_of_party, of_party, numbers });
        let (stopping, stopped) = watch::channel(());
        let graceful = Arc::new(GracefulShutdown::new());
        let mut accepting = tokio::task::JoinSet::new();
        for entrance in entrances {
            let (shared, graceful, mut stopped) = (Arc::clone(&shared), Arc::clone(&graceful), stopped.clone());
            accepting.spawn(async move {
                tokio::select! {
                    () = accept(&entrance, &shared, &graceful) => {}
                    _ = stopped.changed() => {}
                }
            });
        }
        stop.await;
        drop(stopping);
        while accepting.join_next().await.is_some() {}
        // The tasks that shared it have ended.
        if let Some(graceful) = Arc::into_inner(graceful)
            && tokio::time::timeout(limits::STOP_TIME, graceful.shutdown()).await.is_err()
        {
            tracing::warn!("some requests did not end in time");
        }
        Ok(())
    }
}

struct Shared {
    server: Server,
    telemetry: Arc<Telemetry>,
    places: Arc<Semaphore>,
    most_of_party: usize,
    /// Connections of each address.
    of_party: Mutex<HashMap<Party, usize>>,
    numbers: AtomicU64,
}

impl Shared {
    /// Counts a connection to its address; false when that has too many.
    fn enter(&self, party: &Party) -> bool {
        let mut counts = self.of_party.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(party.clone()).or_default();
        let is_free = *count < self.most_of_party;
        *count += usize::from(is_free);
        is_free
    }

    fn leave(&self, party: &Party) {
        let mut counts = self.of_party.lock().unwrap_or_else(PoisonError::into_inner);
        let left = counts.get(party).copied().unwrap_or_default().saturating_sub(1);
        if left == 0 {
            counts.remove(party);
        } else {
            counts.insert(party.clone(), left);
        }
    }
}

/// What one connection is served, and who is told when it may end.
struct Service {
    app: Router,
    watcher: Watcher,
}

async fn accept(entrance: &Entrance, shared: &Arc<Shared>, graceful: &GracefulShutdown) {
    loop {
        let Ok(place) = Arc::clone(&shared.places).acquire_owned().await else { return };
        match entrance.listener.accept().await {
            Ok((stream, from)) => {
                let service = Service { app: entrance.app.clone(), watcher: graceful.watcher() };
                drop(tokio::spawn(serve(Arc::clone(shared), (stream, from), service, place)));
            }
            Err(error) => {
                // Out of file descriptors, or a connection that was gone before it was accepted.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn serve(
    shared: Arc<Shared>,
    (stream, from): (TcpStream, SocketAddr),
    service: Service,
    place: OwnedSemaphorePermit,
) {
    let socket = Arc::new(stream);
    let connection = shared.numbers.fetch_add(1, Ordering::Relaxed);
    let peer = Peer { address: from.ip(), connection, socket: Arc::downgrade(&socket) };
    let party = Party::at(Some(&peer));
    if !shared.enter(&party) {
        tracing::debug!(%from, "a connection more than one address may have");
        return;
    }
    shared.telemetry.add(Metric::Connections, 1);
    // Answers are small and someone waits for each.
    if socket.set_nodelay(true).is_ok() {
        let stream = Patient::new(Socket(socket), limits::WRITE_TIME);
        match &shared.server.tls {
            None => serve_http(&shared, stream, service, (peer, None)).await,
            Some(tls) => encrypted(&shared, &tls.accept(), stream, service, peer).await,
        }
    }
    shared.telemetry.subtract(Metric::Connections, 1);
    shared.leave(&party);
    drop(place);
}

/// A connection under TLS, with who is at its other end.
async fn encrypted(shared: &Shared, tls: &TlsAcceptor, stream: Patient<Socket>, service: Service, peer: Peer) {
    match tokio::time::timeout(HANDSHAKE_TIME, tls.accept(stream)).await {
        Ok(Ok(stream)) => {
            let client = tls::client(stream.get_ref().1);
            serve_http(shared, stream, service, (peer, Some(client))).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
        Err(_late) => tracing::debug!("TLS handshake took too long"),
    }
}

/// Every request is told who is at the other end.
async fn serve_http(
    shared: &Shared,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    Service { app, watcher }: Service,
    (peer, client): (Peer, Option<ClientCertificate>),
) {
    let app = app.map_request(move |request: hyper::Request<hyper::body::Incoming>| -> Request {
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(peer.clone());
        if let Some(client) = &client {
            request.extensions_mut().insert(client.clone());
        }
        request
    });
    let served =
        watcher.watch(shared.server.http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(app)));
    if let Err(error) = served.await {
        tracing::debug!(%error, "connection ended");
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http_body_util::{BodyExt, Empty};
    use hyper_util::rt::TokioExecutor;
    use tokio::io::duplex;

    use super::*;
    use crate::piecewise::Piecewise;
    use crate::shares::Shares;

    /// An answer of a megabyte, of which a peer reads nothing and keeps the connection alive: its stream is reset, what it held is
    /// given back, and the connection goes on.
    #[tokio::test]
    async fn an_answer_over_http_2_that_nobody_reads_is_taken_back() {
        let shares = Shares::new(4 << 20);
        let of_app = shares.clone();
        let answer = move || {
            let mut share = of_app.share(Party::Unknown);
            share.grow(1 << 20).unwrap();
            std::future::ready(axum::body::Body::new(Piecewise::new(vec![7; 1 << 20], true, share)))
        };
        let app =
            Router::new().route("/", axum::routing::get(answer)).route("/ok", axum::routing::get(|| async { "ok" }));
        let (near, far) = duplex(1 << 20);
        let mut http = Builder::new(Streams { time: Duration::from_millis(50) });
        http.http2().timer(TokioTimer::new());
        tokio::spawn(
            async move { http.serve_connection(TokioIo::new(near), TowerToHyperService::new(app)).await.ok() },
        );
        let (mut client, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(65_535)
            .handshake(TokioIo::new(far))
            .await
            .unwrap();
        tokio::spawn(connection);
        let get = |path| hyper::Request::get(format!("http://localhost{path}")).body(Empty::<Bytes>::new()).unwrap();
        let unread = client.send_request(get("/")).await.unwrap().into_body();
        assert!(shares.taken() > 0);
        while shares.taken() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(unread.collect().await.is_err(), "what is left of it never comes");
        let other = client.send_request(get("/ok")).await.unwrap().into_body().collect().await.unwrap();
        assert_eq!(other.to_bytes(), "ok");
    }
}
