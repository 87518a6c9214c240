//! A flush, in slices: cut the time, pack what is sealed, encode, hand to the proxy, and forget edges that went idle.

use hogusu_model::Counters;
use hogusu_model::batch::PRESENCE_FLUSHES;

use super::{Life, Sender};
use crate::SLICE;
use crate::clock::{MILLI, next_multiple};
use crate::host::{Encoder, Host, Level, PostError, Request, Stat};
use crate::upload::{Pack, Seal};

/// Series per batch at most: about 128 KiB of body, and twice that while it is written.
const SERIES_PER_BATCH: usize = 192;

impl<E: Encoder> Sender<E> {
    /// Cuts at a multiple of the interval, unless too many batches wait: then what is live stays live.
    pub(super) fn cut(&mut self, host: &mut impl Host, wall: u64) {
        let interval = u64::from(self.config.flush_interval_ms) * MILLI;
        self.next_cut = next_multiple(wall, interval);
        self.table.look_around(host);
        if self.upload.waiting() >= self.config.max_waiting_batches && !self.table.is_idle() {
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
    pub(super) fn seal(&mut self, wall: u64) {
        self.table.settle();
        self.table.recorder.cut();
        self.table.epoch = self.table.epoch.wrapping_add(1).max(1);
        self.sealing = Some(Pack { start: self.start, end: wall, covers: true, bytes: Vec::new(), exchanges: 0 });
        self.in_pack = 0;
        self.start = wall;
    }

    /// Packs a slice of what is sealed; a full batch waits to be sent.
    pub(super) fn pack_slice(&mut self) {
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

    /// Encodes a slice of the next batch, or hands a whole one to the proxy.
    pub(super) fn send_slice(&mut self, host: &mut impl Host, now: u64) {
        if self.upload.give_up_waiting(now) {
            self.counters.retried += 1;
            host.count(Stat::BatchRetried, 1);
        }
        if self.upload.is_in_flight() {
            return;
        }
        let is_cut = matches!(self.life, Life::Ending { is_cut: true, .. });
        let is_ending = is_cut && self.sealing.is_none() && self.table.is_idle();
        let presence_interval = u64::from(self.config.flush_interval_ms) * MILLI * PRESENCE_FLUSHES;
        let wall = self.clock.wall_at(now);
        let seal = Seal { counters: self.counters_now(host), is_ending, now, wall, presence_interval };
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
    pub(super) fn sweep(&mut self) {
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
}
