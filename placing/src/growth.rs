//! Places for those that come later: beside what they have edges with, between others, and nobody moves.

use std::collections::{BTreeMap, VecDeque};

use crate::COLUMNS;
use crate::epoch::{Epoch, Kept};
use crate::graph::{End, Graph, Lane};
use crate::key::Key;
use crate::layers::columns;
use crate::per::Per;

/// What stands where.
pub(crate) struct Standing {
    /// Rows by lane and column, from top to bottom.
    cells: BTreeMap<(Key, i32), Vec<Key>>,
    /// Lanes from top to bottom.
    lanes: Vec<Key>,
    /// Where each lane begins, counted in rows.
    tops: BTreeMap<Key, usize>,
}

/// What is known of an end's place while others are placed.
#[derive(Debug, Clone, Copy, Default)]
struct Seat {
    lane: Key,
    column: i32,
    /// From the top of all lanes, in rows.
    height: f64,
}

impl Standing {
    pub(crate) fn of(epoch: &Epoch) -> Self {
        let mut cells: BTreeMap<(Key, i32), Vec<Key>> = BTreeMap::new();
        for (end, kept) in &epoch.places {
            let lane = epoch.lanes.get(&end.lane).copied().unwrap_or_default();
            cells.entry((lane, kept.column)).or_default().push(kept.row);
        }
        let mut highest: BTreeMap<Key, usize> = epoch.lanes.values().map(|lane| (*lane, 0)).collect();
        for ((lane, _), rows) in &mut cells {
            rows.sort_unstable();
            highest.entry(*lane).and_modify(|most| *most = (*most).max(rows.len()));
        }
        let lanes = highest.keys().copied().collect();
        let mut next = 0;
        let mut top = |height: usize| {
            next += height;
            next - height
        };
        let tops = highest.into_iter().map(|(lane, height)| (lane, top(height))).collect();
        Self { cells, lanes, tops }
    }

    /// Gives each of these ends of the graph a place: those next to somebody who has one first, and sources before their destinations.
    pub(crate) fn add(mut self, epoch: &mut Epoch, graph: &Graph, newcomers: &[usize], day: u32) {
        let mut seats: Per<Option<Seat>> = graph.ends().iter().map(|end| self.seat(epoch, end)).collect();
        let (away, depth) = (distances(graph, &seats), columns(graph));
        let mut turns: Vec<(usize, i32, usize)> =
            newcomers.iter().map(|end| (away.get(*end), depth.get(*end), *end)).collect();
        turns.sort_unstable();
        for (_, depth, number) in turns {
            let Some(end) = graph.ends().get(number) else { continue };
            let seat_of = |(other, _): &(usize, u64)| seats.get(*other);
            let sources: Vec<Seat> = graph.incoming(number).iter().filter_map(seat_of).collect();
            let destinations: Vec<Seat> = graph.outgoing(number).iter().filter_map(seat_of).collect();
            let column = column(&sources, &destinations).unwrap_or(depth);
            let around: Vec<Seat> = sources.into_iter().chain(destinations).collect();
            let lane = self.lane(epoch, &end.lane, &around);
            let (row, height) = self.row(lane, column, &around);
            epoch.places.insert(end.clone(), Kept { column, row, seen: day });
            seats.set(number, Some(Seat { lane, column, height }));
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "rows of a bounded epoch")]
    fn seat(&self, epoch: &Epoch, end: &End) -> Option<Seat> {
        let place = epoch.place(end)?;
        let rows = self.cells.get(&(place.lane, place.column))?;
        let above = rows.partition_point(|row| *row < place.row);
        let height = (self.top(place.lane) + above) as f64;
        Some(Seat { lane: place.lane, column: place.column, height })
    }

    fn top(&self, lane: Key) -> usize {
        self.tops.get(&lane).copied().unwrap_or_default()
    }

    /// The lane of this name; a new one stands in the middle of those that its first end has edges with, else last.
    fn lane(&mut self, epoch: &mut Epoch, name: &Lane, around: &[Seat]) -> Key {
        if let Some(lane) = epoch.lanes.get(name) {
            return *lane;
        }
        let mut places: Vec<usize> =
            around.iter().map(|seat| self.lanes.partition_point(|lane| *lane <= seat.lane)).collect();
        places.sort_unstable();
        let place = places.get(places.len() / 2).copied().unwrap_or(self.lanes.len());
        let top = self.lanes.get(place).or(self.lanes.last()).map(|lane| self.top(*lane)).unwrap_or_default();
        let lane = Key::among(&self.lanes, place);
        self.lanes.insert(self.lanes.partition_point(|other| *other < lane), lane);
        self.tops.insert(lane, top);
        epoch.lanes.insert(name.clone(), lane);
        lane
    }

    /// A row as near as can be to the middle of these, else the last one; and where that is.
    #[expect(clippy::cast_precision_loss, reason = "rows of a bounded epoch")]
    fn row(&mut self, lane: Key, column: i32, around: &[Seat]) -> (Key, f64) {
        let top = self.top(lane) as f64;
        let rows = self.cells.entry((lane, column)).or_default();
        let mean = around.iter().map(|seat| seat.height).sum::<f64>() / around.len() as f64;
        let place = if around.is_empty() {
            rows.len()
        } else {
            (0..rows.len()).take_while(|place| top + *place as f64 + 0.5 <= mean).count()
        };
        let row = Key::among(rows, place);
        let place = rows.partition_point(|other| *other < row);
        rows.insert(place, row);
        (row, top + place as f64)
    }
}

/// How many edges away from somebody who has a seat; what is reached from nobody is furthest.
fn distances(graph: &Graph, seats: &Per<Option<Seat>>) -> Per<usize> {
    let mut away = Per::new(graph.len(), usize::MAX);
    let mut next: VecDeque<usize> = (0..graph.len()).filter(|end| seats.get(*end).is_some()).collect();
    next.iter().for_each(|end| away.set(*end, 0));
    while let Some(end) = next.pop_front() {
        let beyond = away.get(end).saturating_add(1);
        for other in graph.around(end) {
            if away.get(other) == usize::MAX {
                away.set(other, beyond);
                next.push_back(other);
            }
        }
    }
    away
}

/// The column in which the fewest edges lead back or stay, and of such that with the shortest ones; `None` without any.
fn column(sources: &[Seat], destinations: &[Seat]) -> Option<i32> {
    let mut by_column: BTreeMap<i32, [u64; 2]> = BTreeMap::new();
    sources.iter().for_each(|seat| by_column.entry(seat.column).or_default()[0] += 1);
    destinations.iter().for_each(|seat| by_column.entry(seat.column).or_default()[1] += 1);
    let cost = |column: &i32| {
        let (mut back, mut length) = (0, 0);
        for (other, [from, to]) in &by_column {
            back += if other >= column { *from } else { 0 } + if other <= column { *to } else { 0 };
            length += u64::from(other.abs_diff(*column)) * (from + to);
        }
        (back, length, *column)
    };
    let behind = by_column.iter().filter(|(_, [from, _])| *from > 0).map(|(column, _)| column + 1);
    let before = by_column.iter().filter(|(_, [_, to])| *to > 0).map(|(column, _)| column - 1);
    behind.chain(before).map(|column| column.clamp(-COLUMNS, COLUMNS - 1)).min_by_key(cost)
}
