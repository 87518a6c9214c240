//! Steps, one after the other, put together. A remedy is shown by a step of which nothing is missing and in which all that was seen of the edge is
//! compliant; neither silence nor an incomplete step shows one, and an exception lets off without remedying. When within a step something
//! happened is not known, so how long a violation went on is a range.

use std::collections::BTreeMap;

use super::{Episode, JUDGED_BY, Line, OverTime, Point, Remedy, SCHEMA, Step, ViolatingEdge, Window};
use crate::evaluate::all;
use crate::policy::{Bounds, Policy};
use crate::rate::as_f64;
use crate::report::{EdgeResult, PolicyResult, Report};
use crate::unproven::missing;
use crate::words::State;

/// An exchange is counted where its batch begins, so up to so long before it ended: two of the longest flush intervals.
const LAG: u64 = 120_000_000_000;

/// What is known so far.
#[derive(Debug)]
pub struct Gathering {
    version: String,
    mesh: String,
    steps: Vec<Step>,
    lines: Vec<(Bounds, Line, BTreeMap<String, Track>)>,
    /// Of each step: a backlog that is counted before it reaches into it.
    folded: Vec<bool>,
    report: Option<Report>,
}

/// What is known of an edge.
#[derive(Debug, Default)]
struct Track {
    label: String,
    /// The last step that showed it to be compliant.
    compliant: Option<Window>,
    open: Option<Open>,
    closed: Vec<Episode>,
}

/// An episode that no remedy was shown of, and what was seen after its last violation.
#[derive(Debug, Default)]
struct Open {
    episode: Episode,
    /// Place of the step of its last violation.
    last: usize,
    /// Something was seen of the edge after it.
    is_seen: bool,
}

impl Gathering {
    /// Nothing yet, of these policies.
    #[must_use]
    pub fn new(policies: &[Policy]) -> Self {
        let line = |policy: &Policy| {
            let line = Line {
                id: policy.id.clone(),
                question: policy.question.clone(),
                severity: policy.severity,
                owner: policy.owner.clone(),
                file: format!("{}:{}", policy.file, policy.at.line),
                points: Vec::new(),
                first_violation: None,
                last_violation: None,
                edges: Vec::new(),
            };
            (policy.bounds, line, BTreeMap::new())
        };
        let lines = policies.iter().map(line).collect();
        Self { version: String::new(), mesh: String::new(), steps: Vec::new(), lines, folded: Vec::new(), report: None }
    }

    /// Adds the next step: what these policies came to in it.
    pub fn add(&mut self, mut report: Report, window: Window) {
        let place = self.steps.len();
        let complete = &report.completeness;
        let is_later = !report.mesh.is_empty();
        for ((bounds, line, tracks), result) in self.lines.iter_mut().zip(&report.policies) {
            let is_whole = missing(bounds, complete).is_empty();
            for edge in &result.results {
                let track = tracks.entry(edge.edge.clone()).or_default();
                track.take(edge, place, &window, is_whole && is_compliant(edge, bounds));
            }
            point(line, result, &window);
        }
        self.folded.push(complete.told.folded > 0);
        self.steps.push(step(&report, window));
        if is_later {
            self.mesh.clone_from(&report.mesh);
        }
        // What is to be warned of holds of the whole only where it holds of each step.
        if let Some(before) = &self.report {
            report.problems.retain(|problem| before.problems.contains(problem));
        }
        self.version.clone_from(&report.version);
        report.policies.clear();
        self.report = Some(report);
    }

    /// All of it; `step_s` is the length of a step in seconds.
    #[must_use]
    pub fn finish(self, step_s: f64) -> OverTime {
        let Self { version, mesh, steps, lines, folded, report } = self;
        let count = steps.len();
        // What shows a remedy may then have been as late as the step after.
        let is_late = |remedied: &Window| {
            let next = steps.iter().position(|step| step.window == *remedied).map(|place| place.saturating_add(1));
            next.is_some_and(|next| folded.get(next) == Some(&true))
        };
        // What is counted in the step of the first violation may have happened as late as its backlog reaches.
        let surely = |episode: &Episode| {
            let first = steps.iter().position(|step| step.window == episode.first).unwrap_or_default();
            let reached = (first..count).find(|place| folded.get(place.saturating_add(1)) != Some(&true));
            let end = reached.and_then(|place| steps.get(place)).map_or(u64::MAX, |step| step.window.end);
            seconds(episode.last.start.saturating_sub(end.saturating_add(LAG)))
        };
        let whole = |(_, line, tracks): (Bounds, Line, BTreeMap<String, Track>)| {
            let mut edges: Vec<ViolatingEdge> =
                tracks.into_iter().filter_map(|(edge, track)| track.finish(edge, count)).collect();
            for episode in edges.iter_mut().flat_map(|edge| &mut edge.episodes) {
                episode.at_least_s = episode.at_least_s.min(surely(episode));
                episode.at_most_s = episode.at_most_s.filter(|_| !episode.remedied.as_ref().is_some_and(is_late));
            }
            edges.sort_by(|a, b| (&a.label, &a.edge).cmp(&(&b.label, &b.edge)));
            Line { edges, ..line }
        };
        OverTime {
            schema: SCHEMA.to_owned(),
            version,
            mesh,
            from: steps.first().map(|step| step.window.from.clone()).unwrap_or_default(),
            to: steps.last().map(|step| step.window.to.clone()).unwrap_or_default(),
            step_s,
            judged_by: JUDGED_BY.to_owned(),
            policies: lines.into_iter().map(whole).collect(),
            problems: report.map(|report| report.problems).unwrap_or_default(),
            steps,
        }
    }
}

/// All that was seen is compliant, but for what lies at a border of the step and is no more than the policy bears.
fn is_compliant(edge: &EdgeResult, bounds: &Bounds) -> bool {
    let undecidable = all(&edge.undecidable);
    let seen = edge.compliant.saturating_add(undecidable);
    let is_borne = undecidable <= edge.at_border && as_f64(undecidable) <= bounds.undecidable * as_f64(seen);
    edge.compliant > 0 && edge.violating.is_empty() && edge.excepted.is_empty() && is_borne
}

fn point(line: &mut Line, result: &PolicyResult, window: &Window) {
    if result.edges.violating > 0 {
        line.first_violation.get_or_insert_with(|| window.clone());
        line.last_violation = Some(window.clone());
    }
    line.points.push(Point {
        from: window.from.clone(),
        verdict: result.verdict,
        unproven: result.unproven.clone(),
        requests: result.requests,
        connections: result.connections,
        edges: result.edges,
        workloads: result.workloads,
    });
}

fn step(report: &Report, window: Window) -> Step {
    let complete = &report.completeness;
    Step {
        window,
        reporting: complete.reporting,
        expected: complete.expected,
        covered_s: complete.covered_s,
        expected_s: complete.expected_s,
        told_s: complete.told.observed_s,
        period_s: complete.period_s,
        lost_batches: complete.lost_batches,
        lost_exchanges: complete.lost_exchanges,
        refused_batches: complete.refused_batches,
    }
}

impl Track {
    /// What the edge was in a step; where `is_shown`, the step shows that it was compliant.
    fn take(&mut self, edge: &EdgeResult, place: usize, window: &Window, is_shown: bool) {
        if self.label.is_empty() {
            self.label.clone_from(&edge.label);
        }
        if !edge.violating.is_empty() {
            let compliant_before = self.compliant.clone();
            let open = self.open.get_or_insert_with(|| Open {
                episode: Episode { compliant_before, first: window.clone(), ..Episode::default() },
                ..Open::default()
            });
            open.take(edge, place, window);
            self.compliant = None;
        } else if is_shown {
            if let Some(open) = self.open.take() {
                self.closed.push(open.remedied(place, window));
            }
            self.compliant = Some(window.clone());
        } else if let Some(open) = &mut self.open {
            open.is_seen |= edge.state != State::Unobserved;
        }
    }

    fn finish(mut self, edge: String, steps: usize) -> Option<ViolatingEdge> {
        let ended = self.open.take().map(|open| open.ended(steps));
        self.closed.extend(ended);
        let Self { label, closed: episodes, .. } = self;
        (!episodes.is_empty()).then_some(ViolatingEdge { edge, label, episodes })
    }
}

impl Open {
    fn take(&mut self, edge: &EdgeResult, place: usize, window: &Window) {
        for (cause, count) in &edge.violating {
            let sum = self.episode.violating.entry(cause.clone()).or_default();
            *sum = sum.saturating_add(*count);
        }
        (self.episode.last, self.last, self.is_seen) = (window.clone(), place, false);
    }

    fn remedied(self, place: usize, window: &Window) -> Episode {
        let episode = self.lasted(place);
        let begun = episode.compliant_before.as_ref().map(|before| before.start);
        Episode {
            state: Remedy::Remedied,
            remedied: Some(window.clone()),
            at_most_s: begun.map(|begun| seconds(window.end.saturating_add(LAG).saturating_sub(begun))),
            ..episode
        }
    }

    fn ended(self, steps: usize) -> Episode {
        let state = match self.last.saturating_add(1) {
            next if next >= steps => Remedy::StillViolating,
            _ if self.is_seen => Remedy::NotProven,
            _ => Remedy::NotSeenSince,
        };
        Episode { state, ..self.lasted(steps) }
    }

    /// How long it went on for sure, and how many steps up to that place say nothing of it.
    fn lasted(self, place: usize) -> Episode {
        let Self { episode, last, .. } = self;
        // Of the step of the first violation its last moment, of that of the last one its first.
        let at_least_s = seconds(episode.last.start.saturating_sub(episode.first.end.saturating_add(LAG)));
        let unknown_steps = place.saturating_sub(last).saturating_sub(1) as u64;
        Episode { at_least_s, unknown_steps, ..episode }
    }
}

fn seconds(nanos: u64) -> f64 {
    as_f64(nanos) / 1e9
}
