//! Whether an edge is there in both periods; and if not, whether that can be called a change.
//!
//! It can where everything that its ends' workloads did in the other period was seen, where it was there on every day of its own, and where
//! its hours did not fall into one of both periods by chance. Else it was only not seen.

use libm::exp;

use crate::distributions::log_choose;
use crate::period::{EdgeOfPeriod, PeriodOfMesh};

/// Whether an edge is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    /// In both periods.
    Both,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It was not seen in the first period, and that says no more.
    NotSeenBefore,
    /// It was not seen in the second period, and that says no more.
    NotSeenAfter,
}

/// p value of an edge's absence: the chance that all of its hours lie in one of both periods. `None` where no word may be said, 1 for one
/// that is in both.
pub(crate) fn absence(seen: &PeriodOfMesh, edge: &EdgeOfPeriod, unseen: &PeriodOfMesh) -> Option<f64> {
    let on_every_day = edge.active_days.len() >= seen.whole_days();
    if !on_every_day || !is_covered(edge, unseen) {
        return None;
    }
    let active = edge.active_hours.min(seen.hours);
    Some(exp(log_choose(seen.hours, active) - log_choose(seen.hours + unseen.hours, active)))
}

/// Whether an edge would have been seen in a period: one of its ends is a workload of which every hour was covered, and of the other end, if it
/// is a workload, nothing is known to be missing.
fn is_covered(edge: &EdgeOfPeriod, period: &PeriodOfMesh) -> bool {
    let ends = [&edge.record.source, &edge.record.destination].map(|end| end.workload());
    let is_one_covered = ends.iter().flatten().any(|workload| period.covered.contains(workload));
    let is_one_lacking = ends.iter().flatten().any(|workload| period.lacking.contains(workload));
    period.coverage.is_known && is_one_covered && !is_one_lacking
}
