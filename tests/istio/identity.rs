//! Who may say what: the collector behind its own sidecar believes a batch only from the proxy whose certificate istiod issued, whatever
//! the sender writes into headers or batch.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use hogusu_model::{
    AnsweredBy, BatchHeader, Histogram, Hook, Measure, Outcome, Protocol, Proxy, Reporter, Security, SenderId,
    SeriesData, SeriesKey, Service, TlsVersion, Workload as Named,
};
use hogusu_tests::client::{self, Answer, Body};
use hogusu_tests::collector::Collector;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::window::Window;
use hogusu_tests::istio::{IstioLab, Workload};
use hogusu_tests::map::Map;
use hogusu_tests::script::Script;
use hogusu_wire::{BatchWriter, Resource, encode_resource, encode_series};
use serde_json::{Value, json};

use crate::cast::{CLIENT, LEGACY, WEB, WEB_HTTP};
use crate::on_lab;
use crate::view::{self, DESTINATION, SOURCE};

const LIMIT: Duration = Duration::from_secs(60);
const FORWARDED: &str = "x-forwarded-client-cert";
const OTLP: u16 = 4318;

#[expect(clippy::disallowed_methods, reason = "a batch ends now, and nobody else is its clock")]
fn now() -> Result<u64> {
    Ok(u64::try_from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos())?)
}

/// A batch that says it is from `namespace/name`: seven requests to a service that nobody else calls.
fn claim(number: u8, namespace: &str, name: &str) -> Result<Vec<u8>> {
    let now = now()?;
    let proxy = Proxy {
        id: format!("sidecar~10.244.9.{number}~{name}-v1-7d9f-0.{namespace}~{namespace}.svc.cluster.local"),
        workload: Named { cluster: "Kubernetes".into(), namespace: namespace.into(), name: format!("{name}-v1") },
        service_account: name.to_owned(),
        ..Proxy::default()
    };
    let resource = Resource {
        sender: SenderId([number; 16]),
        proxy,
        hook: Hook::HttpFilter,
        filter_version: "0.1.0".into(),
        filter_digest: "d".into(),
        revision: "claimed".into(),
        wire_version: Resource::WIRE_VERSION,
        flush_interval_ms: 5_000,
        marks: false,
    };
    let key = SeriesKey {
        service: Service { host: "vault.secret.svc.cluster.local".into(), port: 80 },
        port: 8080,
        security: Security::Tls,
        tls_version: TlsVersion::V1_3,
        ..SeriesKey::new(Measure::Request, Reporter::Source, Protocol::Http, Outcome::Ok, AnsweredBy::Upstream)
    };
    let header =
        BatchHeader { start: now - 5_000_000_000, end: now, sequence: 1, cumulative: 7, ..BatchHeader::default() };
    let duration = Histogram::from_parts(0, 0, 100, vec![7], 7).expect("a histogram");
    let mut writer = BatchWriter::new(header.start, header.end);
    writer.series(Measure::Request, &encode_series(&key), &SeriesData { duration, ..SeriesData::default() });
    Ok(writer.finish(&encode_resource(&resource), &header))
}

/// Sends a batch as an application of a pod would; `way` leads from inside that pod to the collector.
async fn send(way: SocketAddr, body: Vec<u8>, forwarded: Option<&str>) -> Result<(u16, String)> {
    let request = hyper::Request::post("/v1/metrics");
    let request = request.header("host", format!("{}:{OTLP}", IstioLab::collector_workload().host()));
    let request = request.header("content-type", "application/x-protobuf");
    let request = match forwarded {
        Some(value) => request.header(FORWARDED, value),
        None => request,
    };
    let answer = client::fetch(way, request.body(Body::new(body.into()))?).await?;
    Ok((answer.status().as_u16(), String::from_utf8_lossy(answer.body()).into_owned()))
}

async fn metric(collector: &Collector, name: &str) -> Result<String> {
    let (_, text) = collector.get("/metrics").await?;
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("hogusu_collector_{name} ")));
    Ok(line.unwrap_or("absent").to_owned())
}

/// Makes the client's sidecar hand on whatever certificates its application claims, as no proxy should.
fn careless_sidecar() -> Value {
    let manager =
        "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    json!({
        "apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter",
        "metadata": {"name": "careless", "namespace": "alpha"},
        "spec": {"configPatches": [{
            "applyTo": "NETWORK_FILTER",
            "match": {
                "context": "SIDECAR_OUTBOUND",
                "listener": {"filterChain": {"filter": {"name": "envoy.filters.network.http_connection_manager"}}},
            },
            "patch": {
                "operation": "MERGE",
                "value": {"typed_config": {"@type": manager, "forward_client_cert_details": "ALWAYS_FORWARD_ONLY"}},
            },
        }]},
    })
}

async fn start(lab: &mut IstioLab) -> Result<(Collector, Window)> {
    lab.add(&[
        Workload::new("alpha", "client"),
        Workload::new("beta", "web").http(WEB_HTTP),
        Workload::new("beta", "legacy").without_sidecar(),
        IstioLab::collector_workload(),
    ])
    .await?;
    lab.start_collector(&["--trust-forwarded-client-cert"]).await
}

/// A header that does get through the sender's sidecar is an element before that of the collector's.
async fn careless_headers_do_not_vouch(lab: &IstioLab, client: SocketAddr, forged: &[u8], web: &str) -> Result<()> {
    lab.kube().apply(&[careless_sidecar()]).await?;
    let admin = lab.pod(CLIENT).admin()?;
    eventually("the client's sidecar hands on every header", LIMIT, async || match admin.get("/config_dump").await {
        Ok(dump) if dump.contains("ALWAYS_FORWARD_ONLY") => Seen::Done(()),
        Ok(_) => Seen::Waiting("not yet".to_owned()),
        Err(error) => Seen::Waiting(format!("{error:#}")),
    })
    .await?;
    lab.pod(CLIENT).wait_until_drained().await?;
    for value in [format!("URI={web}"), format!("By=x;URI={web};X=\"a,b\"")] {
        let (status, text) = send(client, forged.to_vec(), Some(&value)).await?;
        assert!(status == 403 && text.contains("ns/alpha/sa/client"), "{value}: {status} {text}");
    }
    let (status, text) = send(client, forged.to_vec(), Some(&format!("URI={web};X=\""))).await?;
    assert!(status == 403 && text.contains("identity_unverified"), "a quote left open: {status} {text}");
    Ok(())
}

#[test]
fn a_batch_is_believed_only_from_the_proxy_whose_certificate_it_claims() {
    on_lab("identity", async |_, mut lab| {
        let (mut collector, _window) = start(&mut lab).await?;
        let otlp = (lab.pod("hogusu-system/hogusu-collector").service(), OTLP).into();
        let from_client = Window::open(lab.pod(CLIENT).namespaces().first(), otlp).await?;
        let web = lab.pod(WEB).workload().principal();

        // The same bytes as below, but for the name: somebody else's.
        let forged = claim(1, "beta", "web")?;
        eventually("the client's sidecar reaches the collector, which refuses", LIMIT, async || {
            match send(from_client.address(), forged.clone(), None).await {
                Ok((403, text)) if text.contains("identity_mismatch") => Seen::Done(()),
                Ok((status @ (200 | 403), text)) => Seen::Never(format!("{status} {text}")),
                other => Seen::Waiting(format!("{other:?}")),
            }
        })
        .await?;
        let (status, text) = send(from_client.address(), forged.clone(), Some(&format!("URI={web}"))).await?;
        assert!(status == 403 && text.contains("identity_mismatch") && text.contains("ns/alpha/sa/client"), "{text}");
        assert_eq!(metric(&collector, "identity_refused_total{reason=\"mismatch\"}").await?, "2");

        // From outside the mesh: in the clear, so that no sidecar vouches for anybody.
        let pod = (lab.pod("hogusu-system/hogusu-collector").address(), OTLP).into();
        let from_legacy = Window::open(lab.pod(LEGACY).namespaces().first(), pod).await?;
        let (status, text) = send(from_legacy.address(), forged.clone(), Some(&format!("URI={web}"))).await?;
        assert!(status == 403 && text.contains("identity_unverified"), "{status} {text}");
        assert_eq!(metric(&collector, "identity_refused_total{reason=\"unverified\"}").await?, "1");
        assert_eq!(Map::of(&collector).await?.edges(), [] as [Value; 0]);
        assert_eq!(metric(&collector, "batches_total{result=\"accepted\"}").await?, "0");

        careless_headers_do_not_vouch(&lab, from_client.address(), &forged, &web).await?;
        let right = claim(1, "alpha", "client")?;
        let (status, text) = send(from_client.address(), right, Some(&format!("URI={web}"))).await?;
        assert_eq!(status, 200, "{text}");
        let map = Map::of(&collector).await?;
        let sources: Vec<_> = map.edges().iter().map(|edge| edge["source"]["label"].as_str()).collect();
        assert_eq!(sources, [Some("alpha/client-v1")], "{}", map.0);

        // And the filters themselves: every one of them is believed.
        let plugins = ["alpha", "beta"].map(|namespace| lab.plugin(namespace).key("flush_interval_ms", json!(500)));
        lab.kube().apply(&plugins.iter().map(|plugin| plugin.manifest()).collect::<Vec<_>>()).await?;
        for key in [CLIENT, WEB] {
            lab.pod(key).wait_for_stat(r"^wasm\..*\.active$", LIMIT, |active| active > 0).await?;
            lab.pod(key).wait_until_drained().await?;
        }
        let load = lab.pod(CLIENT).load(lab.pod(WEB), WEB_HTTP).requests(200, &Script::status(404));
        assert_eq!(load.run().await?.answered(Answer::Status(404)), 200);
        let rows = [(SOURCE, "client_error", "upstream", 200), (DESTINATION, "client_error", "application", 200)];
        view::until_shown(&collector, "alpha/client-v1", "beta/web-v1", &rows).await?;
        assert_eq!(metric(&collector, "identity_refused_total{reason=\"unverified\"}").await?, "2");
        collector.stop().await?;
        Ok(())
    });
}
