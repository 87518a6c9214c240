//! Numbers for series and reporters. The hot path looks bytes up; what they mean is read once, when first seen. Only what is
//! counted gets a number.

use std::collections::HashMap;
use std::sync::Arc;

use hogusu_model::{Hook, Measure, SenderId, SeriesKey, Workload};
use hogusu_wire::Resource;

/// What an entry costs beside its own bytes: places in tables and lists.
const ENTRY_BYTES: usize = 96;

/// Who reports, at the level of the workload: its pods' numbers add up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reporter {
    /// The workload its proxies stand before.
    pub workload: Workload,
    /// Service account.
    pub service_account: String,
    /// Canonical service.
    pub canonical_service: String,
    /// Canonical revision.
    pub canonical_revision: String,
    /// Mesh id.
    pub mesh: String,
    /// Trust domain.
    pub trust_domain: String,
    /// Where in Envoy it counts.
    pub hook: Hook,
    /// Envoy's node id, where two hooks of that proxy may count the same requests and do not tell which; else empty.
    pub proxy: String,
}

impl Reporter {
    /// The reporter a sender belongs to.
    #[must_use]
    pub fn of(resource: &Resource) -> Self {
        let proxy = &resource.proxy;
        Self {
            workload: proxy.workload.clone(),
            service_account: proxy.service_account.clone(),
            canonical_service: proxy.canonical_service.clone(),
            canonical_revision: proxy.canonical_revision.clone(),
            mesh: proxy.mesh.clone(),
            trust_domain: proxy.trust_domain.clone(),
            hook: resource.hook,
            proxy: String::new(),
        }
    }

    /// Estimate of what it takes in memory.
    fn held(&self) -> usize {
        let workload = [&self.workload.cluster, &self.workload.namespace, &self.workload.name];
        let others = [&self.service_account, &self.canonical_service, &self.canonical_revision, &self.mesh];
        let texts = workload.into_iter().chain(others).chain([&self.trust_domain, &self.proxy]).map(String::len);
        texts.fold(size_of::<Self>() + ENTRY_BYTES, usize::saturating_add)
    }
}

/// A reporter's number in memory. Files have numbers of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReporterId(pub usize);

/// A series' number in memory. Files have numbers of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(pub usize);

/// What numbers mean. Who holds it keeps it as it is, whatever is numbered after.
#[derive(Debug, Clone, Default)]
pub struct Names {
    reporters: Vec<Arc<Reporter>>,
    series: Vec<Arc<SeriesKey>>,
}

impl Names {
    /// A reporter by its number.
    #[must_use]
    pub fn reporter_of(&self, id: ReporterId) -> Option<&Arc<Reporter>> {
        self.reporters.get(id.0)
    }

    /// A series by its number.
    #[must_use]
    pub fn series_of(&self, id: SeriesId) -> Option<&Arc<SeriesKey>> {
        self.series.get(id.0)
    }
}

/// Everything numbered so far.
#[derive(Debug, Default)]
pub struct Dictionary {
    names: Arc<Names>,
    reporter_ids: HashMap<Arc<Reporter>, ReporterId>,
    by_sender: HashMap<SenderId, ReporterId>,
    series_ids: HashMap<Arc<SeriesKey>, SeriesId>,
    /// By measure, then by the attributes' bytes themselves: a hash that collides costs a comparison, never a wrong row.
    by_bytes: [HashMap<Arc<[u8]>, SeriesId>; 3],
    bytes: usize,
}

impl Dictionary {
    /// The reporter's number.
    pub fn reporter(&mut self, reporter: Reporter) -> ReporterId {
        if let Some(id) = self.reporter_ids.get(&reporter) {
            return *id;
        }
        self.bytes = self.bytes.saturating_add(reporter.held());
        let names = Arc::make_mut(&mut self.names);
        let (id, reporter) = (ReporterId(names.reporters.len()), Arc::new(reporter));
        names.reporters.push(Arc::clone(&reporter));
        self.reporter_ids.insert(reporter, id);
        id
    }

    /// The reporter that batches of the sender were last counted for.
    #[must_use]
    pub fn reporter_of_sender(&self, sender: SenderId) -> Option<ReporterId> {
        self.by_sender.get(&sender).copied()
    }

    /// Notes the reporter that a sender's batches are counted for.
    pub fn remember(&mut self, sender: SenderId, reporter: ReporterId) {
        self.by_sender.insert(sender, reporter);
    }

    /// Keeps notes of these senders only.
    pub fn keep_senders(&mut self, keep: impl Fn(&SenderId) -> bool) {
        self.by_sender.retain(|sender, _| keep(sender));
    }

    /// The series that these attributes name, when it has a number.
    #[must_use]
    pub fn find(&self, measure: Measure, attributes: &[u8]) -> Option<(SeriesId, &Arc<SeriesKey>)> {
        let [requests, connections, attempts] = &self.by_bytes;
        let known = match measure {
            Measure::Request => requests,
            Measure::Connection => connections,
            Measure::Attempt => attempts,
        };
        let id = known.get(attributes)?;
        Some((*id, self.names.series_of(*id)?))
    }

    /// The number of a series, and that these attributes name it from now on.
    pub fn series(&mut self, attributes: Arc<[u8]>, key: SeriesKey) -> SeriesId {
        let [requests, connections, attempts] = &mut self.by_bytes;
        let known = match key.measure {
            Measure::Request => requests,
            Measure::Connection => connections,
            Measure::Attempt => attempts,
        };
        // What the attributes say they say once more as strings of the key.
        self.bytes = self.bytes.saturating_add(attributes.len() + ENTRY_BYTES);
        let id = if let Some(id) = self.series_ids.get(&key) {
            *id
        } else {
            self.bytes = self.bytes.saturating_add(attributes.len() + size_of::<SeriesKey>() + ENTRY_BYTES);
            let names = Arc::make_mut(&mut self.names);
            let (id, key) = (SeriesId(names.series.len()), Arc::new(key));
            names.series.push(Arc::clone(&key));
            self.series_ids.insert(key, id);
            id
        };
        known.insert(attributes, id);
        id
    }

    /// What the numbers mean that were given so far.
    #[must_use]
    pub const fn names(&self) -> &Arc<Names> {
        &self.names
    }

    /// Entries held: attributes as they arrived, beside the series they name.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_bytes.iter().map(HashMap::len).sum()
    }

    /// Reporters held.
    #[must_use]
    pub fn reporters(&self) -> usize {
        self.names.reporters.len()
    }

    /// Estimate of what all of it takes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// True when nothing is numbered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0 && self.names.reporters.is_empty()
    }
}
