//! What the writer shows of a stretch of time: as of one moment, put together elsewhere. No commit waits for who reads, and nobody who reads
//! waits for a commit.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use hogusu_model::{SenderId, SeriesKey, Slot};

use super::Writer;
use crate::aggregate::{Aggregate, Excerpt, Generation, Reporter, Sender};
use crate::allowance;
use crate::journal::Disk;
use crate::kubernetes::record::{ClusterInPeriod, Record};
use crate::ownership::{self, Owners};
use crate::period::{Period, build};
use crate::store::{Catalogue, DamagedFile, Files, Reader, Resolution, RolledReader, StoreError};
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
    rolled: Vec<RolledReader>,
    resolution: Resolution,
    /// Files that may have held something of it, and are damaged.
    damaged: Vec<DamagedFile>,
    catalogue: Catalogue,
    from: u64,
    to: u64,
    wanted: Wanted,
}

impl<D: Disk, F: Files> Writer<D, F> {
    /// Everything known of [from, to), rounded outwards to slots: what was taken so far, as it is now. Takes no longer for much than
    /// for little.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn view(&mut self, from: u64, to: u64) -> Result<View, StoreError> {
        self.view_at(from, to, Resolution::of_period(to.saturating_sub(from)))
    }

    /// The same, no finer than this resolution.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn view_at(&mut self, from: u64, to: u64, finest: Resolution) -> Result<View, StoreError> {
        self.aggregate.cut();
        View::of(&self.aggregate, &self.catalogue, (from, to), finest)
    }
}

impl View {
    /// Of [from, to), rounded outwards to slots, or further where those are not kept any more. Takes no longer for much than for little.
    pub(super) fn of(
        aggregate: &Aggregate,
        catalogue: &Catalogue,
        (from, to): (u64, u64),
        finest: Resolution,
    ) -> Result<Self, StoreError> {
        let (from, to) = Resolution::Slot.around(from, to);
        let readers = catalogue.readers(from, to, finest)?;
        let (from, to, position) = (readers.from, readers.to, readers.position);
        // What is on its way is read from one place only.
        let underway = aggregate.underway().filter(|underway| position < underway.position);
        let underway = underway.iter().flat_map(|underway| &underway.generations);
        let generations = underway.chain(aggregate.generations()).map(Arc::clone).collect();
        let senders = Arc::clone(&aggregate.remembered().senders);
        let (damaged, catalogue, wanted) = (readers.damaged, catalogue.clone(), Wanted::default());
        let (readers, rolled, resolution) = (readers.files, readers.rolled, readers.resolution);
        Ok(Self { generations, senders, readers, rolled, resolution, damaged, catalogue, from, to, wanted })
    }

    /// The same, which is put together only as long as it is wanted.
    #[must_use]
    pub fn wanted(self, wanted: &Wanted) -> Self {
        Self { wanted: wanted.clone(), ..self }
    }

    /// How many files it is read from.
    #[must_use]
    pub const fn files(&self) -> usize {
        self.readers.len() + self.rolled.len()
    }

    /// Puts the view together, with what the API server said of pods. May take a while: it reads files. One that is found damaged is left
    /// out, and said to be.
    ///
    /// # Errors
    /// When a file cannot be read for another reason, or nobody waits any more.
    pub fn period(mut self, record: &RwLock<Record>, now: u64) -> Result<Period, StoreError> {
        loop {
            match self.put_together(record, now) {
                Ok(period) => return Ok(Period { damaged: self.damaged, ..period }),
                Err(error) => self.without(error)?,
            }
        }
    }

    /// Leaves the file out that this error calls damaged: all of it is asked anew, for who sent is asked of the newest file that knows him.
    fn without(&mut self, error: StoreError) -> Result<(), StoreError> {
        let StoreError::Damaged { file, reason } = &error else { return Err(error) };
        if let Some(place) = self.readers.iter().position(|reader| reader.name() == file) {
            self.damaged.extend(self.catalogue.leave_out_read(self.readers.remove(place), reason));
        } else if let Some(place) = self.rolled.iter().position(|reader| reader.name() == file) {
            self.damaged.extend(self.catalogue.leave_out_rolled(self.rolled.remove(place)));
        } else {
            return Err(error);
        }
        Ok(())
    }

    fn put_together(&self, record: &RwLock<Record>, now: u64) -> Result<Period, StoreError> {
        let Gathered { mut open, mut excerpts, mut rolled, mut owners, cluster } = self.gather(record, now)?;
        let Self { generations, readers, rolled: rolled_readers, resolution, from, to, wanted, .. } = self;
        let (resolution, from, to) = (*resolution, *from, *to);
        let mut files = readers.iter().zip(&mut excerpts);
        match resolution {
            Resolution::Slot => self.catalogue.windows().rows(files, (from, to, now), &owners, wanted)?,
            _ => files.try_for_each(|(reader, excerpt)| reader.rows((from, to), &owners, wanted, excerpt))?,
        }
        for (reader, excerpt) in rolled_readers.iter().zip(&mut rolled) {
            reader.rows((from, to), &mut owners, wanted, excerpt)?;
        }
        let owner = |reporter: &Reporter, key: &SeriesKey, slot| {
            owners.timelines(key).at(owners.scope(&reporter.workload.cluster), slot)
        };
        open.generations(generations, (from, to), owner, wanted)?;
        excerpts.insert(0, open);
        excerpts.extend(rolled);
        wanted.check()?;
        let period = build(excerpts, (from, to), sealed_to(now), now);
        Ok(Period { resolution, owners: owners.into_list(), cluster, ..period })
    }

    /// Whose each address was in the period.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(super) fn owners(mut self, record: &RwLock<Record>, now: u64) -> Result<Owners, StoreError> {
        loop {
            match self.gather(record, now) {
                Ok(gathered) => return Ok(gathered.owners),
                Err(error) => self.without(error)?,
            }
        }
    }

    /// Everything but rows: whose an address was must be known before rows of different slots add up.
    fn gather(&self, record: &RwLock<Record>, now: u64) -> Result<Gathered, StoreError> {
        let (from, to) = (self.from, self.to);
        self.wanted.take(allowance::sender(0).saturating_mul(self.senders.len() as u64))?;
        let senders = self.senders.iter().map(|(id, sender)| (*id, sender.clone())).collect();
        let open = Excerpt { senders, ..Excerpt::default() };
        let mut known: HashSet<_> = open.senders.iter().map(|(id, _)| *id).collect();
        let (mut excerpts, mut rolled) =
            (Vec::with_capacity(self.readers.len() + 1), Vec::with_capacity(self.rolled.len()));
        for reader in &self.readers {
            excerpts.push(reader.excerpt((from, to, now), &mut known, &self.wanted)?);
        }
        for reader in &self.rolled {
            rolled.push(reader.excerpt((from, to, now), &mut known, &self.wanted)?);
        }
        let senders = excerpts.iter().chain(&rolled).chain([&open]).flat_map(|excerpt| &excerpt.senders);
        let (owners, cluster) = owners(senders, record, (from, to, now));
        Ok(Gathered { open, excerpts, rolled, owners, cluster })
    }
}

/// What is known of a period before rows are added up.
struct Gathered {
    /// Of what the store does not hold.
    open: Excerpt,
    /// Of each file of slots.
    excerpts: Vec<Excerpt>,
    /// Of each rolled-up file.
    rolled: Vec<Excerpt>,
    owners: Owners,
    cluster: Option<ClusterInPeriod>,
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
