//! The keys under which Istio's own filters leave a peer's identity, set here by Envoy's set_filter_state filter, as vanilla Envoy
//! has none of Istio's. Principals are strings and are the same objects as Istio's. Peer objects have fields, which that filter
//! cannot make: of them it is held here that an object of another shape under the same key is no peer and disturbs nothing.

use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::map::{self, Map, Sent, until_counted};
use hogusu_tests::mesh::{Edge, MeshBuilder, Protocol, Security, Service, Workload};
use hogusu_tests::scenario;
use hogusu_tests::script::Script;
use serde_json::{Value, json};

use crate::shop::logger;

const LIMIT: std::time::Duration = std::time::Duration::from_secs(40);
const CLIENT: &str = "spiffe://cluster.local/ns/alpha/sa/client";
const WAYPOINT: &str = "spiffe://cluster.local/ns/shop/sa/waypoint";

/// Sets objects of these keys, by these factories, from these texts.
fn set_filter_state(objects: &[(&str, &str, &str)]) -> Value {
    let values = objects.iter().map(|(key, factory, text)| {
        json!({
            "object_key": key, "factory_key": factory,
            "format_string": {"text_format_source": {"inline_string": text}},
        })
    });
    json!({
        "name": "set_filter_state",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config",
            "on_request_headers": values.collect::<Vec<_>>(),
        },
    })
}

/// The map after 20 plaintext requests of a workload without a proxy to one whose listener sets these objects.
async fn map_with(
    workdir: &hogusu_tests::workdir::Workdir,
    objects: &[(&str, &str, &str)],
) -> anyhow::Result<(Map, Vec<Value>, String)> {
    let builder = MeshBuilder::new("demo", workdir)?;
    let mut collector = Collector::start(builder.collector_address(), &workdir.folder("collector")?, &[]).await?;
    let orders = Workload::new("shop", "orders").plugin(logger()).extra_filter("inbound", set_filter_state(objects));
    let mesh = builder
        .workload(Workload::new("legacy", "batch").without_proxy())
        .workload(orders)
        .service(Service::new("shop", "orders", Protocol::Http1))
        .edge(Edge::new("legacy/batch", "orders.shop").security(Security::Plaintext))
        .start()
        .await?;
    let account = mesh.load("legacy/batch", "orders.shop")?.requests(20, Script::default()).run().await;
    assert_eq!(account.answered(Answer::Status(200)), 20, "{:?}", account.by_answer());
    mesh.settle().await?;
    let address = mesh.layout().workload("legacy/batch")?.address.to_string();
    let sent = Sent { at_source: 0, ..Sent::requests(&address, "shop/orders", 20) };
    let map = until_counted(&collector, &[sent], LIMIT, |_| true).await?;
    let senders = map::senders(&collector).await?;
    mesh.stop().await?;
    collector.stop().await?;
    Ok((map, senders, address))
}

#[test]
fn a_principal_that_a_waypoint_hands_on_is_mutual_tls_with_that_principal() {
    scenario::run("waypoint_principal", async |workdir| {
        // Istio's waypoints make both by this factory.
        let objects = [
            ("io.istio.peer_principal", "envoy.hashable_string", CLIENT),
            ("io.istio.local_principal", "envoy.hashable_string", WAYPOINT),
        ];
        let (map, senders, _) = map_with(workdir, &objects).await?;
        let edge = &map.edges()[0];
        assert_eq!(edge["security"]["state"], "mutual_tls", "{edge}");
        assert_eq!(edge["security"]["destination"]["mutual_tls"], json!(20));
        let principals = &edge["destination_report"]["principals"];
        assert_eq!(*principals, json!({"source": [CLIENT], "destination": [WAYPOINT]}), "{edge}");
        assert!(map.findings("plaintext").is_empty(), "{:?}", map.0["findings"]);
        assert!(senders.iter().all(|sender| sender["counters"]["host_errors"] == 0), "{senders:?}");
        Ok(())
    });
}

#[test]
fn an_object_of_another_shape_under_a_peers_key_names_nobody_and_disturbs_nothing() {
    scenario::run("shapes_of_peers", async |workdir| {
        let objects = [
            // One that has fields, others than a peer's; and one that has none.
            ("downstream_peer_obj", "envoy.network.transport_socket.original_dst_address", "10.9.8.7:80"),
            ("downstream_peer", "envoy.string", "workload"),
        ];
        let (map, senders, address) = map_with(workdir, &objects).await?;
        let edge = &map.edges()[0];
        assert_eq!((&edge["source"]["kind"], &edge["source"]["name"]), (&json!("address"), &json!(address)), "{edge}");
        assert_eq!(edge["security"]["state"], "plaintext");
        assert!(senders.iter().all(|sender| sender["counters"]["host_errors"] == 0), "{senders:?}");
        Ok(())
    });
}
