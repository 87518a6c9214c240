//! What the endpoint answers when the writer cannot take a batch now.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use axum::body::{Body, Bytes};
use axum::http::{Request, Response, StatusCode};
use futures_util::{FutureExt, StreamExt};
use hogusu_collector::ingest::{Busy, Delivery, Ingest, Queue, Trust, Verdict};
use hogusu_collector::limits;
use hogusu_collector::peer::Peer;
use hogusu_collector::telemetry::{Metric, Telemetry};
use hogusu_wire::Claim;
use http_body_util::BodyExt;
use tokio::task::JoinHandle;
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

/// A time that tests move on.
static NOW: AtomicU64 = AtomicU64::new(1);

/// A request whose body has begun to arrive and does not go on, from `peer`.
fn slow(ingest: &Ingest, peer: Peer) -> JoinHandle<Response<Body>> {
    let begun = futures_util::stream::iter([Ok::<_, Infallible>("a part")]).chain(futures_util::stream::pending());
    let request = Request::post("/v1/metrics").header("content-type", "application/x-protobuf").extension(peer);
    tokio::spawn(ingest.clone().router().oneshot(request.body(Body::from_stream(begun)).unwrap()).map(Result::unwrap))
}

fn peer(address: [u8; 4], connection: u64) -> Peer {
    Peer { address: address.into(), connection, socket: Weak::new() }
}

#[tokio::test]
async fn slow_bodies_give_their_places_to_others_first() {
    let telemetry = Arc::new(Telemetry::default());
    let queue = Arc::new(Fixed::Says(Verdict::Durable));
    let ingest = Ingest::new(queue, Arc::clone(&telemetry), || NOW.load(Ordering::Relaxed));
    let from = [192, 0, 2, 1];
    let mut held: Vec<_> = (0..limits::BODIES_OF_PEER).map(|one| slow(&ingest, peer(from, one as u64))).collect();
    while ingest.bodies.arriving() < limits::BODIES_OF_PEER {
        tokio::task::yield_now().await;
    }
    // As long as none of them is slow, one more of this peer must come again; another peer has places of its own.
    let more = slow(&ingest, peer(from, 7_000)).await.unwrap();
    assert_eq!((more.status(), telemetry.get(Metric::RefusedBusy)), (StatusCode::SERVICE_UNAVAILABLE, 1));
    assert_eq!(post(&ingest).await.status(), StatusCode::OK);
    NOW.fetch_add(limits::SLOW_BODY_NANOS, Ordering::Relaxed);
    let newest = slow(&ingest, peer(from, 7_001));
    let out = held.remove(0).await.unwrap();
    assert_eq!(out.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(out.headers().contains_key("retry-after") && text(out).await.contains("too_slow"));
    assert_eq!((telemetry.get(Metric::RefusedSlow), ingest.bodies.arriving()), (1, limits::BODIES_OF_PEER));
    assert!(!newest.is_finished() && held.iter().all(|one| !one.is_finished()));
    held.iter().chain([&newest]).for_each(JoinHandle::abort);
}

#[tokio::test]
async fn one_connection_has_a_part_of_its_peers_places() {
    let (ingest, telemetry) = ingest(Fixed::Says(Verdict::Durable));
    let from = [192, 0, 2, 1];
    let held: Vec<_> = (0..2 * limits::BODIES_OF_CONNECTION).map(|_| slow(&ingest, peer(from, 1))).collect();
    while telemetry.get(Metric::RefusedBusy) < limits::BODIES_OF_CONNECTION as u64 {
        tokio::task::yield_now().await;
    }
    assert_eq!(ingest.bodies.arriving(), limits::BODIES_OF_CONNECTION);
    let other = slow(&ingest, peer(from, 2));
    while ingest.bodies.arriving() == limits::BODIES_OF_CONNECTION {
        tokio::task::yield_now().await;
    }
    held.iter().chain([&other]).for_each(JoinHandle::abort);
}

#[tokio::test]
async fn who_must_be_verified_and_is_not_is_answered_before_the_body() {
    let (ingest, telemetry) = ingest(Fixed::Says(Verdict::Durable));
    let ingest = ingest.trusting(Trust::ClientCertificate);
    let answer = slow(&ingest, peer([192, 0, 2, 1], 1)).await.unwrap();
    assert_eq!((answer.status(), ingest.bodies.arriving()), (StatusCode::FORBIDDEN, 0));
    assert_eq!(telemetry.get(Metric::IdentityUnverified), 1);
}

#[tokio::test]
async fn bodies_together_hold_no_more_than_their_bound() {
    let (ingest, telemetry) = ingest(Fixed::Says(Verdict::Durable));
    // Each is as long as one may be, and its last byte is missing.
    let part = Bytes::from(vec![0; limits::BODY_BYTES - 1]);
    let held: Vec<_> = (0..2 * limits::ARRIVING_BYTES / limits::BODY_BYTES)
        .map(|one| {
            let address = [192, 0, 2, u8::try_from(one % 8).unwrap()];
            let begun = futures_util::stream::iter([Ok::<_, Infallible>(part.clone())]);
            let body = Body::from_stream(begun.chain(futures_util::stream::pending()));
            let request = Request::post("/v1/metrics").header("content-type", "application/x-protobuf");
            let request = request.extension(peer(address, one as u64)).body(body).unwrap();
            tokio::spawn(ingest.clone().router().oneshot(request))
        })
        .collect();
    let refused = held.len() as u64 / 2;
    while telemetry.get(Metric::RefusedBusy) < refused {
        tokio::task::yield_now().await;
    }
    assert!(ingest.bodies.bytes() <= limits::ARRIVING_BYTES, "{}", ingest.bodies.bytes());
    held.iter().for_each(JoinHandle::abort);
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
    assert_eq!(told, [("no_place", "late".to_owned(), 1)]);
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
