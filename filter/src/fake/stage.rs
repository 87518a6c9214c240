//! A sender on its scripted proxy, the clock moved from tick to tick, and what each entry into the filter handled.

use std::cell::Cell;
use std::rc::Rc;

use hogusu_config::Config;
use hogusu_model::{BatchHeader, Hook, Proxy, SenderId, SeriesData, SeriesKey};
use hogusu_wire::{BatchWriter, Preamble, Resource, WIRE_VERSION, encode_resource, encode_series};

use super::{Exchange, FakeHost, Post};
use crate::host::{Encoder, Host};
use crate::sender::{Answer, Sender};

/// Wall time of the stage's beginning: a multiple of every flush interval, and 1.25 s.
pub(crate) const WALL: u64 = 1_795_525_200_000_000_000 + 1_250_000_000;
const MILLI: u64 = 1_000_000;

/// Writes real batches and counts the series written.
#[derive(Debug)]
pub(crate) struct CountingEncoder {
    preamble: Preamble,
    writer: BatchWriter,
    written: Rc<Cell<usize>>,
}

impl Encoder for CountingEncoder {
    fn begin(&mut self, start: u64, end: u64) {
        self.writer = BatchWriter::new(start, end);
    }

    fn series(&mut self, key: &SeriesKey, data: &SeriesData) {
        self.written.set(self.written.get() + 1);
        self.writer.series(key.measure, &encode_series(key), data);
    }

    fn finish(&mut self, header: &BatchHeader) -> Vec<u8> {
        std::mem::replace(&mut self.writer, BatchWriter::new(0, 0)).finish(&self.preamble, header)
    }
}

pub(crate) struct Stage {
    pub(crate) host: FakeHost,
    pub(crate) sender: Sender<CountingEncoder>,
    /// Series that one entry packed, wrote or forgot, at most.
    pub(crate) most_per_entry: usize,
    pub(crate) ticks: u64,
    written: Rc<Cell<usize>>,
}

impl Stage {
    /// A sender with this configuration, at [`WALL`].
    pub(crate) fn new(json: &str) -> Self {
        let (config, refused) = Config::read(json.as_bytes());
        let mut host = FakeHost { wall_at_zero: WALL, seed: 1, ..FakeHost::default() };
        assert!(host.enlist(config.hook, 1));
        let written = Rc::default();
        let encoder = CountingEncoder {
            preamble: encode_resource(&resource(config.hook)),
            writer: BatchWriter::new(0, 0),
            written: Rc::clone(&written),
        };
        let sender = Sender::new(SenderId([7; 16]), config, refused.as_ref(), encoder, &mut host);
        Self { host, sender, most_per_entry: 0, ticks: 0, written }
    }

    /// The defaults.
    pub(crate) fn plain() -> Self {
        Self::new(r#"{"version":1}"#)
    }

    pub(crate) fn count(&mut self, exchange: &Exchange) {
        self.host.shown = exchange.clone();
        self.sender.exchange(&self.host);
    }

    pub(crate) fn count_times(&mut self, times: u32, exchange: &Exchange) {
        self.host.shown = exchange.clone();
        (0..times).for_each(|_| self.sender.exchange(&self.host));
    }

    pub(crate) fn entry(&mut self, act: impl FnOnce(&mut Sender<CountingEncoder>, &mut FakeHost)) {
        self.written.set(0);
        let (unpacked, known) = (self.sender.unpacked(), self.sender.series());
        act(&mut self.sender, &mut self.host);
        // What waited in doubt is opened by a cut.
        let packed = unpacked.saturating_sub(self.sender.unpacked());
        let forgotten = known.saturating_sub(self.sender.series());
        let most = self.written.get().max(packed).max(forgotten);
        self.most_per_entry = self.most_per_entry.max(most);
    }

    /// The next tick, if there is one; false when the proxy was not asked for any.
    pub(crate) fn tick(&mut self) -> bool {
        let Some(at) = self.host.tick_at.take() else { return false };
        self.host.now = self.host.now.max(at);
        self.ticks += 1;
        self.entry(|sender, host| sender.tick(host));
        true
    }

    /// Lets time pass, with the ticks that fall into it.
    pub(crate) fn pass(&mut self, millis: u64) {
        let until = self.host.now + millis * MILLI;
        while self.host.tick_at.is_some_and(|at| at <= until) {
            self.tick();
        }
        self.host.now = until;
    }

    /// Lets time pass until a request leaves; that request.
    pub(crate) fn until_post(&mut self) -> Post {
        let before = self.host.posts.len();
        for _ in 0..100_000 {
            assert!(self.tick(), "no tick is asked for");
            if self.host.posts.len() > before {
                return self.last_post();
            }
        }
        panic!("no request left in 100,000 ticks");
    }

    pub(crate) fn last_post(&self) -> Post {
        self.host.posts.last().expect("a request").clone()
    }

    pub(crate) fn end(&mut self) {
        self.entry(|sender, host| assert!(!sender.end(host), "an end waits for its acknowledgement"));
    }

    /// The answer to the last request.
    pub(crate) fn answer(&mut self, answer: Answer) {
        let token = self.last_post().token;
        self.entry(|sender, host| sender.answered(host, token, &answer));
    }

    pub(crate) fn status(&mut self, status: u16) {
        self.answer(Answer { status: Some(status), retry_after: None });
    }

    pub(crate) fn no_answer(&mut self) {
        self.answer(Answer::default());
    }
}

fn resource(hook: Hook) -> Resource {
    Resource {
        sender: SenderId([7; 16]),
        proxy: Proxy { id: "sidecar~127.1.0.1~checkout-0.shop~cluster.local".into(), ..Proxy::default() },
        hook,
        filter_version: "0".into(),
        filter_digest: "0".into(),
        revision: String::new(),
        wire_version: WIRE_VERSION,
        flush_interval_ms: 5_000,
        marks: true,
    }
}
