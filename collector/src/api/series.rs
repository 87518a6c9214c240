//! `GET /api/v1/series`: an edge, or those of a workload, over time. Each stretch is read and joined as a map of its own.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::answer::{Csv, OneEdge, Problem};
use super::asker::Asker;
use super::pairs::{Pairs, only};
use super::question::{Allowed, Question};
use super::{Api, named};
use crate::allowance::POINT;
use crate::analysis::join::{Include, Taking, join_wanted};
use crate::label::between;
use crate::period::Resolution;
use crate::report::series::{About, Gathering, Series, TooManyEdges};
use crate::report::{Ends, Moment, Selection, csv};
use crate::series::steps::{BadStep, Steps};
use crate::shown::word;
use crate::spans;
use crate::wanted::Wanted;

/// What the address takes beside what is asked for of a map.
const OWN: [&str; 3] = ["edge", "step", "format"];

/// What is asked about.
#[derive(Debug)]
enum Asked {
    /// The edge between these ends, and how they were written.
    Ends(String, Ends),
    /// What is told without a look at the map.
    Known(About),
}

pub(super) async fn series(
    State(api): State<Arc<Api>>,
    Pairs(pairs): Pairs,
    asker: Asker,
) -> Result<Response, Problem> {
    let (own, rest): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(name, _)| OWN.contains(&name.as_str()));
    let Question { from, to, selection, .. } = Question::parse(&rest, Allowed::Series, api.periods.status().now)?;
    let [edge, step, format] = OWN.map(|name| only(&own, name));
    let (edge, step, is_csv) = (edge?, step?.map(|text| length(&text)).transpose()?, is_csv(format?.as_deref())?);
    let (include, steps) = (selection.include, steps(from, to, step)?);
    let asked = asked(edge, selection)?;
    let read = move |api: &Api, wanted: &Wanted| {
        let about = match asked {
            Asked::Known(about) => about,
            Asked::Ends(text, ends) => About::Edge(named::edge(api, (&text, &ends), (from, to), include, wanted)?),
        };
        let named = if let About::Edge(id) = &about { Some(id.clone()) } else { None };
        let series = gather(api, about, steps, include, wanted)?;
        match named.filter(|_| series.lines.is_empty()) {
            Some(id) => Err(OneEdge::missing(&word(&id), Moment(from), Moment(to))),
            None => Ok(series),
        }
    };
    let length = to.saturating_sub(from);
    if !is_csv {
        return Ok(api.work(asker, length, read).await?.into_response());
    }
    let write = |series: &Series, is_multiplexed, share| Csv::of(csv::series(series), is_multiplexed, share);
    Ok(api.work_as(asker, length, write, read).await?.into_response())
}

fn gather(api: &Api, about: About, steps: Steps, include: Include, wanted: &Wanted) -> Result<Series, Problem> {
    let _in = spans::stretches().entered();
    let (mut gathering, mut rows, mut read) = (Gathering::new(about), 0, 0);
    let in_force = api.settings.declared.now();
    let taking = Taking { include, declared: Some(&in_force) };
    for stretch in steps.stretches() {
        let part = wanted.part();
        let period = api.periods.period_at(stretch.0, stretch.1, steps.resolution(), &part)?;
        if (period.from, period.to) != stretch {
            return Err(coarser(stretch.0, period.resolution));
        }
        gathering.add(&period, &join_wanted(&period, taking, &part)?)?;
        (rows, read) = (rows + period.rows.len() as u64, read + 1);
    }
    spans::number(spans::STRETCHES, read);
    spans::number(spans::ROWS, rows);
    // Each edge has a point for each stretch, be anything counted in it or not.
    wanted.take(POINT.saturating_mul(gathering.points()))?;
    Ok(gathering.finish(steps))
}

fn asked(edge: Option<String>, selection: Selection) -> Result<Asked, Problem> {
    match edge {
        Some(_) if !selection.is_whole() => {
            let message = "edge and workload or namespace exclude each other";
            Err(Problem::bad("bad_edge", message, "give one of them"))
        }
        Some(edge) if between::split(&edge).is_some() => match Ends::parse(&edge) {
            Some(ends) => Ok(Asked::Ends(edge, ends)),
            None => {
                let remedy = "give edge=SOURCE -> DESTINATION as a map shows them, or an id";
                Err(Problem::bad("bad_edge", "an end of the edge is missing", remedy))
            }
        },
        Some(edge) => Ok(Asked::Known(About::Edge(edge))),
        None if selection.is_whole() => {
            let remedy = "give edge=ID or edge=SOURCE -> DESTINATION as a map shows them, or workload=NAME";
            Err(Problem::bad("missing_parameter", "no edge is named", remedy))
        }
        None => Ok(Asked::Known(About::Selected(selection))),
    }
}

fn is_csv(format: Option<&str>) -> Result<bool, Problem> {
    match format {
        None | Some("json") => Ok(false),
        Some("csv") => Ok(true),
        Some(other) => {
            Err(Problem::bad("bad_format", &format!("format={} is not known", word(other)), "known: json, csv"))
        }
    }
}

/// Read as coarsely as the step allows: what is added up already need not be added up again.
pub(super) fn steps(from: u64, to: u64, step: Option<u64>) -> Result<Steps, Problem> {
    let step = Steps::of(from, to, Resolution::Slot, step)?.step();
    let coarsest = Resolution::ALL.into_iter().rev().find(|resolution| step.is_multiple_of(resolution.nanos()));
    Ok(Steps::of(from, to, coarsest.unwrap_or_default(), Some(step))?)
}

pub(super) fn coarser(from: u64, resolution: Resolution) -> Problem {
    let message = format!("of {} nothing finer than {} is kept any more", Moment(from), resolution.as_str());
    Problem::bad("not_kept", &message, &format!("give step={} or longer", resolution.as_str()))
}

fn length(text: &str) -> Result<u64, Problem> {
    let remedy = "give a number and s, m, h or d: step=30s";
    super::parse_length(text).ok_or_else(|| Problem::bad("bad_step", "the step is no length of time", remedy))
}

impl From<BadStep> for Problem {
    fn from(error: BadStep) -> Self {
        let remedy = match error {
            BadStep::NoMultiple(resolution) => format!("give a multiple of {}", resolution.as_str()),
            BadStep::TooManyPoints { possible, .. } => format!("give step={}s or longer", possible / 1_000_000_000),
        };
        Self::bad("bad_step", &error.to_string(), &remedy)
    }
}

impl From<TooManyEdges> for Problem {
    fn from(error: TooManyEdges) -> Self {
        Self::bad("too_many_edges", &error.to_string(), "ask for a workload, or for one edge by its id")
    }
}
