//! Places for the graph's nodes: a first epoch, what it is made of, and the act that begins a new one.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::{Deserialize, Serialize};

use super::Api;
use super::answer::Problem;
use super::asker::Asker;
use crate::analysis::join::{Include, join_wanted};
use crate::hours::HOUR_NANOS;
use crate::limits;
use crate::period::{Resolution, StoreError};
use crate::placing::Current;
use crate::report::Moment;
use crate::report::analysed::Analysed;
use crate::report::placed::Seen;
use crate::spans;
use crate::wanted::{Unwanted, Wanted};

/// What an epoch begins with beside what is added up by the hour: five minutes, which are kept current while somebody looks.
const LAST_NANOS: u64 = 300 * 1_000_000_000;

/// What is said of a new epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewed {
    /// `hogusu.placing/v1`.
    pub schema: String,
    /// When it began: its name.
    pub epoch: Moment,
    /// Ends that have a place.
    pub places: u64,
}

/// What only who is at the data folder can ask for.
pub(super) fn acts(api: Arc<Api>) -> Router {
    let routes = Router::new().route("/api/v1/placing", post(renew));
    routes.layer(DefaultBodyLimit::max(limits::ACT_BYTES)).with_state(api)
}

async fn renew(State(api): State<Arc<Api>>, asker: Asker) -> Result<Response, Problem> {
    let renewed = move |api: &Api, wanted: &Wanted| {
        let graph = api.lately(wanted)?.graph();
        if graph.is_empty() {
            let message = "nothing was seen in the last seven days that could be placed";
            return Err(Problem::conflict(
                "nothing_seen",
                message,
                "wait until there is traffic; the places that are known stay",
            ));
        }
        let current = api.settings.placing.renew(&graph, api.periods.status().now);
        let current = current.map_err(|error| Problem::unavailable(&format!("places cannot be written: {error}")))?;
        tracing::info!(epoch = %Moment(current.begun), places = current.places(), "laid out anew");
        let (epoch, places) = (Moment(current.begun), current.places() as u64);
        Ok(Renewed { schema: "hogusu.placing/v1".to_owned(), epoch, places })
    };
    let answer = api.work(asker, limits::PLACED_NANOS, renewed).await?;
    Ok((StatusCode::CREATED, answer).into_response())
}

impl Api {
    /// The placing epoch, in which every end of the period has a place, whatever is selected of it. The first one begins with the last seven
    /// days, whatever period is asked for; where there is no room to read those, with this one.
    pub(super) fn placed(&self, analysed: &Analysed, wanted: &Wanted) -> Result<Arc<Current>, Problem> {
        let (placing, now) = (&self.settings.placing, self.periods.status().now);
        match placing.begin(now, || self.lately(wanted).map(|seen| seen.graph())) {
            Ok(()) => {}
            Err(StoreError::Unwanted(Unwanted::Left)) => return Err(Unwanted::Left.into()),
            Err(error) => {
                tracing::warn!(%error, "the last seven days cannot be read: the first placing epoch begins with less");
            }
        }
        let seen = analysed.seen();
        Ok(placing.shown(&seen.ends, now, || seen.graph()))
    }

    /// What was seen in the last seven days, as far as that is added up.
    fn lately(&self, wanted: &Wanted) -> Result<Seen, StoreError> {
        let mut seen = Seen::default();
        for (from, to, finest) in stretches(self.periods.status().now) {
            let part = wanted.part();
            let period = spans::read().in_scope(|| {
                let period = self.periods.period_at(from, to, finest, &part)?;
                spans::number(spans::ROWS, period.rows.len() as u64);
                Ok::<_, StoreError>(period)
            })?;
            let joined = spans::join().in_scope(|| {
                let joined = join_wanted(&period, Include::default(), &part)?;
                spans::number(spans::EDGES, joined.edges.len() as u64);
                Ok::<_, Unwanted>(joined)
            })?;
            seen.add(Seen::of(&joined.edges));
        }
        Ok(seen)
    }
}

/// The days that are over, the hours of today whose files are rolled up by now, and the last five minutes: the slots of a whole hour are
/// more than a question has time for.
fn stretches(now: u64) -> impl Iterator<Item = (u64, u64, Resolution)> {
    let (midnight, hour) = (now - now % (24 * HOUR_NANOS), now - now % HOUR_NANOS);
    let days = (midnight.saturating_sub(limits::PLACED_NANOS), midnight, Resolution::Day);
    let hours = (midnight, hour.saturating_sub(HOUR_NANOS), Resolution::Hour);
    let slots = (now.saturating_sub(LAST_NANOS), now, Resolution::Slot);
    [days, hours, slots].into_iter().filter(|(from, to, _)| from < to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_hours_and_the_last_minutes_are_apart_and_no_open_hour_is_read() {
        let day = 24 * HOUR_NANOS;
        let of = |now: u64| stretches(now).map(|(from, to, _)| (from, to)).collect::<Vec<_>>();
        let (begun, noon) = (20_000 * day, 20_000 * day + 12 * HOUR_NANOS + 7);
        assert_eq!(of(noon), [(begun - 7 * day, begun), (begun, begun + 11 * HOUR_NANOS), (noon - LAST_NANOS, noon)]);
        assert_eq!(of(begun + 7), [(begun - 7 * day, begun), (begun + 7 - LAST_NANOS, begun + 7)]);
        assert_eq!(of(7), [(0, 7)]);
    }
}
