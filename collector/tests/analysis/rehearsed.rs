//! What `hogusu policy simulate` makes of what was seen: who was let in, who was refused, and of whom nobody knows.

use hogusu_model::{AnsweredBy, Hook, Outcome, Reason, Security};
use serde_json::Value;

use crate::simulation::{WORKLOADS, json, rows, simulate};
use crate::world::{Report, World, demo, principal};

fn object(api: &str, kind: &str, name: (&str, &str), spec: &str) -> String {
    let (namespace, name) = name;
    format!("---\napiVersion: {api}\nkind: {kind}\nmetadata: {{namespace: {namespace}, name: {name}}}\nspec: {spec}\n")
}

fn authorization(namespace: &str, spec: &str) -> String {
    object("security.istio.io/v1", "AuthorizationPolicy", (namespace, "p"), spec)
}

fn peer(namespace: &str, mode: &str) -> String {
    object("security.istio.io/v1", "PeerAuthentication", (namespace, "m"), &format!("{{mtls: {{mode: {mode}}}}}"))
}

/// A workload whose pods have these labels, and this in their template beside.
fn pods(namespace: &str, name: &str, labels: &str, more: &str) -> String {
    let spec = format!("{{template: {{metadata: {{labels: {{{labels}}}{more}}}}}}}");
    object("apps/v1", "Deployment", (namespace, name), &spec)
}

/// What is said of a world, as JSON.
async fn said(world: World, files: &[(&str, &str)], arguments: &[&str]) -> (i32, Value) {
    let (code, said, told) = simulate(world, files, &[arguments, &["--format", "json"]].concat()).await;
    (code, serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}{told}")))
}

fn denied(report: Report) -> Report {
    report.ended(Outcome::Denied, AnsweredBy::LocalProxy)
}

/// shop/web asks 40 times over mutual TLS, and 5 times in plaintext, which is refused.
fn of_both_kinds() -> World {
    let mut world = World::of(&["shop/web", "mix/mixed"]);
    world.calls("shop/web", "mix/mixed", 40, 5);
    world.row("mix/mixed", &denied(Report::destination("shop/web", "mix/mixed").plaintext().count(5, 1)));
    world
}

#[tokio::test]
async fn where_mutual_tls_is_required_already_strict_breaks_nothing_and_nothing_contradicts() {
    let require = "{action: DENY, rules: [{from: [{source: {notPrincipals: [\"*\"]}}]}]}";
    let today = pods("mix", "mixed", "app: m", "") + &authorization("mix", require);
    let (code, said) = said(of_both_kinds(), &[("current", &today)], &["--strict", "mix"]).await;
    assert_eq!((code, &said["result"]), (0, &"unseen".into()), "{said:#}");
    assert_eq!(rows(&said["contradictions"]), Vec::<String>::new());
}

#[tokio::test]
async fn who_was_refused_without_a_certificate_is_not_let_in_by_a_rule_about_names() {
    let require = "{action: DENY, rules: [{from: [{source: {notPrincipals: [\"*\"]}}]}]}";
    let today = pods("mix", "mixed", "app: m", "") + &authorization("mix", require);
    let allow = authorization("mix", "{rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]}")
        .replace("name: p", "name: allow");
    let (_, said) = said(of_both_kinds(), &[("current", &today), ("change", &allow)], &[]).await;
    assert_eq!(rows(&said["would_open"]), Vec::<String>::new(), "{said:#}");
}

#[tokio::test]
async fn a_name_is_cut_as_often_as_it_was_let_in() {
    let other = |count| {
        Report::destination("shop/web", "only/only")
            .count(count, 1)
            .with(|key| key.peer.principal = principal("shop/web2"))
    };
    let mut world = World::of(&["shop/web", "only/only"]);
    world.row("only/only", &Report::destination("shop/web", "only/only").count(10, 1));
    world.row("only/only", &denied(other(7)));
    let workload = pods("only", "only", "app: o", "");
    let only = authorization("only", "{rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]}");
    let deny =
        only.replace("sa/web]", "sa/web2]").replace("{rules", "{action: DENY, rules").replace("name: p", "name: d");
    let today = workload.clone() + &only;
    let (code, found) = said(world.clone(), &[("current", &today), ("change", &deny)], &[]).await;
    assert_eq!((code, &found["result"]), (0, &"unseen".into()), "{found:#}");
    assert_eq!(rows(&found["would_open"]), Vec::<String>::new());
    world.row("only/only", &other(1));
    let (_, found) = said(world, &[("current", &workload), ("change", &deny)], &[]).await;
    assert_eq!(rows(&found["would_break"]), ["certain shop/web -> only/only:8080 mutual_tls 1"]);
}

#[tokio::test]
async fn what_another_check_refused_is_not_certainly_opened() {
    let mut world = World::of(&["shop/web", "jwt/api"]);
    world.row("jwt/api", &Report::destination("shop/web", "jwt/api").count(10, 1));
    world.row("jwt/api", &denied(Report::destination("shop/web", "jwt/api").count(6, 1)));
    let tokens = object("security.istio.io/v1", "RequestAuthentication", ("jwt", "t"), "{}");
    let allow = authorization("jwt", "{rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/*]}}]}]}");
    let today = pods("jwt", "api", "app: a", "") + &tokens + &allow;
    for arguments in [["--delete", "AuthorizationPolicy/jwt/p"], ["--delete", "RequestAuthentication/jwt/t"]] {
        let (_, said) = said(world.clone(), &[("current", &today)], &arguments).await;
        let all = [rows(&said["would_open"]), rows(&said["contradictions"])].concat();
        assert!(all.iter().all(|row| row.starts_with("possible ") && row.contains("what refused it")), "{all:?}");
    }
}

#[tokio::test]
async fn pods_without_a_proxy_on_either_side_are_not_overlooked() {
    let mut world = World::of(&["shop/half", "dis/api"]);
    world.row("shop/half", &Report::source("shop/half", "dis/api").plaintext().count(50, 2));
    world.row("dis/api", &Report::destination("shop/half", "dis/api").plaintext().count(100, 1));
    let today = pods("dis", "api", "app: a", "") + &peer("dis", "DISABLE");
    let (_, found) = said(world, &[("current", &today)], &["--strict", "dis"]).await;
    let broken = rows(&found["would_break"]);
    let expected = "possible shop/half -> dis/api:8080 plaintext 100 ";
    assert!(broken.len() == 1 && broken[0].starts_with(expected), "{broken:?}");

    let mut world = World::of(&["shop/web", "hs/api"]);
    world.row("shop/web", &Report::source("shop/web", "hs/api").count(50, 2));
    world.row("shop/web", &Report::source("shop/web", "hs/api").plaintext().count(50, 2));
    world.row("hs/api", &Report::destination("shop/web", "hs/api").count(50, 1));
    let rule = object(
        "networking.istio.io/v1",
        "DestinationRule",
        ("hs", "d"),
        "{host: api, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}",
    );
    let (_, found) = said(world, &[("current", &pods("hs", "api", "app: a", "")), ("change", &rule)], &[]).await;
    let broken = rows(&found["would_break"]);
    let expected = "possible shop/web -> hs/api:8080 plaintext 50 ";
    assert!(broken.len() == 1 && broken[0].starts_with(expected), "{broken:?}");
}

#[tokio::test]
async fn a_gateway_of_istios_own_is_none_that_a_peer_authentication_decides_about() {
    let gateway = "istio-system/istio-ingressgateway";
    let mut world = World::of(&[gateway]);
    world.row(gateway, &Report::destination("legacy/cron", gateway).plaintext().count(30, 1));
    let strict = peer("istio-system", "STRICT");
    for (labels, result) in [("istio: ingressgateway", "unseen"), ("istio: own", "possible"), ("app: x", "breaks")] {
        let today = pods("istio-system", "istio-ingressgateway", labels, "");
        let (_, said) = said(world.clone(), &[("current", &today), ("change", &strict)], &[]).await;
        assert_eq!(said["result"], result, "{labels}: {said:#}");
    }
}

#[tokio::test]
async fn mutual_tls_without_a_name_is_told_apart_from_that_with_one() {
    let mut world = World::of(&["shop/nop", "nop/nop"]);
    world.row("nop/nop", &Report::destination("shop/nop", "nop/nop").count(10, 1));
    let unnamed = Report::destination("shop/nop", "nop/nop").count(9, 1).with(|key| key.peer.principal.clear());
    world.row("nop/nop", &unnamed);
    let allow = authorization("nop", "{rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/nop]}}]}]}");
    let (_, said) = said(world, &[("current", &pods("nop", "nop", "app: n", "")), ("change", &allow)], &[]).await;
    let expected = ["possible shop/nop -> nop/nop:8080 mutual_tls 9 source.principal"];
    assert_eq!(rows(&said["would_break"]), expected, "{said:#}");
}

#[tokio::test]
async fn what_never_worked_or_was_refused_by_the_listener_is_not_certainly_cut() {
    let mut world = World::of(&["pe/pe", "lis/lis"]);
    let broken = Report::destination("shop/web", "pe/pe").count(5, 1);
    world.row("pe/pe", &broken.ended(Outcome::ProtocolError, AnsweredBy::LocalProxy));
    let connection = || Report::destination("shop/web", "lis/lis").tcp();
    world.row("lis/lis", &connection().count(50, 1));
    let refused = denied(connection().count(10, 1)).with(|key| {
        (key.reason, key.security) = (Reason::NoFilterChain, Security::Unknown);
        key.peer.principal.clear();
    });
    world.row_by(Hook::ListenerLog, "lis/lis", &refused);
    let today = pods("pe", "pe", "app: p", "") + &pods("lis", "lis", "app: l", "");
    let all = authorization("pe", "{action: DENY, rules: [{}]}");
    let (_, found) = said(world.clone(), &[("current", &today), ("change", &all)], &[]).await;
    let expected = ["possible shop/web -> pe/pe:8080 mutual_tls 5 which of the exchanges were let in"];
    assert_eq!(rows(&found["would_break"]), expected);
    let (_, found) = said(world, &[("current", &today)], &["--strict", "lis"]).await;
    assert_eq!(rows(&found["would_break"]), Vec::<String>::new(), "{found:#}");
}

#[tokio::test]
async fn a_period_of_nothing_decides_nothing_and_a_namespace_that_nobody_knows_is_named() {
    let (code, told, wrong) = simulate(World::new(), &[("current", WORKLOADS)], &["--strict", "stock"]).await;
    assert!(code == 5 && told.starts_with("Nothing was seen from "), "{code} {told}{wrong}");
    assert!(wrong.contains("nothing is known -> ask for a longer one with --since"), "{wrong}");
    let elsewhere = ["--strict", "stock", "--k8s-cluster", "c9", "--fail-on", "never"];
    let (_, said) = json(&[("current", WORKLOADS)], &elsewhere).await;
    let warned = said["warnings"].to_string();
    assert!(
        warned.contains("--k8s-cluster c9: nothing was seen to come to one of this name; known are c1"),
        "{warned}"
    );
    let never = ["--strict", "stock", "--fail-on", "never"];
    assert_eq!(simulate(World::new(), &[("current", WORKLOADS)], &never).await.0, 0);
    let (_, said) = json(&[("current", WORKLOADS)], &["--strict", "stokc"]).await;
    assert!(
        said["warnings"].to_string().contains("namespace stokc is in no file and nothing of it was seen"),
        "{said:#}"
    );
    let young = peer("stock", "PERMISSIVE").replace("name: m", "name: m, creationTimestamp: \"2026-11-24T14:03:00Z\"");
    let (_, said) = json(&[("current", &(WORKLOADS.to_owned() + &young))], &["--strict", "stock"]).await;
    let limits = said["limits"].to_string();
    assert!(limits.contains("1 policies of --current were made within the period, stock/m among them"), "{limits}");
    assert!(limits.contains("Istio's ConfigMap is not among the files: trust domain cluster.local"), "{limits}");
}

#[tokio::test]
async fn a_row_is_said_once_and_nothing_of_a_name_is_markdown() {
    let name = "eg/<b>@a`|";
    let mut world = World::of(&["shop/web"]);
    world.row("shop/web", &Report::source("shop/web", name).count(4, 1));
    let all = authorization("eg", "{action: DENY, rules: [{}]}");
    let files = [("current", WORKLOADS), ("change", all.as_str())];
    let (_, said) = said(world.clone(), &files, &[]).await;
    assert_eq!(said["would_break"].as_array().unwrap().len(), 1, "{said:#}");
    let (_, told, _) = simulate(world, &files, &["--format", "markdown"]).await;
    assert!(told.contains("| `eg/\"<b>@a\\u{60}\\u{7c}\":8080` |"), "{told}");
}

#[tokio::test]
async fn annotations_that_a_change_brings_make_what_they_touch_possible() {
    let deny = authorization("stock", "{action: DENY, selector: {matchLabels: {app: inventory}}, rules: [{}]}");
    let more = ", annotations: {traffic.sidecar.istio.io/excludeInboundPorts: \"8080\"}";
    let change = pods("stock", "inventory", "app: inventory", more) + &deny;
    let (code, said) = json(&[("current", WORKLOADS), ("change", &change)], &[]).await;
    assert_eq!((code, &said["result"]), (0, &"possible".into()), "{said:#}");
    assert!(said["warnings"].to_string().contains("what steers the proxy of workload stock/inventory"), "{said:#}");
}

#[tokio::test]
async fn what_opens_or_weakens_stands_in_the_first_line_and_may_end_with_1() {
    let rule = object(
        "networking.istio.io/v1",
        "DestinationRule",
        ("istio-system", "d"),
        "{host: \"*.local\", trafficPolicy: {tls: {mode: DISABLE}}}",
    );
    let files = [("current", WORKLOADS), ("change", rule.as_str())];
    let (code, told, _) = simulate(demo(), &files, &[]).await;
    let first = told.lines().next().unwrap();
    assert!(code == 0 && first.contains("; would weaken: "), "{first}");
    assert_eq!(simulate(demo(), &files, &["--fail-on", "any"]).await.0, 1);
}

#[tokio::test]
async fn what_is_deleted_and_changed_at_once_is_refused_and_the_root_namespace_is_the_whole_mesh() {
    let policy = authorization("stock", "{rules: [{}]}");
    let today = WORKLOADS.to_owned() + &policy;
    let files = [("current", today.as_str()), ("change", policy.as_str())];
    let (code, _, told) = simulate(demo(), &files, &["--delete", "AuthorizationPolicy/stock/p"]).await;
    assert!(code == 2 && told.contains("it stands in --change, too -> leave one of them out"), "{told}");
    let twice = ["--delete", "AuthorizationPolicy/stock/p", "authorizationpolicy/stock/p"];
    let (code, _, told) = simulate(demo(), &[("current", today.as_str())], &twice).await;
    assert_eq!(code, 0, "what is named twice goes once: {told}");
    for (mode, refused) in [("DISABLE", 2), ("STRICT", 1)] {
        let change = peer("stock", mode);
        let files = [("current", WORKLOADS), ("change", change.as_str())];
        let (code, _, told) = simulate(demo(), &files, &["--strict", "stock"]).await;
        let is_told = told.contains("of --change gives the whole namespace another mode -> leave one of them out");
        assert_eq!((code, is_told), (refused, mode == "DISABLE"), "{mode}: {told}");
    }
    let (_, said) = json(&[("current", WORKLOADS)], &["--strict", "istio-system"]).await;
    assert!(said["warnings"].to_string().contains("makes the whole mesh STRICT"), "{said:#}");
    let (code, _, told) = simulate(demo(), &[], &["--change", "-", "--current", "-"]).await;
    assert!(code == 2 && told.contains("standard input is read once -> "), "{told}");
    let folder = tempfile::tempdir().unwrap();
    let (code, _, told) = simulate(demo(), &[], &["--change", folder.path().to_str().unwrap()]).await;
    assert!(code == 2 && told.contains(" -> name a file of manifests that can be read"), "{told}");
}
