//! The filter's life under real Istio: applied to a running mesh, removed from it, both under load.

use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::eventually_equals;
use hogusu_tests::istio::app::{AppLoad, RunningLoad};
use hogusu_tests::istio::{IstioLab, Workload};
use hogusu_tests::load::Account;
use hogusu_tests::script::Script;
use hogusu_tests::tcp::TcpScript;
use serde_json::json;

use crate::cast::{self, CLIENT, GATEWAY, LEGACY, PUBLIC_HOST, WEB, WEB_HTTP, WEB_TCP};
use crate::on_lab;
use crate::view::{self, DESTINATION, SOURCE};

/// Envoy writes its access log once a second.
const LOG_LIMIT: Duration = Duration::from_secs(30);

/// How often Envoy itself says that it passed on 404 and 500.
fn codes(lab: &IstioLab, key: &str, direction: &str) -> (usize, usize) {
    let entries = lab.pod(key).access_log().expect("an access log");
    let with = |code| entries.iter().filter(|entry| entry.is(direction, "http") && entry.code == Some(code)).count();
    (with(404), with(500))
}

/// Steady load on every HTTP edge: it runs until it is stopped.
struct Steady(Vec<(&'static str, RunningLoad)>);

impl Steady {
    fn start(lab: &IstioLab) -> Result<Self> {
        let (client, web, legacy) = (lab.pod(CLIENT), lab.pod(WEB), lab.pod(LEGACY));
        let minutes = Duration::from_secs(120);
        let loads = [
            ("client to web", client.load(web, WEB_HTTP)),
            ("client to legacy", client.load(legacy, WEB_HTTP)),
            ("legacy to web", legacy.load_to_address(web, WEB_HTTP)),
            ("gateway to web", legacy.load_through(lab.pod(GATEWAY), WEB_HTTP, PUBLIC_HOST)),
        ];
        let start =
            |(name, load): (_, AppLoad)| Ok((name, load.requests(6_000, &Script::default()).over(minutes).start()?));
        loads.into_iter().map(start).collect::<Result<_>>().map(Self)
    }

    /// Ends it; nothing may have failed.
    async fn stop(self) -> Result<Vec<Account>> {
        let mut accounts = Vec::new();
        for (name, load) in self.0 {
            let account = load.stop().await?;
            assert_eq!(account.answered(Answer::Status(200)), account.sent(), "{name}: {account:?}");
            assert!(account.sent() > 0, "{name} sent nothing");
            accounts.push(account);
        }
        Ok(accounts)
    }
}

#[test]
fn applied_under_load_it_counts_exactly_and_fails_nothing() {
    on_lab("applied_under_load", async |_, mut lab| {
        let (mut collector, _window) = cast::start(&mut lab).await?;
        let load = Steady::start(&lab)?;
        cast::apply(&lab, &cast::plugins(&lab, "1")).await?;
        load.stop().await?;

        let (client, web, legacy) = (lab.pod(CLIENT), lab.pod(WEB), lab.pod(LEGACY));
        let echoes = client.tcp_load(web, WEB_TCP).connections(20, TcpScript::Echo, 1_000).run().await?;
        assert_eq!(echoes, [(("echo".to_owned(), "Echoed".to_owned()), 20)].into());
        let loads = [
            client.load(web, WEB_HTTP),
            client.load(legacy, WEB_HTTP),
            legacy.load_to_address(web, WEB_HTTP),
            legacy.load_through(lab.pod(GATEWAY), WEB_HTTP, PUBLIC_HOST),
        ];
        for load in loads {
            let account = load.requests(300, &Script::status(404)).requests(30, &Script::status(500)).run().await?;
            assert_eq!((account.answered(Answer::Status(404)), account.answered(Answer::Status(500))), (300, 30));
        }
        for (key, direction, edges) in [(CLIENT, "outbound", 2), (GATEWAY, "outbound", 1), (WEB, "inbound", 3)] {
            let title = format!("Envoy's own account of {key}, {direction}: (404, 500)");
            let wanted = (edges * 300, edges * 30);
            eventually_equals(&title, LOG_LIMIT, &wanted, async || codes(&lab, key, direction)).await?;
        }
        every_edge_is_right(&lab, &collector).await?;
        collector.stop().await?;
        Ok(())
    });
}

/// Counts, security state and principals of every edge after 300 answers 404 and 30 answers 500 on each.
async fn every_edge_is_right(lab: &IstioLab, collector: &Collector) -> Result<()> {
    let at_source = vec![(SOURCE, "client_error", "upstream", 300), (SOURCE, "server_error", "upstream", 30)];
    let at_destination =
        vec![(DESTINATION, "client_error", "application", 300), (DESTINATION, "server_error", "application", 30)];
    let both = [&at_source[..], &at_destination].concat();
    let (client, web) = (lab.pod(CLIENT).workload(), lab.pod(WEB).workload());
    let gateway = lab.pod(GATEWAY).workload();
    let between = |from: &Workload| (json!([from.principal()]), json!([web.principal()]));
    let nobody = (json!([]), json!([]));
    // A pod without a proxy is an address to those it asks; those who ask it know its workload.
    let legacy = (lab.pod(LEGACY).address().to_string(), lab.pod(LEGACY).workload().label());
    let edges = [
        (client.label(), web.label(), &both, "mutual_tls", between(client)),
        // A gateway says in a header for whom it asks, so no address names it; Istio's own Envoy would, by its peer metadata.
        (gateway.label(), web.label(), &at_source, "tls", between(gateway)),
        ("unknown".to_owned(), web.label(), &at_destination, "mutual_tls", between(gateway)),
        (client.label(), legacy.1, &at_source, "plaintext", nobody.clone()),
        (legacy.0, web.label(), &at_destination, "plaintext", nobody),
    ];
    let number = edges.len();
    for (source, destination, rows, state, principals) in edges {
        let map = view::until_shown(collector, &source, &destination, rows).await?;
        let edge = view::edge(&map, &source, &destination).context("the edge")?;
        assert_eq!(edge["security"]["state"], state, "{edge}");
        let seen = (edge["source"]["principals"].clone(), edge["destination"]["principals"].clone());
        assert_eq!(seen, principals, "{edge}");
        assert_eq!(map.edges().len(), number, "{}", map.0);
    }
    Ok(())
}

#[test]
fn removed_under_load_it_counted_exactly_and_fails_nothing() {
    on_lab("removed_under_load", async |_, mut lab| {
        let (mut collector, _window) = cast::start(&mut lab).await?;
        cast::apply(&lab, &cast::plugins(&lab, "1")).await?;
        let (client, web) = (lab.pod(CLIENT).workload(), lab.pod(WEB).workload());
        let before = lab.pod(CLIENT).load(lab.pod(WEB), WEB_HTTP).requests(300, &Script::status(404)).run().await?;
        assert_eq!(before.answered(Answer::Status(404)), 300);

        let load = Steady::start(&lab)?;
        cast::remove_plugin(&lab).await?;
        let accounts = load.stop().await?;
        let after = lab.pod(CLIENT).load(lab.pod(WEB), WEB_HTTP).requests(100, &Script::status(404)).run().await?;
        assert_eq!(after.answered(Answer::Status(404)), 100);

        let rows = [(SOURCE, "client_error", "upstream", 300), (DESTINATION, "client_error", "application", 300)];
        let map = view::until_shown(&collector, &client.label(), &web.label(), &rows).await?;
        let edge = view::edge(&map, &client.label(), &web.label()).context("the edge")?;
        for side in [SOURCE, DESTINATION] {
            let answerer = if side == SOURCE { "upstream" } else { "application" };
            assert!(view::count(edge, (side, "ok", answerer, 0)) <= accounts[0].sent(), "{edge}");
        }
        assert_eq!((map.batches("lost"), map.batches("lost_exchanges")), (0, 0), "{}", map.0["completeness"]);
        collector.stop().await?;
        Ok(())
    });
}
