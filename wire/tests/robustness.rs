//! Any bytes are read or refused: nothing panics, nothing loops, nothing grows beyond what arrived.

use hogusu_wire::{Refusal, parse_resource, parse_series, walk};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use prost::encoding::{WireType, encode_key, encode_varint};

use crate::goldens::body;
use crate::samples;

/// Reads everything that a receiver would, and goes on after a refusal.
fn read_all(body: &[u8]) -> Result<(), Refusal> {
    let batch = walk(body)?;
    let resource = parse_resource(batch.resource).map(|_| ());
    let series = batch.points.iter().try_for_each(|point| parse_series(point.measure, &point.attributes).map(|_| ()));
    resource.and(series)
}

fn goldens() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    samples::all().into_iter().map(|(name, _)| (name, body(name)))
}

#[test]
fn every_truncation_is_refused() {
    for (name, body) in goldens() {
        for len in 0..body.len() {
            assert!(read_all(&body[..len]).is_err(), "{name} cut to {len} bytes was read");
        }
    }
}

#[test]
fn every_changed_byte_is_read_or_refused() {
    for (_, body) in goldens() {
        for at in 0..body.len() {
            let mut changed = body.clone();
            // Another wire type, another field, longer or shorter, and all of it.
            for change in [0x01, 0x08, 0x80, 0xff] {
                changed[at] = body[at] ^ change;
                let _either = read_all(&changed);
            }
        }
    }
}

#[test]
fn every_byte_left_out_or_doubled_is_read_or_refused() {
    for (_, body) in goldens() {
        for at in 0..body.len() {
            let without = [&body[..at], &body[at + 1..]].concat();
            let doubled = [&body[..at], &body[at..=at], &body[at..]].concat();
            let _either = (read_all(&without), read_all(&doubled));
        }
    }
}

/// A body whose innermost message, along a path of field numbers, is `inner`.
fn nested(path: &[u32], inner: &[u8]) -> Vec<u8> {
    path.iter().rev().fold(inner.to_vec(), |inner, number| {
        let mut out = Vec::new();
        encode_key(*number, WireType::LengthDelimited, &mut out);
        encode_varint(inner.len() as u64, &mut out);
        out.extend_from_slice(&inner);
        out
    })
}

#[test]
fn lengths_beyond_the_body_are_refused_at_every_depth() {
    let paths: [&[u32]; 6] = [&[], &[1], &[1, 1], &[1, 1, 1], &[1, 2], &[1, 2, 2]];
    for path in paths {
        for len in [1, 1 << 20, u64::from(u32::MAX), 1 << 32, (1 << 32) + 1, i64::MAX.cast_unsigned(), u64::MAX] {
            let mut field = Vec::new();
            encode_key(path.first().copied().unwrap_or(1), WireType::LengthDelimited, &mut field);
            encode_varint(len, &mut field);
            walk(&nested(path, &field)).expect_err("a length that is not there");
        }
    }
}

/// A histogram point of scale 3 with these bucket counts as raw bytes, in a whole body.
fn with_counts(offset: i32, count: u64, counts: &[u8]) -> Vec<u8> {
    let whole = samples::minimal();
    let mut buckets = Vec::new();
    encode_key(1, WireType::Varint, &mut buckets);
    encode_varint(u64::from(((offset << 1) ^ (offset >> 31)).cast_unsigned()), &mut buckets);
    buckets.extend_from_slice(&nested(&[2], counts));
    let mut point = nested(&[1, 1], b"hogusu.reporter");
    encode_key(4, WireType::SixtyFourBit, &mut point);
    point.extend_from_slice(&count.to_le_bytes());
    point.extend_from_slice(&[6 << 3, 6]);
    point.extend_from_slice(&nested(&[8], &buckets));
    let mut metric = nested(&[1], b"hogusu.request.duration");
    metric.extend_from_slice(&nested(&[10], &[&nested(&[1], &point)[..], &[2 << 3, 1]].concat()));
    let metrics = nested(&[2, 2], &metric);
    let body = whole.encode();
    let mut rest = &body[..];
    prost::encoding::decode_key(&mut rest).expect("a key");
    prost::encoding::decode_varint(&mut rest).expect("a length");
    nested(&[1], &[rest, &metrics].concat())
}

#[test]
fn a_bucket_count_may_have_ten_bytes_and_no_more() {
    let largest = [&[0xff; 9][..], &[1]].concat();
    let batch = with_counts(0, u64::MAX, &largest);
    assert_eq!(walk(&batch).expect("a batch").points.len(), 2);
    for counts in
        [&[&[0xff; 9][..], &[2]].concat()[..], &[0x80; 10], &[0x80; 1000], &[0x80], &[&[0x80; 10][..], &[0]].concat()]
    {
        walk(&with_counts(0, 0, counts)).expect_err("no varint");
    }
}

#[test]
fn counts_that_overflow_are_held_at_the_largest_number() {
    let largest = [&[0xff; 9][..], &[1]].concat();
    let batch = with_counts(0, u64::MAX, &[&largest[..], &largest].concat());
    let read = walk(&batch).expect("a batch");
    assert_eq!(read.points.len(), 2);
}

#[test]
fn a_long_way_of_spelling_a_small_number_is_the_same_number() {
    let batch = with_counts(0, 1, &[0x81, 0x80, 0x00]);
    assert_eq!(walk(&batch).expect("a batch").points.len(), 2);
}

#[test]
fn offsets_at_the_ends_of_their_type_are_refused() {
    for offset in [i32::MIN, i32::MIN + 1, -161, 97, i32::MAX - 1, i32::MAX] {
        walk(&with_counts(offset, 1, &[1])).expect_err("a bucket outside the layout");
    }
    for offset in [-160, 0, 95, 96] {
        walk(&with_counts(offset, 1, &[1])).expect("a bucket of the layout");
    }
}

#[test]
fn an_offset_without_counts_means_nothing() {
    for offset in [i32::MIN, -161, 0, i32::MAX] {
        walk(&with_counts(offset, 0, &[])).expect("an empty histogram");
    }
}

#[test]
fn a_deep_body_does_not_exhaust_the_stack() {
    let deep = vec![1_u32; 3_000];
    let _either = read_all(&nested(&deep, b""));
    let _other = read_all(&nested(&[1, 2, 2, 10, 1, 1, 2, 5, 1, 5, 1, 5, 1], b""));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        let _either = read_all(&bytes);
    }

    #[test]
    fn attributes_of_any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..100)) {
        let _either = (parse_resource(&bytes), parse_series(hogusu_model::Measure::Request, &bytes));
    }

    #[test]
    fn pieces_of_goldens_in_any_order_are_read_or_refused(
        which in 0..samples::all().len(),
        cuts in vec((any::<Index>(), any::<Index>()), 1..5),
    ) {
        let (_, body) = goldens().nth(which).expect("a golden");
        let mut mixed = body.clone();
        for (from, to) in cuts {
            let (from, to) = (from.index(body.len()), to.index(mixed.len()));
            let piece = &body[from..(from + 40).min(body.len())];
            mixed.splice(to..to, piece.iter().copied());
        }
        let _either = read_all(&mixed);
    }
}
