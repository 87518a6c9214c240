//! One HTTP question to a collector, bounded in time and size. An answer that points elsewhere is told and not followed: what proves who
//! asks is shown to nobody but whom the command line names.

use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, HOST, LOCATION};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::CliError;
use super::address::{Address, Place};
use super::handshake;
use super::token::VARIABLE;

const CONNECT_TIME: Duration = Duration::from_secs(5);
const ANSWER_TIME: Duration = Duration::from_secs(60);
const ANSWER_BYTES: usize = 256 * 1024 * 1024;

/// Of an answer that no collector gives.
pub(super) const STRANGER: &str = "it does not look like a collector; --url takes the path that leads to one too";

/// A collector that can be asked.
#[derive(Clone)]
pub(super) struct Collector {
    place: Place,
}

/// What came back, whatever it is.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Where an answer that only points elsewhere points to.
    location: Option<String>,
    pub(super) body: Bytes,
}

/// A connection, in plaintext or by TLS.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

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
    pub(super) fn new(address: &Address) -> Result<Self, CliError> {
        Ok(Self { place: address.read(std::env::var_os(VARIABLE))? })
    }

    pub(super) fn url(&self) -> &str {
        &self.place.url
    }

    /// The address asked, and the body of a good answer.
    pub(super) async fn get(&self, path: &str, question: &[(&str, String)]) -> Result<(String, Bytes), CliError> {
        let joint = if question.is_empty() { "" } else { "?" };
        let query: Vec<String> = question.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let target = format!("{path}{joint}{}", query.join("&"));
        let asked = format!("{}{target}", self.url());
        let answer = timeout(ANSWER_TIME, self.exchange(&target))
            .await
            .map_err(|_| self.unreachable(&"no answer within 60 s"))??;
        if answer.status.is_success() {
            return Ok((asked, answer.body));
        }
        let message = self.refusal(&target, &answer).unwrap_or_else(|| STRANGER.to_owned());
        Err(CliError::Refused { url: asked, status: answer.status.to_string(), message })
    }

    /// What an answer says that is none, and what to do; `None` where it does not look like a collector's.
    pub(super) fn refusal(&self, target: &str, answer: &Answer) -> Option<String> {
        let is_closed = matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        let told = refusal(&answer.body).or_else(|| answer.location.as_ref().map(|to| moved(to, target)));
        told.or_else(|| is_closed.then(|| self.not_let_in(answer.status)))
    }

    /// The answer to a path below the collector's own.
    pub(super) async fn exchange(&self, target: &str) -> Result<Answer, CliError> {
        let stream = timeout(CONNECT_TIME, self.connect()).await;
        let stream = stream.map_err(|_| self.unreachable(&"no connection within 5 s"))??;
        let shaken = http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = shaken.map_err(|error| self.unreachable(&error))?;
        let connection = tokio::spawn(connection);
        let mut request = Request::get(format!("{}{target}", self.place.path))
            .header(HOST, &self.place.authority)
            .header(ACCEPT, "application/json");
        if let Some(token) = &self.place.token {
            request = request.header(AUTHORIZATION, &token.header);
        }
        let request = request.body(Empty::<Bytes>::new()).map_err(|error| self.unreachable(&error))?;
        let answer: Response<Incoming> =
            sender.send_request(request).await.map_err(|error| self.unreachable(&self.without_answer(&error)))?;
        let status = answer.status();
        let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = Limited::new(answer.into_body(), ANSWER_BYTES).collect().await;
        let body = body.map_err(|error| self.unreachable(&error))?.to_bytes();
        connection.abort();
        // Whoever answered may have written it into what is shown as an error.
        let (location, body) = match &self.place.token {
            Some(token) if !status.is_success() => (location.map(|to| token.hidden(&to)), token.hidden_in(&body)),
            _ => (location, body),
        };
        Ok(Answer { status, location, body })
    }

    async fn connect(&self) -> Result<Box<dyn Wire>, CliError> {
        let Place { host, port, tls, .. } = &self.place;
        let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(|error| self.unreachable(&error))?;
        let Some((connector, name)) = tls else { return Ok(Box::new(stream)) };
        let secured = connector.connect(name.clone(), stream).await;
        let why = |error| self.unreachable(&handshake::why(&error, host, self.place.has_certificate));
        Ok(Box::new(secured.map_err(why)?))
    }

    /// What stands before a collector wants to know who asks, or knows and does not let him read.
    fn not_let_in(&self, status: StatusCode) -> String {
        let ways =
            format!("--token-file or {VARIABLE} gives a token, --client-certificate and --client-key a certificate");
        match &self.place.token {
            Some(token) if status == StatusCode::UNAUTHORIZED => {
                format!("it does not take the token of {}", token.source)
            }
            None if status == StatusCode::UNAUTHORIZED => format!("it wants to know who asks; {ways}"),
            _ => format!(
                "whoever asks so may not read; in a mesh the chart's value viewers says who may, elsewhere {ways}"
            ),
        }
    }

    /// A listener that wants TLS answers plaintext with bytes that are no HTTP.
    fn without_answer(&self, error: &hyper::Error) -> String {
        if error.is_parse() && self.place.tls.is_none() {
            return format!("{error}: it does not speak plain HTTP; where it speaks TLS the URL begins with https://");
        }
        handshake::why_behind(error, self.place.has_certificate).unwrap_or_else(|| error.to_string())
    }

    pub(super) fn unreachable(&self, reason: &dyn std::fmt::Display) -> CliError {
        CliError::Unreachable { url: self.place.url.clone(), reason: reason.to_string() }
    }
}

/// What to do about an answer that points elsewhere: where it has kept what was asked for, it says what to give instead.
fn moved(location: &str, target: &str) -> String {
    let base = location.strip_suffix(target).filter(|base| base.starts_with("https://") || base.starts_with("http://"));
    match base {
        Some(base) => format!("it points to {location}; give that one: --url {base}"),
        None => format!(
            "it points to {location}: --url names where the collector is; where that asks who you are, \
             --token-file or {VARIABLE} gives a token"
        ),
    }
}

/// What the API says is wrong, and what to do about it; `None` where the API did not say it.
pub(super) fn refusal(body: &[u8]) -> Option<String> {
    let Wrong { error } = serde_json::from_slice(body).ok()?;
    Some(if error.remedy.is_empty() { error.message } else { format!("{}; {}", error.message, error.remedy) })
}

/// Everything but unreserved characters as %XX.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
