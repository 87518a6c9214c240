//! What becomes of exchanges that were let in, or refused, when policies change. What happened under today's policies is observed, so
//! a policy that stays decides as it did: it refused nothing of what was let in.

use crate::authorization::Action;
use crate::call::Call;
use crate::decide::{Judged, admission, conclude, judge, refusal};
use crate::ground::Ground;
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
    let ground = Ground::of(today, after, workload, call);
    let asks_the_same = asks_the_same(&ground);
    let is_new = |one: &Judged<'_>| match one.policy.action {
        Action::Deny => !ground.before.iter().any(|old| ground.is_wider(old, one)),
        Action::Custom(_) => !asks_the_same,
        Action::Allow | Action::Audit => false,
    };
    let own = after.with_token(workload, call);
    let (new, kept): (Vec<_>, Vec<_>) =
        judge(&after.authorizations, workload, &own, &after.mesh).into_iter().partition(is_new);
    let (refused, by) = refusal(&new, &own);
    let (admitted, reason) = if still_lets_in(&ground) { (Truth::Yes, Reason::Unchanged) } else { admission(&kept) };
    conclude(refused, by, admitted, reason)
}

/// Whether the same external authorizers are asked about it.
fn asks_the_same(ground: &Ground<'_>) -> bool {
    let asked = |all: &'_ [Judged<'_>]| all.iter().filter(|one| matches!(one.policy.action, Action::Custom(_))).count();
    let is_custom = |one: &&Judged<'_>| matches!(one.policy.action, Action::Custom(_));
    let stays = |one: &Judged<'_>| ground.after.iter().any(|new| ground.is_same(one, new));
    asked(&ground.before) == asked(&ground.after) && ground.before.iter().filter(is_custom).all(stays)
}

const fn is_allow(one: &Judged<'_>) -> bool {
    matches!(one.policy.action, Action::Allow)
}

fn acts(one: &Judged<'_>) -> Truth {
    one.attached.clone().and(one.matched.clone())
}

/// Whether ALLOW certainly still lets in what it let in: as none goes and none comes that asks for more, or as what goes let in nothing.
fn still_lets_in(ground: &Ground<'_>) -> bool {
    let goes = |one: &&Judged<'_>| is_allow(one) && !ground.after.iter().any(|new| ground.is_wider(new, one));
    let comes = |one: &&Judged<'_>| is_allow(one) && !ground.before.iter().any(|old| ground.is_wider(one, old));
    let was_asked = ground.before.iter().any(|one| is_allow(one) && one.attached == Truth::Yes);
    let gone: Vec<&Judged<'_>> = ground.before.iter().filter(goes).collect();
    // Something let it in, and it was none of those that go.
    let by_others = was_asked && gone.iter().all(|one| acts(one) == Truth::No);
    by_others || (gone.is_empty() && !ground.after.iter().any(|one| comes(&one)))
}

/// Whether something goes that perhaps refused it, or comes that perhaps lets it in.
fn may_open(ground: &Ground<'_>) -> bool {
    let (before, after) = (&ground.before, &ground.after);
    let is_deny = |one: &Judged<'_>| one.policy.action == Action::Deny;
    let goes = |one: &Judged<'_>| !after.iter().any(|new| ground.is_wider(new, one));
    let comes = |one: &Judged<'_>| !before.iter().any(|old| ground.is_wider(old, one));
    let refuses_no_more = before.iter().any(|one| is_deny(one) && acts(one) != Truth::No && goes(one));
    let lets_in = after.iter().any(|one| is_allow(one) && acts(one) != Truth::No && comes(one));
    let asks_no_more = before.iter().any(|one| is_allow(one) && goes(one))
        && !after.iter().any(|one| is_allow(one) && one.attached == Truth::Yes);
    refuses_no_more || lets_in || asks_no_more || !asks_the_same(ground)
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

/// What becomes of an exchange that was refused; `None` where nothing goes or comes that could let it in. A refused exchange tells nothing of
/// the rules behind the one that refused it, so all of them are looked at.
#[must_use]
pub fn of_refused(today: Option<&Policies>, after: &Policies, workload: &Workload, call: &Call) -> Option<Verdict> {
    let Some(today) = today else {
        let judged = judge(&after.authorizations, workload, call, &after.mesh);
        let reason = judged.first().map(|one| Reason::Rule(one.rule.clone()))?;
        return Some(Verdict::Undecidable { missing: Missing::from([TODAY.to_owned()]), reason });
    };
    may_open(&Ground::of(today, after, workload, call)).then(|| after.decide(workload, call))
}
