//! A report in Prometheus' text format, for a textfile collector: numerator, denominator and completeness, never only a rate. All are gauges of the
//! report's period.

use std::fmt::Write;

use crate::rate::Rate;
use crate::report::{PolicyResult, Report};
use crate::words::Verdict;

/// What a metric is and what it says.
const METRICS: [(&str, &str); 13] = [
    ("hogusu_compliance_units", "What a policy judged, by unit and state."),
    ("hogusu_compliance_decided", "Denominator of the rate: compliant and violating."),
    ("hogusu_compliance_seen", "All that was seen and passed."),
    ("hogusu_compliance_at_least", "Numerator of the floor; its denominator is seen and lost."),
    ("hogusu_compliance_lost", "What is known to be lost, as it counts in the floor."),
    ("hogusu_compliance_verdict", "1 for the policy's verdict, 0 for the others."),
    ("hogusu_compliance_proxies", "Proxies of the period; expected is left out where nobody says which should report."),
    (
        "hogusu_compliance_seconds",
        "Seconds that senders covered and should have, and of the period those that were told of.",
    ),
    ("hogusu_compliance_batches", "Batches of the period that are missing."),
    ("hogusu_compliance_missing", "What else is missing of the period, or is on no edge of its own."),
    (
        "hogusu_compliance_unjudged",
        "What is not known to be in the scope of a policy that says how it must be secured.",
    ),
    (
        "hogusu_compliance_refused_connections",
        "Connections that listeners refused, as far as they told; left out where none tells.",
    ),
    ("hogusu_compliance_problems", "Warnings about files of policies."),
];

/// Draws it.
#[must_use]
pub fn draw(report: &Report) -> String {
    let mut out = String::new();
    for (name, help) in METRICS {
        line(&mut out, &format!("# HELP {name} {help}"));
        line(&mut out, &format!("# TYPE {name} gauge"));
        for (labels, value) in samples(report, name) {
            let labels = if labels.is_empty() { labels } else { format!("{{{labels}}}") };
            line(&mut out, &format!("{name}{labels} {value}"));
        }
    }
    out
}

/// Labels and value of each sample of a metric.
fn samples(report: &Report, name: &str) -> Vec<(String, String)> {
    let complete = &report.completeness;
    let of_units = |of: fn(&Rate) -> Vec<(&'static str, u64)>| {
        report.policies.iter().flat_map(|policy| per_unit(policy, of)).collect()
    };
    let states = |states: Vec<(&str, String)>| {
        states.into_iter().map(|(state, value)| (format!("state=\"{state}\""), value)).collect()
    };
    match name {
        "hogusu_compliance_units" => of_units(|rate| {
            vec![
                ("compliant", rate.compliant),
                ("violating", rate.violating),
                ("excepted", rate.excepted),
                ("undecidable", rate.undecidable),
                ("unobserved", rate.unobserved),
            ]
        }),
        "hogusu_compliance_decided" => of_units(|rate| vec![("", rate.decided)]),
        "hogusu_compliance_seen" => of_units(|rate| vec![("", rate.seen)]),
        "hogusu_compliance_at_least" => of_units(|rate| vec![("", rate.at_least)]),
        "hogusu_compliance_lost" => of_units(|rate| vec![("", rate.lost)]),
        "hogusu_compliance_verdict" => report.policies.iter().flat_map(verdicts).collect(),
        "hogusu_compliance_proxies" => {
            let expected = complete.expected.map(|count| ("expected", count.to_string()));
            let known = [
                ("reporting", complete.reporting),
                ("not_observable", complete.not_observable),
                ("silent", complete.silent.len() as u64),
            ];
            states(known.into_iter().map(|(state, count)| (state, count.to_string())).chain(expected).collect())
        }
        "hogusu_compliance_seconds" => {
            let told = &complete.told;
            let seconds = [
                ("covered", complete.covered_s),
                ("expected", complete.expected_s),
                ("told", told.observed_s),
                ("period", complete.period_s),
                ("unsealed", complete.unsealed_s),
            ];
            states(seconds.map(|(state, seconds)| (state, seconds.to_string())).to_vec())
        }
        "hogusu_compliance_batches" => {
            states(vec![("lost", complete.lost_batches.to_string()), ("refused", complete.refused_batches.to_string())])
        }
        _ => beside(report, name),
    }
}

/// What is told once, whatever the policies.
fn beside(report: &Report, name: &str) -> Vec<(String, String)> {
    let (complete, unjudged) = (&report.completeness, &report.unjudged);
    let labelled = |label: &str, counts: [(&str, u64); 4]| {
        counts.map(|(word, count)| (format!("{label}=\"{word}\""), count.to_string())).to_vec()
    };
    let alone = |count: u64| (String::new(), count.to_string());
    match name {
        "hogusu_compliance_missing" => labelled(
            "what",
            [
                ("unclosed_senders", complete.unclosed_senders),
                ("damaged_files", complete.damaged_files),
                ("lost_exchanges", complete.lost_exchanges),
                ("overflow", complete.overflow),
            ],
        ),
        "hogusu_compliance_unjudged" => labelled(
            "unit",
            [
                ("requests", unjudged.requests),
                ("connections", unjudged.connections),
                ("edges", unjudged.edges),
                ("in_plaintext", unjudged.plaintext),
            ],
        ),
        "hogusu_compliance_refused_connections" => report.refused_connections.count.map(alone).into_iter().collect(),
        _ => vec![alone(report.problems.len() as u64)],
    }
}

fn per_unit(policy: &PolicyResult, of: fn(&Rate) -> Vec<(&'static str, u64)>) -> Vec<(String, String)> {
    let units = [
        ("requests", &policy.requests),
        ("connections", &policy.connections),
        ("edges", &policy.edges),
        ("workloads", &policy.workloads),
    ];
    let labelled = |(unit, rate): (&str, &Rate)| {
        let written = |(state, count): (&str, u64)| {
            let state = if state.is_empty() { String::new() } else { format!(",state=\"{state}\"") };
            // An id holds nothing that a label would have to escape.
            (format!("policy=\"{}\",unit=\"{unit}\"{state}", policy.id), count.to_string())
        };
        of(rate).into_iter().map(written).collect::<Vec<_>>()
    };
    units.into_iter().flat_map(labelled).collect()
}

fn verdicts(policy: &PolicyResult) -> Vec<(String, String)> {
    let all =
        [("compliant", Verdict::Compliant), ("not_proven", Verdict::NotProven), ("violating", Verdict::Violating)];
    let written = |(word, verdict): (&str, Verdict)| {
        (format!("policy=\"{}\",verdict=\"{word}\"", policy.id), u8::from(policy.verdict == verdict).to_string())
    };
    all.map(written).to_vec()
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ignored = writeln!(out, "{text}");
}
