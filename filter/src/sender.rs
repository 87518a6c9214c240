//! One sender: a root context of the filter in one worker. Counts exchanges, cuts time, sends batches, ends in order.

use hogusu_model::batch::PRESENCE_FLUSHES;
use hogusu_model::{Counters, SenderId};

use crate::SLICE;
use crate::clock::{Clock, MILLI, next_multiple};
use crate::config::{Config, Refused};
use crate::exchange::Table;
use crate::host::{Encoder, Host, Level, PostError, Request, Stat};
use crate::upload::{Outcome, Pack, Seal, Upload};

/// Series per batch at most: about 128 KiB of body, and twice that while it is written.
const SERIES_PER_BATCH: usize = 192;
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
    /// A sender begins. `encoder` writes the batches of the sender `id`; `refused` says that its configuration was.
    pub fn new(id: SenderId, config: Config, refused: Option<&Refused>, encoder: E, host: &mut impl Host) -> Self {
        let clock = Clock { wall: host.wall(), monotonic: host.monotonic() };
        let mut counters = Counters::default();
        if let Some(refused) = refused {
            host.log(Level::Warn, &refused.to_string());
            host.count(Stat::ConfigurationRefused, 1);
            counters.configuration_refused = 1;
        }
        let interval = u64::from(config.flush_interval_ms) * MILLI;
        let sender = Self {
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
        sender.arm(host, clock.monotonic);
        sender
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> SenderId {
        self.id
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
            Life::Ending { is_cut, .. } => !is_cut || (self.upload.waiting() == 0 && !self.table.recorder.is_idle()),
            Life::Running | Life::Ended => false,
        }
    }

    fn last_cut(&mut self, host: &mut impl Host, now: u64) {
        if let Life::Ending { is_cut, .. } = &mut self.life {
            *is_cut = true;
        }
        self.seal(self.clock.wall_at(now));
        self.pack_slice();
        self.send_slice(host, now);
    }

    /// True when nothing is left to be sent.
    fn is_drained(&self) -> bool {
        self.sealing.is_none() && self.upload.waiting() == 0 && self.table.recorder.is_idle()
    }

    /// Series that count something which is not packed yet.
    #[cfg(test)]
    pub(crate) fn unpacked(&self) -> usize {
        self.table.recorder.unpacked()
    }

    /// The token of the request that is out.
    #[cfg(test)]
    pub(crate) fn in_flight(&self) -> Option<u32> {
        self.upload.in_flight()
    }

    /// Sizes of the tables that could grow.
    #[cfg(test)]
    pub(crate) fn sizes(&self) -> [usize; 5] {
        let [edges, free_edges] = self.table.edges.sizes();
        let [series, free_series] = self.table.recorder.sizes();
        [edges - free_edges, edges, series - free_series, series, self.upload.waiting()]
    }

    fn cut(&mut self, host: &mut impl Host, wall: u64) {
        let interval = u64::from(self.config.flush_interval_ms) * MILLI;
        self.next_cut = next_multiple(wall, interval);
        if self.upload.waiting() >= self.config.max_waiting_batches && !self.table.recorder.is_idle() {
            self.counters.folded += 1;
            host.count(Stat::BatchFolded, 1);
            return;
        }
        self.seal(wall);
        let jitter = host.random() % (interval / 5).max(1);
        self.send_at = host.monotonic() + jitter;
        self.pack_slice();
    }

    /// Swaps the live half out; what it counted belongs to [start, wall).
    fn seal(&mut self, wall: u64) {
        self.table.recorder.cut();
        self.table.epoch = self.table.epoch.wrapping_add(1).max(1);
        self.sealing = Some(Pack { start: self.start, end: wall, covers: true, bytes: Vec::new(), exchanges: 0 });
        self.in_pack = 0;
        self.start = wall;
    }

    fn pack_slice(&mut self) {
        let Some(pack) = self.sealing.as_mut() else { return };
        let (series, exchanges) = self.table.recorder.pack(SLICE, &mut pack.bytes);
        pack.exchanges += exchanges;
        self.in_pack += series;
        let is_done = !self.table.recorder.is_sealing();
        if !is_done && self.in_pack < SERIES_PER_BATCH {
            return;
        }
        let (start, end) = (pack.start, pack.end);
        let next = (!is_done).then(|| Pack { start, end, covers: true, bytes: Vec::new(), exchanges: 0 });
        self.in_pack = 0;
        if let Some(mut full) = std::mem::replace(&mut self.sealing, next) {
            full.covers = is_done;
            full.bytes.shrink_to_fit();
            self.upload.push(full);
        }
    }

    fn send_slice(&mut self, host: &mut impl Host, now: u64) {
        if self.upload.give_up_waiting(now) {
            self.counters.retried += 1;
            host.count(Stat::BatchRetried, 1);
        }
        if self.upload.is_in_flight() {
            return;
        }
        let is_cut = matches!(self.life, Life::Ending { is_cut: true, .. });
        let is_ending = is_cut && self.sealing.is_none() && self.table.recorder.is_idle();
        let presence_interval = u64::from(self.config.flush_interval_ms) * MILLI * PRESENCE_FLUSHES;
        let seal = Seal { counters: self.counters_now(host), is_ending, now, presence_interval };
        let table = &self.table;
        if self.upload.encode(SLICE, |number| table.describe(number), &mut self.encoder, &seal) {
            return;
        }
        let target = &self.config.target;
        let request = Request {
            envoy_cluster: &target.envoy_cluster,
            authority: &target.authority,
            path: &target.path,
            timeout_ms: target.timeout_ms,
            body: &[],
        };
        match self.upload.send(host, &request, now) {
            Ok(is_sent) => self.has_no_cluster &= !is_sent,
            Err(error) => {
                self.counters.retried += 1;
                host.count(Stat::BatchRetried, 1);
                if error == PostError::NoSuchCluster && !self.has_no_cluster {
                    self.has_no_cluster = true;
                    host.log(
                        Level::Warn,
                        &format!("no Envoy cluster {:?} to send batches to; counting goes on", target.envoy_cluster),
                    );
                }
            }
        }
    }

    /// Forgets edges that were idle for a minute, a slice of them each time that nothing waits which names a series.
    fn sweep(&mut self) {
        if !self.upload.is_empty() || self.table.recorder.is_sealing() {
            return;
        }
        let idle = 60_000 / self.config.flush_interval_ms.max(1) + 2;
        let before = self.table.epoch.saturating_sub(idle);
        let (recorder, mut budget) = (&mut self.table.recorder, SLICE);
        self.table.edges.sweep(SLICE, before, |edge| recorder.forget(edge, &mut budget));
    }

    fn counters_now(&mut self, host: &mut impl Host) -> Counters {
        let errors = host.errors();
        self.counters.host_errors += errors - self.host_errors;
        if errors > self.host_errors {
            host.count(Stat::HostError, errors - self.host_errors);
        }
        self.host_errors = errors;
        self.counters.memory_bytes = host.memory();
        self.counters.overflowed = self.table.overflowed;
        self.counters
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
