//! What is answered when there is no answer: a problem for each status.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::schemas;
use crate::api::problem::{self, Problem};

/// Answers of one status that are no 200.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal {
    pub(super) status: &'static str,
    /// Its name among the document's components.
    pub(super) name: &'static str,
    about: &'static str,
    /// It says when to ask again.
    is_for_now: bool,
}

/// The question cannot be answered as it is.
pub(super) const BAD: Refusal = Refusal {
    status: "400",
    name: "BadQuestion",
    about: "The question is not understood, or asks for what cannot be answered; `error.code` says which, `error.remedy` what to do.",
    is_for_now: false,
};
/// What it asks about is not there.
pub(super) const MISSING: Refusal = Refusal {
    status: "404",
    name: "Missing",
    about: "What was asked about is not there: `no_such_edge` or `no_such_baseline`.",
    is_for_now: false,
};
/// What it asks about cannot be read.
pub(super) const DAMAGED: Refusal =
    Refusal { status: "409", name: "Damaged", about: "The baseline's file is damaged: `damaged`.", is_for_now: false };
/// It is asked by a name that may be another's.
pub(super) const STRANGER: Refusal = Refusal {
    status: "421",
    name: "UnknownHost",
    about: "The name in `Host` is not known as one of this collector: `unknown_host`.",
    is_for_now: false,
};
/// It cannot be answered now.
pub(super) const UNAVAILABLE: Refusal = Refusal {
    status: "503",
    name: "Unavailable",
    about: "It cannot be answered now: `busy`, `too_long` or `no_room` (ask for a shorter period), or `unavailable`.",
    is_for_now: true,
};

/// All of them.
const ALL: [Refusal; 5] = [BAD, MISSING, DAMAGED, STRANGER, UNAVAILABLE];

/// Each by its name.
pub(super) fn described(generator: &mut SchemaGenerator) -> Map<String, Value> {
    let schema = schemas::of::<Problem<'_>>(generator);
    let one = |refusal: &Refusal| {
        let headers = if refusal.is_for_now {
            json!({"Retry-After": {"$ref": "#/components/headers/RetryAfter"}})
        } else {
            json!({})
        };
        let content = json!({(problem::MEDIA_TYPE): {"schema": schema}});
        (refusal.name.to_owned(), json!({"description": refusal.about, "headers": headers, "content": content}))
    };
    ALL.iter().map(one).collect()
}

/// The headers that answers share.
pub(super) fn headers() -> Value {
    json!({
        "CacheControl": {
            "description": "An answer is of the moment that it was asked in.",
            "required": true,
            "schema": {"type": "string", "const": "no-store"},
        },
        "RetryAfter": {
            "description": "After how many seconds to ask again.",
            "required": true,
            "schema": {"type": "integer", "minimum": 1},
        },
    })
}
