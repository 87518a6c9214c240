//! Edges over time: a point for each stretch of a period, joined as the map is. Gathered here, stretch by stretch; written as JSON.

use std::collections::{BTreeMap, HashMap};

use hogusu_model::{Hook, SenderId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::build::{self, observed, seconds, write};
use super::edge::{Edge, End, Security};
use super::side::{OutcomeCount, Side, as_f64, ratio};
use super::{Moment, Selection};
use crate::analysis::join::Joined;
use crate::limits;
use crate::period::Period;
use crate::series::steps::Steps;

/// Version of this report.
pub const SCHEMA: &str = "hogusu.series/v1";

/// Edges over time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Series {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Start.
    pub from: Moment,
    /// End, exclusive.
    pub to: Moment,
    /// How long a stretch is, but for the first and the last, which end with the period.
    pub step_s: f64,
    /// How finely time was told apart in what was read.
    pub resolution: String,
    /// Of a question about a namespace or a workload: whether one of that name was seen in the period, as on the map. `None` of an edge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_name_seen: Option<bool>,
    /// One for each edge, the one with the most exchanges first.
    pub lines: Vec<Line>,
}

/// One edge over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Id of the edge, as on the map.
    pub edge: String,
    /// Who asks.
    pub source: End,
    /// Who is asked.
    pub destination: End,
    /// Port at the workload; 0 when not known.
    pub port: u16,
    /// `http`, `grpc` or `tcp`.
    pub protocol: String,
    /// `requests` or `connections`.
    pub measure: String,
    /// One for each stretch, oldest first.
    pub points: Vec<Point>,
}

/// A stretch of time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    /// Start.
    pub from: Moment,
    /// End, exclusive.
    pub to: Moment,
    /// Exchanges, by the source's word where it has one. `None`: of neither end anything was covered, so nothing is known; 0 is none.
    pub exchanges: Option<u64>,
    /// Of the time that the source's proxies should have covered, the share that they did; `None` where there were none.
    pub source_covered: Option<f64>,
    /// The same of the destination's.
    pub destination_covered: Option<f64>,
    /// Exchanges of backlogs of both ends that were folded, and reach into this stretch: they count in the one that their backlog begins in.
    pub folded: u64,
    /// How it was secured; `None` without exchanges.
    pub security: Option<Security>,
    /// What the source's proxies counted.
    pub source_report: Option<Counts>,
    /// What the destination's proxies counted.
    pub destination_report: Option<Counts>,
}

/// What one side counted in a stretch. The fields are those of a map's side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Requests, or connections that ended.
    pub count: u64,
    /// `count` by the seconds of the stretch that were observed.
    pub rate_per_s: f64,
    /// Failed exchanges.
    pub failed: u64,
    /// What `failed` is a share of.
    pub failed_of: u64,
    /// `failed` by `failed_of`; `None` of nothing.
    pub failed_ratio: Option<f64>,
    /// Median of the answered exchanges; `None` of connections, whose durations are lives.
    pub p50_s: Option<f64>,
    /// `None` below 10 samples.
    pub p90_s: Option<f64>,
    /// `None` below 100 samples.
    pub p99_s: Option<f64>,
    /// By outcome and who answered.
    pub outcomes: Vec<OutcomeCount>,
}

impl From<Side> for Counts {
    fn from(side: Side) -> Self {
        Self {
            count: side.count,
            rate_per_s: side.rate_per_s,
            failed: side.failed,
            failed_of: side.failed_of,
            failed_ratio: side.failed_ratio,
            p50_s: side.p50_s,
            p90_s: side.p90_s,
            p99_s: side.p99_s,
            outcomes: side.outcomes,
        }
    }
}

/// Which edges.
#[derive(Debug, Clone, PartialEq)]
pub enum About {
    /// The one by this id.
    Edge(String),
    /// Those that a selection takes.
    Selected(Selection),
}

/// More edges than one answer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {} edges are asked for", limits::SERIES_EDGES)]
pub struct TooManyEdges;

/// A workload, by its k8s cluster, namespace and name.
type Name = (String, String, String);

/// What is known so far.
#[derive(Debug)]
pub struct Gathering {
    about: About,
    lines: BTreeMap<String, (Line, BTreeMap<usize, Point>)>,
    stretches: Vec<Stretch>,
    is_name_seen: bool,
}

/// What was covered in a stretch.
#[derive(Debug)]
struct Stretch {
    from: u64,
    to: u64,
    /// Covered and expected time of each workload, nanoseconds.
    covered: HashMap<Name, (u64, u64)>,
    /// Exchanges of its folded backlogs.
    folded: HashMap<Name, u64>,
}

impl Gathering {
    /// Nothing yet.
    #[must_use]
    pub const fn new(about: About) -> Self {
        Self { about, lines: BTreeMap::new(), stretches: Vec::new(), is_name_seen: false }
    }

    /// Adds the next stretch.
    ///
    /// # Errors
    /// When there are more edges than an answer has.
    pub fn add(&mut self, period: &Period, joined: &Joined) -> Result<(), TooManyEdges> {
        let (place, seconds) = (self.stretches.len(), seconds(observed(period)));
        self.stretches.push(Stretch::of(period));
        let is_asked = |edge: &crate::analysis::edge::Edge| match &self.about {
            About::Edge(id) => build::id(edge) == *id,
            About::Selected(selection) => selection.takes(edge),
        };
        if let About::Selected(selection) = &self.about {
            self.is_name_seen = self.is_name_seen || selection.is_seen(build::reporting(period), joined);
        }
        let edges: Vec<Edge> =
            joined.edges.iter().filter(|edge| is_asked(edge)).map(|edge| write(edge, seconds)).collect();
        for edge in edges {
            let (line, point) = told(edge);
            let (_, points) = self.lines.entry(line.edge.clone()).or_insert_with(|| (line, BTreeMap::new()));
            points.insert(place, point);
            if self.lines.len() > limits::SERIES_EDGES {
                return Err(TooManyEdges);
            }
        }
        Ok(())
    }

    /// How many points all edges have.
    #[must_use]
    pub fn points(&self) -> u64 {
        (self.lines.len() as u64).saturating_mul(self.stretches.len() as u64)
    }

    /// All of it.
    #[must_use]
    pub fn finish(self, steps: Steps) -> Series {
        let Self { about, lines, stretches, is_name_seen } = self;
        let whole = |(line, mut points): (Line, BTreeMap<usize, Point>)| {
            let point = |(place, stretch): (usize, &Stretch)| stretch.point(points.remove(&place), &line);
            let points = stretches.iter().enumerate().map(point).collect();
            Line { points, ..line }
        };
        let mut lines: Vec<Line> = lines.into_values().map(whole).collect();
        let exchanges = |line: &Line| line.points.iter().filter_map(|point| point.exchanges).sum::<u64>();
        lines.sort_by_key(|line| std::cmp::Reverse(exchanges(line)));
        Series {
            schema: SCHEMA.to_owned(),
            from: Moment(stretches.first().map_or(0, |stretch| stretch.from)),
            to: Moment(stretches.last().map_or(0, |stretch| stretch.to)),
            step_s: seconds(steps.step()),
            resolution: steps.resolution().as_str().to_owned(),
            is_name_seen: matches!(about, About::Selected(_)).then_some(is_name_seen),
            lines,
        }
    }
}

/// The edge, and what was counted of it.
fn told(edge: Edge) -> (Line, Point) {
    let Edge { id, source, destination, protocol, measure, security, source_report, destination_report, .. } = edge;
    let main = source_report.as_ref().or(destination_report.as_ref());
    // How long connections lived says nothing of how fast anything was.
    let counts = |side: Side| match measure.as_str() {
        "connections" => Counts { p50_s: None, p90_s: None, p99_s: None, ..Counts::from(side) },
        _ => Counts::from(side),
    };
    let point = Point {
        exchanges: main.map(|side| side.count),
        security: Some(security),
        source_report: source_report.map(counts),
        destination_report: destination_report.map(counts),
        ..Point::default()
    };
    let (destination, port) = (destination.end, destination.port);
    (Line { edge: id, source, destination, port, protocol, measure, points: Vec::new() }, point)
}

impl Stretch {
    fn of(period: &Period) -> Self {
        let mut stretch = Self { from: period.from, to: period.to, covered: HashMap::new(), folded: HashMap::new() };
        let mut names: HashMap<SenderId, Name> = HashMap::new();
        for sender in &period.senders {
            let workload = &sender.proxy.workload;
            let name = (workload.cluster.clone(), workload.namespace.clone(), workload.name.clone());
            if !matches!(sender.hook, Hook::UpstreamLog | Hook::ListenerLog) {
                let (covered, expected) = stretch.covered.entry(name.clone()).or_default();
                *covered += sender.covered;
                *expected += sender.expected;
            }
            names.insert(sender.id, name);
        }
        for (id, folded) in &period.folded {
            if let Some(name) = names.get(id) {
                *stretch.folded.entry(name.clone()).or_default() += folded.exchanges;
            }
        }
        stretch
    }

    /// The point of an edge: what was counted, or nothing where that is known.
    fn point(&self, counted: Option<Point>, line: &Line) -> Point {
        let name = |end: &End| (end.cluster.clone(), end.namespace.clone(), end.name.clone());
        let (source, destination) = (name(&line.source), name(&line.destination));
        let of = |name: &Name| self.covered.get(name).copied();
        let is_known = [&source, &destination].into_iter().any(|name| of(name).is_some_and(|(covered, _)| covered > 0));
        let share = |name: &Name| of(name).and_then(|(covered, expected)| ratio(covered, as_f64(expected)));
        let folded = [&source, &destination].into_iter().filter_map(|name| self.folded.get(name)).sum();
        // What a backlog counted lies where it began: of the rest of its time nobody knows that it was nothing.
        let exchanges = (is_known && folded == 0).then_some(0);
        let counted = counted.unwrap_or_else(|| Point { exchanges, ..Point::default() });
        Point {
            from: Moment(self.from),
            to: Moment(self.to),
            source_covered: share(&source),
            destination_covered: share(&destination),
            folded,
            ..counted
        }
    }
}
