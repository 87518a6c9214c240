//! Facts 1.1: which policies apply.

use hogusu_access::{Call, Labels, Proxy, Service, Workload};

use crate::ask::{named, policies, request, told, workload};

const DENY: &str = "action: DENY, rules: [{}]";

fn decided(workload: &Workload, namespace: &str, target: &str, call: &Call) -> String {
    let spec = format!("{{{DENY}{target}}}");
    told(&policies(&named(namespace, "p", &spec)).decide(workload, call))
}

#[test]
fn a_policy_of_the_root_namespace_is_of_every_namespace_and_any_other_of_its_own() {
    let sidecar = workload(Proxy::Sidecar);
    for (namespace, target, expected) in [
        ("istio-system", "", "denied"),
        ("istio-system", ", selector: {matchLabels: {app: x}}", "denied"),
        ("istio-system", ", selector: {matchLabels: {app: other}}", "allowed"),
        ("a", "", "denied"),
        ("b", "", "allowed"),
    ] {
        assert_eq!(decided(&sidecar, namespace, target, &request()), expected, "{namespace}{target}");
    }
}

#[test]
fn labels_of_a_selector_are_a_subset_of_the_pods_and_without_labels_nothing_is_decided() {
    let mut sidecar = workload(Proxy::Sidecar);
    for (target, expected) in [
        (", selector: {}", "denied"),
        (", selector: {matchLabels: {}}", "denied"),
        (", selector: {matchLabels: {app: x}}", "denied"),
        (", selector: {matchLabels: {app: x, tier: front}}", "allowed"),
        (", targetRefs: [{kind: Service, name: x}]", "allowed"),
    ] {
        assert_eq!(decided(&sidecar, "a", target, &request()), expected, "{target}");
    }
    sidecar.labels = None;
    // Then it may as well be what stands before others.
    let behind = Service { namespace: "c".to_owned(), name: "x".to_owned(), is_entry: false };
    let asked = Call { service: Some(behind), ..request() };
    for (namespace, target, expected) in [
        ("c", "{kind: Service, name: x}", "labels of the destination's pods"),
        ("c", "{kind: Service, name: other}", "allowed"),
        ("a", "{group: gateway.networking.k8s.io, kind: Gateway, name: gw}", "labels of the destination's pods"),
        ("b", "{group: gateway.networking.k8s.io, kind: Gateway, name: gw}", "allowed"),
    ] {
        let target = format!(", targetRefs: [{target}]");
        assert_eq!(decided(&sidecar, namespace, &target, &asked), expected, "{namespace} {target}");
    }
    let unknown = "labels of the destination's pods";
    assert_eq!(decided(&sidecar, "a", ", selector: {matchLabels: {app: x}}", &request()), unknown);
    assert_eq!(decided(&sidecar, "a", "", &request()), "denied");
    assert_eq!(decided(&sidecar, "b", ", selector: {matchLabels: {app: x}}", &request()), "allowed");
    // What a template does not have may be added to its pods.
    sidecar.labels = Some(Labels { may_be_more: true, ..Labels::exactly([("app", "x")]) });
    let added = ", selector: {matchLabels: {service.istio.io/canonical-name: x}}";
    let told = decided(&sidecar, "a", added, &request());
    assert_eq!(told, "label service.istio.io/canonical-name of the destination's pods");
    assert_eq!(decided(&sidecar, "a", ", selector: {matchLabels: {tier: x}}", &request()), "allowed");
}

#[test]
fn a_gateway_of_the_gateway_api_is_named_by_its_label_and_selected_too() {
    let mut gateway = workload(Proxy::Gateway);
    let of_api = "{group: gateway.networking.k8s.io, kind: Gateway, name: gw}";
    assert_eq!(decided(&gateway, "a", &format!(", targetRefs: [{of_api}]"), &request()), "allowed");
    gateway.labels = Some(Labels::exactly([("app", "x"), ("gateway.networking.k8s.io/gateway-name", "gw")]));
    for (namespace, target, expected) in [
        ("a", format!(", targetRefs: [{of_api}]"), "denied"),
        ("a", format!(", targetRef: {of_api}"), "denied"),
        ("istio-system", format!(", targetRefs: [{of_api}]"), "allowed"),
        ("a", ", targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: other}]".to_owned(), "allowed"),
        ("a", format!(", targetRefs: [{{kind: Service, name: gw}}], targetRef: {of_api}"), "allowed"),
        ("a", ", selector: {matchLabels: {app: x}}".to_owned(), "denied"),
    ] {
        assert_eq!(decided(&gateway, namespace, &target, &request()), expected, "{namespace}{target}");
    }
    gateway.labels = None;
    let told = decided(&gateway, "a", &format!(", targetRefs: [{of_api}]"), &request());
    assert_eq!(told, "labels of the destination's pods");
}

#[test]
fn waypoints_use_no_selectors_and_are_named_by_service_gateway_or_class() {
    let service = Service { namespace: "s".to_owned(), name: "web".to_owned(), is_entry: false };
    let mut waypoint = workload(Proxy::Waypoint { service: Some(service) });
    waypoint.labels = Some(Labels::exactly([("gateway.networking.k8s.io/gateway-name", "wp")]));
    let class = ", targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}]";
    let entry = ", targetRefs: [{group: networking.istio.io, kind: ServiceEntry, name: web}]";
    for (namespace, target, expected) in [
        ("a", "", "allowed"),
        ("istio-system", "", "allowed"),
        ("s", ", targetRefs: [{kind: Service, name: web}]", "denied"),
        ("a", ", targetRefs: [{kind: Service, name: web}]", "allowed"),
        ("s", ", targetRefs: [{kind: Service, name: other}]", "allowed"),
        ("s", entry, "allowed"),
        ("a", ", targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: wp}]", "denied"),
        ("istio-system", class, "denied"),
        ("a", class, "allowed"),
    ] {
        assert_eq!(decided(&waypoint, namespace, target, &request()), expected, "{namespace}{target}");
    }
    waypoint.proxy = Proxy::Waypoint { service: None };
    let told = decided(&waypoint, "s", ", targetRefs: [{kind: Service, name: web}]", &request());
    assert_eq!(told, "service behind the waypoint");
}
