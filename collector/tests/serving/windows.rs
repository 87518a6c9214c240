//! A map that is asked for again and again while batches come.

use super::batches::{FLUSH, Filter};
use super::process::{Collector, folder, now};

#[test]
fn a_map_of_five_minutes_that_is_asked_for_while_batches_come_is_that_of_a_period_that_is_not_watched() {
    let data = folder();
    let collector = Collector::start(data.path());
    let mut filter = Filter::new(1, now() - 40 * FLUSH);
    let mut sum = 0;
    let mut deliver = |collector: &Collector, count: u64| {
        assert_eq!(collector.deliver(&filter.batch(count)).status, 200);
        sum += count;
        [("workload-1".to_owned(), sum)]
    };
    (1..=20).for_each(|count| drop(deliver(&collector, count)));
    // What it stops with is in the store afterwards.
    assert!(collector.terminate().0.success());
    let collector = Collector::start(data.path());
    for count in 100..110 {
        let expected = deliver(&collector, count);
        assert_eq!(collector.counts_of("since=5m"), expected);
        assert_eq!(collector.counts(), expected);
    }
}
