//! Limits, routes, codecs and filters in the way of requests, what is asked of each, and how it ends.

use serde_json::{Value, json};

use super::ask::Ask::{self, Get, Grpc, Http2, Leave, Raw, Then};
use super::bench::{End, Place, extension};

const OK: End = ("ok", "upstream");
const REFUSED: End = ("client_error", "local_proxy");
const DENIED: End = ("denied", "local_proxy");
const LIMITED: End = ("rate_limited", "local_proxy");
const BROKEN: End = ("protocol_error", "local_proxy");
/// A limit of time before, and after, the upstream's headers were passed on.
const LATE: End = ("timeout", "local_proxy");
const CUT: End = ("timeout", "upstream");
const GONE: End = ("client_gone", "upstream");

fn route(cluster: &str, action: Value) -> Value {
    let mut route = json!({"match": {"prefix": "/"}, "route": {"cluster": cluster, "timeout": "30s"}});
    for (key, value) in action.as_object().into_iter().flatten() {
        route["route"][key] = value.clone();
    }
    route
}

fn place(name: &'static str, route: &Value, filters: &[Value], more: Value, asks: Vec<(Ask, End)>) -> Place {
    let mut chain = filters.to_vec();
    chain.push(extension("router", "extensions.filters.http.router.v3.Router", json!({})));
    let mut manager = json!({
        "stat_prefix": name, "codec_type": "AUTO", "stream_idle_timeout": "0s", "delayed_close_timeout": "0.05s",
        "route_config": {"name": name, "validate_clusters": false,
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": chain,
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        manager[key] = value.clone();
    }
    let kind = "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    Place { name, filters: vec![extension("http", kind, manager)], is_http: true, asks }
}

fn filtered(name: &'static str, kind: &str, fields: Value, asks: Vec<(Ask, End)>) -> Place {
    let filter = extension(name, &format!("extensions.filters.http.{kind}"), fields);
    place(name, &route("app", json!({})), &[filter], json!({}), asks)
}

/// What a limit of time does before the answer, and to answers of every class in their middle.
fn limited() -> Vec<(Ask, End)> {
    let cut = ["part, silence", "part 404, silence", "part 503, silence"].map(|what| (Get(what), CUT));
    let grpc = [(Grpc("part, silence"), CUT), (Grpc("silence"), LATE)];
    [&cut[..], &grpc, &[(Get("silence"), LATE), (Get("interim 103, silence"), LATE)]].concat()
}

/// Any status from 400 on becomes one that nobody uses.
fn mapped() -> Value {
    let from_400 = json!({"comparison": {"op": "GE", "value": {"default_value": 400, "runtime_key": "ends.from"}}});
    json!({"local_reply_config": {"mappers": [{"filter": {"status_code_filter": from_400}, "status_code": 299}]}})
}

pub fn all() -> Vec<Place> {
    [limits(), answers(), routes(), codecs(), policies(), replies()].concat()
}

fn limits() -> Vec<Place> {
    let with = |name, action: Value, asks| place(name, &route("app", action), &[], json!({}), asks);
    let max = json!({"max_stream_duration": {"max_stream_duration": "0.3s"}});
    let manager = json!({"common_http_protocol_options": {"max_stream_duration": "0.3s"}});
    let try_timeout = json!({"retry_policy": {"retry_on": "5xx", "num_retries": 1, "per_try_timeout": "0.2s"}});
    let try_idle = json!({"retry_policy": {"retry_on": "5xx", "num_retries": 0, "per_try_idle_timeout": "0.2s"}});
    let half = "POST / HTTP/1.1\r\nhost: a\r\nx-do: silence\r\ncontent-length: 9\r\n\r\nab".to_owned();
    let idle = json!({"timeout": "0s", "idle_timeout": "0.3s"});
    vec![
        with("route timeout", json!({"timeout": "0.3s"}), limited()),
        with("idle", idle.clone(), limited()),
        with("stream of the route", max.clone(), limited()),
        place("stream of the manager", &route("app", json!({})), &[], manager, limited()),
        place("stream of the cluster", &route("limited", json!({})), &[], json!({}), limited()),
        with("try", try_timeout, vec![(Get("silence"), LATE)]),
        with("idle try", try_idle, vec![(Get("part, silence"), CUT), (Get("silence"), LATE)]),
        place("request", &route("app", json!({})), &[], json!({"request_timeout": "0.3s"}), vec![(Raw(half), LATE)]),
        place(
            "request's head",
            &route("app", json!({})),
            &[],
            json!({"request_headers_timeout": "0.3s"}),
            vec![(Raw("POST / HTTP/1.1\r\nhost: a\r\n".to_owned()), LATE)],
        ),
        place(
            "idle, mapped",
            &route("app", idle),
            &[],
            mapped(),
            vec![(Get("silence"), LATE), (Get("part, silence"), CUT)],
        ),
        place("stream, mapped", &route("app", max), &[], mapped(), vec![(Get("silence"), LATE)]),
    ]
}

fn answers() -> Vec<Place> {
    let early = "POST / HTTP/1.1\r\nhost: a\r\nx-do: part, silence\r\ntransfer-encoding: chunked\r\n\r\n";
    let bad = "POST / HTTP/1.1\r\nhost: a\r\nx-do: silence\r\ntransfer-encoding: chunked\r\n\r\nzzz\r\n".to_owned();
    let before: End = ("reset_before_headers", "local_proxy");
    let plain = route("app", json!({}));
    let redirect = route("app", json!({"internal_redirect_policy": {"max_internal_redirects": 1}}));
    vec![
        place(
            "plain",
            &plain,
            &[],
            json!({}),
            vec![
                (Get("answer"), OK),
                (Get("answer 299"), OK),
                (Get("answer 404"), ("client_error", "upstream")),
                (Get("answer 503"), ("server_error", "upstream")),
                (Get("interim 103, answer"), OK),
                (Leave("part, silence"), GONE),
                (Leave("part 404, silence"), GONE),
                (Leave("part 503, silence"), GONE),
                (Get("part, close"), ("reset_after_headers", "upstream")),
                (Get("part 503, close"), ("reset_after_headers", "upstream")),
                (Get("close"), before),
                (Get("reset"), before),
                (Get("interim 100, close"), before),
                (Get("interim 102, close"), before),
                (Get("interim 103, close"), before),
                (Get("interim 103, reset"), before),
                (Get("garbage"), BROKEN),
                (Then(early, "zzz\r\n"), ("protocol_error", "upstream")),
                (Raw(bad), BROKEN),
            ],
        ),
        place(
            "interim",
            &plain,
            &[],
            json!({"proxy_100_continue": true}),
            vec![(Leave("interim 103, silence"), ("client_gone", "nobody"))],
        ),
        place(
            "http2",
            &plain,
            &[],
            json!({}),
            vec![
                (Http2("part 404, silence", b"\0\0\x04\x03\0\0\0\0\x01\0\0\0\x08"), GONE),
                (Http2("part 404, silence", b"\0\0\x04\0\0\0\0\0\0xxxx"), ("protocol_error", "upstream")),
            ],
        ),
        place("redirect", &redirect, &[], json!({}), vec![(Get("moved"), ("ok, ok", "upstream"))]),
    ]
}

fn routes() -> Vec<Place> {
    let to = |name, cluster, end| place(name, &route(cluster, json!({})), &[], json!({}), vec![(Get("answer"), end)]);
    let none = json!({"match": {"prefix": "/other"}, "direct_response": {"status": 200}});
    let direct = json!({"match": {"prefix": "/"}, "direct_response": {"status": 299}});
    let refused = ("connect_failure", "local_proxy");
    let full = ("overflow", "local_proxy");
    vec![
        to("nobody there", "gone", refused),
        to("no host", "empty", ("no_healthy_upstream", "local_proxy")),
        to("no cluster", "missing", ("no_route", "local_proxy")),
        to("no room", "full", full),
        to("drop all", "dropped", full),
        to("drop nearly all", "nearly dropped", full),
        place("no route", &none, &[], json!({}), vec![(Get("answer"), ("no_route", "local_proxy"))]),
        place("direct", &direct, &[], json!({}), vec![(Get("answer"), ("ok", "local_proxy"))]),
        place("nobody there, mapped", &route("gone", json!({})), &[], mapped(), vec![(Get("answer"), refused)]),
    ]
}

fn codecs() -> Vec<Place> {
    let plain = route("app", json!({}));
    let raw = |head: &str| Raw(format!("{head}connection: close\r\n\r\n"));
    let many = (0..9).map(|number| format!("a{number}: b\r\n")).collect::<String>();
    let strict = json!({"headers_with_underscores_action": "REJECT_REQUEST", "max_headers_count": 6});
    let normal = json!({"normalize_path": true, "path_with_escaped_slashes_action": "REJECT_REQUEST"});
    let broken = [
        "GET / HTTP/1.0\r\nhost: a\r\n".to_owned(),
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip\r\n".to_owned(),
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n".to_owned(),
        "GET / HTTP/1.1\r\nhost: a\r\nx\u{1}: y\r\n".to_owned(),
        "GET http:/// HTTP/1.1\r\nhost: a\r\n".to_owned(),
        format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n", "y".repeat(70_000)),
        "FOO%% / HTTP/1.1\r\nhost: a\r\n".to_owned(),
        "GET / HTTP/1.1\r\nhost: a b\r\n".to_owned(),
    ];
    let mut asks: Vec<_> = broken.iter().map(|head| (raw(head), BROKEN)).collect();
    asks.push((Raw(format!("GET / HTTP/1.1\r\nhost: a\r\nconnection: {}\r\n\r\n", "a,".repeat(30))), BROKEN));
    let upgrade = "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade, close\r\nupgrade: foo\r\n\r\n".to_owned();
    vec![
        place("broken", &plain, &[], json!({}), asks),
        place(
            "strict",
            &plain,
            &[],
            json!({"common_http_protocol_options": strict}),
            vec![
                (raw("GET / HTTP/1.1\r\nhost: a\r\nx_y: z\r\n"), BROKEN),
                (raw(&format!("GET / HTTP/1.1\r\nhost: a\r\n{many}")), BROKEN),
            ],
        ),
        place("paths", &plain, &[], normal, vec![(raw("GET /a%2fb HTTP/1.1\r\nhost: a\r\n"), REFUSED)]),
        place("refused", &plain, &[], json!({}), vec![(raw("GET / HTTP/1.1\r\n"), REFUSED), (Raw(upgrade), REFUSED)]),
    ]
}

fn policies() -> Vec<Place> {
    let all = json!({"default_value": {"numerator": 100}, "runtime_key": "ends.all"});
    let service = json!({"envoy_grpc": {"cluster_name": "gone service"}, "timeout": "2s"});
    let none = json!({"rules": {"action": "ALLOW", "policies": {}}});
    let rbac = extension("rbac", "extensions.filters.http.rbac.v3.RBAC", none.clone());
    let limit = json!({"domain": "d", "failure_mode_deny": true, "timeout": "2s",
        "rate_limit_service": {"grpc_service": {"envoy_grpc": {"cluster_name": "gone service"}}, "transport_api_version": "V3"}});
    let limits = extension("ratelimit", "extensions.filters.http.ratelimit.v3.RateLimit", limit);
    let described = json!({"rate_limits": [{"actions": [{"generic_key": {"descriptor_value": "x"}}]}]});
    let with = |head: &str| Raw(format!("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{head}\r\n\r\n"));
    let basic = ["x: y", "authorization: Basic YTpi", "authorization: Bearer x", "authorization: Basic !!"];
    let answers = json!({"http_service": {"server_uri": {"uri": "http://a", "cluster": "app", "timeout": "5s"},
        "authorization_request": {"allowed_headers": {"patterns": [{"exact": "x-do"}]}}}});
    let key = json!({"keys": [{"kty": "oct", "alg": "HS256", "kid": "a", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}]});
    let provider = json!({"issuer": "i", "local_jwks": {"inline_string": key.to_string()}});
    vec![
        filtered("rbac", "rbac.v3.RBAC", none, vec![(Get("answer"), DENIED)]),
        place("rbac, mapped", &route("app", json!({})), &[rbac], mapped(), vec![(Get("answer"), DENIED)]),
        filtered(
            "tokens",
            "local_ratelimit.v3.LocalRateLimit",
            json!({"stat_prefix": "x", "token_bucket": {"max_tokens": 1, "fill_interval": "3600s"},
                "filter_enabled": all, "filter_enforced": all}),
            vec![(Get("answer"), OK), (Get("answer"), LIMITED)],
        ),
        place("no limiter", &route("app", described), &[limits], json!({}), vec![(Get("answer"), LIMITED)]),
        filtered(
            "basic",
            "basic_auth.v3.BasicAuth",
            json!({"users": {"inline_string": "a:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="}}),
            basic.map(|head| (with(head), DENIED)).to_vec(),
        ),
        filtered(
            "keys",
            "api_key_auth.v3.ApiKeyAuth",
            json!({"credentials": [{"key": "k", "client": "c"}], "key_sources": [{"header": "x-key"}]}),
            vec![(with("x: y"), DENIED), (with("x-key: z"), DENIED)],
        ),
        filtered(
            "csrf",
            "csrf.v3.CsrfPolicy",
            json!({"filter_enabled": all}),
            vec![(
                Raw("POST / HTTP/1.1\r\nhost: a\r\norigin: http://evil\r\nconnection: close\r\n\r\n".to_owned()),
                DENIED,
            )],
        ),
        filtered(
            "jwt",
            "jwt_authn.v3.JwtAuthentication",
            json!({"providers": {"p": provider}, "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "p"}}]}),
            vec![(Get("answer"), DENIED)],
        ),
        filtered(
            "no authorizer",
            "ext_authz.v3.ExtAuthz",
            json!({"transport_api_version": "V3", "grpc_service": service}),
            vec![(Get("answer"), DENIED)],
        ),
        filtered("authorizer", "ext_authz.v3.ExtAuthz", answers, vec![(Get("answer 403"), DENIED)]),
    ]
}

fn replies() -> Vec<Place> {
    let lua = r#"function envoy_on_request(h) h:respond({[":status"] = "299"}, "x") end"#;
    let post = "POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 9\r\n\r\n123456789".to_owned();
    let looped =
        |value: &str| Raw(format!("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncdn-loop: {value}\r\n\r\n"));
    let root = json!([{"name": ":path", "string_match": {"exact": "/"}}]);
    vec![
        filtered(
            "lua",
            "lua.v3.Lua",
            json!({"default_source_code": {"inline_string": lua}}),
            vec![(Get("answer"), ("ok", "local_proxy"))],
        ),
        filtered("buffer", "buffer.v3.Buffer", json!({"max_request_bytes": 4}), vec![(Raw(post), REFUSED)]),
        filtered(
            "health",
            "health_check.v3.HealthCheck",
            json!({"pass_through_mode": false, "headers": root}),
            vec![(Get("answer"), ("ok", "local_proxy"))],
        ),
        filtered(
            "loop",
            "cdn_loop.v3.CdnLoopConfig",
            json!({"cdn_id": "x"}),
            vec![(looped("x"), ("server_error", "local_proxy")), (looped("@@"), REFUSED)],
        ),
    ]
}
