//! The API as OpenAPI 3.1: made from the list of addresses that the router is made of, and from the types that are answered.
//!
//! It describes what is asked by `GET` under `/api/v1`. The door of batches is described in docs/wire.md, acts in docs/api.md, the
//! collector's own metrics in docs/metrics.md.

pub(super) mod addresses;
mod parameters;
mod refusals;
mod schemas;

use std::sync::LazyLock;

use axum::Extension;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use self::addresses::{Address, Answer};
use self::parameters::{KNOWN, Parameter};
use self::refusals::UNCHANGED;
use super::answer::Problem;
use super::pairs::Pairs;
use super::question::{Allowed, Question};
use super::revalidation::NOT_KEPT;
use crate::etag::Tag;

const TITLE: &str = "Hogusu";
const ABOUT: &str = "What happened between the workloads of a service mesh. Counts are exact integers; `null` is not known or not \
    measured, never zero; times are UTC; lengths of time are seconds. Unknown, repeated or unreadable parameters are refused with 400. \
    Fields may be added to answers within v1: readers ignore those that they do not know. Every address takes HEAD as well as GET; any \
    other method is answered 405, with `Allow`. What JSON Schema cannot say of parameters (`from` is before `to`, `since` excludes both, \
    a period is at most 401 days long) stands in their descriptions.";

/// The document, made when it is first asked for.
static DOCUMENT: LazyLock<(String, Tag)> = LazyLock::new(|| {
    let text = document(super::addresses().iter().map(|(address, _)| address)).to_string();
    let tag = Tag::of(text.as_bytes());
    (text, tag)
});

/// `GET /api/v1/openapi.json`.
pub(super) async fn show(Pairs(pairs): Pairs) -> Result<Response, Problem> {
    Question::parse(&pairs, Allowed::Nothing, 0)?;
    // Whoever does not read it holds nothing.
    let (text, tag) = &*DOCUMENT;
    let told = [(CONTENT_TYPE, "application/json")];
    Ok((told, Extension(tag.clone()), Bytes::from_static(text.as_bytes())).into_response())
}

fn document<'a>(addresses: impl Iterator<Item = &'a Address>) -> Value {
    let mut generator = schemas::generator();
    let paths: Map<String, Value> = addresses
        .map(|address| (address.path.to_owned(), json!({"get": described(address, &mut generator)})))
        .collect();
    let refusals = refusals::described(&mut generator);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": "1",
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "headers": refusals::headers(),
            "responses": refusals,
            "schemas": generator.take_definitions(true),
        },
    })
}

fn described(address: &Address, generator: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    responses.insert("200".to_owned(), answered(&address.answer, generator));
    let is_called = address.answer.is_called();
    for other in is_called.then_some(&UNCHANGED).into_iter().chain(address.refusals) {
        responses.insert(other.status.to_owned(), json!({"$ref": format!("#/components/responses/{}", other.name)}));
    }
    let parameters: Vec<Value> =
        address.parameters.iter().chain(is_called.then_some(&KNOWN)).map(Parameter::described).collect();
    json!({
        "operationId": address.id,
        "summary": address.summary,
        "parameters": parameters,
        "responses": responses,
    })
}

fn answered(answer: &Answer, generator: &mut SchemaGenerator) -> Value {
    let cached = json!({"$ref": "#/components/headers/CacheControl"});
    let tag = json!({"$ref": "#/components/headers/ETag"});
    match answer {
        Answer::Json(schema) => json!({
            "description": "The answer.",
            "headers": {"Cache-Control": cached, "ETag": tag},
            "content": {"application/json": {"schema": schema(generator)}},
        }),
        Answer::JsonOrCsv(schema) => json!({
            "description": "The answer; as CSV with `format=csv`.",
            "headers": {"Cache-Control": cached, "ETag": tag},
            "content": {"application/json": {"schema": schema(generator)}, "text/csv": {}},
        }),
        Answer::Packed(schema) => json!({
            "description": "The answer; under gzip where `Accept-Encoding` names it.",
            "headers": {
                "Cache-Control": cached,
                "ETag": tag,
                "Content-Encoding": {"required": false, "schema": {"type": "string", "const": "gzip"}},
                "Vary": {"required": true, "schema": {"type": "string", "const": "Accept-Encoding"}},
            },
            "content": {"application/json": {"schema": schema(generator)}},
        }),
        Answer::Lines(what) => json!({
            "description": what,
            "headers": {
                "Cache-Control": cached,
                "ETag": tag,
                "Content-Encoding": {"required": true, "schema": {"type": "string", "const": "gzip"}},
            },
            "content": {"application/x-ndjson": {}},
        }),
        // What each event holds cannot be said of a media type.
        Answer::Events(what, schema) => json!({
            "description": what,
            "headers": {"Cache-Control": {"required": true, "schema": {"type": "string", "const": NOT_KEPT}}},
            "content": {"text/event-stream": {"schema": {"type": "string"}, "x-event-data": schema(generator)}},
        }),
    }
}
