//! Of two exemplars of a series the slower stays, whichever came first.

use hogusu_model::{Exemplar, SeriesData};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn with(exemplar: Option<Exemplar>) -> SeriesData {
    SeriesData { exemplar, ..SeriesData::default() }
}

fn kept(left: Option<Exemplar>, right: Option<Exemplar>) -> Option<Exemplar> {
    let mut data = with(left);
    data.merge(&with(right));
    data.exemplar
}

#[test]
fn the_slower_exemplar_stays() {
    let fast = Exemplar { trace: [9; 16], nanos: 10, at: 2 };
    let slow = Exemplar { trace: [1; 16], nanos: 11, at: 1 };
    assert_eq!(kept(Some(fast), Some(slow)), Some(slow));
    assert_eq!(kept(Some(slow), Some(fast)), Some(slow));
}

#[test]
fn an_exemplar_is_better_than_none() {
    let only = Exemplar { trace: [1; 16], nanos: 0, at: 0 };
    assert_eq!(kept(Some(only), None), Some(only));
    assert_eq!(kept(None, Some(only)), Some(only));
    assert_eq!(kept(None, None), None);
}

#[test]
fn equally_slow_exemplars_are_chosen_by_what_they_are_not_by_who_came_first() {
    let early = Exemplar { trace: [1; 16], nanos: 10, at: 1 };
    let late = Exemplar { trace: [1; 16], nanos: 10, at: 2 };
    assert_eq!(kept(Some(early), Some(late)), kept(Some(late), Some(early)));
}
