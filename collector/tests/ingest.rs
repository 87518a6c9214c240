//! What the endpoint answers when the writer cannot take a batch now.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use hogusu_collector::ingest::{Busy, Delivery, Ingest, Queue, Verdict};
use hogusu_collector::limits;
use hogusu_collector::telemetry::{Metric, Telemetry};
use hogusu_wire::Claim;
use http_body_util::BodyExt;
use tower::ServiceExt;

/// A queue that answers every delivery in one way.
enum Fixed {
    Full,
    Says(Verdict),
    Forgets,
}

impl Queue for Fixed {
    fn offer(&self, delivery: Delivery) -> Result<(), Busy> {
        match self {
            Self::Full => Err(Busy),
            Self::Says(verdict) => {
                delivery.answer.send(verdict.clone()).unwrap();
                Ok(())
            }
            Self::Forgets => Ok(()),
        }
    }
}

fn ingest(queue: Fixed) -> (Ingest, Arc<Telemetry>) {
    let telemetry = Arc::new(Telemetry::default());
    (Ingest::new(Arc::new(queue), Arc::clone(&telemetry), || 1), telemetry)
}

async fn post(ingest: &Ingest) -> Response<Body> {
    let request =
        Request::post("/v1/metrics").header("content-type", "application/x-protobuf").body(Body::from("body"));
    ingest.clone().router().oneshot(request.unwrap()).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8_lossy(&response.into_body().collect().await.unwrap().to_bytes()).into_owned()
}

#[tokio::test]
async fn a_full_queue_is_answered_503_with_retry_after() {
    let (ingest, telemetry) = ingest(Fixed::Full);
    let response = post(&ingest).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], limits::RETRY_AFTER_SECONDS.to_string());
    assert!(text(response).await.contains("busy"));
    assert_eq!(telemetry.get(Metric::RefusedBusy), 1);
}

#[tokio::test]
async fn too_many_bodies_at_once_are_answered_503() {
    let (ingest, _) = ingest(Fixed::Says(Verdict::Durable));
    let all = ingest.places.clone().acquire_many_owned(u32::try_from(limits::REQUESTS).unwrap()).await.unwrap();
    assert_eq!(post(&ingest).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    drop(all);
    assert_eq!(post(&ingest).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_batch_that_is_not_durable_is_not_acknowledged() {
    let (ingest, telemetry) = ingest(Fixed::Says(Verdict::Unavailable("the disk is full".to_owned())));
    let response = post(&ingest).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key("retry-after"));
    assert!(text(response).await.contains("the disk is full"));
    assert_eq!((telemetry.get(Metric::RefusedJournal), telemetry.get(Metric::BodyBytes)), (1, 0));
}

#[tokio::test]
async fn a_sender_for_which_there_is_no_place_comes_again_and_the_map_says_so() {
    let claim = Some(Box::new(Claim { workload: "late".to_owned(), ..Claim::default() }));
    let (message, metric) = ("too many senders".to_owned(), Metric::RefusedSenders);
    let (ingest, telemetry) = ingest(Fixed::Says(Verdict::NoPlace { message, metric, claim }));
    let response = post(&ingest).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key("retry-after"));
    assert!(text(response).await.contains("no_place: too many senders"));
    assert_eq!(telemetry.get(Metric::RefusedSenders), 1);
    let told: Vec<_> =
        ingest.refusals.within(0, u64::MAX).into_iter().map(|one| (one.code, one.who, one.batches)).collect();
    assert_eq!(told, [("no_place", "/late".to_owned(), 1)]);
}

#[tokio::test]
async fn a_writer_that_ends_without_an_answer_acknowledges_nothing() {
    let (ingest, _) = ingest(Fixed::Forgets);
    assert_eq!(post(&ingest).await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn nothing_is_answered_before_the_writer_has_spoken() {
    struct Held(Mutex<Vec<Delivery>>);
    impl Queue for Held {
        fn offer(&self, delivery: Delivery) -> Result<(), Busy> {
            self.0.lock().unwrap().push(delivery);
            Ok(())
        }
    }
    let held = Arc::new(Held(Mutex::new(Vec::new())));
    let queue: Arc<dyn Queue> = held.clone();
    let ingest = Ingest::new(queue, Arc::new(Telemetry::default()), || 7);
    let waiting = tokio::spawn(async move { post(&ingest).await.status() });
    while held.0.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(!waiting.is_finished());
    let delivery = held.0.lock().unwrap().pop().unwrap();
    assert_eq!((delivery.arrival, delivery.body.bytes()), (7, b"body".as_slice()));
    delivery.answer.send(Verdict::Durable).unwrap();
    assert_eq!(waiting.await.unwrap(), StatusCode::OK);
}
