//! What to decouple first: links on which somebody waits, ranked by a weighted sum of what each costs.

use petgraph::Direction;

use crate::busy::calls_for_one;
use crate::components::workload;
use crate::every::{Every, number, ratio};
use crate::mesh::{Link, LinkId, WorkloadId};
use crate::shape::{MOST_ENTRIES, Shape};
use crate::share::over_links;

/// What a link is ranked by; each is from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Factor {
    /// Share of the entry points' traffic that may come over it.
    Reach,
    /// Share of its requests that failed.
    Failures,
    /// Share of its source's time that is spent waiting for it.
    Waiting,
    /// Length of the longest chain through it, of the longest there is.
    Depth,
    /// Workloads that wait for its destination, of the most that wait for one.
    FanIn,
    /// It is part of a circle.
    Cycle,
    /// Workloads that are reached only through its destination, of the most that are through one.
    CutOff,
    /// Calls for one request of its source beyond the first, as a share of all.
    Chatty,
}

/// All of them, in the order of values and weights.
pub const FACTORS: [Factor; 8] = [
    Factor::Reach,
    Factor::Failures,
    Factor::Waiting,
    Factor::Depth,
    Factor::FanIn,
    Factor::Cycle,
    Factor::CutOff,
    Factor::Chatty,
];

/// How much each factor counts, in the order of [`FACTORS`]; none is negative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights(pub [f64; 8]);

impl Default for Weights {
    fn default() -> Self {
        Self([3.0, 3.0, 2.0, 1.0, 2.0, 2.0, 2.0, 1.0])
    }
}

/// A link, and what it is ranked by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coupled {
    /// Which.
    pub link: LinkId,
    /// The weighted mean of the values, from 0 to 1.
    pub score: f64,
    /// In the order of [`FACTORS`]; `None` is not known, and counts as nothing.
    pub values: [Option<f64>; 8],
    /// Calls in the longest chain through it.
    pub chain: usize,
    /// Workloads that wait for its destination.
    pub sources: usize,
    /// Workloads that are reached only through its destination.
    pub cut_off: usize,
    /// Calls for one request of its source; `None` where too few were seen.
    pub calls: Option<f64>,
}

/// What is needed of the whole mesh.
struct Whole {
    over: Every<f64>,
    heights: Every<usize>,
    behind: Every<usize>,
    sources: Every<usize>,
    longest: usize,
    most_sources: usize,
    most_behind: usize,
}

/// All links on which somebody waits, the first to decouple first.
#[must_use]
pub fn coupling(shape: &Shape, weights: &Weights) -> Vec<Coupled> {
    let whole = Whole::of(shape);
    let links = (0..).map(LinkId).zip(shape.mesh.links()).filter(|(_, link)| {
        link.is_synchronous() && link.source != link.destination && !shape.mesh.node(link.destination).is_crowd
    });
    let mut found: Vec<Coupled> = links.map(|(id, link)| whole.judge(shape, id, link, weights)).collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.link.cmp(&b.link)));
    found
}

impl Whole {
    fn of(shape: &Shape) -> Self {
        let entries: Vec<(WorkloadId, u64)> =
            shape.entries().iter().take(MOST_ENTRIES).map(|entry| (entry.workload, entry.base.count())).collect();
        let (heights, behind) = (heights(shape), shape.from_entries.behind());
        let mut sources = Every::of(shape.mesh.workloads());
        let (mut longest, mut most_sources, mut most_behind) = (0, 0, 0);
        for id in shape.mesh.ids() {
            let count = shape.waiting.neighbors_directed(id.0.into(), Direction::Incoming).count();
            sources.set(id.place(), count);
            most_sources = most_sources.max(count);
            longest = longest.max(heights.get(shape.of_waiting.number(id)) + shape.depth(id).calls);
            if !shape.is_entry(id) {
                most_behind = most_behind.max(behind.get(id.place()));
            }
        }
        let over = over_links(shape, &entries);
        Self { over, heights, behind, sources, longest, most_sources, most_behind }
    }

    fn judge(&self, shape: &Shape, id: LinkId, link: &Link, weights: &Weights) -> Coupled {
        let (source, destination) = (link.source, link.destination);
        let is_cycle = shape.of_waiting.are_together(source, destination);
        let component = shape.of_waiting.number(source);
        // Within a circle it is the one call that the circle counts as.
        let before = if is_cycle { 0 } else { shape.of_waiting.in_circle(component) + 1 };
        let chain = self.heights.get(component) + before + shape.depth(destination).calls;
        let sources = self.sources.get(destination.place());
        let cut_off = if shape.is_entry(destination) { 0 } else { self.behind.get(destination.place()) };
        let calls = calls_for_one(&shape.mesh, id);
        let of = |part: usize, most: usize| if most == 0 { 0.0 } else { number(part as u64) / number(most as u64) };
        let served = shape.mesh.received(source).served.nanos;
        let values = [
            Some(self.over.get(id.place()).min(1.0)),
            ratio(link.requests.failed, link.requests.judged),
            ratio(link.requests.waited.nanos, served).map(|share| share.min(1.0)),
            Some(of(chain, self.longest).min(1.0)),
            Some(of(sources, self.most_sources)),
            Some(if is_cycle { 1.0 } else { 0.0 }),
            Some(of(cut_off, self.most_behind)),
            calls.map(|calls| 1.0 - 1.0 / calls.max(1.0)),
        ];
        let weighted = weights.0.iter().zip(values).map(|(weight, value)| weight * value.unwrap_or_default());
        let (sum, all): (f64, f64) = (weighted.sum(), weights.0.iter().sum());
        let score = if all > 0.0 { sum / all } else { 0.0 };
        Coupled { link: id, score, values, chain, sources, cut_off, calls }
    }
}

/// Calls in the longest chain that leads to each component; a circle before it counts as one.
fn heights(shape: &Shape) -> Every<usize> {
    let components = &shape.of_waiting;
    let mut heights: Every<usize> = Every::of(components.count());
    for (number, members) in components.called_first().rev() {
        let own = heights.get(number) + components.in_circle(number);
        for next in members.iter().flat_map(|member| shape.waiting.neighbors(member.0.into())).map(workload) {
            let next = components.number(next);
            if next != number {
                heights.change(next, |height| *height = (*height).max(own + 1));
            }
        }
    }
    heights
}
