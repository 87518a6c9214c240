//! What is answered when there is no answer: a problem for each status, or that it is the one which the asker has.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::schemas;
use crate::api::problem::{self, Problem};
use crate::api::revalidation::ASKED_AGAIN;

/// Answers of one status that are no 200.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal {
    pub(super) status: &'static str,
    /// Its name among the document's components.
    pub(super) name: &'static str,
    about: &'static str,
    kind: Kind,
}

/// What there is beside its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A problem.
    Problem,
    /// The same, with when to ask again.
    ForNow,
    /// What the answer is called, and no body.
    Unchanged,
}

/// The answer is one that the asker has.
pub(super) const UNCHANGED: Refusal = Refusal {
    status: "304",
    name: "Unchanged",
    about: "The answer is one of those that the question says its asker has; nothing is sent of it.",
    kind: Kind::Unchanged,
};

/// The question cannot be answered as it is.
pub(super) const BAD: Refusal = Refusal {
    status: "400",
    name: "BadQuestion",
    about: "The question is not understood, or asks for what cannot be answered; `error.code` says which, `error.remedy` what to do.",
    kind: Kind::Problem,
};
/// What it asks about is not there.
pub(super) const MISSING: Refusal = Refusal {
    status: "404",
    name: "Missing",
    about: "What was asked about is not there: `no_such_edge`, `no_such_baseline` or `no_policies`.",
    kind: Kind::Problem,
};
/// What it asks about cannot be read.
pub(super) const DAMAGED: Refusal = Refusal {
    status: "409",
    name: "Damaged",
    about: "The baseline's file is damaged: `damaged`.",
    kind: Kind::Problem,
};
/// It is asked by a name that may be another's.
pub(super) const STRANGER: Refusal = Refusal {
    status: "421",
    name: "UnknownHost",
    about: "The name in `Host` is not known as one of this collector: `unknown_host`.",
    kind: Kind::Problem,
};
/// It cannot be answered now.
pub(super) const UNAVAILABLE: Refusal = Refusal {
    status: "503",
    name: "Unavailable",
    about: "It cannot be answered now: `busy`, `too_long` or `no_room` (ask for a shorter period), or `unavailable`.",
    kind: Kind::ForNow,
};

/// All of them.
const ALL: [Refusal; 6] = [UNCHANGED, BAD, MISSING, DAMAGED, STRANGER, UNAVAILABLE];

/// Each by its name.
pub(super) fn described(generator: &mut SchemaGenerator) -> Map<String, Value> {
    let schema = schemas::of::<Problem<'_>>(generator);
    let one = |refusal: &Refusal| {
        let reference = |name: &str| json!({"$ref": format!("#/components/headers/{name}")});
        let headers = match refusal.kind {
            Kind::Problem => json!({}),
            Kind::ForNow => json!({"Retry-After": reference("RetryAfter")}),
            Kind::Unchanged => json!({"Cache-Control": reference("CacheControl"), "ETag": reference("ETag")}),
        };
        let mut described = json!({"description": refusal.about, "headers": headers});
        if let (Value::Object(parts), true) = (&mut described, refusal.kind != Kind::Unchanged) {
            parts.insert("content".to_owned(), json!({(problem::MEDIA_TYPE): {"schema": schema}}));
        }
        (refusal.name.to_owned(), described)
    };
    ALL.iter().map(one).collect()
}

/// The headers that answers share.
pub(super) fn headers() -> Value {
    json!({
        "CacheControl": {
            "description": "Who asked may keep the answer, and asks each time whether it is still the one.",
            "required": true,
            "schema": {"type": "string", "const": ASKED_AGAIN},
        },
        "ETag": {
            "description": "What the bytes of the answer are called.",
            "required": true,
            "schema": {"type": "string", "pattern": "^\"[0-9a-f]{32}\"$"},
        },
        "RetryAfter": {
            "description": "After how many seconds to ask again.",
            "required": true,
            "schema": {"type": "integer", "minimum": 1},
        },
    })
}
