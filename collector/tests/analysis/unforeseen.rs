//! What `hogusu policy simulate` must not call certain, and must not leave out: changes of what is no policy, and clients that the files do not
//! configure.

use hogusu_model::{AnsweredBy, Outcome, Security, Service, Traffic};
use serde_json::Value;

use crate::simulation::{rows, simulate};
use crate::world::{Report, World};

const ORDERS: &str = "
apiVersion: v1
kind: List
items:
- {apiVersion: apps/v1, kind: Deployment, metadata: {namespace: shop, name: orders}, spec: {template: {metadata: {labels: {app: orders}}, spec: {serviceAccountName: orders}}}}
- {apiVersion: apps/v1, kind: Deployment, metadata: {namespace: shop, name: web}, spec: {template: {metadata: {labels: {app: web}}, spec: {serviceAccountName: web}}}}
- {apiVersion: v1, kind: Service, metadata: {namespace: shop, name: orders}, spec: {clusterIP: 10.1.0.1, ports: [{port: 80, targetPort: 8080, name: http}]}}
";
const ALLOW: &str = "---\n{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {namespace: shop, name: a}, spec: {selector: {matchLabels: {app: orders}}, rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]}}\n";
const STRICT: &str = "---\n{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {namespace: shop, name: default}, spec: {mtls: {mode: STRICT}}}\n";

const UNRELATED: &str = "---\n{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {namespace: other, name: x}, spec: {}}\n";

fn mesh(config: &str) -> String {
    format!(
        "---\n{{apiVersion: v1, kind: ConfigMap, metadata: {{namespace: istio-system, name: istio}}, data: {{mesh: \"{config}\"}}}}\n"
    )
}

fn rule(host: &str, traffic: &str) -> String {
    format!(
        "---\n{{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {{namespace: shop, name: d}}, spec: {{host: {host}, trafficPolicy: {traffic}}}}}\n"
    )
}

/// shop/web asks shop/orders 50 times over mutual TLS.
fn world() -> World {
    let mut world = World::of(&["shop/web", "shop/orders"]);
    world.calls("shop/web", "shop/orders", 50, 5);
    world
}

async fn said(world: World, current: &str, change: &str, more: &[&str]) -> (i32, Value) {
    let mut files = vec![("current", current)];
    if !change.is_empty() {
        files.push(("change", change));
    }
    let (code, said, told) = simulate(world, &files, &[more, &["--format", "json"]].concat()).await;
    (code, serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}{told}")))
}

/// Something possible and nothing certain would break, 50 exchanges of it.
fn is_possible(found: &(i32, Value), why: &str) {
    let (code, said) = found;
    assert_eq!((*code, &said["result"]), (0, &"possible".into()), "{said:#}");
    let broken = rows(&said["would_break"]);
    assert!(broken.iter().any(|row| row.contains(why)), "{why}: {broken:?}");
}

#[tokio::test]
async fn under_a_new_trust_domain_no_name_is_certain() {
    let today = format!("{ORDERS}{ALLOW}{}", mesh("trustDomain: cluster.local"));
    let alone = said(world(), &today, &mesh("trustDomain: td1"), &[]).await;
    assert_ne!(alone.1["result"], "breaks", "{:#}", alone.1);
    let aliased = mesh("trustDomain: td1\\ntrustDomainAliases: [cluster.local]");
    // A value of four parts is never rewritten.
    let four = ALLOW.replace("cluster.local/ns/shop/sa/web", "cluster.local/ns/shop/*");
    let today = format!("{ORDERS}{four}{}", mesh("trustDomain: cluster.local"));
    is_possible(&said(world(), &today, &aliased, &[]).await, "names of certificates after the trust domain's change");
}

#[tokio::test]
async fn what_another_k8s_cluster_configures_is_not_known() {
    let mut world = World::of(&["c2/shop/web", "shop/orders"]);
    world.calls("c2/shop/web", "shop/orders", 50, 5);
    let disable = rule("orders", "{tls: {mode: DISABLE}}");
    let found = said(world.clone(), &format!("{ORDERS}{STRICT}"), &disable, &["--k8s-cluster", "c1"]).await;
    is_possible(&found, "what is configured in the source's k8s cluster");
    let found = said(world, ORDERS, &disable, &["--k8s-cluster", "c2"]).await;
    is_possible(&found, "whether the destination takes what the DestinationRule chooses");
}

#[tokio::test]
async fn what_is_no_workload_is_asked_by_destination_rules_too() {
    let mut world = World::of(&["shop/web"]);
    world.row(
        "shop/web",
        &Report::source("shop/web", "shop/legacy").plaintext().count(50, 5).with(|key| {
            key.peer = hogusu_model::Peer::default();
            key.service = Service { host: "legacy.shop.svc.cluster.local".to_owned(), port: 80 };
        }),
    );
    let found = said(world, ORDERS, &rule("legacy", "{tls: {mode: ISTIO_MUTUAL}}"), &[]).await;
    is_possible(&found, "whether the destination takes what the DestinationRule chooses");
}

#[tokio::test]
async fn a_key_without_a_value_is_not_there() {
    let today = format!("{ORDERS}{STRICT}");
    for traffic in [
        "{tls: null}",
        "{portLevelSettings: [{port: {number: 80}, tls: null}]}",
        "{tls: null, portLevelSettings: null}",
    ] {
        let (code, said) = said(world(), &today, &rule("orders", traffic), &[]).await;
        assert_eq!((code, &said["result"]), (0, &"unseen".into()), "{traffic}: {said:#}");
    }
}

#[tokio::test]
async fn another_service_account_or_no_sidecar_may_break_what_names_and_modes_let_in() {
    let today = format!("{ORDERS}{ALLOW}");
    let renewed = ORDERS.replace("serviceAccountName: web", "serviceAccountName: web-new");
    let found = said(world(), &today, &format!("{renewed}{UNRELATED}"), &[]).await;
    is_possible(&found, "what the change makes of the source's pods: service account");
    let both = format!("{renewed}{}", ALLOW.replace("sa/web", "sa/web-new"));
    is_possible(&said(world(), &today, &both, &[]).await, "service account");
    let naked = ORDERS.replace(
        "{labels: {app: orders}}",
        "{labels: {app: orders}, annotations: {sidecar.istio.io/inject: \"false\"}}",
    );
    let found = said(world(), &today, &format!("{naked}{UNRELATED}"), &[]).await;
    is_possible(&found, "what the change makes of the destination's pods: annotation sidecar.istio.io/inject");
}

#[tokio::test]
async fn labels_that_only_a_change_has_are_not_todays() {
    let of_others = ALLOW.replace("sa/web", "sa/other");
    let (_, found) = said(world(), &of_others, &format!("{ORDERS}{UNRELATED}"), &[]).await;
    assert_eq!(rows(&found["contradictions"]).iter().filter(|row| row.starts_with("certain")).count(), 0, "{found:#}");
    assert_eq!(found["result"], "possible", "{found:#}");
}

#[tokio::test]
async fn who_says_that_he_is_a_probe_is_rehearsed_like_everybody_else() {
    for traffic in [Traffic::Probe, Traffic::Telemetry] {
        let mut world = world();
        world.row(
            "shop/orders",
            &Report::destination("shop/node", "shop/orders").plaintext().count(7, 1).with(|key| key.traffic = traffic),
        );
        let (code, found) = said(world, ORDERS, "", &["--strict", "shop"]).await;
        assert_eq!((code, &found["result"]), (1, &"breaks".into()), "{found:#}");
        assert_eq!(found["would_break"][0]["count"], 7, "{found:#}");
    }
}

#[tokio::test]
async fn what_never_arrived_does_not_prove_that_a_source_has_a_proxy() {
    let mut world = World::of(&["shop/web", "shop/orders"]);
    let to_orders = || Report::source("shop/web", "shop/orders").plaintext();
    world.row("shop/web", &to_orders().count(50, 5));
    world.row("shop/web", &to_orders().count(50, 5).ended(Outcome::ConnectFailure, AnsweredBy::LocalProxy));
    world.row("shop/orders", &Report::destination("shop/web", "shop/orders").plaintext().count(100, 5));
    let disabled = format!("{ORDERS}{}", STRICT.replace("STRICT", "DISABLE"));
    is_possible(&said(world, &disabled, "", &["--strict", "shop"]).await, "why the source sends what it does");
}

#[tokio::test]
async fn where_both_ends_have_pods_without_a_proxy_neither_speaks_for_the_other() {
    let mut world = World::of(&["shop/web", "shop/orders"]);
    world.calls("shop/web", "shop/orders", 50, 5);
    world.row("shop/web", &Report::source("shop/web", "shop/orders").plaintext().count(50, 5));
    world.row("shop/orders", &Report::destination("shop/web", "shop/orders").plaintext().count(50, 5));
    let found = said(world, ORDERS, &rule("orders", "{tls: {mode: ISTIO_MUTUAL}}"), &[]).await;
    is_possible(&found, "whether the destination has a proxy");
}

#[tokio::test]
async fn what_is_sent_to_a_gateway_may_be_refused_or_weakened_there() {
    let gateway = ORDERS.replace("{labels: {app: orders}}", "{labels: {app: orders, istio: egressgateway}}");
    let (code, found) = said(world(), &gateway, &rule("orders", "{tls: {mode: DISABLE}}"), &[]).await;
    assert_eq!((code, &found["result"]), (0, &"possible".into()), "{found:#}");
    assert_eq!(rows(&found["would_weaken"]).len(), 1, "{found:#}");
}

#[tokio::test]
async fn a_gateway_or_waypoint_of_no_known_class_is_perhaps_either() {
    let either =
        ORDERS.replace("{labels: {app: orders}}", "{labels: {app: orders, gateway.networking.k8s.io/gateway-name: g}}");
    let deny = "---\n{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {namespace: shop, name: a}, spec: {action: DENY, selector: {matchLabels: {app: orders}}, rules: [{}]}}\n";
    is_possible(&said(world(), &either, deny, &[]).await, "whether the destination is a gateway or a waypoint");
    let helm = either.replace("app: orders, gate", "app: orders, istio: ingressgateway, gate");
    assert_eq!(said(world(), &helm, deny, &[]).await.1["result"], "breaks");
}

#[tokio::test]
async fn a_service_that_a_change_changes_may_be_asked_otherwise() {
    let renamed = ORDERS.replace("name: http", "name: tcp");
    let found = said(world(), &format!("{ORDERS}{ALLOW}"), &format!("{renamed}{STRICT}"), &[]).await;
    is_possible(&found, "Service shop/orders");
}

#[tokio::test]
async fn who_speaks_mutual_tls_only_after_a_change_may_be_let_in_then() {
    let mut world = World::of(&["shop/web", "shop/orders"]);
    let plain = || Report::destination("shop/web", "shop/orders").plaintext();
    world.row("shop/web", &Report::source("shop/web", "shop/orders").plaintext().count(10, 5));
    world.row("shop/orders", &plain().count(10, 5).ended(Outcome::Denied, AnsweredBy::LocalProxy));
    let today = format!("{ORDERS}{ALLOW}{}", rule("orders", "{tls: {mode: DISABLE}}"));
    let (_, found) = said(world, &today, "", &["--delete", "DestinationRule/shop/d"]).await;
    assert_eq!(rows(&found["would_open"]).len(), 1, "{found:#}");
}

#[tokio::test]
async fn what_a_source_alone_saw_as_tls_may_be_weakened() {
    let mut world = World::of(&["shop/web"]);
    world.row(
        "shop/web",
        &Report::source("shop/web", "shop/orders").count(70, 5).with(|key| key.security = Security::Tls),
    );
    let (_, found) = said(world, ORDERS, &rule("orders", "{tls: {mode: DISABLE}}"), &[]).await;
    assert_eq!(rows(&found["would_weaken"]).len(), 1, "{found:#}");
}

#[tokio::test]
async fn among_four_hundred_modes_each_may_be_the_one_that_refuses() {
    let many: String = (0..400)
        .map(|number| format!("---\n{{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {{namespace: shop, name: p{number}}}, spec: {{selector: {{matchLabels: {{n: x{number}}}}}, mtls: {{mode: STRICT}}}}}}\n"))
        .collect();
    let mut world = world();
    world.row("shop/orders", &Report::destination("shop/node", "shop/orders").plaintext().count(7, 1));
    let found = said(world, "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}", &many, &[]).await;
    is_possible(&found, "shop/node -> shop/orders:8080 plaintext 7 labels of the destination's pods");
}
