//! What the map says of an edge once its two reporters are joined: how it is secured, who its ends are, and what only one of
//! them saw. Counts and outcomes of ordinary traffic are in `exact`.

mod failures;
mod identity;
mod security;

use std::time::Duration;

use anyhow::{Result, ensure};
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::map::{Map, Sent, until_counted};
use hogusu_tests::mesh::{Mesh, MeshBuilder, Workload};
use hogusu_tests::script::Script;
use hogusu_tests::workdir::Workdir;
use serde_json::Value;

use crate::shop::logger;

const LIMIT: Duration = Duration::from_secs(40);

/// A mesh with a collector of its own.
pub struct Joined {
    pub mesh: Mesh,
    pub collector: Collector,
}

impl Joined {
    pub async fn start(workdir: &Workdir, describe: impl FnOnce(MeshBuilder) -> MeshBuilder) -> Result<Self> {
        let builder = MeshBuilder::new("demo", workdir)?;
        let collector = Collector::start(builder.collector_address(), &workdir.folder("collector")?, &[]).await?;
        Ok(Self { mesh: describe(builder).start().await?, collector })
    }

    /// So many requests, each answered with `status`.
    pub async fn ask(&self, source: &str, service: &str, count: usize, status: u16) -> Result<()> {
        let account = self.mesh.load(source, service)?.requests(count, Script::default()).run().await;
        let answered = account.answered(Answer::Status(status));
        ensure!(answered == count as u64, "{source} -> {service}: {:?}", account.by_answer());
        Ok(())
    }

    /// The map once it counts what was sent.
    pub async fn map(&self, sent: &[Sent<'_>]) -> Result<Map> {
        self.map_when(sent, |_| true).await
    }

    /// The map once it counts what was sent, and `also` holds.
    pub async fn map_when(&self, sent: &[Sent<'_>], also: impl Fn(&Map) -> bool) -> Result<Map> {
        self.mesh.settle().await?;
        until_counted(&self.collector, sent, LIMIT, also).await
    }

    /// The SPIFFE id in a workload's certificate.
    pub fn spiffe(&self, workload: &str) -> Result<&str> {
        Ok(&self.mesh.layout().workload(workload)?.leaf.spiffe)
    }

    pub fn address(&self, workload: &str) -> Result<String> {
        Ok(self.mesh.layout().workload(workload)?.address.to_string())
    }

    pub async fn stop(mut self) -> Result<()> {
        self.mesh.stop().await?;
        self.collector.stop().await?;
        Ok(())
    }
}

/// A workload whose proxy counts.
pub fn counting(namespace: &str, name: &str) -> Workload {
    Workload::new(namespace, name).plugin(logger())
}

/// An edge that only one side reports.
pub fn one_sided<'a>(source: &'a str, destination: &'a str, at_source: u64, at_destination: u64) -> Sent<'a> {
    Sent { at_source, at_destination, ..Sent::requests(source, destination, 0) }
}

/// The only edge between these two labels.
pub fn edge<'a>(map: &'a Map, source: &str, destination: &str) -> &'a Value {
    let mut between = map
        .edges()
        .iter()
        .filter(|edge| edge["source"]["label"] == source && edge["destination"]["label"] == destination);
    let first = between.next().unwrap_or_else(|| panic!("no edge {source} -> {destination} in {}", map.0));
    assert!(between.next().is_none(), "more than one edge {source} -> {destination} in {}", map.0);
    first
}
