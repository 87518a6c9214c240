//! By which names the collector may be asked. A page from elsewhere whose name was made to lead here (DNS rebinding) makes a
//! browser ask by that name; so only names are answered of which it is known that they are this collector's.
//!
//! An address is known when it is this machine's. Filters are configured with whatever authority, and are no browsers:
//! batches are taken by any name, unless a browser says that it sends them.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderName, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::PublicHost;
use crate::api::{self, Wrong};
use crate::ingest;
use crate::telemetry::{Metric, Telemetry};

/// Set by browsers alone; no page can take it away.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// Longest name that is repeated in an answer, in characters.
const SHOWN: usize = 253;

/// The names.
#[derive(Debug, Clone)]
pub(super) struct Hosts {
    names: Arc<BTreeSet<String>>,
    /// Those in the certificate of our own TLS: nobody else can show it.
    certificate: Arc<RwLock<BTreeSet<String>>>,
    telemetry: Arc<Telemetry>,
}

impl Hosts {
    /// Those of loopback, those that are listened on, and those that were named.
    pub(super) fn new(listen: &[SocketAddr], public: &[PublicHost], telemetry: Arc<Telemetry>) -> Self {
        let listened = listen.iter().map(|address| address.ip().to_canonical().to_string());
        let named = public.iter().map(|host| host.0.clone());
        let names = std::iter::once("localhost".to_owned()).chain(listened).chain(named).collect();
        Self { names: Arc::new(names), certificate: Arc::default(), telemetry }
    }

    /// And those in our own certificate.
    pub(super) fn with_certificate(self, names: &Arc<RwLock<BTreeSet<String>>>) -> Self {
        Self { certificate: Arc::clone(names), ..self }
    }

    /// The name that the request goes to, where it is not known here.
    fn stranger(&self, request: &Request) -> Option<String> {
        let path = request.uri().path();
        if matches!(path, "/healthz" | "/readyz") || path == ingest::ADDRESS && is_no_browsers(request) {
            return None;
        }
        let target = request.uri().authority().map(|authority| authority.as_str().as_bytes());
        let hosts = request.headers().get_all(HOST).iter().map(axum::http::HeaderValue::as_bytes);
        // Without any, it is no browser.
        let mut named = target.into_iter().chain(hosts).filter(|host| !host.is_empty());
        let unknown =
            named.find(|host| !std::str::from_utf8(host).ok().and_then(bare).is_some_and(|host| self.knows(&host)))?;
        Some(String::from_utf8_lossy(unknown).chars().take(SHOWN).collect())
    }

    fn is_certified(&self, host: &str) -> bool {
        let names = self.certificate.read().unwrap_or_else(PoisonError::into_inner);
        let any = host.split_once('.').map(|(_, domain)| format!("*.{domain}"));
        names.contains(host) || any.is_some_and(|any| names.contains(&any))
    }

    fn knows(&self, host: &str) -> bool {
        match host.parse::<IpAddr>() {
            Ok(address) => self.names.contains(&address.to_canonical().to_string()) || is_own(address.to_canonical()),
            Err(_name) => self.names.contains(host) || self.is_certified(host),
        }
    }
}

/// True for a batch of whoever is no browser.
fn is_no_browsers(request: &Request) -> bool {
    let headers = request.headers();
    request.method() == Method::POST && !headers.contains_key(ORIGIN) && !headers.contains_key(FETCH_SITE)
}

/// An authority without its port, as names are compared; `None` when it is none.
fn bare(authority: &str) -> Option<String> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
    let host = host.strip_suffix('.').unwrap_or(host);
    (is_whole && !host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// True for an address of this machine: nobody can listen on another's.
fn is_own(address: IpAddr) -> bool {
    let is_broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
    address.is_loopback()
        || !(address.is_unspecified() || address.is_multicast() || is_broadcast)
            && UdpSocket::bind((address, 0)).is_ok()
}

/// Answers what goes to a known name, and nothing else.
pub(super) async fn only_known(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let Some(stranger) = hosts.stranger(&request) else { return next.run(request).await };
    let path = request.uri().path().to_owned();
    hosts.telemetry.add(Metric::RefusedHost, 1);
    tracing::debug!(host = stranger, "asked by a name that is not known");
    let wrong = Wrong {
        code: "unknown_host",
        message: &format!("{stranger:?} is not known as a name of this collector"),
        remedy: "ask by localhost or by its address, or start it with --public-host and this name",
    };
    api::guarded(wrong.response(StatusCode::MISDIRECTED_REQUEST, &path)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Hosts {
        let public = ["Hogusu.example.com", "2001:db8::7"].map(|name| name.parse().unwrap());
        Hosts::new(&["192.0.2.1:4318".parse().unwrap()], &public, Arc::default())
    }

    fn asked(method: Method, target: &str, headers: &[(&str, &str)]) -> Option<String> {
        let mut request = axum::http::Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        hosts().stranger(&request.body(axum::body::Body::empty()).unwrap())
    }

    #[test]
    fn names_of_loopback_of_the_listener_and_those_that_were_named_are_known() {
        for host in [
            "localhost",
            "LOCALHOST:7070",
            "localhost.",
            "127.0.0.1",
            "127.9.9.9:1",
            "[::1]:7070",
            "[::1]",
            "192.0.2.1:4318",
            "[::ffff:127.0.0.1]",
            "hogusu.example.com",
            "hogusu.EXAMPLE.com.:443",
            "[2001:db8::7]:4318",
            "",
        ] {
            assert_eq!(asked(Method::GET, "/api/v1/map", &[("host", host)]), None, "{host}");
        }
        assert_eq!(asked(Method::GET, "/api/v1/map", &[]), None, "who names nothing is no browser");
    }

    #[test]
    fn names_in_our_own_certificate_are_ours() {
        let names = ["collector.example.com", "*.mesh.example.com"].map(str::to_owned);
        let hosts = hosts().with_certificate(&Arc::new(RwLock::new(names.into())));
        let known = ["collector.example.com", "a.mesh.example.com", "a.b.mesh.example.com", "mesh.example.com"];
        assert_eq!(known.map(|host| hosts.knows(host)), [true, true, false, false]);
    }

    #[test]
    fn every_other_name_and_address_is_not() {
        for host in [
            "evil.example",
            "localhost.evil.example",
            "evil.example:7070",
            "127.0.0.1.evil.example",
            "203.0.113.77",
            "0.0.0.0:7070",
            "[::]",
            "255.255.255.255",
            "224.0.0.1",
            "localhost:7070:7070",
            "localhost:x",
            "a@localhost",
            "[::1",
            "[fe80::1%25lo]",
            "sub.hogusu.example.com",
            "127.1",
        ] {
            assert_eq!(asked(Method::GET, "/api/v1/map", &[("host", host)]).as_deref(), Some(host));
        }
        let two = [("host", "localhost"), ("host", "evil.example")];
        assert_eq!(asked(Method::GET, "/", &two).as_deref(), Some("evil.example"));
        let target = "http://evil.example/api/v1/map";
        assert_eq!(asked(Method::GET, target, &[("host", "localhost")]).as_deref(), Some("evil.example"));
    }

    #[test]
    fn batches_of_filters_and_probes_come_by_any_name_and_what_a_browser_sends_does_not() {
        let elsewhere = ("host", "hogusu-collector");
        assert_eq!(asked(Method::POST, "/v1/metrics", &[elsewhere]), None);
        for target in ["/healthz", "/readyz"] {
            assert_eq!(asked(Method::GET, target, &[elsewhere]), None);
        }
        for mark in [("origin", "http://hogusu-collector"), ("sec-fetch-site", "same-origin")] {
            assert!(asked(Method::POST, "/v1/metrics", &[elsewhere, mark]).is_some());
        }
        assert!(asked(Method::OPTIONS, "/v1/metrics", &[elsewhere]).is_some());
        assert!(asked(Method::GET, "/metrics", &[elsewhere]).is_some());
    }
}
