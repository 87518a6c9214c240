//! An edge in the words of a table or a drawing: what a colour would say, said.

use hogusu_model::Outcome;

use super::Edge;
use super::map::LeftOut;
use super::side::{HIGHEST, LOWEST, Side};
use crate::analysis::numerals;

/// Nothing to say.
pub const NOTHING: &str = "-";

/// The source's report where it counted something, else the destination's.
#[must_use]
pub fn main_report(edge: &Edge) -> Option<&Side> {
    let counted = |side: &&Side| side.count > 0;
    let sides = [edge.source_report.as_ref(), edge.destination_report.as_ref()];
    sides.into_iter().flatten().find(counted).or(sides.into_iter().flatten().next())
}

/// The destination as a table names it: TCP by its port too.
#[must_use]
pub fn destination(edge: &Edge) -> String {
    let end = &edge.destination.end;
    if edge.protocol == "tcp" && end.kind == "workload" {
        return format!("{}:{}", end.label, edge.destination.port);
    }
    end.label.clone()
}

/// Why there is nothing of what was asked for, behind a statement that there is not; empty where it was there and exchanged nothing. Whether anybody covered any of
/// the period; whether what was asked for by name was seen; and what is left out, where that is known.
#[must_use]
pub fn why_nothing(is_known: bool, is_name_seen: Option<bool>, left_out: Option<&LeftOut>) -> String {
    if !is_known {
        return ": nobody who reports covered any of it, so nothing is known".to_owned();
    }
    if is_name_seen != Some(false) {
        return String::new();
    }
    let is_more = left_out.is_some_and(|left_out| left_out.probe > 0 || left_out.telemetry > 0);
    let is_declared = left_out.is_some_and(|left_out| left_out.declared > 0);
    let more = match (is_more, is_declared) {
        (_, true) => ", what is left out not looked at (--include probe,telemetry,declared)",
        (true, false) => ", what is left out not looked at (--include probe,telemetry)",
        (false, false) => "",
    };
    format!(
        ": nothing of that name was seen in it, neither reporting nor met by others{more}; hogusu map shows what there is"
    )
}

/// Requests per second; TCP connections are counted when they end.
#[must_use]
pub fn rate(edge: &Edge) -> String {
    let Some(side) = main_report(edge) else { return NOTHING.to_owned() };
    if edge.measure == "connections" {
        return format!("{} closed", numerals::grouped(side.count));
    }
    per_second(side)
}

fn per_second(side: &Side) -> String {
    match side.rate_per_s {
        _ if side.count == 0 => "0".to_owned(),
        rate if rate < 0.01 => "<0.01".to_owned(),
        rate if rate < 1.0 => format!("{rate:.2}"),
        rate if rate < 1000.0 => format!("{rate:.1}"),
        rate => {
            numerals::grouped(std::time::Duration::try_from_secs_f64(rate).map_or(u64::MAX, |whole| whole.as_secs()))
        }
    }
}

/// Share of failed exchanges, those injected on purpose left out.
#[must_use]
pub fn failed(edge: &Edge) -> String {
    main_report(edge).map_or_else(|| NOTHING.to_owned(), |side| numerals::share(side.failed, side.failed_of))
}

/// A duration, or `-` where there were too few samples.
#[must_use]
pub fn seconds(seconds: Option<f64>) -> String {
    match seconds {
        None => NOTHING.to_owned(),
        Some(seconds) if seconds <= LOWEST => "<1 us".to_owned(),
        Some(seconds) if seconds >= HIGHEST => ">4096 s".to_owned(),
        Some(seconds) => {
            let nanos =
                std::time::Duration::try_from_secs_f64(seconds).map_or(u128::MAX, |duration| duration.as_nanos());
            numerals::duration(u64::try_from(nanos).unwrap_or(u64::MAX))
        }
    }
}

/// How the edge is secured: `both sides`, `PLAINTEXT, one side`, `TLS, client unseen`, `TLS by the app`.
#[must_use]
pub fn security(edge: &Edge) -> String {
    let security = &edge.security;
    let side = security.statement.split(',').next().unwrap_or_default();
    match security.state.as_str() {
        "mutual_tls" => security.statement.clone(),
        "tls" if security.destination.is_none() => "TLS, client unseen".to_owned(),
        "tls" => "TLS, no client cert".to_owned(),
        "application_tls" => "TLS by the app".to_owned(),
        "plaintext" => format!("PLAINTEXT, {side}"),
        "disagreement" => "DISAGREEMENT".to_owned(),
        _ => "unknown".to_owned(),
    }
}

/// Who answered the failed exchanges: `app 300`, `src proxy 4, nobody 2`. A source only knows `upstream`; it is
/// split into application and proxy where the destination's own numbers account for all of it.
#[must_use]
pub fn answered_by(edge: &Edge) -> String {
    let by = |side: &Option<Side>, who: &str| side.as_ref().map_or(0, |side| failed_by(side, who));
    let (application, proxy) =
        (by(&edge.destination_report, "application"), by(&edge.destination_report, "local_proxy"));
    let upstream = by(&edge.source_report, "upstream");
    let mut parts = Vec::new();
    if edge.source_report.is_some() {
        if edge.destination_report.is_some() && application.saturating_add(proxy) == upstream {
            parts.extend([("app", application), ("dst proxy", proxy)]);
        } else {
            parts.push(("upstream", upstream));
        }
        parts.extend([
            ("src proxy", by(&edge.source_report, "local_proxy")),
            ("nobody", by(&edge.source_report, "nobody")),
        ]);
    } else {
        parts.extend([
            ("app", application),
            ("dst proxy", proxy),
            ("upstream", by(&edge.destination_report, "upstream")),
        ]);
        parts.push(("nobody", by(&edge.destination_report, "nobody")));
    }
    let named = parts.into_iter().filter(|(_, count)| *count > 0);
    let named: Vec<String> = named.map(|(who, count)| format!("{who} {}", numerals::grouped(count))).collect();
    if named.is_empty() { NOTHING.to_owned() } else { named.join(", ") }
}

fn failed_by(side: &Side, who: &str) -> u64 {
    let failed = |outcome: &str| Outcome::parse(outcome).is_none_or(Outcome::is_failure);
    side.outcomes
        .iter()
        .filter(|one| one.answered_by == who && failed(&one.outcome))
        .map(|one| one.count)
        .fold(0, u64::saturating_add)
}
