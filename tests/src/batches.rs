//! Counts what reached a sink as a collector must: each batch of a sender once, in sequence. So scenarios can hold the filter against
//! Envoy's own log without a collector between them.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use bytes::Bytes;
use hogusu_model::{SenderId, SeriesKey};
use hogusu_wire::{parse_resource, parse_series, walk};

use crate::otlp_sink::{Received, Reply};

/// One series with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// `namespace/name` of the reporting proxy's workload.
    pub workload: String,
    pub hook: String,
    /// Of the plugin's configuration.
    pub revision: String,
    pub series: SeriesKey,
}

/// What one sender delivered.
#[derive(Clone, Debug, Default)]
pub struct Delivered {
    pub workload: String,
    pub hook: String,
    pub revision: String,
    /// Sequence -> exchanges, of the batches that the sink took.
    pub batches: BTreeMap<u64, u64>,
    /// The highest cumulative total it stated.
    pub stated: u64,
    /// Whether it said that it ended.
    pub ended: bool,
    pub header: hogusu_model::BatchHeader,
}

impl Delivered {
    /// Exchanges of this sender that arrived.
    pub fn counted(&self) -> u64 {
        self.batches.values().sum()
    }

    /// Nothing between the first and the last batch is missing.
    pub fn is_whole(&self) -> bool {
        let last = self.batches.keys().next_back().copied().unwrap_or_default();
        self.batches.len() as u64 == last && self.counted() == self.stated
    }
}

#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub series: BTreeMap<Origin, hogusu_model::SeriesData>,
    pub senders: BTreeMap<SenderId, Delivered>,
    /// Batches that came more than once after the sink had taken them (their acknowledgement was lost).
    pub repeated: u64,
}

impl Ledger {
    /// Reads everything that the sink took; fails when a body is no batch, or differs from an earlier one of the same sequence.
    pub fn of(received: &[Received]) -> Result<Self> {
        let mut ledger = Self::default();
        let mut frozen: BTreeMap<(SenderId, u64), Bytes> = BTreeMap::new();
        for one in received {
            let batch =
                walk(&one.body).map_err(|refusal| anyhow!("{} bytes are no batch: {refusal}", one.body.len()))?;
            let place = (batch.sender, batch.header.sequence);
            if place.1 > 0 {
                let before = frozen.entry(place).or_insert_with(|| one.body.clone());
                anyhow::ensure!(*before == one.body, "batch {} of {} changed between tries", place.1, place.0);
            }
            if took(&one.reply) {
                ledger.add(batch)?;
            }
        }
        Ok(ledger)
    }

    fn add(&mut self, batch: hogusu_wire::Batch<'_>) -> Result<()> {
        let resource = parse_resource(batch.resource).map_err(|refusal| anyhow!("resource: {refusal}"))?;
        let workload = format!("{}/{}", resource.proxy.workload.namespace, resource.proxy.workload.name);
        let hook = resource.hook.as_str().to_owned();
        let sender = self.senders.entry(batch.sender).or_default();
        let revision = resource.revision;
        (sender.workload, sender.hook, sender.revision) = (workload.clone(), hook.clone(), revision.clone());
        sender.header = batch.header.clone();
        sender.ended |= batch.header.last;
        if batch.header.sequence == 0 {
            return Ok(());
        }
        if sender.batches.contains_key(&batch.header.sequence) {
            self.repeated += 1;
            return Ok(());
        }
        sender.stated = sender.stated.max(batch.header.cumulative);
        let mut exchanges = 0;
        for point in batch.points {
            let series =
                parse_series(point.measure, &point.attributes).map_err(|refusal| anyhow!("series: {refusal}"))?;
            let origin = Origin { workload: workload.clone(), hook: hook.clone(), revision: revision.clone(), series };
            if let hogusu_wire::Value::Duration(histogram, _) = &point.value {
                exchanges += histogram.count();
            }
            point.value.add_to(self.series.entry(origin).or_default());
        }
        sender.batches.insert(batch.header.sequence, exchanges);
        Ok(())
    }

    /// Exchanges of all series that satisfy `wanted`.
    pub fn count(&self, wanted: impl Fn(&Origin) -> bool) -> u64 {
        self.series.iter().filter(|(origin, _)| wanted(origin)).map(|(_, data)| data.duration.count()).sum()
    }

    /// Exchanges by any key.
    pub fn tally<K: Ord>(&self, key: impl Fn(&Origin) -> K) -> BTreeMap<K, u64> {
        let mut counts = BTreeMap::new();
        for (origin, data) in &self.series {
            *counts.entry(key(origin)).or_default() += data.duration.count();
        }
        counts
    }

    /// Senders whose batches are not all here, for messages.
    pub fn broken_senders(&self) -> Vec<&Delivered> {
        self.senders.values().filter(|sender| !sender.is_whole()).collect()
    }
}

/// A dropped acknowledgement is a batch taken: the sender just does not know.
fn took(reply: &Reply) -> bool {
    matches!(reply, Reply::Accept | Reply::Garbage | Reply::DropAcknowledgement)
}
