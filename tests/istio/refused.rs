//! What STRICT refuses ends before any HTTP or TCP filter sees it: only the listener's own access log tells of it. With the module
//! there each refused connection is counted once, beside everything else; without it every report says that nobody can see them.

use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually, eventually_equals};
use hogusu_tests::istio::{IstioLab, agent};
use hogusu_tests::map::Map;
use hogusu_tests::script::Script;
use hogusu_tests::tcp::TcpScript;
use serde_json::{Value, json};

use crate::cast::{self, CLIENT, LEGACY, WEB, WEB_HTTP, WEB_TCP};
use crate::on_lab;
use crate::strict;
use crate::view::{self, DESTINATION, SOURCE};

const LIMIT: Duration = Duration::from_secs(60);
const LISTENER_LOG: &str = "hogusu-listener";

/// The module as access logger of the sidecars' inbound listener, beside istiod's own.
fn listener_log(lab: &IstioLab) -> Value {
    let mut keys = lab.plugin("beta").keys;
    keys["hook"] = json!("listener_log");
    keys["flush_interval_ms"] = json!(500);
    keys["revision"] = json!("1");
    let logger = json!({
        "name": "envoy.access_loggers.wasm",
        "filter": {"response_flag_filter": {"flags": ["NR"]}},
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.wasm.v3.WasmAccessLog",
            "config": {
                "name": LISTENER_LOG, "root_id": "hogusu", "failure_policy": "FAIL_OPEN",
                "configuration": {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": keys.to_string()},
                "vm_config": {
                    "vm_id": "hogusu", "runtime": "envoy.wasm.runtime.v8", "code": {"local": {"filename": agent::MODULE}},
                },
            },
        },
    });
    json!({
        "apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter",
        "metadata": {"name": LISTENER_LOG, "namespace": "beta", "labels": {"app.kubernetes.io/part-of": "hogusu"}},
        "spec": {"priority": 10, "configPatches": [{
            "applyTo": "LISTENER",
            "match": {"context": "SIDECAR_INBOUND", "listener": {"name": "virtualInbound"}},
            "patch": {"operation": "MERGE", "value": {"access_log": [logger]}},
        }]},
    })
}

/// Waits until somebody reports from a listener.
async fn until_observed(collector: &Collector) -> Result<()> {
    eventually("a listener's own log reports", LIMIT, async || match Map::of(collector).await {
        Err(error) => Seen::Never(format!("{error:#}")),
        Ok(map) if map.0["completeness"]["refused_connections"]["observing"] == 1 => Seen::Done(()),
        Ok(map) => Seen::Waiting(map.0["completeness"].clone()),
    })
    .await
}

/// Five plaintext requests and four plaintext connections, all refused; seven requests over mutual TLS, all answered.
async fn send(lab: &IstioLab) -> Result<()> {
    let (client, web, legacy) = (lab.pod(CLIENT), lab.pod(WEB), lab.pod(LEGACY));
    let refused = legacy.load_to_address(web, WEB_HTTP).requests(5, &Script::default()).run().await?;
    assert_eq!(refused.answered(Answer::Reset), 5, "{refused:?}");
    let refused = legacy.tcp_load_to_address(web, WEB_TCP).connections(4, TcpScript::Echo, 10).run().await?;
    assert_eq!(refused, [(("echo".to_owned(), "Reset".to_owned()), 4)].into());
    let answered = client.load(web, WEB_HTTP).requests(7, &Script::default()).run().await?;
    assert_eq!(answered.answered(Answer::Status(200)), 7, "{answered:?}");
    Ok(())
}

/// Waits until `denied` connections to this port are on the map.
async fn until_denied(collector: &Collector, source: &str, port: u16, denied: u64) -> Result<Map> {
    eventually(&format!("{denied} refused connections to {port} are on the map"), LIMIT, async || {
        let map = match Map::of(collector).await {
            Ok(map) => map,
            Err(error) => return Seen::Never(format!("{error:#}")),
        };
        let found = map.edges().iter().find(|edge| is_refusal(edge, source, port));
        match found.and_then(|edge| edge[DESTINATION]["count"].as_u64()) {
            Some(count) if count > denied => Seen::Never(format!("{count} are: {}", map.0)),
            Some(count) if count == denied => Seen::Done(map),
            _ => Seen::Waiting(map.0),
        }
    })
    .await
}

/// Connections that no filter chain took, by istiod's own access log.
fn unmatched(lab: &IstioLab) -> u64 {
    let entries = lab.pod(WEB).access_log().expect("an access log");
    entries.iter().filter(|entry| entry.flags == "NR" && entry.details == "filter_chain_not_found").count() as u64
}

fn is_refusal(edge: &Value, source: &str, port: u16) -> bool {
    edge["protocol"] == "tcp"
        && edge["source"]["label"] == source
        && edge["destination"]["label"] == "beta/web-v1"
        && edge["destination"]["port"] == port
}

#[test]
fn connections_that_strict_refuses_are_counted_once_where_the_listener_has_our_log() {
    on_lab("refused", async |_, mut lab| {
        let (mut collector, _window) = cast::start(&mut lab).await?;
        lab.kube().apply(&[listener_log(&lab)]).await?;
        cast::apply(&lab, &cast::plugins(&lab, "1")).await?;
        until_observed(&collector).await?;
        lab.kube().apply(&[strict::policy()]).await?;
        let before = strict::until_refused(&lab).await?;
        send(&lab).await?;

        let source = lab.pod(LEGACY).address().to_string();
        let rows = [(SOURCE, "ok", "upstream", 7), (DESTINATION, "ok", "application", 7)];
        view::until_shown(&collector, "alpha/client-v1", "beta/web-v1", &rows).await?;
        until_denied(&collector, &source, WEB_TCP, 4).await?;
        let map = until_denied(&collector, &source, WEB_HTTP, before + 5).await?;
        for port in [WEB_HTTP, WEB_TCP] {
            let edge = map.edges().iter().find(|edge| is_refusal(edge, &source, port)).context("an edge")?;
            let outcomes = edge[DESTINATION]["outcomes"].as_array().context("outcomes")?;
            let [row] = outcomes.as_slice() else { panic!("one outcome: {edge}") };
            let said = (&row["outcome"], &row["reason"], &row["answered_by"]);
            assert_eq!(said, (&json!("denied"), &json!("no_filter_chain"), &json!("nobody")), "{edge}");
            assert_eq!(edge["security"]["state"], "unknown", "nothing was secured: {edge}");
        }
        let of_connections = map.edges().iter().filter(|edge| edge["protocol"] == "tcp").count();
        assert_eq!(of_connections, 2, "counted elsewhere, too: {}", map.0);
        // Envoy's own account of what no filter chain took.
        eventually_equals("Envoy's own account of them", LIMIT, &(before + 9), async || unmatched(&lab)).await?;
        // Of three proxies one is a gateway; of the two sidecars, the log is in beta alone.
        let refused = &map.0["completeness"]["refused_connections"];
        assert_eq!(refused["statement"], "refused connections observed by 1 of 2 sidecars", "{refused}");

        lab.kube().delete("envoyfilter", "beta", LISTENER_LOG).await?;
        collector.stop().await?;
        Ok(())
    });
}

#[test]
fn without_our_log_on_the_listener_every_report_says_that_refusals_are_not_observed() {
    on_lab("refused_unseen", async |_, mut lab| {
        let (mut collector, _window) = cast::start(&mut lab).await?;
        lab.kube().apply(&[strict::policy()]).await?;
        cast::apply(&lab, &cast::plugins(&lab, "1")).await?;
        strict::until_refused(&lab).await?;
        send(&lab).await?;
        let rows = [(SOURCE, "ok", "upstream", 7), (DESTINATION, "ok", "application", 7)];
        let map = view::until_shown(&collector, "alpha/client-v1", "beta/web-v1", &rows).await?;
        assert_eq!(map.edges().len(), 1, "{}", map.0);
        let statement = "refused connections not observed";
        assert_eq!(map.0["completeness"]["refused_connections"]["statement"], statement);
        let table = collector.run(&["map"]).await?;
        assert!(format!("{table:?}").contains(statement), "{table:?}");
        collector.stop().await?;
        Ok(())
    });
}
