//! How long each resolution is kept, as `--keep` says it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::api::parse_length;
use crate::store::Resolution;

/// What is kept where nothing else is said.
pub(super) const DEFAULT: &str = "10s=2h,1m=3d,1h=90d,1d=400d";

/// How long each resolution is kept, the finest first; those that `text` does not name as by default.
pub(super) fn keep(text: &str) -> Result<[Duration; 4], String> {
    let mut said = BTreeMap::new();
    for part in text.split(',') {
        let (resolution, length) = one(part)?;
        if said.insert(resolution, length).is_some() {
            return Err(format!("{} is said twice", resolution.as_str()));
        }
    }
    for part in DEFAULT.split(',') {
        let (resolution, length) = one(part)?;
        said.entry(resolution).or_insert(length);
    }
    let keep = Resolution::ALL.map(|resolution| (resolution, said.get(&resolution).copied().unwrap_or_default()));
    let contradiction = keep.windows(2).find_map(|pair| match pair {
        [(finer, longer), (coarser, shorter)] if shorter < longer => Some((finer, coarser)),
        _ => None,
    });
    if let Some((finer, coarser)) = contradiction {
        let (finer, coarser) = (finer.as_str(), coarser.as_str());
        return Err(format!("{coarser} must be kept at least as long as {finer}; give both, as {DEFAULT}"));
    }
    Ok(keep.map(|(_, length)| length))
}

/// A resolution, and how long it is kept.
fn one(part: &str) -> Result<(Resolution, Duration), String> {
    let bad = || format!("{part} is not a resolution (10s, 1m, 1h or 1d) and a length of time, as {DEFAULT}");
    let (resolution, length) = part.split_once('=').ok_or_else(bad)?;
    let resolution = Resolution::parse(resolution).ok_or_else(bad)?;
    Ok((resolution, parse_length(length).map(Duration::from_nanos).ok_or_else(bad)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_kept_as_by_default_and_nothing_finer_longer_than_what_is_coarser() {
        let hours = |text: &str| keep(text).map(|keep| keep.map(|length| length.as_secs() / 3600));
        assert_eq!(hours(DEFAULT), Ok([2, 72, 90 * 24, 400 * 24]));
        assert_eq!(hours("1m=7d,10s=6h"), Ok([6, 168, 90 * 24, 400 * 24]));
        for wrong in ["", "1h", "2m=3d", "1m=3", "1d=30d", "1m=1d,1m=2d", "1m=1h"] {
            let error = hours(wrong).unwrap_err();
            assert!(error.contains("10s") || error.contains("twice"), "{wrong}: {error}");
        }
    }
}
