//! What is served at which door, and what is told to whoever comes to the wrong one.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::any;

use super::doors::Purpose;
use super::hosts::{self, Hosts};
use super::judging::Judged;
use super::pages;
use crate::api::{self, Wrong};
use crate::ingest;
use crate::telemetry::{Metric, Telemetry};

/// All that is served, by whom it is for.
#[derive(Debug, Clone)]
pub(super) struct Served {
    batches: Router,
    /// Page, API and metrics.
    people: Router,
    probes: Router,
    /// Names by which it may be asked.
    hosts: Hosts,
    telemetry: Arc<Telemetry>,
}

impl Served {
    /// What takes batches and what answers questions, with health, readiness and metrics: the collector's own, and what its policies
    /// say.
    pub(super) fn new(
        batches: Router,
        questions: Router,
        hosts: Hosts,
        (telemetry, judged): (&Arc<Telemetry>, Judged),
    ) -> Self {
        let people = questions.merge(pages::own_metrics(Arc::clone(telemetry), judged));
        let probes = pages::probes(Arc::clone(telemetry));
        Self { batches, people, probes, hosts, telemetry: Arc::clone(telemetry) }
    }

    /// What a door of this purpose serves.
    pub(super) fn at(&self, purpose: Purpose) -> Router {
        let mut app = self.probes.clone();
        if purpose.takes_batches() {
            app = app.merge(self.batches.clone());
        }
        if purpose.answers_people() {
            app = app.merge(self.people.clone());
        }
        // What comes after the layer is told by whatever name it is asked: it shows nothing.
        let app = app.layer(from_fn_with_state(self.hosts.clone(), hosts::only_known));
        let app = match purpose {
            Purpose::All => app,
            Purpose::Senders => app.fallback(not_for_people),
            Purpose::People => {
                app.route_service(ingest::ADDRESS, any(not_for_senders).with_state(Arc::clone(&self.telemetry)))
            }
        };
        // A router says only outside its own layers which methods it takes.
        Router::new().fallback_service(app).layer(from_fn(api::not_taken))
    }
}

async fn not_for_people() -> Response {
    elsewhere(
        "this is the door of senders: batches and probes, and nothing else",
        "ask the collector's door for people, which has page, API and metrics (--listen-api or --listen)",
    )
    .await
}

async fn not_for_senders(State(telemetry): State<Arc<Telemetry>>, method: Method) -> Response {
    if method == Method::POST {
        telemetry.add(Metric::RefusedDoor, 1);
    }
    elsewhere(
        "this is the door of people, which takes no batches",
        "send them to the collector's door for senders (--listen-ingest or --listen)",
    )
    .await
}

/// It is said what the other door is for, and not where it is: that is not everybody's to know.
async fn elsewhere(message: &str, remedy: &str) -> Response {
    let wrong = Wrong { code: "other_door", message, remedy };
    let mut response = wrong.problem(StatusCode::NOT_FOUND);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    api::guarded(response).await
}
