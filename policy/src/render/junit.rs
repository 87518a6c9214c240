//! A report as JUnit, for the pages of CI: a suite for each policy, a case for each edge. Violating is a failure, undecidable an error, unobserved
//! skipped; where a policy is not proven, one more case says why and is an error. The numbers are properties of the suite.

use std::fmt::Write;

use super::table::marks;
use super::{causes, refused};
use crate::rate::Rate;
use crate::report::{EdgeResult, PolicyResult, Report};
use crate::words::{State, Verdict};

/// Draws it.
#[must_use]
pub fn draw(report: &Report) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str("<testsuites name=\"hogusu compliance\">\n");
    for policy in &report.policies {
        suite(&mut out, report, policy);
    }
    out.push_str("</testsuites>\n");
    out
}

fn suite(out: &mut String, report: &Report, policy: &PolicyResult) {
    let count = |state| policy.of_state(state).count();
    let (violating, skipped) = (count(State::Violating), count(State::Unobserved));
    let verdict = usize::from(policy.verdict == Verdict::NotProven);
    let (tests, errors) = (policy.results.len() + verdict, count(State::Undecidable) + verdict);
    let (name, at) = (escaped(&policy.id), escaped(&report.to));
    line(
        out,
        &format!(
            "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{violating}\" errors=\"{errors}\" skipped=\"{skipped}\" timestamp=\"{at}\">"
        ),
    );
    line(out, "    <properties>");
    for (key, value) in properties(report, policy) {
        line(out, &format!("      <property name=\"{}\" value=\"{}\"/>", escaped(&key), escaped(&value)));
    }
    line(out, "    </properties>");
    if verdict > 0 {
        let why = escaped(&policy.unproven.join("; "));
        line(
            out,
            &format!("    <testcase classname=\"{name}\" name=\"not proven\"><error message=\"{why}\"/></testcase>"),
        );
    }
    policy.results.iter().for_each(|edge| case(out, &name, edge));
    line(out, "  </testsuite>");
}

fn case(out: &mut String, policy: &str, edge: &EdgeResult) {
    // Ports and protocols tell edges of the same ends apart; two cases of one name would be one in many readers.
    let name = escaped(&format!("{} {} {}", edge.label, edge.protocol, edge.edge));
    let why = |of| escaped(&format!("{}{}", causes(of), marks(edge)));
    let inner = match edge.state {
        State::Violating => format!("<failure message=\"{}\"/>", why(&edge.violating)),
        State::Undecidable => format!("<error message=\"{}\"/>", why(&edge.undecidable)),
        State::Unobserved => format!("<skipped message=\"{}\"/>", why(&edge.unobserved)),
        State::Excepted => format!("<system-out>excepted: {}</system-out>", why(&edge.excepted)),
        State::Compliant => String::new(),
    };
    line(out, &format!("    <testcase classname=\"{policy}\" name=\"{name}\">{inner}</testcase>"));
}

fn properties(report: &Report, policy: &PolicyResult) -> Vec<(String, String)> {
    let complete = &report.completeness;
    let known = [
        ("verdict", policy.verdict.as_str().to_owned()),
        ("from", report.from.clone()),
        ("to", report.to.clone()),
        ("proxies", complete.statement.clone()),
        ("seconds_covered", complete.covered_s.to_string()),
        ("seconds_expected", complete.expected_s.to_string()),
        ("seconds_told", complete.told.observed_s.to_string()),
        ("seconds_of_period", complete.period_s.to_string()),
        ("lost_batches", complete.lost_batches.to_string()),
        ("lost_exchanges", complete.lost_exchanges.to_string()),
        ("refused_batches", complete.refused_batches.to_string()),
        ("unclosed_senders", complete.unclosed_senders.to_string()),
        ("damaged_files", complete.damaged_files.to_string()),
        ("overflow", complete.overflow.to_string()),
        ("refused_connections", refused(report)),
        ("unjudged", report.unjudged.statement.clone()),
    ];
    let warnings = report.problems.iter().map(|problem| ("warning", problem.line()));
    let mut all: Vec<_> = known.into_iter().chain(warnings).map(|(name, value)| (name.to_owned(), value)).collect();
    let mut add = |unit: &str, rate: &Rate| {
        let numbers = [
            ("compliant", rate.compliant),
            ("decided", rate.decided),
            ("excepted", rate.excepted),
            ("undecidable", rate.undecidable),
        ];
        all.extend(numbers.map(|(name, count)| (format!("{unit}_{name}"), count.to_string())));
        let floor = rate.floor.map_or_else(String::new, |floor| floor.to_string());
        all.push((format!("{unit}_floor"), floor));
    };
    add("requests", &policy.requests);
    add("connections", &policy.connections);
    add("edges", &policy.edges);
    add("workloads", &policy.workloads);
    all
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ignored = writeln!(out, "{text}");
}

/// Text within an attribute or an element. What XML 1.0 cannot hold at all is written as a replacement.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' | '\n' | '\r' => out.push(' '),
            control if control < ' ' || matches!(control, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn no_name_ends_an_attribute() {
        assert_eq!(escaped("a\"<b>&\u{1}'"), "a&quot;&lt;b&gt;&amp;\u{fffd}&apos;");
    }
}
