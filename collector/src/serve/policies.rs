//! Policies of a running collector: read at the start, and again when their files change. Files that cannot be used change nothing, and are
//! complained about: a policy that is left out would look as if it were kept.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::time::MissedTickBehavior;

use super::{ServeError, clock};
use crate::limits;
use crate::policies::Unusable;
use crate::policies::in_force::{InForce, Stamp, read_served};
use crate::telemetry::{Metric, Telemetry};

/// Looks after the files.
struct Looking {
    paths: Vec<PathBuf>,
    in_force: InForce,
    telemetry: Arc<Telemetry>,
    /// The files that were read last, be they in order or not.
    read: Stamp,
    /// What was found at the last look: files that are being written change from look to look.
    found: Option<Stamp>,
}

/// Reads them for the first time, and looks after them from then on; `None` where none are named.
pub(super) fn begin(paths: &[PathBuf], telemetry: &Arc<Telemetry>) -> Result<Option<InForce>, ServeError> {
    if paths.is_empty() {
        return Ok(None);
    }
    let stamp = Stamp::of(paths, clock::now());
    let read = read_served(paths, clock::now()).map_err(|Unusable(message)| ServeError::Policies { message })?;
    for problem in &read.problems {
        tracing::warn!(problem = problem.line(), "a file of policies");
    }
    telemetry.set(Metric::Policies, read.policies.len() as u64);
    let in_force = InForce::default();
    in_force.take(read);
    let looking = Looking {
        paths: paths.to_vec(),
        in_force: in_force.clone(),
        telemetry: Arc::clone(telemetry),
        read: stamp,
        found: None,
    };
    tokio::spawn(looking.run());
    Ok(Some(in_force))
}

impl Looking {
    /// Looks again and again.
    async fn run(mut self) {
        let mut turns = tokio::time::interval(limits::POLICY_LOOK);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            turns.tick().await;
            let looked = tokio::task::spawn_blocking(move || {
                self.look();
                self
            });
            let Ok(looked) = looked.await else { return };
            self = looked;
        }
    }

    /// Reads what changed, once it is the same at two looks.
    fn look(&mut self) {
        let now = clock::now();
        let stamp = Stamp::of(&self.paths, now);
        if stamp == self.read {
            self.found = None;
        } else if self.found.as_ref() == Some(&stamp) {
            (self.read, self.found) = (stamp, None);
            self.judge(now);
        } else {
            self.found = Some(stamp);
        }
    }

    fn judge(&self, now: u64) {
        match read_served(&self.paths, now) {
            Ok(read) => {
                self.telemetry.add(Metric::PolicyLoads, 1);
                self.telemetry.set(Metric::PoliciesRefused, 0);
                self.telemetry.set(Metric::Policies, read.policies.len() as u64);
                tracing::info!(policies = read.policies.len(), "files of policies were read again");
                self.in_force.take(read);
            }
            Err(why) => {
                self.in_force.keep(&why);
                let Unusable(error) = why;
                self.telemetry.add(Metric::PolicyLoadsFailed, 1);
                self.telemetry.set(Metric::PoliciesRefused, 1);
                tracing::error!(error, "changed files of policies cannot be used; those before them stay in force");
            }
        }
    }
}
