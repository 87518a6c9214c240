//! The response code details that say how an exchange ended where flags and code do not: one table. What is not in it is an
//! answer of the proxy itself, classed by its status. docs/ends.md lists every detail string of Envoy, those too; a test
//! reads that page, and another compares it with the strings of the real Envoy.

/// What the details say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The answer came whole from the upstream; one that redirects the proxy itself is none that the downstream saw.
    Answer,
    /// A limit of time of the proxy was over.
    Timeout,
    /// The proxy had no room: overload, concurrency, drops on purpose of the control plane.
    Overflow,
    RateLimited,
    Denied,
    Injected,
    /// A side broke its protocol; the proxy says which one by its flag.
    Protocol,
    /// The upstream ended before, or after, it had begun to answer.
    ResetBefore,
    ResetAfter,
    /// The downstream went away.
    ClientGone,
    /// The proxy itself closed the downstream's connection; why stands in brackets.
    ProxyClosed,
    /// The proxy's own answer, by its status.
    ByStatus,
}

/// Details by their beginning, up to the first of `{`, `(`, `[` and `:`. Sorted.
pub(crate) const DETAILS: &[(&str, End)] = &[
    // A cache passes on what it did not have.
    ("cache.insert_via_upstream", End::Answer),
    ("client_not_allowed", End::Denied),
    ("codec_error", End::Protocol),
    ("csrf_origin_mismatch", End::Denied),
    ("denied_by_admission_control", End::Overflow),
    ("downstream_local_disconnect", End::ProxyClosed),
    ("downstream_remote_disconnect", End::ClientGone),
    ("drop_overload", End::Overflow),
    ("duration_timeout", End::Timeout),
    ("ext_authz_denied", End::Denied),
    ("ext_authz_error", End::Denied),
    ("fault_filter_abort", End::Injected),
    ("http2.remote_refuse", End::ClientGone),
    ("http2.remote_reset", End::ClientGone),
    ("internal_redirect", End::Answer),
    ("invalid_credential_for_basic_auth", End::Denied),
    ("invalid_format_for_basic_auth", End::Denied),
    ("invalid_scheme_for_basic_auth", End::Denied),
    ("jwt_authn_access_denied", End::Denied),
    ("local_rate_limited", End::RateLimited),
    ("low_version", End::Protocol),
    ("max_duration_timeout", End::Timeout),
    ("missing_api_key", End::Denied),
    ("no_credential_for_basic_auth", End::Denied),
    ("overload", End::Overflow),
    ("overload_error", End::Overflow),
    ("rate_limited_by_quota", End::RateLimited),
    ("rate_limiter_error", End::RateLimited),
    ("rbac_access_denied_matched_policy", End::Denied),
    ("reached_concurrency_limit", End::Overflow),
    ("request_header_timeout", End::Timeout),
    ("request_overall_timeout", End::Timeout),
    ("request_rate_limited", End::RateLimited),
    ("response_timeout", End::Timeout),
    ("stream_idle_timeout", End::Timeout),
    ("unconditional_drop_overload", End::Overflow),
    ("unknown_api_key", End::Denied),
    ("upstream_max_stream_duration_reached", End::Timeout),
    ("upstream_per_try_idle_timeout", End::Timeout),
    ("upstream_per_try_timeout", End::Timeout),
    ("upstream_reset_after_response_started", End::ResetAfter),
    ("upstream_reset_before_response_started", End::ResetBefore),
    ("upstream_response_timeout", End::Timeout),
    ("via_upstream", End::Answer),
    // The upstream answered an upgrade with something else than 101: its head goes on.
    ("websocket_handshake_unsuccessful", End::Answer),
];

/// Beginnings of details of the codecs and of the header validator: a broken protocol, where the table does not say otherwise.
const PROTOCOLS: [&str; 5] = ["http.", "http1.", "http2.", "http3.", "uhv."];

/// What these details say; an empty text says nothing.
pub(crate) fn end_of(details: &str) -> End {
    let stem = details.split(['{', '(', '[', ':']).next().unwrap_or_default();
    match DETAILS.binary_search_by(|(text, _)| (*text).cmp(stem)) {
        Ok(at) => DETAILS.get(at).map_or(End::ByStatus, |(_, end)| *end),
        Err(_) if PROTOCOLS.iter().any(|protocol| stem.starts_with(protocol)) => End::Protocol,
        Err(_) => End::ByStatus,
    }
}

/// Why the proxy closed the downstream's connection, where that was not its own doing: what stands in the brackets.
pub(crate) fn why_closed(details: &str) -> End {
    match details.split_once('(').map_or("", |(_, why)| why.trim_end_matches(')')) {
        // The peer was silent, or not there any more.
        "http2_ping_timeout" | "on_idle_timeout" => End::ClientGone,
        "http2_connection_protocol_violation" => End::Protocol,
        "overload_manager_close" => End::Overflow,
        _ => End::ProxyClosed,
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_row_is_found() {
        assert!(DETAILS.is_sorted_by(|(one, _), (next, _)| one < next));
        for (text, end) in DETAILS {
            for tail in ["", "{connection_termination}", "[none]", "(why)", ":_why"] {
                assert_eq!(end_of(&format!("{text}{tail}")), *end, "{text}{tail}");
            }
        }
    }

    #[test]
    fn what_only_begins_like_a_row_is_another_detail() {
        assert_eq!(end_of("http2.violation.of.messaging.rule"), End::Protocol);
        for text in ["", "via_upstream2", "cache.response_from_cache_filter", "over", "overloaded", "{", "zzz"] {
            assert_eq!(end_of(text), End::ByStatus, "{text}");
        }
    }
}
