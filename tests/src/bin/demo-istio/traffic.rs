//! Steady load on every edge, in rounds, each from the pod of its source; and the exact account of what was sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::client::Answer;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::IstioLab;
use hogusu_tests::istio::app::{AppLoad, AppTcpLoad};
use hogusu_tests::ledger::{Ledger, Sent};
use hogusu_tests::script::Script;
use hogusu_tests::tcp::TcpScript;
use tokio::task::JoinSet;

use crate::cast::{EDGES, HTTP, REDIS};

const ROUND: Duration = Duration::from_secs(4);
const LIMIT: Duration = Duration::from_secs(60);
/// Connections to Redis in a round.
const CONNECTIONS: usize = 4;

pub struct Traffic {
    enough: Arc<AtomicBool>,
    rounds: JoinSet<Result<((String, String), Sent)>>,
}

/// Waits until a request on every HTTP edge is answered.
pub async fn until_open(lab: &IstioLab) -> Result<()> {
    for (source, destination) in EDGES {
        let load = lab.pod(source).load(lab.pod(destination), HTTP).connections(1).requests(1, &Script::default());
        eventually(&format!("{source} reaches {destination}"), LIMIT, async || match load.run().await {
            Ok(account) if account.answered(Answer::Status(200)) == 1 => Seen::Done(()),
            other => Seen::Waiting(format!("{other:?}")),
        })
        .await?;
    }
    Ok(())
}

impl Traffic {
    pub fn start(lab: &IstioLab) -> Self {
        let (enough, mut rounds) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
        for (source, destination) in EDGES {
            let load = lab.pod(source).load(lab.pod(destination), HTTP).over(ROUND);
            let load = load.requests(60, &Script::default().delay_ms(2)).requests(2, &Script::status(500));
            let load = load.requests(2, &Script::default().delay_ms(200));
            rounds.spawn(http_rounds(labels(lab, source, destination), load, Arc::clone(&enough)));
        }
        let redis = lab.pod("shop/checkout").tcp_load(lab.pod("data/redis"), REDIS);
        let redis = redis.connections(CONNECTIONS, TcpScript::Echo, 200);
        rounds.spawn(tcp_rounds(labels(lab, "shop/checkout", "data/redis"), redis, Arc::clone(&enough)));
        Self { enough, rounds }
    }

    /// Lets the load go on.
    pub async fn run_for(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    /// Ends the load in order; its whole account, by edge.
    pub async fn stop(mut self) -> Result<Ledger> {
        self.enough.store(true, Ordering::Relaxed);
        let mut ledger = Ledger::new();
        while let Some(rounds) = self.rounds.join_next().await {
            let (edge, sent) = rounds??;
            ledger.insert(edge, sent);
        }
        Ok(ledger)
    }
}

fn labels(lab: &IstioLab, source: &str, destination: &str) -> (String, String) {
    (lab.pod(source).workload().label(), lab.pod(destination).workload().label())
}

async fn http_rounds(
    edge: (String, String),
    load: AppLoad,
    enough: Arc<AtomicBool>,
) -> Result<((String, String), Sent)> {
    let mut sent = Sent::default();
    while !enough.load(Ordering::Relaxed) {
        sent.add(&load.run().await.with_context(|| format!("load from {} to {}", edge.0, edge.1))?);
    }
    Ok((edge, sent))
}

async fn tcp_rounds(
    edge: (String, String),
    load: AppTcpLoad,
    enough: Arc<AtomicBool>,
) -> Result<((String, String), Sent)> {
    let mut pace = tokio::time::interval(ROUND);
    let mut sent = Sent::default();
    while !enough.load(Ordering::Relaxed) {
        pace.tick().await;
        sent.exchanges += load.run().await?.values().sum::<u64>();
    }
    Ok((edge, sent))
}
