//! The repository's rules, one file a kind. Each failure names every offence and the rule it breaks.

mod documents;
mod layers;
mod metrics;
mod names;
mod pins;
mod selection;
mod sizes;
mod stages;
mod values;
mod waiting;
mod words;
