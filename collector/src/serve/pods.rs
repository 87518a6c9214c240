//! The tasks that keep the record of pods: one watches the API server, one asks the agents of proxies that do not report.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, PoisonError};

use futures_util::StreamExt;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use super::options::Kubernetes;
use super::{ServeError, clock};
use crate::analysis::proxies::{ExpectedProxy, judge};
use crate::backup;
use crate::kubernetes::agent::AgentAnswer;
use crate::kubernetes::ask::ask;
use crate::kubernetes::connect::{self, Connected};
use crate::kubernetes::file::RecordFile;
use crate::kubernetes::record::{Record, WatchState};
use crate::kubernetes::watch::{self, Shared, Watch};
use crate::limits;
use crate::period::Periods;
use crate::telemetry::{Metric, Telemetry};
use crate::wanted::Wanted;

/// What is read of the past to see who reports, nanoseconds.
const LATELY: u64 = 60_000_000_000;

/// The task that watches.
#[derive(Debug, Default)]
pub(super) struct Watching(Option<(oneshot::Sender<()>, JoinHandle<()>)>);

impl Watching {
    /// Lets it write what it knows.
    pub(super) async fn stop(self) {
        if let Self(Some((stop, task))) = self {
            drop(stop);
            if let Err(error) = task.await {
                tracing::error!(%error, "the watch of the API server failed");
            }
        }
    }
}

/// The record, and the task that keeps it up to date; without access to an API server an empty one that nobody changes.
pub(super) async fn watch(
    options: Option<&Kubernetes>,
    data: &Path,
    retention: u64,
    telemetry: &Arc<Telemetry>,
) -> Result<(Shared, Watching), ServeError> {
    let Some(options) = options else { return Ok((Shared::default(), Watching::default())) };
    let Connected { client, through } = connect::client(&options.access).await?;
    if let Some(through) = through {
        tracing::info!("the API server is asked {through}");
    }
    let (file, history) = RecordFile::open(&data.join(backup::PODS))?;
    let state = WatchState::Unreachable { error: "not listed yet".to_owned(), since: clock::now() };
    let record = Record { k8s_cluster: options.k8s_cluster.clone(), history, watch: state, ..Record::default() };
    let record = Shared::new(record.into());
    let watch = Watch {
        record: Arc::clone(&record),
        file,
        telemetry: Arc::clone(telemetry),
        root_namespace: options.root_namespace.clone(),
        retention,
        now: clock::now,
    };
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(watch::run(client, watch, stopped));
    Ok((record, Watching(Some((stop, task)))))
}

/// Asks agents again and again, a few at a time, and only those whose proxies do not report as they should.
pub(super) async fn ask_agents(periods: Arc<dyn Periods>, record: Shared, telemetry: Arc<Telemetry>) {
    let mut turns = tokio::time::interval(limits::AGENTS_EVERY);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        let open = open(Arc::clone(&periods)).await;
        let asked = futures_util::stream::iter(open).map(|proxy| async move {
            let address = proxy.pod.addresses.first().copied()?;
            Some((proxy.pod.uid, ask(address).await))
        });
        let mut answers = asked.buffer_unordered(limits::AGENTS_AT_ONCE);
        let mut open = HashSet::new();
        // Each is told at once: a thousand that do not answer keep nobody waiting for one that does.
        while let Some(answer) = answers.next().await {
            let Some((uid, answer)) = answer else { continue };
            let is_answer = matches!(answer, AgentAnswer::Metrics(_));
            telemetry.add(if is_answer { Metric::AgentsAsked } else { Metric::AgentsSilent }, 1);
            open.insert(uid.clone());
            record.write().unwrap_or_else(PoisonError::into_inner).agents.insert(uid, answer);
        }
        // What an agent said while its proxy was amiss is of no use once it reports again.
        record.write().unwrap_or_else(PoisonError::into_inner).agents.retain(|uid, _| open.contains(uid));
    }
}

async fn open(periods: Arc<dyn Periods>) -> Vec<ExpectedProxy> {
    let read = tokio::task::spawn_blocking(move || {
        let now = clock::now();
        periods.period(now.saturating_sub(LATELY), now, &Wanted::default()).ok().and_then(|period| judge(&period))
    });
    let judged = read.await.ok().flatten().unwrap_or_default();
    judged.into_iter().filter(|proxy| proxy.state.is_open()).collect()
}
