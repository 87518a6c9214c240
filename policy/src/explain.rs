//! What policies say of one edge, and what that rests on: which end says what of which class of exchanges.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::evaluate::said;
use crate::fact::Edge;
use crate::policy::Policy;
use crate::report::EdgeResult;

/// Name and version of this shape.
pub const SCHEMA: &str = "hogusu.policy_explanation/v1";

/// Edges that were asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// Name and version of this shape.
    pub schema: String,
    /// Each with what is said of it.
    pub edges: Vec<OneEdge>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OneEdge {
    /// What is known of it.
    pub fact: Edge,
    /// What each policy says.
    pub policies: Vec<OnePolicy>,
}

/// One policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnePolicy {
    /// Its id.
    pub id: String,
    /// Its rule's word.
    pub rule: String,
    /// What it says; `None` where it does not speak of the edge.
    pub result: Option<EdgeResult>,
    /// Why the exception that lets it off does.
    pub reason: Option<String>,
}

/// An edge with what policies say of it.
pub fn of<'a>(edge: &Edge, results: impl Iterator<Item = (&'a Policy, Option<EdgeResult>)>) -> OneEdge {
    let written = |(policy, result): (&Policy, Option<EdgeResult>)| {
        let exception = result.as_ref().and_then(|result| policy.exceptions.get(result.exception?));
        OnePolicy {
            id: policy.id.clone(),
            rule: policy.rule.as_str().to_owned(),
            reason: exception.map(|one| format!("{}, until {}, {}", one.reason, one.expires, one.owner)),
            result,
        }
    };
    OneEdge { fact: edge.clone(), policies: results.map(written).collect() }
}

/// Draws it.
#[must_use]
pub fn draw(explained: &Explained) -> String {
    let mut out = String::new();
    for edge in &explained.edges {
        let fact = &edge.fact;
        line(
            &mut out,
            &format!("{}   {}   {}   both ends: {}", fact.id, fact.label(), fact.protocol, fact.agreement.state),
        );
        for (name, report) in [("source", &fact.source_report), ("destination", &fact.destination_report)] {
            match report {
                None => line(&mut out, &format!("  the {name} tells nothing of it")),
                Some(report) => report
                    .classes
                    .iter()
                    .for_each(|class| line(&mut out, &format!("  the {name} says: {}", class.sentence()))),
            }
        }
        edge.policies.iter().for_each(|policy| of_policy(&mut out, policy));
    }
    out
}

fn of_policy(out: &mut String, policy: &OnePolicy) {
    let Some(result) = &policy.result else {
        return line(out, &format!("  {} ({}): does not speak of it", policy.id, policy.rule));
    };
    line(out, &format!("  {} ({}): {}", policy.id, policy.rule, result.state.as_str()));
    if result.compliant > 0 {
        line(out, &format!("    compliant {}", result.compliant));
    }
    let states = [
        ("violating", &result.violating),
        ("excepted", &result.excepted),
        ("undecidable", &result.undecidable),
        ("unobserved", &result.unobserved),
    ];
    for (state, causes) in states {
        for (cause, count) in causes {
            line(out, &format!("    {state} {count}: {}", said(cause)));
        }
    }
    if let Some(reason) = &policy.reason {
        line(out, &format!("    excepted for: {reason}"));
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ignored = writeln!(out, "{text}");
}
