//! Why a body is refused, in words for whoever sent it.

/// A body that is not a batch of Hogusu. It is refused whole: nothing of it was taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The body ends inside a field.
    #[error("the body ends inside a field; send the whole ExportMetricsServiceRequest")]
    Truncated,
    /// Not protobuf, or not the message it should be.
    #[error("not a protobuf ExportMetricsServiceRequest: {0}")]
    Protobuf(&'static str),
    /// A part that every batch has is missing.
    #[error("{0} is missing; this endpoint takes batches of Hogusu's filter, see docs/wire.md")]
    Missing(&'static str),
    /// A value that cannot be.
    #[error("{field} has the value \"{}\", which docs/wire.md does not allow", quoted(value))]
    Value {
        /// Metric or attribute.
        field: &'static str,
        /// What it held, shortened.
        value: String,
    },
}

/// What is within quotes. Other characters stay: whoever shows the words escapes them, once.
fn quoted(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"")
}

impl Refusal {
    /// A refused value, at most 64 characters of it.
    pub(crate) fn value(field: &'static str, value: impl std::fmt::Display) -> Self {
        Self::Value { field, value: value.to_string().chars().take(64).collect() }
    }
}
