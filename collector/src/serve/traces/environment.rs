//! What the environment says of the collector's own traces: OpenTelemetry's variables, as its specification reads them.

use std::path::PathBuf;
use std::time::Duration;

use axum::http::{HeaderName, Uri};

use crate::limits;
use crate::serve::ServeError;

const DISABLED: &str = "OTEL_SDK_DISABLED";
const EXPORTER: &str = "OTEL_TRACES_EXPORTER";
const QUEUE: &str = "OTEL_BSP_MAX_QUEUE_SIZE";
/// The first of them that is there counts.
const ENDPOINT: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
const PROTOCOL: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
const TIMEOUT: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
const CERTIFICATE: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"];
/// Both are sent; the SDK reads them, and leaves out what it cannot read without a word.
const HEADERS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
const DELAY: &str = "OTEL_BSP_SCHEDULE_DELAY";
/// The one protocol that is spoken.
const SPOKEN: &str = "http/protobuf";
/// What the specification has below an endpoint that is named for every signal.
const PATH: &str = "v1/traces";

/// Where traces go, and how.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) uri: Uri,
    /// Of one attempt.
    pub(super) timeout: Duration,
    /// Roots for `https`, PEM, with the variable that names the file; without it those of the system.
    pub(super) roots: Option<(&'static str, PathBuf)>,
    /// Spans that may wait.
    pub(super) most_waiting: usize,
}

impl Endpoint {
    /// By the variables that `value` gives; an empty one is not there. `None` where there is no endpoint, or traces are turned off.
    pub(super) fn read(value: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, ServeError> {
        let value = |name: &str| value(name).filter(|value| !value.is_empty());
        let first = |names: [&'static str; 2]| names.into_iter().find_map(|name| Some((name, value(name)?)));
        let Some((variable, endpoint)) = first(ENDPOINT) else { return Ok(None) };
        let is_off = value(DISABLED).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        if is_off || value(EXPORTER).is_some_and(|value| value == "none") {
            return Ok(None);
        }
        if let Some((variable, other)) = first(PROTOCOL)
            && other != SPOKEN
        {
            let remedy = format!("set it to {SPOKEN}, and the endpoint to the port that speaks it (4318 by default)");
            return Err(ServeError::Traces(format!("{variable} is {other}, which is not spoken here; {remedy}")));
        }
        for name in HEADERS {
            let is_wrong = value(name).is_some_and(|given| !given.split(',').all(is_header));
            if is_wrong {
                // What stands there may be a secret.
                let remedy = "give NAME=VALUE, several joined by a comma, values percent-encoded";
                return Err(ServeError::Traces(format!("{name} holds something that is no header; {remedy}")));
            }
        }
        if value(DELAY).is_some_and(|delay| delay.trim().parse::<u64>().map_or(true, |millis| millis == 0)) {
            return Err(ServeError::Traces(format!("{DELAY} is no number of milliseconds above 0; give one, as 5000")));
        }
        let is_whole = variable == ENDPOINT[0];
        // None of these is sent as it is meant: a user would be dropped and logged, and the path would stand behind the query.
        if endpoint.contains(['@', '#']) || (!is_whole && endpoint.contains('?')) {
            let remedy =
                format!("give the URL alone; credentials go into {}, a query into {}", HEADERS[1], ENDPOINT[0]);
            return Err(ServeError::Traces(format!("{variable} holds a user, a query or a fragment; {remedy}")));
        }
        let whole = if is_whole { endpoint } else { format!("{}/{PATH}", endpoint.trim_end_matches('/')) };
        let is_one = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
        let uri = whole.parse().ok().filter(is_one).ok_or_else(|| {
            let remedy = "give a URL, as http://otel-collector:4318, or remove the variable to send no traces";
            ServeError::Traces(format!("{variable} is no URL of http or https; {remedy}"))
        })?;
        let millis = first(TIMEOUT).and_then(|(_, value)| value.parse().ok());
        let most = value(QUEUE).and_then(|value| value.parse().ok()).filter(|most| *most > 0);
        Ok(Some(Self {
            uri,
            timeout: millis.map_or(limits::EXPORT_TIME, Duration::from_millis),
            roots: first(CERTIFICATE).map(|(variable, file)| (variable, PathBuf::from(file))),
            most_waiting: most.unwrap_or(limits::SPANS).min(limits::MOST_SPANS),
        }))
    }
}

/// `NAME=VALUE`, or nothing between two commas.
fn is_header(entry: &str) -> bool {
    let entry = entry.trim();
    let name = entry.split_once('=').map(|(name, _)| name.trim());
    entry.is_empty() || name.is_some_and(|name| HeaderName::try_from(name).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<Endpoint>, String> {
        let value =
            |name: &str| variables.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned());
        Endpoint::read(value).map_err(|error| error.to_string())
    }

    #[test]
    fn an_endpoint_of_traces_is_taken_as_it_is_and_one_of_everything_has_a_path_below_it() {
        let uri = |variables: &[(&str, &str)]| read(variables).unwrap().unwrap().uri.to_string();
        let all = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4318/");
        assert_eq!(uri(&[all]), "http://otel:4318/v1/traces");
        assert_eq!(uri(&[all, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://t/x?a=b")]), "https://t/x?a=b");
        assert_eq!(uri(&[all, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")]), "http://otel:4318/v1/traces");
    }

    #[test]
    fn nothing_is_sent_without_an_endpoint_or_where_that_is_turned_off() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4318");
        assert_eq!(read(&[("OTEL_SERVICE_NAME", "a"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]), Ok(None));
        assert_eq!(read(&[endpoint, ("OTEL_SDK_DISABLED", "True")]), Ok(None));
        assert_eq!(read(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")]), Ok(None));
    }

    #[test]
    fn what_cannot_be_used_names_its_variable_and_a_remedy() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4318");
        let grpc = read(&[endpoint, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).unwrap_err();
        assert!(grpc.contains("OTEL_EXPORTER_OTLP_PROTOCOL is grpc") && grpc.contains("http/protobuf"), "{grpc}");
        for wrong in ["otel:4318", "unix:///run/otel", "http://", "ftp://otel"] {
            let said = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", wrong)]).unwrap_err();
            assert!(said.contains("OTEL_EXPORTER_OTLP_ENDPOINT is no URL"), "{wrong}: {said}");
        }
    }

    #[test]
    fn what_would_be_left_out_in_silence_is_refused_and_no_secret_is_repeated() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4318");
        for (name, wrong) in [
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization: Bearer hunter2"),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=b,no good=hunter2"),
            ("OTEL_BSP_SCHEDULE_DELAY", "0"),
            ("OTEL_BSP_SCHEDULE_DELAY", "soon"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://user:hunter2@otel:4318/v1/traces"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4318/?key=hunter2"),
        ] {
            // The first one that is given counts.
            let said = read(&[(name, wrong), endpoint]).unwrap_err();
            assert!(said.contains(name) && !said.contains("hunter2"), "{name}={wrong}: {said}");
        }
        assert!(read(&[endpoint, ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20a, x-b=c,")]).is_ok());
    }

    #[test]
    fn the_queue_is_bounded_whatever_is_asked_for() {
        let most = |given: &str| {
            let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4318");
            read(&[endpoint, ("OTEL_BSP_MAX_QUEUE_SIZE", given)]).unwrap().unwrap().most_waiting
        };
        assert_eq!(["16", "0", "many", "99999999"].map(most), [16, limits::SPANS, limits::SPANS, limits::MOST_SPANS]);
    }
}
