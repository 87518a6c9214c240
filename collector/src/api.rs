//! The HTTP JSON API under `/api/v1`, and the page at `/`. Parses questions strictly, asks the store off the event
//! loop, and writes reports out; docs/api.md describes every field. Decides nothing about the numbers.

mod answer;
mod cursor;
pub mod expected_file;
pub mod proxies;
mod question;
pub mod senders;
pub mod status;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use axum::routing::get;
use tokio::sync::Semaphore;

use self::answer::{Json, Problem};
use self::cursor::Cursor;
use self::question::{Allowed, Question};
use crate::analysis::expected::Expected;
use crate::period::{Period, Periods};
use crate::report::{Map, Selection, build};
use crate::ui;

pub(crate) use self::question::parse_length;

/// Periods put together at the same time; further questions wait.
const AT_ONCE: usize = 4;

/// What counts as now for the question how proxies report, nanoseconds: one minute.
const LATELY: u64 = 60_000_000_000;

/// What the API is told at start.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Which proxies should report.
    pub expected: Option<Expected>,
}

struct Api {
    periods: Arc<dyn Periods>,
    settings: Settings,
    turns: Semaphore,
}

type Pairs = Query<Vec<(String, String)>>;

/// Everything a browser or `hogusu map` asks for.
pub fn router(periods: Arc<dyn Periods>, settings: Settings) -> Router {
    let api = Arc::new(Api { periods, settings, turns: Semaphore::new(AT_ONCE) });
    let v1 = Router::new()
        .route("/api/v1/map", get(map))
        .route("/api/v1/edges/{id}", get(edge))
        .route("/api/v1/senders", get(list_senders))
        .route("/api/v1/proxies", get(list_proxies))
        .route("/api/v1/status", get(show_status))
        .route("/api/{*path}", get(nothing))
        .with_state(api)
        .layer(axum::middleware::map_response(not_cached));
    v1.merge(ui::router()).layer(axum::middleware::map_response(guarded))
}

async fn map(State(api): State<Arc<Api>>, Query(pairs): Pairs) -> Result<Json<Map>, Problem> {
    let question = Question::parse(&pairs, Allowed::Map, api.periods.status().now)?;
    let (limit, offset) = (question.limit, question.offset);
    let mut map = api.map(&question).await?;
    let end = offset.saturating_add(limit);
    map.next_cursor =
        (end < map.edges.len()).then(|| Cursor { offset: end, from: map.from.0, to: map.to.0 }.to_string());
    map.edges = map.edges.into_iter().skip(offset).take(limit).collect();
    Ok(Json(map))
}

async fn edge(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    Query(pairs): Pairs,
) -> Result<Json<answer::OneEdge>, Problem> {
    let question = Question::parse(&pairs, Allowed::Edge, api.periods.status().now)?;
    let map = api.map(&question).await?;
    answer::OneEdge::of(map, &id).map(Json)
}

async fn list_senders(State(api): State<Arc<Api>>, Query(pairs): Pairs) -> Result<Json<senders::Senders>, Problem> {
    let question = Question::parse(&pairs, Allowed::Senders, api.periods.status().now)?;
    let (from, to) = (question.from, question.to);
    let period = api.ask(from, to, |period, _| period).await?;
    let (limit, offset) = (question.limit, question.offset);
    Ok(Json(senders::Senders::of(&period, offset, limit)))
}

async fn show_status(State(api): State<Arc<Api>>, Query(pairs): Pairs) -> Result<Json<status::Status>, Problem> {
    Question::parse(&pairs, Allowed::Nothing, 0)?;
    Ok(Json(status::Status::of(&api.periods.status())))
}

async fn list_proxies(State(api): State<Arc<Api>>, Query(pairs): Pairs) -> Result<Json<proxies::Proxies>, Problem> {
    Question::parse(&pairs, Allowed::Nothing, 0)?;
    let now = api.periods.status().now;
    // The last minute holds every sender that runs, and those that fell silent lately.
    api.ask(now.saturating_sub(LATELY), now, |period, _| Json(proxies::Proxies::of(&period))).await
}

async fn nothing() -> Problem {
    Problem::not_found("no_such_address", "there is nothing at this address", "see docs/api.md for what there is")
}

impl Api {
    async fn map(self: &Arc<Self>, question: &Question) -> Result<Map, Problem> {
        let selection: Selection = question.selection.clone();
        let put_together = move |period: Period, expected: Option<&Expected>| build::map(&period, expected, &selection);
        self.ask(question.from, question.to, put_together).await
    }

    /// Reads a period and works on it, off the event loop.
    async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        from: u64,
        to: u64,
        work: impl FnOnce(Period, Option<&Expected>) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let _turn = self.turns.acquire().await.map_err(|_| Problem::unavailable("the collector is stopping"))?;
        let api = Arc::clone(self);
        let answered = tokio::task::spawn_blocking(move || {
            let period = api.periods.period(from, to)?;
            Ok::<T, crate::period::StoreError>(work(period, api.settings.expected.as_ref()))
        });
        let answered = answered.await.map_err(|_| Problem::unavailable("the collector is stopping"))?;
        answered.map_err(|error| Problem::unavailable(&error.to_string()))
    }
}

async fn not_cached(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Nothing of another origin is loaded, nothing is guessed, nothing is framed.
async fn guarded(mut response: Response) -> Response {
    let headers: [(HeaderName, &str); 4] = [
        (CONTENT_SECURITY_POLICY, "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
