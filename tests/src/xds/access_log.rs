//! The plain file access log of every listener: the ground truth that Envoy itself writes, parsed by `crate::accesslog`.

use std::path::Path;

use serde_json::{Value, json};

use crate::xds::extension;

/// Which log an entry comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Http,
    Tcp,
    Upstream,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Tcp => "tcp",
            Self::Upstream => "upstream",
        }
    }
}

pub fn file(path: &Path, direction: &str, listener: &str, kind: Kind) -> Value {
    let mut format = json!({
        "kind": kind.word(), "direction": direction, "listener": listener,
        "start": "%START_TIME(%s.%9f)%",
        "duration": "%CEL(request.duration)%",
        "cluster": "%UPSTREAM_CLUSTER_RAW%",
        "upstream_host": "%UPSTREAM_HOST%", "upstream_local": "%UPSTREAM_LOCAL_ADDRESS%",
        "downstream_remote": "%DOWNSTREAM_REMOTE_ADDRESS%", "downstream_local": "%DOWNSTREAM_LOCAL_ADDRESS%",
        "code": "%RESPONSE_CODE%", "flags": "%RESPONSE_FLAGS%", "details": "%RESPONSE_CODE_DETAILS%",
        "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
        "downstream_peer_san": "%DOWNSTREAM_PEER_URI_SAN%", "downstream_local_san": "%DOWNSTREAM_LOCAL_URI_SAN%",
        "upstream_peer_san": "%UPSTREAM_PEER_URI_SAN%", "upstream_local_san": "%UPSTREAM_LOCAL_URI_SAN%",
        "downstream_tls": "%DOWNSTREAM_TLS_VERSION%", "upstream_tls": "%UPSTREAM_TLS_VERSION%",
        "connection": "%CONNECTION_ID%", "upstream_connection": "%UPSTREAM_CONNECTION_ID%",
        "protocol": "%PROTOCOL%", "bytes_received": "%BYTES_RECEIVED%", "bytes_sent": "%BYTES_SENT%",
        "upstream_failure": "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
        "termination": "%CONNECTION_TERMINATION_DETAILS%",
        "entry": "%ACCESS_LOG_TYPE%",
    });
    if kind != Kind::Tcp {
        let http = json!({
            "grpc_status": "%GRPC_STATUS_NUMBER%", "route": "%ROUTE_NAME%",
            "backend_latency": "%CEL(response.backend_latency)%",
            "method": "%REQ(:METHOD)%", "path": "%REQ(:PATH)%", "authority": "%REQ(:AUTHORITY)%",
            "content_type": "%REQ(CONTENT-TYPE)%", "script": "%REQ(X-SCRIPT)%", "load_id": "%REQ(X-LOAD-ID)%",
            "request_id": "%REQ(X-REQUEST-ID)%", "traceparent": "%REQ(TRACEPARENT)%",
        });
        format.as_object_mut().expect("an object").extend(http.as_object().expect("an object").clone());
    }
    extension(
        "envoy.access_loggers.file",
        "envoy.extensions.access_loggers.file.v3.FileAccessLog",
        json!({"path": path, "log_format": {"json_format": format}}),
    )
}
