//! What a question is asked with: each parameter with its type and bounds. How they are read is in `question.rs` and `history.rs`; a test
//! holds the names to those that each address takes.

use hogusu_model::{Outcome, Protocol};
use serde_json::{Value, json};

use crate::analysis::security::SecurityState;
use crate::api::history::{EDGES, MOST_EDGES};
use crate::api::question::{DEFAULT_LIMIT, LARGEST_LIMIT};
use crate::report::groups::By;

/// One parameter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameter {
    name: &'static str,
    place: Place,
    about: &'static str,
    schema: fn() -> Value,
}

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the address.
    Path,
    /// Behind it, and it may be left out.
    Query,
    /// Behind it, always.
    Required,
    /// Among the headers.
    Header,
}

impl Parameter {
    pub(super) fn described(&self) -> Value {
        let place = match self.place {
            Place::Path => "path",
            Place::Query | Place::Required => "query",
            Place::Header => "header",
        };
        json!({
            "name": self.name,
            "in": place,
            "required": matches!(self.place, Place::Path | Place::Required),
            "description": self.about,
            // Several values are one, joined by a comma.
            "explode": false,
            "schema": (self.schema)(),
        })
    }
}

const fn query(name: &'static str, about: &'static str, schema: fn() -> Value) -> Parameter {
    Parameter { name, place: Place::Query, about, schema }
}

pub(super) const SINCE: Parameter = query(
    "since",
    "The last so many seconds, minutes, hours or days, up to the end of the slot (10 s) that now is in; excludes `from` and `to`. Without any \
     of the three: `5m`.",
    length,
);
pub(super) const SETTLED_SINCE: Parameter = query(
    "since",
    "The last so many seconds, minutes, hours or days, up to where nothing changes any more but by late parts (`sealed_to` of the status); excludes \
     `from` and `to`. Without any of the three: `5m`.",
    length,
);
pub(super) const FROM: Parameter =
    query("from", "Start of the period, rounded down to a slot. Periods are at most 401 days long.", moment);
pub(super) const TO: Parameter = query(
    "to",
    "End of the period, exclusive, rounded up to a slot; only with `from`, and after it. Without: now.",
    moment,
);
pub(super) const INCLUDE: Parameter = query(
    "include",
    "Traffic that is left out by default.",
    || json!({"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["probe", "telemetry", "declared"]}}),
);
pub(super) const NAMESPACE: Parameter = query(
    "namespace",
    "Edges with an end in this namespace, with or without quotes; `\"\"`: workloads that have none. At most 8 KiB.",
    || json!({"type": "string"}),
);
pub(super) const WORKLOAD: Parameter = query(
    "workload",
    "Edges with this workload at an end: `K8S_CLUSTER/NAMESPACE/NAME`, `NAMESPACE/NAME` or `NAME`, as it is printed; with `:PORT` behind it: \
     edges that lead to that port of it. At most 8 KiB.",
    || json!({"type": "string", "minLength": 1}),
);
pub(super) const WHOSE: Parameter = query(
    "workload",
    "Only this workload, whether it is an entry point or not, with all that its calls lead to: `K8S_CLUSTER/NAMESPACE/NAME`, \
     `NAMESPACE/NAME` or `NAME`, as it is printed, if only one is called so. At most 8 KiB.",
    || json!({"type": "string", "minLength": 1}),
);
pub(super) const WORKLOAD_OF: Parameter = Parameter {
    name: "workload",
    place: Place::Required,
    about: "What fails: `K8S_CLUSTER/NAMESPACE/NAME`, `NAMESPACE/NAME` or `NAME`, as it is printed, if only one is called so. At most 8 KiB.",
    schema: || json!({"type": "string", "minLength": 1}),
};
pub(super) const WEIGHTS: Parameter = query(
    "weights",
    "How much each value counts, from 0 to 1000: `failures=5,depth=0`. Those that are not named count as by default: `reach` and `failures` 3, \
     `waiting`, `fan_in`, `cycle` and `cut_off` 2, `depth` and `chatty` 1.",
    || json!({"type": "string", "examples": ["failures=5,depth=0"]}),
);
pub(super) const CLUSTER: Parameter = query(
    "cluster",
    "Edges with an end in this k8s cluster, with or without quotes; `\"\"`: workloads of which nobody knows it. At most 8 KiB.",
    || json!({"type": "string"}),
);
pub(super) const PROTOCOL: Parameter = query(
    "protocol",
    "Edges of this protocol.",
    || json!({"type": "string", "enum": Protocol::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>()}),
);
pub(super) const SECURITY: Parameter = query(
    "security",
    "Edges that are secured so.",
    || json!({"type": "string", "enum": SecurityState::ALL.map(SecurityState::as_str)}),
);
pub(super) const OUTCOME: Parameter = query(
    "outcome",
    "Edges on which a side counted something that ended so; all of their exchanges are shown.",
    || json!({"type": "string", "enum": Outcome::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>()}),
);
pub(super) const BY: Parameter = query(
    "by",
    "What ends belong to.",
    || json!({"type": "string", "enum": By::ALL.map(By::as_str), "default": By::default().as_str()}),
);
pub(super) const LIMIT: Parameter = query(
    "limit",
    "Entries on a page.",
    || json!({"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": DEFAULT_LIMIT}),
);
pub(super) const CURSOR: Parameter = query(
    "cursor",
    "`next_cursor` of the page before, as it is, with that page's filters. It pins the period.",
    || json!({"type": "string", "pattern": "^2(-[0-9a-f]{1,16}){5}$"}),
);
pub(super) const STEP: Parameter = query(
    "step",
    "How long a stretch is, a multiple of 10 s; without it the shortest usual one with at most 120 points. 2,000 points at most.",
    length,
);
pub(super) const EDGE: Parameter = query(
    "edge",
    "Id of an edge, or `SOURCE -> DESTINATION` as a map prints them; excludes `workload` and `namespace`, one of which is needed without it.",
    || json!({"type": "string"}),
);
pub(super) const FORMAT: Parameter =
    query("format", "How it is told.", || json!({"type": "string", "enum": ["json", "csv"], "default": "json"}));
pub(super) const EDGE_ID: Parameter = Parameter {
    name: "id",
    place: Place::Path,
    about: "Id of an edge, as a map shows it.",
    schema: || json!({"type": "string", "minLength": 1}),
};
pub(super) const NAME: Parameter =
    Parameter { name: "name", place: Place::Path, about: "Name of a baseline.", schema: name };
pub(super) const BEFORE: Parameter = Parameter {
    name: "a",
    place: Place::Required,
    about: "The period before: name of a baseline, or `FROM/TO` in whole hours of UTC, at most 92 days.",
    schema: || json!({"type": "string", "minLength": 1}),
};
pub(super) const AFTER: Parameter = query(
    "b",
    "The period after, as `a`. Without: as long as `a`, up to the last hour that is over.",
    || json!({"type": "string", "minLength": 1}),
);
pub(super) const EDGES_SHOWN: Parameter = query(
    "limit",
    "Edges of the answer.",
    || json!({"type": "integer", "minimum": 1, "maximum": MOST_EDGES, "default": EDGES}),
);

/// Taken by every address that is answered with a tag.
pub(super) const KNOWN: Parameter = Parameter {
    name: "If-None-Match",
    place: Place::Header,
    about: "`ETag` of answers that the asker has, joined by commas, or `*`: where what would be answered is one of them, the answer is 304.",
    schema: || json!({"type": "string"}),
};

fn length() -> Value {
    json!({"type": "string", "pattern": "^[0-9]+[smhd]$", "examples": ["90s", "5m", "1h", "7d"]})
}

fn moment() -> Value {
    json!({"type": "string", "format": "date-time", "examples": ["2026-11-24T14:02:00Z"]})
}

fn name() -> Value {
    json!({"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,63}$"})
}
