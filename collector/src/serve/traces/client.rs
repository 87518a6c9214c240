//! The way to the endpoint: HTTP/1.1 by the client that the collector has anyway, with TLS for `https`. Follows nothing that points elsewhere.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{HttpClient, HttpError};
use tokio::runtime::Handle;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::environment::Endpoint;
use crate::limits;
use crate::serve::{ServeError, pem};

/// Why the last attempt failed: the exporter does not pass it on.
pub(super) type LastFailure = Arc<Mutex<Option<String>>>;

type Inner = legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Makes requests, each within a time, by a runtime that is not the caller's.
pub(super) struct Client {
    inner: Inner,
    runtime: Handle,
    timeout: Duration,
    last: LastFailure,
}

impl Client {
    pub(super) fn new(endpoint: &Endpoint, runtime: &Handle) -> Result<Self, ServeError> {
        let is_secure = endpoint.uri.scheme_str() == Some("https");
        let roots = if is_secure { roots(endpoint)? } else { RootCertStore::empty() };
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config =
            config.with_safe_default_protocol_versions().map_err(|error| ServeError::Traces(error.to_string()))?;
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let connector = HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().build();
        let inner = legacy::Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { inner, runtime: runtime.clone(), timeout: endpoint.timeout, last: LastFailure::default() })
    }

    pub(super) fn last_failure(&self) -> LastFailure {
        Arc::clone(&self.last)
    }
}

fn roots(endpoint: &Endpoint) -> Result<RootCertStore, ServeError> {
    let mut roots = RootCertStore::empty();
    let Some((variable, file)) = &endpoint.roots else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            let why = "the endpoint is https and this system has no roots of certificates; \
                       OTEL_EXPORTER_OTLP_CERTIFICATE names a file of some";
            return Err(ServeError::Traces(why.to_owned()));
        }
        return Ok(roots);
    };
    let unusable = |why: String| ServeError::Traces(format!("{variable} {}: {why}", file.display()));
    let bytes = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
    for root in pem::certificates(&bytes).map_err(unusable)? {
        roots.add(root).map_err(|error| unusable(error.to_string()))?;
    }
    Ok(roots)
}

async fn exchange(inner: Inner, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, HttpError> {
    let (head, body) = inner.request(request).await?.into_parts();
    let body = Limited::new(body, limits::EXPORT_ANSWER_BYTES).collect().await?.to_bytes();
    Ok(Response::from_parts(head, body))
}

/// With what caused it: the outermost error only says that there was one.
fn whole(error: &HttpError) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        said = format!("{said}: {inner}");
        cause = inner.source();
    }
    said
}

impl HttpClient for Client {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        let (inner, timeout) = (self.inner.clone(), self.timeout);
        // Whoever calls has no runtime, nor its clock.
        let exchange = async move { tokio::time::timeout(timeout, exchange(inner, request.map(Full::new))).await };
        let answered = self.runtime.spawn(exchange);
        Box::pin(async move {
            let answered = match answered.await {
                Ok(Ok(answered)) => answered,
                Ok(Err(_late)) => Err("no answer in time".into()),
                Err(_stopping) => Err("the collector is stopping".into()),
            };
            let failure = answered.as_ref().err().map(whole);
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = failure;
            answered
        })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").finish_non_exhaustive()
    }
}
