//! STRICT mutual TLS for the namespace of the cast's destination, and the wait until it is in force.

use anyhow::Result;
use hogusu_tests::client::Answer;
use hogusu_tests::istio::IstioLab;
use hogusu_tests::script::Script;
use serde_json::{Value, json};

use crate::cast::{LEGACY, WEB, WEB_HTTP};
use crate::settled::until_settled;

pub fn policy() -> Value {
    json!({
        "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
        "metadata": {"name": "strict", "namespace": "beta"}, "spec": {"mtls": {"mode": "STRICT"}},
    })
}

/// Asks in plaintext until every request is refused; how often one was in all.
pub async fn until_refused(lab: &IstioLab) -> Result<u64> {
    let web = lab.pod(WEB);
    let load = lab.pod(LEGACY).load_to_address(web, WEB_HTTP);
    Ok(until_settled(load, &Script::default(), web, Answer::Reset).await?.answered(Answer::Reset))
}
