//! A value for each workload, each component or whatever else has numbers from 0 on. What was never set is the default.

/// Values by number.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Every<T>(Vec<T>);

impl<T: Clone + Default> Every<T> {
    /// The default for each of so many.
    pub(crate) fn of(length: usize) -> Self {
        Self(vec![T::default(); length])
    }

    pub(crate) fn get(&self, number: usize) -> T {
        self.0.get(number).cloned().unwrap_or_default()
    }

    pub(crate) fn set(&mut self, number: usize, value: T) {
        self.change(number, |old| *old = value);
    }

    pub(crate) fn change(&mut self, number: usize, change: impl FnOnce(&mut T)) {
        if let Some(old) = self.0.get_mut(number) {
            change(old);
        }
    }
}

impl<T> Every<T> {
    pub(crate) fn at(&self, number: usize) -> Option<&T> {
        self.0.get(number)
    }

    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }
}

/// What the program counts as a number that can be divided.
#[expect(clippy::cast_precision_loss, reason = "shares and means of counts: the last of 53 bits does not matter")]
pub(crate) const fn number(count: u64) -> f64 {
    count as f64
}

/// A share or a ratio; `None` of nothing.
pub(crate) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| number(part) / number(whole))
}
