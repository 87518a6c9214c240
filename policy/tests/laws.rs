//! Laws over any facts: no loss raises a floor, what is told apart adds up, and the order of anything says nothing.

use hogusu_policy::Facts;
use hogusu_policy::fact::{Class, Edge, Reporter};
use hogusu_policy::rate::Rate;
use hogusu_policy::report::PolicyResult;
use hogusu_policy::words::Verdict;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

use super::world::{Telling, between, class, edge, end, facts, policy, principal, workload};

const RULES: [&str; 10] = [
    "mutual_tls",
    "{minimum_tls_version: {version: \"1.3\"}}",
    "{allowed_trust_domains: {domains: [cluster.local]}}",
    "{allowed_sources: {sources: [{namespace: [shop]}]}}",
    "{forbidden_edges: {edges: [{source: {namespace: [dev]}}]}}",
    "{stays_within: {boundary: namespace}}",
    "{stays_within: {boundary: cluster}}",
    "{principal_fits_account: {}}",
    "no_default_account",
    "no_unidentified_source",
];

/// Rules about who asks that name more than a namespace.
const OF_WHO: [&str; 5] = [
    "{allowed_sources: {sources: [{namespace: [shop], workload: [web]}]}}",
    "{allowed_sources: {sources: [{service_account: [web], trust_domain: [cluster.local]}]}}",
    "{forbidden_edges: {edges: [{source: {workload: [evil]}}]}}",
    "{forbidden_edges: {edges: [{source: {service_account: [default]}, destination: {namespace: [shop]}}]}}",
    "{principal_fits_account: {end: destination}}",
];

/// What else stands in a policy.
const RESTS: [&str; 4] = [
    "",
    "scope: {source: {namespace: [shop]}}\n",
    "exceptions: [{scope: {source: {workload: [web]}}, reason: r, owner: o, expires: \"2099-01-01\"}]\n",
    "scope: {source: {namespace: [dev]}}\nexceptions: [{scope: {source: {service_account: [web]}}, reason: r, owner: o, expires: \"2099-01-01\"}]\n",
];

/// What one end says of some exchanges; the two ends may say whatever they want of them.
fn said() -> impl Strategy<Value = (bool, Class)> {
    let security = select(vec!["mutual_tls", "tls", "application_tls", "plaintext", "unknown"]);
    let outcome = select(vec!["ok", "client_error", "denied", "reset_before_headers"]);
    let version = select(vec!["TLSv1.3", "TLSv1.2", ""]);
    let account = select(vec!["shop/web", "shop/default", "dev/web", "foreign", ""]);
    (any::<bool>(), security, outcome, version, account, 1_u64..6).prop_map(
        |(is_source, security, outcome, version, account, count)| {
            let source_principal = match account {
                "" => String::new(),
                "foreign" => "spiffe://evil.example/ns/shop/sa/web".to_owned(),
                account => principal(account),
            };
            // Whom the source reached is another now and then.
            let destination_principal = if count == 5 { principal("pay/ledger") } else { String::new() };
            let (outcome, tls_version) = (outcome.to_owned(), version.to_owned());
            let class = class(security, count);
            (is_source, Class { outcome, tls_version, source_principal, destination_principal, ..class })
        },
    )
}

fn edges() -> impl Strategy<Value = Vec<Edge>> {
    let ends = prop_oneof![
        Just(edge("shop/web", "shop/cart")),
        Just(edge("dev/web", "shop/cart")),
        Just(edge("shop/web", "data/redis").tcp()),
        Just(between(end("unknown", ""), workload("shop/cart"))),
    ];
    let one = (ends, vec(said(), 0..6)).prop_map(|(edge, said)| {
        said.into_iter()
            .fold(edge, |edge, (is_source, class)| if is_source { edge.source(class) } else { edge.destination(class) })
    });
    vec(one, 1..4)
}

/// Takes exchanges out of reports: so many of each class at most. Returns how many.
fn lose(facts: &mut Facts, most: &[u64]) -> u64 {
    let mut most = most.iter().cycle();
    let mut lost = 0;
    for edge in &mut facts.edges {
        for report in [&mut edge.source_report, &mut edge.destination_report] {
            for class in report.iter_mut().flat_map(|report| &mut report.classes) {
                let part = class.count.min(*most.next().unwrap());
                class.count -= part;
                lost += part;
            }
            let is_empty = |report: &Reporter| report.classes.iter().all(|class| class.count == 0);
            if report.as_ref().is_some_and(is_empty) {
                *report = None;
            }
        }
    }
    facts.edges.retain(|edge| edge.source_report.is_some() || edge.destination_report.is_some());
    lost
}

/// What else may go missing of a period, by whose silence.
#[derive(Debug, Clone)]
struct Silence {
    /// Of these ends, in turn, neither accounts nor trust domain are known any more, where their own proxies report nothing.
    unheard: Vec<bool>,
    /// Of these reports, in turn, nothing is left.
    unreported: Vec<bool>,
    /// How many of each class are lost in batches.
    most: Vec<u64>,
    /// That somebody is silent is known: as a proxy that was expected, as time nobody told of, as an end that is not sealed.
    known: u8,
}

fn silence() -> impl Strategy<Value = Silence> {
    let turns = || vec(any::<bool>(), 1..8);
    (turns(), turns(), vec(0_u64..4, 1..12), 0_u8..4).prop_map(|(unheard, unreported, most, known)| Silence {
        unheard,
        unreported,
        most,
        known,
    })
}

/// The period as it is told of after that. What was in lost batches is counted as lost; what a silent proxy had is nobody's count.
fn silenced(whole: &Facts, silence: &Silence) -> Facts {
    let mut facts = whole.clone();
    let mut unheard = silence.unheard.iter().cycle();
    let mut unreported = silence.unreported.iter().cycle();
    let mut silent = 0;
    for edge in &mut facts.edges {
        for report in [&mut edge.source_report, &mut edge.destination_report] {
            if *unreported.next().unwrap() {
                silent += report.take().map_or(0, |report| report.count(|_| true));
            }
        }
        // Who reports says who it is.
        let ends = [(&mut edge.source, &edge.source_report), (&mut edge.destination, &edge.destination_report)];
        for (end, report) in ends {
            if *unheard.next().unwrap() && report.is_none() {
                end.service_accounts.clear();
                end.trust_domain.clear();
            }
        }
    }
    facts.completeness.lost_exchanges += silent + lose(&mut facts, &silence.most);
    match silence.known {
        0 => facts.completeness.silent = vec!["web-0".to_owned()],
        1 => facts.completeness.told.observed_s = 30.0,
        2 => facts.completeness.unsealed_s = 10.0,
        _ => {}
    }
    facts
}

/// Loss and silence of any kind raise no floor. Nor do they make compliant what was not, and that not even where nobody knows of them: only
/// accounts and trust domains are unknown then, and no batch is known to be lost.
#[test]
fn no_silence_raises_a_floor_or_makes_anything_compliant() {
    let policies: Vec<_> = RULES
        .iter()
        .chain(&OF_WHO)
        .flat_map(|rule| {
            RESTS.map(|rest| policy(rule, &format!("{rest}completeness: {{lost_batches: 9, undecidable: 1}}\n")))
        })
        .collect();
    let mut runner = TestRunner::new(Config { cases: 500, ..Config::default() });
    let run = runner.run(&(edges(), silence()), |(edges, silence)| {
        let whole = facts(edges);
        let less = silenced(&whole, &silence);
        let unheard_alone = Silence { unreported: vec![false], most: vec![0], known: 9, ..silence.clone() };
        let unheard = silenced(&whole, &unheard_alone);
        let before = super::world::report(&policies, &whole);
        for after in [&less, &unheard].map(|facts| super::world::report(&policies, facts)) {
            for (whole, less) in before.policies.iter().zip(&after.policies) {
                for ((unit, whole_rate), (_, less_rate)) in rates(whole).into_iter().zip(rates(less)) {
                    assert!(
                        is_at_most(&less_rate, &whole_rate),
                        "{} by {unit}: {whole_rate:?} became {less_rate:?}",
                        whole.rule
                    );
                }
            }
        }
        for (whole, unheard) in before.policies.iter().zip(&super::world::report(&policies, &unheard).policies) {
            let is_worse = whole.verdict == Verdict::Compliant || unheard.verdict != Verdict::Compliant;
            assert!(is_worse, "{}: {:?} became compliant by silence", whole.rule, whole.verdict);
        }
        if silence.known < 3 {
            let after = super::world::report(&policies, &less);
            assert!(after.policies.iter().all(|one| one.verdict != Verdict::Compliant));
        }
        Ok(())
    });
    run.unwrap();
}

fn rates(result: &PolicyResult) -> [(&'static str, Rate); 4] {
    [
        ("requests", result.requests),
        ("connections", result.connections),
        ("edges", result.edges),
        ("workloads", result.workloads),
    ]
}

/// `a` is not above `b`, exactly.
fn is_at_most(a: &Rate, b: &Rate) -> bool {
    let [whole_a, whole_b] = [a, b].map(|rate| u128::from(rate.seen + rate.lost));
    u128::from(a.at_least) * whole_b <= u128::from(b.at_least) * whole_a || whole_b == 0
}

#[test]
fn no_loss_raises_a_floor() {
    let policies: Vec<_> = RULES.iter().map(|rule| policy(rule, "")).collect();
    let strategy = (edges(), vec(0_u64..4, 1..12), 0_u64..5);
    let mut runner = TestRunner::new(Config { cases: 4_000, ..Config::default() });
    let run = runner.run(&strategy, |(edges, most, before)| {
        let mut facts = facts(edges);
        facts.completeness.lost_exchanges = before;
        let whole = super::world::report(&policies, &facts);
        let lost = lose(&mut facts, &most);
        facts.completeness.lost_exchanges += lost;
        let less = super::world::report(&policies, &facts);
        for (whole, less) in whole.policies.iter().zip(&less.policies) {
            for ((unit, whole_rate), (_, less_rate)) in rates(whole).into_iter().zip(rates(less)) {
                assert!(
                    is_at_most(&less_rate, &whole_rate),
                    "{} by {unit}: {whole_rate:?} became {less_rate:?} by losing {lost}",
                    whole.rule
                );
            }
        }
        Ok(())
    });
    run.unwrap();
}

#[test]
fn what_is_told_apart_adds_up_and_a_floor_is_below_its_rate() {
    let policies: Vec<_> = RULES.iter().map(|rule| policy(rule, "")).collect();
    let mut runner = TestRunner::new(Config { cases: 2_000, ..Config::default() });
    let run = runner.run(&edges(), |edges| {
        let facts = facts(edges);
        let counted = |edge: &Edge| {
            let of = |report: &Option<Reporter>| report.as_ref().map_or(0, |report| report.count(|_| true));
            (
                of(&edge.source_report).max(of(&edge.destination_report)),
                of(&edge.source_report) + of(&edge.destination_report),
            )
        };
        for found in super::world::report(&policies, &facts).policies {
            for (unit, rate) in rates(&found) {
                assert_eq!(rate.decided, rate.compliant + rate.violating);
                assert_eq!(rate.seen, rate.decided + rate.excepted + rate.undecidable);
                assert!(rate.floor <= rate.rate || rate.rate.is_none(), "{unit}: {rate:?}");
            }
            for result in &found.results {
                let edge = facts.edges.iter().find(|edge| edge.id == result.edge).unwrap();
                if facts.edges.iter().filter(|other| other.id == edge.id).count() == 1 {
                    let all = [&result.violating, &result.excepted, &result.undecidable, &result.unobserved];
                    let sum = result.compliant + all.into_iter().flat_map(|causes| causes.values()).sum::<u64>();
                    let (_, most) = counted(edge);
                    assert!(sum <= most, "more than both reports have: {result:?}");
                }
            }
        }
        Ok(())
    });
    run.unwrap();
}

#[test]
fn the_order_of_classes_and_edges_says_nothing() {
    let policies: Vec<_> = RULES.iter().map(|rule| policy(rule, "")).collect();
    let mut runner = TestRunner::new(Config { cases: 1_000, ..Config::default() });
    let run = runner.run(&edges(), |edges| {
        let straight = facts(edges);
        let mut turned = straight.clone();
        turned.edges.reverse();
        for edge in &mut turned.edges {
            for report in [&mut edge.source_report, &mut edge.destination_report].into_iter().flatten() {
                report.classes.reverse();
            }
        }
        let [straight, turned] = [straight, turned].map(|facts| super::world::report(&policies, &facts));
        for (a, b) in straight.policies.iter().zip(&turned.policies) {
            assert_eq!(rates(a), rates(b), "{}", a.rule);
            assert_eq!(a.verdict, b.verdict);
        }
        Ok(())
    });
    run.unwrap();
}
