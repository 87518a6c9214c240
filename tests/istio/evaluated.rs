//! What the evaluator of policies says, and what real Istio does: generated sets of AuthorizationPolicies, turned into filters by istiod,
//! and real requests and connections against them, each on a connection of its own; and of what happened under the sets before, what they
//! do to it. `HOGUSU_SETS` says how many sets, `HOGUSU_SEED` which.

mod account;
mod asking;
mod compared;
mod sets;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use futures_util::future::try_join_all;
use hogusu_access::{Policies, Role, Source, read};
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::{self, IstioLab};
use hogusu_tests::scenario::say;
use serde_json::{Value, json};

use crate::chance::{Chance, given, seed};
use crate::on_lab;
use account::{Account, Of};
use asking::{Ask, SOURCES, Ways};
use compared::Target;

const HTTP: u16 = 8080;
const TCP: u16 = 9000;
/// Targets of one push, each with a set of its own.
const TARGETS: usize = 8;
const LIMIT: Duration = Duration::from_secs(60);
/// A tenth of what is run by hand.
const SETS: u64 = 100;
/// Consecutive connections that a mark refuses: a proxy has several workers.
const MARKED: usize = 8;
/// Wrong verdicts that are shown.
const MOST_SHOWN: usize = 12;

/// Reads a set as it is applied.
fn policies(objects: &[Value]) -> Result<Policies> {
    let text = json!({"kind": "List", "apiVersion": "v1", "items": objects}).to_string();
    let read = read(&[Source { name: "set".to_owned(), text }], Role::Current);
    anyhow::ensure!(!read.has_errors(), "{:?}", read.problems);
    let mut policies = read.policies;
    policies.mesh.aliases = vec![istio::FORMER_TRUST_DOMAIN.to_owned()];
    Ok(policies)
}

/// Replaces what the push before applied, and waits until every target has all of it.
async fn put_in_force(
    lab: &IstioLab,
    ways: &Ways,
    targets: &[String],
    push: u64,
    old: &[Value],
    new: &[Value],
) -> Result<()> {
    let key = |object: &Value| (object["metadata"]["namespace"].to_string(), object["metadata"]["name"].to_string());
    let kept: BTreeSet<_> = new.iter().map(key).collect();
    let gone: Vec<Value> = old.iter().filter(|one| !kept.contains(&key(one))).cloned().collect();
    lab.kube().withdraw(&gone).await?;
    lab.kube().apply(new).await?;
    lab.kube().apply(&[sets::mark(push)]).await?;
    let marks = targets.iter().map(async |target| {
        let mut refused = 0;
        eventually(&format!("push {push} is in force at {target}"), LIMIT, async || {
            match Ask::marked(push, target).is_let_in(ways, target).await {
                Ok(false) => refused += 1,
                Ok(true) => refused = 0,
                Err(error) => return Seen::Waiting(format!("{error:#}")),
            }
            if refused == MARKED { Seen::Done(()) } else { Seen::Waiting(format!("{refused} refused")) }
        })
        .await
    });
    try_join_all(marks).await.map(drop)
}

async fn until_open(ways: &Ways, targets: &[String]) -> Result<()> {
    for target in targets {
        for from in SOURCES {
            let asks = [Ask::request(&mut Chance::of(0, 0), from, target), Ask::connection(from)];
            for ask in asks {
                eventually(&format!("{from} reaches {target}"), LIMIT, async || {
                    match ask.is_let_in(ways, target).await {
                        Ok(true) => Seen::Done(()),
                        other => Seen::Waiting(format!("{other:?}")),
                    }
                })
                .await?;
            }
        }
    }
    Ok(())
}

/// Every request gets a connection of its own: one that lives has the policies that it began with.
fn fresh_connections() -> Value {
    json!({
        "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": {"name": "fresh", "namespace": "beta"},
        "spec": {
            "host": "*.beta.svc.cluster.local",
            "trafficPolicy": {"connectionPool": {"http": {"maxRequestsPerConnection": 1}}},
        },
    })
}

async fn run(lab: &mut IstioLab, seed: u64, count: u64) -> Result<Account> {
    let targets: Vec<String> = (0..TARGETS).map(|number| format!("web-{number}")).collect();
    let split = |label: &str| label.split_once('/').map(|(one, other)| istio::Workload::new(one, other));
    let mut workloads: Vec<_> = SOURCES.iter().filter_map(|label| split(label)).collect();
    workloads[2] = workloads[2].clone().without_sidecar();
    workloads.extend(targets.iter().map(|name| istio::Workload::new("beta", name).http(HTTP).tcp(TCP)));
    lab.add(&workloads).await?;
    lab.kube().apply(&[fresh_connections()]).await?;
    let ways = Ways::open(lab, &targets).await?;
    until_open(&ways, &targets).await?;
    let (mut whole, mut old, mut before) = (Account::default(), Vec::new(), policies(&[])?);
    let mut asked = vec![Vec::new(); TARGETS];
    for push in 0..count.div_ceil(TARGETS as u64) {
        let mut chance = Chance::of(seed, push);
        let drawn = (0..TARGETS).flat_map(|target| sets::generated(&mut chance, target)).collect();
        let new = sets::some_kept(&mut chance, &old, drawn);
        // The mark is about a path that nothing here asks for.
        let after = policies(&new)?;
        put_in_force(lab, &ways, &targets, push, &old, &new).await?;
        let asks: Vec<_> = targets.iter().map(|name| compared::asks(&mut chance, name)).collect();
        let compared = targets.iter().zip(asks).zip(&asked).map(async |((name, asks), asked)| {
            let target = Target { lab, ways: &ways, name, before: &before, after: &after };
            target.compare(asks, asked).await
        });
        let compared = try_join_all(compared).await?;
        asked.clear();
        for (account, answers) in compared {
            whole.take(account, push, &new);
            asked.push(answers);
        }
        anyhow::ensure!(whole.wrong.len() < MOST_SHOWN, "seed {seed}, push {push}: {}", whole.wrong.join("\n"));
        (old, before) = (new, after);
    }
    Ok(whole)
}

#[test]
fn verdicts_of_the_evaluator_are_what_istio_does() {
    on_lab("evaluated_policies", async |_, mut lab| {
        let seed = seed()?;
        let count = given("HOGUSU_SETS")?.unwrap_or(SETS);
        let account = run(&mut lab, seed, count).await?;
        say(&format!("HOGUSU_SEED={seed}, {count} sets, asked again {}", account.again));
        for of in [Of::Known, Of::Told, Of::Rehearsed] {
            say(&account.line(of));
        }
        assert!(account.wrong.is_empty(), "{}", account.wrong.join("\n"));
        // Where all is known only what nobody can know is missing.
        let is_custom = |field: &&str| field.contains("external authorizer") || field.contains("CUSTOM");
        assert!(account.missing(Of::Known).keys().all(is_custom), "{}", account.line(Of::Known));
        assert!(account.share(Of::Told) >= 60.0, "{}", account.line(Of::Told));
        Ok(())
    });
}
