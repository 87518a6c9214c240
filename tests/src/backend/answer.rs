//! Answers as scripted: complete ones, gRPC ones, and those that break off in the middle.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::Frame;
use hyper::{HeaderMap, Response};

use crate::backend::Served;
use crate::backend::account::Entry;
use crate::load::grpc_frame;
use crate::script::{End, Script};
use crate::sightings::{self, Sight};

/// The body of answers; its error breaks the stream.
pub(super) type Answered = BoxBody<Bytes, Broken>;

#[derive(Debug)]
pub(super) struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken as scripted")
    }
}

impl std::error::Error for Broken {}

impl From<Infallible> for Broken {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

pub(super) fn http(entry: Entry, script: &Script, status: u16, id: String) -> Response<Answered> {
    let body = Bytes::from(vec![b'x'; usize::try_from(script.body).unwrap_or_default()]);
    let builder = Response::builder().status(status);
    if script.end == End::ResetMidBody {
        entry.close(Served::ResetMidBody);
        let builder = builder.header("content-length", body.len().max(2));
        return builder.body(broken_body(body.slice(..body.len() / 2), id)).expect("a valid answer");
    }
    entry.close(Served::Answered(status));
    if script.hold_ms > 0 {
        let held = held_body(Bytes::from_static(b"data: x\n\n"), None, script.hold_ms);
        return builder.header("content-type", "text/event-stream").body(held).expect("a valid answer");
    }
    builder.body(Full::new(body).map_err(Broken::from).boxed()).expect("a valid answer")
}

pub(super) fn grpc(entry: Entry, script: &Script, status: u32) -> Response<Answered> {
    entry.close(Served::AnsweredGrpc(status));
    let builder = Response::builder().header("content-type", "application/grpc");
    if script.end == End::TrailersOnly {
        let body = Empty::new().map_err(Broken::from).boxed();
        return builder.header("grpc-status", status).body(body).expect("a valid answer");
    }
    let message = grpc_frame(&vec![b'x'; usize::try_from(script.body).unwrap_or_default()]);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", status.into());
    if script.hold_ms > 0 {
        return builder.body(held_body(message, Some(trailers), script.hold_ms)).expect("a valid answer");
    }
    let body = Full::new(message).with_trailers(std::future::ready(Some(Ok(trailers))));
    builder.body(body.map_err(Broken::from).boxed()).expect("a valid answer")
}

/// Sends `first` at once, and its end only `hold_ms` later.
fn held_body(first: Bytes, trailers: Option<HeaderMap>, hold_ms: u64) -> Answered {
    let (give, frames) = tokio::sync::mpsc::channel::<Result<Frame<Bytes>, Broken>>(2);
    tokio::spawn(async move {
        let _ = give.send(Ok(Frame::data(first))).await;
        tokio::time::sleep(std::time::Duration::from_millis(hold_ms)).await;
        if let Some(trailers) = trailers {
            let _ = give.send(Ok(Frame::trailers(trailers))).await;
        }
    });
    BoxBody::new(StreamBody::new(Frames(frames)))
}

/// Sends `half`, waits until the one who asked has the headers, then breaks the stream.
fn broken_body(half: Bytes, id: String) -> Answered {
    let (give, frames) = tokio::sync::mpsc::channel::<Result<Frame<Bytes>, Broken>>(2);
    tokio::spawn(async move {
        let _ = give.send(Ok(Frame::data(half))).await;
        sightings::wait_for(Sight::HeadersSeen, &id).await;
        let _ = give.send(Err(Broken)).await;
    });
    BoxBody::new(StreamBody::new(Frames(frames)))
}

struct Frames(tokio::sync::mpsc::Receiver<Result<Frame<Bytes>, Broken>>);

impl futures_core::Stream for Frames {
    type Item = Result<Frame<Bytes>, Broken>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}
