//! A scripted proxy for tests: what it shows, what it was asked and told, with a clock that only a test moves.
//! `fake/` holds the exchanges it can show, a collector that takes its batches, and the stage that plays them together.

mod collector;
mod exchange;
mod stage;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

pub(crate) use collector::Collector;
pub(crate) use exchange::Exchange;
pub(crate) use stage::{Stage, WALL};

use hogusu_model::Hook;

use crate::host::{Host, Level, PostError, Request, Stat};

/// A request that the proxy took.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) token: u32,
    pub(crate) envoy_cluster: String,
    pub(crate) authority: String,
    pub(crate) path: String,
    pub(crate) timeout_ms: u32,
    pub(crate) body: Vec<u8>,
    /// Monotonic time at which it was taken.
    pub(crate) at: u64,
}

#[derive(Debug, Default)]
pub(crate) struct FakeHost {
    /// The exchange that properties and headers are read from.
    pub(crate) shown: Exchange,
    /// What was read since a test asked to note it, headers as `header:name`.
    reads: RefCell<Option<Vec<String>>>,
    /// Monotonic time, nanoseconds.
    pub(crate) now: u64,
    /// Wall time at monotonic zero.
    pub(crate) wall_at_zero: u64,
    /// It cannot read its wall clock.
    pub(crate) has_no_wall: bool,
    pub(crate) seed: u64,
    pub(crate) posts: Vec<Post>,
    /// How it refuses requests, while it does.
    pub(crate) refuses: Option<PostError>,
    /// Monotonic time of the next tick.
    pub(crate) tick_at: Option<u64>,
    pub(crate) finished: u32,
    pub(crate) logs: RefCell<Vec<String>>,
    pub(crate) stats: BTreeMap<&'static str, u64>,
    pub(crate) errors: Cell<u64>,
    /// Senders in this proxy, by hook.
    pub(crate) enlisted: BTreeMap<&'static str, u64>,
    /// Properties left on exchanges.
    pub(crate) left: RefCell<Vec<String>>,
    tokens: u32,
}

impl FakeHost {
    /// A proxy that shows this exchange.
    pub(crate) fn showing(shown: Exchange) -> Self {
        Self { shown, ..Self::default() }
    }

    /// Begins to note what is read.
    pub(crate) fn note_reads(&mut self) {
        self.reads = RefCell::new(Some(Vec::new()));
    }

    /// What was read since [`Self::note_reads`] or the last time this was asked.
    pub(crate) fn take_reads(&self) -> Vec<String> {
        self.reads.replace(Some(Vec::new())).unwrap_or_default()
    }

    fn note_read(&self, name: impl FnOnce() -> String) {
        if let Some(reads) = self.reads.borrow_mut().as_mut() {
            reads.push(name());
        }
    }

    pub(crate) fn stat(&self, stat: Stat) -> u64 {
        self.stats.get(stat.name()).copied().unwrap_or(0)
    }

    pub(crate) fn has_logged(&self, part: &str) -> bool {
        self.logs.borrow().iter().any(|line| line.contains(part))
    }
}

/// The splitmix64 generator: every seed is a good seed.
pub(crate) const fn splitmix(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut word = *seed;
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

impl Host for FakeHost {
    fn property(&self, path: &str) -> Option<&[u8]> {
        self.note_read(|| path.replace('\0', "."));
        self.shown.property(path)
    }

    fn request_header(&self, name: &str) -> Option<&[u8]> {
        self.note_read(|| format!("header:{name}"));
        self.shown.request_header(name)
    }

    fn leave(&self, path: &str) {
        self.left.borrow_mut().push(path.to_owned());
    }

    fn enlist(&mut self, hook: Hook, by: i64) -> bool {
        let senders = self.enlisted.entry(hook.as_str()).or_default();
        *senders = senders.saturating_add_signed(by);
        true
    }

    fn enlisted(&self, hook: Hook) -> u64 {
        self.enlisted.get(hook.as_str()).copied().unwrap_or_default()
    }

    fn recycle(&mut self) {}

    fn wall(&self) -> u64 {
        if self.has_no_wall { 0 } else { self.wall_at_zero + self.now }
    }

    fn monotonic(&self) -> u64 {
        self.now
    }

    fn random(&mut self) -> u64 {
        splitmix(&mut self.seed)
    }

    fn memory(&self) -> u64 {
        131_072
    }

    fn errors(&self) -> u64 {
        self.errors.get()
    }

    fn post(&mut self, request: &Request<'_>) -> Result<u32, PostError> {
        if let Some(error) = self.refuses {
            return Err(error);
        }
        self.tokens += 1;
        self.posts.push(Post {
            token: self.tokens,
            envoy_cluster: request.envoy_cluster.to_owned(),
            authority: request.authority.to_owned(),
            path: request.path.to_owned(),
            timeout_ms: request.timeout_ms,
            body: request.body.to_vec(),
            at: self.now,
        });
        Ok(self.tokens)
    }

    fn tick_in(&mut self, millis: u32) {
        assert!(millis > 0, "a period of 0 would stop the ticks");
        self.tick_at = Some(self.now + u64::from(millis) * 1_000_000);
    }

    fn finished(&mut self) {
        self.finished += 1;
        self.tick_at = None;
    }

    fn log(&self, _: Level, message: &str) {
        self.logs.borrow_mut().push(message.to_owned());
    }

    fn count(&mut self, stat: Stat, by: u64) {
        *self.stats.entry(stat.name()).or_default() += by;
    }
}
