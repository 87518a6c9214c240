//! A period judged by the policies that a collector has in force: what `hogusu compliance` says of the same period and policies.
//!
//! Judges nothing itself: [`hogusu_policy`] does.

use hogusu_policy::evaluate::{Origin, evaluate};
use hogusu_policy::report::Report;

use super::Selection;
use super::analysed::Analysed;
use crate::allowance::{JUDGED_EDGE, KEPT_EDGE};
use crate::analysis::join::Include;
use crate::policies::in_force::Loaded;
use crate::wanted::{Unwanted, Wanted};

/// All traffic of a period: what a user agent says of itself exempts nothing.
pub const ALL: Include = Include { probe: true, telemetry: true, declared: true };

/// Judges a period that was analysed with [`ALL`] of its traffic; `query` is the question that brings its facts.
///
/// # Errors
/// When nobody waits for it any more, or there is no room for it.
pub fn judged(analysed: &Analysed, loaded: &Loaded, query: &str, wanted: &Wanted) -> Result<Report, Unwanted> {
    let each = JUDGED_EDGE.saturating_mul(loaded.policies.len() as u64).saturating_add(KEPT_EDGE);
    wanted.take(each.saturating_mul(analysed.edges() as u64))?;
    let (facts, _) = analysed.facts(&Selection { include: ALL, ..Selection::default() }, 0, usize::MAX);
    let origin = Origin { version: env!("CARGO_PKG_VERSION"), query };
    Ok(evaluate(&loaded.policies, &loaded.problems, &facts.population(), origin))
}
