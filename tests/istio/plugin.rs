//! The filter's life under real Istio: applied to a running mesh, removed from it, both under load.

use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::client::Answer;
use hogusu_tests::istio::IstioLab;
use hogusu_tests::istio::app::{AppLoad, RunningLoad};
use hogusu_tests::load::Account;
use hogusu_tests::script::Script;
use hogusu_tests::tcp::TcpScript;
use serde_json::json;

use crate::cast::{self, CLIENT, LEGACY, WEB, WEB_HTTP, WEB_TCP};
use crate::on_lab;
use crate::view::{self, DESTINATION, SOURCE};

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
        cast::apply_plugin(&lab).await?;
        load.stop().await?;

        let (client, web, legacy) = (lab.pod(CLIENT), lab.pod(WEB), lab.pod(LEGACY));
        let echoes = client.tcp_load(web, WEB_TCP).connections(20, TcpScript::Echo, 1_000).run().await?;
        assert_eq!(echoes, [(("echo".to_owned(), "Echoed".to_owned()), 20)].into());
        let of = |load: AppLoad| load.requests(300, &Script::status(404)).requests(30, &Script::status(500));
        for load in [client.load(web, WEB_HTTP), client.load(legacy, WEB_HTTP), legacy.load_to_address(web, WEB_HTTP)] {
            let account = of(load).run().await?;
            assert_eq!((account.answered(Answer::Status(404)), account.answered(Answer::Status(500))), (300, 30));
        }

        for (key, direction, answers) in [(CLIENT, "outbound", 2), (WEB, "inbound", 2)] {
            let entries = lab.pod(key).access_log()?;
            let with =
                |code| entries.iter().filter(|entry| entry.is(direction, "http") && entry.code == Some(code)).count();
            assert_eq!(
                (with(404), with(500)),
                (answers * 300, answers * 30),
                "Envoy's own account of {key}, {direction}"
            );
        }

        let at_source = [(SOURCE, "client_error", "upstream", 300), (SOURCE, "server_error", "upstream", 30)];
        let at_destination =
            [(DESTINATION, "client_error", "application", 300), (DESTINATION, "server_error", "application", 30)];
        let (client, web) = (client.workload(), web.workload());
        let both = [at_source, at_destination].concat();
        let map = view::until_shown(&collector, &client.label(), &web.label(), &both).await?;
        let edge = view::edge(&map, &client.label(), &web.label()).context("the edge")?;
        assert_eq!(edge["security"]["state"], "mutual_tls", "{edge}");
        assert_eq!(edge["source"]["principals"], json!([client.principal()]), "{edge}");
        assert_eq!(edge["destination"]["principals"], json!([web.principal()]), "{edge}");

        let map = view::until_shown(&collector, &client.label(), "beta/legacy-v1", &at_source).await?;
        let edge = view::edge(&map, &client.label(), "beta/legacy-v1").context("the edge")?;
        assert_eq!(edge["security"]["state"], "plaintext", "{edge}");

        let legacy = legacy.address().to_string();
        let map = view::until_shown(&collector, &legacy, &web.label(), &at_destination).await?;
        let edge = view::edge(&map, &legacy, &web.label()).context("the edge")?;
        assert_eq!(edge["security"]["state"], "plaintext", "{edge}");
        assert_eq!(map.edges().len(), 3, "{}", map.0);
        collector.stop().await?;
        Ok(())
    });
}

#[test]
fn removed_under_load_it_counted_exactly_and_fails_nothing() {
    on_lab("removed_under_load", async |_, mut lab| {
        let (mut collector, _window) = cast::start(&mut lab).await?;
        cast::apply_plugin(&lab).await?;
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
        println!("{}", map.0["completeness"]);
        collector.stop().await?;
        Ok(())
    });
}
