//! STRICT mutual TLS for the namespace of the cast's destination, and the wait until it is in force.

use std::time::Duration;

use anyhow::Result;
use hogusu_tests::client::Answer;
use hogusu_tests::eventually::{Seen, eventually};
use hogusu_tests::istio::IstioLab;
use hogusu_tests::script::Script;
use serde_json::{Value, json};

use crate::cast::{LEGACY, WEB, WEB_HTTP};

const LIMIT: Duration = Duration::from_secs(60);

pub fn policy() -> Value {
    json!({
        "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
        "metadata": {"name": "strict", "namespace": "beta"}, "spec": {"mtls": {"mode": "STRICT"}},
    })
}

/// Asks in plaintext until that is refused; how often it was.
pub async fn until_refused(lab: &IstioLab) -> Result<u64> {
    let load = lab.pod(LEGACY).load_to_address(lab.pod(WEB), WEB_HTTP).connections(1).requests(1, &Script::default());
    eventually("plaintext is refused", LIMIT, async || match load.run().await {
        Err(error) => Seen::Never(format!("{error:#}")),
        Ok(account) if account.answered(Answer::Reset) == 1 => Seen::Done(1),
        Ok(account) => Seen::Waiting(account),
    })
    .await
}
