//! What the shape of a mesh says, as tables: the map's heading above each, and what is not known said in words.

pub mod coupling;
pub mod entries;
pub mod impact;

use super::{above, line, nothing, sentence};
use crate::analysis::numerals::grouped;
use crate::report::shape::{OwnTime, percent};
use crate::report::words::{self, NOTHING};

/// `30 % to 70 %`: between even calls and what counts let through.
fn shares(even: Option<f64>, most: Option<f64>) -> String {
    match (even.map(percent), most.map(percent)) {
        (None, None) => NOTHING.to_owned(),
        (None, Some(most)) => format!("? to {most}"),
        (Some(even), Some(most)) if even != most => format!("{even} to {most}"),
        (Some(one), _) => one,
    }
}

/// `12 ms to 40 ms`: one call after the other, and all at once.
fn own_time(own: Option<OwnTime>) -> String {
    let Some(own) = own else { return NOTHING.to_owned() };
    let [least, most] = [own.if_sequential_s, own.if_parallel_s].map(|seconds| match seconds {
        none if none <= 0.0 => "0".to_owned(),
        some => words::seconds(Some(some)),
    });
    if least == most { least } else { format!("{least} to {most}") }
}

/// A mean to two digits behind the point.
fn mean(value: Option<f64>) -> String {
    value.map_or_else(
        || NOTHING.to_owned(),
        |value| if value > 0.0 && value < 0.01 { "<0.01".to_owned() } else { format!("{value:.2}") },
    )
}

fn more(out: &mut String, shown: usize, in_all: u64, what: &str) {
    let hidden = in_all.saturating_sub(shown as u64);
    if hidden > 0 {
        line(out, &format!("{} more {what}", grouped(hidden)));
    }
}
