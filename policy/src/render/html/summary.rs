//! Page 1: what was asked of which period, what came of it in words, how completely it was observed, and what it does not say.

use super::super::{completeness, rates, refused};
use super::document::Document;
use super::{class, mesh};
use crate::report::{PolicyResult, Report};
use crate::words::Verdict;

/// What no number of a report can say; docs/compliance.md has more of it.
const NOT_SAID: [&str; 6] = [
    "Traffic that passes no proxy which reports is in nobody's count.",
    "A connection that a listener refuses, as one in plaintext under STRICT, leaves no request: that there were none is so by construction, unless the listener's own log tells.",
    "TLS that ends in the applications is neither plaintext nor mutual TLS, and no proxy proved the peer.",
    "What was in batches that never came counts against every floor; what a sender that died had not sent yet is not known, and makes policies not proven.",
    "The sum of the period is judged: what was remedied within it is in the numbers still.",
    "In some cases this version is known to call compliant what is not shown to be: docs/compliance.md of Hogusu lists them.",
];

/// Draws it.
pub(super) fn draw(document: &mut Document, report: &Report) {
    document.raw("<h1>Compliance from traffic</h1>\n");
    document.element("p", &format!("{}, {} to {} (end exclusive).", mesh(report), report.from, report.to));
    document.raw("<h2>Verdict</h2>\n<p class=\"verdict ").raw(class(report.verdict)).raw("\"><strong>");
    document.text(report.verdict.as_str()).raw("</strong>. ").text(&sentence(report)).raw("</p>\n");
    let head = [
        "Policy",
        "Verdict",
        "Requests",
        "Floor of requests",
        "Connections",
        "Floor of connections",
        "Violating edges",
    ];
    document.table("Rates: compliant of those that could be decided", head, report.policies.iter().map(row));
    document.element(
        "p",
        "The floor is the share that is compliant at least, had everything that was lost, cannot be decided or is excepted been violating; no loss raises it.",
    );
    document.raw("<h2>How completely it was observed</h2>\n");
    let told = completeness(&report.completeness).into_iter();
    let population = format!("{} edges between {} workloads", report.population.edges, report.population.workloads);
    document.list(told.chain([population, refused(report), report.unjudged.statement.clone()]));
    document.raw("<h2>What this does not say</h2>\n");
    document.list(NOT_SAID);
    document.raw(
        "<h2>Signed</h2>\n<table class=\"sign\">\n<caption>By hand</caption>\n<thead><tr><th scope=\"col\">Role</th>",
    );
    document.raw("<th scope=\"col\">Name and signature</th><th scope=\"col\">Day</th></tr></thead>\n<tbody>\n");
    document.raw("<tr><th scope=\"row\">Prepared</th><td>\u{a0}</td><td>\u{a0}</td></tr>\n");
    document.raw("<tr><th scope=\"row\">Reviewed</th><td>\u{a0}</td><td>\u{a0}</td></tr>\n</tbody></table>\n");
}

/// The verdict in words.
fn sentence(report: &Report) -> String {
    let counts = [Verdict::Violating, Verdict::NotProven, Verdict::Compliant].map(|verdict| report.count(verdict));
    let [violating, unproven, compliant] = counts;
    let what = match report.verdict {
        Verdict::Violating => {
            "Calls were seen that are not as these policies ask. Each edge that they were seen on is listed below."
        }
        Verdict::NotProven => {
            "No call was seen that breaks a policy, but not everything was seen or could be decided. Each reason is listed below; until they are \
             remedied this proves nothing of the policies concerned, whatever the rates are."
        }
        Verdict::Compliant => {
            "Everything that was seen in the scope of these policies is as they ask or is let off by a named exception, and the period was \
             observed as completely as the policies demand."
        }
    };
    let all = report.policies.len();
    format!("{what} Of {all} policies: {violating} violating, {unproven} not proven, {compliant} compliant.")
}

fn row(policy: &PolicyResult) -> [String; 7] {
    let rates = rates(policy);
    let told = |wanted| {
        let found = rates.iter().find(|(unit, ..)| *unit == wanted);
        found.map_or_else(|| ("-".to_owned(), "-".to_owned()), |(.., told)| told.clone())
    };
    let [requests, connections] = ["requests", "connections"].map(told);
    let name = format!("{} ({}): {}", policy.id, policy.severity.as_str(), policy.question);
    let verdict = policy.verdict.as_str().to_owned();
    [name, verdict, requests.0, requests.1, connections.0, connections.1, policy.edges.violating.to_string()]
}
