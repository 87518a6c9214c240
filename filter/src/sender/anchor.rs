//! What moves when the wall clock was set: everything that no batch names yet.

use super::{MILLI, Sender, next_multiple};
use crate::host::{Encoder, Host, Level};

impl<E: Encoder> Sender<E> {
    /// Looks whether the wall clock was set. What was counted since the last cut and what waits were measured by the monotonic
    /// clock: only the name of their time was wrong, and it moves. Bytes that were written stay as they are.
    pub(super) fn follow_clock(&mut self, host: &impl Host, now: u64) {
        let Some(step) = self.clock.follow(host, now) else { return };
        self.start = step.moved(self.start);
        if let Some(pack) = &mut self.sealing {
            pack.moved(step);
        }
        self.upload.moved(step);
        // A cut that was due still is.
        let is_due = step.before() >= self.next_cut;
        let interval = u64::from(self.config.flush_interval_ms) * MILLI;
        self.next_cut = if is_due { self.clock.wall } else { next_multiple(self.clock.wall, interval) };
        self.counters.clock_steps += 1;
        // A clock that goes on jumping would fill the log.
        if self.counters.clock_steps.is_power_of_two() {
            let steps = self.counters.clock_steps;
            host.log(
                Level::Warn,
                &format!("the wall clock was set by {step}, for the {steps}. time here; counting goes on"),
            );
        }
    }
}
