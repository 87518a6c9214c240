//! Which exchanges of an edge a scope or an exception reaches. An edge has the names that its ends are taken for; what a certificate proves is of
//! each exchange. So a scope reaches who is in it by either, and an exception lets nobody off by a name that a certificate does not bear out.

use crate::judge::{Proof, Told};
use crate::rule::Side;
use crate::selector::{Scope, Selector};
use crate::truth::Truth;
use crate::words::Cause;

/// Whether a scope speaks of exchanges of a class.
pub(crate) fn is_in(told: Told<'_>, scope: &Scope) -> Truth {
    let found = both(told, scope, |claimed, certified, proof| match (claimed, certified) {
        (Truth::True, _) | (_, Truth::True) => Truth::True,
        // A certificate names no workload: where it is not the claimed one's, it may be that of one in scope.
        (Truth::False, Truth::Unknown(missing)) if proof != Proof::Proven => Truth::Unknown(missing),
        (claimed, _) => claimed,
    });
    match found {
        // By its own certificate it is another than it says.
        Truth::False
            if told.by == Side::Source && told.source_proof() == Proof::Contradicted && !scope.source.is_empty() =>
        {
            scope.takes_traffic(told.edge).and(|| Truth::Unknown(Cause::SourceWorkload))
        }
        found => found,
    }
}

/// Whether an exception is of exchanges of a class.
pub(crate) fn lets_off(told: Told<'_>, scope: &Scope) -> bool {
    let found = both(told, scope, |claimed, certified, proof| match certified {
        Truth::Unknown(_) if proof == Proof::Proven => claimed,
        certified => certified,
    });
    let is_itself = told.by == Side::Destination || scope.source.is_empty() || told.source_proof() == Proof::Proven;
    found == Truth::True && is_itself
}

/// Both ends at once, each by its name alone where no certificate of it was verified.
fn both(told: Told<'_>, scope: &Scope, of: impl Fn(Truth, Truth, Proof) -> Truth) -> Truth {
    let edge = told.edge;
    let by = |selector: &Selector, side: Side| {
        if selector.is_empty() {
            return Truth::True;
        }
        let claimed = match side {
            Side::Source => selector.takes(&edge.source, Cause::SourceWorkload),
            Side::Destination => selector.takes(&edge.destination, Cause::DestinationWorkload),
        };
        match told.takes_certified(selector, side) {
            Some(certified) => of(claimed, certified, told.proven_workload(side)),
            None => claimed,
        }
    };
    scope.takes_traffic(edge).and(|| by(&scope.source, Side::Source)).and(|| by(&scope.destination, Side::Destination))
}
