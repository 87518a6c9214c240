//! What the writer shows of a stretch of time: as of one moment, put together elsewhere. No commit waits for who reads, and nobody who reads
//! waits for a commit.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use hogusu_model::slot::SLOT_NANOS;
use hogusu_model::{SenderId, Slot};

use crate::aggregate::{Aggregate, Excerpt, Generation, Sender};
use crate::kubernetes::record::{ClusterInPeriod, Record};
use crate::ownership::{self, Owners};
use crate::period::{Period, build};
use crate::store::{Catalogue, Reader, StoreError};
use crate::wanted::Wanted;

/// A slot is sealed this long after its end: by then every batch that was sent in time is here.
pub const SEAL_NANOS: u64 = 8_000_000_000;

/// Everything known of a stretch of time at one moment, not yet put together.
#[derive(Debug)]
pub struct View {
    /// What the store did not hold then, oldest first.
    generations: Vec<Arc<Generation>>,
    senders: Arc<HashMap<SenderId, Sender>>,
    readers: Vec<Reader>,
    from: u64,
    to: u64,
    wanted: Wanted,
}

impl View {
    /// Of [from, to), rounded outwards to slots. Takes no longer for much than for little.
    pub(super) fn of(aggregate: &Aggregate, catalogue: &Catalogue, from: u64, to: u64) -> Result<Self, StoreError> {
        let (from, to) = (Slot::of(from).start(), to.div_ceil(SLOT_NANOS).saturating_mul(SLOT_NANOS));
        let readers = catalogue.readers(from, to)?;
        // What is on its way is read from one place only.
        let underway = aggregate.underway().filter(|underway| readers.position < underway.position);
        let underway = underway.iter().flat_map(|underway| &underway.generations);
        let generations = underway.chain(aggregate.generations()).map(Arc::clone).collect();
        let senders = Arc::clone(&aggregate.remembered().senders);
        Ok(Self { generations, senders, readers: readers.files, from, to, wanted: Wanted::default() })
    }

    /// The same, which is put together only as long as it is wanted.
    #[must_use]
    pub fn wanted(self, wanted: &Wanted) -> Self {
        Self { wanted: wanted.clone(), ..self }
    }

    /// Puts the view together, with what the API server said of pods. May take a while: it reads files.
    ///
    /// # Errors
    /// When a file cannot be read, or nobody waits any more.
    pub fn period(self, record: &RwLock<Record>, now: u64) -> Result<Period, StoreError> {
        let Self { generations, senders, readers, from, to, wanted } = self;
        let mut open = Excerpt::of(&generations, from, to, &wanted)?;
        drop(generations);
        open.senders.extend(senders.iter().map(|(id, sender)| (*id, sender.clone())));
        drop(senders);
        let mut known: HashSet<_> = open.senders.iter().map(|(id, _)| *id).collect();
        let mut excerpts = Vec::with_capacity(readers.len() + 1);
        for reader in &readers {
            excerpts.push(reader.excerpt((from, to, now), &mut known, &wanted)?);
        }
        // Whose an address was must be known before rows of different slots add up.
        let senders = excerpts.iter().chain([&open]).flat_map(|excerpt| &excerpt.senders);
        let (owners, cluster) = owners(senders, record, (from, to, now));
        for (reader, excerpt) in readers.iter().zip(&mut excerpts) {
            reader.rows((from, to), &owners, &wanted, excerpt)?;
        }
        open.attribute(|reporter, key, slot| owners.timelines(key).at(owners.scope(&reporter.workload.cluster), slot));
        excerpts.insert(0, open);
        wanted.check()?;
        let period = build(excerpts, (from, to), sealed_to(now), now);
        Ok(Period { owners: owners.into_list(), cluster, ..period })
    }
}

/// Who owned which address in [from, to), by the word of proxies and of the API server; and what the latter says beside.
fn owners<'a>(
    senders: impl Iterator<Item = &'a (SenderId, Sender)>,
    record: &RwLock<Record>,
    (from, to, now): (u64, u64, u64),
) -> (Owners, Option<ClusterInPeriod>) {
    let senders: Vec<&Sender> = senders.map(|(_, sender)| sender).collect();
    let reach = senders.iter().map(|sender| sender.flush_interval()).max().unwrap_or_default();
    let record = record.read().unwrap_or_else(PoisonError::into_inner);
    let stated = senders.iter().map(|sender| sender.resource.proxy.workload.cluster.as_str());
    let k8s_cluster = record.k8s_cluster_among(stated);
    let mut claims = ownership::of_senders(senders);
    let tenures = record.history.within(from, to.saturating_add(reach));
    claims.extend(ownership::of_tenures(tenures, &k8s_cluster));
    let cluster = record.period(&k8s_cluster, (from, to, now));
    drop(record);
    (Owners::of(claims, reach), cluster)
}

/// End of the newest slot that is sealed at `now`.
#[must_use]
pub const fn sealed_to(now: u64) -> u64 {
    Slot::of(now.saturating_sub(SEAL_NANOS)).start()
}
