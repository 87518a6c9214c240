//! Files in memory, and traffic in which everything happens that a window must bear.

use std::sync::Arc;

use hogusu_model::{
    AnsweredBy, Exemplar, Histogram, Hook, Measure, Outcome, Protocol, Proxy, Reporter as Side, SeriesData, SeriesKey,
    Slot, Workload,
};
use redb::backends::InMemoryBackend;

use super::super::super::catalogue::OpenFile;
use super::super::super::day::Day;
use super::super::super::names::name_of;
use super::super::super::summed::Knowledge;
use super::super::super::tables::{PARTS, ROWS};
use super::super::super::{Reader, sums::Sums};
use crate::aggregate::{Commit, Dictionary, Generation, Lateness, Open, Reporter};
use crate::ownership::{Owners, of_proxy};

pub(super) const SLOT: u64 = 10_000_000_000;
/// A slot in which nothing happened yet.
pub(super) const BEGUN: u64 = 10_000;
const NAMES: [&str; 3] = ["web", "cart", "stock"];
const K8S_CLUSTERS: [&str; 2] = ["c1", "c2"];

/// A small generator of numbers (splitmix64): runs can be repeated.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % bound
    }

    pub(super) fn is_one_in(&mut self, number: u64) -> bool {
        self.below(number) == 0
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }

    fn histogram(&mut self, is_huge: bool) -> Histogram {
        let first = usize::try_from(self.below(200)).unwrap();
        let huge = if is_huge { u64::MAX / 2 } else { 0 };
        let counts = (0..self.below(6)).map(|_| self.below(3) + huge).collect();
        Histogram::from_parts(self.below(3), self.below(2), first, counts, self.below(1_000) + huge).unwrap()
    }

    fn data(&mut self) -> SeriesData {
        let is_huge = self.is_one_in(60);
        let huge = if is_huge { u64::MAX - 5 } else { 0 };
        let exemplar =
            Exemplar { trace: [u8::try_from(self.below(2)).unwrap(); 16], nanos: self.below(8), at: self.below(2) };
        SeriesData {
            duration: self.histogram(is_huge),
            backend: self.is_one_in(6).then(|| self.histogram(false)),
            bytes: self.is_one_in(6).then(|| (self.below(9), self.below(9).saturating_add(huge))),
            attempts: self.is_one_in(6).then(|| self.below(4)),
            exemplar: self.is_one_in(3).then_some(exemplar),
        }
    }

    fn workload(&mut self) -> Workload {
        let (cluster, name) = (*self.of(&K8S_CLUSTERS), *self.of(&NAMES));
        Workload { cluster: cluster.into(), namespace: "shop".into(), name: name.into() }
    }

    fn reporter(&mut self) -> Reporter {
        let empty = String::new;
        Reporter {
            workload: self.workload(),
            service_account: empty(),
            canonical_service: empty(),
            canonical_revision: empty(),
            mesh: empty(),
            trust_domain: empty(),
            hook: Hook::AccessLog,
            proxy: empty(),
        }
    }

    fn key(&mut self) -> SeriesKey {
        let mut key =
            SeriesKey::new(Measure::Request, Side::Destination, Protocol::Http, Outcome::Ok, AnsweredBy::Upstream);
        if self.is_one_in(2) {
            key.peer.workload = self.workload();
        } else {
            key.peer.address = format!("10.0.0.{}", self.below(4));
        }
        key
    }

    /// Owners of addresses, some of which change hands around a slot.
    pub(super) fn owners(&mut self, slot: u64) -> Owners {
        let claims = (0..self.below(8)).flat_map(|_| {
            let workload = self.workload();
            let proxy = Proxy { workload, addresses: format!("10.0.0.{}", self.below(4)), ..Proxy::default() };
            let from = (slot - self.below(60)) * SLOT;
            of_proxy(&proxy, (from, from + self.below(60) * SLOT), SLOT / 2).collect::<Vec<_>>()
        });
        Owners::of(claims.collect(), SLOT / 2)
    }

    /// A commit of what was counted up to a slot.
    pub(super) fn commit(&mut self, slot: u64, has_exemplars: bool) -> Commit {
        let (mut dictionary, mut open) = (Dictionary::default(), Open::default());
        for _ in 0..=self.below(3) {
            let is_late = self.is_one_in(4);
            let lateness = if is_late { Lateness::Late } else { Lateness::InTime };
            let of = slot - if is_late { self.below(20) } else { self.below(2) };
            for _ in 0..self.below(9) {
                let reporter = dictionary.reporter(self.reporter());
                let key = self.key();
                let key = dictionary.series(format!("{key:?}").into_bytes().into(), key);
                let mut data = self.data();
                data.exemplar.take_if(|_| !has_exemplars);
                open.row(Slot(of), lateness, reporter, key).merge(&data);
            }
        }
        let generation = Generation { open, names: Arc::clone(dictionary.names()) };
        Commit {
            generations: vec![Arc::new(generation)],
            senders: Arc::default(),
            changed: Arc::default(),
            past: Arc::default(),
            forgotten_to: 0,
            position: 1,
            now: slot * SLOT,
        }
    }
}

/// A file in memory.
pub(super) struct File {
    day: Day,
    stamp: u64,
    is_begun: bool,
}

impl File {
    pub(super) fn new(stamp: u64) -> Self {
        let knowledge = Knowledge::of(Sums::empty());
        Self { day: Day::open(&name_of(stamp), InMemoryBackend::new(), &knowledge).unwrap(), stamp, is_begun: false }
    }

    pub(super) fn commit(&mut self, commit: &Commit) {
        self.day.commit(commit, !self.is_begun).unwrap();
        self.is_begun = true;
    }

    /// A part of which a value cannot be read.
    pub(super) fn garble(&self) {
        let write = self.day.database.begin_write().unwrap();
        let part = self.day.summary.next_part;
        write.open_table(PARTS).unwrap().insert((BEGUN, part), (0, 1, 0, 0)).unwrap();
        write.open_table(ROWS).unwrap().insert((BEGUN, part, 0, 0), [0xff].as_slice()).unwrap();
        write.commit().unwrap();
    }

    pub(super) fn reader(&self) -> Reader {
        OpenFile::of(&self.day).reader(self.stamp).unwrap()
    }
}
