//! The bytes of a batch out of a request: right type, within bounds, decompressed.

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode, Version};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::Problem;
use super::parcel::{Encoding, Full, Held, Parcel, Room, Unpacking};
use crate::limits::{BODY_BYTES, BODY_TIME, DECOMPRESSED_BYTES};
use crate::telemetry::Metric;

/// True when the request says that its body is protobuf.
pub(super) fn is_protobuf(headers: &HeaderMap) -> bool {
    word(headers, &CONTENT_TYPE) == Some("application/x-protobuf".to_owned())
}

/// Reads the batch, as far as there is room for it.
pub(super) async fn read(request: Request, room: &Room) -> Result<Parcel, Problem> {
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
    let is_multiplexed = request.version() == Version::HTTP_2;
    let collected = collect(request.into_body(), announced, is_multiplexed, room);
    let body = tokio::time::timeout(BODY_TIME, collected).await.map_err(|_late| Problem {
        status: StatusCode::REQUEST_TIMEOUT,
        code: "body_timeout",
        message: format!("the body did not arrive within {} s", BODY_TIME.as_secs()),
        remedy: "send the same batch again",
        metric: Metric::RefusedBody,
    })??;
    let (body, held) = body;
    match encoding {
        Encoding::Plain => Ok(Parcel::plain(body, held)),
        Encoding::Gzip => {
            let room = room.clone();
            let unpacked = tokio::task::spawn_blocking(move || unpacked(body, held, &room)).await;
            unpacked.map_err(|_stopping| Problem::unavailable("the collector is stopping".to_owned()))?
        }
    }
}

/// Reads a body to its end. A proxy that ends its filter resets the stream of HTTP/2 right behind its last batch: with the announced
/// length the body is whole all the same. A reset may look like an end, so without a length only an orderly end is one.
async fn collect(
    body: Body,
    announced: Option<usize>,
    is_multiplexed: bool,
    room: &Room,
) -> Result<(Vec<u8>, Held), Problem> {
    let mut body = Limited::new(body, BODY_BYTES);
    // Grows with what arrives: an announcement alone takes no memory.
    let (mut whole, mut held) = (Vec::new(), Held::default());
    let broken = loop {
        match body.frame().await {
            Some(Ok(frame)) => {
                let data = frame.data_ref().map_or(&[][..], |data| data);
                room.take(&mut held, data.len()).map_err(|Full| Problem::busy())?;
                whole.extend_from_slice(data);
            }
            None => break None,
            Some(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => {
                return Err(too_large(BODY_BYTES));
            }
            Some(Err(error)) => break Some(error.to_string()),
        }
    };
    let is_whole = match announced {
        Some(length) => whole.len() == length,
        None => broken.is_none() && (!is_multiplexed || body.is_end_stream()),
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
