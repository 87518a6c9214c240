//! Baselines and diffs: what is asked of them by anybody, and the acts, which only who is at the data folder can ask for.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, post};
use hogusu_compare::{Gathering, LONGEST_HOURS, PeriodOfMesh};
use serde::Deserialize;

use super::answer::{Json, Lines, Problem};
use super::asker::Asker;
use super::pairs::Pairs;
use super::part::Part;
use super::sent::Sent;
use super::{Api, nothing};
use crate::allowance::{BASELINE_BYTE, EDGE_HOUR};
use crate::analysis::numerals::counted;
use crate::baseline::{BaselineError, Baselines, End, Head, Line, Name, SCHEMA};
use crate::hours::{self, Coarser, HOUR_NANOS, Stretch};
use crate::limits;
use crate::report::Moment;
use crate::report::changes;
use crate::spans;
use crate::wanted::Wanted;

/// Edges of an answer when nothing is said.
pub(super) const EDGES: usize = 1_000;
/// And at most.
pub(super) const MOST_EDGES: usize = 100_000;
const NAME: &str = "a name is";

/// What only who is at the data folder can ask for.
pub(super) fn acts(api: Arc<Api>) -> Router {
    Router::new()
        .route("/api/v1/baselines", post(save))
        .route("/api/v1/baselines/{name}", delete(remove))
        .fallback(nothing)
        .layer(DefaultBodyLimit::max(limits::ACT_BYTES))
        .with_state(api)
}

/// One of the periods of a diff.
#[derive(Debug, Clone)]
enum Given {
    Baseline(Name),
    Hours(Stretch),
}

pub(super) async fn list(State(api): State<Arc<Api>>, Pairs(pairs): Pairs, asker: Asker) -> Result<Json, Problem> {
    one_of(&pairs, &[])?;
    let baselines = api.baselines()?;
    let listed = move |_: &Api, _: &Wanted| {
        let one = |entry: crate::baseline::Entry| {
            let (head, problem) = match entry.head {
                Ok(head) => (Some(head), None),
                Err(error) => (None, Some(error.to_string())),
            };
            let moment = |of: fn(&Head) -> u64| head.as_ref().map(|head| Moment(of(head)));
            changes::Baseline {
                name: entry.name,
                bytes: entry.bytes,
                from: moment(|head| head.from.saturating_mul(HOUR_NANOS)),
                to: moment(|head| head.from.saturating_add(head.hours).saturating_mul(HOUR_NANOS)),
                saved: moment(|head| head.saved),
                problem,
            }
        };
        let found = baselines.list()?.into_iter().map(one).collect();
        Ok(changes::Baselines { schema: changes::BASELINES.to_owned(), baselines: found })
    };
    api.work(asker, u64::MAX, listed).await
}

pub(super) async fn show(
    State(api): State<Arc<Api>>,
    Part(name): Part,
    Pairs(pairs): Pairs,
    asker: Asker,
) -> Result<Json, Problem> {
    let limit = limit(one_of(&pairs, &["limit"])?.first().copied().flatten())?;
    let (baselines, name) = (api.baselines()?, named(&name)?);
    let shown = move |_: &Api, wanted: &Wanted| {
        wanted.take(BASELINE_BYTE.saturating_mul(baselines.bytes(&name)?))?;
        let (head, period) = spans::read().in_scope(|| baselines.period(&name))?;
        Ok(changes::shown(&head, &period, limit))
    };
    api.work(asker, u64::MAX, shown).await
}

pub(super) async fn export(
    State(api): State<Arc<Api>>,
    Part(name): Part,
    Pairs(pairs): Pairs,
    asker: Asker,
) -> Result<Lines, Problem> {
    one_of(&pairs, &[])?;
    let (baselines, name) = (api.baselines()?, named(&name)?);
    let turn = api.turn(&asker, u64::MAX).await?;
    let share = api.answers.share(asker.party);
    let read = tokio::task::spawn_blocking(spans::carried(move || {
        let _turn = turn;
        let lines = spans::read().in_scope(|| baselines.export(&name))?;
        spans::write().in_scope(|| Lines::of(lines, asker.is_multiplexed, share))
    }));
    read.await.map_err(|_stopping| Problem::unavailable("the collector is stopping"))?
}

pub(super) async fn diff(State(api): State<Arc<Api>>, Pairs(pairs): Pairs, asker: Asker) -> Result<Json, Problem> {
    let given = one_of(&pairs, &["a", "b", "limit"])?;
    let [a, b, most] = [0, 1, 2].map(|place| given.get(place).copied().flatten());
    let missing = || Problem::bad("missing_parameter", "a is not given", "a=NAME of a baseline, or a=FROM/TO");
    let (a, limit) = (read_given(a.ok_or_else(missing)?)?, limit(most)?);
    let b = b.map(read_given).transpose()?;
    let baselines = api.baselines()?;
    let compared = move |api: &Api, wanted: &Wanted| {
        let before = api.side(&baselines, &a, wanted)?;
        // Without a second one: as long as the first, up to the last hour that is over.
        let over = api.periods.status().sealed_to / HOUR_NANOS;
        let hours = before.hours;
        let b = b.unwrap_or(Given::Hours(Stretch { from: over.saturating_sub(hours), hours }));
        let after = api.side(&baselines, &b, wanted)?;
        are_apart(&before, &after)?;
        let name = |given: &Given| if let Given::Baseline(name) = given { Some(name.to_string()) } else { None };
        Ok(spans::compare().in_scope(|| changes::diff(&before, &after, (name(&a), name(&b)), limit)))
    };
    api.work(asker, u64::MAX, compared).await
}

/// What is in both periods cannot have changed from one to the other.
fn are_apart(a: &PeriodOfMesh, b: &PeriodOfMesh) -> Result<(), Problem> {
    let end = |period: &PeriodOfMesh| period.from.saturating_add(period.hours);
    let shared = end(a).min(end(b)).saturating_sub(a.from.max(b.from));
    if shared == 0 {
        return Ok(());
    }
    let message = format!("the periods share {}: what is the same hour cannot have changed", counted(shared, "hour"));
    let begin = Moment(end(a).saturating_mul(HOUR_NANOS));
    let remedy =
        format!("give periods apart: a second one that begins at {begin} or later, or ends before the first one");
    Err(Problem::bad("bad_period", &message, &remedy))
}

/// The body of a save.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Save {
    name: String,
    from: Moment,
    to: Moment,
}

async fn save(State(api): State<Arc<Api>>, asker: Asker, Sent(body): Sent) -> Result<Response, Problem> {
    let remedy = "give {\"name\":NAME,\"from\":TIME,\"to\":TIME}";
    let wanted: Save =
        serde_json::from_str(&body).map_err(|error| Problem::bad("bad_body", &error.to_string(), remedy))?;
    let (name, stretch) = (named(&wanted.name)?, stretch(wanted.from, wanted.to)?);
    let baselines = api.baselines()?;
    api.is_kept(stretch)?;
    let (waited, share) = (Wanted::within(&api.settings.allowance), api.answers.share(asker.party));
    // Dropped with this future: when whoever asked has gone.
    let _waiting = waited.waiting();
    let saving = tokio::task::spawn_blocking(spans::carried(move || {
        let saved = api.periods.status().now;
        let Stretch { from, hours } = stretch;
        let head = Head { schema: SCHEMA.to_owned(), name: name.to_string(), from, hours, saved };
        let bytes = api.save(&baselines, &name, &head, stretch, &waited)?;
        let moment = |hour: u64| Some(Moment(hour.saturating_mul(HOUR_NANOS)));
        let entry = changes::Baseline {
            name: name.to_string(),
            bytes,
            from: moment(from),
            to: moment(from.saturating_add(hours)),
            saved: Some(Moment(saved)),
            problem: None,
        };
        Json::of(&entry, false, share)
    }));
    let saved = tokio::time::timeout(limits::SAVE_TIME, saving).await;
    let saved = saved.map_err(|_late| Problem::late(limits::SAVE_TIME))?;
    let saved = saved.map_err(|_stopping| Problem::unavailable("the collector is stopping"))??;
    Ok((StatusCode::CREATED, saved).into_response())
}

async fn remove(State(api): State<Arc<Api>>, Part(name): Part) -> Result<StatusCode, Problem> {
    let (baselines, name) = (api.baselines()?, named(&name)?);
    let removed = tokio::task::spawn_blocking(spans::carried(move || baselines.remove(&name))).await;
    removed.map_err(|_stopping| Problem::unavailable("the collector is stopping"))??;
    Ok(StatusCode::NO_CONTENT)
}

impl Api {
    fn baselines(&self) -> Result<Arc<Baselines>, Problem> {
        let none = || Problem::unavailable("this collector has no folder for baselines");
        self.settings.baselines.clone().ok_or_else(none)
    }

    /// Whether every hour is over, and none lies before what is kept.
    fn is_kept(&self, stretch: Stretch) -> Result<(), Problem> {
        let status = self.periods.status();
        let over = status.sealed_to / HOUR_NANOS;
        let moment = |hour: u64| Moment(hour.saturating_mul(HOUR_NANOS));
        if stretch.from.saturating_add(stretch.hours) > over {
            let remedy = format!("the last hour that is over ends at {}", moment(over));
            return Err(Problem::bad("not_over", "the period is not over", &remedy));
        }
        let oldest = status.oldest / HOUR_NANOS;
        if status.oldest == 0 || stretch.from < oldest {
            let remedy = match status.oldest {
                0 => "nothing is kept yet".to_owned(),
                _ => format!("what is kept begins in the hour of {}", moment(oldest)),
            };
            return Err(Problem::bad("not_kept", "the period begins before what is kept", &remedy));
        }
        Ok(())
    }

    /// One of the periods of a diff.
    fn side(&self, baselines: &Baselines, given: &Given, wanted: &Wanted) -> Result<PeriodOfMesh, Problem> {
        let stretch = match given {
            Given::Baseline(name) => {
                wanted.take(BASELINE_BYTE.saturating_mul(baselines.bytes(name)?))?;
                return Ok(spans::read().in_scope(|| baselines.period(name))?.1);
            }
            Given::Hours(stretch) => *stretch,
        };
        self.is_kept(stretch)?;
        let mut gathering = Gathering::new(stretch.from, stretch.hours);
        let expected = self.settings.expected.as_ref();
        let ends = hours::read(&*self.periods, expected, stretch, wanted, |hour| {
            wanted.take(EDGE_HOUR.saturating_mul(hour.edges.len() as u64))?;
            gathering.hour(&hour).map_err(|_more| Problem::from(BaselineError::TooMuch))
        })?;
        ends.edges.into_iter().for_each(|edge| gathering.edge(edge));
        Ok(gathering.finish(ends.covered, ends.lacking))
    }

    fn save(
        &self,
        baselines: &Baselines,
        name: &Name,
        head: &Head,
        stretch: Stretch,
        wanted: &Wanted,
    ) -> Result<u64, Problem> {
        let mut saving = baselines.begin(name, head)?;
        let expected = self.settings.expected.as_ref();
        let ends = hours::read(&*self.periods, expected, stretch, wanted, |hour| {
            Ok::<(), Problem>(saving.line(&Line::Hour(hour))?)
        })?;
        let edges = ends.edges.len() as u64;
        for edge in ends.edges {
            saving.line(&Line::Edge(Box::new(edge)))?;
        }
        let written = |workloads: std::collections::BTreeSet<hogusu_model::Workload>| {
            workloads.into_iter().map(|one| [one.cluster, one.namespace, one.name]).collect()
        };
        Ok(saving.finish(End { edges, covered: written(ends.covered), lacking: written(ends.lacking) })?)
    }
}

/// The values of these parameters; anything else, and anything twice, is refused.
fn one_of<'a>(pairs: &'a [(String, String)], known: &[&str]) -> Result<Vec<Option<&'a str>>, Problem> {
    for (place, (name, _)) in pairs.iter().enumerate() {
        if !known.contains(&name.as_str()) {
            let remedy = if known.is_empty() {
                "this address takes none".to_owned()
            } else {
                format!("known: {}", known.join(", "))
            };
            return Err(Problem::bad("unknown_parameter", &format!("there is no parameter {name}"), &remedy));
        }
        if pairs.iter().take(place).any(|(earlier, _)| earlier == name) {
            return Err(Problem::bad("repeated_parameter", &format!("{name} is given twice"), "give it once"));
        }
    }
    let value = |name: &&str| pairs.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
    Ok(known.iter().map(value).collect())
}

fn limit(value: Option<&str>) -> Result<usize, Problem> {
    let Some(value) = value else { return Ok(EDGES) };
    let within = |limit: &usize| (1..=MOST_EDGES).contains(limit);
    let message = format!("limit={value} is not between 1 and {MOST_EDGES}");
    let remedy = format!("leave it out for {EDGES}");
    value.parse().ok().filter(within).ok_or_else(|| Problem::bad("bad_limit", &message, &remedy))
}

fn named(text: &str) -> Result<Name, Problem> {
    let remedy = format!("{NAME} {}", Name::GRAMMAR);
    let shown = crate::shown::word(text);
    Name::parse(text).ok_or_else(|| Problem::bad("bad_name", &format!("{shown} names no baseline"), &remedy))
}

/// A baseline's name, or `FROM/TO`.
fn read_given(text: &str) -> Result<Given, Problem> {
    let Some((from, to)) = text.split_once('/') else { return Ok(Given::Baseline(named(text)?)) };
    let moment = |text: &str| {
        let remedy = "give NAME of a baseline, or FROM/TO, each as 2026-11-24T14:00:00Z";
        Moment::parse(text).ok_or_else(|| Problem::bad("bad_period", &format!("{text} is no time"), remedy))
    };
    Ok(Given::Hours(stretch(moment(from)?, moment(to)?)?))
}

/// Whole hours, of which there are some and not too many.
fn stretch(from: Moment, to: Moment) -> Result<Stretch, Problem> {
    let bad = |message: &str, remedy: &str| Problem::bad("bad_period", message, remedy);
    for moment in [from, to] {
        if moment.0 % HOUR_NANOS != 0 {
            let before = Moment(moment.0 - moment.0 % HOUR_NANOS);
            let remedy = format!("periods are of whole hours of UTC: give {before}, or an hour later");
            return Err(bad(&format!("{moment} is within an hour"), &remedy));
        }
    }
    let hours = to.0.saturating_sub(from.0) / HOUR_NANOS;
    if hours == 0 {
        return Err(bad("the period is empty: from is not before to", "exchange them"));
    }
    if hours > LONGEST_HOURS {
        return Err(bad("the period is longer than 92 days", "ask for a shorter one"));
    }
    Ok(Stretch { from: from.0 / HOUR_NANOS, hours })
}

impl From<Coarser> for Problem {
    fn from(Coarser { hour }: Coarser) -> Self {
        let message = format!("of {} no hours are kept any more", Moment(hour.saturating_mul(HOUR_NANOS)));
        Self::bad("not_kept", &message, "give a later period; --keep 1h= says how long hours are kept")
    }
}

impl From<BaselineError> for Problem {
    fn from(error: BaselineError) -> Self {
        let message = error.to_string();
        match error {
            BaselineError::Missing(_) => {
                Self::not_found("no_such_baseline", &message, "GET /api/v1/baselines lists those that are there")
            }
            BaselineError::Exists(_) => {
                Self::conflict("exists", &message, "give another name, or remove that one first")
            }
            BaselineError::TooMany(_) => Self::conflict("too_many", &message, "remove one that is not needed any more"),
            BaselineError::TooLarge(_) | BaselineError::TooMuch => {
                Self::bad("too_much", &message, "give a shorter period")
            }
            BaselineError::Damaged { .. } => {
                Self::conflict("damaged", &message, "restore its file from a copy, or remove it")
            }
            BaselineError::Busy => Self::busy(&message),
            BaselineError::Folder(_) => Self::unavailable(&message),
        }
    }
}
