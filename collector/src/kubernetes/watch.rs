//! The watch itself: one task that lists and follows every kind, keeps the record up to date and its file with it.
//! Connections that break are made again, ever less often, by kube's own watcher.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{SelectAll, select_all};
use k8s_openapi::api::core::v1::{Namespace, Node, Pod, Service};
use kube::Client;
use kube::runtime::watcher::Event;
use tokio::sync::oneshot;

use super::file::RecordFile;
use super::health::Health;
use super::history::Key;
use super::objects::{Kind, Objects};
use super::pod::Tenure;
use super::record::Record;
use super::streams::{Told, beats, metadata, plugins, pods, versions};
use crate::telemetry::{Metric, Telemetry};

/// The record, shared with those who read it.
pub type Shared = Arc<RwLock<Record>>;

/// How often what changed for many pods at once is settled, and how many of those pass between two writes of the file.
const BEAT: Duration = Duration::from_millis(200);
const BEATS_PER_WRITE: u32 = 5;

/// What the task works with.
#[derive(Debug)]
pub struct Watch {
    /// What it keeps up to date.
    pub record: Shared,
    /// Where it writes it.
    pub file: RecordFile,
    /// What is counted.
    pub telemetry: Arc<Telemetry>,
    /// Namespace whose plugin objects cover every namespace.
    pub root_namespace: String,
    /// How long what ended is kept, nanoseconds.
    pub retention: u64,
    /// The clock.
    pub now: fn() -> u64,
}

/// Everything the task has in hand.
struct Work {
    watch: Watch,
    objects: Objects,
    health: Health,
    /// What the file does not have yet.
    unwritten: BTreeMap<Key, Option<Tenure>>,
    written_to: u64,
    beats: u32,
}

/// Watches until `stop` resolves; then what is known is in the file.
pub async fn run(client: Client, watch: Watch, mut stop: oneshot::Receiver<()>) {
    let objects = Objects::new(&watch.root_namespace);
    let health = Health::begun((watch.now)());
    let mut work = Work { watch, objects, health, unwritten: BTreeMap::new(), written_to: 0, beats: 0 };
    let mut told = streams(&client);
    loop {
        let next = tokio::select! {
            next = told.next() => next,
            _ = &mut stop => None,
        };
        match next {
            Some(Told::Beat) => work.beat(),
            Some(next) => work.take(next),
            None => break,
        }
    }
    work.settle();
    work.write();
}

fn streams(client: &Client) -> SelectAll<super::streams::Stream> {
    select_all([
        pods(client),
        metadata::<Node>(client, Kind::Nodes),
        metadata::<Namespace>(client, Kind::Namespaces),
        metadata::<Service>(client, Kind::Services),
        plugins(client, Kind::WasmPlugins),
        plugins(client, Kind::TrafficExtensions),
        versions(client),
        beats(BEAT),
    ])
}

impl Work {
    /// Takes one piece of news.
    fn take(&mut self, told: Told) {
        let now = (self.watch.now)();
        let mut record = self.watch.record.write().unwrap_or_else(PoisonError::into_inner);
        match told {
            Told::Pod(event) => {
                let event: Event<Pod> = *event;
                if is_news(&event) {
                    self.health.heard(Kind::Pods);
                }
                self.objects.pod(event, &mut record, self.health.is_settled(), now);
                self.watch.telemetry.add(Metric::KubernetesEvents, 1);
            }
            Told::Metadata(kind, event) => {
                if is_news(&event) {
                    self.health.heard(kind);
                }
                match kind {
                    Kind::Nodes => self.objects.node(*event),
                    Kind::Services => self.objects.service(*event),
                    _ => self.objects.namespace(*event),
                }
                self.watch.telemetry.add(Metric::KubernetesEvents, 1);
            }
            Told::Plugin(kind, event) => {
                if is_news(&event) {
                    self.health.heard(kind);
                }
                self.objects.plugin(kind, *event, now);
                self.watch.telemetry.add(Metric::KubernetesEvents, 1);
            }
            Told::Failed(kind, error) => {
                if self.health.failed(kind, &error, now) {
                    self.watch.telemetry.add(Metric::KubernetesErrors, 1);
                    tracing::warn!(kind = kind.as_str(), %error, "the watch failed; it is tried again");
                }
            }
            Told::Version(answer) => {
                self.health.pinged(answer, now);
                record.history.retain(now.saturating_sub(self.watch.retention));
                record.server = self.health.server().map(str::to_owned).or(record.server.take());
                if self.health.is_watching(now) && self.health.is_settled() {
                    record.history.watched(now);
                }
            }
            Told::Beat => {}
        }
        for kind in Kind::ALL {
            if self.objects.has(kind) {
                self.health.listed(kind);
            }
        }
    }

    /// Settles what changed, and now and then writes it.
    fn beat(&mut self) {
        self.settle();
        self.beats += 1;
        if self.beats >= BEATS_PER_WRITE {
            self.beats = 0;
            // The disk is waited for here: the file is small, and nobody else runs in this task.
            tokio::task::block_in_place(|| self.write());
        }
    }

    fn settle(&mut self) {
        let now = (self.watch.now)();
        let mut record = self.watch.record.write().unwrap_or_else(PoisonError::into_inner);
        if self.health.is_settled() {
            self.objects.settle(&mut record, self.health.has_plugins(), now);
        }
        record.watch = self.health.state(now);
        let telemetry = &self.watch.telemetry;
        telemetry.set(Metric::KubernetesWatching, u64::from(self.health.is_watching(now)));
        telemetry.set(Metric::KubernetesPods, record.history.pods() as u64);
        telemetry.set(Metric::KubernetesTenures, record.history.len() as u64);
        telemetry.set(Metric::KubernetesForgotten, record.history.forgotten());
    }

    /// Writes what the file does not have. What the disk does not take is tried again with the next write.
    fn write(&mut self) {
        let changes = {
            let mut record = self.watch.record.write().unwrap_or_else(PoisonError::into_inner);
            record.history.take_changes()
        };
        self.unwritten.extend(changes.tenures);
        if self.unwritten.is_empty() && changes.watched_to == self.written_to {
            return;
        }
        let tenures = self.unwritten.iter().map(|(key, tenure)| (key.clone(), tenure.clone())).collect();
        match self.watch.file.write(&super::history::Changes { tenures, watched_to: changes.watched_to }) {
            Ok(()) => {
                self.unwritten.clear();
                self.written_to = changes.watched_to;
            }
            Err(error) => {
                self.watch.telemetry.add(Metric::KubernetesErrors, 1);
                tracing::error!(%error, "the record of pods cannot be written; it is tried again");
            }
        }
    }
}

/// A kind is watched again once it was listed whole: until then what changed meanwhile is not known.
const fn is_news<T>(event: &Event<T>) -> bool {
    !matches!(event, Event::Init | Event::InitApply(_))
}
