//! A filter one version older than the collector, and a collector one version older than the filter: both as they were built from
//! this repository's history by make/earlier.sh.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Result, bail};
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::istio::IstioLab;
use hogusu_tests::map;
use hogusu_tests::scenario;
use hogusu_tests::script::Script;
use hogusu_tests::workdir::workspace_root;
use serde_json::Value;

use crate::cast;
use crate::on_lab;
use crate::steady::{self, WAYS};

/// What make/earlier.sh made.
struct Earlier {
    module: PathBuf,
    collector: PathBuf,
}

impl Earlier {
    /// `None`, after saying why, in a clone that has no history to build it from.
    fn find() -> Result<Option<Self>> {
        let folder = workspace_root().join("target/earlier");
        let (module, collector) = (folder.join("hogusu.wasm"), folder.join("hogusu"));
        if module.is_file() && collector.is_file() {
            return Ok(Some(Self { module, collector }));
        }
        let Ok(why) = std::fs::read_to_string(folder.join("left-out")) else {
            bail!("{} lacks the earlier version: run `make earlier`", folder.display());
        };
        scenario::say(&format!("versions was left out: {}", why.trim()));
        Ok(None)
    }
}

/// Load on every way, counted exactly by everyone; versions and digests of the filters of this revision, which counted it. A version whose filter
/// is that of before has its digest too.
async fn count(lab: &IstioLab, collector: &Collector, revision: &str) -> Result<BTreeSet<[String; 2]>> {
    for load in steady::loads(lab) {
        let load = load.requests(300, &Script::status(404)).requests(30, &Script::status(500));
        let account = load.run().await?;
        assert_eq!((account.answered(Answer::Status(404)), account.answered(Answer::Status(500))), (300, 30));
    }
    let edges = steady::edges(lab);
    steady::until_counted(collector, &edges, "client_error", &[300; WAYS]).await?;
    steady::until_counted(collector, &edges, "server_error", &[30; WAYS]).await?;
    // A filter that was replaced may still say its last words, to a collector that never heard those before.
    let mut senders = map::senders(collector).await?;
    senders.retain(|sender| sender["revision"] == revision);
    assert!(senders.iter().all(|sender| sender["lost_batches"] == 0), "{senders:?}");
    let told = |sender: &Value| {
        ["filter_version", "filter_digest"].map(|name| sender[name].as_str().unwrap_or_default().to_owned())
    };
    Ok(senders.iter().map(told).collect())
}

#[test]
fn a_filter_or_a_collector_of_the_version_before_counts_exactly_with_the_other_of_this_one() {
    let Some(earlier) = Earlier::find().expect("the earlier version") else { return };
    on_lab("versions", async |workdir, mut lab| {
        let (mut collector, window) = cast::start(&mut lab).await?;
        let module = lab.serve_module(&earlier.module).await?;
        let plugins = cast::plugins(&lab, "earlier").into_iter().map(|plugin| plugin.module(&module));
        cast::apply(&lab, &plugins.collect::<Vec<_>>()).await?;
        cast::until_revision(&collector, "earlier").await?;
        let of_earlier_filter = count(&lab, &collector, "earlier").await?;
        collector.stop().await?;
        drop(window);

        cast::apply(&lab, &cast::plugins(&lab, "present")).await?;
        let folder = workdir.folder("earlier-collector")?;
        let (mut collector, _window) = lab.start_collector_of(&earlier.collector, &folder, &[]).await?;
        cast::until_revision(&collector, "present").await?;
        let of_present_filter = count(&lab, &collector, "present").await?;
        assert_eq!((of_earlier_filter.len(), of_present_filter.len()), (1, 1));
        assert_ne!(of_earlier_filter, of_present_filter);
        collector.stop().await?;
        Ok(())
    });
}
