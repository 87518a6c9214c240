//! What every picture of a period says of it: which period it is, how finely it was read, how complete that is, and how much there is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Moment;
use super::declared::Declared;
use super::map::{Completeness, Totals};
use crate::period::Resolution;

/// A period as it was observed. Its fields stand beside those of the picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Observed {
    /// Mesh id, several joined by a comma.
    pub mesh: String,
    /// Start.
    pub from: Moment,
    /// End, exclusive.
    pub to: Moment,
    /// Up to here nothing changes any more but by late parts.
    pub sealed_to: Moment,
    /// How finely time is told apart in what was read: `10s`, `1m`, `1h` or `1d`. `from` and `to` are borders of it where rolled-up
    /// files hold more than was asked for. Versions before had slots only.
    #[serde(default = "slots")]
    pub resolution: String,
    /// Seconds that rates divide by: the observed part of the period.
    pub seconds: f64,
    /// How complete the picture is.
    pub completeness: Completeness,
    /// Sums over all selected edges.
    pub totals: Totals,
    /// One's own rules for it; only where `hogusu serve` was given some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Declared>,
}

fn slots() -> String {
    Resolution::Slot.as_str().to_owned()
}
