//! Series of a file as its rows bring them: slot after slot, in one order.

use foldhash::HashMap;

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

/// A reporter and a series by the file's numbers.
type Numbers = (u32, u32);

/// Those met so far. A slot mostly has the series of the one before it, in the same order, so that the next one is known without a search.
#[derive(Debug, Default)]
pub(super) struct Lines<'a> {
    list: Vec<(Numbers, Line<'a>)>,
    /// The store gives these numbers, and no sender chooses one: a fast hash is enough.
    places: HashMap<Numbers, usize>,
    next: usize,
}

impl<'a> Lines<'a> {
    /// The line of these numbers, if it was met.
    pub(super) fn find(&mut self, numbers: Numbers) -> Option<&mut Line<'a>> {
        let is_next = self.list.get(self.next).is_some_and(|(known, _)| *known == numbers);
        let place = if is_next { self.next } else { *self.places.get(&numbers)? };
        self.next = place + 1;
        self.list.get_mut(place).map(|(_, line)| line)
    }

    /// Notes a line that was not met before.
    pub(super) fn enter(&mut self, numbers: Numbers, line: Line<'a>) -> &mut Line<'a> {
        self.next = self.list.len() + 1;
        self.places.insert(numbers, self.list.len());
        &mut self.list.push_mut((numbers, line)).1
    }
}
