//! The collector's own lines: room, damage, refusals, losses.

use std::collections::BTreeMap;

use hogusu_collector::api::senders::Sender;
use hogusu_collector::api::status::Reach;
use hogusu_collector::check::report::State;
use hogusu_collector::report::Moment;
use hogusu_collector::report::map::{Finding, Silent};

use crate::world::{assert_line, healthy, sender, unread};

#[test]
fn a_collector_that_takes_no_batches_fails_and_one_that_is_full_warns() {
    let mut facts = healthy();
    let status = facts.collector.status.as_mut().expect("a status");
    status.ready = false;
    status.storage.disk_bytes = (1 << 30) / 100 * 95;
    assert_line(&facts, "collector-ready", State::Fail, &["it starts, stops, or cannot write"]);
    assert_line(&facts, "collector-disk", State::Warn, &["972 of 1024 MiB, kept for 7.0 days"]);
    let status = facts.collector.status.as_mut().expect("a status");
    let reach = |resolution: &str, from: Option<Moment>| Reach {
        resolution: resolution.to_owned(),
        keep_s: 7_200.0,
        from,
        to: from,
        files: 1,
        bytes: 1,
    };
    status.resolutions = vec![reach("10s", Some(Moment(0))), reach("1m", None)];
    let said = "972 of 1024 MiB, kept for 7.0 days, 10s since 1970-01-01T00:00:00Z";
    assert_line(&facts, "collector-disk", State::Warn, &[said]);
}

#[test]
fn each_metric_that_counts_trouble_is_told_in_its_line() {
    let rows = [
        ("journal_damages", "collector-journal", State::Fail, "2 damaged places in the journal at the last start"),
        (r#"commits_total{result="failed"}"#, "collector-journal", State::Fail, "2 commits of the store failed"),
        (r#"refused_total{reason="busy"}"#, "collector-refused", State::Warn, "2 batches were told to come again"),
        (
            r#"refused_total{reason="door"}"#,
            "collector-refused",
            State::Warn,
            "2 requests with batches came to an address for people alone (--listen-api), and what they held is lost: point the filters' Envoy cluster at --listen-ingest (docs/doors.md)",
        ),
        (
            "kubernetes_forgotten_total",
            "collector-refused",
            State::Warn,
            "2 stretches of pods' addresses were forgotten before their time, as there were too many",
        ),
        (
            r#"identity_refused_total{reason="mismatch"}"#,
            "collector-identity",
            State::Fail,
            "2 batches claimed an identity that their sender does not have",
        ),
    ];
    for (metric, id, state, said) in rows {
        let mut facts = healthy();
        facts.collector.metrics = Ok(BTreeMap::from([(metric.to_owned(), 2.0)]));
        assert_line(&facts, id, state, &[said]);
    }
}

#[test]
fn metrics_that_may_not_be_read_are_skipped() {
    let mut facts = healthy();
    facts.collector.metrics = unread("the collector's metrics");
    for id in ["collector-journal", "collector-refused", "collector-identity"] {
        assert_line(&facts, id, State::Skipped, &["cannot read the collector's metrics: forbidden"]);
    }
}

#[test]
fn lost_batches_and_senders_without_an_end_warn() {
    let mut facts = healthy();
    let lossy = Sender { lost_batches: 3, lost_exchanges: 40, ..sender("alpha", "client") };
    let unclosed = Sender { state: "unclosed".to_owned(), ..sender("beta", "web") };
    facts.collector.senders = Ok(vec![lossy, unclosed]);
    let said = [
        "3 batches with 40 exchanges never arrived",
        "1 sender went silent without an end, such as one of beta/web (web-0)",
    ];
    assert_line(&facts, "collector-lost", State::Warn, &said);
}

#[test]
fn edges_beyond_a_bound_warn_and_findings_that_cannot_be_read_never_pass() {
    let mut facts = healthy();
    let finding =
        |kind: &str| Finding { rank: 1, kind: kind.to_owned(), text: kind.to_uppercase(), ..Finding::default() };
    facts.collector.findings = Ok(vec![finding("plaintext"), finding("overflow")]);
    assert_line(&facts, "collector-lost", State::Warn, &["OVERFLOW"]);
    facts.collector.findings = unread("the findings");
    assert_line(&facts, "collector-lost", State::Skipped, &["cannot read the findings: forbidden"]);
    facts.collector.senders = Ok(vec![Sender { lost_batches: 3, lost_exchanges: 40, ..sender("alpha", "client") }]);
    assert_line(&facts, "collector-lost", State::Warn, &["3 batches with 40 exchanges never arrived"]);
}

#[test]
fn a_collector_that_does_not_answer_fails_and_what_it_would_say_is_skipped() {
    let mut facts = healthy();
    facts.collector.status = unread("the collector");
    assert_line(&facts, "collector-answers", State::Fail, &["cannot read the collector: forbidden"]);
    assert_line(&facts, "collector-ready", State::Skipped, &["cannot read the collector: forbidden"]);
}

#[test]
fn a_collector_that_took_no_batch_ever_or_lately_warns_and_says_which() {
    let mut facts = healthy();
    assert_line(&facts, "collector-batches", State::Pass, &["2 senders in the last 5 minutes"]);
    facts.collector.senders = Ok(Vec::new());
    let never = "no batch was ever taken: none since the start, and nothing is kept from before";
    assert_line(&facts, "collector-batches", State::Warn, &[never]);
    let lately = "no batch was taken in the last 5 minutes: nothing is known of the mesh as it is now";
    let accepted = BTreeMap::from([(r#"batches_total{result="accepted"}"#.to_owned(), 1.0)]);
    facts.collector.metrics = Ok(accepted);
    assert_line(&facts, "collector-batches", State::Warn, &[lately]);
    facts.collector.metrics = Ok(BTreeMap::new());
    facts.collector.status.as_mut().expect("a status").storage.oldest = Some(Moment(0));
    assert_line(&facts, "collector-batches", State::Warn, &[lately]);
    facts.collector.metrics = unread("the collector's metrics");
    facts.collector.status.as_mut().expect("a status").storage.oldest = None;
    assert_line(&facts, "collector-batches", State::Warn, &[lately]);
    let earlier = Moment(crate::world::moment().0 - 301 * 1_000_000_000);
    facts.collector.senders = Ok(vec![Sender { last_arrival: earlier, ..sender("alpha", "client") }]);
    assert_line(&facts, "collector-batches", State::Warn, &[lately]);
    facts.collector.senders = unread("the senders");
    assert_line(&facts, "collector-batches", State::Skipped, &["cannot read the senders: forbidden"]);
}

#[test]
fn proxies_that_a_file_expects_and_that_never_sent_are_counted() {
    let silent = |proxy: &str, since: Option<Moment>| Silent {
        proxy: proxy.to_owned(),
        workload: "shop/cart".to_owned(),
        since,
    };
    let mut facts = healthy();
    let complete = facts.collector.completeness.as_mut().expect("completeness");
    complete.proxies.expected = Some(3);
    complete.proxies.silent = vec![silent("", None), silent("a b", None), silent("c", Some(Moment(0)))];
    // Kubernetes has lines of its own about these.
    assert_line(&facts, "collector-batches", State::Pass, &["2 senders in the last 5 minutes"]);
    facts.collector.proxies.as_mut().expect("proxies").expected = None;
    let said = "2 of 3 expected proxies sent nothing in the last 5 minutes, such as shop/cart";
    assert_line(&facts, "collector-batches", State::Warn, &[said]);
}
