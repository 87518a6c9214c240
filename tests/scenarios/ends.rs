//! Every end that a real Envoy can be brought to here, at both reporters: what Hogusu counts is what docs/ends.md says, what the
//! page calls `real` is what this Envoy really said, and the page has every flag and detail string of its binary.

mod app;
mod ask;
mod bench;
mod binary;
mod connections;
mod page;
mod places;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::scenario;
use hogusu_tests::workdir::Workdir;
use serde_json::{Value, json};

use self::ask::Ask;
use self::bench::{Bench, Counts, Place, expected, said};

const INJECTED: &str = "envoy.resource_monitors.injected_resource";

fn cluster(name: &str, endpoints: &[SocketAddr], more: &Value) -> Value {
    let endpoint = |at: &SocketAddr| {
        let address = json!({"address": at.ip().to_string(), "port_value": at.port()});
        json!({"endpoint": {"address": {"socket_address": address}}})
    };
    let hosts: Vec<_> = endpoints.iter().map(endpoint).collect();
    let mut cluster = json!({
        "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
        "name": name, "type": "STATIC", "connect_timeout": "2s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": hosts}]},
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        match key.as_str() {
            "policy" => cluster["load_assignment"]["policy"] = value.clone(),
            _ => cluster[key] = value.clone(),
        }
    }
    cluster
}

fn clusters([http, tcp, gone]: [SocketAddr; 3]) -> Vec<Value> {
    const HTTP: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    let limited = json!({"typed_extension_protocol_options": {HTTP: {
        "@type": format!("type.googleapis.com/{HTTP}"),
        "common_http_protocol_options": {"max_stream_duration": "0.3s"},
        "explicit_http_config": {"http_protocol_options": {}},
    }}});
    let http2 = json!({"typed_extension_protocol_options": {HTTP: {
        "@type": format!("type.googleapis.com/{HTTP}"),
        "explicit_http_config": {"http2_protocol_options": {}},
    }}});
    let dropped = |numerator: u32| {
        let share = json!({"numerator": numerator, "denominator": "MILLION"});
        json!({"policy": {"drop_overloads": [{"category": "x", "drop_percentage": share}]}})
    };
    let full = json!({"circuit_breakers": {"thresholds": [{"max_connections": 0, "max_pending_requests": 0, "max_requests": 0}]}});
    vec![
        cluster("app", &[http], &json!({})),
        cluster("echo", &[tcp], &json!({})),
        cluster("one of two", &[gone, tcp], &json!({})),
        cluster("gone", &[gone], &json!({})),
        cluster("gone service", &[gone], &http2),
        cluster("empty", &[], &json!({})),
        cluster("full", &[http], &full),
        cluster("limited", &[http], &limited),
        cluster("dropped", &[http], &dropped(1_000_000)),
        cluster("nearly dropped", &[http], &dropped(999_999)),
    ]
}

/// What the places count, beside what they should.
fn assert_counted(counts: &Counts, expected: &Counts) {
    let wrong: Vec<_> = expected
        .iter()
        .filter(|(place, ends)| counts.get(*place) != Some(ends))
        .map(|(place, ends)| format!("{place}: {:?}, should be {ends:?}", counts.get(place)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(counts.len(), expected.len());
}

fn total(counts: &Counts) -> u64 {
    counts.values().flat_map(BTreeMap::values).sum()
}

#[test]
fn exchanges_end_as_the_page_says() {
    scenario::run("ends", async |workdir| {
        let pressure = workdir.folder("pressure")?.join("now");
        std::fs::write(&pressure, "0")?;
        let monitor = json!({"name": INJECTED, "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.resource_monitors.injected_resource.v3.InjectedResourceConfig",
            "filename": pressure,
        }});
        let action = json!({"name": "envoy.overload_actions.stop_accepting_requests",
            "triggers": [{"name": INJECTED, "threshold": {"value": 0.5}}]});
        let extra = json!({"overload_manager":
            {"refresh_interval": "0.1s", "resource_monitors": [monitor], "actions": [action]}});

        let mut places = [places::all(), connections::all()].concat();
        let bench = Bench::start(workdir, "envoy", &places, clusters, extra).await?;
        bench.ask(&places).await?;
        // The connections beside those that took the only place.
        let crowded = places.iter_mut().find(|place| place.name == "places").expect("a place with one place");
        crowded.asks.extend([(Ask::Echo, ("overflow", "nobody")), (Ask::Echo, ("overflow", "nobody"))]);
        bench.counted(total(&expected(&places))).await?;

        let new = workdir.path().join("pressure/new");
        std::fs::write(&new, "0.9")?;
        std::fs::rename(&new, &pressure)?;
        bench.until_overloaded().await?;
        let plain = places.iter().position(|place| place.name == "plain").expect("a plain place");
        let overloaded =
            Place { asks: vec![(Ask::Get("answer"), ("overflow", "local_proxy"))], ..places[plain].clone() };
        bench.ask(std::slice::from_ref(&overloaded)).await?;
        places[plain].asks.extend(overloaded.asks);

        let (counts, entries) = bench.counted(total(&expected(&places))).await?;
        assert_counted(&counts, &expected(&places));
        let mut heard = said(&entries);
        heard.extend(drained(workdir).await?);
        page::assert_real(&heard);
        Ok(())
    });
}

/// Listeners go while exchanges are open: at the end of the drain the proxy closes their connections. Returns what Envoy said.
async fn drained(workdir: &Workdir) -> Result<BTreeSet<String>> {
    const AFTER: bench::End = ("reset_after_headers/proxy_closed", "upstream");
    let asks = vec![
        (Ask::Get("part, silence"), AFTER),
        (Ask::Get("part 503, silence"), AFTER),
        (Ask::Get("silence"), ("reset_before_headers/proxy_closed", "nobody")),
    ];
    let mut place = places::all().into_iter().find(|place| place.name == "plain").expect("a plain place");
    place.asks = asks;
    let mut bench = Bench::start(workdir, "draining", std::slice::from_ref(&place), clusters, json!({})).await?;
    let mut open = tokio::task::JoinSet::new();
    for side in bench::SIDES {
        let at = bench.at(&format!("{side}/plain"))?;
        for (ask, _) in place.asks.clone() {
            open.spawn(async move { ask.run(at).await });
        }
    }
    let admin = bench.envoy.admin();
    eventually("every request is with the application", Duration::from_secs(30), async || {
        match admin.sum("cluster.app.upstream_rq_active").await {
            Ok(6) => Seen::Done(()),
            other => Seen::Waiting(format!("{other:?}")),
        }
    })
    .await?;
    bench.envoy.set_listeners(&[]).await?;
    while let Some(ended) = open.join_next().await {
        ended??;
    }
    let should = expected(std::slice::from_ref(&place));
    let (counts, entries) = bench.counted(total(&should)).await?;
    assert_counted(&counts, &should);
    Ok(said(&entries))
}

#[test]
fn the_page_has_every_flag_and_every_detail_of_the_real_proxy() {
    binary::assert_complete();
}
