//! Numbers for series and reporters. The hot path looks bytes up; what they mean is read once, when first seen.

use std::collections::HashMap;
use std::sync::Arc;

use hogusu_model::{Hook, Measure, SenderId, SeriesKey, Workload};
use hogusu_wire::{Refusal, Resource, parse_series};

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
        }
    }
}

/// A reporter's number in memory. Files have numbers of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReporterId(pub usize);

/// A series' number in memory. Files have numbers of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(pub usize);

/// Everything numbered so far.
#[derive(Debug, Default)]
pub struct Dictionary {
    reporters: Vec<Arc<Reporter>>,
    reporter_ids: HashMap<Arc<Reporter>, ReporterId>,
    by_sender: HashMap<SenderId, ReporterId>,
    series: Vec<Arc<SeriesKey>>,
    series_ids: HashMap<Arc<SeriesKey>, SeriesId>,
    /// By measure, then by the attributes' bytes themselves: a hash that collides costs a comparison, never a wrong row.
    by_bytes: [HashMap<Box<[u8]>, SeriesId>; 3],
}

impl Dictionary {
    /// The reporter's number.
    pub fn reporter(&mut self, reporter: Reporter) -> ReporterId {
        if let Some(id) = self.reporter_ids.get(&reporter) {
            return *id;
        }
        let (id, reporter) = (ReporterId(self.reporters.len()), Arc::new(reporter));
        self.reporters.push(Arc::clone(&reporter));
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

    /// The number of the series that these attributes name.
    ///
    /// # Errors
    /// When they were not seen before and do not name one.
    pub fn series(&mut self, measure: Measure, attributes: &[u8]) -> Result<SeriesId, Refusal> {
        let [requests, connections, attempts] = &mut self.by_bytes;
        let known = match measure {
            Measure::Request => requests,
            Measure::Connection => connections,
            Measure::Attempt => attempts,
        };
        if let Some(id) = known.get(attributes) {
            return Ok(*id);
        }
        let key = parse_series(measure, attributes)?;
        let id = if let Some(id) = self.series_ids.get(&key) {
            *id
        } else {
            let (id, key) = (SeriesId(self.series.len()), Arc::new(key));
            self.series.push(Arc::clone(&key));
            self.series_ids.insert(key, id);
            id
        };
        known.insert(attributes.into(), id);
        Ok(id)
    }

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

    /// Entries held: attributes as they arrived, beside the series they name.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_bytes.iter().map(HashMap::len).sum()
    }

    /// True when nothing is numbered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0 && self.reporters.is_empty()
    }
}
