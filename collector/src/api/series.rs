//! `GET /api/v1/series`: an edge, or those of a workload, over time. Each stretch is read and joined as a map of its own.

use std::sync::Arc;

use axum::extract::{Query, State};

use super::answer::{Json, Problem};
use super::asker::Asker;
use super::question::{Allowed, Question};
use super::{Api, Pairs};
use crate::analysis::join::join_wanted;
use crate::period::Resolution;
use crate::report::Moment;
use crate::report::series::{About, Gathering, Series, TooManyEdges};
use crate::series::steps::{BadStep, Steps};
use crate::wanted::Wanted;

pub(super) async fn series(State(api): State<Arc<Api>>, Query(pairs): Pairs, asker: Asker) -> Result<Json, Problem> {
    let (own, rest): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(name, _)| name == "edge" || name == "step");
    let Question { from, to, selection, .. } = Question::parse(&rest, Allowed::Series, api.periods.status().now)?;
    let [edge, step] = ["edge", "step"].map(|name| only(&own, name));
    let (edge, step) = (edge?, step?.map(|text| length(&text)).transpose()?);
    let include = selection.include;
    let about = match edge {
        Some(_) if selection.workload.is_some() || selection.namespace.is_some() => {
            let message = "edge and workload or namespace exclude each other";
            return Err(Problem::bad("bad_edge", message, "give one of them"));
        }
        Some(edge) => About::Edge(edge),
        None if selection.workload.is_none() && selection.namespace.is_none() => {
            let remedy = "give edge=ID as a map shows it, or workload=NAME";
            return Err(Problem::bad("missing_parameter", "no edge is named", remedy));
        }
        None => About::Selected(selection),
    };
    let steps = steps(from, to, step)?;
    let read = move |api: &Api, wanted: &Wanted| {
        let mut gathering = Gathering::new(about);
        for stretch in steps.stretches() {
            let part = wanted.part();
            let period = api.periods.period_at(stretch.0, stretch.1, steps.resolution(), &part)?;
            if (period.from, period.to) != stretch {
                return Err(coarser(stretch.0, period.resolution));
            }
            gathering.add(&period, &join_wanted(&period, include, &part)?)?;
        }
        Ok::<Series, Problem>(gathering.finish(steps))
    };
    api.work(asker, to.saturating_sub(from), read).await
}

/// Read as coarsely as the step allows: what is added up already need not be added up again.
fn steps(from: u64, to: u64, step: Option<u64>) -> Result<Steps, Problem> {
    let step = Steps::of(from, to, Resolution::Slot, step)?.step();
    let coarsest = Resolution::ALL.into_iter().rev().find(|resolution| step.is_multiple_of(resolution.nanos()));
    Ok(Steps::of(from, to, coarsest.unwrap_or_default(), Some(step))?)
}

fn coarser(from: u64, resolution: Resolution) -> Problem {
    let message = format!("of {} nothing finer than {} is kept any more", Moment(from), resolution.as_str());
    Problem::bad("not_kept", &message, &format!("give step={} or longer", resolution.as_str()))
}

fn only(pairs: &[(String, String)], name: &str) -> Result<Option<String>, Problem> {
    match pairs.iter().filter(|(given, _)| given == name).collect::<Vec<_>>()[..] {
        [] => Ok(None),
        [(_, value)] => Ok(Some(value.clone())),
        _ => Err(Problem::bad("repeated_parameter", &format!("{name} is given twice"), "give it once")),
    }
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
