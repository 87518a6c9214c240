//! Files are refused in words, with place and remedy, and within bounds.

use std::time::Instant;

use hogusu_policy::{File, Level, Read, read};

use super::world::END;

const GOOD: &str = "schema: hogusu.policy/v1\nid: mutual-tls\nquestion: Is it so?\nseverity: high\nowner: security\nrule: mutual_tls\n";

fn of(text: &str) -> Read {
    read(&[File { name: "p.yaml".to_owned(), text: text.to_owned() }], END)
}

/// The only problem of a file.
fn problem(text: &str) -> String {
    let read = of(text);
    assert_eq!(read.problems.len(), 1, "{:#?}", read.problems);
    read.problems[0].line()
}

#[test]
fn a_file_in_order_is_read() {
    let read = of(GOOD);
    assert_eq!((read.policies.len(), read.problems.len()), (1, 0));
    assert!(read.is_usable());
    assert_eq!((read.policies[0].at.line, read.policies[0].file.as_str()), (1, "p.yaml"));
}

#[test]
fn several_policies_stand_in_one_file() {
    let read = of(&format!("{GOOD}---\n{}", GOOD.replace("mutual-tls", "another")));
    assert_eq!(read.policies.iter().map(|policy| policy.id.as_str()).collect::<Vec<_>>(), ["mutual-tls", "another"]);
    assert_eq!(read.policies[1].at.line, 8);
}

/// What of a good file is replaced (nothing: something is added to its end), by what, and what is said of it.
const MISTAKES: [(&str, &str, &str); 34] = [
    ("severity", "severty", "4:1: error: the field severty is not known; write one of "),
    (
        "severity: high",
        "severity: huge",
        "4:11: error: huge is not known here; write one of info, low, medium, high, critical",
    ),
    ("owner: security\n", "", "5:1: error: the field owner is missing; write owner: ..."),
    ("owner: security", "owner: \"\"", "5:8: error: owner is empty; "),
    (
        "policy/v1",
        "policy/v9",
        "1:9: error: hogusu.policy/v9 is no format of policies that is read here; write schema: hogusu.policy/v1",
    ),
    ("id: mutual-tls", "id: Mutual TLS", "2:5: error: Mutual TLS is no id; "),
    ("rule: mutual_tls", "rule: mutual_tsl", "6:7: error: mutual_tsl is not known here; write one of mutual_tls, "),
    (
        "rule: mutual_tls",
        "rule: {minimum_tls_version: {version: \"1.4\"}}",
        "6:39: error: 1.4 is not known here; write one of 1.2, 1.3",
    ),
    (
        "rule: mutual_tls",
        "rule: {observed_within: {age: soon}}",
        "6:7: error: age is no length of time; write a number and s, m, h or d, as 24h",
    ),
    (
        "rule: mutual_tls",
        "rule: {allowed_sources: {sources: [{}]}}",
        "6:7: error: an empty selector allows every source; ",
    ),
    (
        "rule: mutual_tls",
        "rule: {forbidden_edges: {edges: []}}",
        "6:7: error: it does not say which edges are forbidden; ",
    ),
    ("", "scope: {source: {namespace: [a*b]}}", "7:8: error: the pattern \"a*b\" selects nothing; "),
    (
        "",
        "scope: {source: {namespaces: [a]}}",
        "7:18: error: the field namespaces is not known; write one of kind, cluster, namespace, ",
    ),
    ("", "scope: {port: [http]}", "7:"),
    ("", "scope: {destination: {not: }}", "7:"),
    ("", "scope:", "7:"),
    ("", "completeness:", "7:"),
    ("", "scope: {destination: {not: {}}}", "7:8: error: an empty not leaves out every end; "),
    ("", "scope: {destination: {namespace: []}}", "7:"),
    ("", "scope: {port: []}", "7:"),
    ("", "scope: {protocol: []}", "7:"),
    ("", "scope: {source: {namespace: [\" shop\"]}}", "7:8: error: \" shop\" can be nobody's name; "),
    ("", "scope: {source: {namespace: [Shop]}}", "7:8: error: \"Shop\" can be nobody's name; "),
    (
        "",
        "exceptions: [{scope: {source: {kind: [workload], not: }}, reason: r, owner: o, expires: \"2027-01-01\"}]",
        "7:",
    ),
    (
        "rule: mutual_tls",
        "rule: {allowed_trust_domains: {domains: [\"a*b\"]}}",
        "6:7: error: one of its trust domains is no pattern; ",
    ),
    (
        "rule: mutual_tls",
        "rule: {allowed_trust_domains: {domains: [\"*\"]}}",
        "6:7: error: it allows every trust domain; ",
    ),
    (
        "rule: mutual_tls",
        "rule: {allowed_trust_domains: {domains: [\"*l\"]}}",
        "6:7: error: one of its patterns takes trust domains that differ within a word; ",
    ),
    ("rule: mutual_tls", "rule: {allowed_sources: {sources: []}}", "6:7: error: no source is declared; "),
    (
        "rule: mutual_tls",
        "rule: {allowed_sources: {sources: [{not: {}}]}}",
        "6:7: error: an empty not leaves out every end; ",
    ),
    ("", "completeness: {time_covered: 99.9}", "7:15: error: time_covered and undecidable are shares; "),
    ("", "owner: twice", "7:1: error: the key owner stands twice in one object; write it once"),
    (
        "",
        "exceptions: [{scope: {}, reason: r, owner: o, expires: \"2027-01-01\"}]",
        "7:14: error: it excepts every edge; ",
    ),
    (
        "",
        "exceptions:\n  - {scope: {port: [80]}, reason: \" \", owner: o, expires: \"2027-01-01\"}",
        "8:5: error: its reason or its owner is empty; ",
    ),
    (
        "",
        "exceptions:\n  - {scope: {port: [80]}, reason: r, owner: o, expires: never}",
        "8:57: error: never is no day; write its last day, as 2026-12-31",
    ),
];

#[test]
fn mistakes_are_told_with_line_column_and_remedy() {
    for (from, to, told) in MISTAKES {
        let text = if from.is_empty() { format!("{GOOD}{to}\n") } else { GOOD.replace(from, to) };
        let found = problem(&text);
        assert!(found.starts_with(&format!("p.yaml:{told}")), "{found}\ninstead of\n{told}");
        assert!(!of(&text).is_usable());
    }
    assert!(problem("").starts_with("p.yaml:1:1: error: there is no policy in it; "));
    assert!(problem("a: [").starts_with("p.yaml:1:"));
}

#[test]
fn an_expired_exception_is_a_warning_and_the_policy_is_judged() {
    let read = of(&format!(
        "{GOOD}exceptions:\n  - {{scope: {{port: [80]}}, reason: r, owner: o, expires: \"2026-11-23\"}}\n"
    ));
    assert_eq!(read.problems[0].level, Level::Warning);
    assert!(
        read.problems[0]
            .line()
            .starts_with("p.yaml:8:57: warning: it expired with 2026-11-23 and excepts nothing any more; "),
        "{}",
        read.problems[0].line()
    );
    assert!(read.is_usable() && read.policies.len() == 1);
}

#[test]
fn an_id_is_given_once() {
    let read = of(&format!("{GOOD}---\n{GOOD}"));
    assert_eq!(read.policies.len(), 1);
    assert_eq!(
        read.problems[0].line(),
        "p.yaml:9:5: error: the id mutual-tls stands in p.yaml:2 too; give each policy an id of its own"
    );
}

/// Read within these seconds, on whatever machine tests run.
fn within(seconds: u64, text: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "the bound is one of time")]
    let begun = Instant::now();
    let read = of(text);
    let took = begun.elapsed();
    assert!(!read.is_usable());
    assert!(took.as_secs() < seconds, "{took:?}");
    read.problems[0].said.clone()
}

#[test]
fn ten_megabytes_are_refused_within_bounds() {
    assert_eq!(within(10, &"x".repeat(10 * 1024 * 1024 + 1)), "it is longer than 10485760 bytes");
    let many = format!("{GOOD}controls: [{}]\n", "a, ".repeat(3 * 1024 * 1024));
    assert_eq!(within(30, &many), "it has more values than are read here");
    let deep = format!("{GOOD}controls: {}\n", "[".repeat(1024 * 1024));
    within(30, &deep);
    let documents = format!("{GOOD}---\n").repeat(1_100);
    within(30, &documents);
}

#[test]
fn alias_bombs_are_refused_within_bounds() {
    let mut bomb = format!("{GOOD}controls: &a [x, x, x, x, x, x, x, x, x, x]\n");
    bomb.push_str("scope: {source: {namespace: &l0 [x, x, x, x, x, x, x, x, x, x]}}\nexceptions:\n");
    for level in 1..30 {
        let before = level - 1;
        let many = vec![format!("*l{before}"); 10].join(", ");
        bomb.push_str(&format!("  - &l{level} [{many}]\n"));
    }
    within(10, &bomb);
    let billion = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
    within(10, billion);
}
