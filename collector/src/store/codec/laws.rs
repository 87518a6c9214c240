//! What is written is what is read, and no bytes make reading fail in any other way than by saying so.

use hogusu_model::{
    AnsweredBy, Counters, Exemplar, Histogram, Measure, Outcome, Protocol, Reason, Reporter as Side, SeriesData,
    SeriesKey,
};
use proptest::prelude::*;

use super::{add_data, read_data, read_progress, read_reporter, read_series, write_data, write_progress, write_series};
use crate::aggregate::Progress;

fn histogram() -> impl Strategy<Value = Histogram> {
    let run = (0_usize..200, prop::collection::vec(any::<u64>().prop_map(|count| count >> 8), 0..50));
    (any::<u32>(), any::<u32>(), run, any::<u64>()).prop_map(|(below, above, (first, counts), sum)| {
        Histogram::from_parts(below.into(), above.into(), first, counts, sum).unwrap()
    })
}

fn data() -> impl Strategy<Value = SeriesData> {
    let exemplar =
        (any::<[u8; 16]>(), any::<u64>(), any::<u64>()).prop_map(|(trace, nanos, at)| Exemplar { trace, nanos, at });
    let optional = (prop::option::of(any::<(u64, u64)>()), prop::option::of(any::<u64>()), prop::option::of(exemplar));
    (histogram(), prop::option::of(histogram()), optional).prop_map(
        |(duration, backend, (bytes, attempts, exemplar))| SeriesData { duration, backend, bytes, attempts, exemplar },
    )
}

fn written(data: &SeriesData) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_data(&mut bytes, data);
    bytes
}

proptest! {
    #[test]
    fn counts_are_read_as_they_were_written(data in data()) {
        prop_assert_eq!(read_data(&written(&data)), Ok(data));
    }

    #[test]
    fn counts_that_are_added_as_they_are_read_are_their_sum(one in data(), other in data()) {
        let mut read = one.clone();
        prop_assert_eq!(add_data(&written(&other), &mut read), Ok(()));
        let mut sum = one;
        sum.merge(&other);
        prop_assert_eq!(read, sum);
    }

    #[test]
    fn progress_is_read_as_it_was_written(numbers in any::<[u64; 14]>(), closed in any::<bool>(), clock in any::<[i64; 2]>()) {
        let [sequence, cumulative, first_start, last_end, last_arrival, lost_batches, lost_exchanges, ..] = numbers;
        let [.., memory_bytes, waiting, folded, retried, clock_steps, comparisons, clock_set_at] = numbers;
        let counters = Counters { memory_bytes, waiting, folded, retried, clock_steps, ..Counters::default() };
        let [clock_skew, clock_shift] = clock;
        let progress = Progress {
            sequence, cumulative, first_start, last_end, last_arrival, closed, lost_batches, lost_exchanges, counters,
            clock_skew, comparisons, clock_shift, clock_set_at,
        };
        let written = write_progress(&progress);
        prop_assert_eq!(read_progress(&written), Ok(progress.clone()));
        // As a version before wrote it.
        let mut old = write_progress(&Progress {
            counters: Counters { clock_steps: 0, ..counters }, comparisons: 0, clock_set_at: 0, clock_shift: 0, ..progress
        });
        let older = read_progress(&old);
        old.truncate(old.len() - 11);
        prop_assert_eq!(read_progress(&old), older);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for layout in [bytes.clone(), [&[1], bytes.as_slice()].concat()] {
            drop((read_data(&layout), read_progress(&layout), read_reporter(&layout), read_series(&layout)));
        }
    }
}

/// A file of a version without reasons holds none: its series are those that a newer one writes without a reason.
#[test]
fn every_word_of_a_series_is_kept_and_one_without_a_reason_is_as_it_always_was() {
    for (outcome, reason) in
        Outcome::ALL.iter().flat_map(|outcome| Reason::ALL.iter().map(move |reason| (*outcome, *reason)))
    {
        let key = SeriesKey { outcome, reason, ..answered() };
        let bytes = write_series(&key);
        assert_eq!(read_series(&bytes), Ok(key));
        let named = bytes.windows(13).any(|part| part == b"hogusu.reason");
        assert_eq!(named, reason != Reason::None);
    }
}

fn answered() -> SeriesKey {
    SeriesKey::new(Measure::Request, Side::Source, Protocol::Http, Outcome::Ok, AnsweredBy::Upstream)
}
