//! `hogusu check`: from what is known of mesh and collector to lines that pass, warn, fail or are skipped. Pure: it reads nothing, and
//! says nothing of what could not be read.

mod attachment;
pub mod catalogue;
mod collector;
mod configuration;
pub mod facts;
pub mod installation;
mod mutual_tls;
pub mod objects;
mod plugins;
mod proxies;
mod reach;
pub mod report;
mod revision;
mod senders;
pub mod table;

use self::facts::Facts;
use self::report::Report;

/// Judges everything.
#[must_use]
pub fn judge(facts: &Facts) -> Report {
    let mut lines = installation::lines(&facts.mesh);
    lines.extend(plugins::lines(&facts.place, &facts.mesh));
    lines.extend(proxies::lines(&facts.collector));
    lines.extend(reach::lines(facts));
    lines.extend(collector::lines(&facts.collector));
    Report::of(facts.collector.status.as_ref().ok().map(|status| status.now), &lines)
}
