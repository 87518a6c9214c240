//! Statuses as a real Envoy shows them: stated, guessed from the code, or taken away by a filter that translates.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use hogusu_model::{AnsweredBy, Outcome, Protocol};

use crate::fake::{Collector, Exchange, Stage};
use crate::property as path;

fn outcome(exchange: &Exchange) -> (Outcome, AnsweredBy) {
    let mut stage = Stage::new(r#"{"version":1}"#);
    let mut collector = Collector::default();
    stage.count(exchange);
    collector.take(&stage.until_post().body);
    let key = collector.only().0;
    assert_eq!(key.protocol, Protocol::Grpc);
    (key.outcome, key.answered_by)
}

/// What a client of another kind asked, after its filter made gRPC of it, and took the trailers of the answer.
fn translated(asked: &str, answered: &str, code: u64, guess: u64) -> Exchange {
    let exchange = Exchange::outbound().code(code).number(path::GRPC_STATUS, guess);
    exchange.header("content-type", asked).text(path::RESPONSE_TYPE, answered)
}

#[test]
fn what_is_no_status_blames_the_destination_as_every_client_reads_unknown() {
    for status in [17, 99, u64::MAX] {
        assert_eq!(
            outcome(&Exchange::outbound().grpc(status)),
            (Outcome::ServerError, AnsweredBy::Upstream),
            "{status}"
        );
    }
    for status in [1, 3, 5, 6, 7, 8, 9, 10, 11, 16] {
        assert_eq!(outcome(&Exchange::outbound().grpc(status)).0, Outcome::ClientError, "{status}");
    }
}

#[test]
fn an_answer_whose_trailers_a_filter_translated_is_judged_by_its_code() {
    let answers = [
        ("application/grpc", "application/grpc-web+proto"),
        ("application/grpc", "application/grpc-web-text+proto"),
        ("application/grpc+proto", "application/connect+proto"),
        ("application/grpc+proto", "application/proto"),
        ("application/grpc+json", "application/proto"),
        ("application/grpc+json", "application/json"),
    ];
    for (asked, answered) in answers {
        let exchange = translated(asked, answered, 200, 2);
        assert_eq!(outcome(&exchange), (Outcome::Ok, AnsweredBy::Upstream), "{asked} {answered}");
    }
}

#[test]
fn a_code_that_a_filter_made_of_the_status_blames_whom_the_status_blamed() {
    for (code, guess, blamed) in [
        (404, 12, Outcome::ClientError),
        (403, 7, Outcome::ClientError),
        (500, 2, Outcome::ServerError),
        (503, 14, Outcome::ServerError),
    ] {
        assert_eq!(outcome(&translated("application/grpc+proto", "application/json", code, guess)).0, blamed, "{code}");
    }
    // The bridge of HTTP/1.1 answers 503 to every error, and leaves the status.
    for (status, blamed) in [(5, Outcome::ClientError), (13, Outcome::ServerError), (14, Outcome::ServerError)] {
        assert_eq!(outcome(&Exchange::outbound().grpc(status).code(503)).0, blamed, "{status}");
    }
}

#[test]
fn an_error_of_http_blames_whom_the_status_blames_that_a_grpc_client_reads_for_it() {
    for (code, read, blamed) in [
        (400, 13, Outcome::ServerError),
        (401, 16, Outcome::ClientError),
        (403, 7, Outcome::ClientError),
        (404, 12, Outcome::ServerError),
        (418, 2, Outcome::ServerError),
        (429, 14, Outcome::ServerError),
        (500, 2, Outcome::ServerError),
        (503, 14, Outcome::ServerError),
    ] {
        for answered in ["application/grpc", "text/html", ""] {
            let exchange = translated("application/grpc", answered, code, read);
            assert_eq!(outcome(&exchange), (blamed, AnsweredBy::Upstream), "{code} {answered}");
        }
        let by_code = if code < 500 { Outcome::ClientError } else { Outcome::ServerError };
        for answered in ["application/grpc-web+proto", "application/json"] {
            assert_eq!(
                outcome(&translated("application/grpc+proto", answered, code, read)).0,
                by_code,
                "{code} {answered}"
            );
        }
    }
}

#[test]
fn a_stated_unknown_stays_one_and_so_does_an_answer_without_any_status() {
    let stated = translated("application/grpc", "application/grpc-web+proto", 200, 2);
    for place in [path::GRPC_HEADER, path::GRPC_TRAILER] {
        assert_eq!(outcome(&stated.clone().text(place, "2")).0, Outcome::ServerError, "{place}");
    }
    assert_eq!(outcome(&Exchange::outbound().grpc(2)).0, Outcome::ServerError);
    // Nothing translated these: their clients read UNKNOWN.
    for answered in ["application/grpc", "text/html", "application/json", ""] {
        assert_eq!(outcome(&translated("application/grpc", answered, 200, 2)).0, Outcome::ServerError, "{answered}");
    }
}

#[test]
fn an_attempt_that_began_and_has_no_status_is_unanswered_and_blames_nobody() {
    let mut stage = Stage::new(r#"{"version":1,"hook":"upstream_log"}"#);
    let mut collector = Collector::default();
    // Its downstream went away in the middle: neither flag nor trailers say so.
    stage.count(&translated("application/grpc", "application/grpc", 200, 2));
    collector.take(&stage.until_post().body);
    let key = collector.only().0;
    assert_eq!((key.outcome, key.answered_by), (Outcome::Unanswered, AnsweredBy::Nobody));
}

#[test]
fn only_what_may_be_a_guess_costs_more_reads() {
    let reads = |exchange: Exchange| {
        let mut stage = Stage::plain();
        stage.count(&exchange);
        stage.host.note_reads();
        stage.count(&exchange);
        let reads = stage.host.take_reads().into_iter();
        reads.filter(|read| read.starts_with("response.headers") || read.starts_with("response.trailers")).count()
    };
    assert_eq!([reads(Exchange::outbound().grpc(0)), reads(Exchange::outbound().grpc(5))], [0, 0]);
    assert_eq!(reads(Exchange::outbound().grpc(2)), 1);
    assert_eq!(reads(translated("application/grpc", "application/grpc-web", 200, 2)), 3);
}
