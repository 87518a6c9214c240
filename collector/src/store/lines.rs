//! Series of a file as its rows bring them: slot after slot, in one order.

use std::hash::Hash;

use foldhash::HashMap;
use hogusu_model::Slot;

use super::codec::{Garbled, add_data};
use crate::aggregate::excerpt::Rows;
use crate::ownership::{Scope, Timelines};

/// A series of a reporter, while a file's rows are added up.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// The reporter's number in the excerpt.
    pub(super) reporter: usize,
    /// The series' number in the excerpt.
    pub(super) key: usize,
    pub(super) scope: Scope,
    pub(super) timelines: Timelines<'a>,
    /// The owner and the place of the row that was added to last.
    pub(super) row: Option<(usize, usize)>,
}

impl Line<'_> {
    /// Adds what the file has of it in a slot to the row of the owner that its peer's address had then.
    pub(super) fn add(&mut self, slot: Slot, cell: &[u8], rows: &mut Rows) -> Result<(), Garbled> {
        let owner = self.timelines.at(self.scope, slot);
        let place = match self.row {
            Some((of, place)) if of == owner => place,
            _ => rows.place((self.reporter, self.key, owner)),
        };
        self.row = Some((owner, place));
        rows.get_mut(place).map_or(Ok(()), |sum| add_data(cell, sum))
    }
}

/// A reporter and a series by the file's numbers.
pub(super) type Numbers = (u32, u32);

/// What is known of each that was met. A slot or a longer stretch mostly has the series of the one before it, in the same order, so that the
/// next one is known without a search.
#[derive(Debug)]
pub(super) struct Lines<T, K = Numbers> {
    list: Vec<(K, T)>,
    /// The store gives these numbers, and no sender chooses one: a fast hash is enough.
    places: HashMap<K, usize>,
    next: usize,
}

impl<T, K> Default for Lines<T, K> {
    fn default() -> Self {
        Self { list: Vec::new(), places: HashMap::default(), next: 0 }
    }
}

impl<T, K: Copy + Eq + Hash> Lines<T, K> {
    /// The line of these numbers, if it was met.
    pub(super) fn find(&mut self, numbers: K) -> Option<&mut T> {
        let is_next = self.list.get(self.next).is_some_and(|(known, _)| *known == numbers);
        let place = if is_next { self.next } else { *self.places.get(&numbers)? };
        self.next = place + 1;
        self.list.get_mut(place).map(|(_, line)| line)
    }

    /// Notes a line that was not met before.
    pub(super) fn enter(&mut self, numbers: K, line: T) -> &mut T {
        self.next = self.list.len() + 1;
        self.places.insert(numbers, self.list.len());
        &mut self.list.push_mut((numbers, line)).1
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.list.len()
    }

    /// All of them, as they were met.
    pub(super) fn iter(&self) -> impl Iterator<Item = (K, &T)> {
        self.list.iter().map(|(numbers, line)| (*numbers, line))
    }

    /// The same, to be changed.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (K, &mut T)> {
        self.list.iter_mut().map(|(numbers, line)| (*numbers, line))
    }

    /// Forgets those that are not to be kept.
    pub(super) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.list.retain(|(_, line)| keep(line));
        self.list.shrink_to_fit();
        self.places = self.list.iter().enumerate().map(|(place, (numbers, _))| (*numbers, place)).collect();
        self.next = 0;
    }
}
