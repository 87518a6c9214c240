//! The analysis, its report and its API over periods built by hand; every expected number was worked out by hand.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that finds something else should fail loudly"
)]

#[path = "analysis/agreement.rs"]
mod agreement;
#[path = "analysis/api.rs"]
mod api;
#[path = "analysis/between.rs"]
mod between;
#[path = "analysis/bundles.rs"]
mod bundles;
#[path = "analysis/cascades.rs"]
mod cascades;
#[path = "analysis/cluster.rs"]
mod cluster;
#[path = "analysis/clusters.rs"]
mod clusters;
#[path = "analysis/command_line.rs"]
mod command_line;
#[path = "analysis/completeness.rs"]
mod completeness;
#[path = "analysis/compliance.rs"]
mod compliance;
#[path = "analysis/declared.rs"]
mod declared;
#[path = "analysis/docs.rs"]
mod docs;
#[path = "analysis/document.rs"]
mod document;
#[path = "analysis/events.rs"]
mod events;
#[path = "analysis/facts.rs"]
mod facts;
#[path = "analysis/findings.rs"]
mod findings;
#[path = "analysis/gate.rs"]
mod gate;
#[path = "analysis/graph.rs"]
mod graph;
#[path = "analysis/groups.rs"]
mod groups;
#[path = "analysis/identity.rs"]
mod identity;
#[path = "analysis/join.rs"]
mod join;
#[path = "analysis/labels.rs"]
mod labels;
#[path = "analysis/missing.rs"]
mod missing;
#[path = "analysis/observability.rs"]
mod observability;
#[path = "analysis/openapi.rs"]
mod openapi;
#[path = "analysis/outside.rs"]
mod outside;
#[path = "analysis/passage.rs"]
mod passage;
#[path = "analysis/placement.rs"]
mod placement;
#[path = "analysis/proxies.rs"]
mod proxies;
#[path = "analysis/questions.rs"]
mod questions;
#[path = "analysis/rehearsed.rs"]
mod rehearsed;
#[path = "analysis/rendering.rs"]
mod rendering;
#[path = "analysis/revalidation.rs"]
mod revalidation;
#[path = "analysis/revisions.rs"]
mod revisions;
#[path = "analysis/security.rs"]
mod security;
#[path = "analysis/shape.rs"]
mod shape;
#[path = "analysis/shared.rs"]
mod shared;
#[path = "analysis/simulation.rs"]
mod simulation;
#[path = "analysis/steering.rs"]
mod steering;
#[path = "analysis/suggested.rs"]
mod suggested;
#[path = "analysis/suggested_meshes.rs"]
mod suggested_meshes;
#[path = "analysis/translated.rs"]
mod translated;
#[path = "analysis/turnover.rs"]
mod turnover;
#[path = "analysis/unforeseen.rs"]
mod unforeseen;
#[path = "analysis/unstable.rs"]
mod unstable;
#[path = "analysis/world.rs"]
mod world;
