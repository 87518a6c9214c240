//! For who audits: of each policy every edge that is violating, let off, not to be told or unobserved, and how the report was made.

use std::collections::BTreeMap;

use super::super::rates;
use super::super::table::marks;
use super::Page;
use super::document::Document;
use crate::evaluate::said;
use crate::report::{EdgeResult, ExceptionResult, PolicyResult};
use crate::sample::Row;
use crate::words::State;

/// What a policy says.
pub(super) fn draw(document: &mut Document, policy: &PolicyResult) {
    document.element("h2", &format!("{}: {}", policy.id, policy.verdict.as_str()));
    let controls = if policy.controls.is_empty() { "none named".to_owned() } else { policy.controls.join(", ") };
    document.terms(&[
        ("Question", policy.question.clone()),
        ("Severity, owner", format!("{}, {}", policy.severity.as_str(), policy.owner)),
        ("Rule, file", format!("{}, {}", policy.rule, policy.file)),
        ("Controls", controls),
    ]);
    let rates = rates(policy).into_iter().map(|(unit, rate, (told, floor))| {
        let beside = [rate.excepted, rate.undecidable, rate.unobserved, rate.lost].map(|count| count.to_string());
        let [excepted, undecidable, unobserved, lost] = beside;
        [unit.to_owned(), told, floor, excepted, undecidable, unobserved, lost]
    });
    let head = ["Counted by", "Compliant of decided", "Floor", "Excepted", "Undecidable", "Unobserved", "Lost"];
    document.table("Rates", head, rates);
    if !policy.unproven.is_empty() {
        document.raw("<h3>Why it is not proven</h3>\n").list(&policy.unproven);
    }
    edges(document, policy, "Violating", |edge| &edge.violating);
    exceptions(document, policy);
    edges(document, policy, "Excepted", |edge| &edge.excepted);
    edges(document, policy, "Undecidable", |edge| &edge.undecidable);
    edges(document, policy, "Unobserved", |edge| &edge.unobserved);
    document.element(
        "p",
        &format!(
            "{} edges are in its scope. Those of which everything is compliant are not listed here: the bundle and the formats json and csv have \
             every edge.",
            policy.results.len()
        ),
    );
}

fn exceptions(document: &mut Document, policy: &PolicyResult) {
    let row = |(place, one): (usize, &ExceptionResult)| {
        let force = if one.is_in_force { "yes" } else { "no: it lets nothing off" };
        [
            format!("{} (line {})", place + 1, one.line),
            one.reason.clone(),
            one.owner.clone(),
            one.expires.clone(),
            force.to_owned(),
            one.edges.to_string(),
            one.exchanges.to_string(),
        ]
    };
    let head = ["Exception", "Reason", "Owner", "Last day", "In force", "Edges", "Exchanges"];
    document.table("Every exception", head, policy.exceptions.iter().enumerate().map(row));
}

/// Every edge of which something is in a state.
fn edges(
    document: &mut Document,
    policy: &PolicyResult,
    title: &'static str,
    of: impl Fn(&EdgeResult) -> &BTreeMap<String, u64>,
) {
    // Of an edge of which nobody tells anything no cause is known either.
    let is_silent = |edge: &EdgeResult| title == "Unobserved" && edge.state == State::Unobserved;
    let is_listed = |edge: &&EdgeResult| !of(edge).is_empty() || is_silent(edge);
    let found: Vec<&EdgeResult> = policy.results.iter().filter(is_listed).collect();
    if found.is_empty() {
        return;
    }
    document.raw("<h3>").raw(title).raw("</h3>\n");
    let row = |edge: &&EdgeResult| {
        let exception =
            edge.exception.filter(|_| title == "Excepted").map(|place| format!("; by exception {}", place + 1));
        [
            edge.label.clone(),
            edge.edge.clone(),
            edge.protocol.clone(),
            edge.measure.clone(),
            format!("{}{}{}", causes(of(edge)), exception.unwrap_or_default(), marks(edge)),
            edge.compliant.to_string(),
            edge.reporters.clone(),
        ]
    };
    let head = ["Edge", "Id", "Protocol", "Counted", "How many, and why", "Compliant beside", "Told by"];
    document.table(&format!("{} edges", found.len()), head, found.iter().map(row));
}

/// The word of each cause, which names the field that is missing, and what it says.
fn causes(causes: &BTreeMap<String, u64>) -> String {
    if causes.is_empty() {
        return "nobody tells anything of it".to_owned();
    }
    let written = |(cause, count): (&String, &u64)| match said(cause) {
        said if said == cause => format!("{count} {cause}"),
        said => format!("{count} {cause}: {said}"),
    };
    causes.iter().map(written).collect::<Vec<_>>().join("; ")
}

/// How it was made, and what to test again.
pub(super) fn method(document: &mut Document, page: &Page) {
    let Page { report, sample, bundle, .. } = page;
    document.raw("<h2>How it was made</h2>\n");
    document.terms(&[
        (
            "Population",
            format!(
                "{} edges between {} workloads: every edge of the period",
                report.population.edges, report.population.workloads
            ),
        ),
        ("Query", report.population.query.clone()),
        ("Period", format!("{} to {}, end exclusive", report.from, report.to)),
        ("Made by", format!("hogusu {}, report {}", report.version, report.schema)),
        ("SHA-256 of the bundle", bundle.clone()),
        ("To work it out again", "hogusu report verify BUNDLE --digest SHA256".to_owned()),
    ]);
    if !report.problems.is_empty() {
        document.raw("<h3>Warnings about the policies</h3>\n").list(report.problems.iter().map(|one| one.line()));
    }
    document.raw("<h3>Sample to test again</h3>\n");
    let [drawn, of, seed] = [sample.rows.len() as u64, sample.of, sample.seed];
    document.element(
        "p",
        &format!(
            "{drawn} of {of} rows, each one end's word of one class of exchanges on one edge, drawn by the seed {seed}, each row as likely as any \
             other. Who audits may choose another seed with --seed."
        ),
    );
    let row =
        |row: &Row| [row.place.to_string(), row.label.clone(), row.edge.clone(), row.by.clone(), row.class.sentence()];
    document.table(
        "Rows that were drawn",
        ["Row", "Edge", "Id", "Told by", "What is told"],
        sample.rows.iter().map(row),
    );
}
