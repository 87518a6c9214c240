//! `GET /api/v1/cascades`: which failing edge explains which others. Each stretch of the period is read and joined as a map of its own.

use std::sync::Arc;

use axum::extract::State;

use super::Api;
use super::answer::{Json, Problem};
use super::asker::Asker;
use super::pairs::Pairs;
use super::question::{Allowed, Question};
use super::series::{coarser, steps};
use crate::allowance::EDGE_HOUR;
use crate::analysis::completeness::measure;
use crate::analysis::join::{Include, Taking, join_wanted};
use crate::report::Moment;
use crate::report::cascades::{Cascades, Gathering};
use crate::series::steps::Steps;
use crate::spans;
use crate::wanted::Wanted;

pub(super) async fn cascades(State(api): State<Arc<Api>>, Pairs(pairs): Pairs, asker: Asker) -> Result<Json, Problem> {
    let Question { from, to, selection, .. } = Question::parse(&pairs, Allowed::Edge, api.periods.status().now)?;
    let steps = steps(from, to, None)?;
    let read = move |api: &Api, wanted: &Wanted| gather(api, steps, selection.include, wanted);
    api.work(asker, to.saturating_sub(from), read).await
}

fn gather(api: &Api, steps: Steps, include: Include, wanted: &Wanted) -> Result<Cascades, Problem> {
    let _in = spans::stretches().entered();
    let (mut gathering, mut rows, mut read) = (Gathering::default(), 0, 0);
    let in_force = api.settings.declared.now();
    let taking = Taking { include, declared: Some(&in_force) };
    let mut bounds: Option<(u64, u64)> = None;
    for stretch in steps.stretches() {
        let part = wanted.part();
        let period = api.periods.period_at(stretch.0, stretch.1, steps.resolution(), &part)?;
        if (period.from, period.to) != stretch {
            return Err(coarser(stretch.0, period.resolution));
        }
        let complete = measure(&period, api.settings.expected.as_ref());
        let links = gathering.stretch(&join_wanted(&period, taking, &part)?, &complete);
        wanted.take(EDGE_HOUR.saturating_mul(links))?;
        bounds = Some((bounds.map_or(stretch.0, |known| known.0), stretch.1));
        (rows, read) = (rows + period.rows.len() as u64, read + 1);
    }
    spans::number(spans::STRETCHES, read);
    spans::number(spans::ROWS, rows);
    let (from, to) = bounds.unwrap_or_default();
    Ok(gathering.finish((Moment(from), Moment(to)), steps.step()))
}
