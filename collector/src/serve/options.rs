//! What `hogusu serve` is told, and why it refuses.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::PublicHost;
use crate::ingest::Trust;
use crate::journal::JournalError;
use crate::kubernetes::connect::{Access, ConnectError};
use crate::kubernetes::file::FileError;
use crate::limits::memory::LEAST;
use crate::store::Retention;
use crate::telemetry::nanos;
use crate::writer::OpenError;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// How the collector runs.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where to listen; port 0 lets the kernel choose.
    pub listen: Vec<SocketAddr>,
    /// Folder of journal, store and lock.
    pub data: PathBuf,
    /// File that names the proxies that should report.
    pub expect: Option<PathBuf>,
    /// The API server to watch; without it nothing is known of pods but what their proxies say.
    pub kubernetes: Option<Kubernetes>,
    /// How long each resolution is kept, the finest first.
    pub keep: [Duration; 4],
    /// How long anything is kept.
    pub retention: Duration,
    /// Bytes that journal and store may take.
    pub max_disk: u64,
    /// Bytes of memory that the process may use; `None`: what its cgroup, or the machine, has.
    pub max_memory: Option<u64>,
    /// Certificate and key; required for addresses that are not on loopback.
    pub tls: Option<Tls>,
    /// The last element of `x-forwarded-client-cert` is our own sidecar's word for who sends; only on loopback.
    pub trust_forwarded_client_cert: bool,
    /// Names by which it may be asked, beside those of loopback and of where it listens.
    pub public_hosts: Vec<PublicHost>,
    /// How to log.
    pub log_format: LogFormat,
}

/// The API server to watch, and how the mesh names what it serves.
#[derive(Debug, Clone)]
pub struct Kubernetes {
    /// How to reach it.
    pub access: Access,
    /// Name of the k8s cluster, Istio's `CLUSTER_ID`; empty: not told.
    pub k8s_cluster: String,
    /// Istio's root namespace.
    pub root_namespace: String,
}

/// Files of a TLS server.
#[derive(Debug, Clone)]
pub struct Tls {
    /// Certificate chain, PEM.
    pub certificate: PathBuf,
    /// Private key, PEM.
    pub key: PathBuf,
    /// Roots, PEM, of the certificates with which senders show who they are; without it nobody is asked.
    pub client_ca: Option<PathBuf>,
}

/// How to log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// One line of text per event.
    #[default]
    Text,
    /// One JSON object per event.
    Json,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 7070))],
            data: PathBuf::from("hogusu-data"),
            expect: None,
            kubernetes: None,
            keep: [2 * HOUR, 3 * DAY, 90 * DAY, 400 * DAY].map(Duration::from_secs),
            retention: Duration::from_secs(400 * DAY),
            max_disk: 5 * 1024 * 1024 * 1024,
            max_memory: None,
            tls: None,
            trust_forwarded_client_cert: false,
            public_hosts: Vec::new(),
            log_format: LogFormat::Text,
        }
    }
}

impl ServeOptions {
    /// How much is kept.
    #[must_use]
    pub fn retention(&self) -> Retention {
        Retention { keep: self.keep.map(nanos), age: nanos(self.retention), bytes: self.max_disk }
    }

    /// Whose word counts for who a sender is.
    #[must_use]
    pub fn trust(&self) -> Trust {
        if self.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some()) {
            Trust::ClientCertificate
        } else if self.trust_forwarded_client_cert {
            Trust::OwnSidecar
        } else {
            Trust::Nobody
        }
    }

    /// Refuses what would let anyone on the network read or write without encryption, or say who they are.
    pub(super) fn check(&self) -> Result<(), ServeError> {
        let open = self.listen.iter().find(|address| !address.ip().to_canonical().is_loopback());
        match (open, &self.tls) {
            (Some(address), _) if self.trust_forwarded_client_cert => Err(ServeError::Forwarded { address: *address }),
            (Some(address), None) => Err(ServeError::Plaintext { address: *address }),
            _ if self.listen.is_empty() => Err(ServeError::Nowhere),
            _ if self.max_memory.is_some_and(|bytes| bytes < LEAST) => Err(ServeError::Memory),
            _ => Ok(()),
        }
    }
}

/// Why the collector does not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Nowhere to listen.
    #[error("no address to listen on; give --listen ADDRESS:PORT")]
    Nowhere,
    /// Less memory than it can run with.
    #[error("--max-memory is less than {} MiB; give more", LEAST / 1024 / 1024)]
    Memory,
    /// An address beyond loopback without TLS.
    #[error("{address} is not on loopback and there is no TLS; give --tls-cert and --tls-key, or listen on 127.0.0.1")]
    Plaintext {
        /// The address.
        address: SocketAddr,
    },
    /// Others than our own sidecar could write the header that is to be believed.
    #[error(
        "--trust-forwarded-client-cert believes whoever connects, and {address} is not on loopback; listen on 127.0.0.1 \
         behind the collector's own sidecar, or take --tls-client-ca"
    )]
    Forwarded {
        /// The address.
        address: SocketAddr,
    },
    /// Certificate or key cannot be used.
    #[error("TLS with {file}: {message}")]
    Tls {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// An address cannot be bound.
    #[error("cannot listen on {address}: {error}; choose another address with --listen")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// Another process has the data folder.
    #[error("the data folder {} is in use by {holder}; stop that one, or give another folder with --data", folder.display())]
    Held {
        /// The folder.
        folder: PathBuf,
        /// Who says it holds the folder.
        holder: String,
    },
    /// The data folder cannot be used.
    #[error("the data folder {}: {error}; --data names another one", folder.display())]
    Data {
        /// The folder.
        folder: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The folder is none that is served.
    #[error("the data folder {} cannot be served: {why}", folder.display())]
    Unserved {
        /// The folder.
        folder: PathBuf,
        /// Why.
        why: &'static str,
    },
    /// Journal or store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The journal can no longer be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The file of expected proxies cannot be used.
    #[error("--expect {}: {message}", file.display())]
    Expect {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// There is no client of the API server.
    #[error("--kubernetes {0}")]
    Kubernetes(#[from] ConnectError),
    /// The record of pods cannot be used.
    #[error(transparent)]
    Record(#[from] FileError),
    /// The process cannot do what every process can.
    #[error("cannot start: {0}")]
    Runtime(io::Error),
}

impl ServeError {
    pub(super) fn data(folder: &Path, error: io::Error) -> Self {
        Self::Data { folder: folder.to_owned(), error }
    }

    /// The process's exit code: 2 for what it was told, 3 for a folder in use, 1 for the rest.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Nowhere
            | Self::Memory
            | Self::Plaintext { .. }
            | Self::Forwarded { .. }
            | Self::Tls { .. }
            | Self::Kubernetes(_)
            | Self::Expect { .. } => 2,
            Self::Held { .. } => 3,
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_loopback_however_it_is_written() {
        let plain = |address: &str| ServeOptions { listen: vec![address.parse().unwrap()], ..ServeOptions::default() };
        for address in ["127.0.0.1:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert!(plain(address).check().is_ok(), "{address}");
        }
        for address in ["0.0.0.0:1", "[::]:1", "[::ffff:10.0.0.1]:1"] {
            assert_eq!(plain(address).check().unwrap_err().exit_code(), 2, "{address}");
        }
    }
}
