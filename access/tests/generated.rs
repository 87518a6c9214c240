//! The evaluator against the naive reading, over generated sets of policies: nothing definite is wrong, and what is wholly known is
//! definite.

use hogusu_access::{Mesh, Policies, Proxy, Role, Source, Verdict, of_admitted};
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::exchange::{Exchange, workload};
use crate::generate;
use crate::naive::{Ground, is_allowed};

const SETS: u64 = 1_000;
const EXCHANGES: usize = 24;

pub(crate) fn ground(chance: &mut Chance, is_ztunnel: bool) -> Ground {
    let domains = [vec!["cluster.local"], vec!["td"], vec!["td", "old"], vec!["td", "cluster.local"]];
    Ground { domains: domains[chance.below(4)].clone(), root: "root", is_ztunnel }
}

/// Policies as they are read from one file, with a RequestAuthentication that proves tokens.
pub(crate) fn read(manifests: &[Value], ground: &Ground) -> Policies {
    let proves = json!({
        "apiVersion": "security.istio.io/v1", "kind": "RequestAuthentication",
        "metadata": {"name": "tokens", "namespace": "root"}, "spec": {},
    });
    let items: Vec<&Value> = manifests.iter().chain([&proves]).collect();
    let text = json!({"kind": "List", "items": items}).to_string();
    let found = hogusu_access::read(&[Source { name: "set.json".to_owned(), text }], Role::Current);
    let errors: Vec<_> = found.problems.iter().filter(|problem| problem.is_error).collect();
    assert!(errors.is_empty(), "{errors:?}\n{manifests:#?}");
    let mesh = Mesh {
        trust_domain: ground.domains[0].to_owned(),
        aliases: ground.domains[1..].iter().map(|domain| (*domain).to_owned()).collect(),
        root_namespace: ground.root.to_owned(),
        ..Mesh::default()
    };
    Policies { mesh, is_mesh_given: true, ..found.policies }
}

/// `None`: undecidable.
fn told(verdict: &Verdict) -> Option<bool> {
    match verdict {
        Verdict::Allowed(_) => Some(true),
        Verdict::Denied(_) => Some(false),
        Verdict::Undecidable { .. } => None,
    }
}

fn compare(is_ztunnel: bool) {
    let (mut definite, mut all, mut allowed) = (0_usize, 0_usize, 0_usize);
    for seed in 0..SETS {
        let mut chance = Chance::from(seed + 1);
        let ground = ground(&mut chance, is_ztunnel);
        let manifests = generate::policies(&mut chance, is_ztunnel);
        let policies = read(&manifests, &ground);
        let workload = workload(if is_ztunnel { Proxy::Ztunnel } else { Proxy::Sidecar });
        for _ in 0..EXCHANGES {
            let exchange = Exchange::any(&mut chance);
            let expected = is_allowed(&manifests, &ground, &exchange);
            allowed += usize::from(expected);
            let whole = policies.decide(&workload, &exchange.call());
            assert_eq!(told(&whole), Some(expected), "seed {seed}: {exchange:?} {ground:?} {whole:?}\n{manifests:#?}");
            let masked = exchange.masked(&mut chance);
            let verdict = policies.decide(&workload, &masked);
            if let Some(said) = told(&verdict) {
                definite += 1;
                assert_eq!(said, expected, "seed {seed}: {masked:?} {verdict:?}\n{manifests:#?}");
            }
            all += 1;
        }
    }
    assert!(allowed * 5 > all && allowed * 5 < all * 4, "{allowed} of {all} are allowed: too few of one kind");
    assert!(definite * 10 > all * 5, "{definite} of {all} with a third of the fields missing");
}

#[test]
fn a_sidecar_decides_as_the_facts_say_and_is_never_wrong_where_fields_are_missing() {
    compare(false);
}

#[test]
fn ztunnel_decides_as_the_facts_say_and_is_never_wrong_where_fields_are_missing() {
    compare(true);
}

#[test]
fn what_was_let_in_is_judged_after_a_change_by_what_changes_alone_and_never_wrongly() {
    let (mut definite, mut all) = (0_usize, 0_usize);
    for seed in 0..SETS {
        let mut chance = Chance::from(seed + 7_777);
        let ground = ground(&mut chance, false);
        let before = generate::policies(&mut chance, false);
        let mut after: Vec<Value> = before.iter().filter(|_| !chance.one_in(4)).cloned().collect();
        for (index, mut new) in generate::policies(&mut chance, false).into_iter().enumerate().take(2) {
            new["metadata"]["name"] = json!(format!("new{index}"));
            after.push(new);
        }
        let (today, then) = (read(&before, &ground), read(&after, &ground));
        let workload = workload(Proxy::Sidecar);
        for _ in 0..EXCHANGES {
            let exchange = Exchange::any(&mut chance);
            if !is_allowed(&before, &ground, &exchange) {
                continue;
            }
            let expected = is_allowed(&after, &ground, &exchange);
            let masked = exchange.masked(&mut chance);
            for call in [exchange.call(), masked] {
                let verdict = of_admitted(Some(&today), &then, &workload, &call);
                all += 1;
                definite += usize::from(told(&verdict).is_some());
                let is_right = told(&verdict).is_none_or(|said| said == expected);
                assert!(is_right, "seed {seed}: {call:?} {verdict:?}\n{before:#?}\n{after:#?}");
            }
            let change: Vec<Value> = after.iter().filter(|one| !before.contains(one)).cloned().collect();
            let none_gone = before.iter().all(|one| after.contains(one));
            let blind = of_admitted(None, &read(&change, &ground), &workload, &exchange.call());
            let is_right = !none_gone || told(&blind).is_none_or(|said| said == expected);
            assert!(is_right, "seed {seed}: {exchange:?} {blind:?}\n{before:#?}\n{change:#?}");
        }
    }
    assert!(definite * 10 > all * 6, "{definite} of {all}");
}
