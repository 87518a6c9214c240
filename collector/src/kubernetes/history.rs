//! The record of pods over time: tenures, begun and ended as the API server tells. Pure; its file is in [`super::file`].

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::pod::{Pod, Tenure};
use crate::limits;

/// Name of a tenure: the pod's uid, and its start.
pub type Key = (String, u64);

/// From this gap on, what happened in it was not seen: 30 s.
const GAP_NANOS: u64 = 30_000_000_000;

/// Pods over time.
#[derive(Debug, Clone, Default)]
pub struct History {
    tenures: BTreeMap<Key, Tenure>,
    /// Start of the tenure of each pod that goes on.
    open: HashMap<String, u64>,
    /// Up to here the API server was watched.
    watched_to: u64,
    changed: BTreeSet<Key>,
    forgotten: u64,
}

/// What changed since the last time it was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Tenures that are new or different; `None` for those that are kept no longer.
    pub tenures: Vec<(Key, Option<Tenure>)>,
    /// Up to here the API server was watched.
    pub watched_to: u64,
}

impl History {
    /// The record as a file had it.
    #[must_use]
    pub fn restored(tenures: Vec<Tenure>, watched_to: u64) -> Self {
        let mut history = Self { watched_to, ..Self::default() };
        for tenure in tenures {
            let key = (tenure.pod.uid.clone(), tenure.from);
            if tenure.to.is_none() {
                history.open.insert(key.0.clone(), key.1);
            }
            history.tenures.insert(key, tenure);
        }
        history
    }

    /// A pod is there as described. One that was not known is so since `since`, one that is different since `now`.
    pub fn seen(&mut self, pod: Pod, since: u64, now: u64) {
        let Some(known) = self.open.get(&pod.uid).and_then(|from| self.tenures.get(&(pod.uid.clone(), *from))) else {
            return self.begin(pod, since.min(now));
        };
        if known.pod == pod {
            return;
        }
        // Where nobody watched, an address may have gone at any time; everything else may as well have changed now.
        let (end, uncertain) = if known.pod.addresses == pod.addresses { (now, false) } else { self.last_known(now) };
        let uid = pod.uid.clone();
        self.end(&uid, end, uncertain);
        self.begin(pod, now);
    }

    /// A pod is gone; since when, is not known where nobody watched until now.
    pub fn gone(&mut self, uid: &str, now: u64) {
        let (end, uncertain) = self.last_known(now);
        self.end(uid, end, uncertain);
    }

    /// The pods in `present` are all that there are. Those that went away while nobody watched end when that began.
    pub fn listed(&mut self, present: &HashSet<String>, now: u64) {
        let gone: Vec<String> = self.open.keys().filter(|uid| !present.contains(*uid)).cloned().collect();
        let (end, uncertain) = self.last_known(now);
        for uid in gone {
            self.end(&uid, end, uncertain);
        }
    }

    /// The API server is being watched up to now.
    pub fn watched(&mut self, now: u64) {
        self.watched_to = self.watched_to.max(now);
    }

    /// Forgets what ended before `oldest`, and the oldest of what is beyond the bound. What goes on is always kept.
    pub fn retain(&mut self, oldest: u64) {
        let mut ended: Vec<(u64, Key)> =
            self.tenures.iter().filter_map(|(key, tenure)| Some((tenure.to?, key.clone()))).collect();
        ended.sort_unstable();
        let excess = self.tenures.len().saturating_sub(limits::TENURES);
        for (place, (end, key)) in ended.into_iter().enumerate() {
            if end < oldest || place < excess {
                self.tenures.remove(&key);
                self.forgotten += u64::from(end >= oldest);
                self.changed.insert(key);
            }
        }
    }

    /// Tenures that touch [from, to).
    pub fn within(&self, from: u64, to: u64) -> impl Iterator<Item = &Tenure> {
        self.tenures.values().filter(move |tenure| tenure.touches(from, to))
    }

    /// How many pods are there now.
    #[must_use]
    pub fn pods(&self) -> usize {
        self.open.len()
    }

    /// How many tenures there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tenures.len()
    }

    /// True when nothing was ever recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tenures.is_empty()
    }

    /// Tenures that the bound cost, before their time.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Up to here the API server was watched.
    #[must_use]
    pub const fn watched_to(&self) -> u64 {
        self.watched_to
    }

    /// What a file does not have yet.
    pub fn take_changes(&mut self) -> Changes {
        let changed = std::mem::take(&mut self.changed);
        let tenures = changed.into_iter().map(|key| {
            let tenure = self.tenures.get(&key).cloned();
            (key, tenure)
        });
        Changes { tenures: tenures.collect(), watched_to: self.watched_to }
    }

    fn last_known(&self, now: u64) -> (u64, bool) {
        if self.is_gap(now) { (self.watched_to, true) } else { (now, false) }
    }

    fn is_gap(&self, now: u64) -> bool {
        now.saturating_sub(self.watched_to) > GAP_NANOS
    }

    fn begin(&mut self, pod: Pod, from: u64) {
        let key = (pod.uid.clone(), from);
        self.open.insert(key.0.clone(), from);
        self.changed.insert(key.clone());
        self.tenures.insert(key, Tenure { pod, from, to: None, uncertain: false });
    }

    fn end(&mut self, uid: &str, at: u64, uncertain: bool) {
        let Some(from) = self.open.remove(uid) else { return };
        let key = (uid.to_owned(), from);
        if let Some(tenure) = self.tenures.get_mut(&key) {
            (tenure.to, tenure.uncertain) = (Some(at.max(from)), uncertain);
            self.changed.insert(key);
        }
    }
}
