//! Meshes that do not exist: hours whose speed follows the time of day, the hour before, and the day that it is.

use std::collections::BTreeSet;

use hogusu_compare::{
    DayCount, EdgeOfPeriod, EdgeRecord, EndRecord, PeriodOfMesh, SecurityRecord, SideOfPeriod, SideRecord, Window,
};
use hogusu_model::Workload;

use crate::chance::Chance;

/// 2026-11-24T00:00:00Z, in hours since the epoch.
pub(crate) const FROM: u64 = 20_781 * 24;

/// How an edge behaves, drawn once.
#[derive(Debug, Clone)]
pub(crate) struct Nature {
    pub(crate) id: usize,
    /// Mean logarithm of a duration in seconds.
    pub(crate) level: f64,
    /// Standard deviation from hour to hour; each resembles the one before by 0.6.
    pub(crate) hour_sd: f64,
    /// Standard deviation from day to day.
    pub(crate) day_sd: f64,
    /// How much the busy hours are slower than the quiet ones.
    pub(crate) wave: f64,
    /// Requests in an hour.
    pub(crate) rate: u64,
    /// Share that fails, on a day like others.
    pub(crate) failing: f64,
}

impl Nature {
    /// One of a mesh's edges. Hour to hour .15, correlated .6, and day to day .1 are what was measured of real ones; here they differ
    /// threefold between edges.
    pub(crate) fn draw(id: usize, chance: &mut Chance) -> Self {
        let scale = (0.5 * chance.normal()).exp();
        Self {
            id,
            level: -4.0 + chance.normal(),
            hour_sd: 0.15 * scale,
            day_sd: 0.1 * scale,
            wave: 0.3 * chance.uniform(),
            rate: 500,
            failing: 0.002 * chance.uniform(),
        }
    }

    /// The edge in a period of so many days from `from` on, slower by a factor.
    pub(crate) fn live(&self, from: u64, days: u64, slower: f64, chance: &mut Chance) -> EdgeOfPeriod {
        let (mut windows, mut counts) = (Vec::new(), Vec::new());
        let mut drift = self.hour_sd * chance.normal();
        for day in 0..days {
            let of_day = self.day_sd * chance.normal();
            for hour in 24 * day..24 * (day + 1) {
                drift = 0.6 * drift + 0.8 * self.hour_sd * chance.normal();
                let busy = ((from + hour) % 24) as f64 / 24.0 * std::f64::consts::TAU;
                let by_chance = 0.8 / (self.rate as f64).sqrt() * chance.normal();
                let mean_log = self.level + slower.ln() + self.wave * busy.sin() + of_day + drift + by_chance;
                windows.push(Window { hour: u16::try_from(hour).unwrap(), mean_log });
            }
            // A bad day has more of them: their number varies by more than chance.
            let badness = (0.5 * chance.normal()).exp();
            let failed = chance.poisson(self.failing * (24 * self.rate) as f64 * badness);
            counts.push(DayCount { day: u16::try_from(day).unwrap(), failed, judged: 24 * self.rate });
        }
        let side = SideOfPeriod { count: days * 24 * self.rate, windows, days: counts };
        edge(self.id, side, 24 * days, days)
    }
}

/// An edge between two workloads of its own, secured by mutual TLS.
pub(crate) fn edge(id: usize, source: SideOfPeriod, active_hours: u64, active_days: u64) -> EdgeOfPeriod {
    let end = |name: String| EndRecord {
        kind: "workload".to_owned(),
        namespace: "shop".to_owned(),
        principals: vec![format!("spiffe://mesh/ns/shop/sa/{name}")],
        name,
        ..EndRecord::default()
    };
    let report = SideRecord { mutual_tls: source.count, ..SideRecord::default() };
    let record = EdgeRecord {
        id: key(id),
        label: format!("s{id} -> d{id}"),
        protocol: "http".to_owned(),
        port: 8080,
        source: end(format!("s{id}")),
        destination: end(format!("d{id}")),
        source_report: Some(report.clone()),
        destination_report: Some(report),
        security: SecurityRecord { state: "mutual_tls".to_owned(), statement: "both sides".to_owned() },
    };
    EdgeOfPeriod {
        record,
        source: Some(source),
        destination: None,
        active_hours,
        active_days: (0..active_days).collect(),
    }
}

pub(crate) fn key(id: usize) -> String {
    format!("{id:016x}")
}

/// A period with these edges, of which every workload of the numbers below `workloads` was covered throughout.
pub(crate) fn period(from: u64, days: u64, edges: Vec<EdgeOfPeriod>, workloads: usize) -> PeriodOfMesh {
    let name = |name: String| Workload { cluster: String::new(), namespace: "shop".to_owned(), name };
    let covered: BTreeSet<Workload> =
        (0..workloads).flat_map(|id| [name(format!("s{id}")), name(format!("d{id}"))]).collect();
    let mut period = PeriodOfMesh { from, hours: 24 * days, covered, ..PeriodOfMesh::default() };
    period.coverage.is_known = true;
    period.edges = edges.into_iter().map(|edge| (edge.record.id.clone(), edge)).collect();
    period
}
