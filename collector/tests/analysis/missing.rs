//! What may be missing of a period, and what nobody knows of ends though it looks known: the facts say so, and no silence takes it away.

use hogusu_collector::analysis::expected::Expected;
use hogusu_collector::analysis::told::Told;
use hogusu_collector::period::Folded;
use hogusu_collector::report::facts::completeness;
use hogusu_model::{Hook, Peer, SenderId, Service, Workload};

use crate::facts::facts;
use crate::world::{FROM, Report, SECOND, TO, World};

/// As a logger has it of a request that its proxy's HTTP filter counts.
fn marked(count: u64) -> Report {
    Report::destination("shop/web", "shop/cart").plaintext().count(count, 4).with(|key| key.twice = true)
}

#[tokio::test]
async fn what_a_logger_left_to_a_filter_that_told_of_nothing_is_missing() {
    let mut world = World::of(&["shop/web", "shop/cart"]);
    world.calls("shop/web", "shop/cart", 100, 5).row("shop/cart", &marked(700));
    assert_eq!(facts(world.clone()).await.told.marked_alone, 700, "no filter is there");
    let plain = Report::destination("shop/web", "shop/cart").plaintext();
    world.row_by(Hook::HttpFilter, "shop/cart", &Report::destination("shop/web", "shop/cart").count(900, 4));
    assert_eq!(facts(world.clone()).await.told.marked_alone, 700, "the filter counted others");
    world.row_by(Hook::HttpFilter, "shop/cart", &plain.clone().count(699, 4));
    assert_eq!(facts(world.clone()).await.told.marked_alone, 1);
    world.row_by(Hook::HttpFilter, "shop/cart", &plain.count(1, 4));
    assert_eq!(facts(world).await.told.marked_alone, 0);
}

#[tokio::test]
async fn a_filter_of_another_pod_counts_for_none_that_has_its_own() {
    let mut world = World::of(&["shop/web", "shop/cart"]);
    world.row("shop/cart", &marked(700));
    world.row_by(Hook::HttpFilter, "shop/cart", &marked(700).with(|key| key.twice = false));
    for (place, proxy) in ["cart-0", "cart-1"].into_iter().enumerate() {
        proxy.clone_into(&mut world.period.reporters[place].proxy);
    }
    assert_eq!(facts(world).await.told.marked_alone, 700);
}

#[tokio::test]
async fn a_batch_that_begins_before_the_period_is_told_of_and_one_that_begins_in_it_is_counted() {
    let mut world = World::of(&["shop/web", "shop/cart"]);
    world.calls("shop/web", "shop/cart", 1, 5);
    let id = world.sender("shop/cart").id;
    let folded = |start, end, exchanges| (id, Folded { start, end, exchanges });
    world.period.folded = vec![
        folded(FROM - 100 * SECOND, FROM + SECOND, 700),
        folded(FROM - 100 * SECOND, FROM, 30),
        folded(FROM, TO, 5),
    ];
    assert_eq!(facts(world).await.told.folded, 700);
}

#[tokio::test]
async fn refusals_are_known_from_the_collectors_start_and_count_whenever_they_arrived() {
    let mut world = World::of(&["shop/web"]);
    (world.period.refusals_from, world.period.refused_since) = (FROM + 100 * SECOND, 3);
    let facts = facts(world).await;
    assert_eq!((facts.told.refusals_s, facts.told.refused), (200.0, 3));
    assert_eq!(completeness(&facts.observed, &facts.told).refused_batches, 3);
}

#[tokio::test]
async fn a_host_of_more_addresses_than_are_kept_is_not_known_to_be_outside() {
    let mut world = World::of(&["shop/web"]);
    let mut ask_of = |address: String| {
        let report = Report::source("shop/web", "any/one").plaintext().count(1, 5).with(|key| {
            key.peer = Peer { address, ..Peer::default() };
            (key.service, key.port) = (Service { host: "api.example.com".to_owned(), port: 443 }, 443);
        });
        world.row("shop/web", &report);
    };
    (0..40).for_each(|number| ask_of(format!("1.0.0.{number}")));
    ask_of("10.1.2.3".to_owned());
    assert!(!facts(world).await.edges[0].destination.is_outside);
}

#[tokio::test]
async fn where_pods_have_public_addresses_or_none_is_known_a_public_one_says_nothing() {
    for (own, reached, is_outside) in [
        ("10.0.0.1", "203.0.113.9", true),
        ("203.0.113.1", "203.0.113.9", false),
        ("10.0.0.1", "2001:db8::9", false),
        ("10.0.0.1,2001:db8::1", "2001:db8::9", false),
        ("10.0.0.1, fd00::1", "2001:db8::9", true),
        ("", "203.0.113.9", false),
    ] {
        let mut world = World::new();
        world.proxy("shop/web", own);
        let report = Report::source("shop/web", "any/one").plaintext().count(1, 5).with(|key| {
            key.peer = Peer { address: reached.to_owned(), ..Peer::default() };
            (key.service, key.port) = (Service { host: "api.example.com".to_owned(), port: 443 }, 443);
        });
        world.row("shop/web", &report);
        assert_eq!(facts(world).await.edges[0].destination.is_outside, is_outside, "{own} {reached}");
    }
}

#[tokio::test]
async fn a_cluster_that_is_guessed_is_not_known_unless_the_end_tells_of_itself() {
    let mut world = World::of(&["c1/shop/web", "c1/shop/cart"]);
    world.row("c1/shop/web", &Report::source("c1/shop/web", "/shop/cart").count(100, 5));
    let only = facts(world.clone()).await.edges.remove(0);
    assert_eq!((only.source.cluster.as_str(), only.destination.cluster.as_str()), ("c1", ""));
    world.row("c1/shop/cart", &Report::destination("c1/shop/web", "c1/shop/cart").count(99, 5));
    assert_eq!(facts(world.clone()).await.edges[0].destination.cluster, "", "one is somebody else's");
    world.row("c1/shop/cart", &Report::destination("c1/shop/web", "c1/shop/cart").count(1, 5));
    assert_eq!(facts(world).await.edges[0].destination.cluster, "c1");
    let mut heard = World::of(&["c1/shop/web", "c1/shop/cart"]);
    heard.row("c1/shop/cart", &Report::destination("/shop/web", "c1/shop/cart").count(100, 5));
    assert_eq!(facts(heard).await.edges[0].source.cluster, "");
}

#[tokio::test]
async fn an_account_that_another_workload_states_is_shared_though_it_has_no_edge() {
    let mut world = World::of(&["shop/web", "shop/cart", "shop/evil", "pay/web"]);
    world.calls("shop/web", "shop/cart", 1, 5);
    assert_eq!(facts(world.clone()).await.edges[0].source.shared_accounts, Vec::<String>::new());
    "web".clone_into(&mut world.sender("shop/evil").proxy.service_account);
    let facts = facts(world).await;
    let edge = &facts.edges[0];
    assert_eq!((&*edge.source.shared_accounts, &*edge.destination.shared_accounts), (&["web".to_owned()][..], &[][..]));
    assert_eq!(edge.destination.hosts, ["cart.shop.svc.cluster.local"]);
}

fn told(world: &World, expected: Option<&Expected>) -> (Vec<(String, u64)>, u64) {
    let told = Told::of(&world.period, expected);
    let named = |(workload, part): (Workload, u64)| (workload.name, part / SECOND);
    (told.by_workload.into_iter().map(named).collect(), told.unexpected)
}

fn workloads(wanted: &[(&str, u64)]) -> Expected {
    let named = |(name, wanted): &(&str, u64)| (("shop".to_owned(), (*name).to_owned()), *wanted);
    Expected::Workloads(wanted.iter().map(named).collect())
}

#[test]
fn who_ended_in_order_told_of_a_part_unless_its_pods_are_known_to_be_gone() {
    let mut world = World::of(&["shop/web", "shop/cart"]);
    world.sender("shop/web").closed = false;
    let cart = world.sender("shop/cart");
    (cart.last_end, cart.covered) = (FROM + 60 * SECOND, 60 * SECOND);
    let cart_and = |cart| vec![("cart".to_owned(), cart), ("web".to_owned(), 300)];
    assert_eq!(told(&world, None), (cart_and(60), 0));
    assert_eq!(told(&world, Some(&workloads(&[("web", 1), ("cart", 1)]))), (cart_and(60), 0));
    world.watched().pod("shop/web", "10.0.0.1");
    world.period = world.attributed();
    assert_eq!(told(&world, None), (vec![("web".to_owned(), 300)], 0));
}

#[test]
fn a_workload_told_of_what_as_many_of_its_proxies_as_are_expected_told_of_at_once() {
    let mut world = World::of(&["shop/cart"]);
    let mut second = world.sender("shop/cart").clone();
    (second.id, second.first_start) = (SenderId([9; 16]), TO - SECOND);
    "cart-1".clone_into(&mut second.proxy.id);
    world.period.senders.push(second);
    let of = |expected| told(&world, expected).0[0].1;
    let [one, two] = [1, 2].map(|wanted| workloads(&[("cart", wanted)]));
    let first = world.period.senders[0].proxy.id.clone();
    let ids = Expected::Proxies([first, "cart-1".to_owned()].into());
    assert_eq!((of(None), of(Some(&one)), of(Some(&two)), of(Some(&ids))), (300, 300, 1, 1));
}

#[test]
fn proxies_that_nobody_expects_are_counted() {
    let world = World::of(&["shop/web", "shop/cart"]);
    let of = |expected: &Expected| told(&world, Some(expected)).1;
    let id = world.period.senders[0].proxy.id.clone();
    assert_eq!((of(&workloads(&[])), of(&workloads(&[("web", 1)])), of(&Expected::Proxies([id].into()))), (2, 1, 1));
}
