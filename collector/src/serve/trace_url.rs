//! Where traces are found, as `--trace-url` gives it: the page puts the ids of exemplars into it. Nothing is asked there.

use std::str::FromStr;

/// What stands for a trace's id.
const ID: &str = "{trace_id}";

/// Bytes of such an address, at most.
const LONGEST: usize = 1024;

/// An address with `{trace_id}` in it, `https`, or `http` to this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceUrl(pub(super) String);

/// It leads to no trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "give an address with {{trace_id}} in it, https, or http to localhost, as https://tempo.example.com/trace/{{trace_id}}"
)]
pub struct NoTraceUrl;

impl FromStr for TraceUrl {
    type Err = NoTraceUrl;

    fn from_str(text: &str) -> Result<Self, NoTraceUrl> {
        let is_here = ["http://localhost", "http://127.0.0.1", "http://[::1]"]
            .iter()
            .filter_map(|here| text.strip_prefix(here))
            .any(|rest| rest.starts_with(['/', ':']));
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://").filter(|_| is_here));
        let (host, path) = rest.and_then(|rest| rest.split_once('/')).ok_or(NoTraceUrl)?;
        let is_plain = text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic());
        // Which server is asked is nothing that an id decides, and nobody is signed in by an address.
        let is_host = !host.is_empty() && !host.contains(['{', '@', '\\', '?', '#']);
        if is_plain && is_host && path.contains(ID) { Ok(Self(text.to_owned())) } else { Err(NoTraceUrl) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_trace_is_taken_and_what_leads_elsewhere_is_not() {
        for text in [
            "https://tempo.example.com/trace/{trace_id}",
            "https://grafana.example.com/explore?left={\"queries\":[{\"query\":\"{trace_id}\"}]}",
            "http://localhost:16686/trace/{trace_id}",
            "http://[::1]:16686/trace/{trace_id}",
        ] {
            assert_eq!(text.parse(), Ok(TraceUrl(text.to_owned())));
        }
        for text in [
            "",
            "https://tempo.example.com/trace",
            "http://tempo.example.com/{trace_id}",
            "http://localhost.example.com/{trace_id}",
            "https://{trace_id}/",
            "https://user@example.com/{trace_id}",
            "https:///{trace_id}",
            "javascript:alert('{trace_id}')",
            "https://example.com/ {trace_id}",
        ] {
            assert_eq!(text.parse::<TraceUrl>(), Err(NoTraceUrl), "{text}");
        }
    }
}
