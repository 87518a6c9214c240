//! `GET /api/v1/graph`: all edges of a period in one answer, compressed for who takes that.

use std::io::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::Api;
use super::answer::{Held, Problem, held, json};
use super::asker::Asker;
use super::pairs::Pairs;
use super::question::{Allowed, Question};
use super::shared::About;
use crate::allowance::COLUMNS_EDGE;
use crate::report::columns::Graph;
use crate::shares::Share;
use crate::wanted::Wanted;

/// A third of the time that the usual level takes, for 4 % more bytes.
const LEVEL: u32 = 4;

/// A document of JSON, compressed or not.
#[derive(Debug)]
pub(super) struct Packed {
    body: Held,
    is_compressed: bool,
}

pub(super) async fn graph(
    State(api): State<Arc<Api>>,
    Pairs(pairs): Pairs,
    headers: HeaderMap,
    asker: Asker,
) -> Result<Packed, Problem> {
    let Question { from, to, selection, page, .. } = Question::parse(&pairs, Allowed::Graph, api.periods.status().now)?;
    let about = About::of(from, to, selection.include);
    let (_, analysed) = api.analysed(&asker, about, page.answer).await?;
    let drawn = move |api: &Api, wanted: &Wanted| {
        wanted.take(COLUMNS_EDGE.saturating_mul(analysed.edges() as u64))?;
        Ok(analysed.graph(&selection, &*api.placed(&analysed, wanted)?))
    };
    let write = if takes_gzip(&headers) { Packed::compressed } else { Packed::plain };
    // All of it is work, however long the period is: that was read already.
    api.work_as(asker, 0, write, drawn).await
}

/// Whether one of the codings that are asked for is gzip. `*` is not taken for it: who names none is answered plainly.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let all = headers.get_all(ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        // A weight of nothing refuses it.
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        is_gzip && weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0))
    })
}

impl Packed {
    fn plain(graph: &Graph, is_multiplexed: bool, share: Share) -> Result<Self, Problem> {
        Ok(Self { body: held(json(graph)?, is_multiplexed, share)?, is_compressed: false })
    }

    fn compressed(graph: &Graph, is_multiplexed: bool, share: Share) -> Result<Self, Problem> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
        let written = encoder.write_all(&json(graph)?).and_then(|()| encoder.finish());
        let body = written.map_err(|error| Problem::unavailable(&error.to_string()))?;
        Ok(Self { body: held(body, is_multiplexed, share)?, is_compressed: true })
    }
}

impl IntoResponse for Packed {
    fn into_response(self) -> Response {
        let mut response = self.body.told([(CONTENT_TYPE, "application/json"), (VARY, "Accept-Encoding")]);
        if self.is_compressed {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}
