//! The bytes of a batch out of a request: right type, within bounds, decompressed.

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode, Version};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::Problem;
use super::bodies::{Bodies, Place};
use super::parcel::{Encoding, Full, Held, Parcel, Room, Unpacking};
use crate::limits::{BODY_BYTES, BODY_TIME, DECOMPRESSED_BYTES, DRAIN_TIME, DRAINED_BYTES};
use crate::peer::Party;
use crate::telemetry::Metric;

/// True when the request says that its body is protobuf.
pub(super) fn is_protobuf(headers: &HeaderMap) -> bool {
    word(headers, &CONTENT_TYPE) == Some("application/x-protobuf".to_owned())
}

/// What a body takes on its way in, and where that is counted.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) bodies: &'a Bodies,
    pub(super) room: &'a Room,
    pub(super) party: Party,
    /// The connection, where it is one peer's own.
    pub(super) connection: Option<u64>,
    pub(super) clock: fn() -> u64,
}

/// How the body of a request is packed, and how long it says it is; refused is what cannot be a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packing {
    encoding: Encoding,
    announced: Option<usize>,
    is_multiplexed: bool,
}

impl Packing {
    pub(super) fn of(request: &Request) -> Result<Self, Problem> {
        let headers = request.headers();
        if !is_protobuf(headers) {
            return Err(unsupported(
                "content-type is not application/x-protobuf",
                "send OTLP as protobuf over HTTP, not as JSON",
            ));
        }
        let encoding = match word(headers, &CONTENT_ENCODING).as_deref() {
            None | Some("identity" | "") => Encoding::Plain,
            Some("gzip") => Encoding::Gzip,
            Some(_) => {
                return Err(unsupported(
                    "content-encoding is neither identity nor gzip",
                    "send the body plain or gzip-compressed",
                ));
            }
        };
        let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > BODY_BYTES) {
            return Err(too_large(BODY_BYTES));
        }
        Ok(Self { encoding, announced, is_multiplexed: request.version() == Version::HTTP_2 })
    }
}

/// Reads the batch, as far as there is room for it.
pub(super) async fn read(body: &mut Body, packing: Packing, entry: Entry<'_>) -> Result<Parcel, Problem> {
    let place = entry.bodies.place(entry.party.clone(), entry.connection, (entry.clock)())?;
    let collected = tokio::select! {
        collected = tokio::time::timeout(BODY_TIME, collect(body, packing, &entry, &place)) => collected,
        () = place.sent_away() => return Err(Problem::slow()),
    };
    let (whole, held) = collected.map_err(|_late| Problem {
        status: StatusCode::REQUEST_TIMEOUT,
        code: "body_timeout",
        message: format!("the body did not arrive within {} s", BODY_TIME.as_secs()),
        remedy: "send the same batch again",
        metric: Metric::RefusedBody,
    })??;
    drop(place);
    if packing.encoding == Encoding::Plain {
        return Ok(Parcel::plain(whole, held));
    }
    let stopping = || Problem::unavailable("the collector is stopping".to_owned());
    let turn = entry.bodies.unpacking().await.ok_or_else(stopping)?;
    let room = entry.room.clone();
    let unpacked = tokio::task::spawn_blocking(move || {
        let unpacked = unpacked(whole, held, &room);
        drop(turn);
        unpacked
    });
    unpacked.await.map_err(|_stopping| stopping())?
}

/// Reads a body to its end. A proxy that ends its filter resets the stream of HTTP/2 right behind its last batch: with the announced
/// length the body is whole all the same. A reset may look like an end, so without a length only an orderly end is one.
async fn collect(
    body: &mut Body,
    packing: Packing,
    entry: &Entry<'_>,
    place: &Place,
) -> Result<(Vec<u8>, Held), Problem> {
    let mut body = Limited::new(body, BODY_BYTES);
    // Grows with what arrives: an announcement alone takes no memory.
    let (mut whole, mut held) = (Vec::new(), Held::default());
    let mut share = entry.bodies.share(entry.party.clone());
    let broken = loop {
        match body.frame().await {
            Some(Ok(frame)) => {
                let data = frame.data_ref().map_or(&[][..], |data| data);
                entry.bodies.grow(&mut share, place, data.len(), (entry.clock)())?;
                entry.room.take(&mut held, data.len()).map_err(|Full| Problem::busy())?;
                whole.extend_from_slice(data);
            }
            None => break None,
            Some(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => {
                return Err(too_large(BODY_BYTES));
            }
            Some(Err(error)) => break Some(error.to_string()),
        }
    };
    let is_whole = match packing.announced {
        Some(length) => whole.len() == length,
        None => broken.is_none() && (!packing.is_multiplexed || body.is_end_stream()),
    };
    if is_whole {
        return Ok((whole, held));
    }
    let why = broken.unwrap_or_else(|| "it ended early".to_owned());
    Err(Problem {
        status: StatusCode::BAD_REQUEST,
        code: "body_incomplete",
        message: format!("the body did not arrive whole: {why}"),
        remedy: "send the same batch again",
        metric: Metric::RefusedBody,
    })
}

fn unpacked(packed: Vec<u8>, held: Held, room: &Room) -> Result<Parcel, Problem> {
    Parcel::gzip(packed, held, room).map_err(|error| match error {
        Unpacking::Full => Problem::busy(),
        Unpacking::TooLong => too_large(DECOMPRESSED_BYTES),
        Unpacking::Gzip(error) => Problem {
            status: StatusCode::BAD_REQUEST,
            code: "bad_gzip",
            message: format!("the body says it is gzip and is not: {error}"),
            remedy: "compress the whole body, or send it without content-encoding",
            metric: Metric::RefusedBody,
        },
    })
}

/// What is left of a body that was refused is read and thrown away, within bounds: who is cut off in the middle of it may
/// never see the answer.
pub(super) async fn drain(body: Body) {
    let mut body = Limited::new(body, DRAINED_BYTES);
    let rest = async { while let Some(Ok(_)) = body.frame().await {} };
    // Whoever takes longer is cut off.
    drop(tokio::time::timeout(DRAIN_TIME, rest).await);
}

fn too_large(bound: usize) -> Problem {
    Problem {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        code: "too_large",
        message: format!("the body is longer than {bound} bytes"),
        remedy: "send fewer series in one batch",
        metric: Metric::RefusedTooLarge,
    }
}

fn unsupported(message: &str, remedy: &'static str) -> Problem {
    Problem {
        status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
        code: "unsupported_type",
        message: message.to_owned(),
        remedy,
        metric: Metric::RefusedType,
    }
}

/// A header's value without parameters, in lower case.
fn word(headers: &HeaderMap, name: &axum::http::HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or(value).trim().to_ascii_lowercase())
}
