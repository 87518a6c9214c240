//! The collector away, killed, or never heard: nothing is missing and nothing is counted twice.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use hogusu_tests::gate::Pass;
use hogusu_tests::map::{Map, senders, until_counted};
use hogusu_tests::scenario;
use hogusu_tests::script::Script;
use serde_json::json;

use crate::shop::{BOTH, Shop, logger, sent, until_sent, untouched};

/// A sender that failed for a minute tries again after at most 37.5 s.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_minute_without_a_collector_misses_nothing() {
    scenario::run("minute_without_collector", async |workdir| {
        let mut shop = Shop::start(workdir, hogusu_tests::mesh::Workload::access_logger).await?;
        // 20 requests a second.
        let load = shop.load()?.requests(1500, Script::default().delay_ms(5)).over(Duration::from_secs(75)).start();
        shop.connect(20).await?;
        until_sent(&load, 120).await?;
        shop.collector.stop().await?;
        let left = load.so_far().sent();
        shop.connect(20).await?;
        // 60 s of load.
        until_sent(&load, left + 1200).await?;
        shop.collector.restart().await?;
        shop.connect(20).await?;
        let requests = untouched(&load.finish().await)?;
        shop.mesh.settle().await?;
        let map = until_counted(&shop.collector, &sent(requests, 60), PATIENCE, Map::is_complete).await?;
        assert_eq!((requests, map.batches("lost"), map.time_covered()), (1500, 0, 1.0));
        for workload in BOTH {
            assert!(shop.stat(workload, "hogusu_batches_retried").await? > 0, "{workload} noticed");
        }
        shop.stop().await
    });
}

#[test]
fn ten_kills_of_the_collector_lose_and_double_nothing() {
    scenario::run("ten_kills", async |workdir| {
        let seed = seed();
        println!("HOGUSU_SEED={seed}");
        let mut random = Random(seed);
        let equip =
            |workload: hogusu_tests::mesh::Workload| workload.plugin(logger().key("flush_interval_ms", json!(300)));
        let mut shop = Shop::start(workdir, equip).await?;
        let load = shop.load()?.requests(60_000, Script::default()).over(Duration::from_secs(300)).start();
        let mut connections = 0;
        for _ in 0..10 {
            // Between no time at all and 2 s after it came back: first batches, groups, replays of the journal, commits.
            until_sent(&load, load.so_far().sent() + random.below(400)).await?;
            shop.collector.kill().await?;
            shop.connect(5).await?;
            connections += 5;
            until_sent(&load, load.so_far().sent() + random.below(100)).await?;
            shop.collector.restart().await?;
        }
        let requests = untouched(&load.stop().await)?;
        shop.mesh.settle().await?;
        let map = until_counted(&shop.collector, &sent(requests, connections), PATIENCE, Map::is_complete).await?;
        println!("{requests} requests and {connections} connections: {}", map.0["completeness"]);
        shop.stop().await
    });
}

#[test]
fn a_lost_acknowledgement_and_then_a_full_backlog_double_nothing() {
    scenario::run("lost_acknowledgement_full_backlog", async |workdir| {
        let plugin = logger().key("flush_interval_ms", json!(300)).key("max_waiting_batches", json!(2));
        let (shop, gate) = Shop::gated(workdir, |workload| workload.plugin(plugin.clone())).await?;
        let load = shop.load()?.requests(20_000, Script::default()).over(Duration::from_secs(100)).start();
        shop.connect(10).await?;
        until_sent(&load, 100).await?;
        // Every batch is taken, and no sender hears of it.
        gate.always(Pass::DropAfter);
        shop.until_stat_grows("hogusu_batches_retried", shop.stats("hogusu_batches_retried").await?).await?;
        gate.always(Pass::DropBefore);
        shop.connect(10).await?;
        shop.until_stat_grows("hogusu_batches_folded", shop.stats("hogusu_batches_folded").await?).await?;
        until_sent(&load, load.so_far().sent() + 400).await?;
        let accepted =
            gate.passages().iter().filter(|one| one.pass == Pass::DropAfter && one.status == Some(200)).count();
        assert!(accepted > 0, "the collector took batches whose senders do not know it");
        gate.always(Pass::Forward);
        shop.connect(10).await?;
        let requests = untouched(&load.stop().await)?;
        shop.mesh.settle().await?;
        let map = until_counted(&shop.collector, &sent(requests, 30), PATIENCE, Map::is_complete).await?;
        assert_eq!(map.time_covered(), 1.0);
        let folded: u64 =
            senders(&shop.collector).await?.iter().filter_map(|one| one["counters"]["folded"].as_u64()).sum();
        assert!(folded > 0, "the senders say that they folded");
        let metrics = shop.collector.get("/metrics").await?.1;
        println!("{requests} requests, {accepted} accepted without an answer, {folded} folded");
        assert!(!metrics.contains("batches_total{result=\"duplicate\"} 0"), "{metrics}");
        shop.stop().await
    });
}

/// Another one in each run, unless `HOGUSU_SEED` repeats one that was printed.
fn seed() -> u64 {
    let given = std::env::var("HOGUSU_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| RandomState::new().hash_one(0))
}

/// A few random numbers from a seed that is printed.
struct Random(u64);

impl Random {
    /// SplitMix64.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}
