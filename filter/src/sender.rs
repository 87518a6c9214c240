//! One sender: a root context of the filter in one worker. Counts exchanges, does on each tick what is due, ends in order.
//! What a flush does, slice by slice, is in [`flush`].

mod anchor;
mod flush;
mod last_words;

use hogusu_config::{Config, Refused};
use hogusu_model::{Counters, SenderId};

use crate::clock::{Clock, MILLI, next_multiple};
use crate::exchange::Table;
use crate::host::{Encoder, Host, Level, Stat};
use crate::upload::{Outcome, Pack, Upload};

/// How long an ending sender waits for acknowledgements before it lets go, nanoseconds.
const ENDING: u64 = 5_000 * MILLI;

/// What a collector answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status; `None` when no answer came.
    pub status: Option<u16>,
    /// `Retry-After` in seconds, where it is a number.
    pub retry_after: Option<u64>,
}

/// A sender.
#[derive(Debug)]
pub struct Sender<E> {
    id: SenderId,
    config: Config,
    encoder: E,
    table: Table,
    upload: Upload,
    clock: Clock,
    /// Start of what is live.
    start: u64,
    next_cut: u64,
    sealing: Option<Pack>,
    in_pack: usize,
    /// Monotonic time before which the newest batch is not sent.
    send_at: u64,
    counters: Counters,
    host_errors: u64,
    life: Life,
    has_no_cluster: bool,
}

/// How far a sender is on its way to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Running,
    /// Asked to end: it lets go at the monotonic deadline. `is_cut`: what was counted until then is sealed.
    Ending {
        deadline: u64,
        is_cut: bool,
    },
    Ended,
}

impl<E: Encoder> Sender<E> {
    /// A sender begins, [`Host::enlist`]ed by its caller. `encoder` writes the batches of the sender `id`; `refused` says that its configuration was.
    pub fn new(id: SenderId, config: Config, refused: Option<&Refused>, encoder: E, host: &mut impl Host) -> Self {
        let clock = Clock { wall: host.wall(), monotonic: host.monotonic() };
        let mut counters = Counters::default();
        if let Some(refused) = refused {
            host.log(Level::Warn, &refused.to_string());
            host.count(Stat::ConfigurationRefused, 1);
            counters.configuration_refused = 1;
        }
        let interval = u64::from(config.flush_interval_ms) * MILLI;
        let mut sender = Self {
            id,
            table: Table::new(&config),
            upload: Upload::default(),
            clock,
            start: clock.wall,
            next_cut: next_multiple(clock.wall, interval),
            sealing: None,
            in_pack: 0,
            send_at: 0,
            counters,
            host_errors: host.errors(),
            life: Life::Running,
            has_no_cluster: false,
            config,
            encoder,
        };
        sender.table.look_around(host);
        sender.arm(host, clock.monotonic);
        sender
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> SenderId {
        self.id
    }

    /// Looks which other hooks count in this proxy: to be called when a sender came to its VM.
    pub fn look_around(&mut self, host: &impl Host) {
        self.table.look_around(host);
    }

    /// Counts the exchange that the host shows now.
    pub fn exchange(&mut self, host: &impl Host) {
        self.table.count(host, &self.config);
    }

    /// Notes how long an entry into the filter took, in nanoseconds.
    pub fn note_entry(&mut self, nanos: u64) {
        self.counters.longest_entry = self.counters.longest_entry.max(nanos);
    }

    /// Does what is due, at most one slice of it, and asks for the next tick.
    pub fn tick(&mut self, host: &mut impl Host) {
        if self.life == Life::Ended {
            return;
        }
        let now = host.monotonic();
        self.follow_clock(host, now);
        let wall = self.clock.wall_at(now);
        if self.sealing.is_some() {
            self.pack_slice();
        } else if self.owes_last_cut() {
            self.last_cut(host, now);
        } else if self.life == Life::Running && wall >= self.next_cut {
            self.cut(host, wall);
        } else if self.life != Life::Running || now >= self.send_at {
            self.send_slice(host, now);
        }
        self.let_go_if_late(host, now);
        self.arm(host, now);
    }

    /// Takes an answer to a request of this sender.
    pub fn answered(&mut self, host: &mut impl Host, token: u32, answer: &Answer) {
        if self.life == Life::Ended {
            return;
        }
        let now = host.monotonic();
        let exchanges = self.upload.in_frozen();
        let random = host.random();
        let is_last = match self.upload.answered(token, answer, now, random) {
            Outcome::Acknowledged { is_last } => {
                host.count(Stat::BatchAcknowledged, 1);
                is_last
            }
            Outcome::Again => {
                self.counters.retried += 1;
                host.count(Stat::BatchRetried, 1);
                false
            }
            Outcome::Refused { is_last } => {
                self.counters.refused += 1;
                self.counters.refused_exchanges += exchanges;
                host.count(Stat::BatchRefused, 1);
                host.log(
                    Level::Warn,
                    &format!(
                        "collector refused a batch of {exchanges} exchanges with status {}",
                        answer.status.unwrap_or(0)
                    ),
                );
                is_last
            }
            Outcome::NotOurs => false,
        };
        if is_last && self.is_drained() {
            self.finish(host);
            return;
        }
        self.sweep();
        self.arm(host, now);
    }

    /// The proxy wants this sender to end. True when it has ended already; else [`Host::finished`] follows.
    pub fn end(&mut self, host: &mut impl Host) -> bool {
        let now = host.monotonic();
        if self.life == Life::Running {
            self.follow_clock(host, now);
            host.enlist(self.config.hook, -1);
            self.life = Life::Ending { deadline: now.saturating_add(ENDING), is_cut: false };
            self.upload.hurry();
            if self.sealing.is_some() {
                self.pack_slice();
            } else {
                // What fits one slice leaves at once: this may be the only entry that is left.
                self.last_cut(host, now);
            }
        }
        self.arm(host, now);
        self.life == Life::Ended
    }

    /// True when an ending sender has counts that no batch holds yet. Those that came after its last cut wait until
    /// everything before them is gone, so that an ending sender never seals without sending.
    fn owes_last_cut(&self) -> bool {
        match self.life {
            Life::Ending { is_cut, .. } => !is_cut || (self.upload.waiting() == 0 && !self.table.is_idle()),
            Life::Running | Life::Ended => false,
        }
    }

    fn last_cut(&mut self, host: &mut impl Host, now: u64) {
        self.seal_last(now);
        self.pack_slice();
        self.send_slice(host, now);
    }

    fn seal_last(&mut self, now: u64) {
        if let Life::Ending { is_cut, .. } = &mut self.life {
            *is_cut = true;
        }
        self.seal(self.clock.wall_at(now));
    }

    /// True when nothing is left to be sent.
    fn is_drained(&self) -> bool {
        self.sealing.is_none() && self.upload.waiting() == 0 && self.table.is_idle()
    }

    /// An ending sender whose time is over lets go: what it had not sent is missing, and the collector sees it unclosed.
    fn let_go_if_late(&mut self, host: &mut impl Host, now: u64) {
        if matches!(self.life, Life::Ending { deadline, .. } if now >= deadline) {
            host.log(Level::Warn, "ended before the collector acknowledged everything");
            self.finish(host);
        }
    }

    fn finish(&mut self, host: &mut impl Host) {
        self.life = Life::Ended;
        host.finished();
    }

    /// Asks for a tick when something is due next.
    fn arm(&self, host: &mut impl Host, now: u64) {
        let due = match self.life {
            Life::Ended => return,
            _ if self.sealing.is_some() || self.owes_last_cut() => now,
            Life::Ending { deadline, .. } => self.upload.due().map_or(deadline, |at| at.min(deadline)),
            Life::Running => {
                let cut = now.saturating_add(self.next_cut.saturating_sub(self.clock.wall_at(now)));
                self.upload.due().map_or(cut, |at| at.max(self.send_at).min(cut))
            }
        };
        let millis = due.saturating_sub(now).div_ceil(MILLI).clamp(1, 60_000);
        host.tick_in(u32::try_from(millis).unwrap_or(60_000));
    }
}

#[cfg(test)]
mod tests;
