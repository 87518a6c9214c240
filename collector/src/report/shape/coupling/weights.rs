//! What a link is ranked by, in words, and how weights are asked for: `failures=5,depth=0`.

use hogusu_topology::{FACTORS, Factor, Weights};

/// Largest weight.
const LARGEST: f64 = 1000.0;

/// Why weights cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadWeights {
    /// Nothing is ranked by that.
    #[error("{0} is nothing that links are ranked by; known: {known}", known = FACTORS.map(factor).join(", "))]
    Unknown(String),
    /// No weight.
    #[error("{0} is no weight; give NAME=NUMBER, from 0 to 1000, joined by commas")]
    NoWeight(String),
    /// Named twice.
    #[error("{0} is given twice")]
    Twice(&'static str),
    /// Nothing is left.
    #[error("all weights are 0: nothing would be ranked")]
    Nothing,
}

/// The word for a factor.
#[must_use]
pub const fn factor(factor: Factor) -> &'static str {
    match factor {
        Factor::Reach => "reach",
        Factor::Failures => "failures",
        Factor::Waiting => "waiting",
        Factor::Depth => "depth",
        Factor::FanIn => "fan_in",
        Factor::Cycle => "cycle",
        Factor::CutOff => "cut_off",
        Factor::Chatty => "chatty",
    }
}

/// Reads weights; those that are not named are as by default.
///
/// # Errors
/// When something else stands there.
pub fn parse(text: &str) -> Result<Weights, BadWeights> {
    let mut weights = Weights::default();
    let mut given = [false; FACTORS.len()];
    for part in text.split(',') {
        let (name, value) = part.split_once('=').ok_or_else(|| BadWeights::NoWeight(part.to_owned()))?;
        let place = FACTORS.iter().position(|one| factor(*one) == name);
        let place = place.ok_or_else(|| BadWeights::Unknown(name.to_owned()))?;
        let weight = value.parse().ok().filter(|weight| (0.0..=LARGEST).contains(weight));
        let weight = weight.ok_or_else(|| BadWeights::NoWeight(part.to_owned()))?;
        if let (Some(known), Some(one), Some(own)) =
            (given.get_mut(place), FACTORS.get(place), weights.0.get_mut(place))
        {
            if std::mem::replace(known, true) {
                return Err(BadWeights::Twice(factor(*one)));
            }
            *own = weight;
        }
    }
    if weights.0.iter().sum::<f64>() > 0.0 { Ok(weights) } else { Err(BadWeights::Nothing) }
}
