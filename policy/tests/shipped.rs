//! What ships: the starter set reads without a word, and the schema in docs/ is that of the types.

use std::path::PathBuf;

use hogusu_policy::rule::Rule;
use hogusu_policy::words::Cause;
use hogusu_policy::{File, Policy, read, written};

use hogusu_policy::fact::{Class, Edge};
use hogusu_policy::words::Verdict;

use super::world::{END, Telling, between, class, edge, end, facts, principal, report, workload};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The policies of a starter set, which reads without a word.
pub(crate) fn set(name: &str) -> Vec<Policy> {
    let folder = root().join("policies").join(name);
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let files: Vec<File> = names
        .iter()
        .map(|path| File { name: path.display().to_string(), text: std::fs::read_to_string(path).unwrap() })
        .collect();
    let read = read(&files, END);
    assert_eq!(read.problems, [], "{name}");
    read.policies
}

#[test]
fn each_starter_set_reads_without_a_word() {
    for (name, least) in [("baseline", 3), ("strict", 6), ("zero-trust", 9)] {
        let policies = set(name);
        assert!(policies.len() >= least, "{name} has {}", policies.len());
    }
}

#[test]
fn the_schema_in_docs_is_that_of_the_types() {
    let written = serde_json::to_string_pretty(&written::schema()).unwrap() + "\n";
    if std::env::var_os("HOGUSU_BLESS").is_some() {
        std::fs::write(root().join("docs/policy.schema.json"), &written).unwrap();
    }
    assert_eq!(text("docs/policy.schema.json"), written, "`make openapi` writes it");
}

#[test]
fn the_docs_name_every_rule_and_every_cause() {
    let (method, format) = (text("docs/compliance.md"), text("docs/policy-format.md"));
    for rule in Rule::WORDS {
        assert!(method.contains(&format!("`{rule}`")), "{rule} is not in docs/compliance.md");
        assert!(format.contains(&format!("`{rule}`")), "{rule} is not in docs/policy-format.md");
    }
    for cause in Cause::ALL {
        assert!(method.contains(&format!("`{}`", cause.as_str())), "{} is not in docs/compliance.md", cause.as_str());
    }
}

#[test]
fn the_examples_of_the_format_page_are_policies() {
    let page = text("docs/policy-format.md");
    let examples: Vec<&str> = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!examples.is_empty());
    for (number, example) in examples.into_iter().enumerate() {
        let read = read(&[File { name: format!("example {number}"), text: example.to_owned() }], END);
        assert_eq!(read.problems, [], "{example}");
        assert!(!read.policies.is_empty());
    }
}

#[test]
fn every_word_of_a_cause_is_told_back() {
    for cause in Cause::ALL {
        assert_eq!(Cause::parse(cause.as_str()), Some(*cause));
    }
}

/// Policies tell by these words that counts differ by what lies at the ends of a period.
#[test]
fn how_a_collector_tells_of_the_ends_of_a_period_is_what_policies_look_for() {
    let told = "may lie across the ends of the period or in what is not sealed yet\"";
    for file in ["collector/src/analysis/agreement/bounds.rs", "policy/src/judge/access.rs"] {
        assert!(text(file).contains(told), "{file}");
    }
}

/// A mesh as most are: calls come in through a gateway, workloads talk by mutual TLS, and one asks the API server by TLS of its own.
fn ordinary() -> Vec<Edge> {
    let both = |source: &str, destination: &str| {
        let own = Class { source_principal: principal(source), ..class("tls", 20_000) };
        edge(source, destination).source(own).destination(class("mutual_tls", 20_000)).agreement("agree")
    };
    let gateway = || workload("istio-system/istio-ingressgateway");
    let client = end("address", "203.0.113.77");
    let api_server = end("service", "kubernetes.default.svc.cluster.local");
    vec![
        between(client, gateway()).destination(class("tls", 20_000)),
        both("istio-system/istio-ingressgateway", "shop/web"),
        both("shop/web", "shop/cart"),
        between(workload("shop/web"), api_server).tcp().source(class("application_tls", 40)),
    ]
}

#[test]
fn an_ordinary_mesh_keeps_every_starter_set_with_what_its_readme_adds_and_none_without() {
    let page = text("policies/README.md");
    let example = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let added = read(&[File { name: "README.md".to_owned(), text: example.to_owned() }], END);
    assert_eq!(added.problems, []);
    let added = &added.policies[0];
    for name in ["baseline", "strict", "zero-trust"] {
        let shipped = report(&set(name), &facts(ordinary()));
        assert!(shipped.policies.iter().any(|found| found.verdict != Verdict::Compliant), "{name}");
        let mut policies = set(name);
        for policy in &mut policies {
            policy.scope.destination.not.clone_from(&added.scope.destination.not);
            policy.exceptions.clone_from(&added.exceptions);
        }
        // That one is an example of namespaces that this mesh does not call.
        policies.retain(|policy| policy.id != "zero-trust-declared-sources");
        for found in report(&policies, &facts(ordinary())).policies {
            assert_eq!((found.verdict, &found.unproven), (Verdict::Compliant, &Vec::new()), "{}", found.id);
        }
    }
}
