//! One client connection (HTTP/1.1 or HTTP/2 by prior knowledge) that makes one exchange at a time and says exactly how it ended.
//! Never retries; the load generator and the backends' own calls are built on it.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;

use crate::sightings::{self, Sight};

/// Longer than every timeout that a scenario configures in a proxy.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    Http1,
    Http2,
}

/// How one exchange ended for the one who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// A complete answer.
    Status(u16),
    /// A complete gRPC answer with its status.
    Grpc(u32),
    /// Headers with this code, then the stream broke.
    Broken(u16),
    /// The stream or connection ended without an answer.
    Reset,
    /// We went away, as asked.
    Gone,
    /// Nothing was sent: no connection.
    NotConnected,
    /// The bound of the client itself: a mistake in the scenario.
    Unanswered,
}

impl Answer {
    pub fn is_success(self) -> bool {
        matches!(self, Self::Status(200..=399) | Self::Grpc(0))
    }
}

/// What the client does besides waiting.
#[derive(Clone, Debug, Default)]
pub struct Conduct {
    /// Name of the request on the board of sightings.
    pub id: String,
    /// Tell the board when headers arrive (a backend waits for it).
    pub report_headers: bool,
    /// Go away as soon as the backend has the request.
    pub leave_on_arrival: bool,
}

pub type Body = Full<Bytes>;

#[derive(Debug)]
pub struct Connection {
    sender: Sender,
    driver: JoinHandle<()>,
}

#[derive(Debug)]
enum Sender {
    One(http1::SendRequest<Body>),
    Two(http2::SendRequest<Body>),
}

impl Connection {
    /// Connects from `from` when the source's address must name a workload.
    pub async fn open(to: SocketAddr, version: Version, from: Option<IpAddr>) -> Result<Self> {
        let stream = TokioIo::new(connect(to, from).await?);
        Ok(match version {
            Version::Http1 => {
                let (sender, connection) = http1::handshake(stream).await?;
                Self { sender: Sender::One(sender), driver: tokio::spawn(async move { drop(connection.await) }) }
            }
            Version::Http2 => {
                let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await?;
                Self { sender: Sender::Two(sender), driver: tokio::spawn(async move { drop(connection.await) }) }
            }
        })
    }

    /// Whether another request can be sent; false when the other side closed or is closing the connection.
    pub async fn is_ready(&mut self) -> bool {
        match &mut self.sender {
            Sender::One(sender) => sender.ready().await.is_ok(),
            Sender::Two(sender) => sender.ready().await.is_ok(),
        }
    }

    /// One exchange. `Err` gives the request back: it was never sent, because the connection was closing.
    pub async fn exchange(&mut self, request: Request<Body>, conduct: &Conduct) -> Result<Answer, Box<Request<Body>>> {
        let answer = tokio::select! {
            answer = tokio::time::timeout(PATIENCE, self.send(request, conduct)) => answer.unwrap_or(Ok(Answer::Unanswered)),
            () = leave(conduct) => {
                self.abandon();
                Ok(Answer::Gone)
            }
        };
        if matches!(answer, Ok(Answer::Unanswered)) {
            self.abandon();
        }
        answer.map_err(|Unsent(request)| request)
    }

    async fn send(&mut self, request: Request<Body>, conduct: &Conduct) -> Result<Answer, Unsent> {
        let sent = match &mut self.sender {
            Sender::One(sender) => sender.try_send_request(request).await,
            Sender::Two(sender) => sender.try_send_request(request).await,
        };
        match sent {
            Ok(response) => Ok(read(response, conduct).await),
            Err(mut error) => match error.take_message() {
                Some(request) => Err(Unsent(Box::new(request))),
                None => Ok(Answer::Reset),
            },
        }
    }

    /// Of HTTP/1.1 the whole connection goes; of HTTP/2 the dropped future resets the stream.
    fn abandon(&mut self) {
        if matches!(self.sender, Sender::One(_)) {
            self.driver.abort();
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

#[derive(Debug)]
struct Unsent(Box<Request<Body>>);

async fn leave(conduct: &Conduct) {
    if conduct.leave_on_arrival && sightings::wait_for(Sight::Arrived, &conduct.id).await {
        return;
    }
    std::future::pending().await
}

async fn read(response: Response<Incoming>, conduct: &Conduct) -> Answer {
    let status = response.status().as_u16();
    let mut grpc = grpc_status(response.headers());
    let mut body = response.into_body();
    if conduct.report_headers {
        sightings::report(Sight::HeadersSeen, &conduct.id);
    }
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => grpc = frame.trailers_ref().and_then(grpc_status).or(grpc),
            Err(_) => return Answer::Broken(status),
        }
    }
    grpc.map_or(Answer::Status(status), Answer::Grpc)
}

fn grpc_status(headers: &hyper::HeaderMap) -> Option<u32> {
    headers.get("grpc-status")?.to_str().ok()?.parse().ok()
}

pub async fn connect(to: SocketAddr, from: Option<IpAddr>) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if let Some(from) = from {
        socket.bind((from, 0).into())?;
    }
    let stream = socket.connect(to).await.with_context(|| format!("connecting to {to}"))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A plain request to an admin port or an API: status and body, errors as errors.
pub async fn fetch(to: SocketAddr, request: Request<Body>) -> Result<Response<Bytes>> {
    let fetching = async {
        let (mut sender, connection) = http1::handshake(TokioIo::new(connect(to, None).await?)).await?;
        let driver = tokio::spawn(connection);
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        driver.abort();
        Ok(Response::from_parts(head, body))
    };
    tokio::time::timeout(PATIENCE, fetching).await.with_context(|| format!("{to} does not answer"))?
}

pub async fn get(to: SocketAddr, path: &str) -> Result<Response<Bytes>> {
    let request = Request::get(path).header("host", to.to_string()).body(Body::default())?;
    fetch(to, request).await
}

/// Sends bytes that need not be HTTP and returns what came back until the other side closed.
pub async fn send_raw(to: SocketAddr, bytes: &[u8]) -> Result<Vec<u8>> {
    let mut stream = connect(to, None).await?;
    let mut answer = Vec::new();
    stream.write_all(bytes).await?;
    let reading = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    match reading.context("the other side does not close")? {
        // A reset after the answer is a way to close, too.
        Err(error) if answer.is_empty() => Err(error.into()),
        _ => Ok(answer),
    }
}
