//! Documents and objects for other programs: no name from outside is markup, no object is too large for who takes it, no result stands for two.

use std::collections::BTreeSet;

use hogusu_policy::Facts;
use hogusu_policy::render::html::{Page, draw};
use hogusu_policy::render::openreports::list;
use hogusu_policy::sample::sample;

use super::world::{Telling, between, class, edge, facts, policy, report, workload};

fn page(facts: &Facts) -> Page {
    let report = report(&[policy("mutual_tls", "")], facts);
    Page { report, sample: sample(facts, 1), bundle: "00".to_owned(), style: "sha256-AA=".to_owned() }
}

#[test]
fn hostile_names_are_text_wherever_they_stand() {
    let hostile = "a/\"><img src=x onerror=alert(1)></td><script>";
    let mut period = facts(vec![
        between(workload(hostile), workload("shop/cart")).destination(class("plaintext", 4)),
        between(workload(hostile), workload("shop/old")).source(class("tls", 4)),
    ]);
    hostile.clone_into(&mut period.mesh);
    hostile.clone_into(&mut period.completeness.statement);
    period.completeness.silent = vec![hostile.to_owned()];
    let page = page(&period);
    let drawn = draw(&page);
    for markup in ["<img", "<script", "onerror=alert(1)>"] {
        assert!(!drawn.contains(markup), "{markup} is in {drawn}");
    }
    assert!(drawn.contains("&lt;img src=x onerror=alert(1)&gt;&lt;/td&gt;&lt;script&gt;"));
}

#[test]
fn an_edge_that_nobody_tells_anything_of_is_listed_as_unobserved() {
    let drawn = draw(&page(&facts(vec![edge("shop/web", "shop/cart")])));
    let (_, rows) = drawn.split_once("<h3>Unobserved</h3>").expect("a section of them");
    assert!(rows.contains("shop/web -&gt; shop/cart:8080") && rows.contains("nobody tells anything of it"), "{rows}");
}

#[test]
fn no_object_is_too_large_and_no_result_is_in_two() {
    let long = format!("shop/{}", "\u{1f980}\"".repeat(400));
    let edges = (0..3_000).map(|place| {
        let mut edge =
            edge("shop/web", if place % 2 == 0 { "shop/cart" } else { &long }).destination(class("plaintext", 1));
        edge.id = format!("edge-{place}");
        edge
    });
    let period = facts(edges.collect());
    let made = list(&report(&[policy("mutual_tls", "")], &period), &period);
    let mut ids = BTreeSet::new();
    for object in &made.items {
        assert!(serde_json::to_string(object).unwrap().len() < 240_000);
        for result in &object.results {
            let id = serde_json::to_value(result).unwrap()["properties"]["resultID"].to_string();
            assert!(ids.insert(id.clone()), "{id} is there twice");
        }
    }
    assert_eq!(ids.len(), 3_001, "each edge, and the policy itself");
    assert!(made.items.len() > 10, "{} objects", made.items.len());
}

#[test]
fn a_namespace_that_is_none_of_kubernetes_has_no_report() {
    let mut end = workload("shop/cart");
    "../kube-system".clone_into(&mut end.namespace);
    let period = facts(vec![between(workload("shop/web"), end).destination(class("plaintext", 1))]);
    let made = serde_json::to_value(list(&report(&[policy("mutual_tls", "")], &period), &period)).unwrap();
    let objects = made["items"].as_array().unwrap();
    assert!(objects.iter().all(|object| object["kind"] == "ClusterReport"), "{made}");
    assert!(objects.iter().all(|object| object["metadata"].get("namespace").is_none()), "{made}");
}

#[test]
fn a_sample_is_of_rows_that_are_there_and_the_same_for_the_same_seed() {
    let edges = (0..60).map(|place| {
        let mut edge = edge("shop/web", "shop/cart").source(class("tls", 1)).destination(class("mutual_tls", 1));
        edge.id = format!("edge-{place}");
        edge
    });
    let period = facts(edges.collect());
    let drawn = sample(&period, 42);
    assert_eq!((drawn.of, drawn.rows.len()), (120, 25));
    assert_eq!(drawn, sample(&period, 42));
    assert_ne!(drawn.rows, sample(&period, 43).rows);
    for row in &drawn.rows {
        let edge = &period.edges[usize::try_from((row.place - 1) / 2).unwrap()];
        assert_eq!((&edge.id, row.by == "source"), (&row.edge, row.place % 2 == 1));
    }
}
