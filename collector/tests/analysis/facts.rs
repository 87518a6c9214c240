//! `GET /api/v1/facts`: what policies are judged by is what rows said, class by class, and nothing of it rests on what is to be judged.

use hogusu_collector::report::facts::Facts;
use hogusu_model::{Outcome, Security, TlsVersion, Traffic};

use crate::api::ask;
use crate::world::{Report, World, demo, principal};

async fn facts(world: World) -> Facts {
    let (status, _, answer) = ask(world, "/api/v1/facts").await;
    assert_eq!(status, 200, "{answer}");
    serde_json::from_value(answer).unwrap()
}

#[tokio::test]
async fn what_is_of_one_class_adds_up_and_what_differs_in_one_word_does_not() {
    let mut world = World::of(&["shop/web", "shop/cart"]);
    let by_cart = || Report::destination("shop/web", "shop/cart");
    world.row("shop/cart", &by_cart().count(3, 4)).row("shop/cart", &by_cart().count(4, 90));
    world.row("shop/cart", &by_cart().with(|key| key.tls_version = TlsVersion::V1_2).count(5, 4));
    world.row("shop/cart", &by_cart().with(|key| key.peer.principal = principal("shop/other")).count(6, 4));
    world.row("shop/cart", &by_cart().with(|key| key.security = Security::Tls).count(7, 4));
    world.row("shop/cart", &by_cart().with(|key| key.outcome = Outcome::ServerError).count(8, 4));
    let facts = facts(world).await;
    let classes = &facts.edges[0].destination_report.as_ref().unwrap().classes;
    let mut counts: Vec<u64> = classes.iter().map(|class| class.count).collect();
    counts.sort_unstable();
    assert_eq!(counts, [5, 6, 7, 7, 8], "3 and 4 are of one class");
    let other = classes.iter().find(|class| class.count == 6).unwrap();
    assert_eq!(
        (other.source_principal.as_str(), other.security.as_str()),
        (principal("shop/other").as_str(), "mutual_tls")
    );
}

#[tokio::test]
async fn probes_are_among_the_facts_by_their_word() {
    let facts = facts(demo()).await;
    let classes = facts.edges.iter().filter_map(|edge| edge.destination_report.as_ref()).flat_map(|one| &one.classes);
    let probes: u64 = classes.filter(|class| class.traffic == Traffic::Probe.as_str()).map(|class| class.count).sum();
    assert_eq!((probes, facts.observed.totals.left_out.probe), (150, 0));
}

#[tokio::test]
async fn an_account_is_the_proxys_word_and_never_the_certificates() {
    let mut world = World::of(&["shop/cart"]);
    world.row("shop/cart", &Report::destination("shop/web", "shop/cart").count(3, 4));
    let facts = facts(world).await;
    let edge = &facts.edges[0];
    assert_eq!(edge.source.service_accounts, Vec::<String>::new(), "its certificate alone names one");
    assert_eq!(edge.source.age_s, None);
    assert_eq!(edge.destination.service_accounts, ["cart"]);
    assert_eq!((edge.destination.trust_domain.as_str(), edge.destination.age_s), ("cluster.local", Some(0.0)));
}

#[tokio::test]
async fn pages_together_are_every_edge_once() {
    let mut world = World::new();
    for number in 0..7 {
        world.calls("shop/gateway", &format!("shop/s{number}"), 1, 9);
    }
    let (_, _, first) = ask(world.clone(), "/api/v1/facts?limit=4").await;
    let cursor = first["next_cursor"].as_str().unwrap().to_owned();
    let (_, _, second) = ask(world, &format!("/api/v1/facts?limit=4&cursor={cursor}")).await;
    assert!(second["next_cursor"].is_null());
    let ids = [&first, &second]
        .into_iter()
        .flat_map(|page| page["edges"].as_array().unwrap())
        .map(|edge| edge["id"].to_string());
    assert_eq!(ids.collect::<std::collections::BTreeSet<_>>().len(), 7);
}
