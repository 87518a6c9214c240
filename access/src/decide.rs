//! What all policies together decide: CUSTOM, then DENY, then ALLOW. AUDIT changes nothing, and what is only a dry run neither.

use std::collections::BTreeSet;

use crate::attachment::attaches;
use crate::authorization::{Action, Authorization};
use crate::call::{Call, Chain};
use crate::matching::Context;
use crate::mesh::Mesh;
use crate::rule;
use crate::truth::{Missing, Truth};
use crate::verdict::{Reason, RuleId, Verdict};
use crate::workload::{Proxy, Workload};

/// A policy that is perhaps about the workload.
#[derive(Debug)]
pub(crate) struct Judged<'a> {
    pub(crate) policy: &'a Authorization,
    /// Whether it is.
    pub(crate) attached: Truth,
    /// Whether one of its rules matches.
    pub(crate) matched: Truth,
    /// The rule that does, or the first that might.
    pub(crate) rule: RuleId,
}

/// Decides about an exchange with a workload.
#[must_use]
pub fn decide(policies: &[Authorization], workload: &Workload, call: &Call, mesh: &Mesh) -> Verdict {
    let judged = judge(policies, workload, call, mesh);
    let (refused, by) = refusal(&judged, call);
    let (admitted, reason) = admission(&judged);
    conclude(refused, by, admitted, reason)
}

/// Those that are perhaps about it, in order, dry runs and AUDIT left out.
pub(crate) fn judge<'a>(
    policies: &'a [Authorization],
    workload: &Workload,
    call: &Call,
    mesh: &Mesh,
) -> Vec<Judged<'a>> {
    let is_ztunnel = workload.proxy == Proxy::Ztunnel;
    // A dry run of CUSTOM is the exception: what Istio makes of it is in doubt.
    let is_enforced = |policy: &&Authorization| {
        policy.action != Action::Audit && (!policy.is_dry_run || matches!(policy.action, Action::Custom(_)))
    };
    let judged = policies.iter().filter(is_enforced).filter_map(|policy| {
        let is_sent = !is_ztunnel || matches!(policy.action, Action::Allow | Action::Deny);
        let attached = attaches(&policy.object, &policy.target, workload, call, mesh);
        if attached == Truth::No || !is_sent {
            return None;
        }
        let context = Context { call, mesh, namespace: &policy.object.namespace, is_ztunnel };
        let answers: Vec<Truth> =
            policy.rules.iter().map(|rule| rule::matches(rule, &policy.action, &context)).collect();
        let position = |is_meant: fn(&Truth) -> bool| answers.iter().position(is_meant);
        let telling = position(|one| *one == Truth::Yes).or_else(|| position(|one| matches!(one, Truth::Unknown(_))));
        Some(Judged { policy, attached, matched: Truth::any(answers), rule: RuleId::of(policy, telling) })
    });
    judged.collect()
}

/// Whether CUSTOM or DENY refuses, and the rule that does or might.
pub(crate) fn refusal(judged: &[Judged<'_>], call: &Call) -> (Truth, Option<RuleId>) {
    let providers: BTreeSet<&Action> = judged
        .iter()
        .filter(|one| one.attached == Truth::Yes && !one.policy.is_dry_run)
        .filter(|one| matches!(one.policy.action, Action::Custom(_)))
        .map(|one| &one.policy.action)
        .collect();
    let mut refused = Truth::No;
    let mut by: Option<RuleId> = None;
    for one in judged {
        let acts = match &one.policy.action {
            Action::Deny => Truth::Yes,
            Action::Custom(provider) => custom(one, provider, providers.len(), call),
            Action::Allow | Action::Audit => continue,
        };
        let own = one.attached.clone().and(one.matched.clone()).and(acts);
        let is_telling = own == Truth::Yes || (own != Truth::No && by.is_none());
        if is_telling && refused != Truth::Yes {
            by = Some(one.rule.clone());
        }
        refused = refused.or(own);
    }
    (refused, by)
}

/// Whether a CUSTOM rule that matches refuses. With several providers Istio refuses all requests that match; of connections it depends on what
/// the providers speak.
fn custom(one: &Judged<'_>, provider: &str, providers: usize, call: &Call) -> Truth {
    if one.policy.is_dry_run {
        return Truth::unknown("what a CUSTOM policy does as a dry run");
    }
    match call.is_refused_by_custom {
        Some(is_refused) => Truth::from(is_refused),
        None if providers > 1 && call.chain == Some(Chain::Http) => Truth::Yes,
        None => Truth::unknown(format!("answer of the external authorizer {provider}")),
    }
}

/// Whether ALLOW lets in: where no such policy is about the workload, or a rule of one matches.
pub(crate) fn admission(judged: &[Judged<'_>]) -> (Truth, Reason) {
    let allow: Vec<&Judged<'_>> = judged.iter().filter(|one| one.policy.action == Action::Allow).collect();
    if allow.is_empty() {
        return (Truth::Yes, Reason::NoPolicy);
    }
    let is_certain = allow.iter().any(|one| one.attached == Truth::Yes);
    let lets_in = |one: &&Judged<'_>| one.attached.clone().and(one.matched.clone());
    // Whichever of them is about it, it lets in; and if none is, nothing is asked.
    let is_let_in_anyway = !is_certain && allow.iter().all(|one| one.matched == Truth::Yes);
    let no_policy = Truth::all(allow.iter().map(|one| !one.attached.clone()));
    let admitted = if is_let_in_anyway { Truth::Yes } else { no_policy.or(Truth::any(allow.iter().map(lets_in))) };
    let telling = allow
        .iter()
        .find(|one| lets_in(one) == Truth::Yes)
        .or_else(|| allow.iter().find(|one| matches!(lets_in(one), Truth::Unknown(_))));
    let reason = match (&admitted, telling) {
        (Truth::No, _) | (_, None) => Reason::NoMatch(allow.iter().map(|one| RuleId::of(one.policy, None)).collect()),
        (_, Some(one)) => Reason::Rule(one.rule.clone()),
    };
    (admitted, reason)
}

/// Kleene's conclusion: what refuses comes first, and what nobody admits is refused whatever else is unknown.
pub(crate) fn conclude(refused: Truth, by: Option<RuleId>, admitted: Truth, reason: Reason) -> Verdict {
    let by = by.map(Reason::Rule);
    match (refused, admitted) {
        (Truth::Yes, _) => Verdict::Denied(by.unwrap_or(reason)),
        (_, Truth::No) => Verdict::Denied(reason),
        (Truth::No, Truth::Yes) => Verdict::Allowed(reason),
        (Truth::Unknown(missing), Truth::Yes) => Verdict::Undecidable { missing, reason: by.unwrap_or(reason) },
        (Truth::No, Truth::Unknown(missing)) => Verdict::Undecidable { missing, reason },
        (Truth::Unknown(one), Truth::Unknown(other)) => {
            let missing: Missing = &one | &other;
            Verdict::Undecidable { missing, reason: by.unwrap_or(reason) }
        }
    }
}
