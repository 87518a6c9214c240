//! Every word reads back as its value, and no two values share one.

use std::collections::BTreeSet;

use hogusu_model::{AnsweredBy, Hook, Measure, Outcome, Protocol, Reporter, Security, TlsVersion, Traffic};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Checks one vocabulary.
macro_rules! assert_words {
    ($($name:ident),+) => { $(
        let words: BTreeSet<&str> = $name::ALL.iter().map(|value| value.as_str()).collect();
        assert_eq!(words.len(), $name::ALL.len(), "{}: a word stands twice", stringify!($name));
        for value in $name::ALL {
            assert_eq!($name::parse(value.as_str()), Some(*value));
            assert_eq!(value.to_string(), value.as_str());
        }
        assert_eq!($name::parse("no such word"), None);
    )+ };
}

#[test]
fn words_read_back_as_their_values() {
    assert_words!(AnsweredBy, Hook, Measure, Outcome, Protocol, Reporter, Security, TlsVersion, Traffic);
}

#[test]
fn words_keep_their_width_in_a_table() {
    assert_eq!(format!("[{:<8}]", Protocol::Grpc), "[grpc    ]");
}

#[test]
fn a_source_that_left_did_not_fail_and_a_fault_on_purpose_did() {
    let failures: Vec<_> = Outcome::ALL.iter().filter(|outcome| !outcome.is_failure()).collect();
    assert_eq!(failures, [&Outcome::Ok, &Outcome::ClientGone]);
    assert!(Outcome::InjectedFault.is_failure());
}

#[test]
fn a_request_that_never_arrived_is_not_undetermined() {
    let both = Outcome::ALL.iter().filter(|outcome| outcome.is_undetermined() && outcome.is_connect_failure());
    assert_eq!(both.count(), 0);
}
