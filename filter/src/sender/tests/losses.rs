//! The model test: random exchanges, ticks, answers and losses. At the end the collector has every exchange exactly once,
//! or the gaps in the sequence say exactly how many it has not.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::PostError;
use crate::SLICE;
use crate::fake::{Collector, Exchange, Stage, splitmix};

const LIVES: u64 = if cfg!(target_family = "wasm") { 40 } else { 120 };

/// What happened in one life of a sender.
struct Life {
    stage: Stage,
    collector: Collector,
    seed: u64,
    counted: u64,
    /// Exchanges in batches that the collector refused.
    refused: u64,
    /// The request that is out.
    out: Option<Vec<u8>>,
}

impl Life {
    fn new(seed: u64) -> Self {
        let config = match seed % 3 {
            0 => r#"{"version":1,"max_edges":40,"max_waiting_batches":2}"#,
            1 => r#"{"version":1,"max_edges":2000,"flush_interval_ms":500}"#,
            _ => {
                r#"{"version":1,"max_edges":5,"max_waiting_batches":1,"flush_interval_ms":1000,"measure":{"operation":"route"}}"#
            }
        };
        let (stage, collector) = (Stage::new(config), Collector::default());
        Self { stage, collector, seed, counted: 0, refused: 0, out: None }
    }

    fn roll(&mut self, sides: u64) -> u64 {
        splitmix(&mut self.seed) % sides
    }

    fn exchanges(&mut self) {
        let (times, codes) = (self.roll(4) + 1, [200, 404, 503]);
        let spread = if self.roll(20) == 0 { 300 } else { 10 };
        for _ in 0..self.roll(spread) {
            let host = u32::try_from(self.roll(spread)).expect("a small number");
            let code = codes[usize::try_from(self.roll(3)).expect("0 to 2")];
            let side = if self.roll(5) == 0 { Exchange::inbound() } else { Exchange::outbound().to(host) };
            let route = format!("r{}", self.roll(9));
            let exchange = side.code(code).text(crate::property::ROUTE, &route).nanos(splitmix(&mut self.seed) >> 20);
            self.stage.count_times(u32::try_from(times).expect("1 to 4"), &exchange);
            self.counted += times;
        }
    }

    /// After each entry: what is in flight now.
    fn note_flight(&mut self) {
        self.out = self.stage.sender.in_flight().map(|token| {
            let post = self.stage.last_post();
            assert_eq!(post.token, token, "the one request in flight is the last that left");
            post.body
        });
    }

    fn time(&mut self) {
        for _ in 0..self.roll(12) {
            if self.roll(30) == 0 {
                self.stage.host.now += self.roll(40) * 1_000_000_000;
            }
            if self.roll(40) == 0 {
                let span = if self.roll(3) == 0 { 3_000_000 } else { 30 };
                let (by, wall) = (self.roll(span) * 1_000_000_000, &mut self.stage.host.wall_at_zero);
                *wall = if self.seed.is_multiple_of(2) { *wall + by } else { wall.saturating_sub(by) };
            }
            self.stage.tick();
            self.note_flight();
        }
    }

    fn answer(&mut self) {
        let Some(body) = self.out.clone() else { return };
        match self.roll(10) {
            0..5 => {
                self.collector.take(&body);
                self.stage.status(200);
            }
            5 => {
                // Taken, and the acknowledgement lost.
                self.collector.take(&body);
                self.stage.no_answer();
            }
            6 => self.stage.status(503),
            7 => self.stage.no_answer(),
            8 => {
                self.refuse(&body);
                self.stage.status(400);
            }
            _ => return,
        }
        self.out = None;
    }

    /// The collector refuses a batch. It may have taken it before, and the acknowledgement been lost.
    fn refuse(&mut self, body: &[u8]) {
        let sequence = hogusu_wire::walk(body).expect("a batch").header.sequence;
        let taken = self.collector.headers.iter().map(|header| header.sequence).max().unwrap_or(0);
        self.collector.has_refused_presence |= sequence == 0;
        if sequence > taken {
            let mut alone = Collector::default();
            alone.take(body);
            self.refused += alone.exchanges();
        }
    }

    fn outage(&mut self) {
        let is_up = self.stage.host.refuses.is_some();
        self.stage.host.refuses = match self.roll(8) {
            _ if is_up => None,
            0 => Some(PostError::NoSuchCluster),
            1 => Some(PostError::Failed),
            _ => None,
        };
    }

    fn settle(&mut self) {
        self.stage.host.refuses = None;
        for _ in 0..200_000 {
            if let Some(body) = self.out.take() {
                self.collector.take(&body);
                self.stage.status(200);
            }
            if self.stage.host.finished > 0 || !self.stage.tick() {
                return;
            }
            self.note_flight();
            if self.collector.exchanges() + self.refused == self.counted && self.out.is_none() {
                return;
            }
        }
    }
}

#[test]
fn every_exchange_is_counted_once_or_said_to_be_missing() {
    let (mut refused, mut folded, mut repeated) = (0, 0, 0);
    for seed in 0..LIVES {
        let mut life = Life::new(seed);
        for _ in 0..120 {
            match life.roll(10) {
                0..4 => life.exchanges(),
                4..7 => life.time(),
                7..9 => life.answer(),
                _ => life.outage(),
            }
        }
        life.settle();
        let (collector, host) = (&life.collector, &life.stage.host);
        assert_eq!(collector.exchanges() + life.refused, life.counted, "seed {seed}");
        // A refused batch at the very end is not followed by one that would show the gap.
        assert!(collector.lost.1 <= life.refused, "seed {seed}");
        assert!(life.stage.most_per_entry <= SLICE, "seed {seed}: {}", life.stage.most_per_entry);
        refused += life.refused;
        repeated += collector.repeated;
        folded += host.stat(crate::Stat::BatchFolded);
    }
    assert!(refused > 0 && folded > 0 && repeated > 0, "each kind of trouble happened");
}

#[test]
fn an_end_in_the_middle_of_trouble_loses_nothing_while_the_collector_is_there() {
    for seed in 0..LIVES {
        let mut life = Life::new(seed);
        for _ in 0..40 {
            match life.roll(8) {
                0..4 => life.exchanges(),
                4..6 => life.time(),
                _ => life.answer(),
            }
        }
        life.stage.host.refuses = None;
        life.stage.end();
        life.note_flight();
        if life.roll(2) == 0 {
            life.exchanges();
        }
        life.drain_by_end();
        let collector = &life.collector;
        let said = life.stage.host.has_logged("ended before");
        let missing = life.counted - collector.exchanges() - life.refused;
        assert!(missing == 0 || said, "seed {seed}: {missing} missing silently");
        assert_eq!(life.stage.host.finished, 1, "seed {seed}");
        assert!(said || collector.headers.last().is_some_and(|header| header.last), "seed {seed}");
    }
}

impl Life {
    /// Answers everything until the sender has ended.
    fn drain_by_end(&mut self) {
        for _ in 0..200_000 {
            if self.stage.host.finished > 0 {
                return;
            }
            if let Some(body) = self.out.take() {
                self.collector.take(&body);
                self.stage.status(200);
                continue;
            }
            assert!(self.stage.tick(), "an ending sender asks for ticks");
            self.note_flight();
        }
        panic!("it never ended");
    }
}
