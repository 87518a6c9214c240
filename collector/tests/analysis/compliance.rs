//! `hogusu compliance` and `hogusu policy` as people run them: a planted mix of mutual TLS, one-way TLS, plaintext, the applications' own TLS, one
//! reporter alone, a silent proxy and lost batches, whose account is kept while it is planted.

use hogusu_collector::period::SenderInPeriod;
use hogusu_model::{AnsweredBy, Hook, Outcome, Peer, Security, SenderId, TlsVersion};
use hogusu_policy::Report as Judged;
use hogusu_policy::report::PolicyResult;
use hogusu_policy::words::Verdict;

use crate::command_line::{hogusu, text};
use crate::world::{FROM, Report, SECOND, TO, World};

pub(crate) const POLICIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/analysis/policies");
const STRICT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/strict");

/// What was planted, by what the account says of it under mutual TLS.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    compliant: u64,
    violating: u64,
    undecidable: u64,
    unobserved: u64,
}

impl Account {
    fn of(rate: &hogusu_policy::rate::Rate) -> Self {
        let (compliant, violating) = (rate.compliant, rate.violating);
        Self { compliant, violating, undecidable: rate.undecidable, unobserved: rate.unobserved }
    }
}

/// A mesh with something of everything, and its account by requests and by connections.
pub(crate) fn planted() -> (World, Account, Account) {
    let mut world = World::of(&["shop/web", "shop/cart", "shop/pay", "shop/silent", "data/redis"]);
    let (mut requests, mut connections) = (Account::default(), Account::default());
    let (web, cart) = ("shop/web", "shop/cart");
    // Mutual TLS, one-way TLS and plaintext, by both ends.
    world.calls(web, cart, 100, 5);
    requests.compliant += 100;
    world.row(web, &Report::source(web, cart).count(5, 5));
    world.row(cart, &Report::destination(web, cart).with(|key| key.security = Security::Tls).count(5, 4));
    world.row(web, &Report::source(web, cart).plaintext().count(7, 5));
    world.row(cart, &Report::destination(web, cart).plaintext().count(7, 4));
    requests.violating += 12;
    // The source tells of more than the destination's proxy, whose batch with 10 of them was lost.
    world.row(web, &Report::source(web, "shop/pay").count(50, 5));
    world.row("shop/pay", &Report::destination(web, "shop/pay").count(40, 4));
    (requests.compliant, requests.undecidable) = (requests.compliant + 40, requests.undecidable + 10);
    let pay = world.sender("shop/pay");
    (pay.lost_batches, pay.lost_exchanges) = (1, 10);
    // A proxy that is silent: the source alone tells, also of what never reached anybody.
    world.row(web, &Report::source(web, "shop/silent").count(30, 5));
    requests.undecidable += 30;
    let never = |key: &mut hogusu_model::SeriesKey| {
        (key.security, key.tls_version) = (Security::Unknown, TlsVersion::None);
        key.peer.principal.clear();
        key.own_principal.clear();
    };
    world.row(
        web,
        &Report::source(web, "shop/silent")
            .with(never)
            .count(4, 5)
            .ended(Outcome::ConnectFailure, AnsweredBy::LocalProxy),
    );
    requests.unobserved += 4;
    let silent = world.sender("shop/silent");
    (silent.closed, silent.unclosed, silent.covered, silent.last_end) = (false, true, 0, silent.first_start + SECOND);
    // A caller that nobody knows.
    world.row(
        cart,
        &Report::destination("any/one", cart).plaintext().with(|key| key.peer = Peer::default()).count(9, 4),
    );
    requests.violating += 9;
    // TCP: mutual TLS, plaintext, and TLS of the applications' own, which the source's listener did not look into.
    let redis = |report: Report, count| report.tcp().with(|key| key.port = 6379).count(count, 900);
    let (to_redis, at_redis) = (|| Report::source(web, "data/redis"), || Report::destination(web, "data/redis"));
    world.row(web, &redis(to_redis(), 50)).row("data/redis", &redis(at_redis(), 50));
    connections.compliant += 50;
    world.row(web, &redis(to_redis().plaintext(), 3)).row("data/redis", &redis(at_redis().plaintext(), 3));
    connections.violating += 3;
    let own = |key: &mut hogusu_model::SeriesKey| key.security = Security::ApplicationTls;
    world.row(web, &redis(to_redis().plaintext(), 11)).row("data/redis", &redis(at_redis().plaintext().with(own), 11));
    connections.undecidable += 11;
    (world, requests, connections)
}

/// With every row attributed, as the writer's view puts it together.
pub(crate) fn attributed(mut world: World) -> World {
    world.period = world.attributed();
    world
}

/// By the whole period of the world.
const JUDGED: [&str; 9] = [
    "compliance",
    "--policy",
    POLICIES,
    "--format",
    "json",
    "--from",
    "2026-11-24T14:02:00Z",
    "--to",
    "2026-11-24T14:07:00Z",
];

async fn judged(world: World) -> Judged {
    let (output, _) = hogusu(attributed(world), &JUDGED).await;
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn mutual_tls(report: &Judged) -> &PolicyResult {
    report.policies.iter().find(|policy| policy.id == "mutual-tls").unwrap()
}

#[tokio::test]
async fn every_number_of_a_planted_mix_is_the_accounts() {
    let (world, requests, connections) = planted();
    let report = judged(world).await;
    let found = mutual_tls(&report);
    assert_eq!((Account::of(&found.requests), Account::of(&found.connections)), (requests, connections));
    assert_eq!((found.requests.lost, found.requests.seen), (10, 201));
    assert_eq!((found.requests.rate, found.requests.floor), (Some(140.0 / 161.0), Some(140.0 / 211.0)));
    assert_eq!((found.connections.rate, found.connections.floor), (Some(50.0 / 53.0), Some(50.0 / 74.0)));
    assert_eq!((found.edges.violating, found.edges.undecidable, found.edges.seen), (3, 2, 5));
    assert_eq!(found.verdict, Verdict::Violating);
    let causes: Vec<_> =
        found.results.iter().map(|edge| (edge.label.as_str(), &edge.violating, &edge.undecidable)).collect();
    let of = |label: &str| {
        causes.iter().find(|(found, ..)| *found == label).unwrap_or_else(|| panic!("{label} of {causes:#?}"))
    };
    assert_eq!(
        of("shop/web -> shop/cart:8080").1,
        &[("one_way_tls".to_owned(), 5), ("plaintext".to_owned(), 7)].into()
    );
    assert_eq!(of("shop/web -> shop/pay:8080").2, &[("client_authentication".to_owned(), 10)].into());
    assert_eq!(of("shop/web -> data/redis:6379").2, &[("application_tls".to_owned(), 11)].into());
    assert_eq!(of("unknown -> shop/cart:8080").1, &[("plaintext".to_owned(), 9)].into());
    let why = found.unproven.join("\n");
    for part in [
        "silent proxies: sidecar~10.0.0.4~silent-0.shop~shop",
        "batches lost: 1, of 0 at most",
        "nobody says which proxies should report",
    ] {
        assert!(why.contains(part), "{part}\nis not in\n{why}");
    }
    assert_eq!(report.refused_connections.count, None);
}

#[tokio::test]
async fn a_gate_ends_by_what_it_names() {
    let (world, ..) = planted();
    let codes: [(&'static [&'static str], i32); 6] = [
        (&["compliance", "--policy", POLICIES], 0),
        (&["compliance", "--policy", POLICIES, "--fail-on", "violating"], 1),
        (&["compliance", "--policy", POLICIES, "--fail-on", "not-proven"], 5),
        (&["compliance", "--policy", POLICIES, "--fail-on", "not-proven,violating"], 1),
        (&["compliance", "--policy", POLICIES, "--fail-on", "below=86"], 0),
        (&["compliance", "--policy", POLICIES, "--fail-on", "floor-below=86"], 1),
    ];
    for (arguments, code) in codes {
        let (output, _) = hogusu(attributed(world.clone()), arguments).await;
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stdout).contains("VIOLATING  mutual-tls"), "the report is there whatever the gate says");
    }
    let (output, _) = hogusu(world, &["compliance", "--policy", "no/such/file.yaml"]).await;
    assert_eq!(output.status.code(), Some(2));
}

/// Two workloads that talk by mutual TLS, nothing missing.
pub(crate) fn good() -> World {
    let mut world = World::of(&["shop/web", "shop/cart"]);
    world.watched().pod("shop/web", "10.0.0.1").pod("shop/cart", "10.0.0.2").calls("shop/web", "shop/cart", 100, 5);
    for name in ["shop/web", "shop/cart"] {
        // Plugin objects, by which the API server's word is, bring HTTP filters.
        let sender = world.sender(name);
        (sender.hook, sender.closed) = (Hook::HttpFilter, false);
    }
    world
}

#[tokio::test]
async fn what_is_good_and_complete_is_compliant() {
    let report = judged(good()).await;
    let found = mutual_tls(&report);
    assert_eq!((found.verdict, found.requests.floor, &found.unproven), (Verdict::Compliant, Some(1.0), &Vec::new()));
}

/// Why mutual TLS is not proven of a good period of which this was changed; its rate is as good as ever.
async fn unproven(change: impl FnOnce(&mut World)) -> Vec<String> {
    let mut world = good();
    change(&mut world);
    let report = judged(world).await;
    let found = mutual_tls(&report);
    assert_eq!((found.verdict, found.requests.rate), (Verdict::NotProven, Some(1.0)));
    found.unproven.clone()
}

/// From this moment on, 30 seconds before the period's end.
const LATE: u64 = TO - 30 * SECOND;

fn began_late(sender: &mut SenderInPeriod) {
    (sender.first_start, sender.covered, sender.expected) = (LATE, 30 * SECOND, 30 * SECOND);
}

#[tokio::test]
async fn of_a_period_seconds_of_which_were_observed_nothing_is_proven() {
    let all_late = unproven(|world| world.period.senders.iter_mut().for_each(began_late)).await;
    assert_eq!(all_late, ["proxies told of 30 s of the 300 s of the period"]);
    let one_late = unproven(|world| began_late(world.sender("shop/cart"))).await;
    assert_eq!(one_late, ["of the 300 s of the period some workloads told of a part only: shop/cart 30 s"]);
    // Who ended in order and came back leaves a gap: nobody told of what was in it.
    let gap = unproven(|world| {
        for (place, number) in [(0, 9), (1, 10)] {
            let mut early = world.period.senders[place].clone();
            (early.closed, early.last_end) = (true, FROM + 20 * SECOND);
            (early.covered, early.expected, early.id) = (20 * SECOND, 20 * SECOND, SenderId([number; 16]));
            world.period.senders.push(early);
            began_late(&mut world.period.senders[place]);
        }
    });
    assert_eq!(gap.await, ["proxies told of 50 s of the 300 s of the period"]);
}

#[tokio::test]
async fn of_what_may_still_change_nothing_is_proven() {
    let why = unproven(|world| world.period.sealed_to = TO - 20 * SECOND).await;
    assert_eq!(why, ["the last 20 s of the period may still change"]);
}

#[tokio::test]
async fn an_edge_is_explained_by_whose_word() {
    let (world, ..) = planted();
    let (output, _) =
        hogusu(attributed(world), &["policy", "explain", "shop/web -> shop/pay", "--policy", STRICT]).await;
    let told = text(&output.stdout);
    for line in [
        "the source says: 50 tls TLSv1.3, ok, answered by upstream, source spiffe://cluster.local/ns/shop/sa/web",
        "the destination says: 40 mutual_tls TLSv1.3, ok, answered by application",
        "strict-mutual-tls (mutual_tls): undecidable",
        "compliant 40",
        "undecidable 10: TLS; whether the client authenticated is seen by the destination alone",
    ] {
        assert!(told.contains(line), "{line}\nis not in\n{told}");
    }
}

#[tokio::test]
async fn files_are_checked_without_a_collector() {
    let run = |arguments: &'static [&'static str]| {
        tokio::task::spawn_blocking(move || {
            std::process::Command::new(env!("CARGO_BIN_EXE_hogusu")).args(arguments).output().unwrap()
        })
    };
    let good = run(&["policy", "check", STRICT]).await.unwrap();
    assert_eq!(
        (good.status.code(), text(&good.stdout).as_str()),
        (Some(0), "6 policies in order, 0 errors, 0 warnings\n")
    );
    let wrong = run(&["policy", "check", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]).await.unwrap();
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stdout).contains("Cargo.toml:1:1: error: "), "{}", text(&wrong.stdout));
}
