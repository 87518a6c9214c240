//! The page against the binary of the real Envoy: flags by the list that its configuration is held to, details by the strings of
//! its families of names. Short strings are folded into its code and cannot be listed: the page may have them, and their first
//! eight bytes are looked for.

use std::collections::BTreeSet;

use hogusu_tests::artefacts;

use super::page::{rows, stem};

/// Strings that look like details and are none: statistics, runtime keys, fields, words of other protocols.
const OTHERS: &str = include_str!("no-ends.txt");

/// How names of details begin, and how they end.
const BEGINNINGS: [&str; 31] = [
    "a2a_filter_",
    "ai_protocol_manager_",
    "api_key",
    "cache.",
    "cdn_",
    "closing_",
    "codec_",
    "connect_bridge_",
    "csrf_",
    "custom_response_",
    "denied_",
    "downstream_local",
    "dynamic_module_",
    "early_",
    "ext_authz_",
    "ext_proc_",
    "fault_filter_",
    "file_server_",
    "filter_",
    "grpc_json_",
    "health_check_",
    "http1.",
    "http2.",
    "http3.",
    "invalid_",
    "jwt_",
    "mcp_",
    "oauth",
    "rbac_",
    "reverse_tunnel_",
    "uhv.",
];
const ENDINGS: [&str; 30] = [
    "_abort",
    "_broken",
    "_close",
    "_closed",
    "_conversion_failed",
    "_denied",
    "_disconnect",
    "_disconnect({})",
    "_error",
    "_exceeded",
    "_failed",
    "_failure",
    "_forbidden",
    "_invalid",
    "_limit",
    "_limited",
    "_loop_detected",
    "_malformed",
    "_mismatch",
    "_missing",
    "_not_allowed",
    "_not_found",
    "_over_limit",
    "_overload",
    "_reached",
    "_rejected",
    "_reset",
    "_timeout",
    "_too_large",
    "_unauthorized",
];

/// What names something else in Envoy: statistics, switches, other protocols, libraries.
const ELSEWHERE: [&str; 19] = [
    "__",
    "_cx_",
    "_rq_",
    "_sess_",
    "_decoder_error",
    "_singleton",
    "envoy.",
    "envoy_",
    "grpc.",
    "hickory_",
    "lua_",
    "outlier_",
    "quic_",
    "rq_",
    "scone_",
    "thrift.",
    "zlib_",
    "zstd_",
    "ejections_",
];

pub fn assert_complete() {
    let path = artefacts::envoy().expect("an Envoy");
    let bytes = std::fs::read(&path).expect("its binary");
    let strings = strings(&bytes);
    let rows = rows();

    let list = strings.iter().find_map(|text| text.strip_prefix("value must be in list [LH ")).expect("the flags");
    let flags: Vec<_> = std::iter::once("LH").chain(list.trim_end_matches(']').split(' ')).collect();
    let written: Vec<_> = rows.iter().filter(|row| row.section == "Flags").map(|row| row.says).collect();
    assert_eq!(written, flags, "flags of the page and of the binary, in the order of their bits");

    let written: BTreeSet<_> = rows.iter().map(|row| stem(row.says)).collect();
    let others: BTreeSet<_> = OTHERS.lines().filter(|line| !line.starts_with('#')).collect();
    let looks = |text: &str| {
        let is_named = BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
            || ENDINGS.iter().any(|end| text.ends_with(end));
        is_named && !ELSEWHERE.iter().any(|part| text.contains(part))
    };
    let found: BTreeSet<_> = strings.iter().copied().filter(|text| is_name(text) && looks(text)).map(bare).collect();
    let missing: Vec<_> = found.iter().filter(|text| !written.contains(*text) && !others.contains(*text)).collect();
    assert!(missing.is_empty(), "strings of Envoy on neither list; an end belongs on the page: {missing:#?}");
    let stale: Vec<_> = others.iter().filter(|text| !found.contains(*text) || written.contains(*text)).collect();
    assert!(stale.is_empty(), "tests/scenarios/ends/no-ends.txt holds what is not there, or is on the page: {stale:?}");

    let unlisted: Vec<_> = rows.iter().map(|row| stem(row.says)).filter(|text| !strings.contains(text)).collect();
    let gone = absent(&bytes, unlisted.iter().filter_map(|text| text.as_bytes().get(..8)).collect());
    assert!(gone.is_empty(), "on the page, and not in the binary: {gone:?}");
}

/// Which of these eight bytes are nowhere.
fn absent(bytes: &[u8], wanted: BTreeSet<&[u8]>) -> Vec<String> {
    let pair = |window: &[u8]| usize::from(window[0]) << 8 | usize::from(window[1]);
    let mut begins = vec![false; 1 << 16];
    wanted.iter().for_each(|text| begins[pair(text)] = true);
    let mut left = wanted;
    for window in bytes.windows(8) {
        if begins[pair(window)] {
            left.remove(window);
        }
    }
    left.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

/// What stands between two zero bytes and is plain text.
fn strings(bytes: &[u8]) -> BTreeSet<&str> {
    let texts = bytes.split(|byte| *byte == 0).filter(|text| (4..200).contains(&text.len()));
    texts.filter_map(|text| std::str::from_utf8(text).ok()).collect()
}

/// A name in small letters, perhaps with a place for what is filled in.
fn is_name(text: &str) -> bool {
    let bare = bare(text);
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._".contains(&byte);
    bare.contains(['_', '.']) && bare.bytes().all(is_plain)
}

fn bare(text: &str) -> &str {
    stem(text.trim_end_matches("({})").trim_end_matches("[{}]"))
}
