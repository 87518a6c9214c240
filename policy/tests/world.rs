//! Facts built by hand.

use hogusu_policy::evaluate::{Origin, evaluate};
use hogusu_policy::fact::{Agreement, Class, Completeness, Edge, End, Reporter, Told};
use hogusu_policy::report::{EdgeResult, PolicyResult};
use hogusu_policy::{Facts, File, Policy, Report, read};

/// 2026-11-24T14:07:00Z.
pub(crate) const END: u64 = 1_795_529_220_000_000_000;

/// A workload `namespace/name` of k8s cluster c1 whose service account has its name, known by its own proxy.
pub(crate) fn workload(name: &str) -> End {
    let (namespace, short) = name.split_once('/').unwrap();
    End {
        kind: "workload".to_owned(),
        cluster: "c1".to_owned(),
        namespace: namespace.to_owned(),
        name: short.to_owned(),
        label: name.to_owned(),
        is_outside: false,
        service_accounts: vec![short.to_owned()],
        shared_accounts: Vec::new(),
        hosts: Vec::new(),
        trust_domain: "cluster.local".to_owned(),
        zones: vec!["z1".to_owned()],
        named_by: vec!["itself".to_owned()],
        age_s: Some(0.0),
    }
}

/// An end of another kind.
pub(crate) fn end(kind: &str, name: &str) -> End {
    let label = if name.is_empty() { kind } else { name };
    End { kind: kind.to_owned(), name: name.to_owned(), label: label.to_owned(), ..End::default() }
}

/// A host that is known to be outside of the mesh.
pub(crate) fn outside(host: &str) -> End {
    End { is_outside: true, ..end("service", host) }
}

pub(crate) fn principal(name: &str) -> String {
    let (namespace, account) = name.split_once('/').unwrap();
    format!("spiffe://cluster.local/ns/{namespace}/sa/{account}")
}

/// HTTP between two workloads, of which nobody tells yet.
pub(crate) fn edge(source: &str, destination: &str) -> Edge {
    between(workload(source), workload(destination))
}

pub(crate) fn between(source: End, destination: End) -> Edge {
    Edge {
        id: format!("{}>{}", source.label, destination.label),
        source,
        destination,
        protocol: "http".to_owned(),
        port: 8080,
        measure: "requests".to_owned(),
        source_report: None,
        destination_report: None,
        agreement: Agreement { state: "one_reporter".to_owned(), reasons: Vec::new() },
    }
}

/// A class of so many good exchanges, secured so.
pub(crate) fn class(security: &str, count: u64) -> Class {
    let tls_version = if matches!(security, "tls" | "mutual_tls") { "TLSv1.3" } else { "" };
    Class {
        security: security.to_owned(),
        tls_version: tls_version.to_owned(),
        outcome: "ok".to_owned(),
        answered_by: if security == "unknown" { "nobody" } else { "upstream" }.to_owned(),
        traffic: "mesh".to_owned(),
        count,
        ..Class::default()
    }
}

/// How one end's word is added to an edge.
pub(crate) trait Telling {
    /// The source tells.
    fn source(self, class: Class) -> Self;
    /// The destination tells.
    fn destination(self, class: Class) -> Self;
    /// Over TCP.
    fn tcp(self) -> Self;
    /// Both ends agree, or not.
    fn agreement(self, state: &str) -> Self;
}

impl Telling for Edge {
    fn source(mut self, mut class: Class) -> Self {
        if matches!(class.security.as_str(), "tls" | "mutual_tls")
            && class.destination_principal.is_empty()
            && self.destination.is_workload()
        {
            class.destination_principal = principal(&self.destination.label);
        }
        self.source_report.get_or_insert_with(Reporter::default).classes.push(class);
        self
    }

    fn destination(mut self, mut class: Class) -> Self {
        if class.security == "mutual_tls" && class.source_principal.is_empty() && self.source.is_workload() {
            class.source_principal = principal(&self.source.label);
        }
        self.destination_report.get_or_insert_with(Reporter::default).classes.push(class);
        self
    }

    fn tcp(mut self) -> Self {
        (self.protocol, self.measure) = ("tcp".to_owned(), "connections".to_owned());
        self
    }

    fn agreement(mut self, state: &str) -> Self {
        state.clone_into(&mut self.agreement.state);
        self
    }
}

/// A period in which nothing is missing.
pub(crate) fn facts(edges: Vec<Edge>) -> Facts {
    Facts {
        mesh: "demo".to_owned(),
        from: "2026-11-24T14:02:00Z".to_owned(),
        to: "2026-11-24T14:07:00Z".to_owned(),
        end: END,
        completeness: Completeness {
            reporting: 4,
            expected: Some(4),
            statement: "4/4".to_owned(),
            covered_s: 1200.0,
            expected_s: 1200.0,
            period_s: 300.0,
            told: Told { observed_s: 300.0, workloads: 4, workloads_s: 1200.0, refusals_s: 300.0, ..Told::default() },
            ..Completeness::default()
        },
        edges,
    }
}

/// A policy with this rule, and what else is to stand in it.
pub(crate) fn policy(rule: &str, rest: &str) -> Policy {
    let text = format!(
        "schema: hogusu.policy/v1\nid: tested\nquestion: Is it so?\nseverity: high\nowner: security\nrule: {rule}\n{rest}"
    );
    let read = read(&[File { name: "tested.yaml".to_owned(), text }], END);
    assert_eq!(read.problems, [], "{rule}\n{rest}");
    read.policies[0].clone()
}

pub(crate) fn report(policies: &[Policy], facts: &Facts) -> Report {
    evaluate(policies, &[], facts, Origin { version: "0.1.0", query: "since=5m" })
}

/// What a rule comes to.
pub(crate) fn result(rule: &str, rest: &str, facts: &Facts) -> PolicyResult {
    report(&[policy(rule, rest)], facts).policies.remove(0)
}

/// What a rule says of one edge.
pub(crate) fn judged(rule: &str, edge: Edge) -> EdgeResult {
    let mut results = result(rule, "", &facts(vec![edge])).results;
    assert_eq!(results.len(), 1);
    results.remove(0)
}

/// `compliant 3, violating plaintext 2`.
pub(crate) fn told(result: &EdgeResult) -> String {
    let mut words = Vec::new();
    if result.compliant > 0 {
        words.push(format!("compliant {}", result.compliant));
    }
    let states = [
        ("violating", &result.violating),
        ("excepted", &result.excepted),
        ("undecidable", &result.undecidable),
        ("unobserved", &result.unobserved),
    ];
    for (state, causes) in states {
        words.extend(causes.iter().map(|(cause, count)| format!("{state} {cause} {count}")));
    }
    words.join(", ")
}
