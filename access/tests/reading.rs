//! What is wrong with manifests: named with its line and a remedy. And what is too much: refused within bounds.

use std::time::{Duration, Instant};

use hogusu_access::{Age, LONGEST_FILE, Role};

use crate::ask::{named, policy, read_as};

/// `LINE PATH: SAID` of the first problem.
fn first(yaml: &str) -> String {
    let (_, problems) = read_as(yaml, Role::Current);
    problems.first().map_or_else(String::new, |one| {
        assert!(!one.remedy.is_empty(), "{one:?}");
        format!("{} {}: {}", one.place.line, one.path, one.said)
    })
}

#[test]
fn what_istio_or_the_api_server_refuses_is_an_error_with_its_line() {
    for (spec, expected) in [
        ("{selectr: {}}", "5 spec.selectr: there is no such field"),
        ("{rules: [{form: []}]}", "5 spec.rules[0].form: there is no such field"),
        (
            "{rules: [{from: [{source: {principal: [a]}}]}]}",
            "5 spec.rules[0].from[0].source.principal: there is no such field",
        ),
        ("{action: BLOCK}", "5 spec.action: there is no such action"),
        ("{action: DENY}", "5 spec.rules: DENY without a rule never matches, and Istio refuses it"),
        ("{rules: [{from: []}]}", "5 spec.rules[0].from: it is empty, which Istio refuses"),
        ("{rules: [{from: [{source: {}}]}]}", "5 spec.rules[0].from[0].source: it is empty, which Istio refuses"),
        ("{rules: [null]}", "5 spec.rules[0]: it is empty, which Istio refuses"),
        (
            "{rules: [{to: [{operation: {methods: [\"\"]}}]}]}",
            "5 spec.rules[0].to[0].operation.methods[0]: it is empty, which Istio refuses",
        ),
        (
            "{rules: [{to: [{operation: {ports: [80]}}]}]}",
            "5 spec.rules[0].to[0].operation.ports[0]: it is a number, not a string",
        ),
        (
            "{rules: [{to: [{operation: {methods: [on]}}]}]}",
            "5 spec.rules[0].to[0].operation.methods[0]: it is a boolean (on without quotes), not a string",
        ),
        (
            "{rules: [{to: [{operation: {ports: [http]}}]}]}",
            "5 spec.rules[0].to[0].operation.ports: http: it is no port",
        ),
        (
            "{rules: [{from: [{source: {ipBlocks: [10.0.0]}}]}]}",
            "5 spec.rules[0].from[0].source.ipBlocks: 10.0.0: it is neither an address nor a network",
        ),
        (
            "{rules: [{when: [{key: source.user, values: [a]}]}]}",
            "5 spec.rules[0].when[0].key: there is no such key, and Istio refuses it",
        ),
        (
            "{rules: [{when: [{key: source.ip}]}]}",
            "5 spec.rules[0].when[0]: it has neither values nor notValues, which Istio refuses",
        ),
        (
            "{rules: [{from: [{source: {serviceAccounts: [\"a/*\"]}}]}]}",
            "5 spec.rules[0].from[0].source.serviceAccounts: a/*: it is no service account: wildcards are refused",
        ),
        (
            "{rules: [{from: [{source: {serviceAccounts: [a], namespaces: [b]}}]}]}",
            "5 spec.rules[0].from[0].source: serviceAccounts beside principals or namespaces: the API server refuses it",
        ),
        (
            "{rules: [{to: [{operation: {paths: [\"/a/{**}/{*}\"]}}]}]}",
            "5 spec.rules[0].to[0].operation.paths: /a/{**}/{*}: {**} is the last operator",
        ),
        (
            "{rules: [{to: [{operation: {paths: [\"/a/{*}/*\"]}}]}]}",
            "5 spec.rules[0].to[0].operation.paths: /a/{*}/*: * and templates do not go together",
        ),
        (
            "{action: CUSTOM, provider: {name: p}, rules: [{from: [{source: {principals: [a]}}]}]}",
            "5 spec.rules[0]: CUSTOM has no source.principal: it comes before identities are proven",
        ),
        (
            "{selector: {matchLabels: {app: x}}, targetRefs: [{kind: Service, name: x}]}",
            "5 spec.selector: it stands beside targetRefs, which Istio refuses",
        ),
        (
            "{targetRefs: [{kind: Service, name: x, namespace: b}]}",
            "5 spec.targetRefs[0].namespace: references to other namespaces are refused",
        ),
    ] {
        assert_eq!(first(&policy(spec)), expected, "{spec}");
    }
}

#[test]
fn names_and_ages_are_needed_where_they_decide() {
    let nameless = policy("{}").replace("namespace: a, ", "");
    assert_eq!(first(&nameless), "4 metadata.namespace: it is missing");
    assert_eq!(
        first(&(policy("{}") + &policy("{}"))),
        "7 metadata.name: AuthorizationPolicy a/p stands twice in these files"
    );
    let aged = policy("{}").replace("name: p}", "name: p, creationTimestamp: \"2026-11-24T14:02:00Z\"}");
    let age = |role| read_as(&aged, role).0.authorizations[0].object.age;
    assert_eq!((age(Role::Current), age(Role::Change)), (Age::At(1_795_528_920), Age::New));
    assert_eq!(first(&aged.replace("T14", " 14")), "4 metadata.creationTimestamp: it is no time");
    assert_eq!(read_as(&policy("{}"), Role::Current).0.authorizations[0].object.age, Age::Unknown);
}

#[test]
fn what_never_matches_is_a_warning() {
    let spiffe = policy("{rules: [{from: [{source: {principals: [\"spiffe://td/ns/a/sa/b\"]}}]}]}");
    let (_, problems) = read_as(&spiffe, Role::Current);
    assert!(
        matches!(problems.as_slice(), [one] if !one.is_error && one.said.contains("never matches")),
        "{problems:?}"
    );
}

#[test]
fn other_policies_are_checked_too() {
    let peer = "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {namespace: a, name: p}\n";
    let rule = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {namespace: a, name: p}\n";
    for (yaml, expected) in [
        (format!("{peer}spec: {{mtls: {{mode: strict}}}}\n"), "4 spec.mtls.mode: there is no such mode"),
        (
            format!("{peer}spec:\n  portLevelMtls: {{80: {{mode: STRICT}}}}\n"),
            "5 spec.portLevelMtls: it needs a selector, and the API server refuses it without",
        ),
        (format!("{rule}spec: {{trafficPolicy: {{}}}}\n"), "4 spec.host: it is missing"),
        (
            format!("{rule}spec:\n  host: a\n  trafficPolicy:\n    tls: {{mode: ISTIO}}\n"),
            "7 spec.trafficPolicy.tls.mode: there is no such mode",
        ),
        (
            format!("{rule}spec: {{host: a, trafficPolicy: {{tsl: {{}}}}}}\n"),
            "4 spec.trafficPolicy.tsl: there is no such field",
        ),
        (
            policy("{}").replace("security.istio.io/v1", "networking.istio.io/v1"),
            "2 apiVersion: AuthorizationPolicy is not of \"networking.istio.io/v1\"",
        ),
        (
            policy("{}").replace("security.istio.io/v1", "security.istio.io/v2"),
            "2 apiVersion: AuthorizationPolicy is not of \"security.istio.io/v2\"",
        ),
        (
            policy("{}").replace("AuthorizationPolicy", "AuthorisationPolicy"),
            "3 kind: security.istio.io has no AuthorisationPolicy",
        ),
        ("apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n".to_owned(), "1 metadata.name: it is missing"),
        (
            "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: [a]\n".to_owned(),
            "3 metadata: it is a list, not an object",
        ),
        ("version: 1\n".to_owned(), "1 kind: it is missing: this is no Kubernetes object"),
        ("a: [\n".to_owned(), "1 : "),
    ] {
        let said = first(&yaml);
        assert!(said.starts_with(expected), "{yaml}: {said}");
    }
}

#[test]
fn workloads_services_and_the_mesh_are_known_from_their_objects() {
    let yaml = "
apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {namespace: a, name: web, annotations: {x: y}}
  spec: {replicas: 1, template: {metadata: {labels: {app: web}}}}
- apiVersion: v1
  kind: Service
  metadata: {namespace: a, name: web}
  spec: {clusterIP: None, ports: [{port: 80, targetPort: 8080, name: http-web}, {port: 90, targetPort: named, name: x}]}
- apiVersion: v1
  kind: ConfigMap
  metadata: {namespace: istio-system, name: istio}
  data:
    mesh: |
      trustDomain: td
      trustDomainAliases: [old]
      enableAutoMtls: false
- apiVersion: v1
  kind: Secret
  metadata: {namespace: a, name: s}
";
    let (all, problems) = read_as(yaml, Role::Current);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(all.inventory.labels("a", "web").unwrap().known["app"], "web");
    let service = all.inventory.service("a", "web").unwrap();
    let ports: Vec<_> = service.ports.iter().map(|port| (port.port, port.target, port.is_http)).collect();
    assert!(service.is_headless);
    assert_eq!(ports, [(80, Some(8080), Some(true)), (90, None, None)]);
    let domains: Vec<&str> = all.mesh.trust_domains().collect();
    assert_eq!((domains, all.mesh.is_auto_mtls), (vec!["td", "old"], false));
}

#[test]
fn what_speaks_two_ways_of_one_thing_is_not_believed() {
    let mesh = |domain: &str, name: &str| {
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{namespace: istio-system, name: {name}}}\ndata: {{mesh: \"trustDomain: {domain}\"}}\n"
        )
    };
    assert_eq!(first(&(mesh("a", "istio") + &mesh("a", "istio-canary"))), "");
    let said = first(&(mesh("a", "istio") + &mesh("b", "istio-canary")));
    assert!(said.contains("another mesh's configuration"), "{said}");
    let workload = |kind: &str, app: &str| {
        format!(
            "---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{namespace: a, name: web}}\nspec: {{template: {{metadata: {{labels: {{app: {app}}}}}}}}}\n"
        )
    };
    let known = |yaml: &str| read_as(yaml, Role::Current).0.inventory.labels("a", "web").is_some();
    assert!(known(&(workload("Deployment", "web") + &workload("StatefulSet", "web"))));
    let both = workload("Deployment", "web") + &workload("StatefulSet", "api");
    assert!(!known(&both));
    assert!(!known(&(both + &workload("DaemonSet", "web"))));
}

#[test]
fn labels_and_services_that_a_change_changes_are_those_of_today_and_named() {
    let yaml = |app: &str, port: u16| {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{namespace: a, name: web}}\nspec: {{template: {{metadata: {{labels: {{app: {app}}}}}}}}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{namespace: a, name: web}}\nspec: {{ports: [{{port: {port}}}]}}\n"
        )
    };
    let (today, change) = (read_as(&yaml("web", 80), Role::Current).0, read_as(&yaml("api", 81), Role::Change).0);
    assert_eq!(today.inventory.differing(&change.inventory), ["labels of workload a/web", "Service a/web"]);
    let whole = today.with(&change).inventory;
    assert_eq!((&whole.workloads, &whole.services), (&today.inventory.workloads, &today.inventory.services));
    assert_eq!(whole.becomes("a", "web").unwrap().known["app"], "api");
    assert!(today.with(&today).inventory.becomes("a", "web").is_none());
    assert_eq!(today.inventory.differing(&today.inventory), Vec::<String>::new());
}

#[test]
fn a_change_says_what_of_it_is_not_looked_at_once_for_each_kind() {
    let other = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: a, name: p}\n";
    let said = |role| {
        let problems = read_as(&(other.repeat(3) + &policy("{}")), role).1;
        problems.iter().map(|one| format!("{} {}", one.place.line, one.said)).collect::<Vec<_>>()
    };
    assert_eq!(said(Role::Change), ["3 NetworkPolicy is not rehearsed"]);
    assert_eq!(said(Role::Current), Vec::<String>::new());
}

#[test]
fn no_number_of_warnings_hides_an_error() {
    let spiffe = "{from: [{source: {principals: [\"spiffe://a\"]}}]}";
    let warned = policy(&format!("{{rules: [{}]}}", vec![spiffe; 500].join(", ")));
    let all = warned.clone()
        + &warned.replace("name: p", "name: q")
        + &warned.replace("name: p", "name: r")
        + &named("a", "s", "{action: BLOCK}");
    let (_, problems) = read_as(&all, Role::Current);
    assert!(problems.len() <= 1_001 && problems.iter().any(|one| one.is_error), "{}", problems.len());
}

#[test]
fn a_selector_that_selects_nobody_is_a_warning_where_workloads_are_known() {
    let workload = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {namespace: a, name: web}\nspec: {template: {metadata: {labels: {app: web}}}}\n";
    let of = |app: &str| policy(&format!("{{selector: {{matchLabels: {{app: {app}}}}}}}"));
    let said = |yaml: &str| {
        let problems = hogusu_access::idle(&read_as(yaml, Role::Current).0);
        problems.iter().map(|one| one.said.clone()).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(said(&(workload.to_owned() + &of("wbe"))), "AuthorizationPolicy a/p selects no workload of these files");
    assert_eq!(said(&(workload.to_owned() + &of("web"))), "");
    assert_eq!(said(&of("wbe")), "");
}

#[test]
fn too_much_is_refused_within_bounds() {
    let long = "# ".to_owned() + &"x".repeat(LONGEST_FILE);
    let anchors =
        (0..30).map(|level| format!("a{level}: &a{level} [*a{}, *a{}]\n", level.max(1) - 1, level.max(1) - 1));
    let bomb = format!("a: &a0 [x, x]\n{}", anchors.skip(1).collect::<String>());
    let deep = format!("spec: {}{}", "[".repeat(10_000), "]".repeat(10_000));
    let ten_megabytes = named("a", "p", "{rules: [{}]}").repeat(10 * 1024 * 1024 / 100);
    let many = "- a\n".repeat(400_000);
    for (what, text) in [("long", long), ("bomb", bomb), ("deep", deep), ("10 MB", ten_megabytes), ("many", many)] {
        let begun = began();
        let (all, problems) = read_as(&text, Role::Current);
        assert!(problems.iter().any(|one| one.is_error), "{what} is taken");
        assert!(all.authorizations.is_empty(), "{what}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{what} took {:?}", begun.elapsed());
    }
}

#[expect(clippy::disallowed_methods, reason = "what is bounded here is time")]
fn began() -> Instant {
    Instant::now()
}
