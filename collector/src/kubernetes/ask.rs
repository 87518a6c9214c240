//! Asking a proxy's agent for its metrics: at its pod's address, bounded in time and size. Only where a proxy does not
//! report as it should.

use std::net::{IpAddr, SocketAddr};

use http_body_util::{BodyExt, Empty, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::HOST;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::agent::{AgentAnswer, Plugins};
use crate::limits;

/// Where Istio's agent serves its own metrics together with Envoy's.
const PORT: u16 = 15020;
const PATH: &str = "/stats/prometheus";

/// Asks the agent at a pod's address.
pub async fn ask(address: IpAddr) -> AgentAnswer {
    match tokio::time::timeout(limits::AGENT_TIME, metrics(SocketAddr::new(address, PORT))).await {
        Ok(Ok(text)) => AgentAnswer::Metrics(Plugins::read(&text)),
        Ok(Err(why)) => AgentAnswer::Silence(why),
        Err(_elapsed) => AgentAnswer::Silence(format!("no answer within {} s", limits::AGENT_TIME.as_secs())),
    }
}

async fn metrics(at: SocketAddr) -> Result<String, String> {
    let stream = TcpStream::connect(at).await.map_err(|error| error.to_string())?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let request = Request::get(PATH).header(HOST, at.to_string()).body(Empty::<Bytes>::new());
    let request = request.map_err(|error| error.to_string())?;
    let answered = async {
        let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
        if !answer.status().is_success() {
            return Err(format!("it answered {}", answer.status()));
        }
        let body = Limited::new(answer.into_body(), limits::AGENT_BYTES).collect().await;
        let bytes = body.map_err(|error| error.to_string())?.to_bytes();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    // The connection is driven beside the request, and dropped with it.
    tokio::pin!(answered, connection);
    tokio::select! {
        answer = &mut answered => answer,
        _ended = &mut connection => answered.await,
    }
}
