//! How the module comes to the proxies, and what they do when it does not come.

use std::time::Duration;

use anyhow::Result;
use hogusu_tests::client::Answer;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::IstioLab;
use hogusu_tests::map::Map;
use hogusu_tests::script::Script;

use crate::cast::{self, CLIENT, WEB, WEB_HTTP};
use crate::on_lab;
use crate::view::{self, DESTINATION, SOURCE};

const LIMIT: Duration = Duration::from_secs(60);
const ENDS: [&str; 2] = [CLIENT, WEB];
/// How often all workers of a proxy took another configuration of the plugin: Envoy counts it when the last of them has it.
const RELOADS: &str = r"^extension_config_discovery\..*\.config_reload$";

/// So many requests from client to web; all are answered.
async fn send(lab: &IstioLab, count: usize) -> Result<()> {
    let load = lab.pod(CLIENT).load(lab.pod(WEB), WEB_HTTP).requests(count, &Script::status(404));
    let account = load.run().await?;
    assert_eq!(account.answered(Answer::Status(404)), count as u64, "{account:?}");
    Ok(())
}

/// Waits until the agents of both sidecars say that they tried to fetch the module, with this result.
async fn until_fetched(lab: &IstioLab, result: &str) -> Result<()> {
    for key in ENDS {
        eventually(&format!("the agent of {key} has fetched with result {result}"), LIMIT, async || {
            let metrics = match lab.pod(key).agent_metrics().await {
                Ok(metrics) => metrics,
                Err(error) => return Seen::Waiting(format!("{error:#}")),
            };
            let fetches: Vec<_> = metrics.lines().filter(|line| line.contains("wasm_remote_fetch")).collect();
            let label = format!("result=\"{result}\"");
            if fetches.iter().any(|line| line.contains(&label)) {
                Seen::Done(())
            } else {
                Seen::Waiting(fetches.join(" "))
            }
        })
        .await?;
    }
    Ok(())
}

#[test]
fn a_module_that_cannot_be_had_harms_nobody_and_an_image_with_its_digest_is_delivered() {
    on_lab("delivery", async |_, mut lab| {
        let (mut collector, _window) = cast::start(&mut lab).await?;
        let mut wrong = cast::plugins(&lab, "wrong digest");
        wrong.iter_mut().for_each(|plugin| plugin.sha256 = "ab".repeat(32));
        cast::apply_alone(&lab, &wrong).await?;
        until_fetched(&lab, "checksum_mismatched").await?;
        send(&lab, 100).await?;

        let mut unreachable = cast::plugins(&lab, "no registry");
        unreachable.iter_mut().for_each(|plugin| "oci://10.244.0.1:5999/hogusu:1".clone_into(&mut plugin.url));
        cast::apply_alone(&lab, &unreachable).await?;
        until_fetched(&lab, "manifest_failure").await?;
        send(&lab, 100).await?;
        assert_eq!(Map::of(&collector).await?.edges(), [] as [serde_json::Value; 0]);

        // What stands in for a module that cannot be had is always the same, so Envoy took it once.
        let mut reloads = Vec::new();
        for key in ENDS {
            reloads.push(lab.pod(key).wait_for_stat(RELOADS, LIMIT, |count| count > 0).await?);
        }
        let registry = lab.start_registry().await?;
        let mut image = cast::plugins(&lab, "image");
        for plugin in &mut image {
            plugin.url.clone_from(&registry.url);
            plugin.sha256.clone_from(&registry.digest);
        }
        cast::apply(&lab, &image).await?;
        cast::until_revision(&collector, "image").await?;
        // The module takes its place worker by worker, within listeners that stay.
        for (key, before) in ENDS.into_iter().zip(reloads) {
            lab.pod(key).wait_for_stat(RELOADS, LIMIT, |count| count > before).await?;
        }
        send(&lab, 300).await?;
        let rows = [(SOURCE, "client_error", "upstream", 300), (DESTINATION, "client_error", "application", 300)];
        view::until_shown(&collector, "alpha/client-v1", "beta/web-v1", &rows).await?;
        collector.stop().await?;
        Ok(())
    });
}
