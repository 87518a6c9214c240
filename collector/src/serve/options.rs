//! What `hogusu serve` is told, and why it refuses.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::doors;
use super::{PublicHost, TraceUrl, doors::Purpose};
use crate::ingest::Trust;
use crate::journal::JournalError;
use crate::kubernetes::connect::{Access, ConnectError};
use crate::kubernetes::file::FileError;
use crate::limits::LEAST_DISK_BYTES;
use crate::limits::memory::LEAST;
use crate::store::Retention;
use crate::telemetry::nanos;
use crate::writer::OpenError;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// Where it listens when it is not told.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7070);

/// How the collector runs.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where to listen for all that has no door of its own; port 0 lets the kernel choose.
    pub listen: Vec<SocketAddr>,
    /// Where to listen for batches alone.
    pub listen_ingest: Vec<SocketAddr>,
    /// Where to listen for people alone: page, API and metrics.
    pub listen_api: Vec<SocketAddr>,
    /// Folder of journal, store and lock.
    pub data: PathBuf,
    /// File that names the proxies that should report.
    pub expect: Option<PathBuf>,
    /// File of one's own rules.
    pub declare: Option<PathBuf>,
    /// Policies to judge by: files, and folders of them.
    pub policies: Vec<PathBuf>,
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
    /// Where the page finds traces.
    pub trace_url: Option<TraceUrl>,
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
            listen: vec![DEFAULT_LISTEN],
            listen_ingest: Vec::new(),
            listen_api: Vec::new(),
            data: PathBuf::from("hogusu-data"),
            expect: None,
            declare: None,
            policies: Vec::new(),
            kubernetes: None,
            keep: [2 * HOUR, 3 * DAY, 90 * DAY, 400 * DAY].map(Duration::from_secs),
            retention: Duration::from_secs(400 * DAY),
            max_disk: 5 * 1024 * 1024 * 1024,
            max_memory: None,
            tls: None,
            trust_forwarded_client_cert: false,
            public_hosts: Vec::new(),
            trace_url: None,
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

    /// Whose word counts for who asks. Where others than our own sidecar reach the door of people, a header is nobody's word.
    #[must_use]
    pub fn trust_of_askers(&self) -> Trust {
        match self.trust() {
            Trust::OwnSidecar if self.open(Purpose::answers_people).is_some() => Trust::Nobody,
            trust => trust,
        }
    }

    /// An address beyond loopback of a door like this.
    fn open(&self, is_meant: fn(Purpose) -> bool) -> Option<SocketAddr> {
        let mut doors = doors::wanted(self).into_iter();
        doors.find(|door| is_meant(door.purpose) && !door.is_on_loopback()).map(|door| door.address)
    }

    /// Refuses what would let anyone on the network read or write without encryption, or say who they are.
    pub(super) fn check(&self) -> Result<(), ServeError> {
        let [is_left, takes_batches, answers_people] =
            [&self.listen, &self.listen_ingest, &self.listen_api].map(|addresses| !addresses.is_empty());
        if is_left && takes_batches && answers_people {
            return Err(ServeError::NothingLeft);
        }
        if !(is_left || takes_batches && answers_people) {
            return Err(ServeError::Nowhere);
        }
        if self.trust_forwarded_client_cert
            && let Some(address) = self.open(Purpose::takes_batches)
        {
            return Err(ServeError::Forwarded { address });
        }
        match self.open(|_any| true) {
            Some(address) if self.tls.is_none() => Err(ServeError::Plaintext { address }),
            _ if self.max_memory.is_some_and(|bytes| bytes < LEAST) => Err(ServeError::Memory),
            _ if self.max_disk < LEAST_DISK_BYTES => Err(ServeError::Disk),
            _ => Ok(()),
        }
    }
}

/// Why the collector does not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Nowhere to listen.
    #[error("no address to listen on; give --listen ADDRESS:PORT, or both --listen-ingest and --listen-api")]
    Nowhere,
    /// Senders and people have doors of their own, and there is a third one.
    #[error(
        "--listen-ingest and --listen-api leave nothing for --listen; leave --listen away, or one of the two: --listen keeps what \
         has no door of its own"
    )]
    NothingLeft,
    /// Less memory than it can run with.
    #[error("--max-memory is less than {} MiB; give more", LEAST / 1024 / 1024)]
    Memory,
    /// Less disk than one file of the journal can take.
    #[error("--max-disk is less than {} MiB; give more", LEAST_DISK_BYTES / 1024 / 1024)]
    Disk,
    /// An address beyond loopback without TLS.
    #[error("{address} is not on loopback and there is no TLS; give --tls-cert and --tls-key, or listen on 127.0.0.1")]
    Plaintext {
        /// The address.
        address: SocketAddr,
    },
    /// Others than our own sidecar could write the header that is to be believed.
    #[error(
        "--trust-forwarded-client-cert believes whoever connects, and {address} takes batches and is not on loopback; listen on 127.0.0.1 \
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
    /// Files of policies cannot be used.
    #[error("--policy: {message}")]
    Policies {
        /// What is wrong, by file, line and remedy.
        message: String,
    },
    /// An address cannot be bound.
    #[error("cannot listen on {address}: {error}; choose another address with {flag}")]
    Bind {
        /// The flag that asks for it.
        flag: &'static str,
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
    /// The file of one's own rules cannot be used.
    #[error("--declare {}: {message}", file.display())]
    Declare {
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
    /// The environment asks for traces that cannot be sent so.
    #[error("the collector's own traces: {0}")]
    Traces(String),
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
            | Self::NothingLeft
            | Self::Memory
            | Self::Disk
            | Self::Plaintext { .. }
            | Self::Forwarded { .. }
            | Self::Tls { .. }
            | Self::Kubernetes(_)
            | Self::Traces(_)
            | Self::Declare { .. }
            | Self::Policies { .. }
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
    fn a_forwarded_identity_is_no_matter_of_a_door_without_batches_where_nobody_is_believed_then() {
        let doors = |ingest: &str, api: &str| ServeOptions {
            listen: Vec::new(),
            listen_ingest: vec![ingest.parse().unwrap()],
            listen_api: vec![api.parse().unwrap()],
            tls: Some(Tls { certificate: PathBuf::new(), key: PathBuf::new(), client_ca: None }),
            trust_forwarded_client_cert: true,
            ..ServeOptions::default()
        };
        let inside = doors("127.0.0.1:1", "127.0.0.1:2");
        assert!(inside.check().is_ok() && inside.trust_of_askers() == Trust::OwnSidecar);
        let readable = doors("127.0.0.1:1", "0.0.0.0:2");
        assert!(readable.check().is_ok() && readable.trust_of_askers() == Trust::Nobody);
        assert_eq!(readable.trust(), Trust::OwnSidecar, "senders still come through the sidecar");
        assert!(matches!(doors("0.0.0.0:1", "127.0.0.1:2").check(), Err(ServeError::Forwarded { .. })));
    }

    #[test]
    fn less_memory_or_disk_than_it_can_keep_to_is_refused_with_what_is_enough() {
        let options = ServeOptions { listen: vec!["127.0.0.1:0".parse().unwrap()], ..ServeOptions::default() };
        let refused = |options: ServeOptions| options.check().unwrap_err();
        let disk = refused(ServeOptions { max_disk: LEAST_DISK_BYTES - 1, ..options.clone() });
        assert_eq!((disk.to_string().as_str(), disk.exit_code()), ("--max-disk is less than 64 MiB; give more", 2));
        let memory = refused(ServeOptions { max_memory: Some(LEAST - 1), ..options.clone() });
        assert_eq!(
            (memory.to_string().as_str(), memory.exit_code()),
            ("--max-memory is less than 128 MiB; give more", 2)
        );
        ServeOptions { max_disk: LEAST_DISK_BYTES, max_memory: Some(LEAST), ..options }.check().unwrap();
    }

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
