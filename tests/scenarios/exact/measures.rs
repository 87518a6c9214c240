//! The optional measures: bytes, attempts, operations and exemplars on the map are those of Envoy's own access log.
