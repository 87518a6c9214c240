//! How each proxy that should report does so, what its agent adds, and what that makes of completeness.

use std::collections::BTreeSet;

use hogusu_collector::analysis::completeness::measure;
use hogusu_collector::analysis::expected::Expected;
use hogusu_collector::analysis::findings::{Kind, find};
use hogusu_collector::analysis::proxies::{ExpectedProxy, ProxyState, judge};
use hogusu_collector::kubernetes::agent::{AgentAnswer, Plugins};
use hogusu_collector::kubernetes::pod::Standing;
use hogusu_collector::kubernetes::record::{Asked, WatchState};
use hogusu_collector::period::PodKey;
use hogusu_collector::report::findings::text;

use hogusu_model::Hook;

use crate::world::{FROM, PLUGIN, SECOND, TO, World, pod};

/// `shop/checkout` reports revision r1, as it is asked to.
fn reporting() -> World {
    let mut world = World::of(&["shop/checkout"]);
    let sender = world.sender("shop/checkout");
    (sender.closed, sender.hook) = (false, Hook::HttpFilter);
    world.period.now = TO;
    world.watched().pod("shop/checkout", "10.0.0.1");
    world
}

fn only(world: &World) -> ExpectedProxy {
    let judged = judge(&world.attributed()).unwrap();
    assert_eq!(judged.len(), 1, "{judged:#?}");
    judged[0].clone()
}

fn answered(world: &mut World, metrics: &str) -> ExpectedProxy {
    let uid = pod("shop/checkout", "10.0.0.1").uid;
    world.record.agents.insert(uid, AgentAnswer::Metrics(Plugins::read(metrics)));
    only(world)
}

#[test]
fn a_pod_of_the_same_name_in_another_k8s_cluster_does_not_report_in_its_place() {
    let mut world = World::new();
    world.watched().pod("shop/checkout", "10.0.0.1").pod("shop/orders", "10.0.0.2");
    for name in ["c2/shop/checkout", "shop/orders"] {
        let sender = world.proxy(name, "10.0.0.1");
        (sender.hook, sender.closed) = (Hook::HttpFilter, false);
    }
    let states: Vec<_> = judge(&world.attributed()).unwrap().iter().map(|proxy| proxy.state).collect();
    assert_eq!(states, [ProxyState::NeverReported, ProxyState::Reporting]);
}

#[test]
fn a_proxy_whose_sender_runs_reports() {
    let world = reporting();
    let found = only(&world);
    assert_eq!((found.state, found.cause.as_str()), (ProxyState::Reporting, ""));
    assert_eq!((found.revision.as_deref(), found.expected_revision.as_deref()), (Some("r1"), Some("r1")));
    assert_eq!(found.proxy, world.period.senders[0].proxy.id);
}

#[test]
fn a_logger_that_reports_does_not_stand_in_for_the_plugin() {
    let mut world = reporting();
    world.sender("shop/checkout").hook = Hook::UpstreamLog;
    assert_eq!(only(&world).state, ProxyState::NeverReported);
}

#[test]
fn without_access_to_an_api_server_nobody_is_expected() {
    assert_eq!(judge(&World::of(&["shop/checkout"]).attributed()), None);
}

#[test]
fn another_revision_than_asked_for_is_named_after_a_minute() {
    let mut world = reporting();
    let ask = |since| Some([(PLUGIN.to_owned(), Asked { revision: Some("r2".to_owned()), since })].into());
    world.record.plugins = ask(TO - 59 * SECOND);
    assert_eq!(only(&world).state, ProxyState::Reporting);
    world.record.plugins = ask(TO - 60 * SECOND);
    let found = only(&world);
    assert_eq!(found.state, ProxyState::OtherRevision);
    assert_eq!(found.cause, "it reports revision r1, and istio-system/hogusu asks for r2");
    let complete = measure(&world.attributed(), None);
    assert_eq!(complete.proxies.statement(), "1/1", "it does report");
    let findings = find(&world.join(), &complete, &world.attributed());
    let named = findings.iter().find(|finding| finding.kind == Kind::OtherRevision).unwrap();
    let named = text(named, &[], world.period.now);
    assert!(named.starts_with("shop/checkout-0: with another revision: it reports"), "{named}");
}

#[test]
fn a_proxy_that_fell_silent_is_so_since_its_last_batch_and_its_agent_says_why() {
    let mut world = reporting();
    let sender = world.sender("shop/checkout");
    (sender.unclosed, sender.last_end) = (true, FROM + 100 * SECOND);
    let found = only(&world);
    assert_eq!((found.state, found.since), (ProxyState::Silent, Some(FROM + 100 * SECOND)));
    assert_eq!(found.cause, "cause unknown: its agent has not been asked yet");
    let running = answered(&mut world, "envoy_wasm_envoy_wasm_runtime_v8_active{} 2\n");
    assert_eq!(running.cause, "cause unknown: its Envoy runs a module, but nothing of it arrives here");
    let uid = pod("shop/checkout", "10.0.0.1").uid;
    world.record.agents.insert(uid, AgentAnswer::Silence("connection refused".to_owned()));
    assert_eq!(only(&world).cause, "cause unknown: its agent does not answer: connection refused");
}

#[test]
fn a_proxy_that_was_silent_before_the_period_began_did_report_once() {
    let mut world = reporting();
    world.period.senders.clear();
    world.period.earlier.insert(pod_in("c1"), FROM - 1_800 * SECOND);
    let found = only(&world);
    assert_eq!((found.state, found.since), (ProxyState::Silent, Some(FROM - 1_800 * SECOND)));
}

fn pod_in(k8s_cluster: &str) -> PodKey {
    PodKey { cluster: k8s_cluster.to_owned(), namespace: "shop".to_owned(), pod: "checkout-0".to_owned() }
}

#[test]
fn what_a_pod_of_the_same_name_in_another_k8s_cluster_sent_before_is_not_its_own() {
    let mut world = World::of(&["shop/orders"]);
    world.watched().pod("shop/checkout", "10.0.0.9");
    world.period.earlier.insert(pod_in("c2"), FROM - 600 * SECOND);
    assert_eq!(only(&world).state, ProxyState::NeverReported);
    world.period.earlier.insert(pod_in("c1"), FROM - 1_800 * SECOND);
    let found = only(&world);
    assert_eq!((found.state, found.since), (ProxyState::Silent, Some(FROM - 1_800 * SECOND)));
    world.period.senders.clear();
    assert_eq!(only(&world).since, Some(FROM - 1_800 * SECOND), "what it sent before names its k8s cluster too");
    world.period.earlier.insert(pod_in(""), FROM - 900 * SECOND);
    assert_eq!(only(&world).since, Some(FROM - 900 * SECOND), "one that does not know its k8s cluster is in this one");
}

#[test]
fn a_new_pod_of_a_stateful_set_is_not_taken_for_the_one_before_it() {
    let mut world = reporting();
    let sender = world.sender("shop/checkout");
    (sender.closed, sender.last_end) = (true, FROM - 7_200 * SECOND);
    assert_eq!(only(&world).state, ProxyState::NeverReported);
}

#[test]
fn a_proxy_that_never_reported_has_a_minute_to_begin() {
    let mut world = World::new();
    world.watched().record.history.seen(pod("shop/checkout", "10.0.0.1"), TO - 59 * SECOND, TO);
    world.period.now = TO;
    assert_eq!(only(&world).state, ProxyState::Starting);
    world.period.now = TO + 10 * SECOND;
    world.period.to = TO + 10 * SECOND;
    let found = only(&world);
    assert_eq!((found.state, found.since), (ProxyState::NeverReported, Some(TO - 59 * SECOND)));
}

#[test]
fn a_module_that_could_not_be_brought_is_named_with_the_agents_result() {
    let mut world = World::new();
    world.watched().pod("shop/checkout", "10.0.0.1");
    let fetches = "envoy_server_live{} 1\nistio_agent_wasm_remote_fetch_count{result=\"checksum_mismatched\"} 3\n";
    let stand_in = "envoy_http_inbound_wasm_default_allow_rbac_allowed{} 0\n";
    let found = answered(&mut world, &format!("{fetches}{stand_in}"));
    assert_eq!(found.state, ProxyState::WithoutPlugin);
    let failed = "its agent could not bring the module: checksum_mismatched (3), and does not say of which plugin";
    let cause = format!("{failed}; everything passes in its stead");
    assert_eq!(found.cause, cause);
    let complete = measure(&world.attributed(), None);
    assert_eq!(complete.proxies.statement(), "0/1");
    let findings = find(&world.join(), &complete, &world.attributed());
    assert_eq!((findings[0].kind, findings.len()), (Kind::WithoutPlugin, 1), "{findings:?}");
    // Another plugin's machine runs: then it may be that one whose module failed.
    let other = answered(&mut world, &format!("{fetches}envoy_wasm_envoy_wasm_runtime_v8_active{{}} 3\n"));
    assert_eq!(other.state, ProxyState::NeverReported);
    assert!(other.cause.starts_with("cause unknown: its Envoy runs a module, perhaps another one"), "{}", other.cause);
    let nothing = answered(&mut world, "istio_agent_wasm_cache_entries 0\nenvoy_server_live{} 1\n");
    assert_eq!(nothing.cause, "cause unknown: its agent was not told to fetch a module");
    let alone = answered(&mut world, fetches);
    assert_eq!(alone.cause, failed);
}

#[test]
fn a_filter_that_needed_no_fetch_is_no_module_that_could_not_be_brought() {
    let mut world = World::new();
    world.watched().pod("shop/checkout", "10.0.0.1");
    let local = "istio_agent_wasm_config_conversion_count{result=\"no_remote_load\"} 2\nenvoy_server_live{} 1\n";
    let found = answered(&mut world, local);
    assert_eq!(found.state, ProxyState::NeverReported);
    assert_eq!(found.cause, "cause unknown: its agent was not told to fetch a module");
}

#[test]
fn of_a_failure_and_a_success_none_is_said_to_be_the_last() {
    let mut world = World::new();
    world.watched().pod("shop/checkout", "10.0.0.1");
    let counts = "istio_agent_wasm_remote_fetch_count{result=\"manifest_failure\"} 3\n\
                  istio_agent_wasm_remote_fetch_count{result=\"success\"} 1\n";
    let found = answered(&mut world, &format!("{counts}envoy_server_live{{}} 1\n"));
    assert_eq!(found.state, ProxyState::WithoutPlugin);
    let said = "its Envoy runs no module; its agent brought one at some time, and failed at some time: \
                manifest_failure (3), and does not say of which plugin";
    assert_eq!(found.cause, said);
    let silent = answered(&mut world, counts);
    assert_eq!(silent.cause, "cause unknown: its agent answers, and says nothing of its Envoy");
}

#[test]
fn ambient_pods_count_and_are_said_not_to_be_observable() {
    let mut world = reporting();
    let mut ambient = pod("shop/orders", "10.0.0.7");
    ambient.standing = Standing::NotObservable { plugin: PLUGIN.to_owned() };
    world.record.history.seen(ambient, FROM, FROM);
    let complete = measure(&world.attributed(), None);
    assert_eq!(complete.proxies.statement(), "1/2, 1 not observable here");
    assert_eq!(complete.proxies.silent, []);
}

#[test]
fn pods_that_no_plugin_object_covers_are_not_expected() {
    let mut world = reporting();
    let apart = hogusu_collector::kubernetes::pod::Pod { standing: Standing::Apart, ..pod("shop/orders", "10.0.0.7") };
    world.record.history.seen(apart, FROM, FROM);
    assert_eq!(measure(&world.attributed(), None).proxies.statement(), "1/1");
}

#[test]
fn a_declared_set_wins_over_the_api_servers() {
    let mut world = reporting();
    world.pod("shop/orders", "10.0.0.7");
    let declared = Expected::Proxies(BTreeSet::from([world.period.senders[0].proxy.id.clone()]));
    let complete = measure(&world.attributed(), Some(&declared));
    assert_eq!((complete.proxies.statement().as_str(), complete.judged), ("1/1", None));
}

#[test]
fn an_api_server_that_does_not_answer_is_said_with_what_was_known() {
    let mut world = reporting();
    world.record.watch = WatchState::Unreachable { error: "connection refused".to_owned(), since: FROM };
    let known = "1/1; as last known, the API server is not reachable";
    assert_eq!(measure(&world.attributed(), None).proxies.statement(), known);
    world.record.plugins = None;
    let unknown = "1 seen so far, completeness unknown: the API server is not reachable";
    let complete = measure(&world.attributed(), None);
    assert_eq!(complete.proxies.statement(), unknown);
    let findings = find(&world.join(), &complete, &world.attributed());
    let said = text(&findings[0], &[], world.attributed().now);
    assert_eq!(said, "the API server was not watched for 300 s: connection refused");
    world.record.watch = WatchState::Watching { refused: Some("wasmplugins: forbidden".to_owned()) };
    let refused = measure(&world.attributed(), None).proxies.statement();
    assert_eq!(refused, "1 seen so far, completeness unknown: plugin objects cannot be read");
}

/// Each of 10,000 was looked for among 40,000 senders.
#[test]
fn each_of_many_proxies_is_found_by_its_pod() {
    let mut period = reporting().attributed();
    let sender = period.senders[0].clone();
    let cluster = period.cluster.as_mut().unwrap();
    let expected = cluster.proxies.as_ref().unwrap()[0].clone();
    let named = |number: usize| format!("checkout-{number}");
    cluster.proxies = Some(
        (0..10_000)
            .map(|number| {
                let mut one = expected.clone();
                one.pod.name = named(number);
                one
            })
            .collect(),
    );
    period.senders = (1..40_000)
        .map(|number| {
            let mut one = sender.clone();
            one.proxy.pod = named(number);
            one
        })
        .collect();
    let judged = judge(&period).unwrap();
    let amiss: Vec<_> =
        judged.iter().filter(|one| one.state != ProxyState::Reporting).map(|one| &one.pod.name).collect();
    assert_eq!(amiss, ["checkout-0"], "its sender is not among them");
}
