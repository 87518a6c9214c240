//! Operations: bounded names, never a raw path.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use hogusu_config::{Measures, Operations};
use hogusu_model::Protocol;

use super::{MAX, NONE, OTHER, Operation, fits, is_grpc_method};
use crate::fake::{Exchange, FakeHost};
use crate::property as path;

fn operations(operation: Operations, templates: &[&str]) -> Operation {
    let path_templates = templates.iter().map(|template| (*template).to_owned()).collect();
    Operation::new(&Measures { operation, path_templates, ..Measures::default() })
}

/// The name under which a request is counted.
fn name(operations: &mut Operation, shown: Exchange, protocol: Protocol) -> String {
    let number = operations.read(&FakeHost::showing(shown), protocol);
    operations.name(number).to_owned()
}

fn named_by_path(operations: &mut Operation, path: &str, protocol: Protocol) -> String {
    name(operations, Exchange::default().text(path::PATH, path), protocol)
}

#[test]
fn a_template_takes_one_segment_for_each_brace() {
    for (template, path, expected) in [
        ("/users/{id}", "/users/7", true),
        ("/users/{id}", "/users/", false),
        ("/users/{id}", "/users/7/orders", false),
        ("/users/{id}", "/users", false),
        ("/users/{id}/orders", "/users/7/orders", true),
        ("/users/{id}/orders", "/users/7/orders/", false),
        ("/", "/", true),
        ("/", "/x", false),
        ("/a", "/A", false),
    ] {
        assert_eq!(fits(template, path), expected, "{template} {path}");
    }
}

#[test]
fn a_path_is_counted_under_its_template_or_as_other_and_the_query_is_not_looked_at() {
    let mut operations = operations(Operations::PathTemplates, &["/users/{id}", "/users/{id}/orders", "/health"]);
    let mut named = |path: &str| named_by_path(&mut operations, path, Protocol::Http);
    assert_eq!(named("/users/7?secret=1"), "/users/{id}");
    assert_eq!(named("/users/7#x"), "/users/{id}");
    assert_eq!(named("/users/7/orders"), "/users/{id}/orders");
    assert_eq!(named("/health"), "/health");
    assert_eq!(named("/password/hunter2"), "other");
    assert_eq!(named(""), "other");
}

#[test]
fn a_long_path_is_matched_whole_not_by_its_beginning() {
    let mut operations = operations(Operations::PathTemplates, &["/users/{id}"]);
    let long = "x".repeat(400);
    assert_eq!(named_by_path(&mut operations, &format!("/users/{long}"), Protocol::Http), "/users/{id}");
    assert_eq!(named_by_path(&mut operations, &format!("/users/{long}/orders"), Protocol::Http), "other");
}

#[test]
fn a_grpc_method_is_a_name_that_protobuf_allows() {
    for good in ["/shop.Orders/Place", "/Orders/Place", "/a.b_c.D1/e_f"] {
        assert!(is_grpc_method(good), "{good}");
    }
    for bad in [
        "",
        "/",
        "/shop.Orders",
        "/shop.Orders/",
        "//Place",
        "/a/b/c",
        "shop.Orders/Place",
        "/a/b?x=1",
        "/a/b%20",
        "/é/x",
    ] {
        assert!(!is_grpc_method(bad), "{bad}");
    }
}

#[test]
fn only_grpc_requests_have_a_grpc_method() {
    let mut operations = operations(Operations::GrpcMethod, &[]);
    assert_eq!(named_by_path(&mut operations, "/shop.Orders/Place", Protocol::Grpc), "/shop.Orders/Place");
    assert_eq!(named_by_path(&mut operations, "/shop.Orders/Place?secret", Protocol::Grpc), "other");
    assert_eq!(named_by_path(&mut operations, &format!("/a/{}", "b".repeat(300)), Protocol::Grpc), "other");
    assert_eq!(named_by_path(&mut operations, "/shop.Orders/Place", Protocol::Http), "");
}

#[test]
fn names_past_the_bound_are_counted_as_other() {
    let mut operations = operations(Operations::Route, &[]);
    let mut named = |route: &str| name(&mut operations, Exchange::default().text(path::ROUTE, route), Protocol::Http);
    for route in 0..MAX {
        assert_eq!(named(&format!("r{route}")), format!("r{route}"));
    }
    assert_eq!(named("one too many"), "other");
    assert_eq!((named("r0").as_str(), named("").as_str()), ("r0", ""));
}

#[test]
fn nothing_is_read_when_operations_are_not_measured() {
    let mut host = FakeHost::default();
    host.note_reads();
    assert_eq!(operations(Operations::None, &[]).read(&host, Protocol::Grpc), NONE);
    assert_eq!(host.take_reads(), [""; 0]);
    assert_ne!(NONE, OTHER);
}
