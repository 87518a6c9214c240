//! Connections that a listener refused, as STRICT refuses plaintext: what it saw of them is told by its own log alone. Where that is not there, of
//! every sidecar and all the time, that there were none means nothing, and is said.

use crate::fact::{Class, Completeness, Facts};
use crate::report::RefusedConnections;

/// Share of the period that listeners' logs must tell of to have observed it.
const WHOLE: f64 = 0.99;

/// How many there were, and who saw them for how long.
pub(crate) fn refused(facts: &Facts) -> RefusedConnections {
    let Completeness { observing_refused: observing, sidecars, silent, expected, period_s, told, .. } =
        &facts.completeness;
    let is_refusal = |class: &Class| class.is_refused() && class.reason == "no_filter_chain";
    let reports = facts.edges.iter().filter_map(|edge| edge.destination_report.as_ref());
    let count = reports.fold(0_u64, |sum, report| sum.saturating_add(report.count(is_refusal)));
    if *observing == 0 && count == 0 {
        let statement = "connections that listeners refused are not observed".to_owned();
        return RefusedConnections { count: None, statement };
    }
    // A gateway or a waypoint has no listener that STRICT applies to.
    let is_sidecar = |name: &&String| !name.starts_with("router~") && !name.starts_with("waypoint~");
    let should = sidecars.saturating_add(silent.iter().filter(is_sidecar).count() as u64);
    let listened = told.listeners_s.unwrap_or_default();
    let mut statement = "connections that listeners refused are observed".to_owned();
    match expected {
        _ if *observing < should => statement.push_str(&format!(" by {observing} of {should} sidecars")),
        None => statement.push_str(&format!(" by the {observing} sidecars that were seen")),
        Some(_) => {}
    }
    if listened < WHOLE * period_s {
        statement.push_str(&format!(" for {listened:.0} of {period_s:.0} s"));
    }
    RefusedConnections { count: Some(count), statement }
}
