//! What becomes of exchanges that were let in, or refused, when policies change. What happened under today's policies is observed, so
//! a policy that stays decides as it did: it refused nothing of what was let in.

use crate::authorization::{Action, Authorization};
use crate::call::Call;
use crate::decide::{Judged, admission, conclude, judge, refusal};
use crate::policies::Policies;
use crate::truth::{Missing, Truth};
use crate::verdict::{Reason, Verdict};
use crate::workload::Workload;

/// What is missing where nobody says what is in force.
pub const TODAY: &str = "policies in force today";

/// What becomes of an exchange that was let in. `today`: what was in force then; `None`: not known, and `after` is the change alone.
#[must_use]
pub fn of_admitted(today: Option<&Policies>, after: &Policies, workload: &Workload, call: &Call) -> Verdict {
    let Some(today) = today else { return without_today(after, workload, call) };
    let own = after.with_token(workload, call);
    let judged = judge(&after.authorizations, workload, &own, &after.mesh);
    let before = judge(&today.authorizations, workload, &today.with_token(workload, call), &today.mesh);
    let same_ground = today.mesh == after.mesh && today.requests == after.requests;
    let is_custom = |one: &&Judged<'_>| matches!(one.policy.action, Action::Custom(_));
    let asks_the_same = {
        let asked = |all: &[Judged<'_>]| all.iter().filter(is_custom).map(|one| one.policy.clone()).collect::<Vec<_>>();
        let (one, other) = (asked(&before), asked(&judged));
        one.len() == other.len() && one.iter().zip(&other).all(|(one, other)| one.means_the_same(other))
    };
    let is_kept = |one: &Judged<'_>, others: &[Authorization]| {
        let is_same = others.iter().any(|other| other.means_the_same(one.policy));
        same_ground && is_same && (asks_the_same || !matches!(one.policy.action, Action::Custom(_)))
    };
    let is_new = |one: &Judged<'_>| !is_kept(one, &today.authorizations);
    let gone: Vec<Judged<'_>> = before.into_iter().filter(|one| !is_kept(one, &after.authorizations)).collect();
    let (kept, new): (Vec<_>, Vec<_>) = judged.into_iter().partition(|one| !is_new(one));
    let (refused, by) = refusal(&new, &own);
    let (admitted, reason) = admitted(kept, new, &gone);
    conclude(refused, by, admitted, reason)
}

/// Whether ALLOW still lets in what it let in.
fn admitted<'a>(kept: Vec<Judged<'a>>, new: Vec<Judged<'a>>, gone: &[Judged<'_>]) -> (Truth, Reason) {
    let is_allow = |one: &Judged<'_>| one.policy.action == Action::Allow;
    let let_in = |one: &Judged<'_>| one.attached.clone().and(one.matched.clone());
    let none_gone = !gone.iter().any(is_allow);
    // Something let it in, and it was none of those that go.
    let was_asked = kept.iter().any(|one| is_allow(one) && one.attached == Truth::Yes);
    let by_kept = was_asked && gone.iter().filter(|one| is_allow(one)).all(|one| let_in(one) == Truth::No);
    if by_kept || (none_gone && !new.iter().any(is_allow)) {
        return (Truth::Yes, Reason::Unchanged);
    }
    admission(&kept.into_iter().chain(new).collect::<Vec<_>>())
}

/// A DENY refuses whatever else is in force. Whether an ALLOW is the first one, which shuts out, or a further one is not known.
fn without_today(change: &Policies, workload: &Workload, call: &Call) -> Verdict {
    let judged = judge(&change.authorizations, workload, call, &change.mesh);
    let (refused, by) = refusal(&judged, call);
    let (admitted, reason) = match admission(&judged) {
        (_, Reason::NoPolicy) => (Truth::Yes, Reason::Unchanged),
        (Truth::Yes, reason) => (Truth::Yes, reason),
        (truth, reason) => (Truth::unknown(TODAY).and(if truth == Truth::No { Truth::Yes } else { truth }), reason),
    };
    conclude(refused, by, admitted, reason)
}

/// What becomes of an exchange that was refused; `None` where no policy about the workload changes. A refused exchange tells nothing of
/// the rules behind the one that refused it, so all of them are looked at.
#[must_use]
pub fn of_refused(today: Option<&Policies>, after: &Policies, workload: &Workload, call: &Call) -> Option<Verdict> {
    let Some(today) = today else {
        let judged = judge(&after.authorizations, workload, call, &after.mesh);
        let reason = judged.first().map(|one| Reason::Rule(one.rule.clone()))?;
        return Some(Verdict::Undecidable { missing: Missing::from([TODAY.to_owned()]), reason });
    };
    let same_ground = today.mesh == after.mesh && today.requests == after.requests;
    let changed = |own: &Policies, others: &Policies| {
        let own_call = own.with_token(workload, call);
        let judged = judge(&own.authorizations, workload, &own_call, &own.mesh);
        judged.iter().any(|one| !others.authorizations.iter().any(|other| other.means_the_same(one.policy)))
    };
    let is_changed = !same_ground || changed(today, after) || changed(after, today);
    is_changed.then(|| after.decide(workload, call))
}
