//! Many tests at once: Benjamini-Hochberg's bound on the share of false words among those that are said.

/// Adjusted p values, each in the place of its own: `p(i) m / i`, with the running minimum from the largest on. `None` stays out, and is not
/// counted among the m.
pub(crate) fn benjamini_hochberg(values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut ranked: Vec<(f64, usize)> =
        values.iter().enumerate().filter_map(|(place, value)| Some(((*value)?, place))).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let count = ranked.len() as f64;
    let mut adjusted = vec![None; values.len()];
    let mut least = 1.0_f64;
    for (rank, (value, place)) in ranked.into_iter().enumerate().rev() {
        least = least.min(value * count / (rank as f64 + 1.0));
        if let Some(slot) = adjusted.get_mut(place) {
            *slot = Some(least);
        }
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjusted_values_are_those_of_the_textbook() {
        let given = [0.216, 0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212];
        let wanted = [0.216, 0.01, 0.04, 0.084, 0.084, 0.084, 0.1, 0.105_714_286, 0.216, 0.216];
        let mut values: Vec<Option<f64>> = given.into_iter().map(Some).collect();
        values.push(None);
        let found = benjamini_hochberg(&values);
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found.unwrap() - wanted).abs() < 1e-9, "{found:?} is not {wanted}");
        }
        assert_eq!(found.last(), Some(&None));
    }
}
