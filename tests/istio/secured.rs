//! What a connection is by PeerAuthentication, DestinationRule and automatic mutual TLS: as predicted, and as real Istio makes it. Eight
//! targets in a push, each with rules of its own below those of mesh and namespace, and one without a proxy; asked by a sidecar and by a
//! source that has none. The policies are read back from the API server, with the times at which it made them.

mod combinations;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Result;
use futures_util::future::try_join_all;
use hogusu_access::{Asking, Client, Labels, Policies, Proxy, Role, Server, Source, Wire, predict, read};
use hogusu_tests::client::{self, Body};
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::window::Window;
use hogusu_tests::istio::{IstioLab, Workload};
use hogusu_tests::scenario::say;
use hyper::Request;
use serde_json::{Value, json};

use crate::chance::{Chance, given, seed};
use crate::on_lab;

const CLIENT: &str = "alpha/client";
const LEGACY: &str = "alpha/legacy";
const NAKED: &str = "naked";
const HTTP: u16 = 8080;
const TARGETS: usize = 8;
/// Combinations; `HOGUSU_SETS` says another number.
const COMBINATIONS: u64 = 96;
const LIMIT: Duration = Duration::from_secs(60);
/// How long an answer may be that of the push before: endpoints come after clusters, and connections drain.
const SETTLING: Duration = Duration::from_secs(15);
/// As many answers in a row are no accident of one worker.
const STEADY: usize = 4;
/// Lists that the policies are read back from.
const LISTS: [&str; 2] =
    ["/apis/security.istio.io/v1/peerauthentications", "/apis/networking.istio.io/v1/destinationrules"];

/// One target, and the ways to it.
struct Target<'a> {
    lab: &'a IstioLab,
    name: &'a str,
    ways: BTreeMap<&'static str, Window>,
}

impl<'a> Target<'a> {
    async fn open(lab: &'a IstioLab, name: &'a str) -> Result<Self> {
        let (to, mut ways) = (lab.pod(&format!("beta/{name}")), BTreeMap::new());
        for (from, address) in [(CLIENT, to.service()), (LEGACY, to.address())] {
            let first = lab.pod(from).namespaces().first();
            ways.insert(from, Window::open(first, (address, HTTP).into()).await?);
        }
        Ok(Self { lab, name, ways })
    }

    fn host(&self) -> String {
        format!("{}.beta.svc.cluster.local", self.name)
    }

    /// The answer's status; none where the connection was refused.
    async fn status(&self, from: &'static str, path: &str) -> Result<Option<u16>> {
        let request = Request::get(path).header("host", self.host()).body(Body::default())?;
        Ok(client::fetch(self.ways[from].address(), request).await.ok().map(|answer| answer.status().as_u16()))
    }

    /// What the connection of a request is: a policy refuses those of nobody, where a proxy looks.
    async fn seen(&self, from: &'static str) -> Result<Wire> {
        match (self.status(from, combinations::OF_SOMEBODY).await?, self.name) {
            (Some(200), NAKED) | (Some(403), _) => Ok(Wire::Plaintext),
            (Some(200), _) => Ok(Wire::MutualTls),
            (None | Some(502 | 503), _) => Ok(Wire::Refused),
            (Some(other), _) => anyhow::bail!("{} is answered {other}", self.name),
        }
    }

    /// What it is said to be.
    fn predicted(&self, from: &'static str, policies: &Policies) -> BTreeSet<Wire> {
        let own = self.lab.pod(&format!("beta/{}", self.name)).workload();
        let labels = Some(Labels { known: own.pod_labels(), may_be_more: false });
        let service =
            Asking { host: self.host(), namespace: "beta".to_owned(), port: Some(HTTP), is_headless: Some(false) };
        let server = Server {
            workload: hogusu_access::Workload {
                namespace: "beta".to_owned(),
                name: own.deployment(),
                labels,
                proxy: Proxy::Sidecar,
            },
            has_proxy: Some(self.name != NAKED),
            port: Some(HTTP),
            is_http: Some(true),
            service: Some(service),
        };
        let client = Client { namespace: "alpha".to_owned(), has_proxy: Some(self.lab.pod(from).has_sidecar()) };
        predict(&client, &server, policies.rules()).all
    }

    /// What is wrong of it; how many were definite, and how many only after a while.
    async fn compare(&self, policies: &Policies, account: &mut Account) -> Result<()> {
        for from in [CLIENT, LEGACY] {
            let predicted = self.predicted(from, policies);
            account.all += 1;
            account.definite += u64::from(predicted.len() == 1);
            let mut seen = self.seen(from).await?;
            if !predicted.contains(&seen) {
                account.again += 1;
                let mut steady = 0;
                let settled = eventually("it is as predicted", SETTLING, async || match self.seen(from).await {
                    Ok(now) => {
                        seen = now;
                        steady = if predicted.contains(&now) { steady + 1 } else { 0 };
                        if steady == STEADY { Seen::Done(()) } else { Seen::Waiting(now) }
                    }
                    Err(error) => Seen::Never(format!("{error:#}")),
                });
                if settled.await.is_err() {
                    account.wrong.push(format!("{from} to {}: {seen:?}, predicted {predicted:?}", self.name));
                }
            }
            *account.seen.entry(seen).or_default() += 1;
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Account {
    all: u64,
    definite: u64,
    again: u64,
    seen: BTreeMap<Wire, u64>,
    wrong: Vec<String>,
}

/// What is in force, as the API server tells it.
async fn in_force(lab: &IstioLab) -> Result<Policies> {
    let mut items = Vec::new();
    for path in LISTS {
        items.extend(lab.kube().get(path).await?["items"].as_array().cloned().unwrap_or_default());
    }
    let text = json!({"kind": "List", "apiVersion": "v1", "items": items}).to_string();
    let read = read(&[Source { name: "all".to_owned(), text }], Role::Current);
    anyhow::ensure!(!read.has_errors(), "{:?}", read.problems);
    Ok(read.policies)
}

/// Replaces what the push before applied, and waits until every target and the client have all of it.
async fn put_in_force(lab: &IstioLab, targets: &[Target<'_>], push: u64, old: &[Value], new: &[Value]) -> Result<()> {
    let key = |object: &Value| {
        [&object["kind"], &object["metadata"]["namespace"], &object["metadata"]["name"]].map(Value::to_string)
    };
    let kept: BTreeSet<_> = new.iter().map(key).collect();
    let gone: Vec<Value> = old.iter().filter(|one| !kept.contains(&key(one))).cloned().collect();
    lab.kube().withdraw(&gone).await?;
    lab.kube().apply(new).await?;
    lab.kube().apply(&combinations::marks(push)).await?;
    let admin = lab.pod(CLIENT).admin()?;
    let mark = format!("|mark-{push}|");
    eventually(&format!("{mark} is known to the client"), LIMIT, async || match admin.get("/clusters").await {
        Ok(said) if said.contains(&mark) => Seen::Done(()),
        other => Seen::Waiting(other.is_ok()),
    })
    .await?;
    let path = format!("/mark-{push}");
    let marked = targets.iter().filter(|target| target.name != NAKED).map(async |target| {
        eventually(&format!("push {push} is in force at {}", target.name), LIMIT, async || {
            // One of both gets through to a policy, unless both are refused.
            let said = [target.status(CLIENT, &path).await, target.status(LEGACY, &path).await].map(Result::ok);
            let is_in_force = said.iter().all(|one| matches!(one, Some(None | Some(403 | 502 | 503))));
            if is_in_force { Seen::Done(()) } else { Seen::Waiting(said) }
        })
        .await
    });
    try_join_all(marked).await.map(drop)
}

async fn run(lab: &mut IstioLab, seed: u64, count: u64) -> Result<Account> {
    let mut workloads = vec![
        Workload::new("alpha", "client"),
        Workload::new("alpha", "legacy").http(HTTP).without_sidecar(),
        Workload::new("beta", NAKED).http(HTTP).without_sidecar(),
    ];
    let names: Vec<String> = (0..TARGETS).map(|number| format!("web-{number}")).collect();
    workloads.extend(names.iter().map(|name| Workload::new("beta", name).http(HTTP)));
    lab.add(&workloads).await?;
    lab.kube().apply(&[combinations::of_somebody()]).await?;
    let lab = &*lab;
    let mut targets = Vec::new();
    for name in names.iter().map(String::as_str).chain([NAKED]) {
        targets.push(Target::open(lab, name).await?);
    }
    let (mut account, mut old) = (Account::default(), Vec::new());
    for push in 0..count.div_ceil(TARGETS as u64) {
        let mut chance = Chance::of(seed, push);
        let new = combinations::generated(&mut chance, &names);
        put_in_force(lab, &targets, push, &old, &new).await?;
        let policies = in_force(lab).await?;
        for target in &targets {
            target.compare(&policies, &mut account).await?;
        }
        anyhow::ensure!(
            account.wrong.is_empty(),
            "HOGUSU_SEED={seed}, push {push}: {}\n{}",
            account.wrong.join("\n"),
            json!(new)
        );
        old = new;
    }
    Ok(account)
}

#[test]
fn connections_are_as_peer_authentications_and_destination_rules_say() {
    on_lab("secured_connections", async |_, mut lab| {
        let seed = seed()?;
        let count = given("HOGUSU_SETS")?.unwrap_or(COMBINATIONS);
        let account = run(&mut lab, seed, count).await?;
        say(&format!("HOGUSU_SEED={seed}, {count} combinations: {account:?}"));
        assert_eq!(account.seen.len(), 3, "each kind is seen: {account:?}");
        assert!(account.definite * 10 >= account.all * 6, "{account:?}");
        Ok(())
    });
}
