//! Steady load on every edge, in rounds, and the exact account of what was sent: the generator's own and that of each
//! application for the calls it made.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use hogusu_tests::ledger::{Ledger, Sent};
use hogusu_tests::load::{Account, Load};
use hogusu_tests::mesh::Mesh;
use hogusu_tests::script::Script;
use tokio::task::JoinHandle;

use crate::redis;

const ROUND: Duration = Duration::from_secs(2);

pub struct Traffic {
    enough: Arc<AtomicBool>,
    loads: Vec<(&'static str, &'static str, JoinHandle<Account>)>,
    pings: JoinHandle<Result<u64>>,
}

impl Traffic {
    pub fn start(mesh: &Mesh) -> Result<Self> {
        let enough = Arc::new(AtomicBool::new(false));
        let catalog = Script::default().call("ledger.data", Script::default().body(2_000));
        let slow = Script::default().call("ledger.data", Script::default().delay_ms(300));
        let pricing = |catalog: &Script| Script::default().call("catalog.stock", catalog.clone());
        let checkout = |inventory: Script, catalog: &Script| {
            Script::default()
                .call("inventory.stock", inventory)
                .call("pricing.stock", pricing(catalog))
                .fail_with_calls()
        };
        let plans = [
            (
                "shop/frontend",
                "shop/checkout",
                mesh.load("shop/frontend", "checkout.shop")?
                    .connections(6)
                    .traced()
                    .requests(70, checkout(Script::grpc(0), &catalog))
                    .requests(4, checkout(Script::grpc(13), &catalog))
                    .requests(6, checkout(Script::grpc(0), &slow)),
            ),
            (
                "shop/frontend",
                "shop/cart",
                mesh.load("shop/frontend", "cart.shop")?
                    .requests(40, Script::default().delay_ms(4).call("inventory.stock", Script::grpc(0))),
            ),
            ("data/audit", "stock/pricing", mesh.load("data/audit", "pricing.stock")?.requests(10, pricing(&catalog))),
            ("legacy/cron", "stock/catalog", mesh.load("legacy/cron", "catalog.stock")?.requests(4, catalog.clone())),
        ];
        let loads = plans
            .into_iter()
            .map(|(source, destination, load)| {
                let rounds = tokio::spawn(rounds(load.over(ROUND), Arc::clone(&enough)));
                (source, destination, rounds)
            })
            .collect();
        let pings = tokio::spawn(ping_rounds(mesh.way("shop/checkout", "redis.data")?, Arc::clone(&enough)));
        Ok(Self { enough, loads, pings })
    }

    /// Lets the load go on.
    pub async fn run_for(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    /// Ends the load in order; the whole account of the mesh's life, by edge.
    pub async fn stop(self, mesh: &Mesh) -> Result<Ledger> {
        self.enough.store(true, Ordering::Relaxed);
        let mut ledger = Ledger::new();
        for (source, destination, load) in self.loads {
            add(&mut ledger, source, destination, &load.await?);
        }
        let pings = self.pings.await??;
        ledger.insert(("shop/checkout".into(), "data/redis".into()), Sent { exchanges: pings, failed: 0 });
        mesh.settle().await?;
        for source in ["shop/checkout", "shop/cart", "stock/pricing", "stock/catalog"] {
            for (service, account) in mesh.backend(source).account().calls {
                let (name, namespace) = service.split_once('.').unwrap_or((&service, ""));
                add(&mut ledger, source, &format!("{namespace}/{name}"), &account);
            }
        }
        Ok(ledger)
    }
}

fn add(ledger: &mut Ledger, source: &str, destination: &str, account: &Account) {
    ledger.entry((source.to_owned(), destination.to_owned())).or_default().add(account);
}

async fn rounds(load: Load, enough: Arc<AtomicBool>) -> Account {
    let mut account = Account::default();
    while !enough.load(Ordering::Relaxed) {
        account.merge(&load.run().await);
    }
    account
}

/// A connection to Redis every 200 ms, over its own pace so that no two overlap.
async fn ping_rounds(address: SocketAddr, enough: Arc<AtomicBool>) -> Result<u64> {
    let mut pace = tokio::time::interval(Duration::from_millis(200));
    let mut count = 0;
    while !enough.load(Ordering::Relaxed) {
        pace.tick().await;
        redis::ping(address).await?;
        count += 1;
    }
    Ok(count)
}
