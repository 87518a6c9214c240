//! Ending in order: one last batch, acknowledged or given up at a deadline, and nothing counted in between is forgotten.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{SECOND, count_each};
use crate::fake::{Collector, Exchange, Stage, WALL};

/// Answers everything with success until the sender has ended; how many batches said that they are the last.
fn run_out(stage: &mut Stage, collector: &mut Collector) -> usize {
    let mut seen = stage.host.posts.len() - 1;
    for _ in 0..100_000 {
        if stage.host.posts.len() > seen {
            seen = stage.host.posts.len();
            collector.take(&stage.last_post().body);
            stage.status(200);
        }
        if !stage.tick() {
            break;
        }
    }
    assert_eq!(stage.host.finished, 1, "ended, and said so once");
    collector.headers.iter().filter(|header| header.last).count()
}

#[test]
fn the_last_batch_leaves_at_once_and_ends_the_sender_when_acknowledged() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.count_times(3, &Exchange::outbound());
    stage.host.now = 2 * SECOND;
    stage.end();
    let header = collector.take(&stage.last_post().body);
    assert!(header.last);
    assert_eq!((header.start, header.end, header.sequence), (WALL, WALL + 2 * SECOND, 1));
    assert_eq!(stage.host.finished, 0);
    stage.status(200);
    assert_eq!((stage.host.finished, stage.host.tick_at), (1, None));
}

#[test]
fn a_sender_without_an_exchange_ends_with_presence() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.end();
    let header = collector.take(&stage.last_post().body);
    assert_eq!((header.sequence, header.last), (0, true));
}

#[test]
fn with_a_request_in_flight_the_last_batch_follows_its_acknowledgement() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.count(&Exchange::outbound());
    stage.until_post();
    stage.count_times(2, &Exchange::outbound());
    stage.end();
    assert_eq!(stage.host.posts.len(), 1);
    assert_eq!(run_out(&mut stage, &mut collector), 1);
    assert_eq!((collector.exchanges(), collector.headers.len(), collector.lost), (3, 2, (0, 0)));
}

#[test]
fn an_end_in_the_middle_of_sealing_sends_all_and_one_last_batch() {
    let mut stage = Stage::new(r#"{"version":1,"direction":"outbound","max_edges":10000}"#);
    let mut collector = Collector::default();
    count_each(&mut stage, 0..1_000);
    stage.tick();
    assert!(stage.sender.unpacked() > 0, "half sealed");
    count_each(&mut stage, 0..1_000);
    stage.end();
    stage.until_post();
    assert_eq!(run_out(&mut stage, &mut collector), 1);
    assert_eq!((collector.exchanges(), collector.lost), (2_000, (0, 0)));
    assert!(stage.most_per_entry <= crate::SLICE, "{}", stage.most_per_entry);
}

#[test]
fn a_large_last_cut_ends_with_its_last_part() {
    let mut stage = Stage::new(r#"{"version":1,"direction":"outbound","max_edges":10000}"#);
    let mut collector = Collector::default();
    count_each(&mut stage, 0..1_500);
    stage.end();
    stage.until_post();
    assert_eq!(run_out(&mut stage, &mut collector), 1);
    assert_eq!((collector.exchanges(), collector.headers.len()), (1_500, 8));
    assert!(collector.headers[7].last);
}

#[test]
fn exchanges_between_the_end_and_the_last_acknowledgement_are_sent_too() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.count(&Exchange::outbound());
    stage.end();
    // The last batch is out; streams that were open still end.
    stage.count_times(4, &Exchange::outbound());
    run_out(&mut stage, &mut collector);
    assert_eq!((collector.exchanges(), collector.lost), (5, (0, 0)));
    assert!(collector.headers.last().is_some_and(|header| header.last));
}

#[test]
fn exchanges_that_keep_coming_do_not_keep_an_ending_sender_from_sending() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.count(&Exchange::outbound());
    stage.until_post();
    stage.end();
    // Each acknowledgement finds that more has come meanwhile.
    for _ in 0..200 {
        stage.count(&Exchange::outbound());
        collector.take(&stage.last_post().body);
        stage.status(200);
        stage.until_post();
    }
    assert!(run_out(&mut stage, &mut collector) > 100, "each batch left as soon as the one before was acknowledged");
    assert_eq!((collector.exchanges(), collector.lost), (201, (0, 0)));
}

#[test]
fn a_collector_that_never_answers_is_let_go_at_the_deadline_and_the_log_says_so() {
    let mut stage = Stage::plain();
    stage.count(&Exchange::outbound());
    stage.end();
    let ticks = stage.ticks;
    stage.pass(4_900);
    assert_eq!(stage.host.finished, 0);
    stage.pass(200);
    assert_eq!((stage.host.finished, stage.host.tick_at), (1, None));
    assert!(stage.host.has_logged("ended before the collector acknowledged everything"));
    assert!(stage.ticks - ticks < 10, "waiting costs no busy ticks: {}", stage.ticks - ticks);
}

#[test]
fn an_answer_after_the_deadline_ends_nothing_twice() {
    let mut stage = Stage::plain();
    stage.count(&Exchange::outbound());
    stage.end();
    stage.pass(10_000);
    stage.status(200);
    assert_eq!((stage.host.finished, stage.host.tick_at), (1, None));
    assert!(stage.sender.end(&mut stage.host), "it has ended");
}

#[test]
fn an_ending_sender_retries_and_gives_up_what_is_refused() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.count(&Exchange::outbound());
    stage.end();
    stage.status(503);
    collector.take(&stage.until_post().body);
    stage.status(400);
    assert_eq!(stage.host.finished, 1);
}

#[test]
fn an_end_asked_for_twice_is_one_end() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.count(&Exchange::outbound());
    stage.end();
    stage.host.now += SECOND;
    stage.end();
    assert_eq!(stage.host.posts.len(), 1);
    assert_eq!(run_out(&mut stage, &mut collector), 1);
    assert_eq!(collector.exchanges(), 1);
}

/// The VM goes: what the sender still says of itself, with every batch that left since it was asked to end.
fn last_words(stage: &mut Stage, collector: &mut Collector, sent_before: usize) -> bool {
    stage.end();
    stage.sender.last_words(&mut stage.host);
    for post in stage.host.posts.iter().skip(sent_before) {
        collector.take(&post.body);
    }
    collector.headers.last().is_some_and(|header| header.last)
}

#[test]
fn with_its_vm_gone_the_last_batch_leaves_behind_the_one_in_flight() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.count_times(3, &Exchange::outbound());
    stage.until_post();
    stage.count_times(2, &Exchange::outbound());
    assert!(last_words(&mut stage, &mut collector, 0));
    assert_eq!((collector.exchanges(), collector.headers.len(), collector.lost), (5, 2, (0, 0)));
}

#[test]
fn with_its_vm_gone_a_batch_that_waits_for_another_try_leaves_first() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.count_times(3, &Exchange::outbound());
    stage.until_post();
    stage.status(503);
    stage.count_times(2, &Exchange::outbound());
    assert!(last_words(&mut stage, &mut collector, 1));
    assert_eq!((collector.exchanges(), collector.headers.len(), collector.lost), (5, 2, (0, 0)));
}

#[test]
fn with_its_vm_gone_several_slices_leave_as_one_batch() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    count_each(&mut stage, 0..150);
    assert!(last_words(&mut stage, &mut collector, 0));
    assert_eq!((collector.exchanges(), collector.headers.len(), collector.lost), (150, 1, (0, 0)));
}

#[test]
fn with_its_vm_gone_in_the_middle_of_sealing_the_last_batch_still_says_so() {
    let mut stage = Stage::new(r#"{"version":1,"direction":"outbound"}"#);
    let mut collector = Collector::default();
    count_each(&mut stage, 0..150);
    stage.tick();
    assert!(stage.sender.unpacked() > 0, "half sealed");
    stage.count_times(2, &Exchange::outbound());
    assert!(last_words(&mut stage, &mut collector, 0));
    assert_eq!((collector.exchanges(), collector.lost), (152, (0, 0)));
}

#[test]
fn with_its_vm_gone_the_work_left_is_bounded() {
    let mut stage = Stage::new(r#"{"version":1,"direction":"outbound","max_edges":10000}"#);
    let mut collector = Collector::default();
    count_each(&mut stage, 0..5_000);
    assert!(!last_words(&mut stage, &mut collector, 0), "what is left is missing, and unclosed");
    assert!(collector.exchanges() > 0 && collector.lost == (0, 0));
    stage.entry(|sender, host| sender.last_words(host));
    assert!(stage.most_per_entry <= 12 * crate::SLICE, "{}", stage.most_per_entry);
}

#[test]
fn a_vm_that_goes_on_after_all_hears_of_every_loss() {
    let mut stage = Stage::plain();
    let mut collector = Collector::default();
    stage.count_times(3, &Exchange::outbound());
    stage.until_post();
    stage.count_times(2, &Exchange::outbound());
    // The batch that was out never arrives; the last one does.
    assert!(last_words(&mut stage, &mut collector, 1));
    assert_eq!((collector.exchanges(), collector.lost), (2, (1, 3)));
    stage.status(200);
    assert_eq!(stage.host.finished, 1);
}
