//! What files say and does not do what was meant: named, never silently something else.

use hogusu_access::{Marks, Role, idle};

use crate::ask::{named, policies, policy, read_as};

const SERVICE: &str = "---\napiVersion: v1\nkind: Service\nmetadata: {namespace: shop, name: orders}\nspec: {ports: [{port: 80, targetPort: 8080}]}\n";

fn peer(namespace: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{namespace: {namespace}, name: p}}\nspec: {spec}\n"
    )
}

fn rule(host: &str) -> String {
    format!(
        "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{namespace: shop, name: d}}\nspec: {{host: {host}}}\n"
    )
}

/// The first problem of files, as `PATH: SAID`, and whether it is an error.
fn first(yaml: &str) -> Option<(bool, String)> {
    let (_, problems) = read_as(yaml, Role::Current);
    problems.first().map(|one| (one.is_error, format!("{}: {}", one.path, one.said)))
}

#[test]
fn policies_that_are_about_nobody_are_named() {
    let said = |yaml: &str| {
        let problems = idle(&policies(yaml));
        problems.iter().map(|one| one.said.clone()).collect::<Vec<_>>().join(", ")
    };
    let root = peer("istio-system", "{selector: {matchLabels: {app: x}}, mtls: {mode: STRICT}}");
    assert_eq!(said(&root), "PeerAuthentication istio-system/p has a selector in the root namespace: it is ignored");
    let port = |port: &str| {
        let spec = format!("{{selector: {{matchLabels: {{app: x}}}}, portLevelMtls: {{{port}: {{mode: DISABLE}}}}}}");
        SERVICE.to_owned() + &peer("shop", &spec)
    };
    assert_eq!(said(&port("80")), "80 is a port of Service shop/orders, whose pods listen on 8080");
    assert_eq!(said(&port("8080")), "");
    assert_eq!(said(&port("9090")), "");
    assert_eq!(said(&(SERVICE.to_owned() + &rule("orders.shop"))), "no service has the host orders.shop");
    for host in ["orders", "orders.shop.svc.cluster.local", "other.shop", "api.example"] {
        assert_eq!(said(&(SERVICE.to_owned() + &rule(host))), "", "{host}");
    }
    for host in ["ordrs", "ordrs.shop.svc.cluster.local"] {
        let expected = format!("DestinationRule shop/d is for no Service of these files: {host}");
        assert_eq!(said(&(SERVICE.to_owned() + &rule(host))), expected);
        assert_eq!(said(&rule(host)), "", "without Services nothing is known of {host}");
    }
    for host in ["'*'", "'*.shop.svc.cluster.local'", "orders.other.svc.cluster.local"] {
        assert_eq!(said(&(SERVICE.to_owned() + &rule(host))), "", "{host}");
    }
}

fn deployment(metadata: &str, labels: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {metadata}\nspec: {{template: {{metadata: {{labels: {labels}}}}}}}\n"
    )
}

#[test]
fn references_that_nothing_takes_are_named_where_workloads_are_known() {
    let said = |yaml: &str| {
        let problems = idle(&policies(yaml));
        problems.iter().map(|one| one.said.clone()).collect::<Vec<_>>().join(", ")
    };
    let by_service = policy("{action: DENY, targetRefs: [{kind: Service, name: x}], rules: [{}]}");
    let sidecar = deployment("{namespace: a, name: x}", "{app: x}");
    let expected = "AuthorizationPolicy a/p goes by targetRefs, and these files have neither a waypoint nor a gateway of the Gateway API";
    assert_eq!(said(&(sidecar.clone() + &by_service)), expected);
    let waypoint = deployment("{namespace: b, name: w}", "{gateway.networking.k8s.io/gateway-name: w}");
    assert_eq!(said(&(sidecar + &waypoint + &by_service)), "");
    assert_eq!(said(&by_service), "");
}

#[test]
fn a_workload_or_service_without_a_namespace_is_an_error() {
    for yaml in [deployment("{name: x}", "{app: x}"), SERVICE.replace("namespace: shop, ", "")] {
        let (is_error, said) = first(&yaml).unwrap();
        assert!(is_error && said.starts_with("metadata.namespace: it is missing"), "{said}");
    }
}

#[test]
fn kinds_of_the_same_name_of_other_groups_are_passed_over() {
    let linkerd = policy("{targetRef: {kind: Server}}").replace("security.istio.io/v1", "policy.linkerd.io/v1alpha1");
    assert_eq!(first(&linkerd), None);
    let (_, problems) = read_as(&linkerd, Role::Change);
    assert!(
        matches!(problems.as_slice(), [one] if !one.is_error && one.said == "AuthorizationPolicy is not rehearsed"),
        "{problems:?}"
    );
}

#[test]
fn names_that_the_api_server_refuses_are_errors() {
    for name in ["A", "a_b", "-a", "a-", "a..b", "\"x](http://a)\""] {
        let (is_error, said) = first(&named("a", name, "{}")).unwrap();
        assert!(is_error && said.starts_with("metadata.name: it is no name"), "{name}: {said}");
    }
    for (namespace, name) in [("a", "a.b-c"), ("a-b", "a1")] {
        assert_eq!(first(&named(namespace, name, "{}")), None, "{namespace}/{name}");
    }
    let (is_error, said) = first(&named("a.b", "a", "{}")).unwrap();
    assert!(is_error && said.starts_with("metadata.namespace: it is no name"), "{said}");
}

#[test]
fn values_that_istio_reads_in_another_way_are_named() {
    let from = |value: &str| policy(&format!("{{rules: [{{from: [{{source: {{principals: [\"{value}\"]}}}}]}}]}}"));
    for value in ["*ns/shop*", "cluster.local/ns/shop/*/web"] {
        let (is_error, said) = first(&from(value)).unwrap();
        assert!(!is_error && said.contains("matches none that is meant"), "{said}");
    }
    for value in ["*", "*/sa/web", "cluster.local/ns/*"] {
        assert_eq!(first(&from(value)), None, "{value}");
    }
    let (is_error, said) = first(&policy("{rules: [{to: [{operation: {ports: [\"+8080\"]}}]}]}")).unwrap();
    assert!(is_error && said.contains("it is no port"), "{said}");
    for wrong in ["trustDomain: 7", "enableAutoMtls: 'false'"] {
        let mesh = format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{namespace: istio-system, name: istio}}\ndata: {{mesh: \"{wrong}\"}}\n"
        );
        assert!(first(&mesh).is_some_and(|(is_error, _)| is_error), "{wrong}");
    }
}

#[test]
fn lists_within_lists_are_read_and_so_are_json_objects_one_after_another() {
    let one = "{\"apiVersion\": \"security.istio.io/v1\", \"kind\": \"AuthorizationPolicy\", \"metadata\": {\"namespace\": \"a\", \"name\": \"p\"}}";
    let other = one.replace("\"p\"", "\"q\"");
    let list = |items: &str| format!("{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{items}]}}");
    let nested = list(&format!("{one}, {}", list(&other)));
    for text in [nested, format!("{one}\n{other}\n"), format!("{one}{other}")] {
        assert_eq!(policies(&text).authorizations.len(), 2, "{text}");
    }
}

#[test]
fn what_steers_a_proxy_beside_labels_is_known_from_its_template() {
    let marks = |spec: &str, annotations: &str| -> Marks {
        let yaml = format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{namespace: a, name: x}}\nspec: {{template: {{metadata: {{annotations: {annotations}}}, spec: {spec}}}}}\n"
        );
        policies(&yaml).inventory.marks("a", "x").unwrap().clone()
    };
    assert!(marks("{containers: [{name: istio-proxy}]}", "{}").is_gateway());
    assert!(marks("{}", "{inject.istio.io/templates: gateway}").is_gateway());
    assert!(
        !marks("{containers: [{name: app}, {name: istio-proxy}]}", "{inject.istio.io/templates: sidecar}").is_gateway()
    );
    for (annotations, port, is_let_past) in [
        ("{}", Some(8080), false),
        ("{traffic.sidecar.istio.io/excludeInboundPorts: '8080, 9090'}", Some(8080), true),
        ("{traffic.sidecar.istio.io/excludeInboundPorts: '9090'}", Some(8080), false),
        ("{traffic.sidecar.istio.io/excludeInboundPorts: '9090'}", None, true),
        ("{traffic.sidecar.istio.io/excludeInboundPorts: ''}", Some(8080), false),
        ("{traffic.sidecar.istio.io/includeInboundPorts: '*'}", Some(8080), false),
        ("{traffic.sidecar.istio.io/includeInboundPorts: '9090'}", Some(8080), true),
        ("{sidecar.istio.io/inject: 'false'}", Some(8080), true),
        ("{sidecar.istio.io/inject: 'true', other: x}", Some(8080), false),
    ] {
        assert_eq!(marks("{}", annotations).unpoliced(port).is_some(), is_let_past, "{annotations} {port:?}");
    }
}

#[test]
fn a_template_is_to_be_rendered_first() {
    let text = policy("{action: {{ .Values.action }}, rules: [{}]}");
    let (_, problems) = read_as(&text, Role::Change);
    assert!(problems[0].is_error && problems[0].remedy.contains("helm template"), "{problems:?}");
}
