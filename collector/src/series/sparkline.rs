//! Values over time as one line of bars, for terminals.

/// A point of which nothing is known. It is no bar, so that nobody takes it for zero.
const UNKNOWN: char = '·';
/// Nothing at all.
const ZERO: char = '▁';
/// The largest one.
const FULL: char = '█';
/// What is more than nothing, up to these sevenths of the largest one.
const PARTS: [(f64, char); 6] = [(1.0, '▂'), (2.0, '▃'), (3.0, '▄'), (4.0, '▅'), (5.0, '▆'), (6.0, '▇')];

/// One character a point, relative to the largest. `None`, and what is no number, is unknown.
#[must_use]
pub fn sparkline(points: &[Option<f64>]) -> String {
    let known = |point: &Option<f64>| point.filter(|value| value.is_finite());
    let largest = points.iter().filter_map(known).fold(0.0, f64::max);
    let bar = |value: f64| {
        let is_within = |(sevenths, _): &&(f64, char)| value / largest * 7.0 <= *sevenths;
        if value <= 0.0 { ZERO } else { PARTS.iter().find(is_within).map_or(FULL, |(_, bar)| *bar) }
    };
    points.iter().map(|point| known(point).map_or(UNKNOWN, bar)).collect()
}

#[cfg(test)]
mod tests {
    use super::sparkline;

    #[test]
    fn the_largest_is_full_and_the_others_are_in_proportion() {
        let points: Vec<Option<f64>> = (0..=7).map(|value| Some(f64::from(value) * 30.0)).collect();
        assert_eq!(sparkline(&points), "▁▂▃▄▅▆▇█");
    }

    #[test]
    fn what_is_unknown_does_not_look_like_zero_and_little_does_not_look_like_nothing() {
        assert_eq!(sparkline(&[None, Some(0.0), Some(1e-9), Some(1e9), Some(f64::NAN)]), "·▁▂█·");
        assert_eq!(sparkline(&[Some(0.0), None]), "▁·");
        assert_eq!(sparkline(&[]), "");
    }
}
