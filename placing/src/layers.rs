//! Columns: how many edges lead to an end from the entry points, along the longest way forward.

use crate::COLUMNS;
use crate::cycles::forward;
use crate::graph::Graph;
use crate::per::Per;

/// The column of each end, from 0; what lies deeper than the last column stands in it.
pub(crate) fn columns(graph: &Graph) -> Per<i32> {
    let forward = forward(graph);
    let edges = || graph.edges().iter().zip(&forward).filter(|(_, leads)| **leads).map(|(edge, _)| edge);
    let mut waits = Per::new(graph.len(), 0_usize);
    for edge in edges() {
        waits.change(edge.destination, |count| *count += 1);
    }
    let mut outgoing: Vec<Vec<usize>> = vec![Vec::new(); graph.len()];
    for edge in edges() {
        if let Some(all) = outgoing.get_mut(edge.source) {
            all.push(edge.destination);
        }
    }
    let mut columns = Per::new(graph.len(), 0);
    let mut ready: Vec<usize> = (0..graph.len()).filter(|end| waits.get(*end) == 0).collect();
    while let Some(end) = ready.pop() {
        let beyond = (columns.get(end) + 1).min(COLUMNS - 1);
        for other in outgoing.get(end).into_iter().flatten() {
            columns.change(*other, |column| *column = (*column).max(beyond));
            if waits.change(*other, |count| *count -= 1) == 0 {
                ready.push(*other);
            }
        }
    }
    columns
}
