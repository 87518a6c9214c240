//! A client of the API server, from the pod's own service account or from a kubeconfig.

use std::path::PathBuf;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

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
    #[error("in-cluster: {0}")]
    InCluster(#[from] kube::config::InClusterError),
    /// The kubeconfig cannot be used.
    #[error("{}: {error}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        error: kube::config::KubeconfigError,
    },
    /// What it says makes no client.
    #[error("{0}")]
    Client(#[from] kube::Error),
}

/// Longest wait for a connection.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// The client.
///
/// # Errors
/// When the credentials cannot be used.
pub async fn client(access: &Access) -> Result<Client, ConnectError> {
    let mut config = match access {
        Access::InCluster => Config::incluster()?,
        Access::File(file) => {
            let wrong = |error| ConnectError::File { file: file.clone(), error };
            let kubeconfig = Kubeconfig::read_from(file).map_err(wrong)?;
            Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.map_err(wrong)?
        }
    };
    config.connect_timeout = Some(CONNECT_TIME);
    Ok(Client::try_from(config)?)
}
