//! Why a link is ranked where it is, as a sentence: the three values that weigh most. It holds no name: those stand beside it.

use hogusu_topology::{Coupled, FACTORS, Factor, Link, MOST_ENTRIES, Weights};

use crate::analysis::numerals::{counted, grouped};
use crate::report::shape::percent;

/// Parts of a sentence.
const PARTS: usize = 3;

pub(super) fn of(one: &Coupled, link: &Link, weights: &Weights, entries: usize) -> String {
    let weighed = FACTORS.iter().zip(one.values).zip(weights.0);
    let weighed = weighed.map(|((factor, value), weight)| (value.unwrap_or_default(), weight, *factor));
    let mut parts: Vec<(f64, f64, Factor)> = weighed.filter(|(value, weight, _)| value * weight > 0.0).collect();
    parts.sort_by(|a, b| (b.0 * b.1).total_cmp(&(a.0 * a.1)).then(a.2.cmp(&b.2)));
    let told: Vec<String> =
        parts.iter().take(PARTS).map(|(value, _, factor)| part(*factor, *value, (one, link), entries)).collect();
    if told.is_empty() { "nothing of what has a weight was found on it".to_owned() } else { told.join("; ") }
}

fn part(factor: Factor, value: f64, (one, link): (&Coupled, &Link), entries: usize) -> String {
    let count = |count: usize, noun: &str| counted(count as u64, noun);
    match factor {
        Factor::Reach if entries > MOST_ENTRIES => {
            format!("up to {} of the traffic of the {MOST_ENTRIES} busiest entry points comes over it", percent(value))
        }
        Factor::Reach => format!("up to {} of the entry points' traffic comes over it", percent(value)),
        Factor::Failures => {
            format!("{} of {} failed", grouped(link.requests.failed), counted(link.requests.judged, "request"))
        }
        Factor::Waiting => format!("its source waits for it {} of its time", percent(value)),
        Factor::Depth => format!("it is in a chain of {}", count(one.chain, "call")),
        Factor::FanIn if one.sources == 1 => "1 workload waits for its destination".to_owned(),
        Factor::FanIn => format!("{} wait for its destination", count(one.sources, "workload")),
        Factor::Cycle => "both ends wait for each other in a circle".to_owned(),
        Factor::CutOff => format!("{} only through its destination", reached(one.cut_off)),
        Factor::Chatty => format!("it is used {:.1} times for one request", one.calls.unwrap_or_default()),
    }
}

fn reached(workloads: usize) -> String {
    let are = if workloads == 1 { "is" } else { "are" };
    format!("{} {are} reached", counted(workloads as u64, "workload"))
}
