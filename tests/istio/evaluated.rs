//! What the evaluator of policies says, and what real Istio does: generated sets of AuthorizationPolicies, turned into filters by istiod,
//! and real requests and connections against them.

mod sets;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use hogusu_access::{Call, Chain, Labels, Peer, Policies, Proxy, Role, Source, Text, Token, Verdict, Workload, read};
use hogusu_tests::client::Answer;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::IstioLab;
use hogusu_tests::scenario::say;
use hogusu_tests::script::Script;
use hogusu_tests::tcp::TcpScript;
use serde_json::{Value, json};

use crate::cast::{self, CLIENT, LEGACY, WEB, WEB_HTTP, WEB_TCP};
use crate::on_lab;

const SETS: u64 = 30;
const LIMIT: Duration = Duration::from_secs(60);
const PATHS: [&str; 4] = ["/", "/a", "/a/b", "/b"];
const PRINCIPAL: &str = "spiffe://cluster.local/ns/alpha/sa/client";

/// Reads a set as it is applied.
fn policies(objects: &[Value]) -> Result<Policies> {
    let text = json!({"kind": "List", "items": objects}).to_string();
    let read = read(&[Source { name: "set".to_owned(), text }], Role::Current);
    anyhow::ensure!(!read.has_errors(), "{:?}", read.problems);
    Ok(read.policies)
}

/// Everything that is to know of what this pod asks web.
fn call(lab: &IstioLab, from: &str, port: u16) -> Call {
    let (source, web) = (lab.pod(from), lab.pod(WEB));
    let has_proxy = source.has_sidecar();
    let sni = if has_proxy { format!("outbound_.{port}_._.{}", "web.beta.svc.cluster.local") } else { String::new() };
    Call {
        chain: Some(if port == WEB_TCP { Chain::Tcp } else { Chain::Http }),
        peer: Some(if has_proxy { Peer::Certificate(PRINCIPAL.to_owned()) } else { Peer::Nobody }),
        port: Some(port),
        method: Some("GET".to_owned()),
        host: Some(web.workload().host()),
        source_ip: Some(source.address().into()),
        destination_ip: Some(web.address().into()),
        sni: Some(sni),
        token: Some(Token::Missing),
        ..Call::default()
    }
}

fn web() -> Workload {
    let labels = Some(Labels { may_be_more: true, ..Labels::exactly([("app", "web")]) });
    Workload { namespace: "beta".to_owned(), name: "web-v1".to_owned(), labels, proxy: Proxy::Sidecar }
}

/// Whether web answers this path; anything but an answer or a refusal is an error.
async fn is_answered(lab: &IstioLab, from: &str, path: &str) -> Result<bool> {
    let (pod, web) = (lab.pod(from), lab.pod(WEB));
    let load = if pod.has_sidecar() { pod.load(web, WEB_HTTP) } else { pod.load_to_address(web, WEB_HTTP) };
    let account = load.connections(1).path(path).requests(1, &Script::default()).run().await?;
    match (account.answered(Answer::Status(200)), account.answered(Answer::Status(403))) {
        (1, 0) => Ok(true),
        (0, 1) => Ok(false),
        _ => anyhow::bail!("{from} {path}: {account:?}"),
    }
}

/// Whether web echoes a connection.
async fn is_echoed(lab: &IstioLab, from: &str) -> Result<bool> {
    let (pod, web) = (lab.pod(from), lab.pod(WEB));
    let load = if pod.has_sidecar() { pod.tcp_load(web, WEB_TCP) } else { pod.tcp_load_to_address(web, WEB_TCP) };
    let ends = load.connections(1, TcpScript::Echo, 100).run().await?;
    Ok(ends.contains_key(&("echo".to_owned(), "Echoed".to_owned())))
}

/// Applies a set, a mark last, and waits until web's proxy has the mark and nothing older.
async fn until_in_force(lab: &IstioLab, number: u64, objects: &[Value]) -> Result<()> {
    let mark = sets::mark(number);
    lab.kube().apply(objects).await?;
    lab.kube().apply(&[sets::marking(&mark)]).await?;
    let admin = lab.pod(WEB).admin()?;
    eventually(&format!("{mark} is in force"), LIMIT, async || match admin.get("/config_dump").await {
        Ok(said) if said.contains(&format!("policy[{mark}]")) => Seen::Done(()),
        Ok(_) => Seen::Waiting("the set before it".to_owned()),
        Err(error) => Seen::Waiting(format!("{error:#}")),
    })
    .await?;
    lab.pod(WEB).wait_until_drained().await
}

async fn withdraw(lab: &IstioLab, number: u64, objects: &[Value]) -> Result<()> {
    for object in objects {
        let text = |key: &str| object["metadata"][key].as_str().context("a name").map(str::to_owned);
        lab.kube().delete("authorizationpolicy", &text("namespace")?, &text("name")?).await?;
    }
    lab.kube().delete("authorizationpolicy", "beta", &sets::mark(number)).await
}

/// What istiod's filters do that the evaluator does not say: `None` where it says nothing definite.
async fn compare(lab: &IstioLab, policies: &Policies, told: &mut BTreeMap<&'static str, u64>) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for from in [CLIENT, LEGACY] {
        let http = PATHS.map(|path| (Some(path), WEB_HTTP));
        for (path, port) in http.into_iter().chain([(None, WEB_TCP)]) {
            let call = Call { path: path.map(|path| Text::Whole(path.to_owned())), ..call(lab, from, port) };
            let verdict = policies.decide(&web(), &call);
            let is_let_in = match path {
                Some(path) => is_answered(lab, from, path).await?,
                None => is_echoed(lab, from).await?,
            };
            let (word, is_right) = match &verdict {
                Verdict::Allowed(_) => ("allowed", is_let_in),
                Verdict::Denied(_) => ("denied", !is_let_in),
                Verdict::Undecidable { .. } => ("undecidable", true),
            };
            *told.entry(word).or_default() += 1;
            if !is_right {
                wrong.push(format!("{from} {path:?} {port}: let in {is_let_in}, {verdict:?}"));
            }
        }
    }
    Ok(wrong)
}

#[test]
fn verdicts_of_the_evaluator_are_what_istio_does() {
    on_lab("evaluated_policies", async |_, mut lab| {
        lab.add(&cast::workloads()).await?;
        lab.kube().apply(&cast::gateway()).await?;
        cast::until_open(&lab).await?;
        let mut told = BTreeMap::new();
        for number in 1..=SETS {
            let objects = sets::generated(number);
            let policies = policies(&objects)?;
            until_in_force(&lab, number, &objects).await?;
            let wrong = compare(&lab, &policies, &mut told).await?;
            assert!(wrong.is_empty(), "set {number}: {wrong:#?}\n{}", serde_json::to_string_pretty(&objects)?);
            withdraw(&lab, number, &objects).await?;
        }
        say(&format!("{SETS} sets: {told:?}"));
        for word in ["allowed", "denied"] {
            assert!(told.get(word).is_some_and(|count| *count > SETS), "too few are {word}: {told:?}");
        }
        assert_eq!(told.get("undecidable"), None, "all is known here");
        Ok(())
    });
}
