//! One HTTP question to a collector, bounded in time and size.

use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, HOST};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::CliError;

const CONNECT_TIME: Duration = Duration::from_secs(5);
const ANSWER_TIME: Duration = Duration::from_secs(60);
const ANSWER_BYTES: usize = 256 * 1024 * 1024;

/// Where a collector is.
#[derive(Debug, Clone)]
pub(super) struct Collector {
    url: String,
    authority: String,
    host: String,
    port: u16,
}

/// The API's own error.
#[derive(Deserialize)]
struct Wrong {
    error: WrongParts,
}

#[derive(Deserialize)]
struct WrongParts {
    message: String,
    #[serde(default)]
    remedy: String,
}

impl Collector {
    pub(super) fn new(url: &str) -> Result<Self, CliError> {
        let unusable = |why: &str| CliError::Usage(format!("--url {url}: {why}, as http://127.0.0.1:7070"));
        let uri: Uri = url.parse().map_err(|_| unusable("give a URL"))?;
        if uri.scheme_str() != Some("http") {
            return Err(unusable("give a URL that begins with http://"));
        }
        let authority = uri.authority().ok_or_else(|| unusable("give a host"))?;
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(unusable("give it without a path"));
        }
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            authority: authority.to_string(),
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(80),
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The address asked, and the body of a good answer.
    pub(super) async fn get(&self, path: &str, question: &[(&str, String)]) -> Result<(String, Bytes), CliError> {
        let query: Vec<String> = question.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let target = format!("{path}?{}", query.join("&"));
        let asked = format!("{}{target}", self.url);
        let (status, body) = timeout(ANSWER_TIME, self.exchange(&target))
            .await
            .map_err(|_| self.unreachable(&"no answer within 60 s"))??;
        if status.is_success() {
            return Ok((asked, body));
        }
        let message = match serde_json::from_slice::<Wrong>(&body) {
            Ok(Wrong { error }) if error.remedy.is_empty() => error.message,
            Ok(Wrong { error }) => format!("{}; {}", error.message, error.remedy),
            Err(_) => "it does not look like a collector".to_owned(),
        };
        Err(CliError::Refused { url: asked, status: status.to_string(), message })
    }

    /// The status and body of an answer, whatever they are.
    pub(super) async fn exchange(&self, target: &str) -> Result<(hyper::StatusCode, Bytes), CliError> {
        let address = (self.host.as_str(), self.port);
        let connected = timeout(CONNECT_TIME, TcpStream::connect(address)).await;
        let stream = connected.map_err(|_| self.unreachable(&"no connection within 5 s"))?;
        let stream = stream.map_err(|error| self.unreachable(&error))?;
        let shaken = http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = shaken.map_err(|error| self.unreachable(&error))?;
        let connection = tokio::spawn(connection);
        let request = Request::get(target)
            .header(HOST, &self.authority)
            .header(ACCEPT, "application/json")
            .body(Empty::<Bytes>::new())
            .map_err(|error| self.unreachable(&error))?;
        let answer: Response<Incoming> =
            sender.send_request(request).await.map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER_BYTES).collect().await;
        let body = body.map_err(|error| self.unreachable(&error))?.to_bytes();
        connection.abort();
        Ok((status, body))
    }

    pub(super) fn unreachable(&self, reason: &dyn std::fmt::Display) -> CliError {
        CliError::Unreachable { url: self.url.clone(), reason: reason.to_string() }
    }
}

/// Everything but unreserved characters as %XX.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
