//! The edges a sender has seen, interned. Bounded: what does not fit is the overflow edge, number 0.

use std::collections::HashMap;
use std::rc::Rc;

use hogusu_model::{Peer, Reporter, Security, Service, TlsVersion, Traffic};

use crate::hash::BuildWordHasher;

/// All of a series' identity that a connection fixes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Edge {
    pub(crate) reporter: Reporter,
    pub(crate) peer: Peer,
    pub(crate) service: Service,
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) tls_version: TlsVersion,
    pub(crate) own_principal: String,
    pub(crate) traffic: Traffic,
    /// SNI of the applications' own TLS.
    pub(crate) server_name: String,
    pub(crate) overflow: bool,
}

impl Edge {
    pub(crate) fn overflow(reporter: Reporter) -> Self {
        Self {
            reporter,
            peer: Peer::default(),
            service: Service::default(),
            port: 0,
            security: Security::Unknown,
            tls_version: TlsVersion::None,
            own_principal: String::new(),
            traffic: Traffic::Mesh,
            server_name: String::new(),
            overflow: true,
        }
    }
}

/// Numbers of the overflow edges, one per reporter.
pub(crate) const OVERFLOW_SOURCE: u32 = 0;
pub(crate) const OVERFLOW_DESTINATION: u32 = 1;
const RESERVED: u32 = 2;

#[derive(Debug)]
pub(crate) struct Edges {
    max: usize,
    by_number: Vec<Option<Entry>>,
    numbers: HashMap<Rc<Edge>, u32, BuildWordHasher>,
    free: Vec<u32>,
    /// Where the sweep goes on.
    swept: u32,
}

#[derive(Debug)]
struct Entry {
    edge: Rc<Edge>,
    /// Epoch of its last exchange.
    used: u32,
}

impl Edges {
    pub(crate) fn new(max: u32) -> Self {
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        let reserved = [Reporter::Source, Reporter::Destination]
            .map(|reporter| Some(Entry { edge: Rc::new(Edge::overflow(reporter)), used: 0 }));
        Self {
            max,
            by_number: reserved.into_iter().collect(),
            numbers: HashMap::with_capacity_and_hasher(max.min(1_024), BuildWordHasher::default()),
            free: Vec::new(),
            swept: RESERVED,
        }
    }

    /// The edge's number: its own, a new one, or that of the overflow edge.
    pub(crate) fn intern(&mut self, edge: Edge, epoch: u32) -> u32 {
        if let Some(number) = self.numbers.get(&edge).copied() {
            self.touch(number, epoch);
            return number;
        }
        if self.numbers.len() >= self.max {
            return match edge.reporter {
                Reporter::Source => OVERFLOW_SOURCE,
                Reporter::Destination => OVERFLOW_DESTINATION,
            };
        }
        let edge = Rc::new(edge);
        let entry = Some(Entry { edge: Rc::clone(&edge), used: epoch });
        let number = match self.free.pop().and_then(|number| self.slot(number).map(|slot| (number, slot))) {
            Some((number, slot)) => {
                *slot = entry;
                number
            }
            None => {
                self.by_number.push(entry);
                u32::try_from(self.by_number.len() - 1).unwrap_or(OVERFLOW_SOURCE)
            }
        };
        self.numbers.insert(edge, number);
        number
    }

    fn slot(&mut self, number: u32) -> Option<&mut Option<Entry>> {
        self.by_number.get_mut(usize::try_from(number).ok()?)
    }

    #[cfg(test)]
    pub(crate) fn sizes(&self) -> [usize; 2] {
        [self.by_number.len(), self.free.len()]
    }

    /// Notes that the edge is in use.
    pub(crate) fn touch(&mut self, number: u32, epoch: u32) {
        if let Some(Some(entry)) = self.slot(number) {
            entry.used = epoch;
        }
    }

    /// The edge of a number.
    pub(crate) fn get(&self, number: u32) -> Option<&Rc<Edge>> {
        self.by_number.get(usize::try_from(number).ok()?)?.as_ref().map(|entry| &entry.edge)
    }

    /// Looks at up to `limit` edges and forgets those not used since epoch `before`. `forget` is handed the number of each;
    /// it says false when more of that edge is left to be forgotten: then the next sweep goes on there.
    pub(crate) fn sweep(&mut self, limit: usize, before: u32, mut forget: impl FnMut(u32) -> bool) {
        for _ in 0..limit.min(self.by_number.len()) {
            let number = self.swept;
            let is_idle = matches!(self.slot(number), Some(Some(entry)) if entry.used < before);
            if is_idle && !forget(number) {
                return;
            }
            self.swept += 1;
            if usize::try_from(self.swept).is_ok_and(|next| next >= self.by_number.len()) {
                self.swept = RESERVED;
            }
            if is_idle && let Some(entry) = self.slot(number).and_then(Option::take) {
                self.numbers.remove(&entry.edge);
                self.free.push(number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn edge(port: u16) -> Edge {
        Edge { port, overflow: false, ..Edge::overflow(Reporter::Source) }
    }

    #[test]
    fn an_edge_keeps_its_number_and_past_the_bound_the_overflow_edges_stand_in() {
        let mut edges = Edges::new(2);
        let (a, b) = (edges.intern(edge(1), 1), edges.intern(edge(2), 1));
        assert!(a != b && a >= RESERVED && b >= RESERVED);
        assert_eq!((edges.intern(edge(1), 2), edges.intern(edge(3), 2)), (a, OVERFLOW_SOURCE));
        let inbound = Edge { reporter: Reporter::Destination, ..edge(3) };
        assert_eq!(edges.intern(inbound, 2), OVERFLOW_DESTINATION);
        assert!(edges.get(OVERFLOW_SOURCE).is_some_and(|edge| edge.overflow) && edges.get(99).is_none());
    }

    #[test]
    fn a_sweep_looks_at_its_limit_and_goes_on_where_it_was() {
        let mut edges = Edges::new(1_000);
        (0..1_000).for_each(|port| assert!(edges.intern(edge(port), 1) >= RESERVED));
        edges.touch(RESERVED + 5, 9);
        let mut forgotten = Vec::new();
        for _ in 0..16 {
            let before = forgotten.len();
            edges.sweep(64, 5, |number| {
                forgotten.push(number);
                true
            });
            assert!(forgotten.len() - before <= 64);
        }
        assert_eq!(forgotten.len(), 999);
        assert!(edges.get(RESERVED + 5).is_some(), "in use");
        assert_eq!(edges.intern(edge(7_777), 10), *forgotten.last().expect("many"), "a free number is used again");
    }

    #[test]
    fn an_edge_that_is_not_forgotten_whole_stays() {
        let mut edges = Edges::new(10);
        let number = edges.intern(edge(1), 1);
        edges.sweep(64, 5, |_| false);
        assert!(edges.get(number).is_some());
        edges.sweep(64, 5, |_| true);
        assert!(edges.get(number).is_none());
    }
}
