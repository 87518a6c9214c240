//! The collector's own lines: room, damage, refusals, losses.

use std::collections::BTreeMap;

use hogusu_collector::api::senders::Sender;
use hogusu_collector::api::status::Reach;
use hogusu_collector::check::report::State;
use hogusu_collector::report::Moment;
use hogusu_collector::report::map::Finding;

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
    let finding = |kind: &str| Finding { rank: 1, kind: kind.to_owned(), edge_id: None, text: kind.to_uppercase() };
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
