//! `GET /api/v1/facts`: what policies are judged by, of every edge of a period, page by page. Probes and telemetry are among them, for what a user
//! agent says of itself exempts nothing.

use std::sync::Arc;

use axum::extract::State;

use super::Api;
use super::answer::{Json, Problem};
use super::asker::Asker;
use super::cursor::Cursor;
use super::pairs::Pairs;
use super::question::{Allowed, Question};
use super::shared::About;
use crate::analysis::join::Include;
use crate::report::Selection;

pub(super) async fn facts(State(api): State<Arc<Api>>, Pairs(pairs): Pairs, asker: Asker) -> Result<Json, Problem> {
    let Question { from, to, limit, page, .. } = Question::parse(&pairs, Allowed::Facts, api.periods.status().now)?;
    let selection =
        Selection { include: Include { probe: true, telemetry: true, declared: true }, ..Selection::default() };
    let about = About::of(from, to, selection.include);
    let (answer, analysed) = api.analysed(&asker, about, page.answer).await?;
    let written = move || {
        let (mut facts, are_more) = analysed.facts(&selection, page.offset, limit);
        let (from, to) = (about.from, about.to);
        let next = Cursor { offset: page.offset.saturating_add(limit), from, to, answer, ..page };
        facts.next_cursor = are_more.then(|| next.to_string());
        Ok(facts)
    };
    api.write(asker, written).await
}
