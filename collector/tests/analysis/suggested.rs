//! `hogusu policy suggest` as people run it: what was seen with a certificate is let in, whoever else was seen is listed, and what is not complete
//! is not proven.

use std::fs;

use hogusu_model::{AnsweredBy, Outcome, Security, Traffic};
use serde_json::Value;

use crate::command_line::{hogusu, text};
use crate::simulation::{WORKLOADS, simulate};
use crate::world::{Report, World, demo, principal};

/// Runs it for namespace `stock` with this file as `--current`.
async fn suggest(world: World, current: &str, arguments: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("current.yaml");
    fs::write(&file, current).unwrap();
    let fixed = ["policy", "suggest", "--current", file.to_str().unwrap(), "--namespace"];
    let all = fixed.iter().chain(arguments);
    let leaked: Vec<&'static str> = all.map(|one| &*(*one).to_owned().leak()).collect();
    let (output, _) = hogusu(world, leaked.leak()).await;
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// All of the period that worlds have, by proxies that were seen.
const WHOLE: [&str; 6] =
    ["--expected-proxies", "any", "--from", "2026-11-24T14:02:00Z", "--to", "2026-11-24T14:07:00Z"];

/// The same where it is enough that proxies that were seen are not missed.
async fn of_stock(world: World, more: &[&str]) -> (i32, String, String) {
    suggest(world, WORKLOADS, &[&["stock"], &WHOLE[..], more].concat()).await
}

/// The demo without the proxy that fell silent.
fn whole() -> World {
    let mut world = World::of(&["shop/gateway", "shop/checkout", "stock/inventory", "stock/pricing"]);
    world.calls("shop/checkout", "stock/pricing", 6_000, 402);
    let grpc = |key: &mut hogusu_model::SeriesKey| {
        (key.protocol, key.port) = (hogusu_model::Protocol::Grpc, 9090);
    };
    world.row("shop/checkout", &Report::source("shop/checkout", "stock/inventory").with(grpc).count(70, 9));
    world.row("stock/inventory", &Report::destination("shop/checkout", "stock/inventory").with(grpc).count(70, 8));
    world
}

#[tokio::test]
async fn who_was_seen_with_a_certificate_has_a_rule_with_its_evidence() {
    let (code, said, told) = of_stock(whole(), &[]).await;
    assert_eq!((code, told.as_str()), (0, ""), "{said}");
    assert!(said.starts_with("# Least privilege of namespace stock by what was seen from "), "{said}");
    let rule = "  - from:
    - source:
        principals: [\"cluster.local/ns/shop/sa/checkout\"]
    to:
    - operation:
        ports: [\"9090\"]
        methods: [\"POST\"]
";
    assert!(said.contains(rule), "{said}");
    assert!(said.contains("  selector:\n    matchLabels:\n      \"app\": \"inventory\"\n  action: ALLOW\n"), "{said}");
    let evidence = "  # shop/checkout (grpc, edge ";
    assert!(
        said.contains(evidence) && said.contains("70 exchanges by the destination's word, reported by both ends"),
        "{said}"
    );
    assert!(said.contains("  # shop/checkout (http, edge ") && said.contains("ports: [\"8080\"]\n"), "{said}");
    assert!(said.contains("; the edge, whoever asked on it, was seen from 2026-11-24T14:02:00Z to "), "{said}");
    // Applied, it breaks nothing that was seen.
    let files = [("current", WORKLOADS), ("change", said.as_str())];
    let (code, rehearsed, _) = simulate(whole(), &files, &["--fail-on", "any"]).await;
    assert_eq!(code, 0, "{rehearsed}");
}

#[tokio::test]
async fn who_was_seen_without_a_certificate_is_listed_first_and_ends_with_1() {
    let mut world = whole();
    world.row("stock/inventory", &Report::destination("legacy/cron", "stock/inventory").plaintext().count(600, 22));
    world.row("shop/gateway", &Report::source("shop/gateway", "stock/inventory").count(3, 2));
    let own = Report::destination("shop/gateway", "stock/pricing").count(5, 2);
    world.row("stock/pricing", &own.with(|key| key.security = Security::ApplicationTls));
    let (code, said, told) = of_stock(world, &[]).await;
    assert_eq!(code, 1, "{said}{told}");
    for line in [
        "# WOULD CUT: legacy/cron -> stock/inventory:8080, plaintext, 600 exchanges: plaintext: no certificate says who asks\n",
        ", unknown, 3 exchanges: only the source tells of it, and who it is is proven to the destination alone\n",
        ", application_tls, 5 exchanges: TLS of the applications' own: no certificate that the proxy saw\n",
    ] {
        assert!(said.contains(line), "{line}{said}");
    }
    assert!(told.contains("3 of those that were seen would be cut: see WOULD CUT"), "{told}");
    assert!(!said.contains("cron\"") && !said.contains("gateway\""), "{said}");
}

#[tokio::test]
async fn a_certificate_of_a_probe_counts_and_a_claim_of_a_name_does_not() {
    let mut world = whole();
    let probe = Report::destination("shop/prober", "stock/pricing").count(9, 1);
    world.row("stock/pricing", &probe.with(|key| key.traffic = Traffic::Probe));
    // It is called shop/gateway, and its certificate is another's.
    let other = Report::destination("shop/gateway", "stock/pricing").count(4, 1);
    world.row("stock/pricing", &other.with(|key| key.peer.principal = principal("evil/thief")));
    let (_, said, _) = of_stock(world, &[]).await;
    assert!(said.contains("[\"cluster.local/ns/shop/sa/prober\"]"), "{said}");
    assert!(said.contains("[\"cluster.local/ns/evil/sa/thief\"]") && !said.contains("sa/gateway\""), "{said}");
}

#[tokio::test]
async fn who_was_refused_is_not_let_in_and_who_never_was_answered_is_listed() {
    let mut world = whole();
    let denied = Report::destination("shop/denied", "stock/pricing").count(8, 1);
    world.row("stock/pricing", &denied.ended(Outcome::Denied, AnsweredBy::LocalProxy));
    let late = Report::destination("shop/late", "stock/pricing").count(2, 1);
    world.row("stock/pricing", &late.ended(Outcome::Timeout, AnsweredBy::LocalProxy));
    let (code, said, _) = of_stock(world, &[]).await;
    assert_eq!(code, 1, "{said}");
    assert!(!said.contains("sa/denied\"") && !said.contains("sa/late\""), "{said}");
    assert!(said.contains("# refused: shop/denied -> stock/pricing:8080, mutual_tls "), "{said}");
    assert!(said.contains("2 exchanges: it ended before the application answered"), "{said}");
}

#[tokio::test]
async fn a_silent_proxy_or_a_workload_left_out_is_not_proven_at_the_top_and_ends_with_5() {
    let (code, said, told) = of_stock(demo(), &[]).await;
    assert_eq!(code, 5, "{said}");
    assert!(said.starts_with("# NOT PROVEN: least privilege of namespace stock"), "{said}");
    assert!(said.contains("\n# NOT PROVEN: silent proxies: "), "{said}");
    assert!(told.contains("not proven: silent proxies: "), "{told}");
    // Nobody says which proxies there should be.
    let (code, said, _) = suggest(whole(), WORKLOADS, &["stock"]).await;
    assert!(code == 5 && said.contains("# NOT PROVEN: nobody says which proxies should report\n"), "{said}");
    let twins = WORKLOADS.replace("{app: pricing}", "{app: inventory}");
    let (code, said, _) = suggest(whole(), &twins, &[&["stock"], &WHOLE[..]].concat()).await;
    assert_eq!(code, 5, "{said}");
    let line = "# left out: stock/pricing: no labels of its pods tell it from those of stock/inventory\n";
    assert!(said.contains(line) && !said.contains("kind: AuthorizationPolicy"), "{said}");
    let gateway = WORKLOADS.replace("{app: pricing}", "{app: pricing, istio: ingressgateway}");
    let (code, said, _) = suggest(whole(), &gateway, &[&["stock"], &WHOLE[..]].concat()).await;
    assert!(code == 5 && said.contains("left out: stock/pricing: what stands before it is a gateway"), "{said}");
    let (code, _, told) = suggest(whole(), WORKLOADS, &[&["nobody"], &WHOLE[..]].concat()).await;
    assert!(code == 5 && told.contains("no edge to a workload of namespace nobody was seen"), "{told}");
}

#[tokio::test]
async fn without_labels_nothing_is_suggested_and_the_remedy_is_told() {
    let other = WORKLOADS.replace("name: pricing", "name: price");
    let (code, said, told) = suggest(whole(), &other, &["stock"]).await;
    assert_eq!((code, said.as_str()), (2, ""));
    assert!(told.contains("labels of pods are not known of stock/pricing -> give all workloads"), "{told}");
    let (code, _, told) = suggest(whole(), WORKLOADS, &["istio-system"]).await;
    assert!(code == 2 && told.contains("istio-system is the root namespace"), "{told}");
    let (code, _, told) = suggest(whole(), WORKLOADS, &["stock\n- x"]).await;
    assert!(code == 2 && told.contains("none that Kubernetes takes"), "{told}");
    let mut world = whole();
    world.row("c2/stock/pricing", &Report::destination("shop/gateway", "c2/stock/pricing").count(40, 1));
    let (code, _, told) = of_stock(world.clone(), &[]).await;
    assert!(code == 2 && told.contains("in several k8s clusters: c1, c2 -> "), "{told}");
    let (code, said, told) = of_stock(world, &["--k8s-cluster", "c1"]).await;
    assert!(code == 0 && !said.contains("gateway"), "{said}{told}");
}

#[tokio::test]
async fn what_is_in_force_beside_it_is_named() {
    let policy = |name: &str| {
        format!(
            "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{namespace: stock, name: {name}}}\nspec: {{rules: [{{}}]}}\n"
        )
    };
    let current = format!("{WORKLOADS}{}{}", policy("open"), policy("pricing-seen"));
    let (_, said, _) = suggest(whole(), &current, &[&["stock"], &WHOLE[..]].concat()).await;
    assert!(
        said.contains("# warning: ALLOW stock/open stays in force, and lets in what it does beside these"),
        "{said}"
    );
    assert!(
        said.contains("# warning: AuthorizationPolicy stock/pricing-seen is in force, and would be replaced"),
        "{said}"
    );
}

#[tokio::test]
async fn nothing_of_a_hostile_name_becomes_yaml_or_markdown() {
    let hostile = [
        "spiffe://*",
        "spiffe://cluster.local/ns/a/sa/*",
        "spiffe://cluster.local/ns/a/sa/x\"]\n  - {}\n#",
        "spiffe://cluster.local/ns/a/sa/x\u{85}- {}",
        "spiffe://cluster.local/ns/a/sa/x\u{2028}- {}",
        "spiffe://a/b```\n---\nkind: Evil",
        "shop/web",
    ];
    let mut world = whole();
    for (number, name) in hostile.into_iter().enumerate() {
        let source = format!("evil/s{number}\n  - {{}}\r# \"```");
        let row = Report::destination(&source, "stock/pricing").count(3, 1);
        world.row("stock/pricing", &row.with(|key| key.peer.principal = name.to_owned()));
    }
    let (code, said, _) = of_stock(world.clone(), &[]).await;
    assert_eq!(code, 1, "{said}");
    let is_ours = |line: &&str| {
        let line = line.trim_start();
        let begins =
            ["# ", "---", "apiVersion: security", "kind: AuthorizationPolicy", "metadata:", "namespace: \"stock\""];
        let more = ["name: \"", "spec:", "selector:", "matchLabels:", "\"app\": \"", "action: ALLOW", "rules:"];
        let rest =
            ["- from:", "- source:", "principals: [\"cluster.local/ns/shop/sa/checkout\"]", "to:", "- operation:"];
        let last = ["ports: [\"", "methods: [\"POST\"]"];
        begins.iter().chain(&more).chain(&rest).chain(&last).any(|begin| line.starts_with(begin))
    };
    let strange: Vec<&str> = said.split(['\n', '\r', '\u{85}', '\u{2028}']).filter(|line| !line.is_empty()).collect();
    let strange: Vec<&str> = strange.into_iter().filter(|line| !is_ours(line)).collect();
    assert_eq!(strange, Vec::<&str>::new(), "{said}");
    assert_eq!(said.matches("# WOULD CUT: ").count(), hostile.len(), "{said}");
    let (_, markdown, _) = of_stock(world.clone(), &["--format", "md"]).await;
    assert_eq!(markdown.lines().filter(|line| line.starts_with("```")).count(), 2, "{markdown}");
    assert!(!markdown.contains("\n---\nkind: Evil"), "{markdown}");
    let (_, said, _) = of_stock(world, &["--format", "json"]).await;
    let value: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(value["would_cut"].as_array().unwrap().len(), hostile.len());
}

#[tokio::test]
async fn json_has_each_edge_of_a_rule_and_markdown_is_for_a_pull_request() {
    let (code, said, _) = of_stock(whole(), &["--format", "json"]).await;
    let value: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &value["schema"], &value["result"]), (0, &"hogusu.suggestion/v1".into(), &"proven".into()));
    let rule = &value["policies"][1]["rules"][0];
    assert_eq!(
        (&rule["port"], &rule["exchanges"], &rule["methods"]),
        (&8080.into(), &6_000.into(), &Value::Array(vec![]))
    );
    let edge = &rule["edges"][0];
    assert_eq!((&edge["reported_by"], &edge["agreement"]), (&"both".into(), &"agree".into()), "{edge:#}");
    assert_eq!(edge["stability"]["first_seen"], "2026-11-24T14:02:00Z", "{edge:#}");
    let (_, markdown, _) = of_stock(whole(), &["--format", "md"]).await;
    assert!(markdown.contains("\n### evidence\n\n- "), "{markdown}");
    assert!(markdown.contains("\n```yaml\n# Least privilege"), "{markdown}");
}

/// Objects of namespace `stock` beside the ones that are asked.
fn beside(objects: &[&str]) -> String {
    format!("{WORKLOADS}{}", objects.iter().map(|object| format!("---\n{object}\n")).collect::<String>())
}

fn pods(kind: &str, name: &str, labels: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: {kind}, metadata: {{namespace: stock, name: {name}}}, spec: {{template: {{metadata: {{labels: {{{labels}}}}}}}}}}}"
    )
}

async fn of_files(files: &str) -> (i32, String, String) {
    suggest(whole(), files, &[&["stock"], &WHOLE[..]].concat()).await
}

#[tokio::test]
async fn a_selector_selects_no_workload_of_several_kinds_under_one_name() {
    let (one, other) =
        (pods("Deployment", "b", "app: inventory, tier: x"), pods("StatefulSet", "b", "app: inventory, tier: y"));
    let (code, said, _) = of_files(&beside(&[&one, &other])).await;
    assert!(code == 5 && said.contains("no labels of its pods tell it from those of stock/b"), "{said}");
}

#[tokio::test]
async fn pods_that_a_controller_made_are_no_workloads_of_their_own() {
    let pod = "{apiVersion: v1, kind: Pod, metadata: {namespace: stock, name: inventory-7d9f-x2x4q, labels: {app: inventory}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: inventory-7d9f, controller: true, uid: u}]}, spec: {}}";
    let (code, said, _) = of_files(&beside(&[pod])).await;
    assert!(code == 0 && !said.contains("x2x4q"), "{said}");
}

#[tokio::test]
async fn who_was_answered_by_a_filter_alone_was_perhaps_never_let_in() {
    let mut world = whole();
    let redirected = Report::destination("shop/stranger", "stock/pricing").count(5, 1);
    world.row("stock/pricing", &redirected.ended(Outcome::Ok, AnsweredBy::LocalProxy));
    let (_, said, _) = of_stock(world, &[]).await;
    assert!(!said.contains("principals: [\"cluster.local/ns/shop/sa/stranger\"]"), "{said}");
    assert!(said.contains("shop/stranger"), "{said}");
}

#[tokio::test]
async fn names_of_other_trust_domains_that_istio_reads_too_are_told() {
    let mesh = "{apiVersion: v1, kind: ConfigMap, metadata: {namespace: istio-system, name: istio}, data: {mesh: \"trustDomain: cluster.local\\ntrustDomainAliases: [old]\"}}";
    let (_, said, _) = of_files(&beside(&[mesh])).await;
    assert!(said.contains("one of each of them (cluster.local, old)"), "{said}");
}

#[tokio::test]
async fn where_both_ends_disagree_on_who_asked_nothing_is_proven() {
    let mut world = whole();
    let other = |key: &mut hogusu_model::SeriesKey| key.own_principal = principal("shop/other");
    world.row("shop/checkout", &Report::source("shop/checkout", "stock/pricing").with(other).count(9, 5));
    let (code, said, _) = of_stock(world, &[]).await;
    assert!(code == 5 && said.contains("both ends disagree"), "{said}");
}

#[tokio::test]
async fn a_destination_of_no_known_k8s_cluster_is_named() {
    let mut world = whole();
    world.calls("shop/checkout", "/stock/unknown", 7, 5);
    let (code, said, told) = of_stock(world, &["--k8s-cluster", "c1"]).await;
    assert!(code == 5 && said.contains("the k8s cluster of the destination is not known"), "{said}{told}");
}
