//! What the environment says of the collector's own traces: OpenTelemetry's variables, as its specification reads them.

use std::path::PathBuf;
use std::time::Duration;

use axum::http::Uri;

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
        let whole =
            if variable == ENDPOINT[0] { endpoint } else { format!("{}/{PATH}", endpoint.trim_end_matches('/')) };
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
        assert_eq!(uri(&[all, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://t/x")]), "https://t/x");
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
    fn the_queue_is_bounded_whatever_is_asked_for() {
        let most = |given: &str| {
            let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4318");
            read(&[endpoint, ("OTEL_BSP_MAX_QUEUE_SIZE", given)]).unwrap().unwrap().most_waiting
        };
        assert_eq!(["16", "0", "many", "99999999"].map(most), [16, limits::SPANS, limits::SPANS, limits::MOST_SPANS]);
    }
}
