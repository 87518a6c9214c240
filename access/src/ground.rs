//! Two sets of policies before one exchange: which of them do the same there, wherever they stand, whatever the rest of the mesh becomes.

use crate::authorization::{Action, Authorization, Condition, Field, Rule};
use crate::call::{Call, Chain};
use crate::decide::{Judged, judge};
use crate::matching::Context;
use crate::policies::Policies;
use crate::rule;
use crate::truth::Truth;
use crate::workload::{Proxy, Workload};

/// Pairs of rules that are compared, at most: two policies with more are simply not the same.
const MOST_PAIRS: usize = 10_000;

/// What was in force and what is to be, as far as it is perhaps about the exchange.
#[derive(Debug)]
pub(crate) struct Ground<'a> {
    pub(crate) before: Vec<Judged<'a>>,
    pub(crate) after: Vec<Judged<'a>>,
    views: [View<'a>; 2],
    is_ztunnel: bool,
    has_same_tokens: bool,
    has_same_root: bool,
    has_same_domains: bool,
}

/// One of the sets, and the exchange as it sees it.
#[derive(Debug)]
struct View<'a> {
    policies: &'a Policies,
    call: Call,
}

impl<'a> Ground<'a> {
    pub(crate) fn of(today: &'a Policies, after: &'a Policies, workload: &Workload, call: &Call) -> Self {
        let views = [today, after].map(|policies| View { policies, call: policies.with_token(workload, call) });
        let judged = |view: &View<'a>| judge(&view.policies.authorizations, workload, &view.call, &view.policies.mesh);
        let [before, then] = views.each_ref().map(judged);
        let domains = |policies: &Policies| policies.mesh.trust_domains().map(str::to_owned).collect::<Vec<_>>();
        Self {
            before,
            after: then,
            views,
            is_ztunnel: workload.proxy == Proxy::Ztunnel,
            has_same_tokens: today.proves_the_same(after, workload, call),
            has_same_root: today.mesh.root_namespace == after.mesh.root_namespace,
            has_same_domains: domains(today) == domains(after),
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
        let is_http = self.views.iter().all(|view| view.call.chain == Some(Chain::Http));
        let is_comparable = matches!(one.action, Action::Allow | Action::Deny) && !self.is_ztunnel;
        let is_less = || {
            let covers = |wide: &Rule, narrow: &Rule| {
                rule::covers(wide, narrow) && (is_http || rule::is_of_requests(narrow) || !rule::is_of_requests(wide))
            };
            one.action == other.action
                && one.object.namespace == other.object.namespace
                && one.rules.len().saturating_mul(other.rules.len()) <= MOST_PAIRS
                && other.rules.iter().all(|narrow| one.rules.iter().any(|wide| covers(wide, narrow)))
        };
        self.is_about_the_same(wide, narrow)
            && (one.means_the_same(other) || (is_comparable && is_less()))
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
        let is_one_ground = self.has_same_tokens && self.has_same_domains;
        is_one_ground
            || policy.rules.iter().flat_map(rule::conditions).all(|condition| self.is_steady(policy, condition))
    }

    fn is_steady(&self, policy: &Authorization, condition: &Condition) -> bool {
        let [before, after] = self.views.each_ref().map(|view| {
            let (call, mesh, namespace) = (&view.call, &view.policies.mesh, policy.object.namespace.as_str());
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
