//! What policies decide about an exchange, and which rule did.

use crate::authorization::{Action, Authorization};
use crate::object::Place;
use crate::truth::Missing;

/// Of policies that do not match, so many are named.
const NAMED: usize = 3;

/// What policies decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is let in.
    Allowed(Reason),
    /// It is refused.
    Denied(Reason),
    /// It depends on what is not recorded.
    Undecidable {
        /// That.
        missing: Missing,
        /// What it would decide.
        reason: Reason,
    },
}

/// Why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// No ALLOW policy is about the workload, and nothing refuses.
    NoPolicy,
    /// This rule matches, or would.
    Rule(RuleId),
    /// These ALLOW policies are about the workload, and no rule of theirs matches.
    NoMatch(Vec<RuleId>),
    /// It was let in so far, and no policy that decides about it changes.
    Unchanged,
}

/// A rule, or a policy as a whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleId {
    /// What a match does.
    pub action: Action,
    /// The policy's namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// From 0, as Istio numbers rules.
    pub rule: Option<usize>,
    /// Where it stands.
    pub place: Place,
}

impl RuleId {
    pub(crate) fn of(policy: &Authorization, rule: Option<usize>) -> Self {
        let line = rule.and_then(|rule| policy.rules.get(rule)).map_or(policy.object.place.line, |rule| rule.line);
        Self {
            action: policy.action.clone(),
            namespace: policy.object.namespace.clone(),
            name: policy.object.name.clone(),
            rule,
            place: Place { file: policy.object.place.file.clone(), line },
        }
    }

    /// As the proxy's own details name it: `ns[NS]-policy[NAME]-rule[I]`.
    #[must_use]
    pub fn id(&self) -> String {
        let prefix = match &self.action {
            Action::Custom(provider) => format!("istio-ext-authz-{provider}-"),
            Action::Allow | Action::Deny | Action::Audit => String::new(),
        };
        let rule = self.rule.map_or_else(String::new, |rule| format!("-rule[{rule}]"));
        format!("{prefix}ns[{}]-policy[{}]{rule}", self.namespace, self.name)
    }
}

impl Action {
    /// The word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Allow => "ALLOW",
            Self::Deny => "DENY",
            Self::Audit => "AUDIT",
            Self::Custom(_) => "CUSTOM",
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoPolicy => f.write_str("no ALLOW policy is about it"),
            Self::Unchanged => f.write_str("no policy that decides about it changes"),
            Self::Rule(rule) => write!(f, "{} {}", rule.action.as_str(), rule.id()),
            Self::NoMatch(policies) => {
                let name = |policy: &RuleId| format!("{}/{}", policy.namespace, policy.name);
                let names: Vec<String> = policies.iter().take(NAMED).map(name).collect();
                let others = policies.len().saturating_sub(NAMED);
                let others = if others > 0 { format!(" and {others} others") } else { String::new() };
                write!(f, "no rule of ALLOW {}{others} matches", names.join(", "))
            }
        }
    }
}
