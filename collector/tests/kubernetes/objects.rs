//! From events to the record: nothing is recorded before everything is known, and a change of one object reaches every pod that
//! depends on it.

use hogusu_collector::kubernetes::objects::{Kind, Objects};
use hogusu_collector::kubernetes::pod::{ProxyKind, Standing, Tenure};
use hogusu_collector::kubernetes::record::Record;
use kube::runtime::watcher::Event;
use serde_json::{Value, json};

use crate::manifests::{BEGAN, SECOND, labelled, parsed, plugin, pod};

const NOW: u64 = BEGAN + 600 * SECOND;

struct Watched {
    objects: Objects,
    record: Record,
}

impl Watched {
    /// Pods, their node in zone z1, one plugin object in `shop`, listed.
    fn new(pods: &[Value]) -> Self {
        let mut watched = Self { objects: Objects::new("istio-system"), record: Record::default() };
        watched.record.history.watched(NOW);
        watched.list(pods, NOW);
        let zone = labelled(None, "node1", &[("topology.kubernetes.io/zone", "z1")]);
        [Event::Init, Event::InitApply(zone), Event::InitDone]
            .into_iter()
            .for_each(|event| watched.objects.node(event));
        let events = [Event::Init, Event::InitApply(plugin("shop", json!({}))), Event::InitDone];
        events.into_iter().for_each(|event| watched.objects.plugin(Kind::WasmPlugins, event, NOW));
        watched.settle(NOW);
        watched
    }

    fn list(&mut self, pods: &[Value], now: u64) {
        let listed = pods.iter().map(|pod| Event::InitApply(parsed(pod)));
        for event in std::iter::once(Event::Init).chain(listed).chain([Event::InitDone]) {
            self.objects.pod(event, &mut self.record, false, now);
        }
    }

    fn pod(&mut self, event: Event<k8s_openapi::api::core::v1::Pod>, now: u64) {
        self.record.history.watched(now);
        self.objects.pod(event, &mut self.record, true, now);
    }

    fn settle(&mut self, now: u64) {
        self.objects.settle(&mut self.record, true, now);
    }

    fn tenures(&self) -> Vec<Tenure> {
        self.record.history.within(0, u64::MAX).cloned().collect()
    }
}

fn expected() -> Standing {
    Standing::Expected { kind: ProxyKind::Sidecar, plugin: "shop/hogusu".to_owned() }
}

#[test]
fn pods_are_recorded_whole_once_everything_is_listed() {
    let watched = Watched::new(&[pod("shop/checkout", "10.0.0.1")]);
    let tenures = watched.tenures();
    assert_eq!(tenures.len(), 1, "nothing was recorded before its zone and its plugin were known: {tenures:#?}");
    let Tenure { pod, from, to, .. } = &tenures[0];
    assert_eq!((pod.workload.as_str(), pod.zone.as_str(), &pod.standing), ("checkout", "z1", &expected()));
    assert_eq!((*from, *to), (BEGAN, None));
    assert_eq!(watched.record.plugins.as_ref().unwrap()["shop/hogusu"].revision.as_deref(), Some("r1"));
}

#[test]
fn a_plugin_object_that_goes_ends_what_its_pods_were_expected_to_do() {
    let mut watched = Watched::new(&[pod("shop/checkout", "10.0.0.1")]);
    watched.objects.plugin(Kind::WasmPlugins, Event::Delete(plugin("shop", json!({}))), NOW + SECOND);
    watched.settle(NOW + SECOND);
    let tenures = watched.tenures();
    assert_eq!(tenures.iter().map(|tenure| &tenure.pod.standing).collect::<Vec<_>>(), [&expected(), &Standing::Apart]);
    assert_eq!((tenures[0].to, tenures[1].from), (Some(NOW + SECOND), NOW + SECOND));
    assert!(watched.record.plugins.unwrap().is_empty());
}

#[test]
fn a_plugin_object_that_asks_for_another_revision_does_so_since_then() {
    let mut watched = Watched::new(&[]);
    let changed = plugin("shop", json!({"pluginConfig": {"revision": "r2"}}));
    watched.objects.plugin(Kind::WasmPlugins, Event::Apply(changed.clone()), NOW + SECOND);
    watched.objects.plugin(Kind::WasmPlugins, Event::Apply(changed), NOW + 9 * SECOND);
    watched.settle(NOW + 9 * SECOND);
    let asked = &watched.record.plugins.as_ref().unwrap()["shop/hogusu"];
    assert_eq!((asked.revision.as_deref(), asked.since), (Some("r2"), NOW + SECOND));
}

#[test]
fn a_pod_is_recorded_when_it_has_an_address_and_ends_when_it_goes() {
    let mut watched = Watched::new(&[]);
    let mut starting = pod("shop/checkout", "10.0.0.1");
    starting["status"] = json!({"phase": "Pending", "startTime": "2026-11-24T14:00:00Z"});
    watched.pod(Event::Apply(parsed(&starting)), NOW + SECOND);
    assert_eq!(watched.tenures(), []);
    watched.pod(Event::Apply(parsed(&pod("shop/checkout", "10.0.0.1"))), NOW + 2 * SECOND);
    watched.pod(Event::Delete(parsed(&pod("shop/checkout", "10.0.0.1"))), NOW + 9 * SECOND);
    let tenures = watched.tenures();
    assert_eq!(tenures.len(), 1, "{tenures:#?}");
    assert_eq!((tenures[0].from, tenures[0].to), (BEGAN, Some(NOW + 9 * SECOND)), "from when its node took it");
}

#[test]
fn a_pod_that_ended_gives_its_address_back() {
    let mut watched = Watched::new(&[pod("shop/checkout", "10.0.0.1")]);
    let mut ended = pod("shop/checkout", "10.0.0.1");
    ended["status"]["phase"] = json!("Succeeded");
    watched.pod(Event::Apply(parsed(&ended)), NOW + SECOND);
    assert_eq!(watched.tenures()[0].to, Some(NOW + SECOND));
    assert_eq!(watched.record.history.pods(), 0);
}

#[test]
fn a_pod_on_its_nodes_network_is_recorded_for_its_nodes_address_alone() {
    let mut on_node = pod("kube-system/proxy", "10.9.0.1");
    on_node["spec"] = json!({"nodeName": "node1", "hostNetwork": true, "containers": [{"name": "kube-proxy"}]});
    let watched = Watched::new(&[on_node]);
    let tenures = watched.tenures();
    assert_eq!(tenures.len(), 1, "{tenures:#?}");
    assert!(tenures[0].pod.addresses.is_empty() && tenures[0].pod.standing == Standing::Apart);
    assert_eq!(tenures[0].pod.node_addresses.len(), 1);
}

#[test]
fn a_listing_after_a_gap_ends_those_it_does_not_name_when_the_gap_began() {
    let mut watched = Watched::new(&[pod("shop/checkout", "10.0.0.1"), pod("shop/orders", "10.0.0.2")]);
    let later = NOW + 900 * SECOND;
    watched.list(&[pod("shop/orders", "10.0.0.2")], later);
    watched.settle(later);
    let tenures = watched.tenures();
    assert_eq!((tenures[0].to, tenures[0].uncertain), (Some(NOW), true));
    assert_eq!((tenures[1].to, tenures[1].uncertain), (None, false));
}

#[test]
fn a_namespace_that_becomes_ambient_changes_its_pods() {
    let mut bare = pod("shop/checkout", "10.0.0.1");
    bare["spec"]["containers"] = json!([{"name": "app"}]);
    let mut watched = Watched::new(&[bare]);
    assert_eq!(watched.tenures()[0].pod.standing, Standing::Apart);
    let ambient = labelled(None, "shop", &[("istio.io/dataplane-mode", "ambient")]);
    watched.objects.namespace(Event::Apply(ambient));
    watched.settle(NOW + SECOND);
    let unseen = Standing::NotObservable { plugin: "shop/hogusu".to_owned() };
    assert_eq!(watched.tenures()[1].pod.standing, unseen);
}
