//! What the evaluator of policies says, and what real Istio does: generated sets of AuthorizationPolicies, turned into filters by istiod,
//! and real requests and connections against them, each on a connection of its own. `HOGUSU_SETS` says how many sets, `HOGUSU_SEED` which.

mod asking;
mod chance;
mod sets;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use hogusu_access::{Call, Labels, Policies, Proxy, Role, Source, Verdict, Workload, read};
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::{self, IstioLab};
use hogusu_tests::scenario::say;
use serde_json::{Value, json};

use crate::on_lab;
use asking::{Ask, SOURCES, Ways};
use chance::Chance;

const HTTP: u16 = 8080;
const TCP: u16 = 9000;
/// Targets of one push, each with a set of its own.
const TARGETS: usize = 8;
/// Requests of each source to each target.
const REQUESTS: usize = 4;
const LIMIT: Duration = Duration::from_secs(60);
/// A tenth of what is run by hand.
const SETS: u64 = 100;
const SEED: u64 = 1;
/// Consecutive connections that a mark refuses: a proxy has several workers.
const MARKED: usize = 8;
/// Wrong verdicts that are shown.
const MOST_SHOWN: usize = 12;

/// What was compared.
#[derive(Debug, Default)]
struct Account {
    /// Verdicts where all is known, and where only what an edge of a map tells is.
    known: BTreeMap<&'static str, u64>,
    told: BTreeMap<&'static str, u64>,
    /// What was missing to those that are undecidable.
    missing: [BTreeMap<String, u64>; 2],
    /// Asked a second time, with nothing old left in the proxy.
    again: u64,
    wrong: Vec<String>,
}

impl Account {
    fn count(&mut self, is_known: bool, verdict: &Verdict) {
        let (word, missing) = match verdict {
            Verdict::Allowed(_) => ("allowed", None),
            Verdict::Denied(_) => ("denied", None),
            Verdict::Undecidable { missing, .. } => ("undecidable", Some(missing)),
        };
        *if is_known { &mut self.known } else { &mut self.told }.entry(word).or_default() += 1;
        for field in missing.into_iter().flatten() {
            *self.missing[usize::from(is_known)].entry(field.clone()).or_default() += 1;
        }
    }

    /// Adds what another one counted; whoever is wrong is shown with the policies that it was asked about.
    fn take(&mut self, other: Self, push: u64, policies: &[Value]) {
        for (own, counts) in [(&mut self.known, other.known), (&mut self.told, other.told)] {
            counts.into_iter().for_each(|(word, count)| *own.entry(word).or_default() += count);
        }
        for (own, counts) in self.missing.iter_mut().zip(other.missing) {
            counts.into_iter().for_each(|(field, count)| *own.entry(field).or_default() += count);
        }
        self.again += other.again;
        for wrong in other.wrong {
            let target = wrong.split(' ').next().unwrap_or_default();
            let own = policies
                .iter()
                .map(Value::to_string)
                .filter(|one| one.contains(&format!("\"{target}\"")) || !one.contains("\"app\""));
            let own: Vec<_> = own.collect();
            self.wrong.push(format!("push {push}, {wrong}\n  {}", own.join("\n  ")));
        }
    }

    /// Definite ones of a hundred.
    fn share(of: &BTreeMap<&'static str, u64>) -> f64 {
        let definite = of.iter().filter(|(word, _)| **word != "undecidable").map(|(_, count)| *count).sum::<u64>();
        100.0 * definite as f64 / of.values().sum::<u64>().max(1) as f64
    }
}

/// Reads a set as it is applied.
fn policies(objects: &[Value]) -> Result<Policies> {
    let text = json!({"kind": "List", "apiVersion": "v1", "items": objects}).to_string();
    let read = read(&[Source { name: "set".to_owned(), text }], Role::Current);
    anyhow::ensure!(!read.has_errors(), "{:?}", read.problems);
    let mut policies = read.policies;
    policies.mesh.aliases = vec![istio::FORMER_TRUST_DOMAIN.to_owned()];
    Ok(policies)
}

fn workload(lab: &IstioLab, target: &str) -> Workload {
    let own = lab.pod(&format!("beta/{target}")).workload();
    let labels = Labels { known: own.pod_labels(), may_be_more: false };
    Workload { namespace: "beta".to_owned(), name: own.deployment(), labels: Some(labels), proxy: Proxy::Sidecar }
}

/// What contradicts an answer; nothing where a verdict is right, or none.
fn contradicts(verdict: &Verdict, is_let_in: bool) -> bool {
    matches!((verdict, is_let_in), (Verdict::Allowed(_), false) | (Verdict::Denied(_), true))
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

/// Asks a target, and compares each answer with both verdicts.
async fn compare(lab: &IstioLab, ways: &Ways, policies: &Policies, target: &str, asks: Vec<Ask>) -> Result<Account> {
    let (workload, mut account) = (workload(lab, target), Account::default());
    for ask in asks {
        let verdicts = [(true, ask.known(lab, target)), (false, ask.told())]
            .map(|(is_known, call): (bool, Call)| (is_known, policies.decide(&workload, &call)));
        let mut is_let_in = ask.is_let_in(ways, target).await?;
        if verdicts.iter().any(|(_, verdict)| contradicts(verdict, is_let_in)) {
            lab.pod(&format!("beta/{target}")).wait_until_drained().await?;
            is_let_in = ask.is_let_in(ways, target).await?;
            account.again += 1;
        }
        for (is_known, verdict) in &verdicts {
            account.count(*is_known, verdict);
            if contradicts(verdict, is_let_in) {
                account.wrong.push(format!("{target} known={is_known} let in={is_let_in}: {ask:?}\n  {verdict:?}"));
            }
        }
    }
    Ok(account)
}

/// What is asked of a target in one push.
fn asks(chance: &mut Chance, target: &str) -> Vec<Ask> {
    let mut asks = Vec::new();
    for from in SOURCES {
        asks.extend((0..REQUESTS).map(|_| Ask::request(chance, from, target)));
        asks.push(Ask::connection(from));
    }
    asks
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

/// A number of the environment.
fn given(name: &str) -> Result<Option<u64>> {
    std::env::var(name).ok().map(|text| text.parse().with_context(|| format!("{name}={text}"))).transpose()
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
    let (mut whole, mut old) = (Account::default(), Vec::new());
    for push in 0..count.div_ceil(TARGETS as u64) {
        let mut chance = Chance::of(seed, push);
        let new: Vec<Value> = (0..TARGETS).flat_map(|target| sets::generated(&mut chance, target)).collect();
        // The mark is about a path that nothing here asks for.
        let all = policies(&new)?;
        put_in_force(lab, &ways, &targets, push, &old, &new).await?;
        let compared = targets.iter().map(|target| {
            let asks = asks(&mut chance, target);
            compare(lab, &ways, &all, target, asks)
        });
        for one in try_join_all(compared.collect::<Vec<_>>()).await? {
            whole.take(one, push, &new);
        }
        anyhow::ensure!(whole.wrong.len() < MOST_SHOWN, "seed {seed}, push {push}: {}", whole.wrong.join("\n"));
        old = new;
    }
    Ok(whole)
}

#[test]
fn verdicts_of_the_evaluator_are_what_istio_does() {
    on_lab("evaluated_policies", async |_, mut lab| {
        let seed = given("HOGUSU_SEED")?.unwrap_or(SEED);
        let count = given("HOGUSU_SETS")?.unwrap_or(SETS);
        let account = run(&mut lab, seed, count).await?;
        let (known, told) = (Account::share(&account.known), Account::share(&account.told));
        say(&format!(
            "HOGUSU_SEED={seed}, {count} sets. All known: {:?}, {known:.1} % definite, missing {:?}. As an edge tells: {:?}, {told:.1} % \
             definite, missing {:?}. Asked again: {}",
            account.known, account.missing[1], account.told, account.missing[0], account.again
        ));
        assert!(account.wrong.is_empty(), "{}", account.wrong.join("\n"));
        assert!(told >= 60.0, "{told:.1} % are definite");
        Ok(())
    });
}
