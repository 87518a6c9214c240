//! A client of the API server, from the pod's own service account or from a kubeconfig, straight or through a proxy.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use hyper::Uri;
use hyper::rt::{Read, Write};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::rt::TokioExecutor;
use kube::client::ConfigExt;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tower::{BoxError, Service, ServiceBuilder};

use super::credentials;
use super::proxy::{self, Proxy, Unusable};

/// How to reach the API server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// By the pod's service account.
    InCluster,
    /// By a kubeconfig.
    File(PathBuf),
}

/// Why there is no client. An API server that does not answer is no such reason: it is asked again and again.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Not in a pod, or without its service account.
    #[error("in-cluster: {}", credentials::in_cluster(.0))]
    InCluster(kube::config::InClusterError),
    /// The kubeconfig cannot be used.
    #[error("{}: {}", file.display(), credentials::of_file(error))]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        error: kube::config::KubeconfigError,
    },
    /// What it says makes no client.
    #[error("{0}")]
    Client(#[from] kube::Error),
    /// What is to lead to it does not.
    #[error(transparent)]
    Proxy(#[from] Unusable),
}

/// A client, and what leads to the API server.
#[derive(Clone)]
pub struct Connected {
    /// The client.
    pub client: Client,
    /// For people, where a proxy leads there: which, what names it, and how to do without.
    pub through: Option<String>,
}

impl fmt::Debug for Connected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connected").field("through", &self.through).finish_non_exhaustive()
    }
}

/// Longest wait for a connection.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// The client.
///
/// # Errors
/// When the credentials or the proxy cannot be used.
pub async fn client(access: &Access) -> Result<Connected, ConnectError> {
    let (mut config, of_cluster) = match access {
        Access::InCluster => (Config::incluster().map_err(ConnectError::InCluster)?, None),
        Access::File(file) => {
            let wrong = |error| ConnectError::File { file: file.clone(), error };
            let kubeconfig = Kubeconfig::read_from(file).map_err(wrong)?;
            let of_cluster = proxy_url(&kubeconfig);
            let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
            (config.map_err(wrong)?, of_cluster)
        }
    };
    config.connect_timeout = Some(CONNECT_TIME);
    // The Kubernetes client's own reading of NO_PROXY asks whether the proxy is exempt, not whether the API server is.
    config.proxy_url = None;
    let environment = |name: &str| std::env::var(name).ok();
    match proxy::to(&config.cluster_url, of_cluster.as_deref(), environment)? {
        None => Ok(Connected { client: Client::try_from(config)?, through: None }),
        Some(proxy) => {
            let through = described(&proxy, &config.cluster_url);
            Ok(Connected { client: behind(&proxy, &config)?, through: Some(through) })
        }
    }
}

/// What the current context's cluster names.
fn proxy_url(kubeconfig: &Kubeconfig) -> Option<String> {
    let current = kubeconfig.current_context.as_ref()?;
    let context = kubeconfig.contexts.iter().find(|context| context.name == *current)?.context.as_ref()?;
    let cluster = kubeconfig.clusters.iter().find(|cluster| cluster.name == context.cluster)?;
    cluster.cluster.as_ref()?.proxy_url.clone()
}

fn described(proxy: &Proxy, server: &Uri) -> String {
    let way = match proxy.named_by {
        named_by if named_by.to_ascii_uppercase().ends_with("_PROXY") => {
            format!("NO_PROXY={} asks it straight", server.host().unwrap_or_default())
        }
        _ => "without that it is asked straight".to_owned(),
    };
    format!("through the proxy {} that {} names; {way}", proxy.uri, proxy.named_by)
}

fn behind(proxy: &Proxy, config: &Config) -> Result<Client, kube::Error> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT_TIME));
    match proxy.uri.scheme_str() {
        Some("http") => over(config, tunnel(proxy, tcp)),
        Some("https") => {
            // Its certificate is not the API server's: the system's roots vouch for it.
            let tls = Config::new(proxy.uri.clone()).rustls_https_connector_with_connector(tcp)?;
            over(config, tunnel(proxy, tls))
        }
        _ => {
            let socks = SocksV5::new(proxy.uri.clone(), tcp);
            match proxy.raw.clone() {
                Some((user, password)) => over(config, socks.with_auth(user, password)),
                None => over(config, socks),
            }
        }
    }
}

fn tunnel<C>(proxy: &Proxy, connector: C) -> Tunnel<C> {
    let tunnel = Tunnel::new(proxy.uri.clone(), connector);
    match proxy.basic.clone() {
        Some(credentials) => tunnel.with_auth(credentials),
        None => tunnel,
    }
}

/// A client whose connections a connector makes.
fn over<H>(config: &Config, connector: H) -> Result<Client, kube::Error>
where
    H: Service<Uri> + Clone + Send + Sync + 'static,
    H::Response: Connection + Read + Write + Send + Unpin + 'static,
    H::Future: Send + 'static,
    H::Error: Into<BoxError>,
{
    let tls = config.rustls_https_connector_with_connector(connector)?;
    let client = legacy::Client::builder(TokioExecutor::new()).build(tls);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .map_err(BoxError::from)
        .service(client);
    Ok(Client::new(service, config.default_namespace.clone()))
}
