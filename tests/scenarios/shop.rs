//! The mesh of the scenarios about failing parts: checkout asks orders over HTTP and store over TCP, both behind one sidecar,
//! over mutual TLS, with a real collector, directly or behind a gate.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::gate::Gate;
use hogusu_tests::load::{Account, Load, Running};
use hogusu_tests::map::Sent;
use hogusu_tests::mesh::{Edge, Mesh, MeshBuilder, Protocol, Service, Workload};
use hogusu_tests::script::Script;
use hogusu_tests::tcp::{TcpAccount, TcpEnd, TcpLoad, TcpScript};
use hogusu_tests::workdir::Workdir;
use hogusu_tests::xds::plugin::{Hook, Plugin};
use serde_json::json;
use tokio::task::JoinHandle;

pub const CHECKOUT: &str = "shop/checkout";
pub const ORDERS: &str = "shop/orders";
pub const BOTH: [&str; 2] = [CHECKOUT, ORDERS];

pub struct Shop {
    pub mesh: Mesh,
    pub collector: Collector,
}

/// Our logger that flushes every second.
pub fn logger() -> Plugin {
    Plugin::new(Hook::AccessLog).key("flush_interval_ms", json!(1000))
}

impl Shop {
    /// The filters reach the collector itself.
    pub async fn start(workdir: &Workdir, equip: impl Fn(Workload) -> Workload) -> Result<Self> {
        let builder = MeshBuilder::new("demo", workdir)?;
        let collector = Collector::start(builder.collector_address(), &workdir.folder("collector")?, &[]).await?;
        Ok(Self { mesh: mesh(builder, equip).await?, collector })
    }

    /// The filters reach the collector through a gate.
    pub async fn gated(workdir: &Workdir, equip: impl Fn(Workload) -> Workload) -> Result<(Self, Gate)> {
        let builder = MeshBuilder::new("demo", workdir)?.collector_over_http1();
        let elsewhere = builder.free_address(4318)?.into();
        let collector = Collector::start(elsewhere, &workdir.folder("collector")?, &[]).await?;
        let gate = Gate::start(builder.collector_address(), collector.address()).await?;
        Ok((Self { mesh: mesh(builder, equip).await?, collector }, gate))
    }

    pub fn load(&self) -> Result<Load> {
        Ok(self.mesh.load(CHECKOUT, "orders.shop")?.connections(4))
    }

    /// So many TCP connections, each echoed and closed.
    pub async fn connect(&self, count: usize) -> Result<()> {
        let account = self.mesh.tcp_load(CHECKOUT, "store.shop")?.connections(count, TcpScript::Echo, 100).run().await;
        let echoed = account.get(&(TcpScript::Echo, TcpEnd::Echoed)).copied().unwrap_or_default();
        ensure!(echoed == count as u64, "traffic is touched: {account:?}");
        Ok(())
    }

    /// The sum of a statistic of the filter at one proxy.
    pub async fn stat(&self, workload: &str, name: &str) -> Result<u64> {
        self.mesh.sidecar(workload).admin()?.sum(&format!("wasmcustom.{name}$")).await
    }

    /// Waits until both proxies have counted more of `name` than `before`.
    pub async fn until_stat_grows(&self, name: &str, before: [u64; 2]) -> Result<()> {
        for (workload, before) in BOTH.into_iter().zip(before) {
            let filter = format!("wasmcustom.{name}$");
            self.mesh.wait_for_stat(workload, &filter, Duration::from_secs(40), |sum| sum > before).await?;
        }
        Ok(())
    }

    pub async fn stats(&self, name: &str) -> Result<[u64; 2]> {
        Ok([self.stat(CHECKOUT, name).await?, self.stat(ORDERS, name).await?])
    }

    pub async fn stop(mut self) -> Result<()> {
        self.mesh.stop().await?;
        self.collector.stop().await?;
        Ok(())
    }
}

async fn mesh(builder: MeshBuilder, equip: impl Fn(Workload) -> Workload) -> Result<Mesh> {
    builder
        .workload(equip(Workload::new("shop", "checkout")))
        .workload(equip(Workload::new("shop", "orders")))
        .service(Service::new("shop", "orders", Protocol::Http1))
        .service(Service::new("shop", "store", Protocol::Tcp).behind(&[ORDERS]).ports(6379, 16379))
        .edge(Edge::new(CHECKOUT, "orders.shop"))
        .edge(Edge::new(CHECKOUT, "store.shop"))
        .start()
        .await
}

/// What both reporters should count of these.
pub fn sent(requests: u64, connections: u64) -> [Sent<'static>; 2] {
    [Sent::requests(CHECKOUT, ORDERS, requests), Sent::connections(CHECKOUT, ORDERS, connections)]
}

/// Everything was answered with 200: a failing part of ours touches no traffic.
pub fn untouched(account: &Account) -> Result<u64> {
    let (sent, well) = (account.sent(), account.answered(Answer::Status(200)));
    ensure!(
        sent == well && account.answered(Answer::NotConnected) == 0,
        "traffic is touched: {:?}",
        account.by_answer()
    );
    Ok(sent)
}

/// Waits until a load under way has come so far.
pub async fn until_sent(load: &Running, count: u64) -> Result<()> {
    eventually(&format!("{count} requests are sent"), Duration::from_secs(120), async || {
        let sent = load.so_far().sent();
        if sent >= count { Seen::Done(()) } else { Seen::Waiting(sent) }
    })
    .await
}

/// HTTP and TCP under way at the same time, until told to stop.
pub struct Traffic {
    requests: Running,
    enough: Arc<AtomicBool>,
    connections: JoinHandle<TcpAccount>,
}

impl Traffic {
    /// 100 requests and some connections a second.
    pub fn start(shop: &Shop) -> Result<Self> {
        let requests =
            shop.load()?.requests(30_000, Script::default().delay_ms(5)).over(Duration::from_secs(300)).start();
        let enough = Arc::new(AtomicBool::new(false));
        let one = shop.mesh.tcp_load(CHECKOUT, "store.shop")?.connections(1, TcpScript::Echo, 50_000);
        let connections = tokio::spawn(connect(one, Arc::clone(&enough)));
        Ok(Self { requests, enough, connections })
    }

    /// Waits for so many more requests.
    pub async fn goes_on_for(&self, requests: u64) -> Result<()> {
        until_sent(&self.requests, self.requests.so_far().sent() + requests).await
    }

    /// Stops; returns requests and connections, all of which went well.
    pub async fn stop(self) -> Result<(u64, u64)> {
        self.enough.store(true, Ordering::Relaxed);
        let requests = untouched(&self.requests.stop().await)?;
        let account = self.connections.await?;
        let connections = account.get(&(TcpScript::Echo, TcpEnd::Echoed)).copied().unwrap_or_default();
        ensure!(account.len() <= 1, "traffic is touched: {account:?}");
        Ok((requests, connections))
    }
}

/// One connection after the other.
async fn connect(one: TcpLoad, enough: Arc<AtomicBool>) -> TcpAccount {
    let mut whole = TcpAccount::new();
    while !enough.load(Ordering::Relaxed) {
        for (end, count) in one.run().await {
            *whole.entry(end).or_default() += count;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    whole
}
