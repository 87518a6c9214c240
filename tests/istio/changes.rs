//! What happens to a mesh that goes on: the plugin's configuration changes, the collector and istiod are killed and come back.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::map;
use hogusu_tests::script::Script;

use crate::cast::{self, CLIENT, WEB, WEB_HTTP};
use crate::on_lab;
use crate::view::{self, DESTINATION, SOURCE};

/// Seconds without istiod: so long its load takes.
const OUTAGE: u64 = 30;
/// Proxies look for an istiod that went away ever less often, at last every half a minute.
const RETURN_LIMIT: Duration = Duration::from_secs(120);
/// The load goes on until it is stopped: longer than all waits of its time may take.
const SECONDS: u64 = 600;
const REQUESTS: u64 = 100 * SECONDS;

/// Waits until something of every proxy reports this revision: all have found istiod again.
async fn until_back(collector: &Collector, revision: &str) -> Result<()> {
    eventually(&format!("every proxy has heard of revision {revision}"), RETURN_LIMIT, async || {
        let senders = match map::senders(collector).await {
            Ok(senders) => senders,
            Err(error) => return Seen::Never(format!("{error:#}")),
        };
        let all: BTreeSet<_> = senders.iter().map(|sender| sender["workload"].as_str()).collect();
        let with_it = senders.iter().filter(|sender| sender["revision"] == revision);
        let back: BTreeSet<_> = with_it.map(|sender| sender["workload"].as_str()).collect();
        if back == all { Seen::Done(()) } else { Seen::Waiting(format!("{back:?}")) }
    })
    .await
}

#[test]
fn changes_and_outages_under_load_lose_and_double_nothing() {
    on_lab("changes_under_load", async |_, mut lab| {
        let (mut collector, _window) = cast::start(&mut lab).await?;
        cast::apply(&lab, &cast::plugins(&lab, "1")).await?;
        cast::until_revision(&collector, "1").await?;

        let (client, web) = (lab.pod(CLIENT), lab.pod(WEB));
        let load = client.load(web, WEB_HTTP).connections(4);
        let load = load.requests(usize::try_from(REQUESTS)?, &Script::status(404));
        let load = load.over(Duration::from_secs(SECONDS)).start()?;
        for revision in ["2", "3", "1"] {
            cast::apply(&lab, &cast::plugins(&lab, revision)).await?;
            cast::until_revision(&collector, revision).await?;
        }
        // Without istiod nothing changes, so the collector goes meanwhile.
        lab.kill_istiod().await?;
        let outage = client.load(web, WEB_HTTP).requests(1_500, &Script::status(404));
        let outage = outage.over(Duration::from_secs(OUTAGE)).start()?;
        collector.kill().await?;
        collector.restart().await?;
        let during = outage.finish().await?;
        lab.restart_istiod().await?;
        cast::apply(&lab, &cast::plugins(&lab, "4")).await?;
        until_back(&collector, "4").await?;
        cast::until_revision(&collector, "4").await?;
        let account = load.stop().await?;
        for account in [&account, &during] {
            assert_eq!(account.answered(Answer::Status(404)), account.sent(), "{account:?}");
        }

        let sent = account.sent() + during.sent();
        let rows = [(SOURCE, "client_error", "upstream", sent), (DESTINATION, "client_error", "application", sent)];
        let map = view::until_shown(&collector, "alpha/client-v1", "beta/web-v1", &rows).await?;
        assert_eq!((map.batches("lost"), map.batches("lost_exchanges")), (0, 0), "{}", map.0["completeness"]);
        collector.stop().await?;
        Ok(())
    });
}
