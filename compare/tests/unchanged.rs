//! A mesh in which nothing changed: hardly any of 40 runs carries a false word, and a test of requests fails the same suite.

use hogusu_compare::{PeriodOfMesh, diff};

use crate::chance::Chance;
use crate::mesh::{FROM, Nature, period};

const RUNS: u64 = 40;
const EDGES: usize = 2_000;
const DAYS: u64 = 7;

/// Runs that carry a false word, by a way to judge.
fn false_runs(changes: impl Fn(&PeriodOfMesh, &PeriodOfMesh) -> usize) -> usize {
    let is_false = |seed: &u64| {
        let mut chance = Chance::new(seed + 1);
        let natures: Vec<Nature> = (0..EDGES).map(|id| Nature::draw(id, &mut chance)).collect();
        let mut live = |from| {
            let edges = natures.iter().map(|nature| nature.live(from, DAYS, 1.0, &mut chance)).collect();
            period(from, DAYS, edges, EDGES)
        };
        let (a, b) = (live(FROM), live(FROM + 24 * DAYS));
        changes(&a, &b) > 0
    };
    (0..RUNS).filter(is_false).count()
}

fn by_days(a: &PeriodOfMesh, b: &PeriodOfMesh) -> usize {
    let is_change = |word: &&str| !matches!(*word, "same" | "not_enough_data");
    diff(a, b).edges.iter().flat_map(hogusu_compare::EdgeDiff::words).filter(is_change).count()
}

/// Every request one observation: log-normal with a deviation of .8, of which an hour's mean is known exactly.
fn by_requests(a: &PeriodOfMesh, b: &PeriodOfMesh) -> usize {
    let mean = |period: &PeriodOfMesh, id: &str| {
        let side = period.edges[id].source.as_ref().unwrap();
        let sum: f64 = side.windows.iter().map(|window| window.mean_log).sum();
        (sum / side.windows.len() as f64, side.count as f64)
    };
    // |z| > 5 is beyond Bonferroni's bound for 2,000 edges, and far stricter than Benjamini-Hochberg's.
    let is_called = |id: &&String| {
        let ((one, n), (other, m)) = (mean(a, id), mean(b, id));
        ((other - one) / (0.8 * (1.0 / n + 1.0 / m).sqrt())).abs() > 5.0 && (other - one).abs() > 1.1_f64.ln()
    };
    a.edges.keys().filter(is_called).count()
}

#[test]
fn at_most_6_of_40_unchanged_runs_carry_a_false_word() {
    let found = false_runs(by_days);
    println!("{found} of {RUNS} runs of {EDGES} unchanged edges carry a false word");
    assert!(found <= 6, "{found} of {RUNS}");
}

#[test]
fn a_test_of_requests_fails_that_suite() {
    let found = false_runs(by_requests);
    println!("{found} of {RUNS} runs carry a false word of a test of requests");
    assert!(found > 6, "{found} of {RUNS}");
}
