//! Metric and attribute names, each spelt once. docs/wire.md lists them all.

/// Version of the wire, an integer that grows when a reader needs to know of a change.
pub const WIRE_VERSION: u32 = 1;
/// Schema of the OpenTelemetry attributes used.
pub const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.37.0";
/// Name of the instrumentation scope.
pub(crate) const SCOPE: &str = "hogusu.filter";

pub(crate) mod metric {
    //! Metrics: durations are exponential histograms in seconds, the rest integers.
    pub(crate) const REQUEST_DURATION: &str = "hogusu.request.duration";
    pub(crate) const CONNECTION_DURATION: &str = "hogusu.connection.duration";
    pub(crate) const ATTEMPT_DURATION: &str = "hogusu.attempt.duration";
    pub(crate) const REQUEST_BACKEND: &str = "hogusu.request.backend_duration";
    pub(crate) const REQUEST_ATTEMPTS: &str = "hogusu.request.attempts";
    pub(crate) const REQUEST_RECEIVED: &str = "hogusu.request.received";
    pub(crate) const REQUEST_SENT: &str = "hogusu.request.sent";
    pub(crate) const CONNECTION_RECEIVED: &str = "hogusu.connection.received";
    pub(crate) const CONNECTION_SENT: &str = "hogusu.connection.sent";

    pub(crate) const SEQUENCE: &str = "hogusu.batch.sequence";
    pub(crate) const LAST: &str = "hogusu.batch.last";
    pub(crate) const EXCHANGES: &str = "hogusu.sender.exchanges";
    pub(crate) const MEMORY: &str = "hogusu.sender.memory";
    pub(crate) const WAITING: &str = "hogusu.sender.waiting";
    pub(crate) const FOLDED: &str = "hogusu.sender.folded";
    pub(crate) const REFUSED: &str = "hogusu.sender.refused";
    pub(crate) const REFUSED_EXCHANGES: &str = "hogusu.sender.refused_exchanges";
    pub(crate) const RETRIED: &str = "hogusu.sender.retried";
    pub(crate) const OVERFLOWED: &str = "hogusu.sender.overflowed";
    pub(crate) const HOST_ERRORS: &str = "hogusu.sender.host_errors";
    pub(crate) const LONGEST_ENTRY: &str = "hogusu.sender.longest_entry";
    pub(crate) const CLOCK: &str = "hogusu.sender.clock";
    pub(crate) const CLOCK_STEPS: &str = "hogusu.sender.clock_steps";
    pub(crate) const CONFIGURATION_REFUSED: &str = "hogusu.sender.configuration_refused";
}

pub(crate) mod resource {
    //! Resource attributes: what is the sender's own.
    pub(crate) const INSTANCE: &str = "service.instance.id";
    pub(crate) const SERVICE: &str = "service.name";
    pub(crate) const SERVICE_NAMESPACE: &str = "service.namespace";
    pub(crate) const SERVICE_VERSION: &str = "service.version";
    pub(crate) const CLUSTER: &str = "k8s.cluster.name";
    pub(crate) const NAMESPACE: &str = "k8s.namespace.name";
    pub(crate) const POD: &str = "k8s.pod.name";
    pub(crate) const REGION: &str = "cloud.region";
    pub(crate) const ZONE: &str = "cloud.availability_zone";
    pub(crate) const WORKLOAD: &str = "hogusu.workload.name";
    pub(crate) const SERVICE_ACCOUNT: &str = "hogusu.service_account";
    pub(crate) const MESH: &str = "hogusu.mesh.id";
    pub(crate) const TRUST_DOMAIN: &str = "hogusu.trust_domain";
    pub(crate) const PROXY: &str = "hogusu.proxy.id";
    pub(crate) const ADDRESSES: &str = "hogusu.proxy.addresses";
    pub(crate) const HOOK: &str = "hogusu.hook";
    pub(crate) const FILTER_VERSION: &str = "hogusu.filter.version";
    pub(crate) const FILTER_DIGEST: &str = "hogusu.filter.digest";
    pub(crate) const REVISION: &str = "hogusu.revision";
    pub(crate) const WIRE_VERSION: &str = "hogusu.wire.version";
    pub(crate) const MARKS: &str = "hogusu.hook.marks";
    pub(crate) const FLUSH_INTERVAL: &str = "hogusu.flush_interval_ms";
}

pub(crate) mod point {
    //! Attributes of a data point: what makes a series.
    pub(crate) const REPORTER: &str = "hogusu.reporter";
    pub(crate) const PROTOCOL: &str = "hogusu.protocol";
    pub(crate) const OUTCOME: &str = "hogusu.outcome";
    pub(crate) const ANSWERED_BY: &str = "hogusu.answered_by";
    pub(crate) const SECURITY: &str = "hogusu.security";
    pub(crate) const TLS_VERSION: &str = "hogusu.tls.version";
    pub(crate) const PRINCIPAL: &str = "hogusu.principal";
    pub(crate) const PEER_PRINCIPAL: &str = "hogusu.peer.principal";
    pub(crate) const PEER_CLUSTER: &str = "hogusu.peer.cluster";
    pub(crate) const PEER_NAMESPACE: &str = "hogusu.peer.namespace";
    pub(crate) const PEER_WORKLOAD: &str = "hogusu.peer.workload";
    pub(crate) const PEER_SERVICE: &str = "hogusu.peer.service";
    pub(crate) const PEER_REVISION: &str = "hogusu.peer.revision";
    pub(crate) const PEER_ADDRESS: &str = "hogusu.peer.address";
    pub(crate) const SERVICE_HOST: &str = "hogusu.service.host";
    pub(crate) const SERVICE_PORT: &str = "hogusu.service.port";
    pub(crate) const PORT: &str = "hogusu.port";
    pub(crate) const OPERATION: &str = "hogusu.operation";
    pub(crate) const TRAFFIC: &str = "hogusu.traffic";
    pub(crate) const REASON: &str = "hogusu.reason";
    pub(crate) const STREAMING: &str = "hogusu.streaming";
    pub(crate) const SERVER_NAME: &str = "hogusu.tls.server_name";
    pub(crate) const TWICE: &str = "hogusu.twice";
    pub(crate) const OVERFLOW: &str = "hogusu.overflow";
}
