//! `POST /v1/metrics`: from a request to a batch's bytes, and from what became of them to an answer.
//!
//! 200 is answered only when the batch is durable. A batch that can never be taken gets a 4xx that says why and what to
//! do; one that cannot be taken now gets 503 with `Retry-After`. What a batch means is read behind the queue.

mod answer;
mod bodies;
mod body;
mod complaint;
mod identity;
mod parcel;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use hogusu_wire::Claim;
use tokio::sync::{Semaphore, oneshot};

pub use answer::Problem;
pub use bodies::Bodies;
pub use identity::{ClientCertificate, Identity, Mismatch, Trust, Unverified, verified};
pub(crate) use parcel::unpack;
pub use parcel::{Encoding, Held, Parcel, Room};

use body::{Entry, Packing};
use complaint::Complaints;

use crate::label;
use crate::limits;
use crate::peer::{Party, Peer};
use crate::refusals::{NO_PLACE, Refusal, Refusals};
use crate::shown::word;
use crate::telemetry::{Metric, Telemetry};

/// The address that batches are sent to: OTLP/HTTP's for metrics.
pub(crate) const ADDRESS: &str = "/v1/metrics";

/// A body on its way to the writer.
#[derive(Debug)]
pub struct Delivery {
    /// When it arrived, nanoseconds since the epoch.
    pub arrival: u64,
    /// The batch.
    pub body: Parcel,
    /// Who sends it; `None` where nobody is trusted to say so, and then the batch is believed.
    pub identity: Option<Identity>,
    /// True once it was kept back, as it had overtaken the batch before it.
    pub waited: bool,
    /// Where to say what became of it.
    pub answer: oneshot::Sender<Verdict>,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Durable, now or before.
    Durable,
    /// It can never be taken.
    Refused {
        /// Why, with what to do about it.
        message: String,
        /// Which metric counts it.
        metric: Metric,
        /// Who it says it is from.
        claim: Box<Claim>,
    },
    /// It says that it comes from somebody else.
    Mismatch(Mismatch),
    /// It cannot be taken now.
    Unavailable(String),
    /// There is no place for it now.
    NoPlace {
        /// For what.
        message: String,
        /// Which metric counts it.
        metric: Metric,
        /// Who it says it is from, where the map should say so.
        claim: Option<Box<Claim>>,
    },
}

/// The queue to the writer is full, or the writer has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy;

/// Hands deliveries to the writer.
pub trait Queue: Send + Sync {
    /// Hands one over without waiting.
    ///
    /// # Errors
    /// When there is no place for it.
    fn offer(&self, delivery: Delivery) -> Result<(), Busy>;
}

/// What the endpoint needs.
#[derive(Clone)]
pub struct Ingest {
    /// To the writer.
    pub queue: Arc<dyn Queue>,
    /// Metrics.
    pub telemetry: Arc<Telemetry>,
    /// Reads the wall clock, nanoseconds since the epoch.
    pub clock: fn() -> u64,
    /// Bodies on their way in.
    pub bodies: Bodies,
    /// Refused bodies that are read to their end.
    drained: Arc<Semaphore>,
    /// What their bodies may take, until the writer is done with them.
    pub room: Room,
    /// Whose word counts for who a sender is.
    pub trust: Trust,
    /// Whose batches were refused.
    pub refusals: Arc<Refusals>,
    /// For who sent them, and for everything else.
    complaints: Arc<[Complaints; 2]>,
}

/// What is known of a request before its body is read.
struct Admitted {
    identity: Option<Identity>,
    packing: Packing,
    party: Party,
    connection: Option<u64>,
}

impl std::fmt::Debug for Ingest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ingest").finish_non_exhaustive()
    }
}

impl Ingest {
    /// The endpoint over this queue.
    #[must_use]
    pub fn new(queue: Arc<dyn Queue>, telemetry: Arc<Telemetry>, clock: fn() -> u64) -> Self {
        let bounds = limits::memory::IngestBounds::default();
        let (bodies, drained) = (Bodies::new(bounds.arriving_bytes), Arc::new(Semaphore::new(limits::DRAINED)));
        let (room, trust) = (Room::within(&bounds), Trust::Nobody);
        let (refusals, complaints) = (Arc::default(), Arc::default());
        Self { queue, telemetry, clock, bodies, drained, room, trust, refusals, complaints }
    }

    /// The same, which takes batches only from senders whose identity is verified so.
    #[must_use]
    pub fn trusting(self, trust: Trust) -> Self {
        Self { trust, ..self }
    }

    /// The same, which holds no more bodies than these bounds allow.
    #[must_use]
    pub fn bounded(self, bounds: &limits::memory::IngestBounds) -> Self {
        Self { bodies: Bodies::new(bounds.arriving_bytes), room: Room::within(bounds), ..self }
    }

    /// Its routes.
    pub fn router(self) -> Router {
        Router::new().route(ADDRESS, post(receive)).with_state(self)
    }

    /// What of a request can be judged before its body is read: whether it can be a batch, and who sends it.
    fn admitted(&self, request: &Request) -> Result<Admitted, Problem> {
        let peer: Option<&Peer> = request.extensions().get();
        let identity = verified(self.trust, request.headers(), request.extensions()).map_err(Problem::unverified)?;
        let packing = Packing::of(request)?;
        let party = identity.as_ref().map_or_else(|| Party::at(peer), Identity::party);
        // A sidecar brings the batches of many over one connection, and says whose each one is.
        let connection = peer.filter(|_| identity.is_none()).map(|peer| peer.connection);
        Ok(Admitted { identity, packing, party, connection })
    }

    async fn take(&self, request: Request, claim: &mut Claim) -> Result<(), Problem> {
        let admitted = self.admitted(&request);
        let mut body = request.into_body();
        let taken = match admitted {
            Ok(admitted) => self.read(&mut body, admitted).await,
            Err(problem) => Err(problem),
        };
        if taken.is_err()
            && !body.is_end_stream()
            && let Ok(place) = Arc::clone(&self.drained).try_acquire_owned()
        {
            tokio::spawn(async move {
                body::drain(body).await;
                drop(place);
            });
        }
        let (parcel, identity) = taken?;
        self.deliver(parcel, identity, claim).await
    }

    async fn read(&self, body: &mut Body, admitted: Admitted) -> Result<(Parcel, Option<Identity>), Problem> {
        let Admitted { identity, packing, party, connection } = admitted;
        let entry = Entry { bodies: &self.bodies, room: &self.room, party, connection, clock: self.clock };
        Ok((body::read(body, packing, entry).await?, identity))
    }

    async fn deliver(&self, body: Parcel, identity: Option<Identity>, claim: &mut Claim) -> Result<(), Problem> {
        let length = body.bytes().len();
        let (answer, verdict) = oneshot::channel();
        self.queue
            .offer(Delivery { arrival: (self.clock)(), body, identity, waited: false, answer })
            .map_err(|Busy| Problem::busy())?;
        match verdict.await {
            Ok(Verdict::Durable) => {
                self.telemetry.add(Metric::BodyBytes, u64::try_from(length).unwrap_or(0));
                Ok(())
            }
            Ok(Verdict::Refused { message, metric, claim: claimed }) => {
                *claim = *claimed;
                let remedy = "send what docs/wire.md describes; nothing of the batch was taken";
                Err(Problem { status: StatusCode::BAD_REQUEST, code: "bad_batch", message, remedy, metric })
            }
            Ok(Verdict::Mismatch(mismatch)) => Err(Problem::mismatch(&mismatch)),
            Ok(Verdict::Unavailable(message)) => Err(Problem::unavailable(message)),
            Ok(Verdict::NoPlace { message, metric, claim: claimed }) => {
                *claim = claimed.map(|claimed| *claimed).unwrap_or_default();
                Err(Problem { message, metric, code: NO_PLACE, ..Problem::busy() })
            }
            Err(_gone) => Err(Problem::unavailable("the collector is stopping".to_owned())),
        }
    }
}

/// Takes a batch on a task of its own: when a proxy that ends its filter resets the stream of HTTP/2 behind its last batch, the
/// server drops whoever serves that stream.
async fn receive(State(ingest): State<Ingest>, request: Request) -> Response {
    let protobuf = body::is_protobuf(request.headers());
    let stopping = |_ended| Problem::unavailable("the collector is stopping".to_owned()).response(protobuf);
    tokio::spawn(answered(ingest, request, protobuf)).await.unwrap_or_else(stopping)
}

async fn answered(ingest: Ingest, request: Request, protobuf: bool) -> Response {
    let peer = request.extensions().get().map(|peer: &Peer| peer.address);
    let mut claim = Claim::default();
    match ingest.take(request, &mut claim).await {
        Ok(()) => answer::taken(),
        Err(problem) => {
            ingest.telemetry.add(problem.metric, 1);
            if problem.is_final() || problem.metric == Metric::RefusedSenders {
                ingest.refused(&problem, peer, &claim);
            } else {
                tracing::debug!(code = problem.code, message = %problem.message, "batch not taken");
            }
            problem.response(protobuf)
        }
    }
}

impl Ingest {
    /// A batch was refused for good, or its sender turned away: said, and remembered for the map.
    fn refused(&self, problem: &Problem, peer: Option<IpAddr>, claim: &Claim) {
        let (who, now) = (named(claim), (self.clock)());
        let refusal = Refusal { peer, who: &who, code: problem.code, why: &problem.message };
        let [of_identity, of_all_else] = &*self.complaints;
        let complaints = if problem.status == StatusCode::FORBIDDEN { of_identity } else { of_all_else };
        complaints.refused(problem, &refusal, now);
        self.refusals.note(&refusal, now);
    }
}

/// Who a refused batch says it is from, as findings name proxies.
fn named(claim: &Claim) -> String {
    let pod = word(if claim.pod.is_empty() { &claim.proxy } else { &claim.pod });
    let workload = label::workload(&claim.namespace, &claim.workload);
    match (claim.namespace.is_empty() && claim.workload.is_empty(), pod.is_empty()) {
        (false, false) => format!("{workload} ({pod})"),
        (false, true) => workload,
        (true, false) => pod.into_owned(),
        (true, true) => word(&claim.sender).into_owned(),
    }
}
