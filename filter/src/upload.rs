//! What waits to be sent and the one batch that is being sent.
//!
//! A batch that was once handed to the host is frozen: the same bytes under the same sequence on every retry. One request
//! is in flight per sender, in order, so that a collector needs one integer per sender to recognise a repetition.

use std::collections::VecDeque;

use hogusu_model::{BatchHeader, Counters, SeriesKey};

use crate::claims::Claims;
use crate::clock::{MILLI, Step};
use crate::host::{Encoder, Host, PostError, Request};
use crate::pack;

/// Milliseconds before the first retry; doubles up to [`RETRY_MAX`].
const RETRY_FIRST: u64 = 1_000;
const RETRY_MAX: u64 = 30_000;
/// Longest `Retry-After` that is obeyed, in seconds; the shortest is a second, so that 0 is no invitation to a storm.
const RETRY_AFTER_MAX: u64 = 300;
/// How much longer than its timeout a request is waited for, in milliseconds. The proxy answers for a request that times
/// out; should it ever not, the batch is sent again.
const GRACE: u64 = 10_000;

/// Sealed counts that were never sent.
#[derive(Debug)]
pub(crate) struct Pack {
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// True when this pack is the last of its cut, and so says that the time is covered.
    pub(crate) covers: bool,
    pub(crate) bytes: Vec<u8>,
    pub(crate) exchanges: u64,
}

impl Pack {
    /// Names its time by a clock that was set.
    pub(crate) fn moved(&mut self, step: Step) {
        (self.start, self.end) = (step.moved(self.start), step.moved(self.end));
    }
}

/// A pack on its way into bytes.
#[derive(Debug)]
struct Encoding {
    pack: Pack,
    at: usize,
}

/// Bytes that were, or are about to be, handed to the host.
#[derive(Debug)]
struct Frozen {
    body: Vec<u8>,
    exchanges: u64,
    is_last: bool,
    token: Option<u32>,
    tries: u32,
    /// Monotonic time before which it is not sent again; while it is in flight, until when an answer is waited for.
    not_before: u64,
}

/// What came of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Acknowledged { is_last: bool },
    Again,
    Refused { is_last: bool },
    NotOurs,
}

#[derive(Debug, Default)]
pub(crate) struct Upload {
    waiting: VecDeque<Pack>,
    encoding: Option<Encoding>,
    frozen: Option<Frozen>,
    claims: Claims,
    sequence: u64,
    cumulative: u64,
    /// Monotonic time before which a sender without exchanges does not report its presence again.
    quiet_until: u64,
}

impl Upload {
    /// Batches that wait, the one in flight among them.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len() + usize::from(self.encoding.is_some()) + usize::from(self.frozen.is_some())
    }

    /// True when nothing waits that names a series.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.encoding.is_none()
    }

    /// True while a request is out.
    pub(crate) fn is_in_flight(&self) -> bool {
        self.frozen.as_ref().is_some_and(|frozen| frozen.token.is_some())
    }

    #[cfg(test)]
    pub(crate) fn in_flight(&self) -> Option<u32> {
        self.frozen.as_ref().and_then(|frozen| frozen.token)
    }

    /// True when all that waits is the presence of a sender that had no exchange yet.
    fn is_presence_only(&self) -> bool {
        self.sequence == 0 && self.encoding.is_none() && self.waiting.iter().all(|pack| pack.exchanges == 0)
    }

    /// From now on nothing is held back.
    pub(crate) const fn hurry(&mut self) {
        self.quiet_until = 0;
    }

    /// Names the time of what was not written yet by a clock that was set.
    pub(crate) fn moved(&mut self, step: Step) {
        if let Some(half_written) = self.encoding.take() {
            self.waiting.push_front(half_written.pack);
            self.claims.give_back();
        }
        self.waiting.iter_mut().for_each(|pack| pack.moved(step));
        self.claims.begin_anew();
    }

    /// Takes a pack; an empty one that follows an empty one only extends it.
    pub(crate) fn push(&mut self, pack: Pack) {
        match self.waiting.back_mut() {
            Some(last) if pack.bytes.is_empty() && last.bytes.is_empty() && last.covers && last.end == pack.start => {
                last.end = pack.end;
            }
            _ => self.waiting.push_back(pack),
        }
    }

    /// Encodes up to `limit` series of the next pack, each as `describe` says what it is about; true while there is more of it.
    pub(crate) fn encode(
        &mut self,
        limit: usize,
        describe: impl Fn(u32) -> Option<SeriesKey>,
        encoder: &mut impl Encoder,
        seal: &Seal,
    ) -> bool {
        if self.frozen.is_some() || (self.is_presence_only() && seal.now < self.quiet_until) {
            return false;
        }
        let Some(mut encoding) = self.encoding.take().or_else(|| self.begin(encoder)) else { return false };
        let whole = std::mem::take(&mut encoding.pack.bytes);
        let mut rest = whole.get(encoding.at..).unwrap_or(&[]);
        for _ in 0..limit {
            let Some((number, data)) = pack::read(&mut rest) else { break };
            if let Some(key) = describe(number) {
                encoder.series(&key, &data);
            }
        }
        let is_done = rest.is_empty();
        encoding.at = whole.len() - rest.len();
        encoding.pack.bytes = whole;
        if is_done {
            self.freeze(&encoding.pack, encoder, seal);
        } else {
            self.encoding = Some(encoding);
        }
        !is_done
    }

    fn begin(&mut self, encoder: &mut impl Encoder) -> Option<Encoding> {
        let mut pack = self.waiting.pop_front()?;
        (pack.start, pack.end) = self.claims.claim(pack.start, pack.end);
        encoder.begin(pack.start, pack.end);
        Some(Encoding { pack, at: 0 })
    }

    fn freeze(&mut self, pack: &Pack, encoder: &mut impl Encoder, seal: &Seal) {
        let is_presence = self.sequence == 0 && pack.exchanges == 0;
        if is_presence {
            self.quiet_until = seal.now.saturating_add(seal.presence_interval);
        } else {
            self.sequence += 1;
        }
        self.cumulative += pack.exchanges;
        let is_last = seal.is_ending && self.waiting.is_empty();
        let header = BatchHeader {
            start: pack.start,
            end: if pack.covers { pack.end } else { pack.start },
            sent: seal.wall,
            sequence: self.sequence,
            cumulative: self.cumulative,
            last: is_last,
            counters: Counters { waiting: self.waiting.len() as u64, ..seal.counters },
        };
        let body = encoder.finish(&header);
        self.frozen = Some(Frozen { body, exchanges: pack.exchanges, is_last, token: None, tries: 0, not_before: 0 });
    }

    /// Hands the frozen batch to the host when its time has come; `Err` when the host did not take it.
    pub(crate) fn send(&mut self, host: &mut impl Host, request: &Request<'_>, now: u64) -> Result<bool, PostError> {
        let Some(frozen) = self.frozen.as_mut().filter(|frozen| frozen.token.is_none() && now >= frozen.not_before)
        else {
            return Ok(false);
        };
        match host.post(&Request { body: &frozen.body, ..*request }) {
            Ok(token) => {
                frozen.token = Some(token);
                frozen.not_before = now + (u64::from(request.timeout_ms) + GRACE) * MILLI;
                Ok(true)
            }
            Err(error) => {
                frozen.put_off(now, None, host.random());
                Err(error)
            }
        }
    }

    /// True when the batch that says it is the last is on its way.
    pub(crate) fn is_last_out(&self) -> bool {
        self.is_in_flight() && self.frozen.as_ref().is_some_and(|frozen| frozen.is_last)
    }

    /// True when a frozen batch waits for its time to be sent.
    pub(crate) fn is_held_back(&self) -> bool {
        self.frozen.as_ref().is_some_and(|frozen| frozen.token.is_none())
    }

    /// Lets the request that is out go its way unheard; a batch that waits for another try has waited enough.
    pub(crate) fn let_go(&mut self) {
        match &mut self.frozen {
            Some(frozen) if frozen.token.is_none() => frozen.not_before = 0,
            _ => self.frozen = None,
        }
    }

    /// Gives up a request whose answer never came, not even the proxy's own; true when there was one.
    pub(crate) fn give_up_waiting(&mut self, now: u64) -> bool {
        match &mut self.frozen {
            Some(frozen) if frozen.token.is_some() && now >= frozen.not_before => {
                frozen.token = None;
                true
            }
            _ => false,
        }
    }

    /// Takes the host's answer to a request.
    pub(crate) fn answered(&mut self, token: u32, answer: &crate::Answer, now: u64, random: u64) -> Outcome {
        let Some(frozen) = self.frozen.as_mut().filter(|frozen| frozen.token == Some(token)) else {
            return Outcome::NotOurs;
        };
        let is_last = frozen.is_last;
        match answer.status {
            Some(200..=299) => {
                self.frozen = None;
                Outcome::Acknowledged { is_last }
            }
            None | Some(0 | 408 | 429 | 500 | 502..=504) => {
                frozen.put_off(now, answer.retry_after, random);
                Outcome::Again
            }
            Some(_) => {
                self.frozen = None;
                Outcome::Refused { is_last }
            }
        }
    }

    /// Exchanges of the frozen batch.
    pub(crate) fn in_frozen(&self) -> u64 {
        self.frozen.as_ref().map_or(0, |frozen| frozen.exchanges)
    }

    /// When something is next to be done here, in monotonic time; `None` when nothing is.
    pub(crate) fn due(&self) -> Option<u64> {
        match &self.frozen {
            Some(frozen) => Some(frozen.not_before),
            None if self.is_empty() => None,
            None if self.is_presence_only() => Some(self.quiet_until),
            None => Some(0),
        }
    }
}

impl Frozen {
    fn put_off(&mut self, now: u64, retry_after: Option<u64>, random: u64) {
        self.token = None;
        self.tries = self.tries.saturating_add(1);
        let backoff = RETRY_FIRST.saturating_mul(1 << (self.tries - 1).min(5)).min(RETRY_MAX);
        let wait = match retry_after {
            Some(seconds) => seconds.clamp(1, RETRY_AFTER_MAX) * 1_000,
            None => backoff,
        };
        // Up to a quarter more, so that the proxies of a mesh do not come back together.
        let jitter = random % (wait / 4 + 1);
        self.not_before = now + (wait + jitter) * MILLI;
    }
}

/// What a batch says of its sender when it is frozen.
#[derive(Debug)]
pub(crate) struct Seal {
    pub(crate) counters: Counters,
    pub(crate) is_ending: bool,
    /// Monotonic time.
    pub(crate) now: u64,
    /// Wall time.
    pub(crate) wall: u64,
    /// Nanoseconds between two reports of presence.
    pub(crate) presence_interval: u64,
}
