//! The collector's own state: `hogusu.status/v1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::declared::InForce;
use crate::period::{self, Resolution};
use crate::report::Moment;
use crate::report::side::as_f64;

/// What the collector says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// Name and version of this shape.
    #[schemars(extend("const" = "hogusu.status/v1"))]
    pub schema: String,
    /// Version of the collector.
    pub version: String,
    /// When it was read.
    pub now: Moment,
    /// Start of the process.
    pub started: Moment,
    /// True when batches can be taken.
    pub ready: bool,
    /// Slots that end here or before are sealed.
    pub sealed_to: Moment,
    /// Storage.
    pub storage: Storage,
    /// How far each resolution reaches, the finest first; collectors of version 0.1 and before do not say.
    #[serde(default)]
    pub resolutions: Vec<Reach>,
    /// The listener's TLS files; `None` without TLS.
    pub tls: Option<Tls>,
    /// The file of one's own rules; `None` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Declaration>,
    /// Where traces are found, with `{trace_id}` in it; collectors of version 0.1 and before do not say.
    #[serde(default)]
    pub trace_url: Option<String>,
}

/// Which TLS files are in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tls {
    /// Since when new connections meet them.
    pub loaded: Moment,
    /// Why the files as they are now cannot be used, so that those before them stay in force; `None` when they are in force.
    pub refused: Option<String>,
}

/// Which file of one's own rules is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Declaration {
    /// When it was read.
    pub loaded: Moment,
    /// Why the file as it is now cannot be used, so that the one before it stays in force; `None` when it is in force.
    pub refused: Option<String>,
}

/// The same as the listener knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsState {
    /// When the files in force were read, nanoseconds since the epoch.
    pub loaded: u64,
    /// What is wrong with those that are there.
    pub refused: Option<String>,
}

/// What is kept, and its bounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Storage {
    /// Start of the oldest slot that is kept.
    pub oldest: Option<Moment>,
    /// Bytes of journal and store.
    pub disk_bytes: u64,
    /// Bound on them.
    pub max_disk_bytes: u64,
    /// How long anything is kept, in seconds.
    pub retention_s: f64,
    /// Files of the store that are damaged and left out of answers; collectors of version 0.1 and before do not say.
    #[serde(default)]
    pub damaged_files: u64,
}

/// What is kept at one resolution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reach {
    /// `10s`, `1m`, `1h` or `1d`.
    pub resolution: String,
    /// How long it is to be kept, in seconds.
    pub keep_s: f64,
    /// Start of the oldest slot that is kept so; `None`: there is none.
    pub from: Option<Moment>,
    /// End of the newest slot or batch.
    pub to: Option<Moment>,
    /// Files that hold it.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
}

impl Reach {
    fn of((resolution, keep, reach): &(Resolution, u64, period::Reach)) -> Self {
        let moment = |nanos| (reach.to > 0).then_some(Moment(nanos));
        Self {
            resolution: resolution.as_str().to_owned(),
            keep_s: as_f64(*keep) / 1e9,
            from: moment(reach.from),
            to: moment(reach.to),
            files: reach.files as u64,
            bytes: reach.bytes,
        }
    }
}

impl Status {
    /// Writes it out.
    #[must_use]
    pub fn of(status: &period::Status, tls: Option<TlsState>, in_force: &InForce, trace_url: Option<String>) -> Self {
        Self {
            schema: "hogusu.status/v1".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            now: Moment(status.now),
            started: Moment(status.started),
            ready: status.ready,
            sealed_to: Moment(status.sealed_to),
            storage: Storage {
                oldest: (status.oldest > 0).then_some(Moment(status.oldest)),
                disk_bytes: status.disk_bytes,
                max_disk_bytes: status.max_disk_bytes,
                retention_s: as_f64(status.retention) / 1e9,
                damaged_files: status.damaged_files,
            },
            resolutions: status.resolutions.iter().map(Reach::of).collect(),
            tls: tls.map(|TlsState { loaded, refused }| Tls { loaded: Moment(loaded), refused }),
            declared: (in_force.revision > 0)
                .then(|| Declaration { loaded: Moment(in_force.loaded), refused: in_force.refused.clone() }),
            trace_url,
        }
    }
}
