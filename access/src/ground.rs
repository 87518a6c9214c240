//! Two sets of policies before one exchange: which of them do the same there, wherever they stand, whatever the rest of the mesh becomes.

use crate::authorization::{Action, Authorization, Condition, Field};
use crate::call::{Call, Chain};
use crate::decide::{Judged, judge};
use crate::matching::Context;
use crate::policies::Policies;
use crate::rule;
use crate::truth::Truth;
use crate::workload::{Proxy, Workload};

/// What was in force and what is to be, as far as it is perhaps about the exchange.
#[derive(Debug)]
pub(crate) struct Ground<'a> {
    pub(crate) before: Vec<Judged<'a>>,
    pub(crate) after: Vec<Judged<'a>>,
    policies: [&'a Policies; 2],
    calls: [Call; 2],
    is_ztunnel: bool,
    has_same_tokens: bool,
    has_same_root: bool,
    has_same_domains: bool,
}

impl<'a> Ground<'a> {
    pub(crate) fn of(today: &'a Policies, after: &'a Policies, workload: &Workload, call: &Call) -> Self {
        let policies = [today, after];
        let calls = policies.map(|one| one.with_token(workload, call));
        let [before, then] = [(today, &calls[0]), (after, &calls[1])]
            .map(|(policies, call)| judge(&policies.authorizations, workload, call, &policies.mesh));
        let domains = |policies: &Policies| policies.mesh.trust_domains().map(str::to_owned).collect::<Vec<_>>();
        Self {
            before,
            after: then,
            policies,
            is_ztunnel: workload.proxy == Proxy::Ztunnel,
            has_same_tokens: today.proves_the_same(after, workload, call),
            has_same_root: today.mesh.root_namespace == after.mesh.root_namespace,
            has_same_domains: domains(today) == domains(after),
            calls,
        }
    }

    /// Whether two do the same to it.
    pub(crate) fn is_same(&self, one: &Judged<'_>, other: &Judged<'_>) -> bool {
        one.policy.means_the_same(other.policy) && self.is_about_the_same(one, other) && self.is_level(one.policy)
    }

    /// Whether one matches whatever the other matches: they are the same, or its rules say less.
    pub(crate) fn is_wider(&self, wide: &Judged<'_>, narrow: &Judged<'_>) -> bool {
        let (one, other) = (wide.policy, narrow.policy);
        // A rule of ALLOW with a field of requests is none on TCP, and what ztunnel makes of rules is another matter.
        let is_http = self.calls.iter().all(|call| call.chain == Some(Chain::Http));
        let is_comparable = matches!(one.action, Action::Allow | Action::Deny) && !self.is_ztunnel;
        let is_less = || {
            let covers = |wide: &rule::Rule, narrow: &rule::Rule| {
                rule::covers(wide, narrow) && (is_http || rule::is_of_requests(narrow) || !rule::is_of_requests(wide))
            };
            one.action == other.action
                && other.rules.iter().all(|narrow| one.rules.iter().any(|wide| covers(wide, narrow)))
        };
        (one.means_the_same(other) || (is_comparable && is_less()))
            && self.is_about_the_same(wide, narrow)
            && self.is_level(narrow.policy)
    }

    fn is_about_the_same(&self, one: &Judged<'_>, other: &Judged<'_>) -> bool {
        let is_one_target =
            one.policy.object.namespace == other.policy.object.namespace && one.policy.target == other.policy.target;
        match (&one.attached, &other.attached) {
            (Truth::Yes, Truth::Yes) => true,
            (one, other) => one == other && is_one_target && self.has_same_root,
        }
    }

    /// Whether each condition holds before as it does after.
    fn is_level(&self, policy: &Authorization) -> bool {
        policy.rules.iter().flat_map(rule::conditions).all(|condition| self.is_steady(policy, condition))
    }

    fn is_steady(&self, policy: &Authorization, condition: &Condition) -> bool {
        let [before, after] = [0, 1].map(|index| {
            let (call, mesh) = (&self.calls[index], &self.policies[index].mesh);
            let namespace = &policy.object.namespace;
            Context { call, mesh, namespace, is_ztunnel: self.is_ztunnel }.holds(condition)
        });
        let is_known = !matches!(before, Truth::Unknown(_));
        let has_same_facts = match condition.field {
            Field::Principal | Field::Namespace | Field::ServiceAccount | Field::TrustDomain => self.has_same_domains,
            Field::RequestPrincipal | Field::Claim(_) | Field::Header(_) => self.has_same_tokens,
            _ => true,
        };
        before == after && (is_known || has_same_facts)
    }
}
