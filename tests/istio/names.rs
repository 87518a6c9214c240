//! Every kind of destination and source that Istio knows shows on the map under the name that Istio writes.

use std::time::Duration;

use anyhow::Result;
use hogusu_tests::client::Answer;
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::chart;
use hogusu_tests::istio::pod::Pod;
use hogusu_tests::istio::window::Window;
use hogusu_tests::istio::{IstioLab, Workload};
use hogusu_tests::map::Map;
use hogusu_tests::script::Script;
use hogusu_tests::tcp::TcpScript;
use serde_json::{Value, json};

use crate::on_lab;
use crate::view::{self, DESTINATION, Row, SOURCE};

const LIMIT: Duration = Duration::from_secs(60);
const MESHED: [&str; 4] = ["alpha/client", "alpha/closed", "beta/web-v1", "beta/web-v2"];
const WEB_SERVICE: &str = "web.beta.svc.cluster.local:8080";
const BLACK_HOLE: &str = "BlackHoleCluster";
const PARTS: &str = "parts.beta.svc.cluster.local:8080";
const HTTP: u16 = 8080;
const UNDECLARED: u16 = 9090;
const OUTSIDE_TCP: u16 = 7777;

fn workloads() -> [Workload; 5] {
    let (label, file) = chart::MODULE_LABEL;
    let meshed = |namespace, name| Workload::new(namespace, name).labelled(label, file);
    let web = meshed("beta", "web").http(HTTP);
    [
        meshed("alpha", "client"),
        meshed("alpha", "closed"),
        web.clone().port("plain", UNDECLARED),
        web.version("v2"),
        Workload::new("outside", "machine").http(HTTP).tcp(OUTSIDE_TCP).outside(),
    ]
}

fn objects(lab: &IstioLab) -> Vec<Value> {
    let host = "web.beta.svc.cluster.local";
    let version = |name: &str| {
        json!({
            "match": [{"uri": {"prefix": format!("/{name}")}, "port": HTTP}],
            "route": [{"destination": {"host": host, "subset": name, "port": {"number": HTTP}}}],
        })
    };
    let subset = |name: &str| json!({"name": name, "labels": {"version": name}});
    let endpoint = |key: &str| {
        json!({
            "addresses": [lab.pod(key).address()], "nodeName": "node1", "conditions": {"ready": true},
            "targetRef": {"kind": "Pod", "name": lab.pod(key).workload().pod(), "namespace": "beta"},
        })
    };
    vec![
        json!({
            "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule",
            "metadata": {"name": "web", "namespace": "beta"},
            "spec": {
                "host": host, "subsets": [subset("v1"), subset("v2")],
                // A connection is counted when it ends.
                "trafficPolicy": {"portLevelSettings": [
                    {"port": {"number": UNDECLARED}, "connectionPool": {"http": {"idleTimeout": "1s"}}},
                ]},
            },
        }),
        json!({
            "apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
            "metadata": {"name": "web", "namespace": "beta"},
            "spec": {"hosts": [host], "http": [version("v1"), version("v2"), {
                "match": [{"port": UNDECLARED}], "route": [{"destination": {"host": host, "port": {"number": UNDECLARED}}}],
            }]},
        }),
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "parts", "namespace": "beta"},
            "spec": {"clusterIP": "None", "selector": {"app": "web"}, "ports": [{"name": "http", "port": HTTP}]},
        }),
        json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": "parts", "namespace": "beta", "labels": {"kubernetes.io/service-name": "parts"}},
            "addressType": "IPv4", "ports": [{"name": "http", "port": HTTP, "protocol": "TCP"}],
            "endpoints": [endpoint("beta/web-v1"), endpoint("beta/web-v2")],
        }),
        json!({
            "apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry",
            "metadata": {"name": "api", "namespace": "alpha"},
            "spec": {
                "hosts": ["api.example.com"], "location": "MESH_EXTERNAL", "resolution": "STATIC",
                "ports": [{"number": 80, "name": "http", "protocol": "HTTP", "targetPort": HTTP}],
                "endpoints": [{"address": lab.pod("outside/machine").address()}],
            },
        }),
        json!({
            "apiVersion": "networking.istio.io/v1", "kind": "Sidecar",
            "metadata": {"name": "closed", "namespace": "alpha"},
            "spec": {
                "workloadSelector": {"labels": {"app": "closed"}},
                "outboundTrafficPolicy": {"mode": "REGISTRY_ONLY"},
                "egress": [{"hosts": ["*/*"]}],
            },
        }),
    ]
}

/// An edge that the map must show: its ends, the destination's port, what is measured, the service that the source asked for, and
/// how often each reporter saw this outcome.
#[derive(Debug)]
struct Wanted<'a> {
    ends: (&'a str, &'a str),
    port: u16,
    measure: &'a str,
    services: &'a [&'a str],
    rows: Vec<Row<'a>>,
}

impl Wanted<'_> {
    fn is_shown_as(&self, edge: &Value) -> bool {
        let ends = edge["source"]["label"] == self.ends.0 && edge["destination"]["label"] == self.ends.1;
        ends && edge["destination"]["port"] == self.port && edge["measure"] == self.measure
    }

    async fn until_shown(&self, collector: &Collector) -> Result<()> {
        eventually(&format!("the map shows {self:?}"), LIMIT, async || {
            let map = match Map::of(collector).await {
                Ok(map) => map,
                Err(error) => return Seen::Never(format!("{error:#}")),
            };
            let edges: Vec<_> = map.edges().iter().filter(|edge| self.is_shown_as(edge)).collect();
            match edges[..] {
                [edge] if self.rows.iter().any(|row| view::count(edge, *row) > row.3) => {
                    Seen::Never(format!("it counts more: {edge}"))
                }
                [edge] if self.rows.iter().all(|row| view::count(edge, *row) == row.3) => {
                    assert_eq!(edge["destination"]["services"], json!(self.services), "{edge}");
                    Seen::Done(())
                }
                _ => Seen::Waiting(map.0.to_string()),
            }
        })
        .await
    }
}

/// Starts everything, with the chart for both namespaces, the module as a file among it: TCP is counted by the access logger.
async fn start(lab: &mut IstioLab) -> Result<(Collector, Window)> {
    lab.add(&workloads()).await?;
    lab.kube().apply(&objects(lab)).await?;
    let mut values = lab.values(json!({"namespaces": ["alpha", "beta"]}));
    values["moduleFile"] = json!({"enabled": true});
    lab.install_chart(&values).await?;
    let collector = lab.start_chart_collector().await?;
    for key in MESHED {
        lab.pod(key).wait_for_stat(r"^wasm\..*\.active$", LIMIT, |active| active > 0).await?;
        lab.pod(key).wait_until_drained().await?;
    }
    Ok(collector)
}

/// Sends over every way; the answers are those that the mesh's configuration makes.
async fn send(lab: &IstioLab) -> Result<()> {
    let (client, closed) = (lab.pod("alpha/client"), lab.pod("alpha/closed"));
    let (web, machine) = (lab.pod("beta/web"), lab.pod("outside/machine"));
    let outside = (machine.address(), HTTP).into();
    // No Service has this address: the name alone says where to.
    let anywhere = ([240, 240, 0, 1], 80).into();
    let loads = [
        (client.load(web, HTTP).path("/v1"), 11_u64, 404),
        (client.load(web, HTTP).path("/v2"), 12, 404),
        (client.load_to((web.address(), HTTP).into(), "parts.beta.svc.cluster.local"), 13, 404),
        (client.load(web, UNDECLARED), 14, 404),
        (client.load_to(anywhere, "api.example.com"), 15, 404),
        (client.load_to(outside, "outside.example.net"), 16, 404),
        (closed.load_to(outside, "outside.example.net"), 17, 502),
        (machine.load_to_address(web, HTTP), 18, 404),
    ];
    for (load, count, status) in loads {
        let account = load.requests(usize::try_from(count)?, &Script::status(404)).run().await?;
        assert_eq!(account.answered(Answer::Status(status)), count, "{account:?}");
    }
    let tcp = |from: &Pod| from.tcp_load_to_address(machine, OUTSIDE_TCP).connections(19, TcpScript::Echo, 100);
    assert_eq!(tcp(client).run().await?, [(("echo".to_owned(), "Echoed".to_owned()), 19)].into());
    assert!(tcp(closed).run().await?.keys().all(|(_, end)| end != "Echoed"));
    Ok(())
}

/// How many connections the client's proxy made for its requests to the undeclared port, by its own account, once all of them have
/// ended. One may have carried no request.
async fn connections_to_undeclared(lab: &IstioLab, requests: u64) -> Result<u64> {
    let admin = lab.pod("alpha/client").admin()?;
    let endpoints = format!("outbound|{UNDECLARED}||{}::10.", lab.pod("beta/web").workload().host());
    eventually("the client's proxy has no connection left to the undeclared port", LIMIT, async || {
        let said = match admin.get("/clusters").await {
            Ok(said) => said,
            Err(error) => return Seen::Waiting(format!("{error:#}")),
        };
        let [sent, open, made, failed] = ["rq_total", "cx_active", "cx_total", "cx_connect_fail"].map(|name| {
            let lines = said.lines().filter(|line| line.starts_with(&endpoints));
            let values = lines.filter_map(|line| line.split_once(&format!("::{name}::"))?.1.parse::<u64>().ok());
            values.sum::<u64>()
        });
        if sent == requests && open == 0 {
            Seen::Done(made - failed)
        } else {
            Seen::Waiting(format!("{sent} of {requests} requests, {open} connections open"))
        }
    })
    .await
}

#[test]
fn every_kind_of_destination_and_source_has_the_name_that_istio_gives_it() {
    on_lab("names", async |_, mut lab| {
        let (mut collector, _window) = start(&mut lab).await?;
        send(&lab).await?;
        let undeclared = connections_to_undeclared(&lab, 14).await?;
        let machine = lab.pod("outside/machine").address().to_string();
        let (http, tcp) = (format!("{machine}:{HTTP}"), format!("{machine}:{OUTSIDE_TCP}"));
        let at_source = |count| (SOURCE, "client_error", "upstream", count);
        let at_destination = |count| (DESTINATION, "client_error", "application", count);
        let requests = |ends, port, services, rows| Wanted { ends, port, measure: "requests", services, rows };
        let connections = |ends, port, services, rows| Wanted { ends, port, measure: "connections", services, rows };
        let (client, closed) = ("alpha/client-v1", "alpha/closed-v1");
        let wanted = [
            // Subsets are workloads of their own; a headless Service leads to the workload whose address was asked.
            requests((client, "beta/web-v1"), HTTP, &[PARTS, WEB_SERVICE], vec![at_source(24), at_destination(24)]),
            requests((client, "beta/web-v2"), HTTP, &[WEB_SERVICE], vec![at_source(12), at_destination(12)]),
            // The source's proxy finds out that it is HTTP. The destination's cannot look into mutual TLS, without Istio's own
            // filter for ALPN, which this Envoy lacks.
            requests((client, "beta/web-v1"), UNDECLARED, &["web.beta.svc.cluster.local:9090"], vec![at_source(14)]),
            connections((client, "beta/web-v1"), UNDECLARED, &[], vec![(DESTINATION, "ok", "application", undeclared)]),
            // Istio names the endpoint after the ServiceEntry, `alpha/api-0`: no workload, but an address of the host.
            requests((client, "api.example.com:80"), 80, &["api.example.com:80"], vec![at_source(15)]),
            requests((client, &http), HTTP, &["PassthroughCluster"], vec![at_source(16)]),
            connections((client, &tcp), OUTSIDE_TCP, &["PassthroughCluster"], vec![(SOURCE, "ok", "upstream", 19)]),
            requests((closed, BLACK_HOLE), 0, &[BLACK_HOLE], vec![(SOURCE, "server_error", "local_proxy", 17)]),
            connections((closed, BLACK_HOLE), 0, &[BLACK_HOLE], vec![(SOURCE, "no_healthy_upstream", "nobody", 19)]),
            requests((&machine, "beta/web-v1"), HTTP, &[], vec![at_destination(18)]),
        ];
        let number = wanted.len();
        for wanted in wanted {
            wanted.until_shown(&collector).await?;
        }
        let map = Map::of(&collector).await?;
        assert_eq!(map.edges().len(), number, "{}", map.0);
        collector.stop().await?;
        Ok(())
    });
}
