//! Who reaches the chart's collector: proxies of the mesh with batches, viewers where they are named, nobody else.

use std::time::Duration;

use anyhow::Result;
use hogusu_tests::client::Answer;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::{IstioLab, chart};
use hogusu_tests::script::Script;
use serde_json::json;

use crate::cast::{self, CLIENT, LEGACY, WEB};
use crate::on_lab;

const LIMIT: Duration = Duration::from_secs(60);
const PORT: u16 = 4318;

/// Waits until a GET from this pod is answered so.
async fn until_answered(lab: &IstioLab, from: &str, path: &str, answer: Answer) -> Result<()> {
    let load =
        lab.pod(from).load(lab.pod(chart::COLLECTOR), PORT).path(path).connections(1).requests(1, &Script::default());
    eventually(&format!("{path} from {from} is answered by {answer:?}"), LIMIT, async || match load.run().await {
        Err(error) => Seen::Never(format!("{error:#}")),
        Ok(account) if account.answered(answer) == 1 => Seen::Done(()),
        Ok(account) => Seen::Waiting(account),
    })
    .await
}

#[test]
fn only_viewers_read_and_only_with_an_identity_of_the_mesh() {
    on_lab("chart_access", async |_, mut lab| {
        let (mut collector, _window) = cast::start_with_chart(&mut lab).await?;
        for path in ["/", "/api/v1/map", "/metrics", "/v1/metrics"] {
            until_answered(&lab, CLIENT, path, Answer::Status(403)).await?;
        }
        let mut values = lab.values(json!({}));
        values["viewers"] = json!({"principals": ["cluster.local/ns/alpha/sa/client"]});
        values["prometheus"] = json!({"principals": ["cluster.local/ns/beta/sa/web"]});
        lab.install_chart(&values).await?;
        until_answered(&lab, CLIENT, "/api/v1/map", Answer::Status(200)).await?;
        until_answered(&lab, CLIENT, "/metrics", Answer::Status(403)).await?;
        until_answered(&lab, WEB, "/metrics", Answer::Status(200)).await?;
        until_answered(&lab, WEB, "/api/v1/map", Answer::Status(403)).await?;
        // Without a certificate there is no connection.
        let load = lab.pod(LEGACY).load_to_address(lab.pod(chart::COLLECTOR), PORT).connections(1);
        let account = load.requests(1, &Script::default()).run().await?;
        assert_eq!(account.answered(Answer::Reset), 1, "{account:?}");
        collector.stop().await?;
        Ok(())
    });
}
