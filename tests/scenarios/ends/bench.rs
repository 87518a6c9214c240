//! One Envoy with a listener for each place, and at each our logger, whose revision is the place's name: so what ended there is
//! told apart, whatever the proxy knew of it. Counts what reached the sink, and reads Envoy's own log.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::accesslog::{AccessLog, Entry};
use hogusu_tests::addresses::Block;
use hogusu_tests::artefacts;
use hogusu_tests::batches::Ledger;
use hogusu_tests::envoy::{Envoy, Setup};
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::otlp_sink::OtlpSink;
use hogusu_tests::workdir::Workdir;
use hogusu_tests::xds::access_log::{self, Kind};
use hogusu_tests::xds::cluster::{Upstream, collector};
use hogusu_tests::xds::listener::{Chain, Listener, Opening};
use hogusu_tests::xds::plugin::{Hook, Place as At, Plugin, access_logger};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::app;
use super::ask::Ask;

const LIMIT: Duration = Duration::from_secs(60);
const TYPE: &str = "type.googleapis.com/envoy.";

/// One listener, what is asked there, and how it ends.
#[derive(Clone, Debug)]
pub struct Place {
    pub name: &'static str,
    /// Network filters that end in the one that takes the place's loggers.
    pub filters: Vec<Value>,
    pub is_http: bool,
    pub asks: Vec<(Ask, End)>,
}

/// Outcome, and who answered: the source's words.
pub type End = (&'static str, &'static str);

pub fn extension(name: &str, kind: &str, fields: Value) -> Value {
    let mut fields = fields;
    fields["@type"] = json!(format!("{TYPE}{kind}"));
    json!({"name": name, "typed_config": fields})
}

/// A running Envoy with all places, each once outbound and once inbound.
#[derive(Debug)]
pub struct Bench {
    pub envoy: Envoy,
    sink: OtlpSink,
    log: AccessLog,
    listens: BTreeMap<String, SocketAddr>,
    applications: Vec<JoinHandle<()>>,
    _block: Block,
}

pub const SIDES: [&str; 2] = ["outbound", "inbound"];

impl Bench {
    /// Envoy clusters are made for the addresses of the HTTP application, the TCP application, and of nobody.
    pub async fn start(
        workdir: &Workdir,
        name: &str,
        places: &[Place],
        clusters: impl FnOnce([SocketAddr; 3]) -> Vec<Value>,
        extra: Value,
    ) -> Result<Self> {
        let block = Block::claim()?;
        let address: IpAddr = block.next()?.into();
        let at = |port| SocketAddr::new(address, port);
        let applications = vec![app::start(at(8081), true).await?, app::start(at(8082), false).await?];
        let sink = OtlpSink::start(at(4318)).await?;
        let folder = workdir.folder(name)?;
        let log = folder.join("access.log");
        let (mut listeners, mut listens) = (Vec::new(), BTreeMap::new());
        for (side, first) in SIDES.into_iter().zip([10_000, 12_000]) {
            for (place, port) in places.iter().zip(first..) {
                let name = format!("{side}/{}", place.name);
                listeners.push(listener(place, &name, side, at(port), &log)?);
                listens.insert(name, at(port));
            }
        }
        let mut clusters = clusters([at(8081), at(8082), at(8083)]);
        clusters.push(collector(sink.address(), Upstream::Http2));
        let setup = Setup {
            name: name.to_owned(),
            node: json!({"id": "sidecar~1.1.1.1~ends-0.shop~shop", "cluster": "ends", "metadata": {"NAMESPACE": "shop", "WORKLOAD_NAME": "ends"}}),
            listeners,
            clusters,
            concurrency: 1,
            drain_s: 1,
            arguments: Vec::new(),
            environment: Vec::new(),
            bootstrap_extra: extra,
        };
        let envoy = Envoy::start(&setup, &folder).await?;
        Ok(Self { envoy, sink, log: AccessLog::new(vec![log]), listens, applications, _block: block })
    }

    pub fn at(&self, place: &str) -> Result<SocketAddr> {
        self.listens.get(place).copied().with_context(|| format!("no place {place}"))
    }

    /// Asks all of these places at both sides: one after the other at a place, and all places at once.
    pub async fn ask(&self, places: &[Place]) -> Result<()> {
        let mut asked = tokio::task::JoinSet::new();
        for (place, side) in places.iter().flat_map(|place| SIDES.map(|side| (place, side))) {
            let (at, asks) = (self.at(&format!("{side}/{}", place.name))?, place.asks.clone());
            asked.spawn(async move {
                for (ask, _) in &asks {
                    ask.run(at).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(done) = asked.join_next().await {
            done??;
        }
        Ok(())
    }

    /// Waits until the overload manager refuses requests.
    pub async fn until_overloaded(&self) -> Result<()> {
        let admin = self.envoy.admin();
        eventually("requests are refused", LIMIT, async || {
            match admin.sum("overload.envoy.overload_actions.stop_accepting_requests.active").await {
                Ok(1) => Seen::Done(()),
                other => Seen::Waiting(format!("{other:?}")),
            }
        })
        .await
    }

    /// Waits until the sink has what Envoy logged, `count` exchanges; returns what each place counted, and Envoy's entries.
    pub async fn counted(&self, count: u64) -> Result<(Counts, Vec<Entry>)> {
        eventually("the sink has every exchange that Envoy logged", LIMIT, async || {
            let seen = || -> Result<_> {
                let entries = self.log.entries()?;
                let ledger = Ledger::of(&self.sink.received())?;
                Ok((ledger, entries))
            };
            match seen() {
                Err(error) => Seen::Never(format!("{error:#}")),
                Ok((ledger, entries)) => {
                    let counts = counts_of(&ledger);
                    let total = counts.values().flat_map(BTreeMap::values).sum::<u64>();
                    let is_done = total == count && entries.len() as u64 == count;
                    if is_done { Seen::Done((counts, entries)) } else { Seen::Waiting((total, entries.len(), count)) }
                }
            }
        })
        .await
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.applications.iter().for_each(JoinHandle::abort);
    }
}

/// Place -> outcome, reason and who answered -> how many.
pub type Counts = BTreeMap<String, BTreeMap<(String, String, String), u64>>;

fn counts_of(ledger: &Ledger) -> Counts {
    let mut counts = Counts::new();
    for (origin, data) in &ledger.series {
        let series = &origin.series;
        let end = (series.outcome.to_string(), series.reason.to_string(), series.answered_by.to_string());
        *counts.entry(origin.revision.clone()).or_default().entry(end).or_default() += data.duration.count();
    }
    counts
}

/// What the places should count.
pub fn expected(places: &[Place]) -> Counts {
    let mut counts = Counts::new();
    for (place, side) in places.iter().flat_map(|place| SIDES.map(|side| (place, side))) {
        let of_place = counts.entry(format!("{side}/{}", place.name)).or_default();
        for (_, (outcome, answered_by)) in &place.asks {
            let answered_by = if (side, *answered_by) == ("inbound", "upstream") { "application" } else { answered_by };
            for outcome in outcome.split(", ") {
                let (outcome, reason) = outcome.split_once('/').unwrap_or((outcome, ""));
                *of_place.entry((outcome.to_owned(), reason.to_owned(), answered_by.to_owned())).or_default() += 1;
            }
        }
    }
    counts
}

/// Everything that Envoy said of how these ended: flags, details, and what stands in their brackets.
pub fn said(entries: &[Entry]) -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    for entry in entries {
        said.extend(entry.flags.split(',').map(str::to_owned));
        for details in [&entry.details, &entry.termination] {
            said.extend(details.split(['{', '(', '[', ':', '|', '}', ')', ']']).take(2).map(str::to_owned));
        }
    }
    said
}

fn listener(place: &Place, name: &str, side: &'static str, at: SocketAddr, log: &Path) -> Result<Value> {
    let protocol = if place.is_http { "http" } else { "tcp" };
    let plugin = Plugin::new(Hook::AccessLog).key("flush_interval_ms", json!(500)).key("revision", json!(name));
    let kind = if place.is_http { Kind::Http } else { Kind::Tcp };
    let logs = json!([
        access_log::file(log, side, name, kind),
        access_logger(&plugin, &artefacts::wasm()?, At { direction: side, protocol }),
    ]);
    let mut filters = place.filters.clone();
    if let Some(last) = filters.last_mut() {
        last["typed_config"]["access_log"] = logs;
    }
    let chains = vec![Chain { opening: Opening::Any, transport_socket: None, filters }];
    let direction = if side == "inbound" { "INBOUND" } else { "OUTBOUND" };
    Ok(Listener { name: name.to_owned(), address: at, direction, chains }.json())
}
