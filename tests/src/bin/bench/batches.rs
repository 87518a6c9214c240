//! What the filters' own batches say, as they arrive at a sink.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_model::SenderId;
use hogusu_tests::otlp_sink::{OtlpSink, Received};
use hogusu_wire::{parse_resource, walk};

/// The latest of one sender.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub proxy: String,
    pub revision: String,
    pub exchanges: u64,
    /// Bytes of the VM's linear memory; it never shrinks.
    pub memory: u64,
    pub waiting_at_most: u64,
    /// Nanoseconds.
    pub longest_entry: u64,
    /// Exchanges that were folded into the overflow edge.
    pub overflowed: u64,
    /// Attributes of the series seen.
    pub series: BTreeSet<Vec<u8>>,
    /// Batches since the one that told of the last exchange: what that one cost is in them.
    pub batches_since: u64,
}

/// Senders by id; each batch is read once.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    senders: BTreeMap<SenderId, Said>,
    read: usize,
}

impl Reader {
    /// Waits until `done` holds for the senders.
    pub async fn wait(
        &mut self,
        sink: &OtlpSink,
        what: &str,
        limit: Duration,
        done: impl Fn(&Self) -> bool,
    ) -> Result<()> {
        let mut failure = None;
        sink.wait_until(what, limit, |received| match self.take(received) {
            Ok(()) => done(self),
            Err(error) => {
                failure = Some(error);
                true
            }
        })
        .await
        .with_context(|| {
            format!("the senders said {:?}", self.senders.values().map(|said| said.exchanges).collect::<Vec<_>>())
        })?;
        failure.map_or(Ok(()), Err)
    }

    fn take(&mut self, received: &[Received]) -> Result<()> {
        // A batch that was not acknowledged comes again.
        for one in received.iter().skip(self.read).filter(|one| one.acknowledged()) {
            let batch = walk(&one.body).context("a batch")?;
            let (header, counters) = (&batch.header, &batch.header.counters);
            let resource = parse_resource(batch.resource).context("a Resource")?;
            let said = self.senders.entry(batch.sender).or_default();
            said.batches_since = if said.exchanges < header.cumulative { 0 } else { said.batches_since + 1 };
            (said.proxy, said.revision) = (resource.proxy.id, resource.revision);
            said.exchanges = header.cumulative;
            said.memory = said.memory.max(counters.memory_bytes);
            said.waiting_at_most = said.waiting_at_most.max(counters.waiting);
            said.longest_entry = counters.longest_entry;
            said.overflowed = counters.overflowed;
            said.series.extend(batch.points.into_iter().map(|point| point.attributes.into_owned()));
        }
        self.read = received.len();
        Ok(())
    }

    pub fn senders<'a>(&'a self, revision: &'a str) -> impl Iterator<Item = &'a Said> {
        self.senders.values().filter(move |said| said.revision == revision)
    }

    /// How many proxies tell of exactly so many exchanges, under this revision.
    pub fn proxies_that_counted(&self, revision: &str, exchanges: u64) -> usize {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for said in self.senders(revision) {
            *sums.entry(&said.proxy).or_default() += said.exchanges;
        }
        sums.values().filter(|sum| **sum == exchanges).count()
    }
}
