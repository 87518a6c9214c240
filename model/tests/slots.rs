//! Slots tile time: every instant is in exactly one.

use hogusu_model::Slot;
use hogusu_model::slot::SLOT_NANOS;
use proptest::prelude::*;
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_slot_is_ten_seconds() {
    assert_eq!(SLOT_NANOS, 10_000_000_000);
    assert_eq!((Slot(3).start(), Slot(3).end()), (30_000_000_000, 40_000_000_000));
}

#[test]
fn a_slot_holds_its_start_and_not_its_end() {
    let slot = Slot(178_000_000);
    assert_eq!(Slot::of(slot.start()), slot);
    assert_eq!(Slot::of(slot.end() - 1), slot);
    assert_eq!(Slot::of(slot.end()), Slot(slot.0 + 1));
}

#[test]
fn the_end_of_time_has_a_slot() {
    let slot = Slot::of(u64::MAX);
    assert!(slot.start() < u64::MAX && slot.end() == u64::MAX);
    assert_eq!((Slot(u64::MAX).start(), Slot(u64::MAX).end()), (u64::MAX, u64::MAX));
}

proptest! {
    #[test]
    fn every_instant_is_in_its_slot(nanos in any::<u64>()) {
        let slot = Slot::of(nanos);
        prop_assert!(slot.start() <= nanos);
        prop_assert!(nanos < slot.end() || slot.end() == u64::MAX);
    }
}
