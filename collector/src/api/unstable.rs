//! `GET /api/v1/unstable`: how steady edges are. Each whole hour of the period is read and joined as a map of its own.

use std::sync::Arc;

use axum::extract::State;

use super::Api;
use super::answer::{Json, Problem};
use super::asker::Asker;
use super::pairs::Pairs;
use super::question::{Allowed, Question};
use crate::allowance::EDGE_HOUR;
use crate::analysis::completeness::measure;
use crate::analysis::join::{Include, Taking, join_wanted};
use crate::hours::HOUR_NANOS;
use crate::limits;
use crate::period::Resolution;
use crate::report::Moment;
use crate::report::unstable::{Gathering, Unstable};
use crate::spans;
use crate::wanted::Wanted;

pub(super) async fn unstable(State(api): State<Arc<Api>>, Pairs(pairs): Pairs, asker: Asker) -> Result<Json, Problem> {
    let now = api.periods.status().now;
    let Question { from, to, selection, .. } = Question::parse(&pairs, Allowed::Edge, now)?;
    // The hour that now is in is not over.
    let hours = from.div_ceil(HOUR_NANOS)..to.min(now) / HOUR_NANOS;
    let count = hours.end.saturating_sub(hours.start);
    if count == 0 {
        return Err(Problem::bad("bad_period", "the period has no whole hour", "give since=24h, or more"));
    }
    if count > limits::STEADY_HOURS {
        let message = format!("the period has more than {} hours", limits::STEADY_HOURS);
        return Err(Problem::bad("bad_period", &message, "ask for a shorter one"));
    }
    let read = move |api: &Api, wanted: &Wanted| gather(api, hours, selection.include, wanted);
    api.work(asker, to.saturating_sub(from), read).await
}

fn gather(api: &Api, hours: std::ops::Range<u64>, include: Include, wanted: &Wanted) -> Result<Unstable, Problem> {
    let _in = spans::stretches().entered();
    let (mut gathering, mut rows) = (Gathering::default(), 0);
    let in_force = api.settings.declared.now();
    let taking = Taking { include, declared: Some(&in_force) };
    let moment = |hour: u64| hour.saturating_mul(HOUR_NANOS);
    for hour in hours.clone() {
        let (part, stretch) = (wanted.part(), (moment(hour), moment(hour + 1)));
        let period = api.periods.period_at(stretch.0, stretch.1, Resolution::Hour, &part)?;
        if (period.from, period.to) != stretch {
            let message = format!("of {} no hours are kept any more", Moment(stretch.0));
            return Err(Problem::bad(
                "not_kept",
                &message,
                "give a later period; --keep 1h= says how long hours are kept",
            ));
        }
        rows += period.rows.len() as u64;
        let joined = join_wanted(&period, taking, &part)?;
        let edges = gathering.hour(&joined, &measure(&period, api.settings.expected.as_ref()));
        wanted.take(EDGE_HOUR.saturating_mul(edges))?;
    }
    let count = hours.end.saturating_sub(hours.start);
    spans::number(spans::STRETCHES, count);
    spans::number(spans::ROWS, rows);
    Ok(gathering.finish((Moment(moment(hours.start)), Moment(moment(hours.end))), count))
}
