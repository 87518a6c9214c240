//! A value for each node, by its number. A number that no node has reads as nothing, and writes nothing.

/// One for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Per<T>(Vec<T>);

impl<T: Copy + Default> Per<T> {
    /// The same for so many.
    pub(crate) fn new(count: usize, value: T) -> Self {
        Self(vec![value; count])
    }

    pub(crate) fn get(&self, node: usize) -> T {
        self.0.get(node).copied().unwrap_or_default()
    }

    pub(crate) fn set(&mut self, node: usize, value: T) {
        if let Some(old) = self.0.get_mut(node) {
            *old = value;
        }
    }

    /// Changes one, and returns what it is then.
    pub(crate) fn change(&mut self, node: usize, change: impl FnOnce(&mut T)) -> T {
        let mut value = self.get(node);
        change(&mut value);
        self.set(node, value);
        value
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = T> {
        self.0.iter().copied()
    }
}

impl<T> FromIterator<T> for Per<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}
