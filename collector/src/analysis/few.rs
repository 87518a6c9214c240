//! A set of few values, in order. Every edge has a dozen such sets of mostly one value, and a mesh has many edges: a list keeps them in less room, and
//! in less time, than the nodes of a tree do. Holds nothing of what the values are.

use std::borrow::Borrow;
use std::ops::Deref;

/// The set; it reads as a slice of what is in it, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Few<T>(Vec<T>);

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord> Few<T> {
    /// Adds a value, if it is not there.
    pub fn insert(&mut self, value: T) {
        if let Err(place) = self.0.binary_search(&value) {
            self.0.insert(place, value);
        }
    }

    /// True when it is there.
    #[must_use]
    pub fn contains<Q: Ord + ?Sized>(&self, value: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.binary_search_by(|own| own.borrow().cmp(value)).is_ok()
    }

    /// What is here and not there.
    pub fn difference<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a T> {
        self.0.iter().filter(|value| !other.contains(*value))
    }

    /// True when no value is in both.
    #[must_use]
    pub fn is_disjoint(&self, other: &Self) -> bool {
        !self.0.iter().any(|value| other.contains(value))
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'a, T> IntoIterator for &'a Few<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: Ord> Extend<T> for Few<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        values.into_iter().for_each(|value| self.insert(value));
    }
}

impl<T: Ord> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut few = Self::default();
        few.extend(values);
        few
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn it_says_what_a_tree_says() {
        let mut bits = 7_u64;
        for _ in 0..500 {
            let mut chosen = || {
                bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let drawn = bits;
                let is_chosen = |place: &u64| (drawn >> (3 * place + 20)) & 7 < 3;
                (0..9).filter(is_chosen).map(|place| (place * 5 + drawn % 3) % 9).collect()
            };
            let (one, other): (Vec<u64>, Vec<u64>) = (chosen(), chosen());
            let [few, fewer] = [&one, &other].map(|values| values.iter().copied().collect::<Few<u64>>());
            let [tree, lesser] = [&one, &other].map(|values| values.iter().copied().collect::<BTreeSet<u64>>());
            assert!(few.iter().eq(&tree), "{one:?}");
            assert!(few.difference(&fewer).eq(tree.difference(&lesser)), "{one:?} without {other:?}");
            assert_eq!(few.is_disjoint(&fewer), tree.is_disjoint(&lesser), "{one:?} and {other:?}");
            assert!((0..9).all(|value| few.contains(&value) == tree.contains(&value)), "{one:?}");
        }
    }
}
