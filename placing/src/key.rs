//! Keys that lanes and rows are ordered by: between any two there is room for others, until it is used up in one place.

/// A number in steps of 2^-20, so that it is exact where numbers are IEEE doubles, as in JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(i64);

/// Between two neighbours of a layout.
const ONE: i64 = 1 << 20;

impl Key {
    /// That of the one at this place of a new layout.
    pub(crate) fn at(place: usize) -> Self {
        Self(i64::try_from(place).unwrap_or(i64::MAX / ONE).saturating_mul(ONE))
    }

    /// From its steps of 2^-20; `None` beyond what an IEEE double holds exactly.
    #[must_use]
    pub const fn of_steps(steps: i64) -> Option<Self> {
        if steps.unsigned_abs() < 1 << 53 { Some(Self(steps)) } else { None }
    }

    /// In steps of 2^-20.
    #[must_use]
    pub const fn steps(self) -> i64 {
        self.0
    }

    /// As a number: exact.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "no key has more than 53 bits")]
    pub const fn number(self) -> f64 {
        self.0 as f64 / ONE as f64
    }

    /// One that stands at this place among those, which ascend: between its neighbours, or as near as there is room.
    pub(crate) fn among(keys: &[Self], place: usize) -> Self {
        let place = place.min(keys.len());
        (0..=keys.len())
            .find_map(|away| {
                let before = place.checked_sub(away).and_then(|place| Self::between(keys, place));
                before.or_else(|| Self::between(keys, place + away))
            })
            .unwrap_or_default()
    }

    /// One between its neighbours at this place, if there is room.
    fn between(keys: &[Self], place: usize) -> Option<Self> {
        let before = place.checked_sub(1).map(|before| keys.get(before).map(|key| key.0));
        match (before, keys.get(place).map(|key| key.0)) {
            (None, None) => Some(Self(0)),
            (None, Some(after)) => Self::of_steps(after - ONE),
            (Some(Some(before)), None) if place == keys.len() => Self::of_steps(before + ONE),
            (Some(Some(before)), Some(after)) if after - before > 1 => Some(Self(before + (after - before) / 2)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_at_any_place_also_where_the_room_is_used_up() {
        for place in [0, 1, 2, 1_000] {
            let mut keys = vec![Key::at(0), Key::at(1)];
            for _ in 0..200 {
                let key = Key::among(&keys, place.min(keys.len()));
                assert!(!keys.contains(&key));
                keys.push(key);
                keys.sort_unstable();
            }
        }
        assert_eq!(Key::among(&[Key::at(3), Key::at(4)], 1).number().to_string(), "3.5");
        assert_eq!(Key::among(&[Key::at(0)], 0).number().to_string(), "-1");
    }
}
