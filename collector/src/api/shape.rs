//! `GET /api/v1/entries`, `/impact`, `/coupling`, `/turnover` and `/observability`: what the shape of the mesh says in a period.

use std::sync::Arc;

use axum::extract::State;

use super::Api;
use super::answer::{Json, Problem};
use super::asker::Asker;
use super::pairs::{Pairs, only};
use super::question::{Allowed, Question};
use super::shared::About;
use crate::allowance::CHART_EDGE;
use crate::label::GRAMMAR;
use crate::report::Selection;
use crate::report::analysed::Analysed;
use crate::report::shape::Ambiguous;
use crate::report::shape::coupling::parse;
use crate::shown::word;
use crate::wanted::Wanted;

/// Names of a refusal at most: who reads it wants one of them.
const NAMES: usize = 10;

pub(super) async fn entries(State(api): State<Arc<Api>>, Pairs(pairs): Pairs, asker: Asker) -> Result<Json, Problem> {
    let question = named(&api, &pairs)?;
    api.drawn(asker, question, |analysed, selection| analysed.entries(selection).map_err(several)).await
}

pub(super) async fn impact(State(api): State<Arc<Api>>, Pairs(pairs): Pairs, asker: Asker) -> Result<Json, Problem> {
    let question = named(&api, &pairs)?;
    if question.selection.workload.is_none() {
        let remedy = format!("give workload={GRAMMAR}");
        return Err(Problem::bad("missing_parameter", "it is not said which workload fails", &remedy));
    }
    api.drawn(asker, question, |analysed, selection| analysed.impact(selection).map_err(several)).await
}

pub(super) async fn coupling(State(api): State<Arc<Api>>, Pairs(pairs): Pairs, asker: Asker) -> Result<Json, Problem> {
    let (own, rest): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(name, _)| name == "weights");
    let question = Question::parse(&rest, Allowed::Coupling, api.periods.status().now)?;
    let unreadable = |text: &str, why: &str| {
        Problem::bad("bad_weights", &format!("weights={}: {why}", word(text)), "give weights=failures=5,depth=0")
    };
    let weights = only(&own, "weights")?.map(|text| parse(&text).map_err(|why| unreadable(&text, &why.to_string())));
    let (weights, limit) = (weights.transpose()?.unwrap_or_default(), question.limit);
    api.drawn(asker, question, move |analysed, selection| Ok(analysed.coupling(selection, &weights, limit))).await
}

pub(super) async fn observability(
    State(api): State<Arc<Api>>,
    Pairs(pairs): Pairs,
    asker: Asker,
) -> Result<Json, Problem> {
    let question = Question::parse(&pairs, Allowed::Edge, api.periods.status().now)?;
    api.drawn(asker, question, |analysed, selection| Ok(analysed.observability(selection))).await
}

/// Against the period before, which is as long.
pub(super) async fn turnover(State(api): State<Arc<Api>>, Pairs(pairs): Pairs, asker: Asker) -> Result<Json, Problem> {
    let Question { from, to, selection, page, .. } = Question::parse(&pairs, Allowed::Edge, api.periods.status().now)?;
    let after = About::of(from, to, selection.include);
    let length = after.to.saturating_sub(after.from);
    let before = About { from: after.from.saturating_sub(length), to: after.from, ..after };
    let (_, earlier) = api.analysed(&asker, before, page.answer).await?;
    let (_, later) = api.analysed(&asker, after, page.answer).await?;
    let work = move |_: &Api, wanted: &Wanted| {
        wanted.take(CHART_EDGE.saturating_mul((earlier.edges() + later.edges()) as u64))?;
        Ok(later.turnover(&earlier, &selection))
    };
    api.work(asker, 0, work).await
}

/// A question about a workload, whatever leads to it.
fn named(api: &Api, pairs: &[(String, String)]) -> Result<Question, Problem> {
    let question = Question::parse(pairs, Allowed::Named, api.periods.status().now)?;
    if question.selection.workload.as_ref().is_some_and(|asked| asked.port.is_some()) {
        let message = "workload names a port, and all of a workload is asked about here";
        return Err(Problem::bad("bad_workload", message, "leave the port out"));
    }
    Ok(question)
}

fn several(Ambiguous(names): Ambiguous) -> Problem {
    let more = names.len().saturating_sub(NAMES);
    let mut known = names.into_iter().take(NAMES).collect::<Vec<_>>().join(", ");
    if more > 0 {
        known.push_str(&format!(" and {more} more"));
    }
    Problem::bad("ambiguous_workload", "several workloads are called so", &format!("give one of {known}"))
}

impl Api {
    /// An answer that needs the whole mesh of a period by number.
    async fn drawn<T: serde::Serialize + 'static>(
        self: &Arc<Self>,
        asker: Asker,
        question: Question,
        draw: impl FnOnce(&Analysed, &Selection) -> Result<T, Problem> + Send + 'static,
    ) -> Result<Json, Problem> {
        let Question { from, to, selection, page, .. } = question;
        let (_, analysed) = self.analysed(&asker, About::of(from, to, selection.include), page.answer).await?;
        let work = move |_: &Self, wanted: &Wanted| {
            wanted.take(CHART_EDGE.saturating_mul(analysed.edges() as u64))?;
            draw(&analysed, &selection)
        };
        // All of it is work, however long the period is: that was read already.
        self.work(asker, 0, work).await
    }
}
