//! The module as a file in the pod: attempts by the router's log and TCP connections by the access logger, beside the plugin that
//! istiod delivers for HTTP. Both reporters are compared under retries, timeouts, resets and failed handshakes.

use std::time::Duration;

use anyhow::Result;
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::IstioLab;
use hogusu_tests::map::{self, Map};
use hogusu_tests::script::{End, Script};
use hogusu_tests::tcp::TcpScript;
use serde_json::{Value, json};

use crate::authorization;
use crate::cast::{self, CLIENT, GATEWAY, LEGACY, PUBLIC_HOST, WEB, WEB_HTTP, WEB_TCP};
use crate::on_lab;
use crate::settled::until_settled;
use crate::view;

const LIMIT: Duration = Duration::from_secs(60);
/// How long the source's proxy waits for the application where its patience is limited; much longer than an answer takes.
const PATIENCE: &str = "2s";
/// Milliseconds that the application takes where it is to be waited for in vain.
const TOO_LATE: u64 = 8_000;

/// The chart's values for the whole cast, with the module as a file.
fn values(lab: &IstioLab) -> Value {
    let mut values = lab.values(json!({"namespaces": ["alpha", "beta", "edge"]}));
    values["filter"]["config"]["measure"] = json!({"bytes": true});
    values["moduleFile"] = json!({"enabled": true});
    values
}

/// Waits until every proxy reports by the hooks that its listeners have, and no connection lives without them.
async fn until_hooked(lab: &IstioLab, collector: &Collector) -> Result<()> {
    let hooks = [
        (CLIENT, &["access_log", "http_filter", "upstream_log"][..]),
        (WEB, &["access_log", "http_filter", "upstream_log"]),
        (GATEWAY, &["http_filter", "upstream_log"]),
    ];
    for (key, hooks) in hooks {
        let label = lab.pod(key).workload().label();
        eventually(&format!("{label} reports by {hooks:?}"), LIMIT, async || match map::senders(collector).await {
            Err(error) => Seen::Never(format!("{error:#}")),
            Ok(mut senders) => {
                senders.retain(|sender| sender["workload"] == label.as_str());
                let reports = |hook: &&str| senders.iter().any(|sender| sender["hook"] == *hook);
                if hooks.iter().all(reports) { Seen::Done(()) } else { Seen::Waiting(json!(senders)) }
            }
        })
        .await?;
        lab.pod(key).wait_until_drained().await?;
    }
    Ok(())
}

/// Routes of web, each with its own way to fail: retries, timeouts of the request and of each try, a certificate that does not
/// fit.
fn routes() -> [Value; 2] {
    let host = "web.beta.svc.cluster.local";
    let to = |subset: &str| json!([{"destination": {"host": host, "subset": subset}}]);
    let somebody = json!(["spiffe://cluster.local/ns/beta/sa/somebody"]);
    [
        json!({
            "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": {"name": "web", "namespace": "beta"},
            "spec": {"host": host, "subsets": [
                {"name": "v1", "labels": {"version": "v1"}},
                {"name": "misfit", "trafficPolicy": {"tls": {"mode": "ISTIO_MUTUAL", "subjectAltNames": somebody}}},
            ]},
        }),
        json!({
            "apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "web", "namespace": "beta"},
            "spec": {"hosts": [host], "http": [
                {"match": [{"uri": {"prefix": "/retry"}}], "route": to("v1"), "retries": {"attempts": 2, "retryOn": "5xx"}},
                {"match": [{"uri": {"prefix": "/timeout"}}], "route": to("v1"), "timeout": PATIENCE, "retries": {"attempts": 0}},
                {"match": [{"uri": {"prefix": "/try"}}], "route": to("v1"),
                 "retries": {"attempts": 1, "perTryTimeout": PATIENCE, "retryOn": "5xx"}},
                {"match": [{"uri": {"prefix": "/misfit"}}], "route": to("misfit"), "retries": {"attempts": 2, "retryOn": "connect-failure"}},
                {"match": [{"port": WEB_HTTP}], "route": to("v1"), "retries": {"attempts": 0}},
            ]},
        }),
    ]
}

/// Waits until the source's proxy knows where the routes lead, and has the routes.
async fn until_routed(lab: &IstioLab) -> Result<()> {
    let (client, web) = (lab.pod(CLIENT), lab.pod(WEB));
    let misfit = client.load(web, WEB_HTTP).path("/misfit");
    until_settled(misfit, &Script::default(), web, Answer::Status(503)).await?;
    let admin = client.admin()?;
    let host = "web.beta.svc.cluster.local";
    eventually("the source's proxy knows both subsets", LIMIT, async || match admin.get("/clusters").await {
        Ok(said) if ["v1", "misfit"].iter().all(|subset| said.contains(&format!("|{subset}|{host}::10."))) => {
            Seen::Done(())
        }
        Ok(said) => Seen::Waiting(said.lines().filter(|line| line.contains(host)).collect::<Vec<_>>().join("\n")),
        Err(error) => Seen::Waiting(format!("{error:#}")),
    })
    .await
}

/// Path, script, requests over so many connections, answer; of each request: attempts, undetermined, not connected, arrived.
type Way<'a> = (&'a str, &'a Script, u64, usize, Answer, [u64; 4]);

/// Sends on every route; (attempts, undetermined ones with connect failures, connect failures, those that reached the destination).
async fn send(lab: &IstioLab) -> Result<[u64; 4]> {
    let (client, web) = (lab.pod(CLIENT), lab.pod(WEB));
    let slow = Script::default().delay_ms(TOO_LATE);
    let slow_once = Script::default().first_attempt(slow.clone());
    let failing_once = Script::default().first_attempt(Script::status(503));
    let plan: [Way<'_>; 9] = [
        ("/", &Script::default(), 100, 2, Answer::Status(200), [1, 0, 0, 1]),
        ("/", &Script::status(404), 50, 2, Answer::Status(404), [1, 0, 0, 1]),
        ("/retry", &failing_once, 14, 2, Answer::Status(200), [2, 0, 0, 2]),
        ("/retry", &Script::status(500), 15, 2, Answer::Status(500), [3, 0, 0, 3]),
        // All wait at the same time.
        ("/timeout", &slow, 13, 13, Answer::Status(504), [1, 1, 0, 1]),
        ("/try", &slow_once, 7, 7, Answer::Status(200), [2, 1, 0, 2]),
        // The destination's proxy answers for its application.
        ("/", &Script::ending(End::ResetBeforeHeaders), 6, 2, Answer::Status(503), [1, 0, 0, 1]),
        ("/", &Script::ending(End::ResetMidBody), 5, 2, Answer::Broken(200), [1, 0, 0, 1]),
        ("/misfit", &Script::default(), 9, 2, Answer::Status(503), [3, 3, 3, 0]),
    ];
    let mut sums = [0; 4];
    for (path, script, count, connections, wanted, each) in plan {
        let load = client.load(web, WEB_HTTP).path(path).connections(connections);
        let load = load.requests(usize::try_from(count)?, script);
        let account = load.run().await?;
        assert_eq!(account.answered(wanted), count, "{path}: {account:?}");
        sums.iter_mut().zip(each).for_each(|(sum, each)| *sum += count * each);
    }
    Ok(sums)
}

/// The edge at a port of web, once both reporters and the source's router count so much.
async fn edge_that_counts(collector: &Collector, source: &str, port: u16, counts: [Option<u64>; 3]) -> Result<Value> {
    eventually(&format!("{source} -> web:{port} counts {counts:?}"), LIMIT, async || {
        let map = match Map::of(collector).await {
            Ok(map) => map,
            Err(error) => return Seen::Never(format!("{error:#}")),
        };
        let Some(edge) = view::edge_at(&map, source, "beta/web-v1", port) else { return Seen::Waiting(map.0) };
        let numbers =
            [&edge["source_report"]["count"], &edge["destination_report"]["count"], &edge["agreement"]["attempts"]];
        let counted = numbers.map(Value::as_u64);
        if counted == counts { Seen::Done(edge.clone()) } else { Seen::Waiting(edge.clone()) }
    })
    .await
}

/// Rule 7 of the design, and that its bounds are as tight as what was sent.
fn assert_agreement(edge: &Value, [attempts, undetermined, not_connected, arrived]: [u64; 4]) {
    let agreement = &edge["agreement"];
    let number = |name: &str| agreement[name].as_u64();
    assert_eq!(agreement["state"], "agree", "{edge}");
    assert_eq!(number("attempts"), Some(attempts), "{edge}");
    assert_eq!(
        (number("undetermined"), number("connect_failures")),
        (Some(undetermined), Some(not_connected)),
        "{edge}"
    );
    assert_eq!(number("requests_at_destination"), Some(arrived), "{edge}");
    assert!(attempts - undetermined <= arrived && arrived <= attempts - not_connected, "{edge}");
}

#[test]
fn attempts_and_tcp_connections_and_their_denials_are_counted_by_the_module_as_a_file() {
    on_lab("hooks", async |_, mut lab| {
        let (mut collector, _window) = cast::start_with_chart(&mut lab).await?;
        lab.kube().apply(&routes()).await?;
        until_routed(&lab).await?;
        let mut values = values(&lab);
        lab.install_chart(&values).await?;
        until_hooked(&lab, &collector).await?;
        let (client, web, legacy) = (lab.pod(CLIENT), lab.pod(WEB), lab.pod(LEGACY));
        for key in [CLIENT, WEB, GATEWAY] {
            let admin = lab.pod(key).admin()?;
            assert_eq!(admin.sum("update_rejected$").await?, 0, "{key}");
            // One for each of two workers, the main thread's, and the one they are copied from: the hooks share them.
            assert_eq!(admin.sum(r"^wasm\..*\.active$").await?, 4, "{key}");
        }

        let sums = send(&lab).await?;
        let public = legacy.load_through(lab.pod(GATEWAY), WEB_HTTP, PUBLIC_HOST);
        assert_eq!(public.requests(40, &Script::default()).run().await?.answered(Answer::Status(200)), 40);
        let edge = edge_that_counts(&collector, "alpha/client-v1", WEB_HTTP, [Some(219), Some(sums[3]), Some(sums[0])])
            .await?;
        assert_agreement(&edge, sums);
        // The gateway asks for somebody else: its certificate alone says who it is.
        let edge = edge_that_counts(&collector, "edge/gateway-v1", WEB_HTTP, [Some(40), Some(40), Some(40)]).await?;
        assert_agreement(&edge, [40, 0, 0, 40]);

        tcp_connections_are_right(&lab, &collector).await?;
        let further = authorization::denials_are_outcomes_of_their_own(&lab, &collector).await? + 50;
        let map = Map::of(&collector).await?;
        assert_eq!(map.findings("hook_conflict"), [] as [&str; 0]);

        // Without its file Envoy refuses the listeners that name it, and goes on with those that it has.
        values["moduleFile"]["path"] = json!("/var/lib/hogusu/absent.wasm");
        lab.install_chart(&values).await?;
        client.wait_for_stat(r"^listener_manager\.lds\.update_rejected$", LIMIT, |count| count > 0).await?;
        let account = client.load(web, WEB_HTTP).requests(50, &Script::default()).run().await?;
        assert_eq!(account.answered(Answer::Status(200)), 50, "{account:?}");
        let edge = edge_that_counts(
            &collector,
            "alpha/client-v1",
            WEB_HTTP,
            [Some(219 + further), Some(sums[3] + further), Some(sums[0] + further)],
        )
        .await?;
        assert_eq!(edge["agreement"]["state"], "agree", "{edge}");
        collector.stop().await?;
        Ok(())
    });
}

/// Counts, bytes, outcomes, principals and security of TCP connections: from a sidecar, and in plaintext from a pod without one.
async fn tcp_connections_are_right(lab: &IstioLab, collector: &Collector) -> Result<()> {
    let (client, web, legacy) = (lab.pod(CLIENT), lab.pod(WEB), lab.pod(LEGACY));
    let load = client.tcp_load(web, WEB_TCP).connections(20, TcpScript::Echo, 1_000);
    let ends = load.connections(6, TcpScript::Reset, 10).connections(7, TcpScript::Silent, 10).run().await?;
    let wanted = [("echo", "Echoed", 20), ("reset", "Reset", 6), ("silent", "Left", 7)];
    assert_eq!(ends, wanted.map(|(script, end, count)| ((script.to_owned(), end.to_owned()), count)).into());
    let echoes = legacy.tcp_load_to_address(web, WEB_TCP).connections(9, TcpScript::Echo, 100).run().await?;
    assert_eq!(echoes, [(("echo".to_owned(), "Echoed".to_owned()), 9)].into());

    // Each connection begins with a line that names its script; a silent one is answered by one byte.
    let bytes = json!({"received": 20 * 1_005 + 6 * 16 + 7 * 17, "sent": 20 * 1_005 + 7});
    let edge = edge_that_counts(collector, "alpha/client-v1", WEB_TCP, [Some(33), Some(33), None]).await?;
    for (side, answerer) in [("source_report", "upstream"), ("destination_report", "application")] {
        assert_eq!(edge[side]["bytes"], bytes, "{edge}");
        assert_eq!(view::count(&edge, (side, "ok", answerer, 0)), 27, "{edge}");
        assert_eq!(view::count(&edge, (side, "reset_after_headers", answerer, 0)), 6, "{edge}");
        assert_eq!(edge[side]["principals"]["source"], json!([client.workload().principal()]), "{edge}");
        assert_eq!(edge[side]["principals"]["destination"], json!([web.workload().principal()]), "{edge}");
    }
    assert_eq!(
        (&edge["security"]["state"], &edge["agreement"]["state"]),
        (&json!("mutual_tls"), &json!("agree")),
        "{edge}"
    );

    let edge = edge_that_counts(collector, &legacy.workload().label(), WEB_TCP, [None, Some(9), None]).await?;
    assert_eq!(edge["destination_report"]["bytes"], json!({"received": 9 * 105, "sent": 9 * 105}), "{edge}");
    assert_eq!(edge["security"]["state"], "plaintext", "{edge}");
    Ok(())
}
