//! `GET /api/v1/groups`: the edges of a period put together by what their ends belong to.

use std::sync::Arc;

use axum::extract::State;

use super::Api;
use super::answer::{Json, Problem};
use super::asker::Asker;
use super::pairs::{Pairs, only};
use super::question::{Allowed, Question};
use super::shared::About;
use crate::allowance::COLUMNS_EDGE;
use crate::report::groups::By;
use crate::shown::word;
use crate::wanted::Wanted;

pub(super) async fn groups(State(api): State<Arc<Api>>, Pairs(pairs): Pairs, asker: Asker) -> Result<Json, Problem> {
    let (own, rest): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(name, _)| name == "by");
    let Question { from, to, selection, page, .. } = Question::parse(&rest, Allowed::Groups, api.periods.status().now)?;
    let by = only(&own, "by")?.map_or(Ok(By::default()), |value| by(&value))?;
    let (_, analysed) = api.analysed(&asker, About::of(from, to, selection.include), page.answer).await?;
    let put_together = move |_: &Api, wanted: &Wanted| {
        wanted.take(COLUMNS_EDGE.saturating_mul(analysed.edges() as u64))?;
        Ok(analysed.groups(&selection, by))
    };
    // All of it is work, however long the period is: that was read already.
    api.work(asker, 0, put_together).await
}

fn by(value: &str) -> Result<By, Problem> {
    let known = || format!("known: {}", By::ALL.map(By::as_str).join(", "));
    let unknown = || Problem::bad("bad_by", &format!("by={} is nothing that ends belong to", word(value)), &known());
    By::ALL.into_iter().find(|by| by.as_str() == value).ok_or_else(unknown)
}
