//! Every word reads back as its value, and no two values share one.

use std::collections::BTreeSet;

use hogusu_model::{AnsweredBy, Hook, Measure, Outcome, Protocol, Reason, Reporter, Security, TlsVersion, Traffic};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn assert_words<T>(all: &[T], word: fn(T) -> &'static str, parse: fn(&str) -> Option<T>)
where
    T: Copy + PartialEq + std::fmt::Debug + std::fmt::Display,
{
    let words: BTreeSet<&str> = all.iter().map(|value| word(*value)).collect();
    assert_eq!(words.len(), all.len(), "a word stands twice in {words:?}");
    for value in all {
        assert_eq!(parse(word(*value)), Some(*value));
        assert_eq!(value.to_string(), word(*value));
    }
    assert_eq!(parse("no such word"), None);
}

#[test]
fn words_read_back_as_their_values() {
    assert_words(AnsweredBy::ALL, AnsweredBy::as_str, AnsweredBy::parse);
    assert_words(Hook::ALL, Hook::as_str, Hook::parse);
    assert_words(Measure::ALL, Measure::as_str, Measure::parse);
    assert_words(Outcome::ALL, Outcome::as_str, Outcome::parse);
    assert_words(Protocol::ALL, Protocol::as_str, Protocol::parse);
    assert_words(Reason::ALL, Reason::as_str, Reason::parse);
    assert_words(Reporter::ALL, Reporter::as_str, Reporter::parse);
    assert_words(Security::ALL, Security::as_str, Security::parse);
    assert_words(TlsVersion::ALL, TlsVersion::as_str, TlsVersion::parse);
    assert_words(Traffic::ALL, Traffic::as_str, Traffic::parse);
}

#[test]
fn words_keep_their_width_in_a_table() {
    assert_eq!(format!("[{:<8}]", Protocol::Grpc), "[grpc    ]");
}

#[test]
fn a_source_that_left_did_not_fail_and_what_was_injected_is_no_real_failure() {
    let others: Vec<_> = Outcome::ALL.iter().copied().filter(|outcome| !outcome.is_failure()).collect();
    assert_eq!(others, [Outcome::Ok, Outcome::ClientGone, Outcome::InjectedDelay, Outcome::InjectedFault]);
}

#[test]
fn a_request_that_never_arrived_is_not_undetermined() {
    let both = Outcome::ALL.iter().filter(|outcome| outcome.is_undetermined() && outcome.is_connect_failure());
    assert_eq!(both.count(), 0);
}
