//! The chart, as it is shipped: what it renders, its life as a release, applied to a mesh.

mod access;
mod applied;
mod combinations;
mod injection;
mod manifests;
mod mesh;
mod notes;
mod refusals;
mod release;
mod rendered;
mod schema;
mod strings;
