//! What the policies of a mesh decide about an exchange, in three values: allowed, denied, or undecidable with the field that is not
//! recorded and the rule that it would decide; and what a connection is on the wire. docs/access.md has what is evaluated and what not.
//!
//! Pure: no files, no clock, no Kubernetes. Manifests of Istio are read into a model of its own, so that other kinds of policies can be.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod attachment;
mod authorization;
mod call;
mod contradiction;
mod decide;
mod delta;
mod destination;
mod domains;
mod foreseen;
mod ground;
mod identity;
mod idle;
mod inventory;
mod marks;
mod matching;
mod mesh;
mod object;
mod opened;
mod pattern;
mod peer;
mod policies;
mod possible;
mod read;
mod rehearsal;
mod relabelled;
mod renamed;
mod rule;
mod seen;
mod tokens;
mod truth;
mod verdict;
mod wire;
mod workload;

pub use authorization::{Action, Authorization, Clause, Condition, Field, Reference, ReferenceKind, Rule, Target};
pub use call::{Call, Chain, Peer, Text, Token};
pub use contradiction::contradicts;
pub use decide::decide;
pub use delta::{TODAY, of_admitted, of_refused};
pub use destination::{ClientTls, DestinationRule, Traffic};
pub use idle::idle;
pub use inventory::{Inventory, ServiceFacts, ServicePort};
pub use marks::Marks;
pub use mesh::Mesh;
pub use object::{Age, Object, Place};
pub use peer::{Level, Lost, Mode, PeerAuthentication, Standing, standing};
pub use policies::{Kind, Policies, RequestAuthentication};
pub use possible::Possible;
pub use read::{LONGEST_FILE, MOST_OBJECTS, Problem, Read, Role, Source, read};
pub use rehearsal::{Because, Effect, EffectKind, rehearse};
pub use seen::Seen;
pub use truth::{Missing, Truth};
pub use verdict::{Reason, RuleId, Verdict};
pub use wire::{Asking, Client, Rules, Sent, Server, Wire, predict, received, sent};
pub use workload::{Labels, Proxy, Service, Workload};

/// The version of Istio whose reading of policies is assumed, with its defaults where nothing else is said.
pub const ASSUMED: &str = "Istio 1.32";
