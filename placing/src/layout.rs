//! A layout of a whole graph: what an epoch begins with.

use crate::graph::{Graph, Lane};
use crate::lanes::Lanes;
use crate::layers::columns;
use crate::per::Per;
use crate::rows::Cells;

/// Where every end of a graph stands, by its number.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// From top to bottom.
    pub(crate) lanes: Vec<Lane>,
    pub(crate) columns: Per<i32>,
    /// From the top of its lane and column.
    pub(crate) rows: Per<usize>,
}

impl Layout {
    pub(crate) fn of(graph: &Graph) -> Self {
        let columns = columns(graph);
        let Lanes { order, of_end } = Lanes::of(graph, &columns);
        let rows = Cells::by_name(graph, &columns, &of_end).untangled().places();
        Self { lanes: order, columns, rows }
    }
}
