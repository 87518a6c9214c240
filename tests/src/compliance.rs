//! A demo's account of what was sent in plaintext and over mutual TLS, and its comparison with the compliance report: equal, exchange by exchange.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::collector::Collector;
use crate::demo;
use crate::ledger::Ledger;
use crate::workdir::workspace_root;

/// The shipped policy whose numbers follow from how the demo's edges are secured.
const POLICY: &str = "policies/strict/mutual-tls.yaml";

/// What the account says that the policy must come to, of requests or of connections.
#[derive(Debug, Default, PartialEq, Eq)]
struct Numbers {
    compliant: u64,
    violating: u64,
    excepted: u64,
    undecidable: u64,
    unobserved: u64,
}

/// A time before everything that is sent from here on, as the command takes it.
///
/// # Errors
/// When the collector does not answer.
pub async fn beginning(collector: &Collector) -> Result<String> {
    let map = collector.map("5m").await?;
    map["sealed_to"]
        .as_str()
        .map(str::to_owned)
        .with_context(|| format!("a map that says of no time that it is sealed: {map}"))
}

/// Prints `hogusu compliance` since `from`, and says whether each of its numbers is the account's.
///
/// # Errors
/// When the command fails or answers something else than a report.
pub async fn report(sent: &Ledger, from: &str, collector: &Collector) -> Result<bool> {
    let policy = workspace_root().join(POLICY).display().to_string();
    // Up to now: --since ends where all is sealed, before the last exchanges.
    let arguments = ["compliance", "--policy", &policy, "--from", from];
    println!("\n{}", collector.run(&arguments).await?);
    let whole: Value = serde_json::from_str(&collector.run(&[&arguments[..], &["--format", "json"]].concat()).await?)?;
    let found = whole["policies"].get(0).with_context(|| format!("no policy in {whole}"))?;
    let mut is_exact = true;
    for (measure, of_connections) in [("requests", false), ("connections", true)] {
        let mut account = Numbers::default();
        for ((source, destination), sent) in sent {
            if demo::is_by_connections(destination) == of_connections {
                let count = if demo::is_plaintext(source) { &mut account.violating } else { &mut account.compliant };
                *count += sent.exchanges;
            }
        }
        let reported = numbers(&found[measure])?;
        let share =
            format!("{} of {} {measure} over mutual TLS", account.compliant, account.compliant + account.violating);
        if reported == account {
            println!("sent {share} = reported");
        } else {
            println!("sent {share}, and the report differs: sent {account:?}, reported {reported:?}");
            is_exact = false;
        }
    }
    Ok(is_exact)
}

fn numbers(rate: &Value) -> Result<Numbers> {
    let number = |field: &str| rate[field].as_u64().with_context(|| format!("no {field} in {rate}"));
    Ok(Numbers {
        compliant: number("compliant")?,
        violating: number("violating")?,
        excepted: number("excepted")?,
        undecidable: number("undecidable")?,
        unobserved: number("unobserved")?,
    })
}
