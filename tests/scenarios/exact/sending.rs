//! Sends what a plan says, everything at once, and returns what those who ask have counted.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use hogusu_tests::load::{Account, Load};
use hogusu_tests::mesh::Mesh;
use hogusu_tests::tcp::{TcpAccount, TcpLoad};

use crate::exact::plan::Talk;

/// One account for each talk, in order.
pub async fn send(mesh: &Mesh, talks: &[Talk]) -> Result<Vec<(Account, TcpAccount)>> {
    let mut sending = Vec::new();
    for talk in talks {
        sending.push((loads(mesh, talk)?, tcp_load(mesh, talk)?));
    }
    let sending: Vec<_> = sending
        .into_iter()
        .map(|(loads, tcp)| {
            let running: Vec<_> = loads.iter().map(Load::start).collect();
            (running, tcp.map(|tcp| tokio::spawn(async move { tcp.run().await })))
        })
        .collect();
    let mut accounts = Vec::new();
    for (running, tcp) in sending {
        let mut account = Account::default();
        for load in running {
            account.merge(&load.finish().await);
        }
        let tcp = match tcp {
            Some(tcp) => tcp.await?,
            None => TcpAccount::new(),
        };
        accounts.push((account, tcp));
    }
    Ok(accounts)
}

/// One load for each path.
fn loads(mesh: &Mesh, talk: &Talk) -> Result<Vec<Load>> {
    let mut loads: BTreeMap<&str, Load> = BTreeMap::new();
    for row in talk.rows.iter().filter(|_| !talk.by_application) {
        let load = match loads.remove(row.path) {
            Some(load) => load,
            None => {
                let load = match talk.authority {
                    Some(host) => Load::http1(mesh.way(talk.source, talk.service)?, host),
                    None => mesh.load(talk.source, talk.service)?,
                };
                let load = load.connections(talk.connections);
                if row.path == "/" { load } else { load.path(row.path) }
            }
        };
        let load = if row.leave { load.departures(row.count) } else { load.requests(row.count, row.script.clone()) };
        loads.insert(row.path, load);
    }
    Ok(loads.into_values().collect())
}

fn tcp_load(mesh: &Mesh, talk: &Talk) -> Result<Option<TcpLoad>> {
    if talk.tcp_rows.is_empty() {
        return Ok(None);
    }
    let load = mesh.tcp_load(talk.source, talk.service)?.together(talk.connections);
    Ok(Some(talk.tcp_rows.iter().fold(load, |load, row| load.connections(row.count, row.script, row.bytes))))
}

/// What the source's application says that it asked of the service.
pub fn calls(mesh: &Mesh, talk: &Talk) -> Result<Account> {
    let account = mesh.backend(talk.source).account();
    account.calls.get(talk.service).cloned().with_context(|| format!("{} never called {}", talk.source, talk.service))
}
