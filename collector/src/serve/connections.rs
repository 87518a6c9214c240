//! Connections: accepted within bounds, with or without TLS, and ended in order when the collector stops.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::{ServeError, Tls, tls};
use crate::ingest::{ClientCertificate, Peer};
use crate::limits;
use crate::telemetry::{Metric, Telemetry};

/// Time for a TLS handshake.
const HANDSHAKE_TIME: std::time::Duration = std::time::Duration::from_secs(10);

/// How connections are served.
pub(super) struct Server {
    http: Builder<TokioExecutor>,
    tls: Option<TlsAcceptor>,
}

impl Server {
    /// A server with these bounds, and with TLS when there are files for it.
    pub(super) fn new(tls: Option<&Tls>) -> Result<Self, ServeError> {
        let mut http = Builder::new(TokioExecutor::new());
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
        Ok(Self { http, tls: tls.map(tls::acceptor).transpose()? })
    }

    /// Serves until `stop`, then lets running requests end.
    pub(super) async fn run(
        self,
        listeners: Vec<TcpListener>,
        app: Router,
        telemetry: Arc<Telemetry>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        let shared =
            Arc::new(Shared { server: self, app, telemetry, places: Arc::new(Semaphore::new(limits::CONNECTIONS)) });
        let (stopping, stopped) = watch::channel(());
        let graceful = Arc::new(GracefulShutdown::new());
        let mut accepting = tokio::task::JoinSet::new();
        for listener in listeners {
            let (shared, graceful, mut stopped) = (Arc::clone(&shared), Arc::clone(&graceful), stopped.clone());
            accepting.spawn(async move {
                tokio::select! {
                    () = accept(&listener, &shared, &graceful) => {}
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
    app: Router,
    telemetry: Arc<Telemetry>,
    places: Arc<Semaphore>,
}

async fn accept(listener: &TcpListener, shared: &Arc<Shared>, graceful: &GracefulShutdown) {
    loop {
        let Ok(place) = Arc::clone(&shared.places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, peer)) => {
                drop(tokio::spawn(serve(Arc::clone(shared), stream, peer.ip(), graceful.watcher(), place)));
            }
            Err(error) => {
                // Out of file descriptors, or a connection that was gone before it was accepted.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
    }
}

async fn serve(shared: Arc<Shared>, stream: TcpStream, peer: IpAddr, watcher: Watcher, place: OwnedSemaphorePermit) {
    shared.telemetry.add(Metric::Connections, 1);
    // Answers are small and someone waits for each.
    if stream.set_nodelay(true).is_ok() {
        match &shared.server.tls {
            None => connection(&shared, stream, peer, watcher, None).await,
            Some(tls) => encrypted(&shared, tls, stream, peer, watcher).await,
        }
    }
    shared.telemetry.subtract(Metric::Connections, 1);
    drop(place);
}

/// A connection under TLS, with who is at its other end.
async fn encrypted(shared: &Shared, tls: &TlsAcceptor, stream: TcpStream, peer: IpAddr, watcher: Watcher) {
    match tokio::time::timeout(HANDSHAKE_TIME, tls.accept(stream)).await {
        Ok(Ok(stream)) => {
            let client = tls::client(stream.get_ref().1);
            connection(shared, stream, peer, watcher, Some(client)).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
        Err(_late) => tracing::debug!("TLS handshake took too long"),
    }
}

async fn connection(
    shared: &Shared,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: IpAddr,
    watcher: Watcher,
    client: Option<ClientCertificate>,
) {
    let app = shared.app.clone().map_request(move |request: hyper::Request<hyper::body::Incoming>| -> Request {
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(Peer(peer));
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
