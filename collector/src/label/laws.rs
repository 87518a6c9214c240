//! What is printed can be asked for, and no two ends are printed alike.

use hogusu_model::Workload;
use proptest::prelude::*;

use super::*;
use crate::shown;

/// Words of other kinds, addresses, ports, slashes, quotes, escapes, what is invisible.
const TRICKS: [&str; 22] = [
    "unknown",
    "overflow",
    "unnamed",
    "10.9.9.9",
    "10.9.9.9:80",
    "::1",
    "[::1]:80",
    "web:80",
    "web:0",
    "prod/web",
    "/",
    "\"",
    "\\",
    "\"/\"",
    "a b",
    "web (service)",
    "\u{1b}",
    "\u{5d0}",
    "\\u{1b}",
    "a\\u{5c}u{1b}",
    "\\\\u{61}",
    "sidecar~fd00::1~web-0.shop~shop.svc.cluster.local",
];

fn names() -> impl Strategy<Value = String> {
    prop_oneof![proptest::sample::select(&TRICKS[..]).prop_map(str::to_owned), "[ab/:\"0-9\\\\ ]{1,4}", any::<String>()]
        .prop_filter("a name", |name| !name.is_empty())
}

fn workloads() -> impl Strategy<Value = Workload> {
    (prop_oneof![Just(String::new()), names()], prop_oneof![Just(String::new()), names()], names())
        .prop_map(|(cluster, namespace, name)| Workload { cluster, namespace, name })
}

fn ends() -> impl Strategy<Value = End> {
    prop_oneof![
        4 => workloads().prop_map(End::Workload),
        2 => names().prop_map(End::Service),
        2 => names().prop_map(End::Address),
        1 => Just(End::Unknown),
        1 => Just(End::Overflow),
    ]
}

/// As a table prints a destination: behind a workload stands its port where that tells rows apart.
fn printed(end: &End, among: &[End], port: u16) -> String {
    let label = Labels::among(among.iter()).of(end, port);
    let label = if matches!(end, End::Workload(_)) { with_port(&label, port) } else { label };
    shown::name(&label).into_owned()
}

proptest! {
    #[test]
    fn what_is_printed_of_a_workload_is_a_question_for_it(one in workloads(), port in any::<u16>()) {
        let raw = workload(&one.namespace, &one.name);
        let label = shown::name(&raw).into_owned();
        let namespace = Some(one.namespace.clone()).filter(|namespace| !namespace.is_empty());
        let asked = Asked { cluster: None, namespace, name: one.name.clone(), port: None };
        prop_assert_eq!(Asked::parse(&label), Ok(asked.clone()), "{}", label);
        prop_assert_eq!(Asked::parse(&raw), Ok(asked.clone()), "as JSON has it: {}", raw);
        let with_port = format!("{label}:{port}");
        prop_assert_eq!(Asked::parse(&with_port), Ok(Asked { port: Some(port), ..asked }), "{}", with_port);
        let whole = shown::name(&in_cluster(&one.cluster, &one.namespace, &one.name)).into_owned();
        let asked = Asked { cluster: Some(one.cluster), namespace: Some(one.namespace), name: one.name, port: None };
        prop_assert_eq!(Asked::parse(&whole), Ok(asked), "{}", whole);
    }

    #[test]
    fn what_is_printed_of_a_namespace_is_a_question_for_it(name in names()) {
        let raw = part(&name).into_owned();
        let label = shown::name(&raw).into_owned();
        prop_assert_eq!(namespace(&label), Ok(name.clone()), "{}", label);
        prop_assert_eq!(namespace(&raw), Ok(name), "as JSON has it: {}", raw);
    }

    #[test]
    fn two_ends_that_differ_are_printed_differently(one in ends(), other in ends(), port in prop_oneof![Just(0), Just(80)]) {
        prop_assume!(one != other);
        let both = [one, other];
        prop_assert_ne!(printed(&both[0], &both, port), printed(&both[1], &both, port));
    }
}

#[test]
fn a_name_that_would_read_as_an_end_of_another_kind_stands_in_quotes() {
    for name in ["unknown", "overflow", "10.9.9.9", "fd00::1", "10.9.9.9:80", "prod/web", "unnamed", "a b"] {
        assert_eq!(workload("", name), format!("\"{name}\""));
    }
    assert_eq!(workload("", "web"), "web");
    assert_eq!(workload("prod", "web"), "prod/web");
    assert_eq!(workload("shop", "unknown"), "shop/unknown", "its namespace says what it is");
    assert_eq!((workload("a/b", "c"), workload("a", "b/c")), ("\"a/b\"/c".to_owned(), "a/\"b/c\"".to_owned()));
    assert_eq!((workload("", ""), workload("shop", "")), ("unnamed".to_owned(), "shop/\"\"".to_owned()));
    assert_eq!(in_cluster("c1", "", "web"), "c1/\"\"/web");
}

#[test]
fn an_envoy_cluster_that_is_called_as_a_workload_is_says_that_it_is_a_service() {
    let web = || End::Workload(Workload { name: "web".to_owned(), ..Workload::default() });
    let labels = Labels::among([&web()].into_iter());
    let service = |host: &str| End::Service(host.to_owned());
    assert_eq!(labels.of(&web(), 80), "web");
    assert_eq!(labels.of(&service("web"), 0), "web (service)");
    assert_eq!(labels.of(&service("web"), 80), "web:80 (service)");
    assert_eq!(labels.of(&service("api"), 80), "api:80");
}

#[test]
fn a_question_that_can_name_nothing_is_refused() {
    for (text, why) in [
        ("", NoName::Empty),
        ("/", NoName::Empty),
        ("shop/", NoName::Empty),
        ("/web", NoName::Empty),
        ("a//b", NoName::Empty),
        ("a/b/c/d", NoName::TooManyParts),
        ("\"a", NoName::Open),
        ("\"a\\", NoName::Open),
        ("\"a\"b", NoName::BehindQuote),
        ("\"a\":x", NoName::BehindQuote),
        ("\"a\":99999", NoName::BehindQuote),
    ] {
        assert_eq!(Asked::parse(text), Err(why), "{text}");
    }
    assert_eq!((namespace(""), namespace("\"a\"/b")), (Err(NoName::Empty), Err(NoName::BehindQuote)));
    assert_eq!(namespace("a/b"), Ok("a/b".to_owned()));
}
