//! Acts: asked of the running collector over the socket in its data folder.

use std::path::Path;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::CliError;
use super::fetch::refusal;
use crate::limits;
use crate::serve::socket;

/// Beyond the collector's own bound on the longest act.
const ANSWER_TIME: Duration = Duration::from_secs(limits::BACKUP_TIME.as_secs() + 30);
const ANSWER_BYTES: usize = 1024 * 1024;

/// Asks for an act, and returns the body of a good answer.
pub(super) async fn act(data: &Path, method: &str, target: &str, body: String) -> Result<Bytes, CliError> {
    let path = socket(data);
    let asked = format!("{}: {method} {target}", path.display());
    let unreachable =
        |reason: &dyn std::fmt::Display| CliError::NoSocket { path: path.clone(), reason: reason.to_string() };
    let stream = UnixStream::connect(&path).await.map_err(|error| unreachable(&error))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| unreachable(&error))?;
    let connection = tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(target)
        .header(HOST, "localhost")
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| unreachable(&error))?;
    let answer = timeout(ANSWER_TIME, sender.send_request(request)).await;
    let answer = answer.map_err(|_| unreachable(&"no answer in time"))?.map_err(|error| unreachable(&error))?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), ANSWER_BYTES).collect().await;
    let body = body.map_err(|error| unreachable(&error))?.to_bytes();
    connection.abort();
    if status.is_success() {
        return Ok(body);
    }
    let message = refusal(&body).unwrap_or_else(|| "it does not look like a collector".to_owned());
    Err(CliError::Refused { url: asked, status: status.to_string(), message })
}
