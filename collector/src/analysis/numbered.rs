//! Ends and principals of a period by number, so that what is counted between them is found without a look at their names. A number means
//! nothing outside of the joining that gave it.

use hogusu_model::edge::End;
use indexmap::IndexSet;

/// Number of an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndId(usize);

/// Number of a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrincipalId(usize);

/// Everything that has a number. Names come from senders: they are found by a hash that no sender knows.
#[derive(Debug, Clone, Default)]
pub struct Numbered {
    ends: IndexSet<End>,
    principals: IndexSet<String>,
}

impl Numbered {
    /// The number of an end, given to it where it has none.
    pub fn end(&mut self, end: End) -> EndId {
        EndId(self.ends.insert_full(end).0)
    }

    /// The number of a principal; `None` of an empty one.
    pub fn principal(&mut self, principal: &str) -> Option<PrincipalId> {
        if principal.is_empty() {
            return None;
        }
        let known = self.known_principal(principal);
        Some(known.unwrap_or_else(|| PrincipalId(self.principals.insert_full(principal.to_owned()).0)))
    }

    /// The number that an end has.
    #[must_use]
    pub fn known_end(&self, end: &End) -> Option<EndId> {
        self.ends.get_index_of(end).map(EndId)
    }

    /// The number that a principal has.
    #[must_use]
    pub fn known_principal(&self, principal: &str) -> Option<PrincipalId> {
        self.principals.get_index_of(principal).map(PrincipalId)
    }

    /// All principals, by their numbers.
    #[must_use]
    pub fn into_principals(self) -> Principals {
        Principals(self.principals)
    }

    /// What has this number; `Unknown` for one of another joining.
    #[must_use]
    pub fn of(&self, end: EndId) -> &End {
        self.ends.get_index(end.0).unwrap_or(&End::Unknown)
    }

    /// The rank of each end in their order, by number.
    #[must_use]
    pub fn ranks(&self) -> Vec<usize> {
        let mut order: Vec<(usize, &End)> = self.ends.iter().enumerate().collect();
        order.sort_unstable_by_key(|(_, end)| *end);
        let mut ranks = vec![0; order.len()];
        for (rank, (number, _)) in order.into_iter().enumerate() {
            if let Some(place) = ranks.get_mut(number) {
                *place = rank;
            }
        }
        ranks
    }
}

/// Principals of a joining.
#[derive(Debug, Clone, Default)]
pub struct Principals(IndexSet<String>);

impl Principals {
    /// The principal that has this number; empty where there is none.
    #[must_use]
    pub fn of(&self, principal: Option<PrincipalId>) -> &str {
        principal.and_then(|one| self.0.get_index(one.0)).map_or("", String::as_str)
    }
}

impl EndId {
    /// Its place among all ends.
    #[must_use]
    pub const fn place(self) -> usize {
        self.0
    }
}
