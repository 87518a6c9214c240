//! The HTTP JSON API under `/api/v1`, and the page at `/`. Parses questions strictly, asks the store off the event
//! loop, and writes reports out; docs/api.md describes every field. Decides nothing about the numbers.

mod answer;
mod asker;
pub mod backups;
mod cascades;
mod compliance;
mod cursor;
mod events;
pub mod expected_file;
mod facts;
mod graph;
mod groups;
mod guarded;
mod history;
mod method;
mod named;
mod openapi;
mod pairs;
mod part;
mod places;
pub mod placing;
mod problem;
pub mod proxies;
mod question;
mod revalidation;
pub mod senders;
mod sent;
mod series;
mod settings;
mod shape;
mod shared;
pub mod status;
mod traced;
mod turns;
mod unstable;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::{MethodRouter, get};
use serde::Serialize;
use tracing::Instrument;

use self::answer::{Json, Problem};
use self::asker::Asker;
use self::cursor::Cursor;
use self::events::Events;
pub(crate) use self::guarded::guarded;
use self::openapi::addresses::{self, Address};
use self::pairs::Pairs;
use self::part::Part;
use self::question::{Allowed, Question};
use self::shared::{About, Awaited, Shared};
use self::turns::{Turn, Turns};
use crate::analysis::join::Taking;
use crate::declared::InForce;
use crate::limits;
use crate::period::{Period, Periods, StoreError};
use crate::report::Moment;
use crate::report::analysed::Analysed;
use crate::shares::{Share, Shares};
use crate::spans;
use crate::telemetry::Metric;
use crate::ui;
use crate::wanted::{Unwanted, Wanted};

pub use self::backups::Backups;
pub use self::method::not_taken;
pub(crate) use self::problem::Wrong;
pub(crate) use self::question::parse_length;
pub use self::settings::{Patience, Settings};

/// What counts as now for the question how proxies report, nanoseconds: one minute.
const LATELY: u64 = 60_000_000_000;

/// After this an answer whose time is over is let go of, though nobody asks.
const KEPT_LONGER: Duration = Duration::from_secs(1);

struct Api {
    periods: Arc<dyn Periods>,
    settings: Settings,
    turns: Turns,
    shared: Shared,
    answers: Shares,
    events: Arc<Events>,
}

/// Everything a browser or `hogusu map` asks for, and what only who is at the data folder may ask for: the acts.
pub fn routers(periods: Arc<dyn Periods>, settings: Settings) -> (Router, Router) {
    let api = api(periods, settings);
    let acts =
        history::acts(Arc::clone(&api)).merge(backups::acts(Arc::clone(&api))).merge(placing::acts(Arc::clone(&api)));
    let acts = acts.layer(axum::middleware::from_fn(traced::question));
    // A router says only outside its own layers which methods it takes.
    let worded = Router::new().fallback_service(acts).layer(axum::middleware::from_fn(not_taken));
    (questions(api), worded.layer(axum::middleware::map_response(guarded)))
}

/// Everything a browser or `hogusu map` asks for.
pub fn router(periods: Arc<dyn Periods>, settings: Settings) -> Router {
    questions(api(periods, settings))
}

fn api(periods: Arc<dyn Periods>, settings: Settings) -> Arc<Api> {
    let (turns, answers) =
        (Turns::new(Arc::clone(&settings.telemetry), settings.patience.wait), Shares::new(settings.answers));
    let events = Arc::new(Events::new(Arc::clone(&settings.telemetry)));
    Arc::new(Api { periods, settings, turns, shared: Shared::default(), answers, events })
}

/// Every address that is asked, with what answers it. `openapi` describes these, and only these.
fn addresses() -> [(Address, MethodRouter<Arc<Api>>); 23] {
    [
        (addresses::MAP, get(map)),
        (addresses::GRAPH, get(graph::graph)),
        (addresses::GROUPS, get(groups::groups)),
        (addresses::FACTS, get(facts::facts)),
        (addresses::COMPLIANCE, get(compliance::compliance)),
        (addresses::EDGE, get(edge)),
        (addresses::SERIES, get(series::series)),
        (addresses::ENTRIES, get(shape::entries)),
        (addresses::IMPACT, get(shape::impact)),
        (addresses::COUPLING, get(shape::coupling)),
        (addresses::TURNOVER, get(shape::turnover)),
        (addresses::UNSTABLE, get(unstable::unstable)),
        (addresses::CASCADES, get(cascades::cascades)),
        (addresses::OBSERVABILITY, get(shape::observability)),
        (addresses::SENDERS, get(list_senders)),
        (addresses::PROXIES, get(list_proxies)),
        (addresses::STATUS, get(show_status)),
        (addresses::EVENTS, get(events::events)),
        (addresses::BASELINES, get(history::list)),
        (addresses::BASELINE, get(history::show)),
        (addresses::EXPORT, get(history::export)),
        (addresses::DIFF, get(history::diff)),
        (addresses::DESCRIPTION, get(openapi::show)),
    ]
}

fn questions(api: Arc<Api>) -> Router {
    let described = addresses().into_iter().fold(Router::new(), |all, (address, one)| all.route(address.path, one));
    let v1 = described
        .route("/api/{*path}", get(nothing))
        .with_state(api)
        .layer(axum::middleware::from_fn(revalidation::told))
        .layer(axum::middleware::from_fn(traced::question));
    v1.merge(ui::router()).layer(axum::middleware::map_response(guarded))
}

async fn map(State(api): State<Arc<Api>>, Pairs(pairs): Pairs, asker: Asker) -> Result<Json, Problem> {
    let Question { from, to, selection, limit, page } =
        Question::parse(&pairs, Allowed::Map, api.periods.status().now)?;
    let about = About::of(from, to, selection.include);
    let (answer, analysed) = api.analysed(&asker, about, page.answer).await?;
    let written = move || {
        let (mut map, are_more) = analysed.page(&selection, page.offset, limit);
        // What was asked for, not what it was rounded to: by that the answer is found again.
        let (from, to) = (about.from, about.to);
        let next = Cursor { offset: page.offset.saturating_add(limit), from, to, answer, ..page };
        map.next_cursor = are_more.then(|| next.to_string());
        Ok(map)
    };
    api.write(asker, written).await
}

async fn edge(State(api): State<Arc<Api>>, Part(id): Part, Pairs(pairs): Pairs, asker: Asker) -> Result<Json, Problem> {
    let Question { from, to, selection, page, .. } = Question::parse(&pairs, Allowed::Edge, api.periods.status().now)?;
    let about = About::of(from, to, selection.include);
    let (_, analysed) = api.analysed(&asker, about, page.answer).await?;
    let written = move || {
        let missing = || answer::OneEdge::missing(&id, Moment(about.from), Moment(about.to));
        analysed.edge(&id, &selection).and_then(answer::OneEdge::of).ok_or_else(missing)
    };
    api.write(asker, written).await
}

async fn list_senders(State(api): State<Arc<Api>>, Pairs(pairs): Pairs, asker: Asker) -> Result<Json, Problem> {
    let Question { from, to, limit, page, .. } = Question::parse(&pairs, Allowed::Senders, api.periods.status().now)?;
    api.ask(asker, from, to, move |period| senders::Senders::of(&period, page, limit)).await
}

async fn show_status(State(api): State<Arc<Api>>, Pairs(pairs): Pairs, asker: Asker) -> Result<Json, Problem> {
    Question::parse(&pairs, Allowed::Nothing, 0)?;
    let tls = api.settings.tls.as_ref().map(|tls| tls.lock().unwrap_or_else(PoisonError::into_inner).clone());
    Json::of(
        &status::Status::of(&api.periods.status(), tls, &api.settings.declared.now(), api.settings.trace_url.clone()),
        asker.is_multiplexed,
        api.answers.share(asker.party),
    )
}

async fn list_proxies(State(api): State<Arc<Api>>, Pairs(pairs): Pairs, asker: Asker) -> Result<Json, Problem> {
    Question::parse(&pairs, Allowed::Nothing, 0)?;
    let now = api.periods.status().now;
    // The last minute holds every sender that runs, and those that fell silent lately.
    api.ask(asker, now.saturating_sub(LATELY), now, |period| proxies::Proxies::of(&period)).await
}

async fn nothing() -> Problem {
    Problem::not_found("no_such_address", "there is nothing at this address", "see docs/api.md for what there is")
}

impl Api {
    /// What the analysis finds in a period, and the name of this answer: the one that a cursor names, one that others share, or a new
    /// one.
    async fn analysed(
        self: &Arc<Self>,
        asker: &Asker,
        about: About,
        named: u64,
    ) -> Result<(u64, Arc<Analysed>), Problem> {
        let in_force = self.settings.declared.now();
        let about = About { declared: in_force.revision, ..about };
        let now = || self.periods.status().now;
        let known = || self.shared.named(named, about, now()).or_else(|| self.shared.find(about, now()));
        if let Some(awaited) = known() {
            return self.found(asker, awaited).instrument(spans::shared()).await;
        }
        let turn = self.turn(asker, about.to.saturating_sub(about.from)).await?;
        // Somebody else may have begun it meanwhile.
        if let Some(awaited) = known() {
            drop(turn);
            return self.found(asker, awaited).instrument(spans::shared()).await;
        }
        let begun = now();
        let (awaited, working) = self.shared.begin(about, begun, Wanted::within(&self.settings.allowance));
        self.forget_later();
        let api = Arc::clone(self);
        tokio::task::spawn_blocking(spans::carried(move || {
            let _turn = turn;
            let found = api.noted(api.analyse(about, &in_force, &working.wanted));
            let took = api.periods.status().now.saturating_sub(begun);
            working.end(found, took);
        }));
        self.found(asker, awaited).await
    }

    /// Nobody may ask any more, and what is kept is large.
    fn forget_later(self: &Arc<Self>) {
        let api = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_nanos(limits::PAGES_NANOS) + KEPT_LONGER).await;
            if let Some(api) = api.upgrade() {
                api.shared.forget(api.periods.status().now);
            }
        });
    }

    /// Where there is no room for it, what is kept for others, for their further pages or further questions, goes first.
    fn analyse(&self, about: About, in_force: &InForce, wanted: &Wanted) -> Result<Analysed, Problem> {
        let taking = Taking { include: about.include, declared: Some(in_force) };
        let analysed = || {
            let part = wanted.part();
            let period = self.read(about.from, about.to, &part)?;
            Ok(Analysed::of(&period, self.settings.expected.as_ref(), taking, &part)?)
        };
        let found = match analysed() {
            Err(StoreError::Unwanted(Unwanted::Exceeded(_))) if self.shared.let_go() | self.periods.let_go() => {
                analysed()
            }
            found => found,
        };
        Ok(found?)
    }

    /// Reads a period.
    fn read(&self, from: u64, to: u64, wanted: &Wanted) -> Result<Period, StoreError> {
        spans::read().in_scope(|| {
            let period = self.periods.period(from, to, wanted)?;
            spans::number(spans::ROWS, period.rows.len() as u64);
            Ok(period)
        })
    }

    /// Waits for an answer that is worked on, as long as the asker does.
    async fn found(&self, asker: &Asker, awaited: Awaited) -> Result<(u64, Arc<Analysed>), Problem> {
        let id = awaited.id;
        let found = tokio::select! {
            found = awaited.found(self.settings.patience.work) => found,
            () = asker.left() => return Err(Unwanted::Left.into()),
        };
        Ok((id, found.ok_or_else(|| self.late())??))
    }

    async fn turn(&self, asker: &Asker, length: u64) -> Result<Turn, Problem> {
        tokio::select! {
            turn = self.turns.take(asker.party.clone(), length).instrument(spans::turn()) => turn,
            () = asker.left() => Err(Unwanted::Left.into()),
        }
    }

    /// Counts what found no room.
    fn noted<T>(&self, found: Result<T, Problem>) -> Result<T, Problem> {
        if found.as_ref().is_err_and(Problem::is_no_room) {
            self.settings.telemetry.add(Metric::QuestionsTooLarge, 1);
        }
        found
    }

    fn late(&self) -> Problem {
        self.settings.telemetry.add(Metric::QuestionsLate, 1);
        Problem::late(self.settings.patience.work)
    }

    /// Writes an answer out, off the event loop.
    async fn write<T: Serialize>(
        &self,
        asker: Asker,
        report: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<Json, Problem> {
        let share = self.answers.share(asker.party);
        let written = move || spans::write().in_scope(|| Json::of(&report()?, asker.is_multiplexed, share));
        let written = tokio::task::spawn_blocking(spans::carried(written)).await;
        written.map_err(|_stopping| Problem::unavailable("the collector is stopping"))?
    }

    /// Reads a period, works on it and writes what comes of it.
    async fn ask<T: Serialize + 'static>(
        self: &Arc<Self>,
        asker: Asker,
        from: u64,
        to: u64,
        work: impl FnOnce(Period) -> T + Send + 'static,
    ) -> Result<Json, Problem> {
        let read = move |api: &Self, wanted: &Wanted| {
            let period = api.read(from, to, wanted)?;
            Ok(spans::find().in_scope(|| work(period)))
        };
        self.work(asker, to.saturating_sub(from), read).await
    }

    /// Works on an answer about so many nanoseconds and writes it, off the event loop, in the question's turn, and only as long as it is
    /// wanted.
    async fn work<T: Serialize + 'static>(
        self: &Arc<Self>,
        asker: Asker,
        length: u64,
        work: impl FnOnce(&Self, &Wanted) -> Result<T, Problem> + Send + 'static,
    ) -> Result<Json, Problem> {
        self.work_as(asker, length, Json::of, work).await
    }

    /// The same, written so.
    async fn work_as<T: 'static, A: Send + 'static>(
        self: &Arc<Self>,
        asker: Asker,
        length: u64,
        write: fn(&T, bool, Share) -> Result<A, Problem>,
        work: impl FnOnce(&Self, &Wanted) -> Result<T, Problem> + Send + 'static,
    ) -> Result<A, Problem> {
        let share = self.answers.share(asker.party.clone());
        let turn = self.turn(&asker, length).await?;
        let wanted = Wanted::within(&self.settings.allowance);
        let (api, is_multiplexed) = (Arc::clone(self), asker.is_multiplexed);
        // Dropped with this future too: when the stream of HTTP/2 is reset, or its connection ends.
        let _waiting = wanted.waiting();
        let working = tokio::task::spawn_blocking(spans::carried(move || {
            let _turn = turn;
            let report = api.noted(work(&api, &wanted))?;
            wanted.check()?;
            spans::write().in_scope(|| write(&report, is_multiplexed, share))
        }));
        let answered = tokio::select! {
            answered = tokio::time::timeout(self.settings.patience.work, working) => answered,
            () = asker.left() => return Err(Unwanted::Left.into()),
        };
        let answered = answered.map_err(|_late| self.late())?;
        answered.map_err(|_stopping| Problem::unavailable("the collector is stopping"))?
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unwanted(unwanted) => unwanted.into(),
            error => Self::unavailable(&error.to_string()),
        }
    }
}

impl From<Unwanted> for Problem {
    fn from(unwanted: Unwanted) -> Self {
        match unwanted {
            // Nobody reads it.
            Unwanted::Left => Self::unavailable(&unwanted.to_string()),
            Unwanted::Exceeded(exceeded) => Self::no_room(&exceeded.to_string()),
        }
    }
}
