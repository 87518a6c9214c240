//! What the API is told at start.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;

use super::Backups;
use super::status::TlsState;
use crate::allowance::Allowance;
use crate::analysis::expected::Expected;
use crate::baseline::Baselines;
use crate::declared;
use crate::ingest::Trust;
use crate::limits;
use crate::placing::Placing;
use crate::policies::in_force::InForce;
use crate::telemetry::Telemetry;

/// How long a question waits for its turn, and how long it is worked on; how long events are told.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until its turn.
    pub wait: Duration,
    /// Then.
    pub work: Duration,
    /// Until a stream of events ends, and whoever listens asks anew.
    pub listen: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { wait: limits::QUESTION_WAIT, work: limits::QUESTION_TIME, listen: limits::EVENTS_TIME }
    }
}

/// What the API is told at start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which proxies should report.
    pub expected: Option<Expected>,
    /// One's own rules; those of nobody have revision 0.
    pub declared: declared::Shared,
    /// Metrics.
    pub telemetry: Arc<Telemetry>,
    /// Whose word counts for who asks. Nobody needs to show it; it is what questions are counted by.
    pub trust: Trust,
    /// What is known of the listener's TLS files.
    pub tls: Option<Arc<Mutex<TlsState>>>,
    /// Where traces are found, with `{trace_id}` in it.
    pub trace_url: Option<String>,
    /// How long questions may take.
    pub patience: Patience,
    /// Baselines, where there is a folder for them.
    pub baselines: Option<Arc<Baselines>>,
    /// Which place each end has; in memory alone where there is no folder for it.
    pub placing: Arc<Placing>,
    /// Who makes backups, where there is a data folder to copy.
    pub backups: Option<Arc<dyn Backups>>,
    /// Policies that are judged by, where there are any.
    pub policies: Option<InForce>,
    /// What questions may take of the memory.
    pub allowance: Allowance,
    /// Bytes of answers that are not read yet.
    pub answers: usize,
    /// Its other end is dropped when the collector stops: streams that would go on end then.
    pub stopping: Option<watch::Receiver<()>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            expected: None,
            declared: declared::Shared::default(),
            telemetry: Arc::default(),
            trust: Trust::default(),
            tls: None,
            trace_url: None,
            patience: Patience::default(),
            baselines: None,
            placing: Arc::default(),
            backups: None,
            policies: None,
            allowance: Allowance::default(),
            answers: limits::ANSWERS_BYTES,
            stopping: None,
        }
    }
}
