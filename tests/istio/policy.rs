//! What Istio's own policies and routes do to a request shows as what it is, with who answered.

use hogusu_tests::client::Answer;
use hogusu_tests::script::Script;
use serde_json::{Value, json};

use crate::cast::{self, CLIENT, LEGACY, WEB, WEB_HTTP};
use crate::on_lab;
use crate::settled::until_settled;
use crate::view::{self, DESTINATION, SOURCE};

fn policies() -> Vec<Value> {
    let web = json!({"matchLabels": {"app": "web"}});
    let host = "web.beta.svc.cluster.local";
    let to = json!([{"destination": {"host": host}}]);
    vec![
        json!({
            "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
            "metadata": {"name": "strict", "namespace": "beta"}, "spec": {"selector": web, "mtls": {"mode": "STRICT"}},
        }),
        json!({
            "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": "deny-admin", "namespace": "beta"},
            "spec": {"selector": web, "action": "DENY", "rules": [{"to": [{"operation": {"paths": ["/admin*"]}}]}]},
        }),
        json!({
            "apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
            "metadata": {"name": "web", "namespace": "beta"},
            "spec": {"hosts": [host], "http": [
                {"name": "abort", "match": [{"uri": {"prefix": "/abort"}}], "route": to,
                 "fault": {"abort": {"httpStatus": 418, "percentage": {"value": 100}}}},
                {"name": "delay", "match": [{"uri": {"prefix": "/delay"}}], "route": to,
                 "fault": {"delay": {"fixedDelay": "0.2s", "percentage": {"value": 100}}}},
                {"name": "timeout", "match": [{"uri": {"prefix": "/timeout"}}], "route": to, "timeout": "0.3s",
                 "retries": {"attempts": 0}},
                {"name": "retry", "match": [{"uri": {"prefix": "/retry"}}], "route": to,
                 "retries": {"attempts": 2, "retryOn": "5xx"}},
                {"name": "main", "route": to},
            ]},
        }),
    ]
}

#[test]
fn policies_and_routes_of_istio_are_outcomes_of_their_own() {
    on_lab("policies_of_istio", async |_, mut lab| {
        let (mut collector, _window) = cast::start(&mut lab).await?;
        lab.kube().apply(&policies()).await?;
        let (client, web, legacy) = (lab.pod(CLIENT), lab.pod(WEB), lab.pod(LEGACY));
        let to_web = |path: &str| client.load(web, WEB_HTTP).path(path);
        for (path, wanted) in [("/abort", Answer::Status(418)), ("/admin", Answer::Status(403))] {
            until_settled(to_web(path), &Script::default(), web, wanted).await?;
        }
        cast::apply(&lab, &cast::plugins(&lab, "1")).await?;

        let slow = Script::default().delay_ms(1_000);
        let failing_once = Script::default().first_attempt(Script::status(503));
        let sent: [(&str, &Script, usize, Answer); 6] = [
            ("/abort", &Script::default(), 11, Answer::Status(418)),
            ("/delay", &Script::default(), 12, Answer::Status(200)),
            ("/timeout", &slow, 13, Answer::Status(504)),
            ("/retry", &failing_once, 14, Answer::Status(200)),
            ("/retry", &Script::status(500), 15, Answer::Status(500)),
            ("/admin", &Script::default(), 16, Answer::Status(403)),
        ];
        for (path, script, count, wanted) in sent {
            let account = to_web(path).requests(count, script).run().await?;
            assert_eq!(account.answered(wanted), count as u64, "{path}: {account:?}");
        }
        let refused = legacy.load_to_address(web, WEB_HTTP).requests(5, &Script::default()).run().await?;
        assert_eq!(refused.answered(Answer::Reset), 5, "STRICT refuses plaintext: {refused:?}");

        let rows = [
            (SOURCE, "timeout", "local_proxy", 13),
            // A delay on purpose is nobody's speed, and the destination knows nothing of it.
            (SOURCE, "injected_delay", "upstream", 12),
            (SOURCE, "ok", "upstream", 14),
            (SOURCE, "server_error", "upstream", 15),
            (SOURCE, "client_error", "upstream", 16),
            (DESTINATION, "denied", "local_proxy", 16),
            (DESTINATION, "ok", "application", 12 + 14),
            // Each of them was tried again: once, and twice.
            (DESTINATION, "server_error", "application", 14 + 3 * 15),
            // The source's proxy gave up on them.
            (DESTINATION, "client_gone", "nobody", 13),
        ];
        view::until_shown(&collector, "alpha/client-v1", "beta/web-v1", &rows).await?;
        // Nobody was asked, so the edge ends at the Service.
        let rows = [(SOURCE, "injected_fault", "local_proxy", 11)];
        let map = view::until_shown(&collector, "alpha/client-v1", "web.beta.svc.cluster.local:8080", &rows).await?;
        // What STRICT refuses ends before there is a request that the filter could see.
        assert_eq!(map.edges().len(), 2, "{}", map.0);
        collector.stop().await?;
        Ok(())
    });
}
