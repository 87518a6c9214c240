//! How steady edges are, by the hour (`hogusu.unstable/v1`). Gathered here, hour by hour; docs/topology.md has the method.

use std::collections::HashMap;

use hogusu_model::Protocol;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::coverage::{Coverage, Covering};
use super::shape::{LISTED, rounded};
use super::side::as_f64;
use super::{Moment, build};
use crate::analysis::completeness::Completeness;
use crate::analysis::edge::{Edge, Side};
use crate::analysis::join::Joined;
use crate::analysis::steadiness::{Hour, Steadiness};

/// Name and version of this shape.
pub const SCHEMA: &str = "hogusu.unstable/v1";

/// Words of an edge, in the order of the list.
const WORDS: [&str; 3] = ["unstable", "steady", "not_enough_data"];
const NANOS: f64 = 1e9;

/// How steady each edge was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Unstable {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Start of the first whole hour of the period.
    pub from: Moment,
    /// End of the last, exclusive.
    pub to: Moment,
    /// How many hours there are.
    pub hours: u64,
    /// How complete they are.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// How many edges there are of each word.
    pub counts: Vec<SteadyCount>,
    /// Unstable ones first, then steady ones, of each those with the largest spread first; then those of which too little is known, the busiest first.
    pub edges: Vec<SteadyEdge>,
    /// How many those are. Connections have no durations of answers, and are in none of these numbers.
    pub edges_in_all: u64,
}

/// How many edges there are of a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SteadyCount {
    /// The word.
    pub word: String,
    /// Edges.
    pub edges: u64,
}

/// An edge, and how its hours lie. All but counts is `None` where there is not enough data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SteadyEdge {
    /// As on a map.
    pub id: String,
    /// Who asks.
    pub source: String,
    /// Who is asked.
    pub destination: String,
    /// Its port; 0 when not known.
    pub port: u16,
    /// `http` or `grpc`.
    pub protocol: String,
    /// `unstable`, `steady` or `not_enough_data`.
    pub word: String,
    /// `source` or `destination`: whose durations; the source's where it has as many hours.
    pub report: String,
    /// Hours with enough answers for a P99 to be told.
    pub hours_counted: u64,
    /// Answers in all hours.
    pub answers: u64,
    /// Median of the hourly P99.
    pub p99_median_s: Option<f64>,
    /// Their interquartile range by that median.
    pub spread: Option<f64>,
    /// What chance alone makes of the spread, by how many answers there were.
    pub spread_by_chance: Option<f64>,
    /// Least hourly P99.
    pub p99_least_s: Option<f64>,
    /// Largest.
    pub p99_most_s: Option<f64>,
}

/// What is known so far.
#[derive(Debug, Default)]
pub struct Gathering {
    edges: HashMap<u64, Line>,
    covering: Covering,
}

#[derive(Debug, Default)]
struct Line {
    source: String,
    destination: String,
    port: u16,
    protocol: &'static str,
    /// By the source's report, and by the destination's.
    courses: [Course; 2],
}

/// An edge's hours by one report.
#[derive(Debug, Default)]
struct Course {
    hours: Vec<Hour>,
    answers: u64,
}

impl Gathering {
    /// Adds an hour. Returns how many edges it has.
    pub fn hour(&mut self, joined: &Joined, complete: &Completeness) -> u64 {
        self.covering.add(complete);
        let edges = joined.edges.iter().filter(|edge| edge.key.protocol != Protocol::Tcp);
        edges.map(|edge| self.edge(edge)).sum()
    }

    fn edge(&mut self, edge: &Edge) -> u64 {
        let line = self.edges.entry(edge.key.id()).or_default();
        (line.source, line.destination) = (edge.source.label.clone(), edge.destination.label.clone());
        (line.port, line.protocol) = (edge.key.port, edge.key.protocol.as_str());
        for (course, side) in line.courses.iter_mut().zip([&edge.source_report, &edge.destination_report]) {
            let answers = side.as_ref().map(Side::answers).unwrap_or_default();
            course.answers = course.answers.saturating_add(answers.count());
            course.hours.extend(Hour::of(&answers));
        }
        1
    }

    /// All of it, of so many hours.
    #[must_use]
    pub fn finish(self, (from, to): (Moment, Moment), hours: u64) -> Unstable {
        let mut told: Vec<SteadyEdge> = self.edges.iter().map(|(id, line)| line.told(*id)).collect();
        let rank = |one: &SteadyEdge| WORDS.iter().position(|word| *word == one.word);
        told.sort_by(|a, b| {
            let spread = |one: &SteadyEdge| one.spread.unwrap_or_default();
            rank(a)
                .cmp(&rank(b))
                .then(spread(b).total_cmp(&spread(a)))
                .then(b.answers.cmp(&a.answers))
                .then((&a.source, &a.destination, &a.id).cmp(&(&b.source, &b.destination, &b.id)))
        });
        let of = |word: &str| told.iter().filter(|one| one.word == word).count() as u64;
        Unstable {
            schema: SCHEMA.to_owned(),
            from,
            to,
            hours,
            coverage: self.covering.told(),
            counts: WORDS.map(|word| SteadyCount { word: word.to_owned(), edges: of(word) }).into(),
            edges_in_all: told.len() as u64,
            edges: told.into_iter().take(LISTED).collect(),
        }
    }
}

impl Line {
    fn told(&self, id: u64) -> SteadyEdge {
        let [source, destination] = &self.courses;
        let is_of_source = source.hours.len() >= destination.hours.len() && source.answers > 0;
        let (report, course) = if is_of_source { ("source", source) } else { ("destination", destination) };
        let found = Steadiness::of(&course.hours);
        let word = found.map_or("not_enough_data", |one| if one.is_unstable() { "unstable" } else { "steady" });
        let seconds = |nanos: f64| rounded(nanos / NANOS);
        SteadyEdge {
            id: build::written(id),
            source: self.source.clone(),
            destination: self.destination.clone(),
            port: self.port,
            protocol: self.protocol.to_owned(),
            word: word.to_owned(),
            report: report.to_owned(),
            hours_counted: course.hours.len() as u64,
            answers: course.answers,
            p99_median_s: found.map(|one| seconds(one.level)),
            spread: found.map(|one| rounded(one.spread)),
            spread_by_chance: found.map(|one| rounded(one.chance)),
            p99_least_s: found.map(|one| seconds(as_f64(one.least))),
            p99_most_s: found.map(|one| seconds(as_f64(one.most))),
        }
    }
}
