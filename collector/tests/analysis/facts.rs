//! `GET /api/v1/facts`: what policies are judged by is what rows said, class by class, and nothing of it rests on what is to be judged.

use hogusu_collector::report::facts::Facts;
use hogusu_model::{Hook, Outcome, Peer, Security, SenderId, Service, TlsVersion, Traffic};

use crate::api::ask;
use crate::world::{FROM, Report, SECOND, TO, World, demo, principal};

pub(crate) async fn facts(world: World) -> Facts {
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

#[tokio::test]
async fn a_host_is_outside_where_its_name_and_all_its_addresses_say_so() {
    for (host, addresses, is_outside) in [
        ("api.example.com", &["203.0.113.7", "198.51.100.1"][..], true),
        ("api.example.com", &["203.0.113.7", "10.0.0.77"], false),
        ("api.example.com", &[""], false),
        ("db.pay", &["10.0.0.77"], false),
        ("db-0.db.pay.svc.cluster.local", &["203.0.113.7"], false),
    ] {
        let mut world = World::of(&["shop/web"]);
        for address in addresses {
            let report = Report::source("shop/web", "any/one").plaintext().count(3, 5).with(|key| {
                key.peer = Peer { address: (*address).to_owned(), ..Peer::default() };
                (key.service, key.port) = (Service { host: host.to_owned(), port: 443 }, 443);
            });
            world.row("shop/web", &report);
        }
        let facts = facts(world).await;
        let found: Vec<bool> = facts.edges.iter().map(|edge| edge.destination.is_outside).collect();
        assert!(found.iter().all(|found| *found == is_outside), "{host} {addresses:?}: {found:?}");
    }
}

#[tokio::test]
async fn who_ended_in_order_after_another_fell_silent_is_not_old() {
    let mut world = World::of(&["shop/web", "shop/cart"]);
    world.calls("shop/web", "shop/cart", 1, 5);
    let mut killed = world.sender("shop/web").clone();
    (killed.closed, killed.unclosed, killed.id) = (false, true, SenderId([9; 16]));
    killed.last_end = FROM + 20 * SECOND;
    world.period.senders.push(killed);
    assert_eq!(facts(world.clone()).await.edges[0].source.age_s, Some(0.0));
    world.sender("shop/web").last_end = FROM + 10 * SECOND;
    assert_eq!(facts(world).await.edges[0].source.age_s, Some(280.0), "whoever came after it fell silent");
}

#[tokio::test]
async fn a_listeners_log_is_told_of_by_the_time_that_it_had() {
    let mut world = World::of(&["shop/web", "shop/cart"]);
    world.calls("shop/web", "shop/cart", 1, 5);
    assert_eq!(facts(world.clone()).await.told.listeners_s, None);
    for (place, number, start) in [(0, 20, FROM), (1, 21, TO - 30 * SECOND)] {
        let mut listener = world.period.senders[place].clone();
        (listener.hook, listener.id, listener.first_start) = (Hook::ListenerLog, SenderId([number; 16]), start);
        world.period.senders.push(listener);
    }
    assert_eq!(facts(world).await.told.listeners_s, Some(30.0));
}
