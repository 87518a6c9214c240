//! gRPC streams that stay open for as long as a scenario wants: each sends one message, waits, and then ends in order. Unary calls
//! are in `load.rs`.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::Response;
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use crate::client::{Version, connect};
use crate::load::{compose, grpc_frame};
use crate::script::{SCRIPT_HEADER, Script};

const METHOD: &str = "/hogusu.test.Service/Stream";

/// Streams of one HTTP/2 connection.
#[derive(Debug)]
pub struct GrpcStreams {
    /// Dropping one ends its stream's request.
    open: Vec<mpsc::Sender<Frame<Bytes>>>,
    answers: JoinSet<bool>,
    driver: JoinHandle<()>,
}

impl GrpcStreams {
    /// Begins `count` streams, for the host `authority`.
    pub async fn open(to: SocketAddr, authority: &str, count: usize) -> Result<Self> {
        let stream = TokioIo::new(connect(to, None).await?);
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream).await?;
        let driver = tokio::spawn(async move { drop(connection.await) });
        let mut streams = Self { open: Vec::new(), answers: JoinSet::new(), driver };
        for _ in 0..count {
            let (give, frames) = mpsc::channel(1);
            give.try_send(Frame::data(grpc_frame(b"first"))).context("a stream takes its first message")?;
            let request = compose(Version::Http2, true, authority, METHOD)
                .header(SCRIPT_HEADER, Script::grpc(0).label())
                .body(StreamBody::new(Frames(frames)))?;
            sender.ready().await?;
            let answer = sender.send_request(request);
            streams.answers.spawn(async move {
                match answer.await {
                    Ok(response) => is_ok(response).await,
                    Err(_) => false,
                }
            });
            streams.open.push(give);
        }
        Ok(streams)
    }

    /// Ends them; how many were answered with gRPC status 0.
    pub async fn finish(mut self) -> usize {
        self.open.clear();
        let mut answered = 0;
        while let Some(is_ok) = self.answers.join_next().await {
            answered += usize::from(matches!(is_ok, Ok(true)));
        }
        self.driver.abort();
        answered
    }
}

async fn is_ok(response: Response<Incoming>) -> bool {
    let Ok(whole) = response.into_body().collect().await else { return false };
    whole.trailers().and_then(|trailers| trailers.get("grpc-status")).is_some_and(|status| status == "0")
}

struct Frames(mpsc::Receiver<Frame<Bytes>>);

impl futures_core::Stream for Frames {
    type Item = Result<Frame<Bytes>, std::convert::Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|frame| frame.map(Ok))
    }
}
