//! A receiver of Envoy's gRPC access log (`envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs`): takes every stream, throws
//! the messages away, counts their bytes. The method is client-streaming: nothing is answered until the stream ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

#[derive(Debug)]
pub struct AccessLogReceiver {
    address: SocketAddr,
    bytes: Arc<AtomicU64>,
    acceptor: JoinHandle<()>,
}

impl AccessLogReceiver {
    pub async fn start(at: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(at).await?;
        let address = listener.local_addr()?;
        let bytes = Arc::new(AtomicU64::new(0));
        let acceptor = tokio::spawn(accept(listener, Arc::clone(&bytes)));
        Ok(Self { address, bytes, acceptor })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Bytes of messages so far, with gRPC's five in front of each.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for AccessLogReceiver {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

async fn accept(listener: TcpListener, bytes: Arc<AtomicU64>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let bytes = Arc::clone(&bytes);
        connections.spawn(async move {
            let service = service_fn(move |request| drain(request, Arc::clone(&bytes)));
            // A connection that breaks is a proxy that ended.
            let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn drain(request: Request<Incoming>, bytes: Arc<AtomicU64>) -> Result<Response<Empty<Bytes>>> {
    let mut body = request.into_body();
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame?.data_ref() {
            bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
        }
    }
    let answer = Response::builder().header("content-type", "application/grpc").header("grpc-status", "0");
    Ok(answer.body(Empty::new())?)
}
