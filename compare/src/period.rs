//! A period as it is compared: gathered hour by hour, and no larger than what the tests ask of it.

use std::collections::{BTreeMap, BTreeSet};

use hogusu_model::Workload;

use crate::DAY;
use crate::record::{Coverage, EdgeRecord, HourRecord, SideHour};
use crate::window::{FEWEST_ANSWERS, mean_log_seconds};

/// Hours of a period at most: 92 days.
pub const LONGEST_HOURS: u64 = 92 * DAY;

/// Hours with enough answers that a period may hold over all its edges, and days of them.
const MOST_WINDOWS: usize = 8_000_000;

/// The period holds more than can be compared at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMuch;

/// A stretch of whole hours.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PeriodOfMesh {
    /// First hour, since the epoch.
    pub from: u64,
    /// How many hours.
    pub hours: u64,
    /// How complete it is.
    pub coverage: Coverage,
    /// Workloads of which every hour was covered.
    pub covered: BTreeSet<Workload>,
    /// Workloads of which something is missing.
    pub lacking: BTreeSet<Workload>,
    /// Edges by id.
    pub edges: BTreeMap<String, EdgeOfPeriod>,
}

/// An edge in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EdgeOfPeriod {
    /// What it is.
    pub record: EdgeRecord,
    /// What the source's proxies counted.
    pub source: Option<SideOfPeriod>,
    /// What the destination's proxies counted.
    pub destination: Option<SideOfPeriod>,
    /// Hours in which anything was counted.
    pub active_hours: u64,
    /// Days of the period in which anything was.
    pub active_days: BTreeSet<u64>,
}

/// What one side counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SideOfPeriod {
    /// All exchanges.
    pub count: u64,
    /// Hours with enough answers, in order.
    pub windows: Vec<Window>,
    /// Days in which something was judged, in order.
    pub days: Vec<DayCount>,
}

/// The answers of an hour, as one value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Hours since the period's start.
    pub hour: u16,
    /// Mean natural logarithm of the durations in seconds.
    pub mean_log: f64,
}

/// Failures of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayCount {
    /// Days since the period's start, of 24 hours each.
    pub day: u16,
    /// Those that failed.
    pub failed: u64,
    /// What `failed` is a share of.
    pub judged: u64,
}

impl PeriodOfMesh {
    /// Whole days of 24 hours in it.
    #[must_use]
    pub fn whole_days(&self) -> usize {
        usize::try_from(self.hours / DAY).unwrap_or(usize::MAX)
    }
}

impl SideOfPeriod {
    /// Exchanges that failed, and what they are a share of.
    #[must_use]
    pub fn failed_of_judged(&self) -> (u64, u64) {
        let add = |(failed, judged): (u64, u64), day: &DayCount| {
            (failed.saturating_add(day.failed), judged.saturating_add(day.judged))
        };
        self.days.iter().fold((0, 0), add)
    }

    fn hour(&mut self, hour: u16, counted: &SideHour) -> usize {
        let before = self.windows.len() + self.days.len();
        self.count = self.count.saturating_add(counted.count);
        let answers = counted.answers.histogram().filter(|answers| answers.count() >= FEWEST_ANSWERS);
        if let Some(mean_log) = answers.as_ref().and_then(mean_log_seconds) {
            self.windows.push(Window { hour, mean_log });
        }
        if counted.judged > 0 {
            self.day(u64::from(hour) / DAY, counted);
        }
        self.windows.len() + self.days.len() - before
    }

    fn day(&mut self, day: u64, counted: &SideHour) {
        let day = u16::try_from(day).unwrap_or(u16::MAX);
        match self.days.last_mut().filter(|last| last.day == day) {
            Some(last) => {
                last.failed = last.failed.saturating_add(counted.failed);
                last.judged = last.judged.saturating_add(counted.judged);
            }
            None => self.days.push(DayCount { day, failed: counted.failed, judged: counted.judged }),
        }
    }
}

/// Puts a period together from its hours, in order, and then its edges.
#[derive(Debug, Default)]
pub struct Gathering {
    period: PeriodOfMesh,
    windows: usize,
    unknown_hours: bool,
}

impl Gathering {
    /// Of a period of so many hours from `from` on.
    #[must_use]
    pub fn new(from: u64, hours: u64) -> Self {
        Self { period: PeriodOfMesh { from, hours, ..PeriodOfMesh::default() }, ..Self::default() }
    }

    /// Adds an hour.
    ///
    /// # Errors
    /// When there is more than can be compared.
    pub fn hour(&mut self, record: &HourRecord) -> Result<(), TooMuch> {
        let place = record.hour.checked_sub(self.period.from).filter(|hour| *hour < self.period.hours);
        let hour = place.and_then(|hour| u16::try_from(hour).ok()).ok_or(TooMuch)?;
        self.period.coverage.add(&record.coverage);
        self.unknown_hours |= !record.coverage.is_known;
        for counted in &record.edges {
            let edge = self.period.edges.entry(counted.id.clone()).or_default();
            edge.active_hours += 1;
            edge.active_days.insert(u64::from(hour) / DAY);
            for (side, counted) in [(&mut edge.source, &counted.source), (&mut edge.destination, &counted.destination)]
            {
                if let Some(counted) = counted {
                    self.windows += side.get_or_insert_default().hour(hour, counted);
                }
            }
        }
        if self.windows > MOST_WINDOWS { Err(TooMuch) } else { Ok(()) }
    }

    /// Says what an edge is.
    pub fn edge(&mut self, record: EdgeRecord) {
        if let Some(edge) = self.period.edges.get_mut(&record.id) {
            edge.record = record;
        }
    }

    /// The period, with the workloads of which every hour was covered and those of which something is missing.
    #[must_use]
    pub fn finish(self, covered: BTreeSet<Workload>, lacking: BTreeSet<Workload>) -> PeriodOfMesh {
        let mut period = self.period;
        period.coverage.is_known = !self.unknown_hours;
        PeriodOfMesh { covered, lacking, ..period }
    }
}
