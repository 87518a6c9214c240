//! `GET /api/v1/compliance`: a period judged by the policies in force, as `hogusu compliance` judges it by the same ones.

use std::sync::Arc;

use axum::extract::State;

use super::Api;
use super::answer::{Json, Problem};
use super::asker::Asker;
use super::openapi::addresses;
use super::pairs::Pairs;
use super::question::{Allowed, Question};
use super::shared::About;
use crate::period::Status;
use crate::report::Moment;
use crate::report::compliance::{ALL, judged};
use crate::spans;

pub(super) async fn compliance(
    State(api): State<Arc<Api>>,
    Pairs(pairs): Pairs,
    asker: Asker,
) -> Result<Json, Problem> {
    let status = api.periods.status();
    let Question { from, to, .. } = Question::parse(&pairs, Allowed::Compliance, status.now)?;
    let (about, query) = asked(&pairs, (from, to), &status);
    let policies = api.settings.policies.as_ref().ok_or_else(none)?.current();
    let (_, analysed) = api.analysed(&asker, about, 0).await?;
    let work = move |_: &Api, wanted: &crate::wanted::Wanted| {
        Ok(spans::find().in_scope(|| judged(&analysed, &policies, &query, wanted))?)
    };
    api.work(asker, about.to.saturating_sub(about.from), work).await
}

/// The period, and the question that brings its facts. Without a start it ends where nothing changes any more: up to now one end may have told
/// what the other has not yet.
fn asked(pairs: &[(String, String)], (from, to): (u64, u64), status: &Status) -> (About, String) {
    let path = addresses::FACTS.path;
    let given = |name: &str| pairs.iter().find(|(given, _)| given == name).map(|(_, value)| format!("{name}={value}"));
    if let Some(start) = given("from") {
        let told: Vec<String> = [Some(start), given("to")].into_iter().flatten().collect();
        return (About::of(from, to, ALL), format!("{path}?{}", told.join("&")));
    }
    let end = status.sealed_to;
    let begin = end.saturating_sub(to.saturating_sub(from));
    (About::of(begin, end, ALL), format!("{path}?from={}&to={}", Moment(begin), Moment(end)))
}

fn none() -> Problem {
    let message = "this collector judges by no policies";
    Problem::not_found("no_policies", message, "start it with --policy FILE|FOLDER, or run hogusu compliance --policy")
}
