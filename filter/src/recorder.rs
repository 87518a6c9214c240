//! The live table: counts per series since the last cut, and the sealed half that is being packed.
//!
//! A cut swaps the two halves in constant time; packing then takes [`crate::SLICE`] series per entry. Bounded by the
//! number of edges: a series is an edge with a protocol, an outcome, an answerer and an operation.

use std::collections::HashMap;

use hogusu_model::{AnsweredBy, Measure, Outcome, Protocol, Reason, Reporter, SeriesData, SeriesKey};

use crate::edges::{Edges, OVERFLOW_DESTINATION, OVERFLOW_SOURCE};
use crate::hash::BuildWordHasher;
use crate::operation::Operation;
use crate::{operation, pack};

/// Series per edge at most, on average; past it the overflow edge counts.
const SERIES_PER_EDGE: usize = 8;

/// What picks a series besides its measure: small numbers only.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pick {
    pub(crate) edge: u32,
    pub(crate) protocol: Protocol,
    pub(crate) outcome: Outcome,
    pub(crate) reason: Reason,
    pub(crate) answered_by: AnsweredBy,
    pub(crate) operation: u16,
    /// Its duration is a life, not a latency.
    pub(crate) streaming: bool,
    /// Another hook counts it too.
    pub(crate) twice: bool,
}

impl Pick {
    const fn packed(self) -> u64 {
        (self.edge as u64) << 32
            | (self.operation as u64) << 16
            | (self.protocol as u64) << 14
            | (self.answered_by as u64) << 12
            | (self.reason as u64) << 7
            | (self.streaming as u64) << 6
            | (self.twice as u64) << 5
            | self.outcome as u64
    }
}

// Each word has its own bits in a packed pick.
const _: () = assert!(Protocol::ALL.len() <= 4 && AnsweredBy::ALL.len() <= 4);
const _: () = assert!(Reason::ALL.len() <= 32 && Outcome::ALL.len() <= 32);

#[derive(Debug, Clone, Copy)]
struct Series {
    pick: Pick,
    /// The edge's series opened before this one.
    next: Option<u32>,
}

/// Data by series; boxed, so that a series at rest takes one pointer.
#[derive(Debug, Default)]
struct Half {
    data: Vec<Option<Box<SeriesData>>>,
    /// Series that count something.
    dirty: Vec<u32>,
}

#[derive(Debug)]
pub(crate) struct Recorder {
    measure: Measure,
    max_series: usize,
    series: Vec<Option<Series>>,
    numbers: HashMap<u64, u32, BuildWordHasher>,
    /// By edge: its series opened last.
    newest: Vec<Option<u32>>,
    free: Vec<u32>,
    live: Half,
    sealed: Half,
}

impl Recorder {
    pub(crate) fn new(measure: Measure, max_edges: u32) -> Self {
        Self {
            measure,
            max_series: usize::try_from(max_edges).unwrap_or(usize::MAX).saturating_mul(SERIES_PER_EDGE),
            series: Vec::new(),
            numbers: HashMap::with_capacity_and_hasher(256, BuildWordHasher::default()),
            newest: Vec::new(),
            free: Vec::new(),
            live: Half::default(),
            sealed: Half::default(),
        }
    }

    /// The data to count an exchange in; `true` when it is the overflow edge's.
    pub(crate) fn data(&mut self, mut pick: Pick, edges: &Edges) -> Option<(&mut SeriesData, bool)> {
        if pick.edge <= OVERFLOW_DESTINATION {
            pick.operation = operation::NONE;
        }
        let number = match self.numbers.get(&pick.packed()).copied() {
            Some(number) => number,
            None => self.open(pick, edges)?,
        };
        let at = usize::try_from(number).ok()?;
        let is_overflow = self.series.get(at)?.as_ref()?.pick.edge <= OVERFLOW_DESTINATION;
        if self.live.data.len() <= at {
            self.live.data.resize_with(at + 1, || None);
        }
        let place = self.live.data.get_mut(at)?;
        if place.is_none() {
            self.live.dirty.push(number);
        }
        Some((place.get_or_insert_default(), is_overflow))
    }

    fn open(&mut self, mut pick: Pick, edges: &Edges) -> Option<u32> {
        if self.numbers.len() >= self.max_series && pick.edge > OVERFLOW_DESTINATION {
            let is_source = edges.get(pick.edge)?.reporter == Reporter::Source;
            pick.edge = if is_source { OVERFLOW_SOURCE } else { OVERFLOW_DESTINATION };
            pick.operation = operation::NONE;
            if let Some(number) = self.numbers.get(&pick.packed()) {
                return Some(*number);
            }
        }
        let at = usize::try_from(pick.edge).ok()?;
        if self.newest.len() <= at {
            self.newest.resize(at + 1, None);
        }
        let newest = self.newest.get_mut(at)?;
        let series = Series { pick, next: *newest };
        let number = match self.free.pop() {
            Some(number) => {
                *self.series.get_mut(usize::try_from(number).ok()?)? = Some(series);
                number
            }
            None => {
                self.series.push(Some(series));
                u32::try_from(self.series.len() - 1).ok()?
            }
        };
        *newest = Some(number);
        self.numbers.insert(pick.packed(), number);
        Some(number)
    }

    /// What a series is about.
    pub(crate) fn describe(&self, number: u32, edges: &Edges, operations: &Operation) -> Option<SeriesKey> {
        let pick = self.series.get(usize::try_from(number).ok()?)?.as_ref()?.pick;
        let edge = edges.get(pick.edge)?;
        Some(SeriesKey {
            measure: self.measure_of(pick.protocol),
            reporter: edge.reporter,
            protocol: pick.protocol,
            peer: edge.peer.clone(),
            service: edge.service.clone(),
            port: edge.port,
            security: edge.security,
            tls_version: edge.tls_version,
            own_principal: edge.own_principal.clone(),
            outcome: pick.outcome,
            reason: pick.reason,
            answered_by: pick.answered_by,
            operation: operations.name(pick.operation).to_owned(),
            traffic: edge.traffic,
            streaming: pick.streaming,
            twice: pick.twice,
            server_name: edge.server_name.clone(),
            overflow: edge.overflow,
        })
    }

    /// What one count of a protocol stands for here.
    const fn measure_of(&self, protocol: Protocol) -> Measure {
        match (protocol, self.measure) {
            (_, Measure::Attempt) => Measure::Attempt,
            (Protocol::Tcp, _) => Measure::Connection,
            _ => Measure::Request,
        }
    }

    /// True when nothing was counted since the last cut.
    pub(crate) fn is_idle(&self) -> bool {
        self.live.dirty.is_empty()
    }

    /// True while a sealed half is not packed yet.
    pub(crate) fn is_sealing(&self) -> bool {
        !self.sealed.dirty.is_empty()
    }

    #[cfg(test)]
    pub(crate) fn sizes(&self) -> [usize; 2] {
        [self.series.len(), self.free.len()]
    }

    /// Series that count something which is not packed yet.
    #[cfg(test)]
    pub(crate) fn unpacked(&self) -> usize {
        self.live.dirty.len() + self.sealed.dirty.len()
    }

    /// Cuts: what is live becomes sealed. Call only when nothing is sealing.
    pub(crate) fn cut(&mut self) {
        std::mem::swap(&mut self.live, &mut self.sealed);
    }

    /// Packs up to `limit` sealed series; says how many series and how many exchanges that were.
    pub(crate) fn pack(&mut self, limit: usize, out: &mut Vec<u8>) -> (usize, u64) {
        let (mut packed, mut exchanges) = (0, 0);
        while packed < limit {
            let Some(number) = self.sealed.dirty.pop() else { break };
            let data = usize::try_from(number).ok().and_then(|at| self.sealed.data.get_mut(at)).and_then(Option::take);
            if let Some(data) = data {
                exchanges += data.duration.count();
                pack::write(out, number, &data);
                packed += 1;
            }
        }
        (packed, exchanges)
    }

    /// Forgets series of an edge, as many as the budget allows; true when all are forgotten. Only when nothing waits that
    /// names them.
    pub(crate) fn forget(&mut self, edge: u32, budget: &mut usize) -> bool {
        let Some(newest) = usize::try_from(edge).ok().and_then(|at| self.newest.get_mut(at)) else { return true };
        while let Some(number) = *newest {
            if *budget == 0 {
                return false;
            }
            *budget -= 1;
            let place = usize::try_from(number).ok().and_then(|at| self.series.get_mut(at));
            let Some(series) = place.and_then(Option::take) else { return true };
            *newest = series.next;
            self.numbers.remove(&series.pick.packed());
            self.free.push(number);
        }
        true
    }
}
