//! A planted mix: exchanges one by one, each with what really happened and who told of it. The account is kept from those, the facts are what
//! proxies would have reported, and every number of the policy is the account's.

use hogusu_policy::fact::{Class, Edge};
use hogusu_policy::words::Verdict;
use hogusu_policy::{Facts, report::PolicyResult};

use super::world::{Telling, between, class, edge, end, facts, result, workload};

/// What happened to an exchange on the wire.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wire {
    Mutual,
    OneWay,
    Plain,
    Own,
    NeverConnected,
}

/// Who told of it: a report that was lost is none.
#[derive(Clone, Copy)]
struct Heard {
    source: bool,
    destination: bool,
    lost: u64,
}

const BOTH: Heard = Heard { source: true, destination: true, lost: 0 };
const SOURCE: Heard = Heard { source: true, destination: false, lost: 0 };
const DESTINATION: Heard = Heard { source: false, destination: true, lost: 0 };
const LOST_AT_DESTINATION: Heard = Heard { source: true, destination: false, lost: 1 };

/// What the account says.
#[derive(Default, Debug, PartialEq, Eq)]
struct Account {
    compliant: u64,
    violating: u64,
    undecidable: u64,
    unobserved: u64,
    lost: u64,
}

struct Mesh {
    facts: Facts,
    requests: Account,
    connections: Account,
}

impl Mesh {
    fn new() -> Self {
        Self { facts: facts(Vec::new()), requests: Account::default(), connections: Account::default() }
    }

    /// So many exchanges of each kind on one edge.
    fn edge(&mut self, mut edge: Edge, planted: &[(Wire, Heard, u64)]) {
        for (wire, heard, count) in planted {
            self.account(&edge, *wire, *heard, *count);
            let (by_source, by_destination) = match wire {
                Wire::Mutual => ("tls", "mutual_tls"),
                Wire::OneWay => ("tls", "tls"),
                Wire::Plain => ("plaintext", "plaintext"),
                // The source's listener does not look into what passes through.
                Wire::Own => ("plaintext", "application_tls"),
                Wire::NeverConnected => ("unknown", ""),
            };
            let failed = |class: Class| match wire {
                Wire::NeverConnected => Class { outcome: "connect_failure".to_owned(), ..class },
                _ => class,
            };
            if heard.source {
                edge = edge.source(failed(class(by_source, *count)));
            }
            if heard.destination {
                edge = edge.destination(class(by_destination, *count));
            }
        }
        self.facts.edges.push(edge);
    }

    fn account(&mut self, edge: &Edge, wire: Wire, heard: Heard, count: u64) {
        let account = if edge.protocol == "tcp" { &mut self.connections } else { &mut self.requests };
        let slot = match (wire, heard.destination) {
            (Wire::NeverConnected, _) => &mut account.unobserved,
            (Wire::Plain, _) | (Wire::OneWay, true) => &mut account.violating,
            (Wire::Mutual, true) => &mut account.compliant,
            (Wire::Own, _) | (Wire::Mutual | Wire::OneWay, false) => &mut account.undecidable,
        };
        *slot += count;
        self.requests.lost += heard.lost * count;
        self.connections.lost += heard.lost * count;
        self.facts.completeness.lost_exchanges += heard.lost * count;
        self.facts.completeness.lost_batches += heard.lost;
    }

    fn judged(&self) -> PolicyResult {
        result("mutual_tls", "", &self.facts)
    }
}

fn account(rate: &hogusu_policy::rate::Rate) -> Account {
    let (compliant, violating, undecidable) = (rate.compliant, rate.violating, rate.undecidable);
    Account { compliant, violating, undecidable, unobserved: rate.unobserved, lost: rate.lost }
}

fn mix() -> Mesh {
    let mut mesh = Mesh::new();
    mesh.edge(
        edge("shop/web", "shop/cart"),
        &[(Wire::Mutual, BOTH, 100), (Wire::Plain, BOTH, 7), (Wire::OneWay, BOTH, 5)],
    );
    mesh.edge(edge("shop/web", "shop/silent"), &[(Wire::Mutual, SOURCE, 30), (Wire::NeverConnected, SOURCE, 4)]);
    mesh.edge(edge("shop/web", "shop/lossy"), &[(Wire::Mutual, BOTH, 40), (Wire::Mutual, LOST_AT_DESTINATION, 10)]);
    mesh.edge(between(end("unknown", ""), workload("shop/cart")), &[(Wire::Plain, DESTINATION, 9)]);
    mesh.edge(between(workload("shop/web"), end("service", "api.example.com")), &[(Wire::Plain, SOURCE, 2)]);
    mesh.edge(
        edge("shop/web", "data/redis").tcp(),
        &[(Wire::Own, BOTH, 11), (Wire::Mutual, BOTH, 50), (Wire::Plain, BOTH, 3)],
    );
    mesh
}

#[test]
fn every_number_is_the_accounts() {
    let mesh = mix();
    let found = mesh.judged();
    assert_eq!(account(&found.requests), mesh.requests);
    assert_eq!(account(&found.connections), mesh.connections);
    assert_eq!(mesh.requests, Account { compliant: 140, violating: 23, undecidable: 40, unobserved: 4, lost: 10 });
    assert_eq!(found.requests.floor, Some(140.0 / (140.0 + 23.0 + 40.0 + 10.0)));
    assert_eq!(found.requests.rate, Some(140.0 / 163.0));
    assert_eq!((found.edges.violating, found.edges.undecidable, found.edges.compliant), (4, 2, 0));
    assert_eq!(found.verdict, Verdict::Violating);
}

#[test]
fn a_proxy_that_falls_silent_shows_and_raises_nothing() {
    let before = mix();
    let mut after = before.facts.clone();
    for edge in after.edges.iter_mut().filter(|edge| edge.destination.label == "shop/cart") {
        edge.destination_report = None;
    }
    after.edges.retain(|edge| edge.source_report.is_some() || edge.destination_report.is_some());
    after.completeness.silent = vec!["cart-0".to_owned()];
    after.completeness.reporting = 3;
    let (before, after) = (before.judged(), result("mutual_tls", "", &after));
    assert!(after.requests.compliant < before.requests.compliant);
    assert!(after.requests.floor < before.requests.floor);
    assert!(after.unproven.iter().any(|why| why == "silent proxies: cart-0"));
}
