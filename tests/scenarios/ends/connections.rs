//! What stands in the way of TCP connections, what is said over each, and how it ends.

use serde_json::{Value, json};

use super::ask::Ask::{self, Beside, Echo, EchoReset, Say};
use super::bench::{End, Place, extension};

const OK: End = ("ok", "upstream");

fn place(name: &'static str, cluster: &str, before: Option<Value>, more: Value, asks: Vec<(Ask, End)>) -> Place {
    let mut proxy = json!({"stat_prefix": name, "cluster": cluster});
    for (key, value) in more.as_object().into_iter().flatten() {
        proxy[key] = value.clone();
    }
    let mut filters: Vec<_> = before.into_iter().collect();
    filters.push(extension("tcp", "extensions.filters.network.tcp_proxy.v3.TcpProxy", proxy));
    Place { name, filters, is_http: false, asks }
}

fn behind(name: &'static str, kind: &str, mut fields: Value, asks: Vec<(Ask, End)>) -> Place {
    fields["stat_prefix"] = json!(name);
    let filter = extension(name, &format!("extensions.filters.network.{kind}"), fields);
    place(name, "echo", Some(filter), json!({}), asks)
}

pub fn all() -> Vec<Place> {
    let to = |name, cluster, end| place(name, cluster, None, json!({}), vec![(Say("hello"), end)]);
    let service = json!({"envoy_grpc": {"cluster_name": "gone service"}, "timeout": "2s"});
    let limit = json!({"domain": "d", "failure_mode_deny": true, "timeout": "2s",
        "descriptors": [{"entries": [{"key": "a", "value": "b"}]}],
        "rate_limit_service": {"grpc_service": {"envoy_grpc": {"cluster_name": "gone service"}}, "transport_api_version": "V3"}});
    let unmade = |outcome| (outcome, "nobody");
    vec![
        place("echo", "echo", None, json!({}), vec![(Echo, OK), (Say("reset"), ("reset_after_headers", "upstream"))]),
        // Envoy shows no filter that these two were not closed in order.
        place("idle tcp", "echo", None, json!({"idle_timeout": "0.3s"}), vec![(Say("hello"), OK)]),
        place("left", "echo", None, json!({}), vec![(EchoReset, OK)]),
        place(
            "longest",
            "echo",
            None,
            json!({"max_downstream_connection_duration": "0.3s"}),
            vec![(Say("hello"), ("timeout", "upstream"))],
        ),
        place("again", "one of two", None, json!({"max_connect_attempts": 4}), vec![(Echo, OK); 4]),
        place(
            "in vain",
            "gone",
            None,
            json!({"max_connect_attempts": 2}),
            vec![(Say("hello"), unmade("connect_failure"))],
        ),
        to("full tcp", "full", unmade("overflow")),
        to("empty tcp", "empty", unmade("no_healthy_upstream")),
        to("missing tcp", "missing", unmade("no_route")),
        behind(
            "tokens tcp",
            "local_ratelimit.v3.LocalRateLimit",
            json!({"token_bucket": {"max_tokens": 1, "fill_interval": "3600s"}}),
            vec![(Echo, OK), (Say("hello"), unmade("rate_limited"))],
        ),
        behind(
            "places",
            "connection_limit.v3.ConnectionLimit",
            json!({"max_connections": 1}),
            vec![(Beside, OK), (Beside, OK)],
        ),
        behind("limiter", "ratelimit.v3.RateLimit", limit, vec![(Say("hello"), unmade("overflow"))]),
        behind(
            "rbac tcp",
            "rbac.v3.RBAC",
            json!({"rules": {"action": "ALLOW", "policies": {}}}),
            vec![(Say("hello"), unmade("denied"))],
        ),
        behind(
            "authz tcp",
            "ext_authz.v3.ExtAuthz",
            json!({"grpc_service": service}),
            vec![(Say("hello"), unmade("denied"))],
        ),
    ]
}
