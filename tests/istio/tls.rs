//! Connections that Istio's configuration makes fail: each failure shows with its cause, never as a plain 503 of the destination.

use anyhow::Result;
use hogusu_tests::client::Answer;
use hogusu_tests::istio::IstioLab;
use hogusu_tests::map::Map;
use hogusu_tests::script::Script;
use serde_json::{Value, json};

use crate::cast::{self, CLIENT, LEGACY, WEB, WEB_HTTP};
use crate::on_lab;
use crate::settled::until_settled;
use crate::view::{self, SOURCE};

const REFUSED: Answer = Answer::Status(503);

fn destination_rule(name: &str, tls: &Value) -> Value {
    json!({
        "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": {"name": name, "namespace": "beta"},
        "spec": {"host": format!("{name}.beta.svc.cluster.local"), "trafficPolicy": {"tls": tls}},
    })
}

/// Outcomes of failed handshakes on an edge, as (reason, count).
fn handshakes(map: &Map, destination: &str) -> Vec<(String, u64)> {
    let edge = view::edge(map, "alpha/client-v1", destination);
    let rows = edge.and_then(|edge| edge[SOURCE]["outcomes"].as_array()).into_iter().flatten();
    let failed = rows.filter(|row| row["outcome"] == "tls_failure");
    failed
        .map(|row| (row["reason"].as_str().unwrap_or("none").to_owned(), row["count"].as_u64().unwrap_or(0)))
        .collect()
}

/// Asks web or another until every answer is the one that the last change makes; how many requests were refused in all.
async fn refused_until(lab: &IstioLab, to: &str, wanted: Answer) -> Result<u64> {
    let to = lab.pod(to);
    let account = until_settled(lab.pod(CLIENT).load(to, WEB_HTTP), &Script::default(), to, wanted).await?;
    assert_eq!(account.answered(REFUSED) + account.answered(Answer::Status(200)), account.sent(), "{account:?}");
    Ok(account.answered(REFUSED))
}

#[test]
fn a_certificate_that_does_not_fit_a_missing_one_and_a_peer_without_tls_are_told_apart() {
    on_lab("tls_failures", async |_, mut lab| {
        let (mut collector, _window) = cast::start(&mut lab).await?;
        cast::apply(&lab, &cast::plugins(&lab, "1")).await?;

        let somebody = json!(["spiffe://cluster.local/ns/beta/sa/somebody"]);
        lab.kube()
            .apply(&[destination_rule("web", &json!({"mode": "ISTIO_MUTUAL", "subjectAltNames": somebody}))])
            .await?;
        let mut misfits = refused_until(&lab, WEB, REFUSED).await?;
        lab.kube().delete("destinationrule", "beta", "web").await?;
        misfits += refused_until(&lab, WEB, Answer::Status(200)).await?;

        let strict = json!({
            "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
            "metadata": {"name": "strict", "namespace": "beta"}, "spec": {"mtls": {"mode": "STRICT"}},
        });
        lab.kube().apply(&[strict, destination_rule("web", &json!({"mode": "DISABLE"}))]).await?;
        let plaintext = refused_until(&lab, WEB, REFUSED).await?;

        // The handshake had an upstream; without a certificate of its own the connection was made and closed.
        let rows = [
            (SOURCE, "tls_failure", "local_proxy", misfits),
            (SOURCE, "reset_before_headers", "local_proxy", plaintext),
        ];
        let map = view::until_shown(&collector, "alpha/client-v1", "beta/web-v1", &rows).await?;
        assert_eq!(handshakes(&map, "beta/web-v1"), [("san_mismatch".to_owned(), misfits)]);

        lab.kube().apply(&[destination_rule("legacy", &json!({"mode": "ISTIO_MUTUAL"}))]).await?;
        let not_tls = refused_until(&lab, LEGACY, REFUSED).await?;
        let rows = [(SOURCE, "tls_failure", "local_proxy", not_tls)];
        let map = view::until_shown(&collector, "alpha/client-v1", "beta/legacy-v1", &rows).await?;
        assert_eq!(handshakes(&map, "beta/legacy-v1"), [("not_tls".to_owned(), not_tls)]);
        collector.stop().await?;
        Ok(())
    });
}
