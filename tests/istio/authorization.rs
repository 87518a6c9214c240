//! What an AuthorizationPolicy denies: HTTP requests that no ALLOW rule matches, and TCP connections by ALLOW and by DENY.

use std::time::Duration;

use anyhow::Result;
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually, eventually_equals};
use hogusu_tests::istio::IstioLab;
use hogusu_tests::map::Map;
use hogusu_tests::script::Script;
use hogusu_tests::tcp::TcpScript;
use serde_json::{Value, json};

use crate::cast::{CLIENT, WEB, WEB_HTTP, WEB_TCP};
use crate::settled::until_settled;
use crate::view::{self, DESTINATION, Row, SOURCE};

const LIMIT: Duration = Duration::from_secs(60);
const DENIED: Answer = Answer::Status(403);
/// What the application is asked for, and nothing else answers.
const ANSWERED: Answer = Answer::Status(404);

fn policy(name: &str, action: &str, to: &Value) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": name, "namespace": "beta"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "action": action, "rules": [{"to": [{"operation": to}]}]},
    })
}

/// Asks until every answer is the one that a policy makes; how many were (denied, answered by web) in all.
async fn asked_until(lab: &IstioLab, wanted: Answer) -> Result<(u64, u64)> {
    let web = lab.pod(WEB);
    let account = until_settled(lab.pod(CLIENT).load(web, WEB_HTTP), &Script::status(404), web, wanted).await?;
    let (denied, answered) = (account.answered(DENIED), account.answered(ANSWERED));
    assert_eq!(denied + answered, account.sent(), "{account:?}");
    Ok((denied, answered))
}

/// TCP connections that a policy denies: the destination's proxy takes them and closes them.
async fn denied_connections(lab: &IstioLab, count: usize) -> Result<u64> {
    let load = lab.pod(CLIENT).tcp_load(lab.pod(WEB), WEB_TCP).connections(count, TcpScript::Echo, 100);
    let ends = load.run().await?;
    let echoed = ends.get(&("echo".to_owned(), "Echoed".to_owned()));
    assert_eq!(echoed, None, "{ends:?}");
    Ok(ends.values().sum())
}

/// Waits until an edge at a port of web shows these rows, beyond what it showed before.
async fn until_added(collector: &Collector, port: u16, before: &Map, rows: &[Row<'_>]) -> Result<()> {
    let count = |map: &Map, row: Row<'_>| {
        view::edge_at(map, "alpha/client-v1", "beta/web-v1", port).map_or(0, |edge| view::count(edge, row))
    };
    let wanted: Vec<_> = rows.iter().map(|row| count(before, *row) + row.3).collect();
    eventually_equals(&format!("web:{port} shows {rows:?} more"), LIMIT, &wanted, async || {
        let Ok(map) = Map::of(collector).await else { return Vec::new() };
        rows.iter().map(|row| count(&map, *row)).collect()
    })
    .await
}

/// Waits until no connection to web's proxy lives with a policy.
async fn until_forgotten(lab: &IstioLab) -> Result<()> {
    let admin = lab.pod(WEB).admin()?;
    eventually("web's proxy knows no policy", LIMIT, async || match admin.get("/config_dump").await {
        Ok(said) if said.contains("ns[beta]-policy[") => Seen::Waiting("it does".to_owned()),
        Ok(_) => Seen::Done(()),
        Err(error) => Seen::Waiting(format!("{error:#}")),
    })
    .await?;
    lab.pod(WEB).wait_until_drained().await
}

/// Policies on web, one after another, with the module counting HTTP and TCP at both ends. How many requests were sent.
pub async fn denials_are_outcomes_of_their_own(lab: &IstioLab, collector: &Collector) -> Result<u64> {
    let before = Map::of(collector).await?;
    // What no ALLOW rule matches is denied; on TCP no rule about paths matches.
    lab.kube().apply(&[policy("allow", "ALLOW", &json!({"paths": ["/open*"]}))]).await?;
    let (mut denied, mut answered) = asked_until(lab, DENIED).await?;
    let mut connections = denied_connections(lab, 8).await?;
    lab.kube().apply(&[policy("deny", "DENY", &json!({"ports": [WEB_TCP.to_string()]}))]).await?;
    lab.kube().delete("authorizationpolicy", "beta", "allow").await?;
    let open = asked_until(lab, ANSWERED).await?;
    (denied, answered) = (denied + open.0, answered + open.1);
    connections += denied_connections(lab, 7).await?;
    lab.kube().delete("authorizationpolicy", "beta", "deny").await?;
    until_forgotten(lab).await?;

    let rows = [
        (SOURCE, "client_error", "upstream", denied + answered),
        (DESTINATION, "denied", "local_proxy", denied),
        (DESTINATION, "client_error", "application", answered),
    ];
    until_added(collector, WEB_HTTP, &before, &rows).await?;
    // The source cannot tell: its connection was accepted, and closed in order.
    let rows = [(SOURCE, "ok", "upstream", connections), (DESTINATION, "denied", "nobody", connections)];
    until_added(collector, WEB_TCP, &before, &rows).await?;
    Ok(denied + answered)
}
