//! Declarations: what is refused, with its line and what to do, by `hogusu lint` as by who serves.

use hogusu_collector::declared::{FILE_BYTES, read};
use hogusu_collector::lint::Kind;
use hogusu_collector::lint::State::{Fail, Pass};

use super::{as_kind, found, one};

const WHOLE: &str = "\
schema: hogusu.declare/v1
leave_out:
  - principal: spiffe://cluster.local/ns/ops/sa/prober
    reason: synthetic checks
  - operation: grpc.health.v1.Health/Check
    reason: asked by every client
failures:
  - namespaces: [shop, stock]
    do_not_count: [client_error]
    failing_from: 0.05
  - count: [client_gone]
asynchronous:
  - source: {namespace: shop, workload: orders}
    destination: {namespace: mail, workload: sender}
    reason: an outbox is read by a worker of its own
";

/// What is refused: line, words of what is wrong, words of what to do.
fn refused(text: &str) -> (usize, String, String) {
    let wrong = read(text).unwrap_err();
    let report = as_kind(text, Kind::Declaration);
    assert!(report.documents.iter().any(|document| document.state == Fail), "lint takes what serve refuses: {wrong}");
    (wrong.line, wrong.said, wrong.remedy)
}

fn with(line: usize, instead: &str) -> String {
    let mut lines: Vec<&str> = WHOLE.lines().collect();
    lines[line - 1] = instead;
    lines.join("\n")
}

#[test]
fn a_whole_declaration_is_known_by_its_schema_and_passes() {
    let report = one(WHOLE);
    assert_eq!((report.documents[0].state, report.documents[0].what.as_str()), (Pass, "declaration"));
    let declaration = read(WHOLE).unwrap();
    assert_eq!(declaration.left_out.len(), 2);
    assert!(read("schema: hogusu.declare/v1\n").unwrap().left_out.is_empty());
}

#[test]
fn what_is_not_known_is_refused_with_its_line_and_what_is_known() {
    let (line, said, _) = refused(&format!("{WHOLE}flows: []\n"));
    assert_eq!((line, said.starts_with("flows: unknown key; known here are ")), (16, true), "{said}");
    let (line, said, _) = refused(&with(6, "    reasons: typing"));
    assert_eq!((line, said.as_str()), (5, "leave_out[1].reason: it is missing"), "the first of two is said");
    let two = [(Fail, 5, "leave_out[1].reason".to_owned()), (Fail, 6, "leave_out[1].reasons".to_owned())];
    assert_eq!(found(&one(&with(6, "    reasons: typing"))), two);
    assert_eq!(found(&one(&with(10, "    failing_form: 0.05"))), [(Fail, 10, "failures[0].failing_form".to_owned())]);
}

#[test]
fn a_user_agent_is_refused_for_it_never_leaves_a_proxy() {
    let (line, said, remedy) = refused(&with(3, "  - user_agent: curl"));
    assert_eq!((line, said.contains("it never leaves a proxy")), (3, true), "{said}");
    assert!(remedy.contains("plugin's configuration"), "{remedy}");
}

#[test]
fn a_code_is_refused_for_proxies_keep_classes() {
    for wrong in ["    do_not_count: [404]", "    do_not_count: ['404']", "    do_not_count: [not_found]"] {
        let (line, _, remedy) = refused(&with(9, wrong));
        assert_eq!((line, remedy.contains("404 is in client_error")), (9, true), "{wrong}: {remedy}");
    }
    // What was done on purpose is nobody's failure, and what went well is none.
    for wrong in ["    count: [injected_fault]", "    count: [ok]", "    do_not_count: [injected_delay]"] {
        assert_eq!(refused(&with(9, wrong)).0, 9, "{wrong}");
    }
}

#[test]
fn what_would_be_read_two_ways_is_refused() {
    let twice = format!(
        "{WHOLE}  - source: {{namespace: shop, workload: orders}}\n    destination: {{namespace: mail, workload: sender}}\n    reason: r\n"
    );
    for (text, line, words) in [
        (twice, 16, "stands in line 13 too"),
        (with(11, "  - {namespaces: [stock], count: [client_gone]}"), 11, "stands in line 8 too"),
        (with(5, "  - principal: spiffe://cluster.local/ns/ops/sa/prober"), 5, "stands in line 3 too"),
        (with(4, "    operation: a\n    reason: r"), 3, "exclude each other"),
        (with(11, "  - {namespaces: [mail]}"), 11, "it declares nothing"),
        (with(5, "  -"), 6, ""),
        (with(3, "  - principal: spiffe://cluster.local/ns/ops/*"), 3, "not of the form"),
        (with(10, "    failing_from: 5"), 10, "at most 1"),
        (with(10, "    failing_from: 0"), 10, "at least"),
        (with(1, "schema: hogusu.declare/v2"), 1, "hogusu.declare/v1"),
        (format!("{WHOLE}---\n{WHOLE}"), 17, "2 documents"),
        (String::new(), 1, "0 documents"),
    ] {
        let (found, said, remedy) = refused(&text);
        assert_eq!((found, said.contains(words)), (line, true), "{text}\n{said}");
        assert!(!remedy.is_empty());
    }
}

#[test]
fn hostile_sizes_are_refused_in_few_words() {
    let entries = |count: usize| {
        let entry = |number| format!("  - {{operation: o{number}, reason: r}}\n");
        format!("schema: hogusu.declare/v1\nleave_out:\n{}", (0..count).map(entry).collect::<String>())
    };
    assert_eq!(read(&entries(256)).unwrap().left_out.len(), 256);
    let deep = "[".repeat(100_000);
    let anchors = format!("a: &a [{}]\nb: [{}]\n", "x,".repeat(1_000), "*a,".repeat(100_000));
    let longest = "x".repeat(FILE_BYTES - 100);
    for text in [
        entries(257),
        entries(20_000),
        format!("schema: {longest}\n"),
        format!("schema: hogusu.declare/v1\n{longest}: 1\n"),
        format!("schema: hogusu.declare/v1\nleave_out: {deep}\n"),
        format!("schema: hogusu.declare/v1\n{anchors}"),
        format!("schema: hogusu.declare/v1\n#{longest}{longest}\n"),
    ] {
        let said = read(&text).unwrap_err().to_string();
        assert_eq!(as_kind(&text, Kind::Declaration).result, Fail, "{said}");
        assert!(said.len() < 2_000, "{} bytes: {}", said.len(), said.chars().take(200).collect::<String>());
    }
}

#[test]
fn the_example_of_the_docs_passes_and_every_key_is_explained() {
    let docs = include_str!("../../../docs/declare.md");
    let example = docs.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(read(example).err(), None);
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../../docs/declare.schema.json")).unwrap();
    let keys = |of: &serde_json::Value| of["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let mut named = keys(&schema);
    for list in ["leave_out", "failures", "asynchronous"] {
        named.extend(keys(&schema["properties"][list]["items"]));
    }
    for key in named {
        assert!(
            docs.contains(&format!("`{key}`")) || docs.contains(&format!(".{key}`")),
            "docs/declare.md lacks {key}"
        );
    }
}

#[test]
fn the_schema_names_every_outcome_that_can_be_declared() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../../docs/declare.schema.json")).unwrap();
    let entry = &schema["properties"]["failures"]["items"]["properties"];
    let words = |key: &str| -> Vec<String> { serde_json::from_value(entry[key]["items"]["enum"].clone()).unwrap() };
    let (count, do_not_count) = (words("count"), words("do_not_count"));
    for outcome in hogusu_model::Outcome::ALL {
        let word = outcome.as_str().to_owned();
        // Only attempts are unanswered.
        let never = ["ok", "injected_delay", "injected_fault", "unanswered"].contains(&outcome.as_str());
        assert_eq!(do_not_count.contains(&word), outcome.is_failure() && !never, "{word}");
        assert_eq!(count.contains(&word), !outcome.is_failure() && !never, "{word}");
    }
}
