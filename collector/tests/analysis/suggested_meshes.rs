//! Least privilege over generated meshes, whose account is kept while they are made: the suggestion, rehearsed on the same window, breaks nobody who
//! was let in with a certificate, and lets in nobody who was not.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_access::{Call, Chain, Peer, Policies, Proxy, Role, Source, Verdict, Workload, read};
use hogusu_collector::report::facts::Facts;
use hogusu_collector::report::map::Map;
use hogusu_collector::simulation::{self, Observation};
use hogusu_collector::suggestion::{self, Asked, Suggestion};
use hogusu_model::{AnsweredBy, Outcome, Protocol, Security, Traffic};

use crate::api::ask;
use crate::world::{Report, World};

const MESHES: u64 = 300;
const NAMESPACE: &str = "mix";
const PORTS: [u16; 3] = [8080, 9090, 6379];
const STRANGE: [&str; 3] = ["spiffe://*", "spiffe://cluster.local/ns/a/sa/*", "no/uri"];

/// Numbers by chance, the same for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % bound
    }
}

/// Who was let in by a certificate: workload, name, port; and how.
type Account = BTreeMap<(String, String, u16), BTreeSet<&'static str>>;

struct Mesh {
    world: World,
    current: String,
    account: Account,
    /// Workloads whose labels are those of another.
    twins: BTreeSet<String>,
}

fn mesh(seed: u64) -> Mesh {
    let chance = &mut Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let names: Vec<String> = (0..2 + chance.below(4)).map(|number| format!("w{number}")).collect();
    let twins = if chance.below(5) == 0 { names[..2].iter().cloned().collect() } else { BTreeSet::new() };
    let current = names.iter().map(|name| {
        let app = if twins.contains(name) { "twin" } else { name };
        format!("---\n{{apiVersion: apps/v1, kind: Deployment, metadata: {{namespace: {NAMESPACE}, name: {name}}}, spec: {{template: {{metadata: {{labels: {{app: {app}, tier: x}}}}}}}}}}\n")
    });
    let mut mesh = Mesh { world: World::new(), current: current.collect(), account: Account::new(), twins };
    for (at, name) in names.iter().enumerate() {
        mesh.world.proxy(&format!("{NAMESPACE}/{name}"), &format!("10.0.0.{}", at + 1));
    }
    for _ in 0..4 + chance.below(16) {
        let destination = &names[usize::try_from(chance.below(names.len() as u64)).unwrap()];
        call(&mut mesh, destination, chance);
    }
    mesh
}

/// One row of a destination, and sometimes one of its source.
fn call(mesh: &mut Mesh, destination: &str, chance: &mut Chance) {
    let source = format!("shop/s{}", chance.below(4));
    let to = format!("{NAMESPACE}/{destination}");
    let port = PORTS[usize::try_from(chance.below(3)).unwrap()];
    let protocol = match port {
        8080 if chance.below(2) == 0 => Protocol::Grpc,
        6379 => Protocol::Tcp,
        _ => Protocol::Http,
    };
    let shaped = |report: Report| {
        let report = if protocol == Protocol::Tcp { report.tcp() } else { report };
        report.count(7, 3).with(|key| (key.protocol, key.port) = (protocol, port))
    };
    let mut row = shaped(Report::destination(&source, &to));
    let mut is_let_in = true;
    match chance.below(12) {
        0 => (row, is_let_in) = (row.plaintext(), false),
        1 => (row.key.security, is_let_in) = (Security::ApplicationTls, false),
        2 => (row, is_let_in) = (row.ended(Outcome::Denied, AnsweredBy::LocalProxy), false),
        3 => (row, is_let_in) = (row.ended(Outcome::Timeout, AnsweredBy::LocalProxy), false),
        4 => {
            let strange = STRANGE[usize::try_from(chance.below(3)).unwrap()];
            (row.key.peer.principal, is_let_in) = (strange.to_owned(), false);
        }
        5 => (row.key.peer.principal, is_let_in) = (String::new(), false),
        6 => row.key.peer.principal = "spiffe://cluster.local/ns/other/sa/shared".to_owned(),
        7 => row.key.traffic = Traffic::Probe,
        8 => row = row.ended(Outcome::ServerError, AnsweredBy::Application),
        _ => {}
    }
    if is_let_in {
        let key = (destination.to_owned(), row.key.peer.principal.clone(), port);
        mesh.account.entry(key).or_default().insert(protocol.as_str());
    }
    mesh.world.row(&to, &row);
}

struct Told {
    /// As a rehearsal asks for it.
    map: Map,
    facts: Facts,
    current: Policies,
    suggestion: Suggestion,
    after: Policies,
}

async fn told(mesh: &Mesh) -> Told {
    let (_, _, map) = ask(mesh.world.clone(), "/api/v1/map?include=probe,telemetry&limit=1000").await;
    let (_, _, plain) = ask(mesh.world.clone(), "/api/v1/map?limit=1000").await;
    let (_, _, facts) = ask(mesh.world.clone(), "/api/v1/facts?limit=1000").await;
    let (map, facts): (Map, Facts) = (serde_json::from_value(map).unwrap(), serde_json::from_value(facts).unwrap());
    let source = |text: &str| [Source { name: "f.yaml".to_owned(), text: text.to_owned() }];
    let current = read(&source(&mesh.current), Role::Current);
    assert_eq!(current.problems, []);
    let current = current.policies;
    let asked = Asked { namespace: NAMESPACE, cluster: None, missing: Vec::new() };
    let suggestion = suggestion::build(&map, &facts.edges, &current, &asked).unwrap();
    let text = suggestion::yaml(&suggestion);
    let change = read(&source(&text), Role::Change);
    assert!(!change.has_errors(), "{:?}\n{text}", change.problems);
    let after = current.with(&change.policies);
    Told { map: serde_json::from_value(plain).unwrap(), facts, current, suggestion, after }
}

impl Told {
    fn decide(&self, workload: &str, peer: Peer, port: u16, protocol: &str) -> Verdict {
        let labels = self.current.inventory.labels(NAMESPACE, workload).cloned();
        let name = workload.to_owned();
        let workload = Workload { namespace: NAMESPACE.to_owned(), name, labels, proxy: Proxy::Sidecar };
        let call = Call {
            chain: Some(if protocol == "tcp" { Chain::Tcp } else { Chain::Http }),
            peer: Some(peer),
            port: Some(port),
            method: Some(if protocol == "grpc" { "POST" } else { "GET" }.to_owned()),
            ..Call::default()
        };
        self.after.decide(&workload, &call)
    }
}

#[tokio::test]
async fn rehearsed_on_the_same_window_it_breaks_nobody_who_was_let_in_with_a_certificate() {
    let (mut rules, mut cuts) = (0, 0);
    for seed in 0..MESHES {
        let mesh = mesh(seed);
        let told = told(&mesh).await;
        let observation = Observation { map: &told.map, facts: Some(&told.facts.edges) };
        let simulated = simulation::build(observation, Some(&told.current), &told.after, None);
        for row in &simulated.would_break {
            let is_listed = told.suggestion.would_cut.iter().any(|cut| {
                (&cut.edge_id, &cut.connection, &cut.principal) == (&row.edge_id, &row.connection, &row.principal)
            });
            assert!(is_listed, "seed {seed}: not listed: {row:#?}\n{:#?}", told.suggestion.would_cut);
            let name = row.destination.rsplit('/').next().unwrap().to_owned();
            let key = (name, row.principal.clone().unwrap_or_default(), row.port);
            assert!(!mesh.account.contains_key(&key), "seed {seed}: {row:#?}");
        }
        let is_short = told.suggestion.not_proven.iter().any(|why| why.starts_with("rehearsed"));
        assert!(!is_short, "seed {seed}: {:?}", told.suggestion.not_proven);
        let of = told.suggestion.policies.iter().map(|policy| policy.rules.len());
        rules += of.sum::<usize>();
        cuts += told.suggestion.would_cut.len();
    }
    assert!(rules > 1_000 && cuts > 200, "{rules} rules, {cuts} cuts: the meshes are too poor");
}

#[tokio::test]
async fn who_was_let_in_has_a_rule_and_who_never_was_is_denied() {
    for seed in 0..MESHES {
        let mesh = mesh(seed);
        let told = told(&mesh).await;
        let own = |policy: &suggestion::Suggested| policy.workload.rsplit('/').next().unwrap().to_owned();
        let governed: BTreeSet<String> = told.suggestion.policies.iter().map(own).collect();
        let seen: BTreeSet<&String> = mesh.account.keys().map(|(workload, _, _)| workload).collect();
        let expected: BTreeSet<String> = seen.into_iter().filter(|name| !mesh.twins.contains(*name)).cloned().collect();
        assert_eq!(governed, expected, "seed {seed}");
        let names: BTreeSet<&String> = mesh.account.keys().map(|(_, name, _)| name).collect();
        let stranger = "spiffe://cluster.local/ns/shop/sa/stranger".to_owned();
        for workload in &governed {
            for port in PORTS.into_iter().chain([1]) {
                for name in names.iter().copied().chain([&stranger]) {
                    let key = (workload.clone(), name.clone(), port);
                    let kinds = mesh.account.get(&key).cloned().unwrap_or_default();
                    for kind in ["http", "grpc", "tcp"] {
                        let verdict = told.decide(workload, Peer::Certificate(name.clone()), port, kind);
                        let is_seen = kinds.contains(kind);
                        assert!(!is_seen || matches!(verdict, Verdict::Allowed(_)), "seed {seed}: {key:?} {kind}");
                        let is_denied = matches!(verdict, Verdict::Denied(_));
                        assert!(!kinds.is_empty() || is_denied, "seed {seed}: {key:?} {kind} {verdict:?}");
                    }
                }
                let nobody = told.decide(workload, Peer::Nobody, port, "http");
                assert!(matches!(nobody, Verdict::Denied(_)), "seed {seed}: {workload}:{port} {nobody:?}");
            }
        }
    }
}
