//! Steady load on every HTTP edge of the cast while something changes, and what the map must show of it afterwards.

use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::istio::IstioLab;
use hogusu_tests::istio::app::{AppLoad, RunningLoad};
use hogusu_tests::map::Map;
use hogusu_tests::script::Script;

use crate::cast::{CLIENT, GATEWAY, LEGACY, PUBLIC_HOST, WEB, WEB_HTTP};
use crate::view::{self, DESTINATION, Row, SOURCE};

/// The HTTP ways of the cast: client to web, client to legacy, legacy to web, legacy through the gateway to web.
pub const WAYS: usize = 4;

/// Load on every way, 50 requests a second on each, until it is stopped.
pub struct Steady {
    status: u16,
    loads: Vec<RunningLoad>,
}

/// One load for each way.
pub fn loads(lab: &IstioLab) -> [AppLoad; WAYS] {
    let (client, web, legacy) = (lab.pod(CLIENT), lab.pod(WEB), lab.pod(LEGACY));
    [
        client.load(web, WEB_HTTP),
        client.load(legacy, WEB_HTTP),
        legacy.load_to_address(web, WEB_HTTP),
        legacy.load_through(lab.pod(GATEWAY), WEB_HTTP, PUBLIC_HOST),
    ]
}

impl Steady {
    /// Begins; every request asks for this status. One connection on each way: an idle one beside it could be closed under a request
    /// when the listener that it came to ends, and nobody tries again.
    pub fn start(lab: &IstioLab, status: u16) -> Result<Self> {
        let (script, period) = (Script::status(status), Duration::from_secs(600));
        let start = |load: AppLoad| load.connections(1).requests(30_000, &script).over(period).start();
        Ok(Self { status, loads: loads(lab).into_iter().map(start).collect::<Result<_>>()? })
    }

    /// Ends it; nothing may have failed. How many requests each way sent.
    pub async fn stop(self) -> Result<Vec<u64>> {
        let mut sent = Vec::new();
        for (way, load) in self.loads.into_iter().enumerate() {
            let account = load.stop().await?;
            assert_eq!(account.answered(Answer::Status(self.status)), account.sent(), "way {way}: {account:?}");
            assert!(account.sent() > 0, "way {way} sent nothing");
            sent.push(account.sent());
        }
        Ok(sent)
    }
}

/// An edge of the map: its ends, the way whose requests it counts, and who reports them.
#[derive(Debug)]
pub struct Shown {
    pub source: String,
    pub destination: String,
    pub way: usize,
    pub sides: &'static [&'static str],
}

/// The edges that the ways make for a collector that knows what the proxies say, and nothing more.
pub fn edges(lab: &IstioLab) -> Vec<Shown> {
    let label = |key: &str| lab.pod(key).workload().label();
    let edge = |source: String, destination: String, way, sides| Shown { source, destination, way, sides };
    vec![
        edge(label(CLIENT), label(WEB), 0, &[SOURCE, DESTINATION]),
        edge(label(CLIENT), label(LEGACY), 1, &[SOURCE]),
        // A pod without a proxy is an address to those it asks; those who ask it know its workload.
        edge(lab.pod(LEGACY).address().to_string(), label(WEB), 2, &[DESTINATION]),
        // A gateway says in a header for whom it asks, so no address names it; Istio's own Envoy would, by its peer metadata.
        edge(label(GATEWAY), label(WEB), 3, &[SOURCE]),
        edge("unknown".to_owned(), label(WEB), 3, &[DESTINATION]),
    ]
}

/// The same for a collector that also watches the k8s cluster.
pub fn edges_in_kubernetes(lab: &IstioLab) -> Vec<Shown> {
    let edge = |from: &str, to: &str, way, sides| {
        let (source, destination) = (lab.pod(from).workload().label(), lab.pod(to).workload().label());
        Shown { source, destination, way, sides }
    };
    vec![
        edge(CLIENT, WEB, 0, &[SOURCE, DESTINATION]),
        edge(CLIENT, LEGACY, 1, &[SOURCE]),
        edge(LEGACY, WEB, 2, &[DESTINATION]),
        edge(GATEWAY, WEB, 3, &[SOURCE, DESTINATION]),
    ]
}

/// Waits until every edge counts this outcome as often as its way's load sent for it.
pub async fn until_counted(collector: &Collector, edges: &[Shown], outcome: &str, sent: &[u64]) -> Result<Map> {
    let mut last = None;
    for edge in edges {
        let count = *sent.get(edge.way).context("a way")?;
        let answerer = |side: &str| if side == SOURCE { "upstream" } else { "application" };
        let rows: Vec<Row<'_>> = edge.sides.iter().map(|side| (*side, outcome, answerer(side), count)).collect();
        last = Some(view::until_shown(collector, &edge.source, &edge.destination, &rows).await?);
    }
    last.context("an edge")
}
