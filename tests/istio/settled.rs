//! Waiting until a change of Istio's configuration holds everywhere. One request that shows it is not enough: both workers of each
//! proxy take a change by themselves, other proxies take it at another time, and a connection between proxies lives on for a while
//! with the listener that it came to.

use std::time::Duration;

use anyhow::Result;
use hogusu_tests::client::Answer;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::app::AppLoad;
use hogusu_tests::istio::pod::Pod;
use hogusu_tests::load::Account;
use hogusu_tests::script::Script;

const LIMIT: Duration = Duration::from_secs(60);
/// Requests of a round, over so many connections that hardly ever all of them come to one worker.
const ROUND: usize = 20;
const CONNECTIONS: usize = 10;

/// Sends rounds of requests until all of one are answered as wanted, while no connection to the proxy of `to`, if it has one, is
/// older than its listeners. What was sent in all.
pub async fn until_settled(load: AppLoad, script: &Script, to: &Pod, wanted: Answer) -> Result<Account> {
    let round = load.connections(CONNECTIONS).requests(ROUND, script);
    let mut sent = Account::default();
    eventually(&format!("every request is answered {wanted:?}"), LIMIT, async || {
        match turn(&round, to, wanted, &mut sent).await {
            Ok(None) => Seen::Done(()),
            Ok(Some(unsettled)) => Seen::Waiting(unsettled),
            Err(error) => Seen::Never(format!("{error:#}")),
        }
    })
    .await?;
    Ok(sent)
}

/// One round; what is not settled yet.
async fn turn(round: &AppLoad, to: &Pod, wanted: Answer, sent: &mut Account) -> Result<Option<String>> {
    let before = to.changing().await?;
    let account = round.run().await?;
    sent.merge(&account);
    let changing = before + to.changing().await?;
    if changing == 0 && account.answered(wanted) == ROUND as u64 {
        return Ok(None);
    }
    // The change has begun. When an old listener ends, it closes what is idle: a request that comes just then would fail.
    if account.answered(wanted) > 0 && to.has_sidecar() {
        to.wait_until_drained().await?;
    }
    Ok(Some(format!("{changing} listeners change, {account:?}")))
}
