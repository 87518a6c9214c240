//! Proxies that do not report as they should, and why, as far as anybody knows.

use hogusu_collector::api::proxies::Proxy;
use hogusu_collector::api::senders::Sender;
use hogusu_collector::check::facts::Facts;
use hogusu_collector::check::report::State;
use hogusu_collector::report::map::Finding;

use crate::world::{assert_line, healthy, moment, proxies, proxy, sender};

fn with(changed: Vec<Proxy>) -> Facts {
    let mut facts = healthy();
    facts.collector.proxies = Ok(proxies(changed));
    facts
}

fn because(state: &str, cause: &str) -> Proxy {
    Proxy { cause: cause.to_owned(), since: Some(moment()), ..proxy("alpha", "client", state) }
}

#[test]
fn a_proxy_that_does_not_report_is_named_with_its_cause() {
    let since = "since 2026-11-24T14:06:57Z";
    let rows = [
        (because("silent", ""), "proxies-reporting", State::Fail, format!("silent {since}: cause unknown")),
        (
            because("never_reported", "cause unknown: connection refused"),
            "proxies-reporting",
            State::Fail,
            format!("never reported {since}: cause unknown: connection refused"),
        ),
        (
            because("without_plugin", "checksum_mismatched"),
            "proxies-plugin",
            State::Fail,
            format!("without plugin {since}: checksum_mismatched"),
        ),
        (
            Proxy {
                revision: Some("1".to_owned()),
                expected_revision: Some("2".to_owned()),
                ..because("other_revision", "")
            },
            "proxies-revision",
            State::Fail,
            format!("other revision {since} (reports 1, asked for 2)"),
        ),
        (
            because("not_observable", "ambient"),
            "proxies-ambient",
            State::Warn,
            format!("not observable {since}: ambient"),
        ),
    ];
    for (changed, id, state, said) in rows {
        let facts = with(vec![changed, proxy("beta", "web", "reporting")]);
        assert_line(&facts, id, state, &[&format!("alpha/client-0 (alpha/client): {said}")]);
    }
}

#[test]
fn a_filter_is_told_by_its_digest_and_two_of_one_revision_warn() {
    let running = |namespace: &str, name: &str, filter: Option<&str>| Proxy {
        revision: Some("r1".to_owned()),
        filter_digest: filter.map(str::to_owned),
        plugin: Some("alpha/hogusu".to_owned()),
        ..proxy(namespace, name, "reporting")
    };
    let alike = || vec![running("alpha", "client", Some("0123")), running("beta", "web", Some("0123"))];
    assert_line(&with(alike()), "proxies-revision", State::Pass, &["revision r1, filter 0123 (2 proxies)"]);
    let said = "revision r1, filter 0123 (2 proxies); revision r1, filter not stated (1 proxy)";
    let silent = Proxy { state: "silent".to_owned(), ..running("beta", "ended", Some("89ef")) };
    let unknown = with([alike(), vec![running("beta", "old", None), silent]].concat());
    assert_line(&unknown, "proxies-revision", State::Pass, &[said]);
    let mixed = [alike(), vec![running("beta", "other", Some("89ef"))]].concat();
    let two = "revision r1 is more than one filter: 0123 (2 proxies, such as alpha/client-0), 89ef (1 proxy, such as beta/other-0)";
    assert_line(&with(mixed.clone()), "proxies-revision", State::Warn, &[two]);
    let stale = Proxy { cause: "it reports r0".to_owned(), ..proxy("beta", "stale", "other_revision") };
    let facts = with([mixed, vec![stale]].concat());
    let said = "beta/stale-0 (beta/stale): other revision: it reports r0";
    assert_line(&facts, "proxies-revision", State::Fail, &[said, two]);
    let none = |plugin: &str, filter: &str| {
        let plugin = Some(plugin.to_owned());
        Proxy { revision: None, plugin, ..running("beta", filter, Some(filter)) }
    };
    let facts = with(vec![none("a/hogusu", "0123"), none("b/hogusu", "89ef")]);
    let said = "no revision by a/hogusu, filter 0123 (1 proxy); no revision by b/hogusu, filter 89ef (1 proxy)";
    assert_line(&facts, "proxies-revision", State::Pass, &[said]);
}

#[test]
fn a_name_that_reads_as_something_else_is_visibly_one_name() {
    let odd = "2), silent since yesterday (r2";
    let proxy = Proxy {
        workload: "alpha/\"a b\"".to_owned(),
        revision: Some(odd.to_owned()),
        expected_revision: Some("r1".to_owned()),
        ..because("other_revision", "")
    };
    let said = format!(
        "alpha/client-0 (alpha/\"a b\"): other revision since 2026-11-24T14:06:57Z (reports \"{odd}\", asked for r1)"
    );
    assert_line(&with(vec![proxy]), "proxies-revision", State::Fail, &[&said]);
    let mut facts = healthy();
    let pod = "client-0): all is well (x";
    facts.collector.senders = Ok(vec![Sender {
        pod: pod.to_owned(),
        configuration: "refused".to_owned(),
        clock_skew_s: 3.0,
        filter_version: "9.0.0, of today".to_owned(),
        state: "running".to_owned(),
        ..sender("alpha", "client")
    }]);
    let pod = format!("alpha/client (\"{pod}\")");
    assert_line(&facts, "proxies-configuration", State::Fail, &[&pod]);
    let behind = format!("{pod}: its clock is 3.0 s behind the collector's, or its batches are late");
    assert_line(&facts, "proxies-clock", State::Warn, &[&behind]);
    let newer = format!("{pod}: filter \"9.0.0, of today\" is newer than collector {}", env!("CARGO_PKG_VERSION"));
    assert_line(&facts, "proxies-wire", State::Warn, &[&newer]);
}

#[test]
fn a_proxy_that_starts_is_waited_for() {
    let facts = with(vec![proxy("alpha", "client", "starting"), proxy("beta", "web", "reporting")]);
    assert_line(&facts, "proxies-reporting", State::Pass, &["1 reporting, 1 starting"]);
}

#[test]
fn without_the_expected_set_nothing_is_said_of_who_is_missing() {
    let mut facts = healthy();
    let known = facts.collector.proxies.as_mut().expect("proxies");
    (known.expected, known.kubernetes.state) = (None, "off".to_owned());
    let said = "the collector has no access to Kubernetes: completeness is unknown";
    assert_line(&facts, "proxies-expected", State::Warn, &[said]);
    let said = "cannot read the expected proxies: the collector does not know which should report";
    for id in ["proxies-reporting", "proxies-plugin", "proxies-revision", "proxies-ambient"] {
        assert_line(&facts, id, State::Skipped, &[said]);
    }
    let known = facts.collector.proxies.as_mut().expect("proxies");
    known.kubernetes.state = "unreachable".to_owned();
    known.kubernetes.error = Some("connection refused".to_owned());
    let said = "the collector cannot reach the API server: connection refused";
    assert_line(&facts, "proxies-expected", State::Fail, &[said]);
}

#[test]
fn where_a_file_declares_the_expected_set_nobody_says_that_it_is_unknown() {
    let mut facts = healthy();
    let known = facts.collector.proxies.as_mut().expect("proxies");
    (known.expected, known.kubernetes.state) = (None, "off".to_owned());
    facts.collector.completeness.as_mut().expect("completeness").proxies.expected = Some(3);
    assert_line(&facts, "proxies-expected", State::Pass, &["3 expected proxies, as --expect declares them"]);
    let said =
        "cannot read the expected proxies: --expect declares them, and only the API server says of each how it is";
    for id in ["proxies-reporting", "proxies-plugin", "proxies-revision", "proxies-ambient"] {
        assert_line(&facts, id, State::Skipped, &[said]);
    }
}

#[test]
fn a_watch_that_expects_nobody_or_lacks_a_kind_is_said() {
    assert_line(
        &with(Vec::new()),
        "proxies-expected",
        State::Warn,
        &["it expects none: no plugin object covers a proxy"],
    );
    let mut facts = healthy();
    let known = facts.collector.proxies.as_mut().expect("proxies");
    known.kubernetes.error = Some("nodes: forbidden".to_owned());
    assert_line(&facts, "proxies-expected", State::Warn, &["nodes: forbidden"]);
}

#[test]
fn what_running_senders_say_of_themselves_is_told_once_per_proxy_of_whatever_namespace_or_k8s_cluster() {
    let wrong = || Sender {
        configuration: "refused".to_owned(),
        clock_skew_s: -3.25,
        filter_version: "9.0.0".to_owned(),
        ..sender("alpha", "client")
    };
    let mut facts = healthy();
    facts.collector.senders = Ok(vec![wrong(), wrong(), sender("beta", "web")]);
    assert_line(&facts, "proxies-configuration", State::Fail, &["alpha/client (client-0)"]);
    let said = "alpha/client (client-0): its clock is 3.2 s ahead of the collector's";
    assert_line(&facts, "proxies-clock", State::Warn, &[said]);
    let said = format!("alpha/client (client-0): filter 9.0.0 is newer than collector {}", env!("CARGO_PKG_VERSION"));
    assert_line(&facts, "proxies-wire", State::Warn, &[&said]);
    let far = Sender { clock_skew_s: 9_223_372_036.854_776, ..sender("alpha", "client") };
    facts.collector.senders = Ok(vec![far]);
    let said =
        "alpha/client (client-0): its clock is more than 292 years behind the collector's, or its batches are late";
    assert_line(&facts, "proxies-clock", State::Warn, &[said]);
    let elsewhere = Sender { cluster: "c2".to_owned(), clock_skew_s: -2.5, ..wrong() };
    facts.collector.senders = Ok(vec![wrong(), Sender { clock_skew_s: 9.0, ..sender("beta", "client") }, elsewhere]);
    let said = [
        "alpha/client (client-0): its clock is 3.2 s ahead of the collector's",
        "beta/client (client-0): its clock is 9.0 s behind the collector's, or its batches are late",
        "alpha/client (client-0): its clock is 2.5 s ahead of the collector's",
    ];
    assert_line(&facts, "proxies-clock", State::Warn, &said);
    let twice = ["alpha/client (client-0)"; 2];
    assert_line(&facts, "proxies-configuration", State::Fail, &twice);
    let ended = |sender: Sender| Sender { state: "closed".to_owned(), ..sender };
    facts.collector.senders = Ok(vec![ended(wrong())]);
    assert_line(&facts, "proxies-clock", State::Skipped, &["cannot read the clocks of proxies: none reports"]);
}

#[test]
fn nothing_passes_of_proxies_of_which_none_reports() {
    let mut facts = healthy();
    let ended = Sender { state: "closed".to_owned(), ..sender("alpha", "client") };
    for (senders, whole) in [(vec![ended], false), (vec![], true)] {
        facts.collector.senders = Ok(senders);
        for (id, what) in [
            ("proxies-configuration", "the configurations of proxies"),
            ("proxies-clock", "the clocks of proxies"),
            ("proxies-wire", "the versions of filters"),
        ] {
            assert_line(&facts, id, State::Skipped, &[&format!("cannot read {what}: none reports")]);
        }
        // Of one that ended in order it is known that nothing is missing.
        for (id, what) in [("proxies-hooks", "the hooks of proxies"), ("collector-lost", "what senders lost")] {
            let line = crate::world::line(&facts, id);
            if whole {
                assert_eq!(
                    (line.state, line.said),
                    (State::Skipped, vec![format!("cannot read {what}: none reports")])
                );
            } else {
                assert_eq!(line.state, State::Pass, "{id}");
            }
        }
    }
    let none = with(Vec::new());
    for id in ["proxies-reporting", "proxies-plugin", "proxies-revision", "proxies-ambient"] {
        assert_line(&none, id, State::Skipped, &["cannot read the expected proxies: none is expected"]);
    }
}

#[test]
fn hooks_of_senders_that_fell_silent_are_not_known() {
    let mut facts = healthy();
    let silent = |sender: Sender| Sender { state: "unclosed".to_owned(), ..sender };
    facts.collector.senders = Ok(vec![silent(sender("alpha", "client"))]);
    assert_line(&facts, "proxies-hooks", State::Skipped, &["cannot read the hooks of proxies: none reports"]);
    facts.collector.senders = Ok(vec![silent(sender("alpha", "client")), sender("beta", "client")]);
    assert_eq!(crate::world::line(&facts, "proxies-hooks").state, State::Pass);
}

#[test]
fn a_conflict_of_hooks_is_told_and_other_findings_are_not() {
    let finding =
        |kind: &str| Finding { rank: 1, kind: kind.to_owned(), text: kind.to_uppercase(), ..Finding::default() };
    let mut facts = healthy();
    facts.collector.findings = Ok(vec![finding("plaintext"), finding("hook_conflict")]);
    assert_line(&facts, "proxies-hooks", State::Fail, &["HOOK_CONFLICT"]);
}
