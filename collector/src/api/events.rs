//! `GET /api/v1/events`: server-sent events that say which slot is the newest, so that a page asks when there is something to ask for.
//!
//! Nothing is read for them, and no question's turn is taken. One task looks each second for all streams, and none while nobody listens. Each
//! stream holds the newest word alone: who reads slowly misses some, and keeps nothing waiting.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::Api;
use super::answer::Problem;
use super::asker::Asker;
use super::pairs::Pairs;
use super::places::{Place, Places};
use super::question::{Allowed, Question};
use crate::limits;
use crate::period::{Periods, Status};
use crate::report::Moment;
use crate::telemetry::{Metric, Telemetry};

/// How the stream's event is called.
const SLOT: &str = "slot";
/// Name and version of the shape of its data.
const SCHEMA: &str = "hogusu.slot/v1";

// A stream over HTTP/2 ends in order before it would be reset.
const _: () = assert!(limits::EVENTS_TIME.as_secs() < limits::STREAM_TIME.as_secs());

/// What is told: which slot is the newest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct NewestSlot {
    /// Name and version of this shape.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// Start of the newest slot that holds something; `None`: there is none. It is the event's id too.
    slot: Option<Moment>,
    /// Slots that end here or before are sealed.
    sealed_to: Moment,
}

impl NewestSlot {
    fn of(status: &Status) -> Self {
        let slot = (status.newest > 0).then_some(Moment(status.newest));
        Self { schema: SCHEMA, slot, sealed_to: Moment(status.sealed_to) }
    }

    fn event(&self) -> Result<Event, axum::Error> {
        let event = Event::default().event(SLOT).json_data(self)?;
        Ok(match self.slot {
            Some(slot) => event.id(slot.to_string()),
            None => event,
        })
    }
}

/// All streams, and who tells them.
#[derive(Debug)]
pub(super) struct Events {
    told: watch::Sender<Option<NewestSlot>>,
    /// Somebody looks for what is new. Held while a stream begins, and while it is found out that there is none any more.
    is_looking: Mutex<bool>,
    places: Places,
    telemetry: Arc<Telemetry>,
}

/// A stream's place among them.
#[derive(Debug)]
struct Listening {
    told: watch::Receiver<Option<NewestSlot>>,
    telemetry: Arc<Telemetry>,
    _place: Place,
}

impl Events {
    pub(super) fn new(telemetry: Arc<Telemetry>) -> Self {
        let places = Places::new(limits::EVENT_STREAMS, limits::EVENT_STREAMS_OF_PEER);
        Self { told: watch::Sender::new(None), is_looking: Mutex::new(false), places, telemetry }
    }

    /// From here on it is told, what is the newest now first.
    fn listen(self: &Arc<Self>, place: Place, periods: &Arc<dyn Periods>) -> Listening {
        let mut is_looking = self.is_looking.lock().unwrap_or_else(PoisonError::into_inner);
        let mut told = self.told.subscribe();
        if !*is_looking {
            *is_looking = true;
            self.told.send_replace(Some(NewestSlot::of(&periods.status())));
            tokio::spawn(Arc::clone(self).look(Arc::clone(periods)));
        }
        drop(is_looking);
        told.mark_changed();
        self.telemetry.add(Metric::EventStreams, 1);
        Listening { told, telemetry: Arc::clone(&self.telemetry), _place: place }
    }

    /// Tells what is new, until nobody listens.
    async fn look(self: Arc<Self>, periods: Arc<dyn Periods>) {
        let mut ticks = tokio::time::interval(limits::EVENT_LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if self.is_over() {
                return;
            }
            let newest = Some(NewestSlot::of(&periods.status()));
            self.told.send_if_modified(|told| {
                let is_new = *told != newest;
                told.clone_from(&newest);
                is_new
            });
        }
    }

    /// Whether nobody listens; then whoever comes next begins to look.
    fn is_over(&self) -> bool {
        let mut is_looking = self.is_looking.lock().unwrap_or_else(PoisonError::into_inner);
        *is_looking = self.told.receiver_count() > 0;
        !*is_looking
    }
}

impl Listening {
    /// Waits for the next word.
    async fn next(mut self) -> Option<(Result<Event, axum::Error>, Self)> {
        self.told.changed().await.ok()?;
        let newest = self.told.borrow_and_update().clone()?;
        Some((newest.event(), self))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.telemetry.subtract(Metric::EventStreams, 1);
    }
}

/// `GET /api/v1/events`.
pub(super) async fn events(
    State(api): State<Arc<Api>>,
    Pairs(pairs): Pairs,
    asker: Asker,
) -> Result<Response, Problem> {
    Question::parse(&pairs, Allowed::Nothing, 0)?;
    let Some(place) = api.events.places.take(asker.party.clone()) else {
        api.settings.telemetry.add(Metric::QuestionsRefused, 1);
        return Err(Problem::busy("too many streams of events are open"));
    };
    let listening = api.events.listen(place, &api.periods);
    let (time, stopping) = (api.settings.patience.listen, api.settings.stopping.clone());
    let ended = async move {
        let ends = async {
            tokio::select! {
                () = asker.left() => {}
                () = stopped(stopping) => {}
            }
        };
        // One that nobody ends is over all the same; who still listens asks anew.
        let _is_late = tokio::time::timeout(time, ends).await.is_err();
    };
    let told = stream::unfold(listening, Listening::next).take_until(Box::pin(ended));
    let stream = Sse::new(told).keep_alive(KeepAlive::new().interval(limits::EVENTS_ALIVE));
    // nginx holds an answer back until its buffer is full, unless it is told not to.
    Ok(([("x-accel-buffering", "no")], stream).into_response())
}

/// Waits until the collector stops.
async fn stopped(stopping: Option<watch::Receiver<()>>) {
    match stopping {
        Some(mut stopping) => while stopping.changed().await.is_ok() {},
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::Party;
    use crate::period::{Period, StoreError};
    use crate::wanted::Wanted;

    struct Still;

    impl Periods for Still {
        fn period(&self, _: u64, _: u64, _: &Wanted) -> Result<Period, StoreError> {
            Err(StoreError::Stopping)
        }

        fn status(&self) -> Status {
            Status::default()
        }
    }

    #[tokio::test]
    async fn who_reads_slowly_is_told_the_newest_alone() {
        let (events, periods): (_, Arc<dyn Periods>) = (Arc::new(Events::new(Arc::default())), Arc::new(Still));
        let mut listening = events.listen(events.places.take(Party::Unknown).unwrap(), &periods);
        let slot = |slot| NewestSlot::of(&Status { newest: slot, ..Status::default() });
        for newest in 1..100 {
            events.told.send_replace(Some(slot(newest)));
        }
        listening = listening.next().await.unwrap().1;
        assert_eq!(*listening.told.borrow(), Some(slot(99)));
        assert!(!listening.told.has_changed().unwrap(), "there is no other");
    }

    #[tokio::test]
    async fn one_looks_for_all_while_one_listens_and_nobody_afterwards() {
        let (events, periods): (_, Arc<dyn Periods>) = (Arc::new(Events::new(Arc::default())), Arc::new(Still));
        let listen = || events.listen(events.places.take(Party::Unknown).unwrap(), &periods);
        let is_looking = || *events.is_looking.lock().unwrap();
        for _round in 0..2 {
            assert!(!is_looking());
            let (first, second) = (listen(), listen());
            // The test has one of both, who looks the other.
            assert!(is_looking());
            assert_eq!(Arc::strong_count(&events), 2, "one looks for both");
            drop(first);
            let (_event, second) = second.next().await.unwrap();
            assert!(!events.is_over(), "one is left");
            drop(second);
            while is_looking() || Arc::strong_count(&events) > 1 {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(events.telemetry.get(Metric::EventStreams), 0);
    }
}
