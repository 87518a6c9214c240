//! What a request asks its backend to do. It travels with the request in one header, so that a scenario's expectation and the
//! backend's behaviour have one source. Executes nothing.

use serde::{Deserialize, Serialize};

/// Header that carries the script, as JSON.
pub const SCRIPT_HEADER: &str = "x-script";
/// Header that names one request of one load, the same on every attempt.
pub const LOAD_ID_HEADER: &str = "x-load-id";

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    #[serde(skip_serializing_if = "is_default_status")]
    pub status: u16,
    #[serde(skip_serializing_if = "is_zero")]
    pub delay_ms: u64,
    /// Bytes of the answer's body.
    #[serde(skip_serializing_if = "is_zero")]
    pub body: u64,
    /// The answer begins at once and ends only so much later: a stream (of events, where it is not gRPC).
    #[serde(skip_serializing_if = "is_zero")]
    pub hold_ms: u64,
    #[serde(skip_serializing_if = "is_answer")]
    pub end: End,
    /// Answer as gRPC with this status in the trailers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grpc: Option<u32>,
    /// Requests that the backend makes of its own, in order, before it answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Call>,
    /// Answer 502 (gRPC: 14) when one of the calls fails: so failures cascade.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fail_with_calls: bool,
    /// What the first, second, ... attempt gets; later ones get the script itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub first_attempts: Vec<Script>,
}

/// How the exchange ends at the backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    #[default]
    Answer,
    /// gRPC status in the headers, no body.
    TrailersOnly,
    ResetBeforeHeaders,
    /// Headers and half of the body reach the one who asked, then the stream breaks.
    ResetMidBody,
    /// Nothing until the other side gives up.
    NoAnswer,
}

/// A request to another service, sent through the outbound listener of the backend's own workload.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// `name.namespace` of the service.
    pub service: String,
    #[serde(default)]
    pub script: Script,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            status: 200,
            delay_ms: 0,
            body: 0,
            hold_ms: 0,
            end: End::Answer,
            grpc: None,
            calls: Vec::new(),
            fail_with_calls: false,
            first_attempts: Vec::new(),
        }
    }
}

impl Script {
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub fn grpc(status: u32) -> Self {
        Self { grpc: Some(status), ..Self::default() }
    }

    pub fn ending(end: End) -> Self {
        Self { end, body: if end == End::ResetMidBody { 20_000 } else { 0 }, ..Self::default() }
    }

    pub fn delay_ms(mut self, delay_ms: u64) -> Self {
        self.delay_ms = delay_ms;
        self
    }

    pub fn hold_ms(mut self, hold_ms: u64) -> Self {
        self.hold_ms = hold_ms;
        self
    }

    pub fn body(mut self, bytes: u64) -> Self {
        self.body = bytes;
        self
    }

    /// Adds a call to `name.namespace`.
    pub fn call(mut self, service: &str, script: Script) -> Self {
        self.calls.push(Call { service: service.to_owned(), script });
        self
    }

    pub fn fail_with_calls(mut self) -> Self {
        self.fail_with_calls = true;
        self
    }

    /// Puts one more attempt in front of the final behaviour.
    pub fn first_attempt(mut self, script: Script) -> Self {
        self.first_attempts.push(script);
        self
    }

    /// The header's value; also the name of this behaviour in every account.
    pub fn label(&self) -> String {
        serde_json::to_string(self).expect("a script is plain data")
    }

    pub fn parse(label: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(label)
    }

    /// What attempt `number` (from 0) gets.
    pub fn attempt(&self, number: usize) -> &Script {
        self.first_attempts.get(number).unwrap_or(self)
    }
}

fn is_default_status(status: &u16) -> bool {
    *status == 200
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn is_answer(end: &End) -> bool {
    *end == End::Answer
}
