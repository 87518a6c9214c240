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
    /// A sender that is another one than it was.
    #[error(
        "{attribute} is \"{}\", and was \"{}\" in batches of this sender before: a Resource never changes; what has another one is \
         another sender, with a service.instance.id of its own",
        quoted(now),
        quoted(before)
    )]
    Changed {
        /// The attribute of its Resource that differs.
        attribute: &'static str,
        /// What it held before, shortened.
        before: String,
        /// What it holds now, shortened.
        now: String,
    },
}

/// What is within quotes. Other characters stay: whoever shows the words escapes them, once.
fn quoted(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"")
}

impl Refusal {
    /// A refused value.
    pub(crate) fn value(field: &'static str, value: impl std::fmt::Display) -> Self {
        Self::Value { field, value: shortened(&value.to_string()) }
    }

    /// A Resource that is not what it was.
    pub(crate) fn changed(attribute: &'static str, before: &str, now: &str) -> Self {
        Self::Changed { attribute, before: shortened(before), now: shortened(now) }
    }
}

/// At most 64 characters.
fn shortened(value: &str) -> String {
    value.chars().take(64).collect()
}
