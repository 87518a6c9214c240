//! `hogusu policy simulate` as people run it, over the demo's mesh.

use std::fs;

use serde_json::Value;

use crate::command_line::{hogusu, text};
use crate::world::{Report, World, demo};

pub(crate) const WORKLOADS: &str = "
apiVersion: v1
kind: List
items:
- {apiVersion: apps/v1, kind: Deployment, metadata: {namespace: stock, name: inventory}, spec: {template: {metadata: {labels: {app: inventory}}}}}
- {apiVersion: apps/v1, kind: Deployment, metadata: {namespace: stock, name: pricing}, spec: {template: {metadata: {labels: {app: pricing}}}}}
- {apiVersion: v1, kind: Service, metadata: {namespace: stock, name: inventory}, spec: {clusterIP: 10.1.0.1, ports: [{port: 80, targetPort: 9090, name: grpc}]}}
";

/// What is in plaintext there; who says that he is a probe is nobody else's business.
const IN_PLAINTEXT: [&str; 2] = [
    "certain legacy/cron -> stock/inventory:8080 plaintext 600",
    "certain unknown -> stock/inventory:8080 plaintext 150",
];

fn policy(spec: &str) -> String {
    format!(
        "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{namespace: stock, name: p}}\nspec: {spec}\n"
    )
}

/// Runs it with these files, by name and content, and further arguments.
pub(crate) async fn simulate(world: World, files: &[(&str, &str)], arguments: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut all = vec!["policy".to_owned(), "simulate".to_owned()];
    for (name, content) in files {
        let file = folder.path().join(format!("{name}.yaml"));
        fs::write(&file, content).unwrap();
        all.extend([format!("--{name}"), file.display().to_string()]);
    }
    all.extend(arguments.iter().map(|one| (*one).to_owned()));
    // The command runs on a thread of its own, for as long as it likes.
    let leaked: Vec<&'static str> = all.into_iter().map(|one| &*one.leak()).collect();
    let (output, _) = hogusu(world, leaked.leak()).await;
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

pub(crate) async fn json(files: &[(&str, &str)], arguments: &[&str]) -> (i32, Value) {
    let (code, said, told) = simulate(demo(), files, &[arguments, &["--format", "json"]].concat()).await;
    (code, serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}{told}")))
}

pub(crate) fn rows(value: &Value) -> Vec<String> {
    let row = |row: &Value| {
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        let missing: Vec<&str> = row["undecidable"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        format!(
            "{} {} -> {}:{} {} {} {}",
            text("certainty"),
            text("source"),
            text("destination"),
            row["port"],
            text("connection"),
            row["count"],
            missing.join("+")
        )
        .trim_end()
        .to_owned()
    };
    value.as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn what_a_change_breaks_is_certain_or_says_what_is_missing() {
    let only_shop =
        policy("{selector: {matchLabels: {app: inventory}}, rules: [{from: [{source: {namespaces: [shop]}}]}]}");
    let (code, said) = json(&[("current", WORKLOADS), ("change", &only_shop)], &[]).await;
    assert_eq!((code, &said["result"]), (1, &"breaks".into()), "{said:#}");
    assert_eq!(rows(&said["would_break"]), IN_PLAINTEXT);
    assert_eq!(said["would_break"][0]["because"], "no rule of ALLOW stock/p matches");

    let no_admin = policy("{action: DENY, rules: [{to: [{operation: {paths: [/admin]}}]}]}");
    let (code, said) = json(&[("current", WORKLOADS), ("change", &no_admin)], &[]).await;
    assert_eq!((code, &said["result"]), (0, &"possible".into()), "{said:#}");
    let broken = rows(&said["would_break"]);
    assert!(broken.iter().all(|row| row.starts_with("possible ") && row.ends_with(" request.path")), "{broken:?}");
    assert_eq!(broken.len(), 4, "{broken:?}");
    assert!(said["would_break"][0]["place"].as_str().unwrap().ends_with("change.yaml:5"), "{said:#}");
    let (code, _) = json(&[("current", WORKLOADS), ("change", &no_admin)], &["--fail-on", "possible"]).await;
    assert_eq!(code, 1);

    // gRPC is POST, and what is HTTP is not known.
    let no_post = policy("{action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}]}");
    let (_, said) = json(&[("current", WORKLOADS), ("change", &no_post)], &[]).await;
    let first = &rows(&said["would_break"])[0];
    assert!(first.starts_with("certain shop/checkout -> stock/inventory:9090 mutual_tls "), "{first}");
}

#[tokio::test]
async fn strict_breaks_plaintext_and_without_labels_or_todays_policies_nothing_is_certain() {
    let (code, said) = json(&[("current", WORKLOADS)], &["--strict", "stock"]).await;
    assert_eq!((code, &said["would_break"][0]["last_seen"]), (1, &Value::Null), "{said:#}");
    assert_eq!(rows(&said["would_break"]), IN_PLAINTEXT);
    let because = said["would_break"][0]["because"].as_str().unwrap();
    assert_eq!(because, "refused at a port that is STRICT by PeerAuthentication stock/strict");
    // An edge of probes alone has its times, too.
    let (_, dated) = json(&[("current", WORKLOADS)], &["--strict", "stock", "--last-seen"]).await;
    let is_dated = |row: &Value| row["last_seen"].is_string();
    assert!(dated["would_break"].as_array().unwrap().iter().all(is_dated), "{dated:#}");
    let (code, said) = json(&[], &["--strict", "stock"]).await;
    assert_eq!((code, &said["result"], &said["is_today_known"]), (0, &"possible".into(), &false.into()), "{said:#}");
    let missing = said["would_break"][0]["undecidable"].as_array().unwrap();
    assert!(missing.contains(&"labels of the destination's pods".into()), "{missing:?}");
    assert!(missing.contains(&"policies in force today".into()), "{missing:?}");
}

#[tokio::test]
async fn what_was_refused_and_what_speaks_against_todays_policies_is_listed() {
    use hogusu_model::{AnsweredBy, Outcome};
    let refused = |world: &mut World| {
        let denied = Report::destination("shop/gateway", "stock/pricing").count(40, 1);
        world.row("stock/pricing", &denied.ended(Outcome::Denied, AnsweredBy::LocalProxy));
    };
    let mut world = demo();
    refused(&mut world);
    let today = format!(
        "{WORKLOADS}{}",
        policy("{rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/checkout]}}]}]}")
    );
    let more = policy("{rules: [{from: [{source: {namespaces: [shop]}}]}]}").replace("name: p", "name: more");
    let (code, said, _) = simulate(world, &[("current", &today), ("change", &more)], &["--format", "json"]).await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &said["result"]), (0, &"unseen".into()), "{said:#}");
    assert_eq!(
        rows(&said["would_open"]),
        ["possible shop/gateway -> stock/pricing:8080  40 what refused it: a policy, a token, or another check"]
    );
    // A plaintext caller was let in, and by today's policies never could be.
    let spoken = rows(&said["contradictions"]);
    assert_eq!(spoken, IN_PLAINTEXT);
}

#[tokio::test]
async fn a_policy_that_goes_is_named_and_must_be_there() {
    let today = format!("{WORKLOADS}{}", policy("{rules: [{}]}"));
    let gone = ["--delete", "authorizationpolicy/stock/p"];
    let (code, said, _) = simulate(demo(), &[("current", &today)], &gone).await;
    assert!(code == 0 && said.starts_with("Nothing that was seen from "), "{said}");
    let (code, _, told) = simulate(demo(), &[("current", &today)], &["--delete", "AuthorizationPolicy/stock/q"]).await;
    assert_eq!(code, 2);
    assert!(told.contains("--delete AuthorizationPolicy/stock/q: no file of --current has it"), "{told}");
    let (code, _, told) = simulate(demo(), &[], &gone).await;
    assert!(code == 2 && told.contains("--current"), "{told}");
}

#[tokio::test]
async fn a_file_that_is_wrong_is_told_with_its_line_and_a_remedy() {
    let (code, said, told) = simulate(demo(), &[("change", &policy("{rule: []}"))], &[]).await;
    assert_eq!((code, said.as_str()), (2, ""));
    assert!(told.contains("change.yaml:5: spec.rule: there is no such field -> leave it out"), "{told}");
    let (code, _, told) = simulate(demo(), &[], &[]).await;
    assert!(code == 2 && told.contains("--change"), "{told}");
}

#[tokio::test]
async fn tables_name_rule_and_line() {
    let only_shop = policy("{action: DENY, rules: [{from: [{source: {notPrincipals: [\"*\"]}}]}]}");
    let files = [("current", WORKLOADS), ("change", only_shop.as_str())];
    let (code, said, told) = simulate(demo(), &files, &[]).await;
    assert!(code == 1 && told.contains("2 of the lines above would break, or might"), "{told}");
    assert!(
        said.contains("\nWOULD BREAK\nCERTAINTY  SOURCE       DESTINATION           CONNECTION  SEEN  BECAUSE"),
        "{said}"
    );
    assert!(
        said.contains(
            "certain    legacy/cron  stock/inventory:8080  plaintext   600   DENY ns[stock]-policy[p]-rule[0] ("
        ),
        "{said}"
    );
    let (_, said, _) = simulate(demo(), &files, &["--format", "markdown"]).await;
    assert!(said.contains("### would break\n\n| certainty | source |"), "{said}");
}

#[tokio::test]
async fn who_stands_before_others_is_a_waypoint_or_a_gateway_by_its_class() {
    let deny = policy("{action: DENY, selector: {matchLabels: {app: inventory}}, rules: [{}]}");
    let labels = |class: &str| {
        let labels = format!(
            "{{app: inventory, gateway.networking.k8s.io/gateway-name: g, gateway.networking.k8s.io/gateway-class-name: {class}}}"
        );
        WORKLOADS.replace("{app: inventory}", &labels)
    };
    let (code, said) = json(&[("current", &labels("istio")), ("change", &deny)], &[]).await;
    assert_eq!((code, rows(&said["would_break"]).len()), (1, 3), "{said:#}");
    // Waypoints know no selectors.
    let (code, said) = json(&[("current", &labels("istio-waypoint")), ("change", &deny)], &[]).await;
    assert_eq!((code, &said["result"]), (0, &"unseen".into()), "{said:#}");
}

#[tokio::test]
async fn what_of_a_change_is_not_looked_at_is_said() {
    let other = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: stock, name: n}\n";
    let relabelled = WORKLOADS.replace("{app: inventory}", "{app: other}");
    let whole =
        format!("{relabelled}{other}{}", policy("{action: DENY, selector: {matchLabels: {app: other}}, rules: [{}]}"));
    let (code, said) = json(&[("current", WORKLOADS), ("change", &whole)], &[]).await;
    let warnings = said["warnings"].to_string();
    assert!(code == 0 && warnings.contains("kind: NetworkPolicy is not rehearsed"), "{said:#}");
    let broken = rows(&said["would_break"]);
    let is_open = |row: &String| row.ends_with("what the change makes of the destination's pods");
    assert!(broken.len() == 3 && broken.iter().all(is_open), "{broken:?}");
    assert!(
        warnings.contains("labels of workload stock/inventory differs in --change: what it becomes is not rehearsed"),
        "{said:#}"
    );
    let (code, _, told) = simulate(demo(), &[("current", WORKLOADS), ("change", other)], &[]).await;
    assert!(
        code == 2 && told.contains("change.yaml: nothing that is rehearsed stands there -> give manifests"),
        "{told}"
    );
}

#[tokio::test]
async fn what_cannot_be_in_force_or_is_too_much_is_refused_with_its_line() {
    let list = |level: usize| format!("a{level}: &a{level} [*a{0}, *a{0}, *a{0}, *a{0}]\n", level - 1);
    let bomb = format!("a0: &a0 [x, x]\n{}", (1..20).map(list).collect::<String>());
    let long = "# \u{e4}\n".repeat(2 * 1024 * 1024);
    for (content, expected) in [
        (
            policy("{}").replace("AuthorizationPolicy", "AuthorizationPolicies"),
            "change.yaml:3: kind: security.istio.io has no",
        ),
        (policy("{}").replace("v1", "v3"), "change.yaml:2: apiVersion: AuthorizationPolicy is not of"),
        ("kind: [\n".to_owned(), "change.yaml:1: "),
        ("a: 1\na: 2\n".to_owned(), "change.yaml:2: "),
        (bomb, "change.yaml:"),
        (long, "change.yaml:1: it is longer than 8388608 bytes -> split it"),
    ] {
        let (code, said, told) = simulate(demo(), &[("change", &content)], &[]).await;
        assert_eq!((code, said.as_str()), (2, ""), "{told}");
        assert!(told.contains(expected) && told.contains(" -> "), "{expected}: {told}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bytes.yaml");
    fs::write(&file, b"kind: a\nname: \xff\n").unwrap();
    let (code, _, told) = simulate(demo(), &[], &["--change", file.to_str().unwrap()]).await;
    assert!(code == 2 && told.contains("bytes.yaml:2: it is no text in UTF-8 -> "), "{told}");
}

#[tokio::test]
async fn where_there_are_several_k8s_clusters_it_must_be_said_of_which_the_files_are() {
    let elsewhere = || {
        let mut world = demo();
        world.row("c2/stock/pricing", &Report::destination("shop/gateway", "c2/stock/pricing").count(40, 1));
        world
    };
    let deny = policy("{action: DENY, selector: {matchLabels: {app: inventory}}, rules: [{}]}");
    let files = [("current", WORKLOADS), ("change", deny.as_str())];
    let (code, said, _) = simulate(elsewhere(), &files, &["--format", "json"]).await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &said["result"]), (0, &"possible".into()), "{said:#}");
    for (cluster, edges, result, ends) in [("c1", 6, "breaks", 1), ("c2", 1, "unseen", 0)] {
        let arguments = ["--format", "json", "--k8s-cluster", cluster];
        let (code, said, _) = simulate(elsewhere(), &files, &arguments).await;
        let said: Value = serde_json::from_str(&said).unwrap();
        assert_eq!((code, &said["edges"], &said["result"]), (ends, &edges.into(), &result.into()), "{said:#}");
    }
}
