//! What policies say of the last minutes, as metrics: judged once a minute beside everything else, and shown as it was judged to whoever asks.
//! Nobody who scrapes makes the collector judge, and nobody who sends a batch waits for it.

use std::sync::{Arc, Mutex, PoisonError};

use hogusu_policy::render::prometheus;
use hogusu_policy::report::Report;
use tokio::time::MissedTickBehavior;

use super::clock::Stopwatch;
use crate::allowance::Allowance;
use crate::analysis::expected::Expected;
use crate::api::Settings;
use crate::limits;
use crate::period::{Periods, StoreError};
use crate::policies::in_force::InForce;
use crate::report::analysed::Analysed;
use crate::report::compliance::{ALL, judged};
use crate::shown;
use crate::telemetry::{Metric, Telemetry};
use crate::wanted::Wanted;

/// What was judged last, in Prometheus' text format; nothing where that could not be done.
#[derive(Debug, Clone, Default)]
pub(super) struct Judged(Arc<Mutex<Arc<str>>>);

impl Judged {
    pub(super) fn text(&self) -> Arc<str> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, text: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = text.into();
    }
}

/// Who judges.
struct Judging {
    periods: Arc<dyn Periods>,
    expected: Option<Expected>,
    allowance: Allowance,
    policies: InForce,
    telemetry: Arc<Telemetry>,
    judged: Judged,
}

/// Judges from now on, where there are policies.
pub(super) fn begin(periods: &Arc<dyn Periods>, settings: &Settings) -> Judged {
    let judged = Judged::default();
    if let Some(policies) = settings.policies.clone() {
        let judging = Judging {
            periods: Arc::clone(periods),
            expected: settings.expected.clone(),
            allowance: settings.allowance.clone(),
            policies,
            telemetry: Arc::clone(&settings.telemetry),
            judged: judged.clone(),
        };
        tokio::spawn(judging.run());
    }
    judged
}

impl Judging {
    /// Judges now and then, and at once where other policies are in force.
    async fn run(self) {
        let judging = Arc::new(self);
        let mut turns = tokio::time::interval(limits::JUDGE_EVERY);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = turns.tick() => {}
                () = judging.policies.changed() => {}
            }
            let one = Arc::clone(&judging);
            if tokio::task::spawn_blocking(move || one.judge()).await.is_err() {
                return;
            }
        }
    }

    /// What could not be judged is not shown as it was before: an old number would be taken for one of now.
    fn judge(&self) {
        let watch = Stopwatch::start();
        let to = self.periods.status().sealed_to;
        let found = self.report(to.saturating_sub(limits::JUDGED_NANOS), to);
        self.telemetry.set(Metric::JudgementLast, watch.nanos());
        match found {
            Ok(report) => {
                self.judged.set(&shown::drawn(&report, prometheus::draw));
                self.telemetry.add(Metric::Judgements, 1);
                self.telemetry.set(Metric::JudgedTo, to);
            }
            Err(error) => {
                self.judged.set("");
                self.telemetry.add(Metric::JudgementsFailed, 1);
                tracing::error!(%error, "policies cannot be judged; their metrics are left out until they are");
            }
        }
    }

    fn report(&self, from: u64, to: u64) -> Result<Report, StoreError> {
        let wanted = Wanted::within(&self.allowance);
        let period = self.periods.period(from, to, &wanted)?;
        let analysed = Analysed::of(&period, self.expected.as_ref(), ALL, &wanted)?;
        drop(period);
        Ok(judged(&analysed, &self.policies.current(), "the last five minutes", &wanted)?)
    }
}
