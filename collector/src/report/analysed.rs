//! A period, analysed once: every page of its map and every single edge of it are written from here.
//!
//! Holds what the analysis found, and nothing of the rows it found it in.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hogusu_model::Workload;
use hogusu_topology::Weights;

use super::build::{self, completeness, seconds, totals, write};
use super::columns::{self, Graph};
use super::declared::Declared;
use super::facts::{self, Facts};
use super::groups::{self, By, Groups};
use super::map::{Completeness, Finding, Map, SCHEMA, Totals};
use super::observability::{self, Observability};
use super::observed::Observed;
use super::placed::Seen;
use super::shape::coupling::{self, Coupling};
use super::shape::entries::{self, EntryPoints};
use super::shape::impact::{self, ImpactOf};
use super::shape::{Ambiguous, named};
use super::turnover::{self, Before, Turnover};
use super::{Moment, Selection};
use crate::allowance::{Drawn, KEPT_EDGE};
use crate::analysis::completeness::{measure, meshes};
use crate::analysis::edge::Edge;
use crate::analysis::expected::Expected;
use crate::analysis::findings::{self, Kind, find, worst_first};
use crate::analysis::join::{Joined, Taking, join_wanted};
use crate::analysis::refused::Observing;
use crate::chart::turnover::{Stretch, turned};
use crate::chart::{Chart, Sights};
use crate::kubernetes::record::{WatchState, WorkloadInPeriod};
use crate::period::{Period, Resolution};
use crate::placing::Current;
use crate::spans;
use crate::wanted::{Unwanted, Wanted};

/// Findings that come with the first page, whatever its size.
const WORST: u64 = 500;
/// Selections whose order and sums are kept.
const SELECTIONS: usize = 8;

/// What the analysis found in a period.
#[derive(Debug, Default)]
pub struct Analysed {
    from: u64,
    to: u64,
    sealed_to: u64,
    /// When the period was read.
    now: u64,
    resolution: Resolution,
    mesh: String,
    /// What rates divide by.
    seconds: f64,
    completeness: Completeness,
    sights: Sights,
    /// Workloads with a pod in it, by the API server's word; `None` where it is not asked.
    pods: Option<BTreeMap<Workload, WorkloadInPeriod>>,
    joined: Joined,
    found: Vec<findings::Finding>,
    /// Places of all edges, worst first.
    order: Vec<usize>,
    /// Those that proxies report for.
    reporting: BTreeSet<Workload>,
    /// What is known of workloads without their certificates.
    known: facts::Known,
    /// One's own rules for it.
    declared: Option<Declared>,
    /// Places of the findings about each edge.
    of_edge: BTreeMap<usize, Vec<usize>>,
    places: OnceLock<HashMap<u64, usize>>,
    /// Its ends as they are placed.
    seen: OnceLock<Seen>,
    selected: Mutex<Vec<(Selection, Arc<Selected>)>>,
    /// What it takes of the room for questions, while it is there.
    _drawn: Option<Arc<Drawn>>,
}

/// What a selection takes of it.
#[derive(Debug)]
struct Selected {
    /// Places of its edges, worst first.
    edges: Vec<usize>,
    totals: Totals,
    /// The rank of each finding among those that concern it, from 1; `None` for one that does not.
    ranks: Vec<Option<u64>>,
}

impl Analysed {
    /// Analyses a period, as long as somebody waits for it.
    ///
    /// # Errors
    /// When nobody does, or there is no room for it.
    pub fn of<'a>(
        period: &'a Period,
        expected: Option<&Expected>,
        taking: impl Into<Taking<'a>>,
        wanted: &Wanted,
    ) -> Result<Self, Unwanted> {
        let taking = taking.into();
        let joined = spans::join().in_scope(|| {
            let joined = join_wanted(period, taking, wanted)?;
            spans::number(spans::EDGES, joined.edges.len() as u64);
            Ok::<_, Unwanted>(joined)
        })?;
        let judging = spans::find().entered();
        let complete = measure(period, expected);
        let found = find(&joined, &complete, period);
        spans::number(spans::FINDINGS, found.len() as u64);
        wanted.check()?;
        let order = worst_first(&joined.edges, &found);
        let mut of_edge: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, edge) in found.iter().enumerate().filter_map(|(place, finding)| Some((place, finding.edge()?))) {
            of_edge.entry(edge).or_default().push(place);
        }
        drop(judging);
        let drawn = wanted.drawn();
        if let Some(drawn) = &drawn {
            drawn.keep(KEPT_EDGE.saturating_mul(joined.edges.len() as u64));
        }
        Ok(Self {
            from: period.from,
            to: period.to,
            sealed_to: period.sealed_to,
            now: period.now,
            resolution: period.resolution,
            mesh: meshes(period).into_iter().collect::<Vec<_>>().join(","),
            seconds: seconds(build::observed(period)),
            completeness: completeness(&complete, Observing::of(period)),
            sights: Sights::of(period, &complete, expected),
            pods: pods(period),
            reporting: build::reporting(period).cloned().collect(),
            known: facts::Known::of(period, expected),
            declared: Declared::of(taking.declared, &joined),
            joined,
            found,
            order,
            of_edge,
            places: OnceLock::new(),
            seen: OnceLock::new(),
            selected: Mutex::default(),
            _drawn: drawn,
        })
    }

    /// Edges of the whole period.
    #[must_use]
    pub const fn edges(&self) -> usize {
        self.joined.edges.len()
    }

    /// The edges from `offset` on, at most `limit` of them, and whether there are more. Findings about an edge come with it; those
    /// about the telemetry, and the worst 500, come with the first page.
    #[must_use]
    pub fn page(&self, selection: &Selection, offset: usize, limit: usize) -> (Map, bool) {
        let selected = self.selected(selection);
        let end = offset.saturating_add(limit);
        let places: Vec<usize> = selected.edges.iter().copied().skip(offset).take(limit).collect();
        let edges = places.iter().filter_map(|place| self.joined.edges.get(*place));
        let mut map = self.frame(selected.totals.clone());
        map.edges = edges.map(|edge| write(edge, self.seconds)).collect();
        map.findings = self.findings(&selected, &places, offset == 0);
        map.is_name_seen = self.is_name_seen(selection, &selected);
        (map, end < selected.edges.len())
    }

    /// A map of one edge; `None` when there is none by this id.
    #[must_use]
    pub fn edge(&self, id: &str, selection: &Selection) -> Option<Map> {
        let by_id = self
            .places
            .get_or_init(|| self.joined.edges.iter().enumerate().map(|(place, edge)| (edge.key.id(), place)).collect());
        let place = *u64::from_str_radix(id, 16).ok().and_then(|id| by_id.get(&id))?;
        let edge = self.joined.edges.get(place).filter(|edge| build::id(edge) == id)?;
        let selected = self.selected(selection);
        let mut map = self.frame(selected.totals.clone());
        map.edges = vec![write(edge, self.seconds)];
        map.findings = self.findings(&selected, &[place], false);
        Some(map)
    }

    /// What policies are judged by, of the edges from `offset` on, at most `limit` of them, and whether there are more.
    #[must_use]
    pub fn facts(&self, selection: &Selection, offset: usize, limit: usize) -> (Facts, bool) {
        let selected = self.selected(selection);
        let places = selected.edges.iter().skip(offset).take(limit);
        let edges = places.filter_map(|place| self.joined.edges.get(*place));
        let edges = edges.map(|edge| self.known.edge(edge, &self.joined.principals)).collect();
        let (schema, observed) = (facts::SCHEMA.to_owned(), self.observed(selected.totals.clone()));
        let are_more = offset.saturating_add(limit) < selected.edges.len();
        let told = self.known.told().clone();
        (Facts { schema, observed, told, edges, next_cursor: None }, are_more)
    }

    /// All edges that were selected, in columns, their ends on these places.
    #[must_use]
    pub fn graph(&self, selection: &Selection, current: &Current) -> Graph {
        let selected = self.selected(selection);
        columns::graph(self.observed(selected.totals.clone()), self.worst_first(&selected), current)
    }

    /// What is placed of the period, whatever is selected of it.
    #[must_use]
    pub fn seen(&self) -> &Seen {
        self.seen.get_or_init(|| Seen::of(&self.joined.edges))
    }

    /// All edges that were selected, put together by what their ends belong to.
    #[must_use]
    pub fn groups(&self, selection: &Selection, by: By) -> Groups {
        let selected = self.selected(selection);
        let is_name_seen = self.is_name_seen(selection, &selected);
        let frame = (self.observed(selected.totals.clone()), is_name_seen);
        groups::groups(frame, by, self.worst_first(&selected))
    }

    /// Entry points and what hangs on them; of who asks by name only that workload, with its calls.
    ///
    /// # Errors
    /// When several workloads are called so.
    pub fn entries(&self, selection: &Selection) -> Result<EntryPoints, Ambiguous> {
        let chart = self.chart();
        let asked = selection.workload.as_ref().map(|asked| named(&chart, asked)).transpose()?;
        Ok(entries::entries(
            (self.of_all(selection), self.is_named_seen(selection)),
            (&chart, self.pods.as_ref()),
            asked,
        ))
    }

    /// What fails with the workload that is asked for.
    ///
    /// # Errors
    /// When several workloads are called so.
    pub fn impact(&self, selection: &Selection) -> Result<ImpactOf, Ambiguous> {
        let chart = self.chart();
        let of = selection.workload.as_ref().map(|asked| named(&chart, asked)).transpose()?.flatten();
        let is_name_seen = of.is_some() || self.is_named_seen(selection) == Some(true);
        Ok(impact::impact((self.of_all(selection), is_name_seen), &chart, of))
    }

    /// What to decouple first: so many links of it.
    #[must_use]
    pub fn coupling(&self, selection: &Selection, weights: &Weights, limit: usize) -> Coupling {
        let charted = (&self.chart(), self.pods.as_ref());
        coupling::coupling(self.of_all(selection), charted, weights, limit)
    }

    /// What can be observed of each workload.
    #[must_use]
    pub fn observability(&self, selection: &Selection) -> Observability {
        observability::observability(self.of_all(selection), &self.joined.edges, &self.sights, self.reporting.iter())
    }

    /// Which edges are new, idle or gone against a period before.
    #[must_use]
    pub fn turnover(&self, before: &Self, selection: &Selection) -> Turnover {
        let all = turned(before.stretch(), self.stretch());
        let (from, to) = (Moment(before.from), Moment(before.to));
        let is_whole = before.sights.is_whole() && self.sights.is_whole();
        let before = Before { from, to, completeness: before.completeness.clone() };
        turnover::turnover(self.of_all(selection), before, is_whole, &all)
    }

    fn stretch(&self) -> Stretch<'_> {
        Stretch { edges: &self.joined.edges, sights: &self.sights, there: self.pods.as_ref() }
    }

    /// The mesh by number. It is drawn at each question: that takes less than joining did, and nothing has to be kept.
    fn chart(&self) -> Chart {
        Chart::of(&self.joined.edges, &self.sights)
    }

    /// What hangs on a workload is not among its own edges alone: the frame is that of the whole mesh.
    fn of_all(&self, selection: &Selection) -> Observed {
        let whole = Selection { include: selection.include, ..Selection::default() };
        self.observed(self.selected(&whole).totals.clone())
    }

    fn is_named_seen(&self, selection: &Selection) -> Option<bool> {
        (!selection.is_whole()).then(|| self.has_seen(selection))
    }

    /// Edges with the kind of the worst finding about each.
    fn worst_first<'a>(&'a self, selected: &'a Selected) -> impl Iterator<Item = (&'a Edge, Option<&'a str>)> {
        selected.edges.iter().filter_map(|place| {
            // The places of findings are in their order.
            let worst = self.of_edge.get(place).and_then(|found| self.found.get(*found.first()?));
            Some((self.joined.edges.get(*place)?, worst.map(|finding| finding.kind.as_str())))
        })
    }

    /// As a map has it: of who asks by name whether that is there at all, though perhaps nothing passed between it and others.
    fn is_name_seen(&self, selection: &Selection, selected: &Selected) -> Option<bool> {
        (!selection.is_whole()).then(|| !selected.edges.is_empty() || self.has_seen(selection))
    }

    fn has_seen(&self, selection: &Selection) -> bool {
        selection.is_seen(self.reporting.iter(), &self.joined)
    }

    fn frame(&self, totals: Totals) -> Map {
        let (schema, observed) = (SCHEMA.to_owned(), self.observed(totals));
        Map { schema, observed, edges: Vec::new(), findings: Vec::new(), is_name_seen: None, next_cursor: None }
    }

    fn observed(&self, totals: Totals) -> Observed {
        Observed {
            mesh: self.mesh.clone(),
            from: Moment(self.from),
            to: Moment(self.to),
            sealed_to: Moment(self.sealed_to),
            resolution: self.resolution.as_str().to_owned(),
            seconds: self.seconds,
            completeness: self.completeness.clone(),
            totals,
            declared: self.declared.clone(),
        }
    }

    /// The order and the sums of a selection; made once.
    fn selected(&self, selection: &Selection) -> Arc<Selected> {
        let mut kept = self.selected.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, selected)) = kept.iter().find(|(known, _)| known == selection) {
            return Arc::clone(selected);
        }
        let selected = Arc::new(self.select(selection));
        if kept.len() >= SELECTIONS {
            kept.remove(0);
        }
        kept.push((selection.clone(), Arc::clone(&selected)));
        selected
    }

    fn select(&self, selection: &Selection) -> Selected {
        let taken = |place: &usize| self.joined.edges.get(*place).is_some_and(|edge| selection.takes(edge));
        let edges: Vec<usize> = self.order.iter().copied().filter(taken).collect();
        let of_edges: Vec<_> = edges.iter().filter_map(|place| self.joined.edges.get(*place)).collect();
        let totals = totals(&of_edges, &self.joined);
        // Findings about edges that were not selected are left out; those about the telemetry concern every selection.
        let known: BTreeSet<usize> = edges.iter().copied().collect();
        let mut before = 0;
        let rank = |finding: &findings::Finding| {
            let concerns = finding.edge().is_none_or(|place| known.contains(&place));
            before += u64::from(concerns);
            concerns.then_some(before)
        };
        let ranks = self.found.iter().map(rank).collect();
        Selected { edges, totals, ranks }
    }

    fn findings(&self, selected: &Selected, edges: &[usize], is_first: bool) -> Vec<Finding> {
        let about_edges = edges.iter().filter_map(|edge| self.of_edge.get(edge)).flatten().copied();
        let is_worst = |place: &usize| selected.ranks.get(*place).copied().flatten().is_some_and(|rank| rank <= WORST);
        let first = self.found.iter().enumerate().filter(|_| is_first);
        let first = first.filter(|(place, finding)| is_of_all(finding) || is_worst(place)).map(|(place, _)| place);
        let mut places: Vec<usize> = about_edges.chain(first).collect();
        places.sort_unstable();
        places.dedup();
        let write = |place: usize| {
            let finding = self.found.get(place)?;
            let rank = selected.ranks.get(place).copied().flatten()?;
            Some(super::findings::write(finding, rank, &self.joined.edges, self.now))
        };
        places.into_iter().filter_map(write).collect()
    }
}

/// Workloads with a pod in the period; `None` where the API server does not tell.
fn pods(period: &Period) -> Option<BTreeMap<Workload, WorkloadInPeriod>> {
    let cluster = period.cluster.as_ref()?;
    matches!(cluster.watch, WatchState::Watching { refused: None }).then(|| cluster.workloads.clone())
}

/// True for what is not about one edge among many: the telemetry, and the edge of what exceeded a bound.
const fn is_of_all(finding: &findings::Finding) -> bool {
    finding.edge().is_none() || matches!(finding.kind, Kind::Overflow)
}
